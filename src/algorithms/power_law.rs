//! Fits a power law to the tail of whole numbers: `P(x) = x^-α / ζ(α, x_min)` for `x ≥ x_min`.
//!
//! For each candidate `x_min` the exponent is the one of greatest likelihood; of the candidates the one
//! whose law lies nearest the data is taken, by the greatest distance between the two distribution
//! functions (Kolmogorov and Smirnov) over all whole numbers from `x_min` on, those that do not occur too; programs
//! that look at the numbers that occur only can take another. Candidates are all values but the greatest, so that a tail has two
//! different ones at least.
//!
//! A fit is no proof: other laws with heavy tails can lie as near, and the exponent of a tail of less than some
//! fifty numbers is uncertain.
//!
//! Cost: O(D²) for D different values. Source: Clauset, Shalizi and Newman, SIAM Review 51, 2009.

use super::control::{Control, KernelError};

/// Where exponents are looked for.
const EXPONENTS: (f64, f64) = (1.000_1, 40.0);

/// Steps of the search; each shrinks the interval by the golden ratio.
const STEPS: u32 = 60;

/// A law and how near it lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PowerLaw {
    /// Where the tail begins.
    pub(super) x_min: u32,
    /// The exponent.
    pub(super) alpha: f64,
    /// Greatest distance between the distribution functions.
    pub(super) distance: f64,
    /// Numbers in the tail.
    pub(super) tail: u64,
}

/// The law nearest to `counts`: different values from 1, ascending, and how often each occurs. `None` when
/// there are fewer than two values.
pub(super) fn fit(counts: &[(u32, u64)], control: &Control) -> Result<Option<PowerLaw>, KernelError> {
    let mut tail: u64 = counts.iter().map(|it| it.1).sum();
    let mut logs: f64 = counts.iter().map(|it| it.1 as f64 * f64::from(it.0).ln()).sum();
    let mut best: Option<PowerLaw> = None;
    for at in 0..counts.len().saturating_sub(1) {
        control.check()?;
        let (x_min, count) = counts[at];
        let alpha = likeliest(x_min, tail as f64, logs);
        let law = PowerLaw {
            x_min,
            alpha,
            distance: distance(&counts[at..], tail as f64, alpha),
            tail,
        };
        if best.is_none_or(|it| law.distance < it.distance) {
            best = Some(law);
        }
        tail -= count;
        logs -= count as f64 * f64::from(x_min).ln();
    }
    Ok(best)
}

/// The exponent of greatest likelihood, by golden section: the logarithm of the likelihood is concave.
fn likeliest(x_min: u32, tail: f64, logs: f64) -> f64 {
    let likelihood = |alpha: f64| -tail * zeta(alpha, f64::from(x_min)).ln() - alpha * logs;
    let ratio = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = EXPONENTS;
    let (mut left, mut right) = (high - ratio * (high - low), low + ratio * (high - low));
    let (mut at_left, mut at_right) = (likelihood(left), likelihood(right));
    for _ in 0..STEPS {
        if at_left < at_right {
            (low, left, at_left) = (left, right, at_right);
            right = low + ratio * (high - low);
            at_right = likelihood(right);
        } else {
            (high, right, at_right) = (right, left, at_left);
            left = high - ratio * (high - low);
            at_left = likelihood(left);
        }
    }
    f64::midpoint(low, high)
}

/// Greatest distance between the distribution functions of the numbers and of the law.
fn distance(counts: &[(u32, u64)], tail: f64, alpha: f64) -> f64 {
    let all = zeta(alpha, f64::from(counts[0].0));
    let (mut below, mut greatest) = (0.0, 0.0_f64);
    for (value, count) in counts {
        // Just below the value, where the data stand still while the law has grown, and at it.
        let before = 1.0 - zeta(alpha, f64::from(*value)) / all;
        greatest = greatest.max((below / tail - before).abs());
        below += *count as f64;
        let upto = 1.0 - zeta(alpha, f64::from(*value) + 1.0) / all;
        greatest = greatest.max((below / tail - upto).abs());
    }
    greatest
}

