//! Whole fits on random data of every structure.

mod common;

use common::{Data, Random, STRUCTURES};
use mixeff_core::family::registry;
use mixeff_core::optimize::glmm::{fit, Task};
use mixeff_core::optimize::Monitor;

#[test]
fn every_structure_is_fitted() {
    let row = registry::all()
        .iter()
        .find(|r| r.family == "binomial" && r.link == "logit")
        .unwrap();
    for structure in STRUCTURES {
        let mut random = Random(3);
        let data = Data::random(row, structure, 400, false, &mut random);
        let model = data.model(row);
        let fitted = fit(&model, &Task::default(), &Monitor::default());
        let fitted = fitted.unwrap_or_else(|| panic!("{structure:?}: no fit"));
        assert!(
            fitted.converged,
            "{structure:?}: {} {:?}",
            fitted.reason, fitted.record.path
        );
        assert!(
            fitted.record.evaluations < 100,
            "{structure:?}: {}",
            fitted.record.evaluations
        );
    }
}
