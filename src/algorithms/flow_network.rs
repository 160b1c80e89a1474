//! The residual network of a graph, and the greatest flow through it by blocking flows.
//!
//! Each round marks how far every vertex is from a target along edges that are not full, and then pushes
//! along edges that lead one step nearer until no way is left (Dinic). Every push fills an edge, whatever
//! the capacities, so that it ends with real numbers too.
//!
//! Law: the edge that limits a push is set to its capacity exactly, so that every push fills one and the
//! rounds end. Flow is conserved up to rounding. One thread does it all, in vertex order, so that the flow is
//! one and the same every time.
//!
//! Cost: O(n² m) time at worst, a few rounds over the edges where ways are short; 24 bytes for each end of
//! a linked pair, 12 a vertex. Source: Dinic, Soviet Mathematics Doklady 11, 1970.

use super::blocks;
use super::control::{Control, KernelError};
use super::pace::Pace;
use super::simple_view::distinct_neighbours;
use crate::graph::{Adjacency, Csr};

/// Less than this part of a capacity, and of all that flows, is what rounding leaves.
const ROUNDING: f64 = 1e-14;

/// Distance of what leads to no target.
const FAR: u32 = u32::MAX;

/// A linked pair as seen from one of its ends.
#[derive(Clone, Copy)]
struct Arc {
    /// The other end.
    to: u32,
    /// The same pair as seen from the other end.
    back: u32,
    capacity: f64,
    /// What flows; below 0 when it flows from the other end.
    flow: f64,
}

impl Arc {
    /// What more can flow.
    fn left(&self) -> f64 {
        self.capacity - self.flow
    }
}

/// The network and the flow through it.
pub(super) struct FlowNetwork {
    offsets: Vec<usize>,
    arcs: Vec<Arc>,
    /// Edges to the nearest target.
    distance: Vec<u32>,
    /// The next arc to try, by vertex.
    next: Vec<usize>,
}

impl FlowNetwork {
    /// The network of `graph` without flow; weights are capacities, those of parallel edges together.
    pub(super) fn new(graph: &Csr, control: &Control) -> Result<Self, KernelError> {
        let n = graph.vertex_count();
        let mut offsets = vec![0];
        let mut arcs: Vec<Arc> = Vec::new();
        blocks::in_turn_paced(n, control, |v, pace| {
            pace.step(graph.degree(v))?;
            let mut at = graph.out.range(v);
            for (to, _) in distinct_neighbours(graph, v) {
                let capacity = taken(&graph.out, &mut at, to);
                arcs.push(Arc {
                    to,
                    back: 0,
                    capacity,
                    flow: 0.0,
                });
            }
            offsets.push(arcs.len());
            Ok(())
        })?;
        // Visits to a vertex come in the order of its list, because that is sorted too.
        let mut place = offsets.clone();
        let mut pace = Pace::new(control);
        for piece in pace.pieces(0..arcs.len()) {
            for arc in &mut arcs[piece?] {
                arc.back = place[arc.to as usize] as u32;
                place[arc.to as usize] += 1;
            }
        }
        Ok(Self {
            offsets,
            arcs,
            distance: vec![FAR; n as usize],
            next: vec![0; n as usize],
        })
    }

    fn vertex_count(&self) -> u32 {
        self.distance.len() as u32
    }

    fn range(&self, v: u32) -> std::ops::Range<usize> {
        self.offsets[v as usize]..self.offsets[v as usize + 1]
    }

    fn back(&self, at: usize) -> usize {
        self.arcs[at].back as usize
    }

    fn is_open(&self, at: usize) -> bool {
        self.arcs[at].left() > 0.0
    }

    /// Lets flow from `sources` to `targets` what can, and answers how much.
    pub(super) fn fill(
        &mut self,
        sources: &[u32],
        targets: &[u32],
        control: &Control,
    ) -> Result<f64, KernelError> {
        let mut value = 0.0;
        let mut pace = Pace::new(control);
        while self.measure(sources, targets, &mut pace)? {
            for v in 0..self.vertex_count() {
                self.next[v as usize] = self.offsets[v as usize];
            }
            for &source in sources {
                value += self.push_from(source, &mut pace)?;
            }
        }
        Ok(value)
    }

    /// Marks how far every vertex is from a target; says whether a source leads to one.
    fn measure(
        &mut self,
        sources: &[u32],
        targets: &[u32],
        pace: &mut Pace<'_>,
    ) -> Result<bool, KernelError> {
        pace.step(self.distance.len())?;
        self.distance.fill(FAR);
        targets.iter().for_each(|v| self.distance[*v as usize] = 0);
        let mut order = targets.to_vec();
        let mut at = 0;
        while let Some(&v) = order.get(at) {
            at += 1;
            // Each entry is read at both its ends.
            pace.step(2 * self.range(v).len())?;
            for arc in self.range(v) {
                let (u, back) = (self.arcs[arc].to, self.back(arc));
                if self.distance[u as usize] == FAR && self.is_open(back) {
                    self.distance[u as usize] = self.distance[v as usize] + 1;
                    order.push(u);
                }
            }
        }
        Ok(sources.iter().any(|v| self.distance[*v as usize] != FAR))
    }

