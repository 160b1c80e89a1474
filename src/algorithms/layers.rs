//! The weighted undirected graph that modularity is about, and how it shrinks by communities.
//!
//! Convention: `A` is the symmetric matrix of weights. A directed graph is read as `A + Aᵀ`; parallel
//! edges add up; a self-loop of weight `w` stands as `2 w` on the diagonal, as if each of its ends were
//! an edge end.
//!
//! Law: sums run in the order of the lists on one thread, or a vertex at a time, so that they have the
//! same bits at any thread count.
//!
//! Cost: the lowest layer reads the graph's own lists and adds 16 bytes a vertex. A merged layer costs
//! one visit of each edge end below it and 12 bytes for each pair of communities that touch.

use std::ops::Range;

use super::blocks;
use super::community_sums::Sums;
use super::control::{Control, KernelError};
use super::pace::{self, Pace};
use super::shortest_paths::refuse_negative;
use crate::graph::{Adjacency, Csr};

/// A symmetric weighted graph; its vertices are vertices of the graph or, further up, communities.
#[derive(Debug)]
pub(super) struct Layer<'a> {
    /// Neighbours with weights; a neighbour, or the vertex itself, may occur more than once.
    lists: Lists<'a>,
    /// The lists of the other direction, where the graph has two.
    others: Option<&'a Adjacency>,
    /// The diagonal of `A`.
    pub(super) loops: Vec<f64>,
    /// Row sums of `A`.
    pub(super) strength: Vec<f64>,
    /// Sum of the row sums.
    pub(super) total: f64,
}

