//! What a kernel that streams lists of neighbours needs of them, whatever form they have in memory.
//!
//! Kernels are generic over it, so that the plain form costs what it would without. Both forms of a graph
//! give the same neighbours in the same order, in the same portions, so that sums have the same bits.

use std::ops::Range;

use super::csr::Adjacency;

/// Vertices in a portion: few enough that cancelling takes effect within milliseconds, many enough
/// that handing a portion to a thread costs nothing beside it.
pub const PORTION: usize = 2048;

/// Entries in a portion: a few tenths of a millisecond. Where vertices are numbered by degree, the first
/// [`PORTION`] alone can hold a fifth of all.
const ENTRIES: usize = 1 << 16;

/// One direction of a graph: for each vertex its neighbours.
pub trait Neighbourhoods: Send + Sync {
    /// Number of vertices.
    fn vertex_count(&self) -> u32;

    /// Entries of all lists together.
    fn entry_count(&self) -> u64;

    /// Number of entries in `v`'s list.
    fn degree(&self, v: u32) -> usize;

    /// The neighbours of `v`, ascending; parallel edges repeat a neighbour.
    fn list(&self, v: u32) -> impl Iterator<Item = u32> + Clone;

    /// Weights of all entries, list after list; `None` means every edge weighs 1.
    fn weights(&self) -> Option<&[f64]>;

    /// Weights of the entries of `v`, in the order of [`Neighbourhoods::list`].
    fn weights_of(&self, v: u32) -> Option<&[f64]>;

    /// The vertices in consecutive ranges of at most [`PORTION`] vertices and, where a list is not longer
    /// alone, 65,536 entries; they depend on the degrees only.
    fn portions(&self) -> Vec<Range<u32>>;

    /// The same for work along the lists of both directions: no more of either than in its own portions.
    fn portions_with(&self, other: &Self) -> Vec<Range<u32>> {
        let both = [self.portions(), other.portions()].concat();
        let mut ends: Vec<u32> = both.into_iter().map(|it| it.end).collect();
        ends.sort_unstable();
        ends.dedup();
        let mut begin = 0;
        let range = |end| std::mem::replace(&mut begin, end)..end;
        ends.into_iter().map(range).collect()
    }

    /// Bytes held.
    fn bytes(&self) -> u64;
}

impl Neighbourhoods for Adjacency {
    #[inline]
    fn vertex_count(&self) -> u32 {
        // The builder refuses more than u32::MAX - 1 vertices.
        self.offsets.len().saturating_sub(1) as u32
    }

    #[inline]
    fn entry_count(&self) -> u64 {
        self.targets.len() as u64
    }

    #[inline]
    fn degree(&self, v: u32) -> usize {
        Adjacency::degree(self, v)
    }

    #[inline]
    fn list(&self, v: u32) -> impl Iterator<Item = u32> + Clone {
        self.neighbours(v).iter().copied()
    }

    #[inline]
    fn weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }

    #[inline]
    fn weights_of(&self, v: u32) -> Option<&[f64]> {
        self.weights.as_ref().map(|weights| &weights[self.bounds(v)])
    }

    fn portions(&self) -> Vec<Range<u32>> {
        let n = self.offsets.len().saturating_sub(1);
        portions(n, |v| self.offsets[v] as usize)
    }

    fn portions_with(&self, other: &Self) -> Vec<Range<u32>> {
        let n = self.offsets.len().saturating_sub(1);
        portions(n, |v| self.offsets[v] as usize + other.offsets[v] as usize)
    }

    fn bytes(&self) -> u64 {
        let each = |bytes: u64, is_there: bool| bytes * u64::from(is_there);
        let per_entry = 4
            + each(8, self.weights.is_some())
            + each(8, self.times.is_some())
            + each(4, self.rows.is_some());
        self.offsets.len() as u64 * 4 + self.targets.len() as u64 * per_entry
    }
}

/// `n` vertices in consecutive ranges of at most [`PORTION`] vertices and, where those of a vertex are not
/// more alone, 65,536 entries, of which there are so many before each vertex, and before `n`.
fn portions(n: usize, entries_before: impl Fn(usize) -> usize) -> Vec<Range<u32>> {
    let mut ranges = Vec::with_capacity(n / PORTION + 1);
    let mut begin = 0;
    while begin < n {
        let most = entries_before(begin) + ENTRIES;
        let (mut end, mut beyond) = (begin + 1, n.min(begin + PORTION) + 1);
        while end + 1 < beyond {
            let middle = end + (beyond - end) / 2;
            if entries_before(middle) <= most {
                end = middle;
            } else {
                beyond = middle;
            }
        }
        ranges.push(begin as u32..end as u32);
        begin = end;
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portions_hold_few_vertices_and_few_entries_and_each_vertex_once() {
        // A hub alone has more entries than a portion may hold, then come middling and empty lists.
        let lengths = [vec![70_000_u32], vec![20_000; 5], vec![0; 5000], vec![3; 10]].concat();
        let mut offsets = vec![0];
        for length in &lengths {
            offsets.push(offsets[offsets.len() - 1] + length);
        }
        let lists = Adjacency {
            offsets,
            ..Adjacency::default()
        };
        let ranges = lists.portions();
        assert_eq!(ranges[..3], [0..1, 1..4, 4..2052]);
        assert!(ranges.windows(2).all(|pair| pair[0].end == pair[1].start));
        assert_eq!(ranges.last().map(|it| it.end), Some(lengths.len() as u32));
        assert!(Adjacency::default().portions().is_empty());
    }
}