/// Hurwitz's zeta, `Σ (x + k)^-s` over `k` from 0, for `s` above 1 and `x` from 1: the first terms, then the
/// formula of Euler and Maclaurin. Relative error below 1e-9.
fn zeta(s: f64, x: f64) -> f64 {
    let far = x.max(s + 10.0).ceil().max(x);
    let (mut sum, mut at) = (0.0, x);
    while at < far {
        sum += at.powf(-s);
        at += 1.0;
    }
    let power = at.powf(-s);
    let square = at * at;
    let slope = s * power / at;
    let last = 1.0 - (s + 3.0) * (s + 4.0) / (42.0 * square);
    let rest = slope / 12.0 * (1.0 - (s + 1.0) * (s + 2.0) / (60.0 * square) * last);
    sum + at * power / (s - 1.0) + power / 2.0 + rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Numbers that follow the law as nearly as whole counts can, from `x_min` on.
    fn drawn(alpha: f64, x_min: u32, count: f64) -> Vec<(u32, u64)> {
        let all = zeta(alpha, f64::from(x_min));
        let expected = |x: u32| (count * f64::from(x).powf(-alpha) / all).round() as u64;
        (x_min..3000)
            .map(|x| (x, expected(x)))
            .filter(|it| it.1 > 0)
            .collect()
    }

    #[test]
    fn zeta_has_its_known_values() {
        let pi = std::f64::consts::PI;
        assert!((zeta(2.0, 1.0) - pi * pi / 6.0).abs() < 1e-9);
        assert!((zeta(4.0, 1.0) - pi.powi(4) / 90.0).abs() < 1e-9);
        assert!((zeta(1.5, 1.0) - 2.612_375_348_685_488).abs() < 1e-8);
        // Each term taken away by itself.
        assert!((zeta(2.5, 3.0) - (zeta(2.5, 1.0) - 1.0 - 2.0_f64.powf(-2.5))).abs() < 1e-9);
        assert!((zeta(30.0, 2.0) / 2.0_f64.powi(-30) - 1.000_005_2).abs() < 1e-6);
    }

    #[test]
    fn the_law_that_made_the_numbers_is_found() {
        for (alpha, x_min) in [(2.5, 1), (3.2, 1), (2.2, 4)] {
            let law = fit(&drawn(alpha, x_min, 1e6), &Control::default())
                .unwrap()
                .unwrap();
            assert!((law.alpha - alpha).abs() < 0.03 && law.distance < 0.01, "{law:?}");
        }
        // A head that follows no law is left out.
        let mut mixed = vec![(1, 10_000), (2, 10_000), (3, 10_000), (4, 10_000), (5, 10_000)];
        mixed.extend(drawn(2.5, 6, 1e5));
        let law = fit(&mixed, &Control::default()).unwrap().unwrap();
        assert!(
            (5..9).contains(&law.x_min) && (law.alpha - 2.5).abs() < 0.1,
            "{law:?}"
        );
    }

    /// Zachary's karate club; the figures are those of a script that sums zeta term by term.
    #[test]
    fn a_small_tail_is_taken_where_its_law_lies_nearest() {
        let counts = [
            (1, 1),
            (2, 11),
            (3, 6),
            (4, 6),
            (5, 3),
            (6, 2),
            (9, 1),
            (10, 1),
            (12, 1),
            (16, 1),
            (17, 1),
        ];
        let law = fit(&counts, &Control::default()).unwrap().unwrap();
        assert_eq!((law.x_min, law.tail), (2, 33), "{law:?}");
        assert!(
            (law.alpha - 2.1615).abs() < 5e-5 && (law.distance - 0.1).abs() < 5e-5,
            "{law:?}"
        );
    }

    #[test]
    fn too_few_values_have_no_law() {
        let law = |counts: &[(u32, u64)]| fit(counts, &Control::default()).unwrap();
        assert_eq!((law(&[]), law(&[(3, 100)])), (None, None));
        assert_eq!(law(&[(1, 5), (2, 1)]).unwrap().x_min, 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn no_other_exponent_is_likelier(numbers in prop::collection::vec(1_u32..60, 2..40)) {
            let logs: f64 = numbers.iter().map(|it| f64::from(*it).ln()).sum();
            let tail = numbers.len() as f64;
            let likelihood = |alpha: f64| -tail * zeta(alpha, 1.0).ln() - alpha * logs;
            let found = likelihood(likeliest(1, tail, logs));
            for step in 1..400 {
                prop_assert!(likelihood(1.0 + f64::from(step) * 0.05) <= found + 1e-6);
            }
        }
    }
}
