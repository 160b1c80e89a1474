//! Independent cascades on graphs whose edges are drawn: who reaches how many, and who reaches most.
//!
//! Law: whether an edge passes news on in a simulation depends on the seed, its ends and the simulation only,
//! so that it can be drawn again whenever it is met, on any thread. Counts are whole numbers.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::chunks::{WAVE, in_order};
use super::condensation::Condensation;
use super::control::{Control, KernelError};
use super::distinct_lists::DistinctLists;
use super::influence::InfluenceConfig;
use super::pace::Pace;
use super::sampling::{Draw, mixed};
use crate::graph::{Csr, Direction, EdgeList, ParallelEdges, ProjectionRules, build};

/// Probability that some bound of the estimate fails.
pub(super) const RISK: f64 = 0.05;

/// Vertices looked at together, so that threads have work; more than needed costs, never changes the choice.
const TOGETHER: usize = 4;

/// Reads that take as long as the draw for an edge.
const DRAW: usize = 4;

/// A graph whose edges pass news on by chance.
pub(super) struct Cascade<'a> {
    out: DistinctLists<'a>,
    n: u32,
    /// Whether each edge has its own probability.
    weighted: bool,
    probability: f64,
    simulations: u32,
    seed: u64,
}

/// Chosen vertices, in order.
pub(super) struct Choice {
    pub(super) vertices: Vec<u32>,
    pub(super) evaluations: u64,
}

/// What simulations that had no part in the choice say.
pub(super) struct Estimate {
    /// Mean number of vertices reached from the first, the first two, … of those chosen.
    pub(super) spread: Vec<f64>,
    /// How often each vertex is reached from all of them.
    pub(super) reached: Vec<f64>,
    /// How near these are to the truth; none where nothing is left to chance.
    pub(super) confidence: Option<Confidence>,
}

/// Bounds of the absolute errors, which hold together with probability 1 less [`RISK`].
pub(super) struct Confidence {
    pub(super) spread: f64,
    pub(super) reached: f64,
}

/// Live graphs that exist at a time: each may be as large as the graph itself.
pub(super) const LIVE_GRAPHS: usize = 4;

/// Who was seen, by the number of the search that saw it last.
struct Search {
    seen: Vec<u32>,
    number: u32,
    queue: Vec<u32>,
}

impl Search {
    fn new(n: u32) -> Self {
        Self {
            seen: vec![0; n as usize],
            number: 0,
            queue: Vec::new(),
        }
    }

    /// Begins a search in which nobody was seen.
    fn renew(&mut self) {
        if self.number == u32::MAX {
            self.seen.fill(0);
            self.number = 0;
        }
        self.number += 1;
    }
}

/// A set of vertices, a bit each.
type Bits = Vec<u64>;

fn holds(bits: &[u64], v: u32) -> bool {
    bits[v as usize / 64] >> (v % 64) & 1 == 1
}

impl<'a> Cascade<'a> {
    pub(super) fn new(
        graph: &'a Csr,
        config: &InfluenceConfig,
        control: &Control,
    ) -> Result<Self, KernelError> {
        if config.weighted && !graph.is_weighted() && graph.entry_count() > 0 {
            return Err(KernelError::NotApplicable {
                reason:
                    "there are no weights to be probabilities; name the attribute that holds them or unset \
                         `weighted`"
                        .to_owned(),
            });
        }
        if config.weighted
            && let Some((from, to, weight)) = graph.first_weight(|it| !(0.0..=1.0).contains(&it))
        {
            return Err(KernelError::NoProbability { from, to, weight });
        }
        Ok(Self {
            out: DistinctLists::new(&graph.out, control, |a, b| 1.0 - (1.0 - a) * (1.0 - b))?,
            n: graph.vertex_count(),
            weighted: config.weighted,
            probability: config.probability,
            simulations: config.simulations,
            seed: config.seed,
        })
    }

