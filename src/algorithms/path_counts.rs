//! How much of the shortest paths from one source runs through each vertex.
//!
//! Counts are gathered in two passes over the reached part: forwards the number of shortest paths to
//! each vertex, backwards the share of pairs (source, other) whose paths pass it. By hops neither pass
//! branches on the data nor looks up levels: what belongs to another level reads as 0 or is not read.
//!
//! Counts multiply along the levels and outgrow a number after some hundred of them. Only their
//! ratios between neighbouring levels matter, so that by hops a level with large counts hands on less
//! of them by a power of two, which changes no digit. Where that would lose its smallest counts, and by
//! weights where a count is no longer finite, the answer is refused.
//!
//! Cost of a source that reaches r vertices with e entries: O(r + e) by hops, O((r + e) log r) by
//! weights. Memory: 28 bytes a vertex by hops; 32, and 16 an open heap entry, by weights.
//! Source: Brandes 2001.

use std::ops::Range;

use super::control::KernelError;
use super::pace::Pace;
use super::shortest_paths::Distances;
use crate::graph::{Adjacency, Csr};

/// Lengths that differ by less than this part are equal.
const TIE: f64 = 1e-10;

/// 2^900: a level that has a greater count hands on less by [`SHRINK`]. The next level's counts, sums
/// of fewer than 2^32 of these, stay finite.
const LARGE: f64 = f64::from_bits((1023 + 900) << 52);

/// 2^-200.
const SHRINK: f64 = f64::from_bits((1023 - 200) << 52);

/// 2^-900: below, the share of a pair divided by a count could outgrow a number in its turn.
const SMALL: f64 = f64::from_bits((1023 - 900) << 52);

/// The shortest paths from one source after the other.
pub(super) enum Paths<'a> {
    Hops(HopPaths<'a>),
    Weights(WeightPaths<'a>),
}

impl<'a> Paths<'a> {
    /// A workspace for paths along the edges of `graph`; `weighted` counts where they have weights.
    pub(super) fn new(graph: &'a Csr, weighted: bool) -> Self {
        if weighted && graph.is_weighted() {
            Self::Weights(WeightPaths::new(graph))
        } else {
            Self::Hops(HopPaths::new(graph))
        }
    }

    /// Follows the paths from `source` and hands each vertex that it reaches, the source aside, with
    /// the share of pairs (source, other) that run through it to `add`.
    pub(super) fn follow(
        &mut self,
        source: u32,
        pace: &mut Pace<'_>,
        add: impl FnMut(u32, f64),
    ) -> Result<(), KernelError> {
        match self {
            Self::Hops(paths) => paths.follow(source, pace, add),
            Self::Weights(paths) => paths.follow(source, pace, add),
        }
    }
}

/// Paths whose length is their number of edges.
pub(super) struct HopPaths<'a> {
    lists: &'a Adjacency,
    /// Number of shortest paths by vertex, right for the levels that are complete. While a level is
    /// left, entries into earlier levels add to those too, which nothing reads again; 0 is unmet.
    arriving: Vec<f64>,
    /// Number of shortest paths of the vertices in complete levels.
    count: Vec<f64>,
    /// (1 + pairs through it) / paths to it, for the level after the one at hand; 0 elsewhere.
    share: Vec<f64>,
    /// The vertices that were met, by level, and one place more.
    order: Vec<u32>,
    /// Where each level begins in `order`, and where the last one ends.
    levels: Vec<usize>,
    /// What each level multiplies its counts by as it hands them on: 1 or a power of 2.
    factors: Vec<f64>,
}

impl<'a> HopPaths<'a> {
    fn new(graph: &'a Csr) -> Self {
        let n = graph.vertex_count() as usize;
        Self {
            lists: &graph.out,
            arriving: vec![0.0; n],
            count: vec![0.0; n],
            share: vec![0.0; n],
            order: vec![0; n + 1],
            levels: vec![0],
            factors: Vec::new(),
        }
    }

    fn follow(
        &mut self,
        source: u32,
        pace: &mut Pace<'_>,
        add: impl FnMut(u32, f64),
    ) -> Result<(), KernelError> {
        self.count(source, pace)?;
        self.share_out(pace, add)
    }

    /// Counts the shortest paths from `source` to every vertex, level by level.
    fn count(&mut self, source: u32, pace: &mut Pace<'_>) -> Result<(), KernelError> {
        let met_before = self.levels.last().copied().unwrap_or(0);
        for &v in &self.order[..met_before] {
            self.arriving[v as usize] = 0.0;
        }
        self.order[0] = source;
        self.arriving[source as usize] = 1.0;
        self.levels.clear();
        self.factors.clear();
        let (mut first, mut met) = (0, 1);
        while first < met {
            self.levels.push(first);
            let level = first..met;
            let mut greatest = 0.0_f64;
            for &v in &self.order[level.clone()] {
                let paths = self.arriving[v as usize];
                self.count[v as usize] = paths;
                greatest = greatest.max(paths);
            }
            let factor = if greatest > LARGE { SHRINK } else { 1.0 };
            if factor < 1.0 && self.least(level.clone()) * factor < SMALL {
                return Err(too_many_paths());
            }
            self.factors.push(factor);
            first = met;
            if met < self.arriving.len() {
                met = self.leave(level, factor, met, pace)?;
            }
        }
        self.levels.push(met);
        Ok(())
    }

