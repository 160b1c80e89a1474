//! How values are spread: degree shape, Gini, concentration, quantiles.
//!
//! Every function answers for the values as a multiset; their order changes nothing, not even the
//! last bit, because sums run over sorted copies.

use serde::{Deserialize, Serialize};

/// How the degrees of a graph are spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DegreeShape {
    /// Mean degree.
    pub mean: f64,
    /// Half of the vertices have at most this degree.
    pub median: u64,
    /// 99 % of the vertices have at most this degree.
    pub p99: u64,
    /// Greatest degree.
    pub max: u64,
    /// Gini coefficient in 0..1; 0 when all degrees are equal.
    pub gini: f64,
}

/// The shape of `degrees`, one entry a vertex; all zero when there is no vertex.
///
/// Cost: a sorted copy, O(n log n).
pub fn degree_shape(degrees: &[u64]) -> DegreeShape {
    let mut sorted = degrees.to_vec();
    sorted.sort_unstable();
    let values: Vec<f64> = sorted.iter().map(|degree| *degree as f64).collect();
    let nearest = |share: f64| rank(sorted.len(), share).map_or(0, |at| sorted[at]);
    DegreeShape {
        mean: values.iter().sum::<f64>() / values.len().max(1) as f64,
        median: nearest(0.5),
        p99: nearest(0.99),
        max: sorted.last().copied().unwrap_or(0),
        gini: gini(&values).unwrap_or(0.0),
    }
}

/// The nearest-rank quantile of ascending values: the smallest value that at least `share` of them
/// do not exceed. `None` when there is no value or `share` is outside 0..=1.
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    debug_assert!(sorted.is_sorted(), "quantiles need ascending values");
    rank(sorted.len(), share).map(|at| sorted[at])
}

fn rank(count: usize, share: f64) -> Option<usize> {
    if count == 0 || !(0.0..=1.0).contains(&share) {
        return None;
    }
    // Without the allowance 0.07 of 100 values would be the 8th, as 0.07 * 100.0 > 7.0.
    let place = (share * count as f64 - 1e-9).ceil() as usize;
    Some(place.clamp(1, count) - 1)
}

/// The Gini coefficient of amounts: 0 when all are equal (or all are 0), towards 1 when one holds
/// everything. `None` when there is no value, or one is negative or not finite.
///
/// Cost: a sorted copy, O(n log n).
pub fn gini(values: &[f64]) -> Option<f64> {
    let sorted = sorted_amounts(values)?;
    let n = sorted.len() as f64;
    let total: f64 = sorted.iter().sum();
    if total == 0.0 {
        return Some(0.0);
    }
    let ranked: f64 = (1_u64..)
        .zip(&sorted)
        .map(|(place, value)| place as f64 * value)
        .sum();
    // Rounding may leave the range by one bit.
    Some((2.0 * ranked / (n * total) - (n + 1.0) / n).clamp(0.0, 1.0))
}

/// The Herfindahl-Hirschman index of amounts, the sum of squared shares: from 1/n when all are
/// equal to 1 when one holds everything. `None` when nothing is held, or an amount is negative or
/// not finite.
pub fn hhi(values: &[f64]) -> Option<f64> {
    let sorted = sorted_amounts(values)?;
    let total: f64 = sorted.iter().sum();
    (total > 0.0).then(|| sorted.iter().map(|value| (value / total).powi(2)).sum())
}

/// An ascending copy, or `None` when there is no value or one is negative or not finite.
fn sorted_amounts(values: &[f64]) -> Option<Vec<f64>> {
    let valid = values.iter().all(|value| value.is_finite() && *value >= 0.0);
    (valid && !values.is_empty()).then(|| {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gini by its definition: half the mean absolute difference over the mean.
    fn gini_by_pairs(values: &[f64]) -> f64 {
        let n = values.len() as f64;
        let total: f64 = values.iter().sum();
        let differences: f64 = values
            .iter()
            .flat_map(|a| values.iter().map(move |b| (a - b).abs()))
            .sum();
        if total == 0.0 {
            0.0
        } else {
            differences / (2.0 * n * total)
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn gini_is_the_mean_difference(values in prop::collection::vec(0.0..100.0_f64, 1..40)) {
            prop_assert!((gini(&values).unwrap() - gini_by_pairs(&values)).abs() < 1e-9);
        }

        #[test]
        fn a_quantile_is_the_smallest_value_that_covers_the_share(
            mut values in prop::collection::vec(0_u8..20, 1..40),
            percent in 0_u32..=100,
        ) {
            values.sort_unstable();
            let sorted: Vec<f64> = values.iter().map(|it| f64::from(*it)).collect();
            let answer = quantile(&sorted, f64::from(percent) / 100.0).unwrap();
            let covered = |limit: f64| sorted.iter().filter(|it| **it <= limit).count() * 100;
            prop_assert!(covered(answer) >= percent as usize * sorted.len());
            for smaller in sorted.iter().filter(|it| **it < answer) {
                prop_assert!(covered(*smaller) < percent as usize * sorted.len());
            }
        }

        #[test]
        fn order_does_not_change_a_bit(mut values in prop::collection::vec(0.0..1e9_f64, 1..40)) {
            let (before, spread) = (gini(&values), hhi(&values));
            values.reverse();
            prop_assert_eq!((gini(&values), hhi(&values)), (before, spread));
        }
    }

    #[test]
    fn known_spreads_have_their_known_measures() {
        assert_eq!(gini(&[3.0, 3.0, 3.0]), Some(0.0));
        assert_eq!(gini(&[0.0, 0.0, 0.0, 8.0]), Some(0.75));
        assert_eq!(hhi(&[5.0, 5.0]), Some(0.5));
        assert_eq!(hhi(&[0.0, 7.0]), Some(1.0));
        assert_eq!(
            quantile(&(1..=100).map(f64::from).collect::<Vec<_>>(), 0.07),
            Some(7.0)
        );
    }

    #[test]
    fn amounts_that_are_none_have_no_measure() {
        assert_eq!(
            (gini(&[]), gini(&[1.0, -1.0]), gini(&[f64::NAN])),
            (None, None, None)
        );
        assert_eq!((hhi(&[]), hhi(&[0.0]), hhi(&[f64::INFINITY])), (None, None, None));
        assert_eq!((quantile(&[], 0.5), quantile(&[1.0], 1.5)), (None, None));
    }

    #[test]
    fn the_shape_of_a_star_shows_its_hub() {
        let mut degrees = vec![1_u64; 199];
        degrees.push(199);
        let shape = degree_shape(&degrees);
        assert_eq!((shape.median, shape.p99, shape.max), (1, 1, 199));
        assert!((shape.mean - 1.99).abs() < 1e-12 && (shape.gini - 0.495).abs() < 1e-12);
        assert_eq!(degree_shape(&[]), DegreeShape::default());
    }
}