    /// Calls `visit` with each vertex to which `v` passes news on in the simulation of this key.
    #[inline]
    fn each_live(&self, v: u32, key: u64, mut visit: impl FnMut(u32)) {
        for at in self.out.range(v) {
            let u = self.out.target(at);
            let chance = if self.weighted {
                self.out.weight(at)
            } else {
                self.probability
            };
            // A number from 0 to below 1, so that a chance of 1 always holds and one of 0 never.
            let drawn =
                (mixed(key ^ (u64::from(v) << 32 | u64::from(u))) >> 11) as f64 / (1_u64 << 53) as f64;
            if drawn < chance {
                visit(u);
            }
        }
    }

    fn key(&self, simulation: u32) -> u64 {
        mixed(mixed(self.seed) ^ u64::from(simulation))
    }

    /// Adds to the search what `v` reaches in the simulation beside what was seen and what is `covered`, and
    /// returns how many vertices that is; they are left in the queue.
    fn reach(
        &self,
        v: u32,
        simulation: u32,
        covered: Option<&Bits>,
        search: &mut Search,
        pace: &mut Pace<'_>,
    ) -> Result<usize, KernelError> {
        let key = self.key(simulation);
        let Search { seen, number, queue } = search;
        queue.clear();
        let mut meet = |u: u32, queue: &mut Vec<u32>| {
            // What is covered reaches only what is covered too.
            if seen[u as usize] != *number && !covered.is_some_and(|bits| holds(bits, u)) {
                seen[u as usize] = *number;
                queue.push(u);
            }
        };
        meet(v, queue);
        let mut at = 0;
        while let Some(&next) = queue.get(at) {
            at += 1;
            // Each entry is a draw.
            pace.step(DRAW * self.out.degree(next))?;
            self.each_live(next, key, |u| meet(u, queue));
        }
        Ok(at)
    }

    /// The vertices that the greedy method chooses on the simulations `0..simulations`.
    pub(super) fn choose(&self, most: usize, control: &Control) -> Result<Choice, KernelError> {
        let simulations = self.simulations as usize;
        let words = self.n.div_ceil(64) as usize;
        let mut covered: Vec<Bits> = vec![vec![0; words]; simulations];
        // Of equal gains the smaller vertex stands first; a bound is as good as a gain until it is looked at.
        let bounds = self.bounds(control)?.into_iter().zip(0_u32..);
        let mut heap: BinaryHeap<(u64, Reverse<u32>, usize)> =
            bounds.map(|(bound, v)| (bound, Reverse(v), usize::MAX)).collect();
        let mut choice = Choice {
            vertices: Vec::new(),
            evaluations: 0,
        };
        while choice.vertices.len() < most {
            let round = choice.vertices.len();
            let mut stale = Vec::new();
            while stale.len() < TOGETHER
                && let Some((_, Reverse(v), seen)) = heap.peek().copied()
                && seen != round
            {
                stale.push(v);
                heap.pop();
            }
            if stale.is_empty() {
                match heap.pop() {
                    Some((gain, Reverse(v), _)) if gain > 0 => {
                        choice.vertices.push(v);
                        self.cover(v, &mut covered, control)?;
                        continue;
                    }
                    _ => break,
                }
            }
            choice.evaluations += stale.len() as u64;
            let gains = self.gains(&stale, &covered, control)?;
            heap.extend(
                stale
                    .into_iter()
                    .zip(gains)
                    .map(|(v, gain)| (gain, Reverse(v), round)),
            );
        }
        Ok(choice)
    }

    /// What each of `vertices` reaches that is not covered, over all simulations.
    fn gains(&self, vertices: &[u32], covered: &[Bits], control: &Control) -> Result<Vec<u64>, KernelError> {
        let mut gains = Vec::with_capacity(vertices.len());
        in_order(
            vertices.len(),
            1,
            control,
            || Search::new(self.n),
            |search, range| {
                let mut gain = 0;
                let mut pace = Pace::new(control);
                for (bits, simulation) in covered.iter().zip(0..) {
                    search.renew();
                    gain +=
                        self.reach(vertices[range.start], simulation, Some(bits), search, &mut pace)? as u64;
                }
                Ok(gain)
            },
            |gain| {
                gains.push(gain);
                ControlFlow::Continue(())
            },
        )?;
        Ok(gains)
    }

