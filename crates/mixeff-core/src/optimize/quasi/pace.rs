//! How far to go towards what a round proposes: Aitken's rule for vectors (Irons and Tuck 1969), and less far where that
//! does not lead on.

/// Shortest and longest relaxed step.
const STEP: (f64, f64) = (0.05, 4.0);
/// Rounds within which the shift must have halved.
const PATIENCE: usize = 12;

/// The steps so far.
pub(super) struct Pace {
    /// Length of the last one.
    pub step: f64,
    /// What the last round would have moved.
    pub moved: Vec<f64>,
    longest: f64,
    least_shift: f64,
    waited: usize,
}

impl Pace {
    /// Before the first round.
    pub fn new() -> Self {
        Pace {
            step: 1.0,
            moved: Vec::new(),
            longest: STEP.1,
            least_shift: f64::INFINITY,
            waited: 0,
        }
    }

    /// After a round that would move by `moved`, `shift` standard errors; `w` are the weights of the rows, again and again.
    pub fn follow(&mut self, w: &[f64], moved: Vec<f64>, shift: f64) {
        self.wait(shift);
        let aitken = self.aitken(w, &moved);
        self.step = if aitken.is_finite() { aitken } else { 1.0 };
        self.step = self.step.clamp(STEP.0, self.longest);
        self.moved = moved;
    }

    /// Shortens the steps where the shift does not fall.
    fn wait(&mut self, shift: f64) {
        self.waited += 1;
        if shift < 0.5 * self.least_shift {
            (self.least_shift, self.waited) = (shift, 0);
        } else if self.waited == PATIENCE {
            self.longest = (0.5 * self.longest.min(1.0)).max(STEP.0);
            self.waited = 0;
        }
    }

    fn aitken(&self, w: &[f64], moved: &[f64]) -> f64 {
        if self.moved.is_empty() {
            return 1.0;
        }
        let (mut along, mut change) = (0.0, 0.0);
        for ((w, last), moved) in w.iter().cycle().zip(&self.moved).zip(moved) {
            along += w * last * (moved - last);
            change += w * (moved - last) * (moved - last);
        }
        -self.step * along / change
    }
}