    /// The least number of paths to a vertex of a level.
    fn least(&self, level: Range<usize>) -> f64 {
        let counts = self.order[level].iter().map(|v| self.count[*v as usize]);
        counts.fold(f64::INFINITY, f64::min)
    }

    /// Follows the entries out of a level, which hands on `factor` times its counts; `met` vertices were
    /// met before, the answer after it.
    fn leave(
        &mut self,
        level: Range<usize>,
        factor: f64,
        mut met: usize,
        pace: &mut Pace<'_>,
    ) -> Result<usize, KernelError> {
        for place in level {
            let v = self.order[place];
            pace.step(self.lists.degree(v))?;
            let paths = self.count[v as usize] * factor;
            for &u in self.lists.neighbours(v) {
                let arriving = &mut self.arriving[u as usize];
                // Written in any case, and kept only where the vertex is new.
                self.order[met] = u;
                met += usize::from(arriving.to_bits() == 0);
                *arriving += paths;
            }
        }
        Ok(met)
    }

    /// Hands on what runs through every vertex, from the deepest level up to the source's.
    fn share_out(&mut self, pace: &mut Pace<'_>, mut add: impl FnMut(u32, f64)) -> Result<(), KernelError> {
        let mut deeper: &[u32] = &[];
        let levels = self.levels.windows(2).zip(&self.factors);
        for (bounds, factor) in levels.skip(1).rev() {
            let level = &self.order[bounds[0]..bounds[1]];
            for &v in level {
                let next = if deeper.is_empty() {
                    &[]
                } else {
                    self.lists.neighbours(v)
                };
                pace.step(next.len())?;
                let sum: f64 = next.iter().map(|u| self.share[*u as usize]).sum();
                let paths = self.count[v as usize];
                let through = sum * (paths * factor);
                add(v, through);
                // Entries within the level must not see it yet.
                self.count[v as usize] = (1.0 + through) / paths;
            }
            for &u in deeper {
                self.share[u as usize] = 0.0;
            }
            for &v in level {
                self.share[v as usize] = self.count[v as usize];
            }
            deeper = level;
        }
        for &u in deeper {
            self.share[u as usize] = 0.0;
        }
        Ok(())
    }
}

/// Paths whose length is the sum of their weights.
pub(super) struct WeightPaths<'a> {
    lists: &'a Adjacency,
    distances: Distances,
    /// Number of shortest paths from the source.
    count: Vec<f64>,
    /// Pairs (source, other) whose paths run through the vertex, by share.
    through: Vec<f64>,
    /// Place in the order of settling; read only between vertices that the source reaches.
    rank: Vec<u32>,
}

impl<'a> WeightPaths<'a> {
    fn new(graph: &'a Csr) -> Self {
        let n = graph.vertex_count();
        Self {
            lists: &graph.out,
            distances: Distances::new(n),
            count: vec![0.0; n as usize],
            through: vec![0.0; n as usize],
            rank: vec![0; n as usize],
        }
    }

    fn follow(
        &mut self,
        source: u32,
        pace: &mut Pace<'_>,
        mut add: impl FnMut(u32, f64),
    ) -> Result<(), KernelError> {
        self.distances.search(self.lists, &[source], true, pace)?;
        let Self {
            lists,
            distances,
            count,
            through,
            rank,
        } = self;
        for (place, v) in (0_u32..).zip(&distances.order) {
            rank[*v as usize] = place;
            count[*v as usize] = 0.0;
        }
        count[source as usize] = 1.0;
        // The rank keeps counting acyclic where lengths are equal up to rounding only.
        let shortest = |v: u32, index: usize| {
            let u = lists.targets[index] as usize;
            let length = distances.length[v as usize] + lists.weight(index);
            rank[v as usize] < rank[u] && length <= distances.length[u] * (1.0 + TIE)
        };
        for &v in &distances.order {
            pace.step(lists.degree(v))?;
            let paths = count[v as usize];
            if paths.is_infinite() {
                return Err(too_many_paths());
            }
            for index in lists.range(v).filter(|index| shortest(v, *index)) {
                count[lists.targets[index] as usize] += paths;
            }
        }
        for &v in distances.order[1..].iter().rev() {
            pace.step(lists.degree(v))?;
            let mut sum = 0.0;
            for index in lists.range(v).filter(|index| shortest(v, *index)) {
                let u = lists.targets[index] as usize;
                sum += (1.0 + through[u]) / count[u];
            }
            through[v as usize] = sum * count[v as usize];
            add(v, through[v as usize]);
        }
        Ok(())
    }
}

fn too_many_paths() -> KernelError {
    KernelError::NotApplicable {
        reason:
            "there are more shortest paths than can be counted; merge parallel edges, or leave out of the \
                 projection what makes long chains of equal detours"
                .to_owned(),
    }
}
