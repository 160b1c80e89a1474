//! Random walks along out-edges: uniform, by weight, or biased by where the walk comes from (node2vec).
//!
//! A step from `v`, reached from `t`, goes to `x` with a probability in step with `w(v, x) α(t, x)`, where
//! `α` is 1 over the return factor if `x` is `t`, 1 if an edge leads from `t` to `x`, and 1 over the in-out
//! factor otherwise. Rejection sampling draws by weight and keeps a draw with probability `α` over the
//! largest `α`, so that no table per edge is needed; after some rejections the step is drawn from the
//! whole list, with the same distribution.
//!
//! Law: a walk depends on the seed, its start and its number only.
//! Cost: O(log d) a step and draw, and 8 bytes an edge where there are weights.
//! Source: Grover & Leskovec, KDD 2016; rejection sampling: Yang et al., KnightKing, SOSP 2019.

use std::ops::Range;

use rand_pcg::Pcg64Mcg;

use super::control::{Control, KernelError};
use super::pace::Pace;
use super::registry::ParameterInfo;
use super::sampling::{below, fraction, stream};
use super::shortest_paths::refuse_negative;
use crate::graph::Csr;

/// Draws that may be rejected before a step is drawn from the whole list.
const MOST_REJECTIONS: u32 = 32;

/// How walks are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct WalkRules {
    pub(super) seed: u64,
    pub(super) walks_per_vertex: u32,
    /// Vertices of a walk at most, its start among them.
    pub(super) length: u32,
    pub(super) return_factor: f64,
    pub(super) in_out_factor: f64,
    pub(super) weighted: bool,
}

/// The parameters of the rules, with the defaults of node2vec.
pub(super) const RETURN_FACTOR: ParameterInfo = ParameterInfo {
    name: "return_factor",
    kind: "number",
    default: "1",
    range: "from 0.001 to 1000",
    meaning: "How much less likely a step back to where the walk came from is (p of node2vec).",
};

/// See [`RETURN_FACTOR`].
pub(super) const IN_OUT_FACTOR: ParameterInfo = ParameterInfo {
    name: "in_out_factor",
    kind: "number",
    default: "1",
    range: "from 0.001 to 1000",
    meaning: "How much less likely a step away from where the walk came from is (q of node2vec).",
};

/// See [`RETURN_FACTOR`].
pub(super) const WALKS_PER_VERTEX: ParameterInfo = ParameterInfo {
    name: "walks_per_vertex",
    kind: "whole number",
    default: "10",
    range: "from 1 to 10000",
    meaning: "Walks begun at each vertex.",
};

/// See [`RETURN_FACTOR`].
pub(super) const LENGTH: ParameterInfo = ParameterInfo {
    name: "length",
    kind: "whole number",
    default: "80",
    range: "from 2 to 10000",
    meaning: "Vertices of a walk, its start among them; fewer where it meets one without out-edges.",
};

/// See [`RETURN_FACTOR`].
pub(super) const WEIGHTED: ParameterInfo = ParameterInfo {
    name: "weighted",
    kind: "yes or no",
    default: "yes",
    range: "yes or no",
    meaning: "Whether edges are taken in step with their weights, where there are some.",
};

impl WalkRules {
    /// Whether every rule is in its range; the error names the first that is not.
    pub(super) fn validate(&self) -> Result<(), KernelError> {
        let factors = [
            ("return_factor", self.return_factor),
            ("in_out_factor", self.in_out_factor),
        ];
        let is_wrong = |it: &(&str, f64)| !(0.001..=1000.0).contains(&it.1);
        if let Some((parameter, value)) = factors.into_iter().find(is_wrong) {
            let problem = format!("is {value}; it must be from 0.001 to 1000");
            return Err(KernelError::Parameter { parameter, problem });
        }
        let counts = [
            ("walks_per_vertex", self.walks_per_vertex, 1),
            ("length", self.length, 2),
        ];
        let is_wrong = |it: &(&str, u32, u32)| !(it.2..=10_000).contains(&it.1);
        match counts.into_iter().find(is_wrong) {
            Some((parameter, value, least)) => Err(KernelError::Parameter {
                parameter,
                problem: format!("is {value}; it must be from {least} to 10000"),
            }),
            None => Ok(()),
        }
    }

