//! Sampling without replacement, and how far a sampled mean may lie from the true one.
//!
//! The bounds hold for any population of values between 0 and a known ceiling; nothing is assumed
//! about its shape. Sources: Serfling 1974 (Hoeffding's bound for sampling without replacement);
//! Bardenet & Maillard 2015, theorem 4.3 (empirical Bernstein-Serfling).

use rand::{Rng, SeedableRng};
use rand_pcg::{Pcg64, Pcg64Mcg};

use super::registry::ParameterInfo;

/// The parameter that makes draws repeatable.
pub(super) const SEED: ParameterInfo = ParameterInfo {
    name: "seed",
    kind: "whole number",
    default: "1",
    range: "from 0 to 18446744073709551615",
    meaning: "Draws depend on it and nothing else: the same seed gives the same answer.",
};

/// `count` different numbers below `population`, ascending; all of them when there are no more. Every
/// set is equally likely, and a seed always gives the same one.
pub(super) fn sample(population: u32, count: u32, seed: u64) -> Vec<u32> {
    let mut numbers = drawn(population, count, seed);
    numbers.sort_unstable();
    numbers
}

/// The numbers below `population` in an order that the seed gives; every order is equally likely.
pub(super) fn permutation(population: u32, seed: u64) -> Vec<u32> {
    drawn(population, population, seed)
}

/// `count` different numbers below `population`, in the order of the draw.
fn drawn(population: u32, count: u32, seed: u64) -> Vec<u32> {
    let mut numbers: Vec<u32> = (0..population).collect();
    let mut random = Pcg64::seed_from_u64(seed);
    let count = count.min(population) as usize;
    for taken in 0..count {
        let ahead = below(&mut random, u64::from(population) - taken as u64) as usize;
        numbers.swap(taken, taken + ahead);
    }
    numbers.truncate(count);
    numbers
}

/// Random numbers of their own for the part of the work called `place`, so that no other part and no
/// thread changes them.
pub(super) fn stream(seed: u64, place: u64) -> Pcg64Mcg {
    let low = mixed(mixed(seed) ^ place);
    Pcg64Mcg::new(u128::from(mixed(low)) << 64 | u128::from(low))
}

/// The finaliser of SplitMix64 (Steele, Lea & Flood 2014): every bit of the answer depends on every bit of `x`.
pub(super) fn mixed(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A number below `end`, which is 1 or more, each about as likely.
#[inline]
pub(super) fn below(random: &mut impl Rng, end: u64) -> u64 {
    // The high half of a product maps 64 random bits to the range; its bias is below end / 2^64.
    ((u128::from(random.next_u64()) * u128::from(end)) >> 64) as u64
}

/// A number from 0 to below 1, on a grid of 2^-53.
#[inline]
pub(super) fn fraction(random: &mut impl Rng) -> f64 {
    (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// A sample of values in `0..=ceiling`, drawn without replacement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draw {
    /// Values drawn, from 1.
    pub(super) drawn: u32,
    /// Values there are.
    pub(super) population: u32,
    /// No value is above it.
    pub(super) ceiling: f64,
}

impl Draw {
    /// The distance from the true mean that a sampled mean keeps with probability `1 - risk`, from
    /// the count of values alone.
    pub(super) fn hoeffding_serfling(&self, risk: f64) -> f64 {
        let (k, n) = (f64::from(self.drawn), f64::from(self.population));
        let left = 1.0 - (k - 1.0) / n;
        self.ceiling * (left * (2.0 / risk).ln() / (2.0 * k)).sqrt()
    }

    /// The same from the spread of the sample: smaller where the values hardly differ.
    pub(super) fn bernstein_serfling(&self, risk: f64, deviation: f64) -> f64 {
        let (k, n) = (f64::from(self.drawn), f64::from(self.population));
        let left = if k <= n / 2.0 {
            1.0 - (k - 1.0) / n
        } else {
            (1.0 - k / n) * (1.0 + 1.0 / k)
        };
        let kappa = 7.0 / 3.0 + 3.0 / std::f64::consts::SQRT_2;
        // The theorem bounds one side with risk 5 δ.
        let log = (10.0 / risk).ln();
        deviation * (2.0 * left * log / k).sqrt() + kappa * self.ceiling * log / k
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_no_number_twice_and_depends_on_the_seed_only() {
        let drawn = sample(1000, 100, 7);
        assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]) && drawn.len() == 100 && drawn[99] < 1000);
        assert_eq!(drawn, sample(1000, 100, 7));
        assert_ne!(drawn, sample(1000, 100, 8));
        assert_eq!(sample(3, 9, 1), [0, 1, 2]);
    }

    #[test]
    fn every_number_is_drawn_about_as_often() {
        let mut times = [0_u32; 10];
        for seed in 0..2000 {
            sample(10, 3, seed).iter().for_each(|it| times[*it as usize] += 1);
        }
        // 600 expected, standard deviation 20.
        assert!(times.iter().all(|it| (500..700).contains(it)), "{times:?}");
    }

    #[test]
    fn bounds_hold_for_a_skewed_population_and_shrink_with_the_sample() {
        let population: Vec<f64> = (0..500).map(|it| if it % 50 == 0 { 1.0 } else { 0.01 }).collect();
        let mean = population.iter().sum::<f64>() / 500.0;
        let mut misses = 0;
        for seed in 0..200 {
            let values: Vec<f64> = sample(500, 200, seed)
                .iter()
                .map(|it| population[*it as usize])
                .collect();
            let average = values.iter().sum::<f64>() / 200.0;
            let spread = values.iter().map(|it| (it - average).powi(2)).sum::<f64>() / 200.0;
            let draw = Draw {
                drawn: 200,
                population: 500,
                ceiling: 1.0,
            };
            let bound = draw
                .hoeffding_serfling(0.1)
                .min(draw.bernstein_serfling(0.1, spread.sqrt()));
            misses += u32::from((average - mean).abs() > bound);
        }
        assert!(misses <= 20, "{misses} of 200 samples miss a bound with risk 0.1");
        let draw = |drawn| Draw {
            drawn,
            population: 500,
            ceiling: 1.0,
        };
        assert!(draw(400).hoeffding_serfling(0.1) < draw(100).hoeffding_serfling(0.1));
        assert!(draw(400).bernstein_serfling(0.1, 0.0) < draw(400).bernstein_serfling(0.1, 0.5));
    }
}
