//! What an alternation of linearising and fitting leaves.

use crate::design::Model;
use crate::integrate::Posterior;
use crate::optimize::gaussian::Linear;
use crate::optimize::{Fitted, Record};

/// The estimates, with `phi` and its standard error.
pub struct Estimated {
    /// As of any method; its log-likelihood is not a number.
    pub fitted: Fitted,
    /// Dispersion.
    pub phi: f64,
    /// Standard error of `phi`; not a number if it is not estimated.
    pub phi_se: f64,
}

/// How the alternation ended.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Rest {
    Still,
    Moving { rounds: usize, shift: f64 },
    Left { rounds: usize },
}

impl Rest {
    pub(super) fn words(self) -> String {
        match self {
            Rest::Still => String::new(),
            Rest::Moving { rounds, shift } => format!(
                "not converged: after {rounds} rounds of linearising and fitting, the last one still moved the estimates by \
                 {shift:.1e} standard errors"
            ),
            Rest::Left { rounds } => format!(
                "not converged: after {rounds} rounds of linearising and fitting, the working model can no longer be \
                 evaluated; the alternation diverges"
            ),
        }
    }
}

/// The estimates in the parameters of the model: `log sigma` of the working model as the dispersion's coefficient, or as `phi`.
pub(super) fn into_estimated(
    model: &Model,
    wide: &Model,
    found: Linear,
    rest: Rest,
    record: Record,
) -> Estimated {
    let p = found.beta.len();
    let converged = rest == Rest::Still && found.end.converged(found.proper);
    let reason = match rest {
        Rest::Still => found.end.words(found.proper),
        rest => rest.words(),
    };
    let phi = found.sigma * found.sigma;
    let estimated = found.cov.n > p + found.theta.len();
    let phi_se = if estimated {
        2.0 * phi * found.cov.at(p, p).sqrt()
    } else {
        f64::NAN
    };
    let (mut beta, mut cov) = (found.beta, found.cov);
    if model.predictors.len() > 1 {
        let scale = 2.0 / model.family.phi_power();
        beta.push(scale * found.sigma.ln());
        for i in 0..cov.n {
            let factor = if i == p { scale * scale } else { scale };
            cov.set(p, i, factor * cov.at(p, i));
        }
    } else if estimated {
        let keep: Vec<usize> = (0..cov.n).filter(|&i| i != p).collect();
        cov = cov.part(&keep);
    }
    let fitted = Fitted {
        beta,
        theta: found.theta,
        cov,
        log_likelihood: f64::NAN,
        posterior: narrowed(found.posterior, &wide.sizes(), &model.sizes()),
        converged,
        singular: !found.end.fixed.is_empty(),
        reason,
        record,
        metric: found.end.metric,
    };
    Estimated {
        fitted,
        phi,
        phi_se,
    }
}

/// The first `to` of the `from` effects of every level.
fn narrowed(mut all: Posterior, from: &[usize], to: &[usize]) -> Posterior {
    for (f, (&m, &p)) in from.iter().zip(to).enumerate() {
        for v in [&mut all.mode[f], &mut all.mean[f]] {
            *v = v.chunks_exact(m).flat_map(|v| v[..p].to_vec()).collect();
        }
        for v in [&mut all.mode_cov[f], &mut all.mean_cov[f]] {
            let rows = v.chunks_exact(m).enumerate().filter(|(r, _)| r % m < p);
            *v = rows.flat_map(|(_, v)| v[..p].to_vec()).collect();
        }
    }
    all
}