    /// Adds what `v` reaches to what is covered.
    fn cover(&self, v: u32, covered: &mut [Bits], control: &Control) -> Result<(), KernelError> {
        let each = covered.len().div_ceil(WAVE).max(1);
        covered
            .par_iter_mut()
            .enumerate()
            .with_min_len(each)
            .try_for_each_init(
                || (Search::new(self.n), Pace::new(control)),
                |(search, pace), (simulation, bits)| {
                    search.renew();
                    self.reach(v, simulation as u32, Some(bits), search, pace)?;
                    for u in &search.queue {
                        bits[*u as usize / 64] |= 1 << (u % 64);
                    }
                    Ok(())
                },
            )
    }

    /// For each vertex no less than what it reaches over all simulations.
    fn bounds(&self, control: &Control) -> Result<Vec<u64>, KernelError> {
        let sums: Vec<AtomicU64> = (0..self.n).map(|_| AtomicU64::new(0)).collect();
        let each = (self.simulations as usize).div_ceil(LIVE_GRAPHS).max(1);
        let simulations = (0..self.simulations).into_par_iter().with_min_len(each);
        simulations.try_for_each(|simulation| {
            control.check()?;
            let live = self.live_graph(simulation, control)?;
            let condensation = Condensation::new(&live, control)?;
            let reach = reach_bounds(&condensation, self.n);
            for (sum, component) in sums.iter().zip(&condensation.component) {
                sum.fetch_add(reach[*component as usize], Ordering::Relaxed);
            }
            Ok(())
        })?;
        Ok(sums.into_iter().map(AtomicU64::into_inner).collect())
    }

    /// The edges that pass news on in the simulation.
    fn live_graph(&self, simulation: u32, control: &Control) -> Result<Csr, KernelError> {
        let key = self.key(simulation);
        let mut edges = EdgeList::default();
        let mut pace = Pace::new(control);
        for v in 0..self.n {
            pace.step(DRAW * self.out.degree(v))?;
            self.each_live(v, key, |u| {
                edges.sources.push(v);
                edges.targets.push(u);
            });
        }
        let rules = ProjectionRules {
            direction: Direction::Directed,
            parallel: ParallelEdges::Keep,
            self_loops: true,
        };
        Ok(build(self.n, edges, rules))
    }

    /// Measures the spread from the first, the first two, … of `chosen` on simulations of its own.
    pub(super) fn measure(&self, chosen: &[u32], control: &Control) -> Result<Estimate, KernelError> {
        let simulations = self.simulations as usize;
        let reached: Vec<AtomicU64> = (0..self.n).map(|_| AtomicU64::new(0)).collect();
        let (mut sums, mut squares) = (vec![0_u64; chosen.len()], vec![0_u128; chosen.len()]);
        in_order(
            simulations,
            1,
            control,
            || Search::new(self.n),
            |search, range| {
                let simulation = self.simulations + range.start as u32;
                let mut pace = Pace::new(control);
                let (mut total, mut totals) = (0, Vec::with_capacity(chosen.len()));
                search.renew();
                for v in chosen {
                    total += self.reach(*v, simulation, None, search, &mut pace)? as u64;
                    totals.push(total);
                    for u in &search.queue {
                        reached[*u as usize].fetch_add(1, Ordering::Relaxed);
                    }
                }
                Ok(totals)
            },
            |totals| {
                for (at, total) in totals.into_iter().enumerate() {
                    sums[at] += total;
                    squares[at] += u128::from(total).pow(2);
                }
                ControlFlow::Continue(())
            },
        )?;
        let draws = simulations as f64;
        let spread: Vec<f64> = sums.iter().map(|sum| *sum as f64 / draws).collect();
        let deviations = spread
            .iter()
            .zip(&squares)
            .map(|(mean, square)| (*square as f64 / draws - mean * mean).max(0.0).sqrt());
        let deviation = deviations.fold(0.0, f64::max);
        let reached = reached
            .into_iter()
            .map(|it| it.into_inner() as f64 / draws)
            .collect();
        Ok(Estimate {
            confidence: self.is_chance().then(|| self.confidence(spread.len(), deviation)),
            spread,
            reached,
        })
    }

