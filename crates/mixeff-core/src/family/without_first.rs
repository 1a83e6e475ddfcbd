//! The terms of a log-density that are free of the first predictor.
//!
//! Where the other predictors are the same for all rows, and rows share few keys, they are evaluated once for each of these.

use super::buffer::with_buffer;
use super::density::Density;
use super::jet::Jet;
use super::pass::{run, Expand, THIRD};
use super::simd::Arithmetic;
use super::{pairs, Rows};

/// Keys are shared if they are whole numbers below.
const KEYS: usize = 256;
/// At least so many rows for each key.
const SHARE: usize = 4;

/// These terms, of a row whose response is its key.
#[derive(Clone, Copy)]
struct WithoutFirst<F>(F);

impl<F: Density<D>, const D: usize> Expand<D, 0> for WithoutFirst<F> {
    const EVERYWHERE: bool = false;

    #[inline(always)]
    fn expand<A: Arithmetic>(&self, key: f64, _: f64, eta: [f64; D], _: [f64; 0]) -> Jet<A, D> {
        self.0.without_first(key, eta)
    }
}

/// Adds these terms to those with the first predictor; `l`, which must be there, tells the rows outside the domain.
pub fn add<F: Density<D>, const D: usize, const ORDER: u8>(
    family: &F,
    rows: Rows<'_>,
    eta: &[f64],
    h: &[f64],
    out: [&mut [f64]; 3],
) {
    if rows.is_empty() {
        return;
    }
    with_buffer(rows.len(), |keys| {
        for (i, key) in keys.iter_mut().enumerate() {
            let extra = if F::EXTRA { rows.extra[i] } else { 0.0 };
            *key = family.key(rows.y[i], extra);
        }
        // Third derivatives are contracted with a matrix that is each row's own.
        let shared = match ORDER {
            THIRD => None,
            _ => Shared::new(keys, eta),
        };
        match shared {
            Some(shared) => {
                let constant: [f64; D] = std::array::from_fn(|d| eta[d * keys.len()]);
                let own = &shared.keys[..shared.count];
                with_buffer(D * own.len(), |eta| {
                    for (block, x) in eta.chunks_exact_mut(own.len()).zip(constant) {
                        block.fill(x);
                    }
                    let places: Vec<usize> =
                        keys.iter().map(|key| shared.place[*key as usize]).collect();
                    evaluate::<F, D, ORDER>(family, own, eta, h, out, |i| places[i]);
                });
            }
            None => evaluate::<F, D, ORDER>(family, keys, eta, h, out, |i| i),
        }
    });
}

/// Evaluates at the keys and adds to each row what is at its place.
fn evaluate<F: Density<D>, const D: usize, const ORDER: u8>(
    family: &F,
    keys: &[f64],
    eta: &[f64],
    h: &[f64],
    out: [&mut [f64]; 3],
    place: impl Fn(usize) -> usize,
) {
    let m = keys.len();
    with_buffer(m * (1 + D + pairs(D)), |buffer| {
        let (l, buffer) = buffer.split_at_mut(m);
        let (s, w) = buffer.split_at_mut(m * D);
        let rows = Rows {
            y: keys,
            extra: keys,
            weights: &[],
        };
        let own = [&mut *l, &mut *s, &mut *w];
        run::<_, D, ORDER>(WithoutFirst(*family), rows, eta, h, own);
        add_at::<D>(m, [l, s, w], out, place);
    });
}

/// Adds blocks of `m` numbers to those of the rows. Outside the domain of either there is no density.
fn add_at<const D: usize>(
    m: usize,
    [own_l, own_s, own_w]: [&[f64]; 3],
    [l, s, w]: [&mut [f64]; 3],
    place: impl Fn(usize) -> usize,
) {
    let n = l.len();
    // The first predictor's are zero, and they come first.
    for (own, all, zeros) in [(own_s, &mut *s, 1), (own_w, &mut *w, D)] {
        let blocks = own.chunks_exact(m).zip(all.chunks_exact_mut(n));
        for (own, all) in blocks.skip(zeros) {
            add_block(own, all, &place);
        }
    }
    add_block(own_l, l, &place);
    for i in (0..n).filter(|&i| l[i] == f64::NEG_INFINITY) {
        for x in [&mut *s, &mut *w] {
            x.iter_mut().skip(i).step_by(n).for_each(|x| *x = 0.0);
        }
    }
}

fn add_block(own: &[f64], all: &mut [f64], place: &impl Fn(usize) -> usize) {
    match own {
        [one] => all.iter_mut().for_each(|x| *x += one),
        _ => {
            let rows = all.iter_mut().enumerate();
            rows.for_each(|(i, x)| *x += own[place(i)]);
        }
    }
}

/// The keys of a block of rows, each once.
struct Shared {
    keys: [f64; KEYS],
    count: usize,
    place: [usize; KEYS],
}

/// Whether all numbers are the first, vectors of them at a time.
pub fn same(block: &[f64]) -> bool {
    let first = block[0];
    let all = |piece: &[f64]| piece.iter().fold(true, |all, x| all & (*x == first));
    block.chunks(256).all(all)
}

impl Shared {
    /// `None` if there are too many, or if other predictors than the first differ between rows.
    fn new(keys: &[f64], eta: &[f64]) -> Option<Shared> {
        if keys.len() < SHARE || !eta.chunks_exact(keys.len()).skip(1).all(same) {
            return None;
        }
        let mut shared = Shared {
            keys: [0.0; KEYS],
            count: 0,
            place: [KEYS; KEYS],
        };
        let all = if same(keys) { &keys[..1] } else { keys };
        for &key in all {
            shared.add(key)?;
        }
        (shared.count * SHARE <= keys.len()).then_some(shared)
    }

    fn add(&mut self, key: f64) -> Option<()> {
        let (at, count) = (key as usize, self.count);
        let place = self.place.get_mut(at).filter(|_| at as f64 == key)?;
        if *place == KEYS {
            (*place, self.keys[count]) = (count, key);
            self.count += 1;
        }
        Some(())
    }
}