    /// Steps, in entries visited, that a walk on a graph of `m` edges takes at most where it has no hub whose list is
    /// longer than a clique's: only a list of which nearly all draws were rejected is read as a whole.
    pub(super) fn steps(&self, m: u64) -> u64 {
        let one = match self.is_biased() {
            true => (u64::from(MOST_REJECTIONS) + (2 * m).isqrt()) * u64::from(1 + m.max(2).ilog2()),
            false => 1,
        };
        one.saturating_mul(self.length.into())
    }

    fn is_biased(&self) -> bool {
        self.return_factor != 1.0 || self.in_out_factor != 1.0
    }
}

/// Walks that are walked side by side at most: enough to fetch memory for all at once.
pub(super) const SIDE_BY_SIDE: usize = 32;

/// One of the walks that are walked side by side.
struct Lane<'a> {
    random: Pcg64Mcg,
    /// Where the walk is.
    v: u32,
    /// The list of `v`.
    range: Range<usize>,
    drawn: f64,
    place: usize,
    walk: &'a mut Vec<u32>,
}

/// Draws walks on a graph.
pub(super) struct Walker<'a> {
    graph: &'a Csr,
    rules: WalkRules,
    /// Sums of the weights of each list from its first entry on; none when every edge weighs the same.
    sums: Option<Vec<f64>>,
    /// The largest of the factors that a step may have.
    largest: f64,
}

impl<'a> Walker<'a> {
    /// A walker by `rules`; fails on negative weights, where they count, and when cancelled.
    pub(super) fn new(graph: &'a Csr, rules: WalkRules, control: &Control) -> Result<Self, KernelError> {
        let largest = 1.0_f64
            .max(1.0 / rules.return_factor)
            .max(1.0 / rules.in_out_factor);
        let mut walker = Self {
            graph,
            rules,
            sums: None,
            largest,
        };
        if rules.weighted && graph.is_weighted() {
            refuse_negative(graph)?;
            let mut pace = Pace::new(control);
            let mut sums = vec![0.0; graph.out.targets.len()];
            for v in 0..graph.vertex_count() {
                pace.step(graph.out.degree(v))?;
                let mut sum = 0.0;
                for at in graph.out.range(v) {
                    sum += graph.out.weight(at);
                    sums[at] = sum;
                }
            }
            walker.sums = Some(sums);
        }
        Ok(walker)
    }

    /// Writes to `walks` the walks from these starts, each with its number; at most [`SIDE_BY_SIDE`]. Fails
    /// only when the run is cancelled.
    pub(super) fn walk_together(
        &self,
        starts: &[(u32, u32)],
        walks: &mut [Vec<u32>],
        control: &Control,
    ) -> Result<(), KernelError> {
        let mut pace = Pace::new(control);
        if self.rules.is_biased() {
            for ((start, number), walk) in starts.iter().zip(walks) {
                self.walk(*start, *number, walk, &mut pace)?;
            }
            return Ok(());
        }
        let mut lanes: Vec<Lane> = starts
            .iter()
            .zip(walks)
            .map(|it| self.lane(*it.0, it.1))
            .collect();
        // Each pass reads one array for all, so that the memory of many walks is fetched at the same time.
        for _ in 1..self.rules.length {
            // A step reads three arrays at random, and a bisection where there are weights.
            pace.step(lanes.len() * 16)?;
            for lane in &mut lanes {
                lane.range = self.graph.out.range(lane.v);
            }
            lanes.retain_mut(|lane| match self.draw(lane.range.clone(), &mut lane.random) {
                Some(drawn) => {
                    lane.drawn = drawn;
                    true
                }
                None => false,
            });
            for lane in &mut lanes {
                lane.place = self.find(lane.range.clone(), lane.drawn);
            }
            for lane in &mut lanes {
                lane.v = self.graph.out.targets[lane.place];
                lane.walk.push(lane.v);
            }
        }
        Ok(())
    }

