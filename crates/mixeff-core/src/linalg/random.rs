//! Reproducible random numbers, the same on every machine.

/// The generator SplitMix64 (Steele, Lea and Flood 2014).
pub struct Random {
    state: u64,
    spare: Option<f64>,
}

impl Random {
    /// From a seed; neighbouring seeds give independent streams.
    pub fn new(seed: u64) -> Self {
        let mut random = Random {
            state: seed,
            spare: None,
        };
        random.state = random.next().rotate_left(17) ^ random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform between zero and one, neither included.
    pub fn uniform(&mut self) -> f64 {
        ((self.next() >> 12) as f64 + 0.5) * (1.0 / (1u64 << 52) as f64)
    }

    /// Standard normal, by pairs (Marsaglia and Bray 1964).
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (a, b) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = a * a + b * b;
            if square < 1.0 && square > 0.0 {
                let scale = (-2.0 * libm::log(square) / square).sqrt();
                self.spare = Some(b * scale);
                return a * scale;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_numbers_have_the_moments_of_the_normal() {
        let mut random = Random::new(5);
        let n = 200_000;
        let mut sums = [0.0; 4];
        for _ in 0..n {
            let z = random.normal();
            (0..4).for_each(|k| sums[k] += z.powi(k as i32 + 1) / n as f64);
        }
        for (k, (got, want)) in sums.iter().zip([0.0, 1.0, 0.0, 3.0]).enumerate() {
            assert!((got - want).abs() < 0.03, "moment {}: {got}", k + 1);
        }
    }

    #[test]
    fn a_seed_says_it_all_and_neighbours_differ() {
        let draw = |seed| Random::new(seed).normal();
        assert_eq!(draw(3), draw(3));
        assert_ne!(draw(3), draw(4));
    }
}
