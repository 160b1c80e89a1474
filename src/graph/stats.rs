//! How values are spread: nearest-rank quantiles, Gini, compensated sums.
//!
//! Every function answers for the values as a multiset, up to the last digits of a sum.

/// The position, from 0, of the smallest of `count` ascending values that at least `share` of them do
/// not exceed; `None` of no values.
pub fn nearest_rank(count: usize, share: f64) -> Option<usize> {
    let position = (share * count as f64).ceil().max(1.0) as usize;
    position.min(count).checked_sub(1)
}

/// `2 Σ i·x_i / (n Σ x) - (n + 1) / n` over `ascending` amounts, `i` from 1: 0 when all are equal (or
/// all are 0), towards 1 when one holds everything.
pub fn gini(ascending: &[f64]) -> f64 {
    debug_assert!(ascending.is_sorted(), "the rank of a value is its place");
    let n = ascending.len() as f64;
    let total = sum(ascending);
    if total == 0.0 {
        return 0.0;
    }
    let weighted: Vec<f64> = ascending
        .iter()
        .enumerate()
        .map(|(at, value)| (at + 1) as f64 * value)
        .collect();
    (2.0 * sum(&weighted) / (n * total) - (n + 1.0) / n).max(0.0)
}

/// Compensated sum in the order given, correct to the last digits in any (Neumaier 1974).
pub fn sum(values: &[f64]) -> f64 {
    let mut total = 0.0_f64;
    let mut lost = 0.0;
    for value in values {
        let next = total + value;
        // What the addition rounded away, found on the side of the smaller operand.
        lost += if total.abs() >= value.abs() {
            (total - next) + value
        } else {
            (value - next) + total
        };
        total = next;
    }
    total + lost
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
        fn gini_is_the_mean_difference(mut values in prop::collection::vec(0.0..100.0_f64, 1..40)) {
            values.sort_by(f64::total_cmp);
            prop_assert!((gini(&values) - gini_by_pairs(&values)).abs() < 1e-9);
        }

        #[test]
        fn a_quantile_is_the_smallest_value_that_covers_the_share(count in 1_usize..40, eighths in 0_u32..=8) {
            let share = f64::from(eighths) / 8.0;
            let at = nearest_rank(count, share).unwrap();
            prop_assert!((at + 1) as f64 >= share * count as f64);
            prop_assert!(at == 0 || (at as f64) < share * count as f64);
        }
    }

    #[test]
    fn known_spreads_have_their_known_measures() {
        assert_eq!(gini(&[3.0, 3.0, 3.0]), 0.0);
        assert_eq!(gini(&[0.0, 0.0, 0.0, 8.0]), 0.75);
        assert_eq!(sum(&[1e16, 1.0, -1e16]), 1.0);
        assert_eq!((nearest_rank(0, 0.5), nearest_rank(4, 0.5)), (None, Some(1)));
    }
}
