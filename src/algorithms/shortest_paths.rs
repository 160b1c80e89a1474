//! Distances from one or several sources: breadth-first by hops, Dijkstra by weights.
//!
//! One workspace serves many searches: a search clears what the search before it reached, so that n
//! searches of small reach do not cost n² steps.
//!
//! Cost of a search: O(r + e) by hops and O((r + e) log r) by weights, where r vertices are reached
//! and e entries leave them. Memory: 12 bytes a vertex, and 16 an open heap entry.
//! Sources: Moore 1959; Dijkstra 1959, with lazy deletion.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::control::KernelError;
use super::outcome::Quantity;
use super::pace::Pace;
use crate::graph::{Adjacency, Csr, Neighbourhoods};

/// Distances of one search, and the workspace for the next.
pub(super) struct Distances {
    /// Distance from the nearest source by vertex; infinite where there is no path.
    pub(super) length: Vec<f64>,
    /// The vertices reached, sources included, in the order in which they were settled: distances
    /// never fall along it.
    pub(super) order: Vec<u32>,
    heap: BinaryHeap<Open>,
}

/// A heap entry; the greatest is the nearest, and among equals the smallest vertex.
#[derive(PartialEq)]
struct Open {
    length: f64,
    vertex: u32,
}

impl Eq for Open {}

impl Ord for Open {
    fn cmp(&self, other: &Self) -> Ordering {
        let nearer = other.length.total_cmp(&self.length);
        nearer.then(other.vertex.cmp(&self.vertex))
    }
}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Distances {
    /// A workspace for graphs of `vertex_count` vertices.
    pub(super) fn new(vertex_count: u32) -> Self {
        Self {
            length: vec![f64::INFINITY; vertex_count as usize],
            order: Vec::new(),
            heap: BinaryHeap::new(),
        }
    }

    /// Distances from the nearest of `sources` along `lists`: sums of weights, which must not be
    /// negative, or hops.
    pub(super) fn search(
        &mut self,
        lists: &Adjacency,
        sources: &[u32],
        weighted: bool,
        pace: &mut Pace<'_>,
    ) -> Result<(), KernelError> {
        for v in self.order.drain(..) {
            self.length[v as usize] = f64::INFINITY;
        }
        match &lists.weights {
            Some(weights) if weighted => self.by_weight(lists, weights, sources, pace),
            _ => self.by_hops(lists, sources, pace),
        }
    }

    fn by_hops(
        &mut self,
        lists: &Adjacency,
        sources: &[u32],
        pace: &mut Pace<'_>,
    ) -> Result<(), KernelError> {
        for &source in sources {
            self.reach(source, 0.0);
        }
        let mut at = 0;
        while let Some(&v) = self.order.get(at) {
            pace.step(lists.degree(v))?;
            at += 1;
            let hops = self.length[v as usize] + 1.0;
            for &u in lists.neighbours(v) {
                self.reach(u, hops);
            }
        }
        Ok(())
    }

    /// Settles `vertex` at this many hops, unless it is already.
    #[inline]
    fn reach(&mut self, vertex: u32, hops: f64) {
        if self.length[vertex as usize] == f64::INFINITY {
            self.length[vertex as usize] = hops;
            self.order.push(vertex);
        }
    }

    fn by_weight(
        &mut self,
        lists: &Adjacency,
        weights: &[f64],
        sources: &[u32],
        pace: &mut Pace<'_>,
    ) -> Result<(), KernelError> {
        self.heap.clear();
        for &vertex in sources {
            self.open(vertex, 0.0);
        }
        while let Some(Open { length, vertex }) = self.heap.pop() {
            if length > self.length[vertex as usize] {
                continue; // a shorter way was found after this entry was made
            }
            self.order.push(vertex);
            for piece in pace.pieces(lists.range(vertex)) {
                for index in piece? {
                    self.open(lists.targets[index], length + weights[index]);
                }
            }
        }
        Ok(())
    }

    /// Notes a way of this length to `vertex` if it is shorter than those known.
    fn open(&mut self, vertex: u32, length: f64) {
        if length < self.length[vertex as usize] {
            self.length[vertex as usize] = length;
            self.heap.push(Open { length, vertex });
        }
    }
}

/// What lengths of paths measure: weights where the graph has them and they count, else hops.
pub(super) fn length_quantity(graph: &Csr, weighted: bool) -> Quantity {
    if weighted && graph.is_weighted() {
        Quantity::Weight
    } else {
        Quantity::Hops
    }
}

/// Refuses a graph with a negative weight; names the first edge that has one.
pub(super) fn refuse_negative<L: Neighbourhoods>(graph: &Csr<L>) -> Result<(), KernelError> {
    match graph.first_weight(|weight| weight < 0.0) {
        Some((from, to, weight)) => Err(KernelError::NegativeWeight { from, to, weight }),
        None => Ok(()),
    }
}