impl<'a> Layer<'a> {
    /// The graph itself as the lowest layer.
    pub(super) fn of(graph: &'a Csr, control: &Control) -> Result<Layer<'a>, KernelError> {
        refuse_negative(graph)?;
        let n = graph.vertex_count() as usize;
        let mut layer = Layer {
            lists: Lists::Graph(&graph.out),
            others: graph.directed.then_some(&*graph.into),
            loops: Vec::new(),
            strength: Vec::new(),
            total: 0.0,
        };
        // A self-loop stands in both lists of a directed graph, once for each of its ends.
        let ends = if graph.directed { 1.0 } else { 2.0 };
        let (mut loops, mut strength) = (vec![0.0; n], vec![0.0; n]);
        control.expect(2 * n as u64);
        blocks::fill_around(graph, &mut loops, control, |v| layer.diagonal(v, ends))?;
        blocks::fill_around(graph, &mut strength, control, |v| {
            let mut sum = 0.0;
            layer.around(v, |_, weight| sum += weight);
            loops[v as usize] + sum
        })?;
        layer.total = strength.iter().sum();
        (layer.loops, layer.strength) = (loops, strength);
        Ok(layer)
    }

    /// The weights of the self-loops of `v`, each `ends` times.
    fn diagonal(&self, v: u32, ends: f64) -> f64 {
        let mut sum = 0.0;
        for lists in self.directions() {
            for index in lists.range_to(v, v) {
                sum += ends * lists.weight(index);
            }
        }
        sum
    }

    fn directions(&self) -> impl Iterator<Item = &Adjacency> {
        std::iter::once(self.lists.get()).chain(self.others)
    }

    /// Number of vertices.
    pub(super) fn vertex_count(&self) -> u32 {
        // The builder refuses more than u32::MAX - 1 vertices.
        (self.lists.get().offsets.len() - 1) as u32
    }

    /// Entries of the lists.
    pub(super) fn entry_count(&self) -> usize {
        self.directions().map(|lists| lists.targets.len()).sum()
    }

    /// Entries in the lists of `v`.
    pub(super) fn degree(&self, v: u32) -> usize {
        self.directions().map(|lists| lists.degree(v)).sum()
    }

    /// The vertices before `v` and the entries of their lists.
    fn cost_before(&self, v: u32) -> usize {
        let entries = self.directions().map(|lists| lists.offsets[v as usize] as usize);
        v as usize + entries.sum::<usize>()
    }

    /// Calls `visit` with each neighbour of `v` other than itself, and the weight; neighbours may repeat.
    #[inline]
    pub(super) fn around(&self, v: u32, mut visit: impl FnMut(u32, f64)) {
        for lists in self.directions() {
            let range = lists.range(v);
            match &lists.weights {
                None => lists.targets[range]
                    .iter()
                    .filter(|u| **u != v)
                    .for_each(|u| visit(*u, 1.0)),
                Some(weights) => {
                    for (u, weight) in lists.targets[range.clone()].iter().zip(&weights[range]) {
                        if *u != v {
                            visit(*u, *weight);
                        }
                    }
                }
            }
        }
    }

    /// Whether `is_it` holds for a neighbour of `v`; the first for which it does.
    pub(super) fn find_around(&self, v: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mut all = self.directions().flat_map(|lists| lists.neighbours(v));
        all.find(|u| **u != v && is_it(**u)).copied()
    }

    /// The vertices in consecutive ranges that hold about as many entries each; the ranges depend on
    /// the layer only.
    pub(super) fn even_ranges(&self) -> Vec<Range<u32>> {
        let (n, mut begin) = (self.vertex_count(), 0);
        let mut ranges = Vec::new();
        while begin < n {
            let enough = self.cost_before(begin) + pace::ENTRIES;
            let (mut low, mut high) = (begin + 1, n);
            while low < high {
                let middle = low + (high - low) / 2;
                if self.cost_before(middle) < enough {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            ranges.push(begin..low);
            begin = low;
        }
        ranges
    }

    /// The layer whose vertices are the communities `0..count`; fails only when the run is cancelled.
    pub(super) fn merged(
        &self,
        community: &[u32],
        count: u32,
        control: &Control,
    ) -> Result<Layer<'static>, KernelError> {
        let members = Members::of(community, count, control)?;
        let mut sums = Sums::of((0..count).map(|_| ()));
        let mut pace = Pace::new(control);
        let (mut loops, mut strength) = (vec![0.0; count as usize], vec![0.0; count as usize]);
        let mut merged = Merged::new(control);
        let Adjacency {
            offsets,
            targets,
            weights,
            ..
        } = &mut merged.lists;
        let weights = weights.get_or_insert_default();
        offsets.push(0);
        control.expect(count.into());
        for own in 0..count {
            let mut gathered = sums.gather();
            // Itself first, for the diagonal.
            gathered.add(own, 0.0);
            for v in members.list(own) {
                pace.step(self.degree(*v))?;
                gathered.add(own, self.loops[*v as usize]);
                self.around(*v, |u, weight| gathered.add(community[u as usize], weight));
            }
            let begin = targets.len();
            let inner = gathered.drain_into(targets, weights);
            loops[own as usize] = inner;
            strength[own as usize] = inner + weights[begin..].iter().sum::<f64>();
            // A merged layer has no more entries than the one below it, whose count fits.
            offsets.push(targets.len() as u32);
        }
        control.advance(count.into());
        Ok(Layer {
            lists: Lists::Merged(merged),
            others: None,
            total: strength.iter().sum(),
            loops,
            strength,
        })
    }
}

/// Whose lists a layer reads.
#[derive(Debug)]
enum Lists<'a> {
    Graph(&'a Adjacency),
    Merged(Merged),
}

impl Lists<'_> {
    #[inline]
    fn get(&self) -> &Adjacency {
        match self {
            Lists::Graph(lists) => lists,
            Lists::Merged(merged) => &merged.lists,
        }
    }
}

/// Lists of a merged layer. Giving back a gigabyte takes longer than a cancelled run may: then that is
/// left to whichever thread is free next.
#[derive(Debug)]
struct Merged {
    lists: Adjacency,
    control: Control,
}

impl Merged {
    fn new(control: &Control) -> Merged {
        Merged {
            lists: Adjacency::default(),
            control: control.clone(),
        }
    }
}

impl Drop for Merged {
    fn drop(&mut self) {
        if self.control.is_cancelled() {
            let lists = std::mem::take(&mut self.lists);
            rayon::spawn(move || drop(lists));
        }
    }
}

/// The vertices of each community, ascending.
struct Members {
    offsets: Vec<u32>,
    vertices: Vec<u32>,
}

impl Members {
    fn of(community: &[u32], count: u32, control: &Control) -> Result<Members, KernelError> {
        let mut pace = Pace::new(control);
        let mut offsets = vec![0; count as usize + 1];
        for own in community {
            pace.step(0)?;
            offsets[*own as usize + 1] += 1;
        }
        for at in 1..offsets.len() {
            offsets[at] += offsets[at - 1];
        }
        let mut next = offsets.clone();
        let mut vertices = vec![0; community.len()];
        for (v, own) in (0_u32..).zip(community) {
            pace.step(0)?;
            vertices[next[*own as usize] as usize] = v;
            next[*own as usize] += 1;
        }
        Ok(Members { offsets, vertices })
    }

    fn list(&self, community: u32) -> &[u32] {
        &self.vertices
            [self.offsets[community as usize] as usize..self.offsets[community as usize + 1] as usize]
    }
}
