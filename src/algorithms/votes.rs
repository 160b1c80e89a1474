//! Which label most neighbours have.
//!
//! Neighbours with the vertex's own label are counted in a register. The others are compared with one
//! another where they are few, and counted in a table with one place a label where they are many; the
//! table is emptied by the list of places touched, so that a vertex costs its degree and never the
//! number of labels.

use super::sampling::mixed;

/// The label of a vertex that has none yet; it is no vote.
pub(super) const NO_LABEL: u32 = u32::MAX;

/// So many labels other than the own are compared in pairs.
const FEW: usize = 8;

/// Which of equally frequent labels wins.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ties {
    /// The smallest.
    Smallest,
    /// Any, by a draw that depends on the seed, the vertex and the label only, so that a vertex whose
    /// neighbours keep their labels keeps its own.
    Drawn(u64),
}

impl Ties {
    /// Whether `one` wins over `other` at the vertex of this number.
    #[inline]
    fn prefers(self, number: u32, one: u32, other: u32) -> bool {
        match self {
            Ties::Smallest => one < other,
            Ties::Drawn(seed) => (lot(seed, number, one), one) < (lot(seed, number, other), other),
        }
    }
}

/// A number that looks random.
fn lot(seed: u64, number: u32, label: u32) -> u64 {
    mixed(seed ^ mixed(u64::from(number) << 32 | u64::from(label)))
}

/// The workspace of a count; empty between counts.
pub(super) struct Votes {
    counts: Vec<u32>,
    touched: Vec<u32>,
    others: Vec<u32>,
}

impl Votes {
    /// A workspace for labels below `label_count`.
    pub(super) fn new(label_count: u32) -> Votes {
        Votes {
            counts: vec![0; label_count as usize],
            touched: Vec::new(),
            others: Vec::new(),
        }
    }

    /// The most frequent of the labels in `lists`; `own` where there is none.
    pub(super) fn winner(
        &mut self,
        lists: [&[u32]; 2],
        labels: &[u32],
        (own, number): (u32, u32),
        ties: Ties,
    ) -> u32 {
        let ends = lists[0].len() + lists[1].len();
        if self.others.len() <= ends {
            self.others.resize(ends + 1, 0);
        }
        let (mut same, mut other) = (0_u32, 0);
        for list in lists {
            for u in list {
                let label = labels[*u as usize];
                // Written always and kept where it counts: a branch would be guessed wrong half the time.
                self.others[other] = label;
                other += usize::from(label != own && label != NO_LABEL);
                same += u32::from(label == own);
            }
        }
        if own == NO_LABEL {
            same = 0;
        }
        if other < same as usize || other == 0 {
            return own;
        }
        let preferred = |one, than| ties.prefers(number, one, than);
        if other <= FEW {
            among_few(&self.others[..other], (own, same), preferred)
        } else {
            self.among_many(other, (own, same), preferred)
        }
    }

    fn among_many(&mut self, other: usize, own: (u32, u32), preferred: impl Fn(u32, u32) -> bool) -> u32 {
        let (mut best, mut most) = own;
        for label in &self.others[..other] {
            let count = &mut self.counts[*label as usize];
            *count += 1;
            if *count == 1 {
                self.touched.push(*label);
            }
            // Every label that ends as frequent as the best passes here with its last vote.
            if *count > most || (*count == most && preferred(*label, best)) {
                (best, most) = (*label, *count);
            }
        }
        for label in self.touched.drain(..) {
            self.counts[label as usize] = 0;
        }
        best
    }
}

fn among_few(others: &[u32], own: (u32, u32), preferred: impl Fn(u32, u32) -> bool) -> u32 {
    let (mut best, mut most) = own;
    for (at, label) in others.iter().enumerate() {
        let count = 1 + others[..at].iter().map(|it| u32::from(it == label)).sum::<u32>();
        if count > most || (count == most && preferred(*label, best)) {
            (best, most) = (*label, count);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The winner by sorting.
    fn by_sorting(votes: &[u32], (own, number): (u32, u32), ties: Ties) -> u32 {
        let mut votes: Vec<u32> = votes.iter().copied().filter(|it| *it != NO_LABEL).collect();
        votes.sort_unstable();
        let counted: Vec<(usize, u32)> = votes
            .chunk_by(|a, b| a == b)
            .map(|it| (it.len(), it[0]))
            .collect();
        let most = counted.iter().map(|it| it.0).max();
        let tied = counted.iter().filter(|it| Some(it.0) == most).map(|it| it.1);
        let first = tied.reduce(|a, b| if ties.prefers(number, b, a) { b } else { a });
        first.unwrap_or(own)
    }

    proptest! {
        #[test]
        fn sorting_finds_the_same(
            labels in prop::collection::vec(prop_oneof![0..12_u32, Just(NO_LABEL)], 0..40),
            cut in 0_usize..40,
            own in prop_oneof![0..12_u32, Just(NO_LABEL)],
            seed in prop::option::of(any::<u64>()),
        ) {
            let ties = seed.map_or(Ties::Smallest, Ties::Drawn);
            let around: Vec<u32> = (0..labels.len() as u32).collect();
            let (out, into) = around.split_at(cut.min(around.len()));
            let mut votes = Votes::new(12);
            for number in 0..3 {
                let found = votes.winner([out, into], &labels, (own, number), ties);
                prop_assert_eq!(found, by_sorting(&labels, (own, number), ties));
            }
            prop_assert!(votes.counts.iter().all(|it| *it == 0) && votes.touched.is_empty());
        }
    }

    #[test]
    fn drawn_ties_favour_no_label() {
        let mut votes = Votes::new(2);
        let wins = (0..2000)
            .filter(|number| votes.winner([&[0, 1], &[]], &[0, 1], (0, *number), Ties::Drawn(7)) == 1);
        assert!((900..1100).contains(&wins.count()));
    }
}