    /// Whether some edge neither always nor never passes news on.
    fn is_chance(&self) -> bool {
        let is_sure = |chance: f64| chance == 0.0 || chance == 1.0;
        let mut entries = (0..self.n).flat_map(|v| self.out.range(v));
        if self.weighted {
            entries.any(|at| !is_sure(self.out.weight(at)))
        } else {
            !is_sure(self.probability) && entries.next().is_some()
        }
    }

    /// Bounds for `count` spreads that deviate by `deviation` at most, and for every vertex's share.
    fn confidence(&self, count: usize, deviation: f64) -> Confidence {
        let draw = |ceiling: f64| Draw {
            drawn: self.simulations,
            // Draws with replacement are those from a population without end.
            population: u32::MAX,
            ceiling,
        };
        // Half of the risk for the spreads, half for the shares; two bounds of each spread, the better counts.
        let risk = RISK / 4.0 / count.max(1) as f64;
        let spread = draw(f64::from(self.n));
        Confidence {
            spread: spread
                .hoeffding_serfling(risk)
                .min(spread.bernstein_serfling(risk, deviation))
                .min(f64::from(self.n)),
            reached: draw(1.0)
                .hoeffding_serfling(RISK / 2.0 / f64::from(self.n.max(1)))
                .min(1.0),
        }
    }
}

/// For each component no less than the vertices it reaches: its own and the bounds of its successors. What the
/// largest component reaches, which most others reach too, is counted once.
fn reach_bounds(condensation: &Condensation, n: u32) -> Vec<u64> {
    let count = condensation.len();
    let size = |component: usize| condensation.members(component as u32).len() as u64;
    let Some(largest) = (0..count).rev().max_by_key(|it| size(*it)) else {
        return Vec::new();
    };
    let mut below = vec![false; count];
    below[largest] = true;
    let (mut queue, mut common) = (vec![largest], 0);
    while let Some(component) = queue.pop() {
        common += size(component);
        for next in condensation.successors(component as u32) {
            if !std::mem::replace(&mut below[*next as usize], true) {
                queue.push(*next as usize);
            }
        }
    }
    // For each component whether it reaches the largest, and its bound; then without what all such share.
    let mut bounds: Vec<(bool, u64)> = Vec::with_capacity(count);
    for component in 0..count {
        let next = || {
            condensation
                .successors(component as u32)
                .iter()
                .map(|it| *it as usize)
        };
        let reaches = component == largest || next().any(|it| bounds[it].0);
        let others = next().filter(|it| !reaches || !below[*it]);
        let sum = size(component) + others.map(|it| bounds[it].1).sum::<u64>();
        bounds.push((
            reaches,
            if component == largest {
                0
            } else {
                sum.min(u64::from(n))
            },
        ));
    }
    let whole = |(reaches, bound): (bool, u64)| if reaches { common + bound } else { bound };
    bounds.into_iter().map(|it| whole(it).min(u64::from(n))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::random_graphs::any_graph;
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn bounds_are_no_less_than_the_reach(graph in any_graph(12), probability in 0.1_f64..1.0) {
            let config = InfluenceConfig { probability, simulations: 3, ..Default::default() };
            let control = Control::default();
            let cascade = Cascade::new(&graph, &config, &control).unwrap();
            let bounds = cascade.bounds(&control).unwrap();
            let vertices: Vec<u32> = (0..graph.vertex_count()).collect();
            let nothing = vec![vec![0; 1]; 3];
            let gains = cascade.gains(&vertices, &nothing, &control).unwrap();
            for (bound, gain) in bounds.iter().zip(&gains) {
                prop_assert!(bound >= gain && *bound <= 3 * u64::from(graph.vertex_count()), "{bounds:?} {gains:?}");
            }
        }
    }

    #[test]
    fn edges_are_drawn_as_often_as_their_probability_says() {
        let graph = super::super::random_graphs::graph_of(2, &[(0, 1)], true);
        let config = InfluenceConfig {
            probability: 0.3,
            simulations: 20_000,
            ..Default::default()
        };
        let cascade = Cascade::new(&graph, &config, &Control::default()).unwrap();
        let mut times = 0;
        (0..20_000).for_each(|it| cascade.each_live(0, cascade.key(it), |_| times += 1));
        assert!((5800..6200).contains(&times), "{times}");
    }
}
