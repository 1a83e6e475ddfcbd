//! Runs a fit on the worker threads while the calling thread listens for Ctrl-C and shows progress.

use mixeff_core::optimize::Monitor;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::any::Any;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{channel, RecvTimeoutError};
use std::sync::Arc;
use std::time::Duration;

/// How often the calling thread looks up.
const PERIOD: Duration = Duration::from_millis(100);

/// Runs `task` with a monitor. An exception of a signal handler or of `progress` stops it and is raised.
pub fn run<T: Send + 'static>(
    py: Python<'_>,
    progress: Option<Bound<'_, PyAny>>,
    task: impl FnOnce(&Arc<Monitor>) -> T + Send + 'static,
) -> PyResult<T> {
    let monitor = Arc::new(Monitor::default());
    let (sender, receiver) = channel();
    let shared = Arc::clone(&monitor);
    rayon::spawn(move || {
        let result = catch_unwind(AssertUnwindSafe(|| task(&shared)));
        // The receiver is only gone if the calling thread has been torn down; then nobody wants the result.
        let _ = sender.send(result);
    });
    let receiver = std::sync::Mutex::new(receiver);
    let wait = |period: Duration| match receiver.lock() {
        Ok(receiver) => receiver.recv_timeout(period),
        Err(_) => Err(RecvTimeoutError::Disconnected),
    };
    loop {
        match py.detach(|| wait(PERIOD)) {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(panic)) => return Err(internal(panic)),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(PyRuntimeError::new_err("the fit ended without a result"));
            }
            Err(RecvTimeoutError::Timeout) => {
                if let Err(error) = py
                    .check_signals()
                    .and_then(|()| report(&monitor, progress.as_ref()))
                {
                    // The task sees the flag at its next shard; nobody waits for it.
                    monitor.stop.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
    }
}

fn report(monitor: &Monitor, progress: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    let (Some(progress), Ok(latest)) = (progress, monitor.latest.lock()) else {
        return Ok(());
    };
    if let Some(numbers) = *latest {
        progress.call1(numbers)?;
    }
    Ok(())
}

fn internal(panic: Box<dyn Any + Send>) -> PyErr {
    let words = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    PyRuntimeError::new_err(format!(
        "internal error in the fit, please report it: {}",
        words.unwrap_or("unknown")
    ))
}
