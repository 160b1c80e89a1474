//! Sums by community in flat arrays, for the kernels that look at the communities around a vertex.
//!
//! Cost: one read and one write of memory an amount; 16 bytes a community, and what is known of it.

/// Room for sums by community, beside what is known about each: both are read together, so they lie
/// together.
pub(super) struct Sums<T> {
    slots: Vec<Slot<T>>,
    /// The communities added to; one place more than there are communities, for the next.
    touched: Vec<u32>,
}

struct Slot<T> {
    /// Negative while nothing was added.
    amount: f64,
    known: T,
}

impl<T> Sums<T> {
    /// Room for sums by as many communities as there are things known.
    pub(super) fn of(known: impl Iterator<Item = T>) -> Sums<T> {
        let slots: Vec<Slot<T>> = known.map(|known| Slot { amount: -1.0, known }).collect();
        Sums {
            touched: vec![0; slots.len() + 1],
            slots,
        }
    }

    /// What is known of a community.
    pub(super) fn known(&mut self, community: u32) -> &mut T {
        &mut self.slots[community as usize].known
    }

    /// Sums without amounts yet; they must be drained.
    #[inline]
    pub(super) fn gather(&mut self) -> Gathered<'_, T> {
        Gathered {
            slots: &mut self.slots,
            touched: &mut self.touched,
            count: 0,
        }
    }
}

/// Sums by community, drained in the order in which communities were first added to.
pub(super) struct Gathered<'a, T> {
    slots: &'a mut [Slot<T>],
    touched: &'a mut [u32],
    /// How many were added to; held here and not in [`Sums`], so that it stays in a register.
    count: usize,
}

impl<T> Gathered<'_, T> {
    /// Adds an `amount` from 0 on to a community.
    #[inline]
    pub(super) fn add(&mut self, community: u32, amount: f64) {
        let slot = &mut self.slots[community as usize];
        // Written always and counted when new: whether it is new cannot be predicted.
        self.touched[self.count] = community;
        self.count += usize::from(slot.amount < 0.0);
        slot.amount = slot.amount.max(0.0) + amount;
    }

    /// Calls `visit` with each community added to, its sum and what is known of it.
    #[inline]
    pub(super) fn drain(self, mut visit: impl FnMut(u32, f64, &T)) {
        for community in &self.touched[..self.count] {
            let slot = &mut self.slots[*community as usize];
            visit(*community, slot.amount, &slot.known);
            slot.amount = -1.0;
        }
    }

    /// Appends the communities added to and their sums, without the first; returns its sum.
    pub(super) fn drain_into(self, communities: &mut Vec<u32>, sums: &mut Vec<f64>) -> f64 {
        let Some((first, others)) = self.touched[..self.count].split_first() else {
            return 0.0;
        };
        let mut taken =
            |community: &u32| std::mem::replace(&mut self.slots[*community as usize].amount, -1.0);
        let sum = taken(first);
        communities.extend_from_slice(others);
        sums.extend(others.iter().map(taken));
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_come_in_the_order_of_their_first_amounts_and_leave_nothing_behind() {
        let mut sums = Sums::of(["a", "b", "c", "d"].into_iter());
        for _ in 0..2 {
            let mut gathered = sums.gather();
            for (community, amount) in [(2, 0.0), (0, 1.5), (2, 2.0), (3, 0.0), (0, 1.0)] {
                gathered.add(community, amount);
            }
            let mut found = Vec::new();
            gathered.drain(|community, sum, known| found.push((community, sum, *known)));
            assert_eq!(found, [(2, 2.0, "c"), (0, 2.5, "a"), (3, 0.0, "d")]);
        }
        let (mut communities, mut amounts) = (Vec::new(), Vec::new());
        let mut gathered = sums.gather();
        gathered.add(1, 4.0);
        gathered.add(3, 1.0);
        assert_eq!(gathered.drain_into(&mut communities, &mut amounts), 4.0);
        assert_eq!((communities, amounts), (vec![3], vec![1.0]));
    }
}
