//! The best of many: what scores highest, ties to what comes first.

/// Keeps the `most` best of what it is offered; the answer does not depend on the order of the offers.
pub(super) struct Best<T> {
    most: usize,
    /// At most twice `most`, so that an offer costs O(1) on average.
    kept: Vec<(f64, T)>,
    /// The last of the best when they were last sorted out; nothing behind it can come in.
    floor: Option<(f64, T)>,
}

/// Room beyond the best that spares sorting out after every offer.
const SPARE: usize = 64;

impl<T: Ord + Copy> Best<T> {
    /// Nothing yet; `most` is 1 or more.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            kept: Vec::new(),
            floor: None,
        }
    }

    /// Offers `item`; its `score` is not NaN.
    #[inline]
    pub(super) fn offer(&mut self, score: f64, item: T) {
        let is_behind = |floor: (f64, T)| order(&floor, &(score, item)).is_le();
        if self.floor.is_some_and(is_behind) {
            return;
        }
        self.kept.push((score, item));
        if self.kept.len() >= self.most.saturating_mul(2).max(SPARE) {
            self.sort_out();
        }
    }

    /// Hands out the best, best first, and is empty again.
    pub(super) fn take(&mut self) -> std::vec::Drain<'_, (f64, T)> {
        self.kept.sort_unstable_by(order);
        self.kept.truncate(self.most);
        self.floor = None;
        self.kept.drain(..)
    }

    fn sort_out(&mut self) {
        if self.kept.len() > self.most {
            self.kept.select_nth_unstable_by(self.most - 1, order);
            self.kept.truncate(self.most);
            self.floor = self.kept.last().copied();
        }
    }
}

/// Higher scores first, then smaller items.
fn order<T: Ord>(a: &(f64, T), b: &(f64, T)) -> std::cmp::Ordering {
    b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_best_are_those_of_a_full_sort(scores in prop::collection::vec(0_u8..20, 0..400), most in 1_usize..90) {
            let mut all: Vec<(f64, usize)> = scores.iter().map(|it| f64::from(*it)).zip(0..).collect();
            let mut best = Best::new(most);
            for (score, item) in all.iter().rev() {
                best.offer(*score, *item);
            }
            let found: Vec<_> = best.take().collect();
            all.sort_by(order);
            all.truncate(most);
            prop_assert_eq!(found, all);
            prop_assert!(best.take().next().is_none());
        }
    }
}
