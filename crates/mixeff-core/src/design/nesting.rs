//! Are the grouping factors nested in a chain? And the order of rows in which every level is one run.

/// A grouping factor as the user gave it: one code per row, `0..n_levels`.
#[derive(Clone, Debug)]
pub struct Codes {
    /// Level of each row.
    pub codes: Vec<u32>,
    /// Number of levels; some may have no rows.
    pub n_levels: usize,
}

/// Factors by falling number of levels that occur: the order of elimination.
pub fn elimination_order(factors: &[Codes]) -> Vec<usize> {
    let counts: Vec<usize> = factors
        .iter()
        .map(|f| observed(f).iter().filter(|&&seen| seen).count())
        .collect();
    let mut order: Vec<usize> = (0..factors.len()).collect();
    order.sort_by_key(|&f| std::cmp::Reverse(counts[f]));
    order
}

fn observed(factor: &Codes) -> Vec<bool> {
    let mut seen = vec![false; factor.n_levels];
    for &c in &factor.codes {
        seen[c as usize] = true;
    }
    seen
}

/// The level of `outer` that each level of `inner` lies in, if every level of `inner` lies in one only.
pub fn parents(inner: &Codes, outer: &Codes) -> Option<Vec<u32>> {
    let mut parent = vec![u32::MAX; inner.n_levels];
    for (&i, &o) in inner.codes.iter().zip(&outer.codes) {
        let p = &mut parent[i as usize];
        if *p == u32::MAX {
            *p = o;
        } else if *p != o {
            return None;
        }
    }
    Some(parent)
}

/// True if each factor in `order` is nested in the next.
pub fn is_chain(factors: &[Codes], order: &[usize]) -> bool {
    order
        .windows(2)
        .all(|pair| parents(&factors[pair[0]], &factors[pair[1]]).is_some())
}

/// The row order that makes every level of every factor in `sorted_by` a run: the last factor is the
/// outermost. Stable, by counting.
pub fn row_order(n: usize, factors: &[Codes], sorted_by: &[usize]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..n as u32).collect();
    for &f in sorted_by {
        let codes = &factors[f].codes;
        if !order
            .windows(2)
            .all(|w| codes[w[0] as usize] <= codes[w[1] as usize])
        {
            order = counting_sort(&order, codes, factors[f].n_levels);
        }
    }
    order
}

fn counting_sort(order: &[u32], codes: &[u32], n_levels: usize) -> Vec<u32> {
    let mut next = vec![0u32; n_levels + 1];
    for &i in order {
        next[codes[i as usize] as usize + 1] += 1;
    }
    for l in 0..n_levels {
        next[l + 1] += next[l];
    }
    let mut sorted = vec![0u32; order.len()];
    for &i in order {
        let at = &mut next[codes[i as usize] as usize];
        sorted[*at as usize] = i;
        *at += 1;
    }
    sorted
}

/// Levels renumbered in the order in which sorted rows meet them: the new codes and the old level of each new one.
pub fn renumber(factor: &Codes, order: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let mut new_of_old = vec![u32::MAX; factor.n_levels];
    let mut old_of_new = Vec::new();
    let codes = order
        .iter()
        .map(|&i| {
            let old = factor.codes[i as usize] as usize;
            if new_of_old[old] == u32::MAX {
                new_of_old[old] = old_of_new.len() as u32;
                old_of_new.push(old as u32);
            }
            new_of_old[old]
        })
        .collect();
    (codes, old_of_new)
}

/// First rows of each run of equal code, with the end appended. Codes must be `0, 0, .., 1, 1, ..`.
pub fn run_starts(codes: &[u32], n_levels: usize) -> Vec<u32> {
    let mut starts = vec![0u32; n_levels + 1];
    for &c in codes {
        starts[c as usize + 1] += 1;
    }
    for l in 0..n_levels {
        starts[l + 1] += starts[l];
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(c: &[u32]) -> Codes {
        Codes {
            codes: c.to_vec(),
            n_levels: *c.iter().max().unwrap() as usize + 1,
        }
    }

    #[test]
    fn nested_factors_are_a_chain_and_crossed_ones_are_not() {
        let school = codes(&[0, 1, 0, 1, 2, 2]);
        let region = codes(&[1, 0, 1, 0, 1, 1]);
        let item = codes(&[0, 0, 1, 1, 0, 1]);
        let nested = [school.clone(), region];
        assert_eq!(elimination_order(&nested), vec![0, 1]);
        assert!(is_chain(&nested, &[0, 1]));
        assert!(!is_chain(&[school, item], &[0, 1]));
    }

    #[test]
    fn sorted_rows_make_runs() {
        let factors = [codes(&[0, 1, 0, 1, 2, 2]), codes(&[1, 0, 1, 0, 1, 1])];
        let order = row_order(6, &factors, &[0, 1]);
        for f in &factors {
            let (new, old) = renumber(f, &order);
            assert!(new.windows(2).all(|w| w[0] == w[1] || w[1] == w[0] + 1));
            let starts = run_starts(&new, old.len());
            assert_eq!(*starts.last().unwrap(), 6);
        }
    }
}