    /// Pushes from `source` along arcs that lead one step nearer until none is left; answers how much.
    fn push_from(&mut self, source: u32, pace: &mut Pace<'_>) -> Result<f64, KernelError> {
        let mut pushed = 0.0;
        let mut path: Vec<usize> = Vec::new();
        let mut v = source;
        loop {
            if self.distance[v as usize] == 0 {
                pace.step(4 * path.len())?;
                pushed += self.push_along(&mut path);
                v = path.last().map_or(source, |at| self.arcs[*at].to);
                continue;
            }
            let nearer = self.nearer_arc(v, pace)?;
            if let Some(at) = nearer {
                path.push(at);
                v = self.arcs[at].to;
            } else if let Some(last) = path.pop() {
                // A dead end: what leads here must try its next arc.
                let back = self.back(last);
                v = self.arcs[back].to;
                self.next[v as usize] += 1;
            } else {
                return Ok(pushed);
            }
        }
    }

    /// The next open arc of `v` that leads one step nearer.
    fn nearer_arc(&mut self, v: u32, pace: &mut Pace<'_>) -> Result<Option<usize>, KernelError> {
        let end = self.offsets[v as usize + 1];
        let own = self.distance[v as usize];
        while self.next[v as usize] < end {
            pace.step(0)?;
            let at = self.next[v as usize];
            // An end that leads nowhere is at `FAR`, and none is one step beyond it.
            let there = self.distance[self.arcs[at].to as usize];
            if there != FAR && there + 1 == own && self.is_open(at) {
                return Ok(Some(at));
            }
            self.next[v as usize] += 1;
        }
        Ok(None)
    }

    /// Pushes what the path takes, and cuts it back to before the first arc that is full now.
    fn push_along(&mut self, path: &mut Vec<usize>) -> f64 {
        let left = |at: &usize| self.arcs[*at].left();
        let amount = path.iter().map(left).fold(f64::INFINITY, f64::min);
        for &at in path.iter() {
            let back = self.back(at);
            let arc = &mut self.arcs[at];
            // Adding the rest need not give the capacity.
            let is_full = arc.left() == amount;
            arc.flow = if is_full { arc.capacity } else { arc.flow + amount };
            self.arcs[back].flow = -self.arcs[at].flow;
        }
        let full = path.iter().position(|at| !self.is_open(*at));
        path.truncate(full.unwrap_or(0));
        amount
    }

    /// The vertices that more could still flow to from `sources`: the side of the sources of the minimum
    /// cut nearest to them.
    pub(super) fn source_side(&self, sources: &[u32], control: &Control) -> Result<Vec<bool>, KernelError> {
        let mut side = vec![false; self.distance.len()];
        sources.iter().for_each(|v| side[*v as usize] = true);
        let mut open = sources.to_vec();
        let mut pace = Pace::new(control);
        while let Some(v) = open.pop() {
            pace.step(self.range(v).len())?;
            for at in self.range(v) {
                let u = self.arcs[at].to;
                if !side[u as usize] && self.is_open(at) {
                    side[u as usize] = true;
                    open.push(u);
                }
            }
        }
        Ok(side)
    }

    /// Calls `visit` with (from, to, flow, capacity) of every edge along which some of `value`, the flow in
    /// all, flows, the edges of a pair in one direction together. What flows to and fro cancels out.
    /// Fails only when the run is cancelled.
    pub(super) fn each_edge(
        &self,
        value: f64,
        control: &Control,
        mut visit: impl FnMut(u32, u32, f64, f64),
    ) -> Result<(), KernelError> {
        let mut pace = Pace::new(control);
        for v in 0..self.vertex_count() {
            pace.step(self.range(v).len())?;
            for arc in &self.arcs[self.range(v)] {
                if arc.flow > ROUNDING * value.min(arc.capacity) {
                    visit(v, arc.to, arc.flow, arc.capacity);
                }
            }
        }
        Ok(())
    }
}

/// Sum of the weights of the entries from `at` on that lead to `to`, which are taken; smaller ones are
/// passed over.
fn taken(out: &Adjacency, at: &mut std::ops::Range<usize>, to: u32) -> f64 {
    let mut sum = 0.0;
    while at.start < at.end && out.targets[at.start] <= to {
        if out.targets[at.start] == to {
            sum += out.weight(at.start);
        }
        at.start += 1;
    }
    sum
}
