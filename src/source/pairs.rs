//! How often edges of a collection join the same two vertices, one way and both ways.
//!
//! Each edge is listed at the lesser of its ends; the lists are sorted and merged. Cost: O(n + m log d)
//! time for greatest degree d; 4 bytes an edge and 16 a vertex beyond the ends.

use std::cmp::Ordering;

use rayon::prelude::*;

use super::error::{SourceError, check};
use crate::algorithms::Control;

/// Vertices whose lists are counted between two looks at whether to stop.
const BLOCK: usize = 4096;

/// Counts over the edges of one collection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pairs {
    /// Edges from a vertex to itself.
    pub(super) self_loops: u64,
    /// Distinct ordered pairs of ends.
    pub(super) distinct: u64,
    /// Distinct ordered pairs of different ends that are there the other way round too.
    pub(super) reciprocal: u64,
    /// Edges between different ends that are there the other way round too.
    pub(super) mutual: u64,
}

/// For each vertex the greater ends of the edges that are listed at it.
struct Lists {
    /// Where the list of each vertex begins, and at last where all end.
    starts: Vec<usize>,
    ends: Vec<u32>,
}

impl Pairs {
    /// Counts the edges that go from `from[i]` to `to[i]`, all below `vertices`.
    pub(super) fn of(
        from: &[u32],
        to: &[u32],
        vertices: usize,
        control: &Control,
    ) -> Result<Self, SourceError> {
        let ends = || from.iter().copied().zip(to.iter().copied());
        let forth = || ends().filter(|(a, b)| a <= b);
        let back = || ends().filter(|(a, b)| a > b).map(|(a, b)| (b, a));
        check(control)?;
        let (mut forth, mut back) = rayon::join(|| Lists::of(vertices, forth), || Lists::of(vertices, back));
        check(control)?;
        let blocks: Vec<_> = forth.blocks().into_iter().zip(back.blocks()).collect();
        let counted: Result<Vec<Self>, SourceError> = blocks
            .into_par_iter()
            .enumerate()
            .map(|(block, (forth, back))| {
                check(control)?;
                Ok(Self::of_block((block * BLOCK) as u32, forth, back))
            })
            .collect();
        Ok(counted?.into_iter().fold(Self::default(), Self::plus))
    }

    /// Counts the lists of the vertices from `first` on.
    fn of_block(first: u32, forth: Vec<&mut [u32]>, back: Vec<&mut [u32]>) -> Self {
        let mut counts = Self::default();
        for ((v, forth), back) in (first..).zip(forth).zip(back) {
            forth.sort_unstable();
            back.sort_unstable();
            let mut there = forth.chunk_by(|a, b| a == b).peekable();
            let mut here = back.chunk_by(|a, b| a == b).peekable();
            loop {
                let order = match (there.peek(), here.peek()) {
                    (None, None) => break,
                    (Some(_), None) => Ordering::Less,
                    (None, Some(_)) => Ordering::Greater,
                    (Some(a), Some(b)) => a[0].cmp(&b[0]),
                };
                let forth = if order.is_le() { there.next() } else { None };
                let back = if order.is_ge() { here.next() } else { None };
                counts.add(v, forth.unwrap_or(&[]), back.unwrap_or(&[]));
            }
        }
        counts
    }

    /// Counts all edges between `v` and one other end.
    fn add(&mut self, v: u32, forth: &[u32], back: &[u32]) {
        self.distinct += u64::from(!forth.is_empty()) + u64::from(!back.is_empty());
        if forth.first() == Some(&v) {
            self.self_loops += forth.len() as u64;
        } else if !forth.is_empty() && !back.is_empty() {
            self.reciprocal += 2;
            self.mutual += (forth.len() + back.len()) as u64;
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            self_loops: self.self_loops + other.self_loops,
            distinct: self.distinct + other.distinct,
            reciprocal: self.reciprocal + other.reciprocal,
            mutual: self.mutual + other.mutual,
        }
    }
}

impl Lists {
    fn of<I: Iterator<Item = (u32, u32)>>(vertices: usize, edges: impl Fn() -> I) -> Self {
        // Each start stands one place behind where it belongs until its list is filled.
        let mut starts = vec![0_usize; vertices + 2];
        for (least, _) in edges() {
            starts[least as usize + 2] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut ends = vec![0; sum];
        for (least, greatest) in edges() {
            let next = &mut starts[least as usize + 1];
            ends[*next] = greatest;
            *next += 1;
        }
        starts.pop();
        Self { starts, ends }
    }

    /// The lists, by blocks of vertices.
    fn blocks(&mut self) -> Vec<Vec<&mut [u32]>> {
        let lengths: Vec<usize> = self.starts.windows(2).map(|it| it[1] - it[0]).collect();
        let mut rest = self.ends.as_mut_slice();
        let mut blocks = Vec::with_capacity(lengths.len().div_ceil(BLOCK));
        for block in lengths.chunks(BLOCK) {
            let mut lists = Vec::with_capacity(block.len());
            for length in block {
                let (list, others) = std::mem::take(&mut rest).split_at_mut(*length);
                lists.push(list);
                rest = others;
            }
            blocks.push(lists);
        }
        blocks
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The same counts by looking each pair up.
        #[test]
        fn pairs_are_counted_as_by_a_map(edges in prop::collection::vec((0_u32..9, 0_u32..9), 0..120)) {
            let mut times: BTreeMap<(u32, u32), u64> = BTreeMap::new();
            edges.iter().for_each(|it| *times.entry(*it).or_default() += 1);
            let both = |(a, b): &(u32, u32)| a != b && times.contains_key(&(*b, *a));
            let expected = Pairs {
                self_loops: edges.iter().filter(|(a, b)| a == b).count() as u64,
                distinct: times.len() as u64,
                reciprocal: times.keys().filter(|it| both(it)).count() as u64,
                mutual: edges.iter().filter(|it| both(it)).count() as u64,
            };
            let (from, to): (Vec<u32>, Vec<u32>) = edges.iter().copied().unzip();
            prop_assert_eq!(Pairs::of(&from, &to, 9, &Control::default()), Ok(expected));
        }
    }

    #[test]
    fn blocks_of_vertices_are_counted_together() {
        let n = 2 * BLOCK as u32 + 7;
        let from: Vec<u32> = (0..n).chain(0..n).collect();
        let to: Vec<u32> = (0..n)
            .map(|v| (v + 1) % n)
            .chain((0..n).map(|v| (v + n - 1) % n))
            .collect();
        let pairs = Pairs::of(&from, &to, n as usize, &Control::default()).unwrap();
        let all = 2 * u64::from(n);
        assert_eq!((pairs.distinct, pairs.reciprocal, pairs.mutual), (all, all, all));
    }
}