    fn lane<'w>(&self, (start, number): (u32, u32), walk: &'w mut Vec<u32>) -> Lane<'w> {
        walk.clear();
        walk.push(start);
        Lane {
            random: self.stream(start, number),
            v: start,
            range: 0..0,
            drawn: 0.0,
            place: 0,
            walk,
        }
    }

    fn stream(&self, start: u32, number: u32) -> Pcg64Mcg {
        let place = u64::from(self.graph.number(start)) << 32 | u64::from(number);
        stream(self.rules.seed, place)
    }

    /// Writes the walk of this `number` from `start` to `walk`, step by step.
    fn walk(
        &self,
        start: u32,
        number: u32,
        walk: &mut Vec<u32>,
        pace: &mut Pace<'_>,
    ) -> Result<(), KernelError> {
        let mut random = self.stream(start, number);
        walk.clear();
        walk.push(start);
        let (mut before, mut v) = (None, start);
        while walk.len() < self.rules.length as usize {
            let next = match before {
                Some(t) if self.rules.is_biased() => self.biased_step(t, v, &mut random, pace)?,
                _ => self.step(v, &mut random),
            };
            let Some(next) = next else { return Ok(()) };
            walk.push(next);
            (before, v) = (Some(v), next);
        }
        Ok(())
    }

    /// A step by weight, or `None` where no edge leads on.
    fn step(&self, v: u32, random: &mut Pcg64Mcg) -> Option<u32> {
        let range = self.graph.out.range(v);
        let drawn = self.draw(range.clone(), random)?;
        Some(self.graph.out.targets[self.find(range, drawn)])
    }

    /// Draws a place in a list, or a part of the sum of its weights; `None` where there is nothing to draw.
    fn draw(&self, range: Range<usize>, random: &mut Pcg64Mcg) -> Option<f64> {
        match &self.sums {
            // Places are below 2^32, so that a float holds them.
            None => (!range.is_empty()).then(|| below(random, range.len() as u64) as f64),
            Some(sums) => {
                let total = sums[range].last().filter(|sum| **sum > 0.0)?;
                Some(fraction(random) * total)
            }
        }
    }

    /// The entry of a list that was drawn.
    fn find(&self, range: Range<usize>, drawn: f64) -> usize {
        let Some(sums) = &self.sums else {
            return range.start + drawn as usize;
        };
        let sums = &sums[range.clone()];
        let at = sums.partition_point(|sum| *sum <= drawn);
        if at < sums.len() {
            return range.start + at;
        }
        // Rounding may put the draw at the sum itself; the last edge that weighs anything takes it.
        range.start + sums.partition_point(|sum| *sum < sums[sums.len() - 1])
    }

    /// A step from `v`, reached from `t`.
    fn biased_step(
        &self,
        t: u32,
        v: u32,
        random: &mut Pcg64Mcg,
        pace: &mut Pace<'_>,
    ) -> Result<Option<u32>, KernelError> {
        for _ in 0..MOST_REJECTIONS {
            // Bisections of lists that are in no cache.
            pace.step(32)?;
            let Some(x) = self.step(v, random) else {
                return Ok(None);
            };
            if fraction(random) * self.largest < self.factor(t, x) {
                return Ok(Some(x));
            }
        }
        let range = self.graph.out.range(v);
        let begin = range.start;
        let part = |at: usize| {
            let weight = match &self.sums {
                Some(_) => self.graph.out.weight(at),
                None => 1.0,
            };
            weight * self.factor(t, self.graph.out.targets[at])
        };
        let mut total = 0.0;
        for at in range.clone() {
            // Each entry is searched for among the neighbours of `t`, twice.
            pace.step(32)?;
            total += part(at);
        }
        let mut left = fraction(random) * total;
        let mut chosen = begin;
        for at in range {
            let part = part(at);
            if part > 0.0 {
                chosen = at;
                if left < part {
                    break;
                }
                left -= part;
            }
        }
        Ok(Some(self.graph.out.targets[chosen]))
    }

    fn factor(&self, t: u32, x: u32) -> f64 {
        if x == t {
            1.0 / self.rules.return_factor
        } else if self.graph.out.neighbours(t).binary_search(&x).is_ok() {
            1.0
        } else {
            1.0 / self.rules.in_out_factor
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::random_graphs::{graph_of, keep_all, skewed};
    use super::*;
    use crate::graph::{Direction, EdgeList, build};

    fn rules(return_factor: f64, in_out_factor: f64) -> WalkRules {
        WalkRules {
            seed: 1,
            walks_per_vertex: 1,
            length: 3,
            return_factor,
            in_out_factor,
            weighted: true,
        }
    }

    /// How often walks 0 → 1 → x end at each x, of all that pass 1.
    fn shares(graph: &Csr, rules: WalkRules) -> Vec<f64> {
        let control = Control::default();
        let walker = Walker::new(graph, rules, &control).unwrap();
        let (mut ends, mut walk, mut total) = (vec![0.0; graph.vertex_count() as usize], Vec::new(), 0.0);
        for number in 0..60_000 {
            walker
                .walk(0, number, &mut walk, &mut Pace::new(&control))
                .unwrap();
            if walk[1] == 1 {
                ends[walk[2] as usize] += 1.0;
                total += 1.0;
            }
        }
        ends.into_iter().map(|it| it / total).collect()
    }

    fn assert_near(found: &[f64], wanted: &[f64]) {
        let sum: f64 = wanted.iter().sum();
        for (a, b) in found.iter().zip(wanted) {
            assert!((a - b / sum).abs() < 0.015, "{found:?} {wanted:?}");
        }
    }

    /// From 1, reached from 0: 0 is a step back, 2 is near 0, 3 is not; both ways of drawing a step.
    #[test]
    fn steps_have_the_probabilities_of_node2vec() {
        let graph = graph_of(4, &[(0, 1), (1, 2), (1, 3), (0, 2)], false);
        for (p, q) in [(1.0, 1.0), (4.0, 0.25), (0.25, 2.0), (100.0, 100.0)] {
            assert_near(&shares(&graph, rules(p, q)), &[1.0 / p, 0.0, 1.0, 1.0 / q]);
        }
        // Far and back are all there is, so that nearly every draw is rejected.
        let path = graph_of(3, &[(0, 1), (1, 2)], false);
        assert_near(&shares(&path, rules(900.0, 300.0)), &[1.0, 0.0, 3.0]);
    }

    #[test]
    fn steps_follow_weights_and_never_edges_without() {
        let edges = EdgeList {
            sources: vec![0, 1, 1, 1, 1],
            targets: vec![1, 1, 2, 3, 4],
            weights: Some(vec![1.0, 0.0, 1.0, 3.0, 0.0]),
            times: None,
        };
        let graph = build(5, edges, keep_all(true));
        assert_near(&shares(&graph, rules(1.0, 1.0)), &[0.0, 0.0, 1.0, 3.0, 0.0]);
        assert_near(&shares(&graph, rules(1.0, 500.0)), &[0.0, 0.0, 1.0, 3.0, 0.0]);
    }

    #[test]
    fn a_walk_ends_where_nothing_leads_on() {
        let graph = graph_of(3, &[(0, 1), (1, 2)], true);
        let long = WalkRules {
            length: 9,
            ..rules(2.0, 2.0)
        };
        let mut walk = Vec::new();
        let control = Control::default();
        let walker = Walker::new(&graph, long, &control).unwrap();
        walker.walk(0, 0, &mut walk, &mut Pace::new(&control)).unwrap();
        assert_eq!(walk, [0, 1, 2]);
    }

    #[test]
    fn walks_side_by_side_are_those_of_one_after_another() {
        for direction in [Direction::Directed, Direction::Undirected] {
            let graph = skewed(direction);
            for weighted in [false, true] {
                let long = WalkRules {
                    length: 12,
                    weighted,
                    ..rules(1.0, 1.0)
                };
                let control = Control::default();
                let walker = Walker::new(&graph, long, &control).unwrap();
                let starts: Vec<(u32, u32)> = (0..SIDE_BY_SIDE as u32).map(|it| (it * 100, it)).collect();
                let mut walks = vec![Vec::new(); SIDE_BY_SIDE];
                walker.walk_together(&starts, &mut walks, &control).unwrap();
                for ((start, number), found) in starts.into_iter().zip(walks) {
                    let mut walk = Vec::new();
                    walker
                        .walk(start, number, &mut walk, &mut Pace::new(&control))
                        .unwrap();
                    assert_eq!(found, walk);
                }
            }
        }
    }
}
