//! The weighted undirected graph that modularity is about, and how it shrinks by communities.
//!
//! With `A` the symmetric weight matrix, `k` its row sums and `W` the sum of all `k`, the modularity
//! of a partition at resolution `γ` is `Σ over communities (inner / W - γ (volume / W)²)`, where
//! `inner` sums `A` within the community and `volume` sums `k`.
//!
//! Convention: a directed graph is read as `A + Aᵀ`; parallel edges add up; a self-loop of weight
//! `w` stands as `2 w` on the diagonal, as if each of its ends were an edge end.

use super::blocks;
use super::control::{Control, KernelError};
use super::shortest_paths::refuse_negative;
use crate::graph::{Adjacency, Csr};

/// A symmetric weighted graph; its vertices are vertices of the graph or, further up, communities.
#[derive(Debug)]
pub(super) struct Layer {
    offsets: Vec<usize>,
    /// Neighbours other than the vertex itself, with weights; a neighbour may repeat.
    entries: Vec<(u32, f64)>,
    /// The diagonal of `A`.
    loops: Vec<f64>,
    /// Row sums of `A`.
    pub(super) strength: Vec<f64>,
    /// Sum of the row sums.
    pub(super) total: f64,
}

impl Layer {
    /// The graph itself as the lowest layer.
    pub(super) fn of(graph: &Csr, control: &Control) -> Result<Layer, KernelError> {
        refuse_negative(graph)?;
        let mut layer = Layer::empty();
        let ends = graph.entry_count() as usize * if graph.directed { 2 } else { 1 };
        layer.entries.reserve_exact(ends);
        blocks::in_turn(graph.vertex_count(), control, |v| {
            let mut diagonal = 0.0;
            let mut read = |lists: &Adjacency, loop_ends: f64| {
                for index in lists.range(v) {
                    match (lists.targets[index], lists.weight(index)) {
                        (u, weight) if u == v => diagonal += loop_ends * weight,
                        entry => layer.entries.push(entry),
                    }
                }
            };
            if graph.directed {
                // A self-loop stands in both lists, once for each of its ends.
                read(&graph.out, 1.0);
                read(&graph.into, 1.0);
            } else {
                read(&graph.out, 2.0);
            }
            layer.close_row(diagonal);
        })?;
        Ok(layer)
    }

    fn empty() -> Layer {
        Layer {
            offsets: vec![0],
            entries: Vec::new(),
            loops: Vec::new(),
            strength: Vec::new(),
            total: 0.0,
        }
    }

    /// Ends the row that the entries since the last call belong to.
    fn close_row(&mut self, diagonal: f64) {
        let begin = self.offsets[self.offsets.len() - 1];
        let strength = diagonal
            + self.entries[begin..]
                .iter()
                .map(|(_, weight)| weight)
                .sum::<f64>();
        self.offsets.push(self.entries.len());
        self.loops.push(diagonal);
        self.strength.push(strength);
        self.total += strength;
    }

    /// Number of vertices.
    pub(super) fn vertex_count(&self) -> u32 {
        self.loops.len() as u32
    }

    /// The neighbours of `v` other than itself, with weights.
    pub(super) fn around(&self, v: u32) -> &[(u32, f64)] {
        &self.entries[self.offsets[v as usize]..self.offsets[v as usize + 1]]
    }

    /// The layer whose vertices are the communities `0..count`; fails only when the run is cancelled.
    pub(super) fn merged(
        &self,
        community: &[u32],
        count: u32,
        control: &Control,
    ) -> Result<Layer, KernelError> {
        let members = members(community, count);
        let mut merged = Layer::empty();
        let mut sums = Sums::of(count);
        blocks::in_turn(count, control, |own| {
            let mut diagonal = 0.0;
            for v in members.of(own) {
                diagonal += self.loops[*v as usize];
                for (u, weight) in self.around(*v) {
                    match community[*u as usize] {
                        same if same == own => diagonal += weight,
                        other => sums.add(other, *weight),
                    }
                }
            }
            merged.entries.extend(sums.drain());
            merged.close_row(diagonal);
        })?;
        Ok(merged)
    }

