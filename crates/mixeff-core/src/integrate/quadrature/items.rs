//! Conditional expectations that wait for the nodes above: of the scores of rows, and of the nodes of levels.

use super::loops::expect;
use crate::family::simd::Arithmetic;
use crate::integrate::grid::Tier;

/// Expectations for a number of rows, or levels of one factor, at the joint nodes of the tiers above.
///
/// Each item has channels: first its carriers, whose products with the nodes above are wanted (the scores of a row, the
/// coordinates of a level's node), then those products, tier by tier, carrier by carrier.
#[derive(Default)]
pub struct Items {
    carriers: usize,
    channels: usize,
    stride: usize,
    now: Vec<f64>,
    next: Vec<f64>,
}

impl Items {
    /// Room for items that begin at the first of the tiers.
    pub fn prepare(&mut self, carriers: usize, tiers: &[Tier], count: usize) {
        let mut width = 1;
        self.stride = 0;
        for tier in tiers {
            width += tier.p;
            self.stride = self.stride.max(carriers * width * tier.above);
        }
        self.carriers = carriers;
        self.channels = carriers * (1 + tiers[0].p);
        for buffer in [&mut self.now, &mut self.next] {
            if buffer.len() < count * self.stride {
                buffer.resize(count * self.stride, 0.0);
            }
        }
    }

    /// The carriers of an item at its first tier, and their products with the nodes of that tier.
    #[inline(always)]
    pub fn begin(&mut self, item: usize, above: usize) -> (&mut [f64], &mut [f64]) {
        let channels = &mut self.now[item * self.stride..][..self.channels * above];
        channels.split_at_mut(self.carriers * above)
    }

    /// Takes an item over the nodes of a tier, given their conditional weights.
    #[inline(always)]
    pub fn climb<A: Arithmetic>(
        &mut self,
        item: usize,
        tier: &Tier,
        weight: &[f64],
        weight_z: &[f64],
    ) {
        let (length, above) = (tier.len(), tier.above);
        let x = &self.now[item * self.stride..][..self.channels * length];
        let out = &mut self.next[item * self.stride..][..self.stride];
        let (old, new) = out.split_at_mut(self.channels * above);
        for (channel, x) in x.chunks_exact(length).enumerate() {
            let size = if channel < self.carriers {
                tier.p * above
            } else {
                0
            };
            let with_z = &mut new[channel.min(self.carriers) * tier.p * above..][..size];
            let mean = &mut old[channel * above..(channel + 1) * above];
            expect::<A>(tier, weight, weight_z, x, mean, with_z);
        }
    }

    /// After every item has climbed a tier.
    pub fn climbed(&mut self, tier: &Tier) {
        self.channels += self.carriers * tier.p;
        std::mem::swap(&mut self.now, &mut self.next);
    }

    /// The channels of an item at the root, where nothing lies above: the carriers, then the blocks of products.
    pub fn at_root(&self, item: usize) -> (&[f64], &[f64]) {
        self.now[item * self.stride..][..self.channels].split_at(self.carriers)
    }
}
