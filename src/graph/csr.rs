//! Compressed sparse rows, both directions.
//!
//! Vertices are `0..n` as `u32`. Each list of neighbours is sorted by (neighbour, edge row), so
//! that iteration order never depends on the order of files or threads.

use std::sync::Arc;

use rayon::prelude::*;

use super::neighbourhoods::Neighbourhoods;

/// Marks "no vertex" wherever a `u32` vertex is expected (unreached, no parent, root).
pub const NO_VERTEX: u32 = u32::MAX;

/// Weights tested together.
const TESTED: usize = 1 << 13;

/// One direction of a graph: for each vertex its neighbours.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Adjacency {
    /// `offsets[v]..offsets[v + 1]` is the range of `v` in the arrays below; length `n + 1`. The builder
    /// refuses more entries than a `u32` counts.
    pub offsets: Vec<u32>,
    /// Neighbours, sorted within each vertex.
    pub targets: Vec<u32>,
    /// Weights parallel to `targets`; `None` means every edge weighs 1.
    pub weights: Option<Vec<f64>>,
    /// Times in milliseconds since 1970-01-01 UTC parallel to `targets`, where the projection has them.
    pub times: Option<Vec<i64>>,
    /// Row of the edge in the projection's edge list, parallel to `targets`; merged parallel edges keep
    /// the smallest row. Kept where there are times, whose walks tell parallel edges apart.
    pub rows: Option<Vec<u32>>,
}

/// A graph in memory. An undirected graph holds each edge in both endpoints' `out` lists (a
/// self-loop once) and shares `out` as `into`. `L` is the form of the lists.
#[derive(Clone, Debug, PartialEq)]
pub struct Csr<L = Adjacency> {
    /// Whether edge direction means something to the kernels.
    pub directed: bool,
    /// Out-neighbours; all neighbours when undirected.
    pub out: Arc<L>,
    /// In-neighbours; the same allocation as `out` when undirected.
    pub into: Arc<L>,
    /// Edges of the projection after its rules; an undirected edge counts once.
    pub edge_count: u64,
    /// The projection's number of each vertex, where the graph numbers them in another order.
    pub order: Option<Arc<Vec<u32>>>,
}

impl Adjacency {
    /// The index range of `v`'s neighbours in the arrays.
    #[inline]
    pub fn range(&self, v: u32) -> std::ops::Range<usize> {
        let range = self.bounds(v);
        #[cfg(test)]
        visits::add(1 + range.len());
        range
    }

    #[inline]
    pub(super) fn bounds(&self, v: u32) -> std::ops::Range<usize> {
        self.offsets[v as usize] as usize..self.offsets[v as usize + 1] as usize
    }

    /// The neighbours of `v`, sorted; parallel edges repeat a neighbour.
    #[inline]
    pub fn neighbours(&self, v: u32) -> &[u32] {
        &self.targets[self.range(v)]
    }

    /// Number of entries in `v`'s list.
    #[inline]
    pub fn degree(&self, v: u32) -> usize {
        self.bounds(v).len()
    }

    /// The index range of the edges from `v` to `u`, found by bisection.
    pub fn range_to(&self, v: u32, u: u32) -> std::ops::Range<usize> {
        let own = self.bounds(v);
        let list = &self.targets[own.clone()];
        let begin = list.partition_point(|it| *it < u);
        let length = list[begin..].partition_point(|it| *it == u);
        own.start + begin..own.start + begin + length
    }

    /// Weight of the entry at `index` of the arrays; 1 when unweighted.
    #[inline]
    pub fn weight(&self, index: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[index])
    }

    /// Weight of the lightest edge from `v` to `u`, found by bisection; infinite where there is none.
    pub fn lightest_to(&self, v: u32, u: u32) -> f64 {
        let edges = self.range_to(v, u);
        edges.map(|at| self.weight(at)).fold(f64::INFINITY, f64::min)
    }
}

impl Csr {
    /// The lists that hold the other end of every edge at `v`: those out and in, or all and none when
    /// undirected.
    #[inline]
    pub fn around(&self, v: u32) -> [&[u32]; 2] {
        let into: &[u32] = if self.directed {
            self.into.neighbours(v)
        } else {
            &[]
        };
        [self.out.neighbours(v), into]
    }
}

impl<L: Neighbourhoods> Csr<L> {
    /// Number of vertices.
    #[inline]
    pub fn vertex_count(&self) -> u32 {
        self.out.vertex_count()
    }

    /// Entries of `out`: the edges once when directed, twice (self-loops once) when undirected.
    #[inline]
    pub fn entry_count(&self) -> u64 {
        self.out.entry_count()
    }

    /// Number of entries in the lists of [`Csr::around`].
    #[inline]
    pub fn degree(&self, v: u32) -> usize {
        let into = if self.directed { self.into.degree(v) } else { 0 };
        self.out.degree(v) + into
    }

    /// Whether edges carry weights.
    pub fn is_weighted(&self) -> bool {
        self.out.weights().is_some()
    }

    /// The ends and the weight of the first edge, in vertex order, whose weight passes `test`.
    pub fn first_weight(&self, test: impl Fn(f64) -> bool + Sync) -> Option<(u32, u32, f64)> {
        let weights = self.out.weights()?;
        // All of a block is tested, without a branch for each weight, so that tens of millions take some
        // hundredths of a second and a run need not look whether it was cancelled.
        let fails = |block: &[f64]| block.iter().fold(false, |any, weight| any | test(*weight));
        let block = weights.par_chunks(TESTED).position_first(fails)?;
        let begin = block * TESTED;
        let at = begin + weights[begin..].iter().position(|weight| test(*weight))?;
        let mut begin = 0;
        for from in 0..self.vertex_count() {
            let end = begin + self.out.degree(from);
            if at < end {
                let to = self.out.list(from).nth(at - begin)?;
                return Some((from, to, weights[at]));
            }
            begin = end;
        }
        None
    }

    /// Bytes held by the graph.
    pub fn bytes(&self) -> u64 {
        let into = if self.directed { self.into.bytes() } else { 0 };
        let order = self.order.as_ref().map_or(0, |it| 4 * it.len() as u64);
        self.out.bytes() + into + order
    }

    /// The projection's number of `v`.
    #[inline]
    pub fn number(&self, v: u32) -> u32 {
        self.order.as_ref().map_or(v, |order| order[v as usize])
    }

    /// The vertex of each of the projection's `numbers`. Cost: O(n) where the graph has an order of its
    /// own.
    pub fn vertices(&self, numbers: &[u32]) -> Vec<u32> {
        let Some(order) = &self.order else {
            return numbers.to_vec();
        };
        let mut places: Vec<(u32, usize)> = numbers.iter().copied().zip(0..).collect();
        places.sort_unstable();
        let mut found = vec![NO_VERTEX; numbers.len()];
        for (v, number) in (0_u32..).zip(order.iter()) {
            let begin = places.partition_point(|(it, _)| it < number);
            for (_, place) in places[begin..].iter().take_while(|(it, _)| it == number) {
                found[*place] = v;
            }
        }
        found
    }
}

/// Counts the entries of the lists that a thread asks for, so that a test can tell how far apart the
/// looks for cancellation of a kernel are.
#[cfg(test)]
pub(crate) mod visits {
    use std::cell::Cell;

    thread_local! {
        static VISITED: Cell<u64> = const { Cell::new(0) };
    }

    pub(super) fn add(entries: usize) {
        VISITED.set(VISITED.get() + entries as u64);
    }

    /// The entries since the last call on this thread.
    pub(crate) fn take() -> u64 {
        VISITED.replace(0)
    }
}