    /// The modularity of `community`, labels below the number of vertices.
    pub(super) fn modularity(&self, community: &[u32], resolution: f64) -> f64 {
        if self.total == 0.0 {
            return 0.0;
        }
        let mut inner = 0.0;
        let mut volume = vec![0.0; community.len()];
        for (v, own) in (0_u32..).zip(community) {
            volume[*own as usize] += self.strength[v as usize];
            inner += self.loops[v as usize];
            let within = self
                .around(v)
                .iter()
                .filter(|(u, _)| community[*u as usize] == *own);
            inner += within.map(|(_, weight)| weight).sum::<f64>();
        }
        let expected: f64 = volume.iter().map(|it| (it / self.total).powi(2)).sum();
        inner / self.total - resolution * expected
    }
}

/// Sums by community, emptied in the order in which communities were first added to.
pub(super) struct Sums {
    amount: Vec<f64>,
    touched: Vec<u32>,
    is_touched: Vec<bool>,
}

impl Sums {
    /// No amounts yet, for communities below `count`.
    pub(super) fn of(count: u32) -> Sums {
        Sums {
            amount: vec![0.0; count as usize],
            touched: Vec::new(),
            is_touched: vec![false; count as usize],
        }
    }

    /// Adds `amount` to a community.
    pub(super) fn add(&mut self, community: u32, amount: f64) {
        let at = community as usize;
        if !self.is_touched[at] {
            self.is_touched[at] = true;
            self.touched.push(community);
        }
        self.amount[at] += amount;
    }

    /// The communities added to with their sums; afterwards there are none.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = (u32, f64)> + '_ {
        self.touched.drain(..).map(|community| {
            self.is_touched[community as usize] = false;
            (community, std::mem::take(&mut self.amount[community as usize]))
        })
    }
}

/// The vertices of each community, ascending.
struct Members {
    offsets: Vec<usize>,
    vertices: Vec<u32>,
}

impl Members {
    fn of(&self, community: u32) -> &[u32] {
        &self.vertices[self.offsets[community as usize]..self.offsets[community as usize + 1]]
    }
}

fn members(community: &[u32], count: u32) -> Members {
    let mut offsets = vec![0; count as usize + 1];
    community.iter().for_each(|own| offsets[*own as usize + 1] += 1);
    for at in 1..offsets.len() {
        offsets[at] += offsets[at - 1];
    }
    let mut next = offsets.clone();
    let mut vertices = vec![0; community.len()];
    for (v, own) in (0_u32..).zip(community) {
        vertices[next[*own as usize]] = v;
        next[*own as usize] += 1;
    }
    Members { offsets, vertices }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::random_graphs::any_graph;
    use super::*;

    /// Modularity by its definition, a sum over all pairs of vertices.
    fn by_pairs(graph: &Csr, community: &[u32], resolution: f64) -> f64 {
        let n = graph.vertex_count() as usize;
        let mut matrix = vec![vec![0.0; n]; n];
        for u in 0..graph.vertex_count() {
            for index in graph.out.range(u) {
                let v = graph.out.targets[index];
                matrix[u as usize][v as usize] += graph.out.weight(index);
                if graph.directed || u == v {
                    matrix[v as usize][u as usize] += graph.out.weight(index);
                }
            }
        }
        let strength: Vec<f64> = matrix.iter().map(|row| row.iter().sum()).collect();
        let total: f64 = strength.iter().sum();
        let pairs = (0..n).flat_map(|u| (0..n).map(move |v| (u, v)));
        let within = pairs.filter(|(u, v)| community[*u] == community[*v]);
        let excess = |(u, v): (usize, usize)| matrix[u][v] - resolution * strength[u] * strength[v] / total;
        if total == 0.0 {
            0.0
        } else {
            within.map(excess).sum::<f64>() / total
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn merging_keeps_modularity_and_pairs_confirm_it(graph in any_graph(12), resolution in 0.2..3.0_f64) {
            let control = Control::default();
            let layer = Layer::of(&graph, &control).unwrap();
            let community: Vec<u32> = (0..graph.vertex_count()).map(|v| v % 3).collect();
            let wanted = by_pairs(&graph, &community, resolution);
            let padded = if community.len() < 3 { 3 } else { community.len() as u32 };
            let merged = layer.merged(&community, padded, &control).unwrap();
            let apart: Vec<u32> = (0..padded).collect();
            prop_assert!((layer.modularity(&community, resolution) - wanted).abs() < 1e-12);
            prop_assert!((merged.modularity(&apart, resolution) - wanted).abs() < 1e-12);
        }
    }
}
