//! Prior densities: one file each, and the table of their names.

mod exponential;
pub mod lkj;
mod normal;
mod student;

use exponential::Exponential;
use normal::Normal;
use student::Student;

/// A density of one number.
pub trait Prior: Send + Sync {
    /// Log-density, normalised, and its derivative.
    fn log_density(&self, x: f64) -> (f64, f64);
    /// About how large a number it expects.
    fn scale(&self) -> f64;
}

type Make = fn(&[f64]) -> Box<dyn Prior>;

/// Name, number of arguments, and what makes it. A "half" density is one of positive numbers.
const TABLE: &[(&str, usize, Make)] = &[
    ("normal", 2, |a| Box::new(Normal::new(a[0], a[1], 0.0))),
    ("student_t", 3, |a| {
        Box::new(Student::new(a[0], a[1], a[2], 0.0))
    }),
    ("half_normal", 1, |a| Box::new(Normal::new(0.0, a[0], LN_2))),
    ("half_student_t", 2, |a| {
        Box::new(Student::new(a[0], 0.0, a[1], LN_2))
    }),
    ("exponential", 1, |a| Box::new(Exponential::new(a[0]))),
];

/// What a density gains where only half of it is left.
const LN_2: f64 = std::f64::consts::LN_2;

/// The names in the table with their numbers of arguments.
pub fn names() -> impl Iterator<Item = (&'static str, usize)> {
    TABLE.iter().map(|&(name, arguments, _)| (name, arguments))
}

/// The prior of a name with its arguments. `Err` says what does not fit.
pub fn lookup(name: &str, arguments: &[f64]) -> Result<Box<dyn Prior>, String> {
    let (_, n, make) = TABLE
        .iter()
        .find(|row| row.0 == name)
        .ok_or_else(|| format!("unknown prior '{name}'"))?;
    if arguments.len() != *n {
        return Err(format!("prior '{name}' takes {n} arguments"));
    }
    Ok(make(arguments))
}
