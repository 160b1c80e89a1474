//! LineRank: how often a random walk over edges passes each vertex.
//!
//! The walk is at an edge. It follows one of the edges that begin where this one ends, by their
//! weights, or, with probability `1 - d` and always at a dead end, jumps to any edge. The score of a
//! vertex sums the walk's shares of the edges at either end of which it is.
//!
//! The line graph, which has a vertex for each edge, is never built. Let `I(v)` be the sum of the shares
//! of the edges into `v`. An edge out of `u` has the share `d I(u) w / w(u)` and its part of the jumps,
//! so that `I` is the PageRank whose jumps lead to vertices by their number of edges in; what goes out
//! of `v` follows from `I(v)` alone.
//!
//! Convention: that of the paper; scores sum to 2, as an edge has two ends. A self-loop counts at both.
//! An undirected edge is two edges, one each way.
//!
//! Cost: O(n + m) a sweep, 40 bytes a vertex beyond the answer, all threads of the pool.

use serde::{Deserialize, Serialize};

use super::blocks;
use super::control::{Control, KernelError};
use super::gathered::Gathered;
use super::outcome::{Outcome, Quantity};
use super::pagerank::{Sweep, follow_shares};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use super::sweeps::{self, Stop};
use crate::graph::{Csr, Neighbourhoods};

/// Parameters of [`super::Algorithm::LineRank`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LineRankConfig {
    /// Probability of following an edge, in 0..1.
    pub damping: f64,
    /// Stop when the L1 change of a sweep falls below this; 0 runs all sweeps.
    pub tolerance: f64,
    /// Sweeps at most, from 1.
    pub max_iterations: u32,
}

impl Default for LineRankConfig {
    fn default() -> Self {
        Self {
            damping: 0.85,
            tolerance: 1e-9,
            max_iterations: 100,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "line_rank",
    aliases: &["linerank"],
    special_cases: &[],
    title: "LineRank",
    summary: "Scores each vertex by how often a random walk over edges passes it, a stand-in for betweenness \
              on large graphs.",
    convention: "Scores sum to 2, one for each end of the edges. A walk at a dead end jumps to any edge. Edge \
                 weights, where there are some, say how often an edge is followed. Undirected edges are followed \
                 both ways.",
    source: "Kang, Papadimitriou, Sun and Tong, SIAM Data Mining 2011.",
    parameters: &[
        ParameterInfo {
            name: "damping",
            kind: "number",
            default: "0.85",
            range: "from 0 to below 1",
            meaning: "Probability of following an edge instead of jumping.",
        },
        sweeps::TOLERANCE,
        sweeps::max_iterations("100"),
    ],
    columns: &[ColumnInfo {
        name: "score",
        quantity: Quantity::Score,
        meaning: "Share of the walk's time at edges into the vertex, plus that at edges out of it.",
    }],
    rows: None,
    order: &[],
    summary_values: &sweeps::SUMMARY,
    needs_times: false,
    parallel: ParallelEdges::Keep,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 4.0e8,
};

impl LineRankConfig {
    /// Whether every parameter is in its range.
    pub fn validate(&self) -> Result<(), KernelError> {
        sweeps::validate_damping(self.damping)?;
        self.stop().validate()
    }

    fn stop(&self) -> Stop {
        Stop::new(self.tolerance, self.max_iterations)
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(config: &LineRankConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: 48 * n,
        operations: u64::from(config.max_iterations).saturating_mul(n + 2 * m),
        ..Work::default()
    }
}

/// Computes the scores.
///
/// # Errors
///
/// [`KernelError::NegativeWeight`].
pub fn run<L: Neighbourhoods>(
    graph: &Csr<L>,
    config: &LineRankConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let n = graph.vertex_count() as usize;
    control.expect(2 * n as u64);
    let shares = follow_shares(graph, control)?;
    // Without an edge nothing is divided by it.
    let edge = 1.0 / graph.entry_count().max(1) as f64;
    let teleport: Vec<f64> = (0..graph.vertex_count())
        .map(|v| graph.into.degree(v) as f64 * edge)
        .collect();
    let mut walk = Sweep {
        graph,
        shares: &shares,
        teleport: &teleport,
        damping: config.damping,
        sent: Gathered::zeros(n),
    };
    let mut settled = config.stop().repeat(&teleport, control, |scores, next| {
        walk.sweep(scores, next, control)
    })?;
    let into = settled.scores;
    let dead = |v: u32| shares[v as usize] == 0.0;
    let lost: f64 = (0..graph.vertex_count())
        .filter(|v| dead(*v))
        .map(|v| into[v as usize])
        .sum();
    let jump = (1.0 - config.damping + config.damping * lost) * edge;
    settled.scores = vec![0.0; n];
    blocks::fill(&mut settled.scores, control, |v| {
        let followed = if dead(v) {
            0.0
        } else {
            config.damping * into[v as usize]
        };
        into[v as usize] + followed + graph.out.degree(v) as f64 * jump
    })?;
    Ok(settled.into_outcome("score"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::random_graphs::{any_graph, graph_of, on_threads, skewed};
    use super::super::sweeps::solve;
    use super::*;
    use crate::graph::Direction;

    fn scores(graph: &Csr, damping: f64) -> Vec<f64> {
        let config = LineRankConfig {
            damping,
            tolerance: 1e-13,
            max_iterations: 1000,
        };
        let outcome = run(graph, &config, &Inputs::default(), &Control::default()).unwrap();
        outcome.numbers("score").to_vec()
    }

    /// The walk on the line graph itself, solved by elimination, and summed at both ends.
    fn by_line_graph(graph: &Csr, damping: f64) -> Vec<f64> {
        let mut edges = Vec::new();
        for u in 0..graph.vertex_count() {
            for at in graph.out.range(u) {
                edges.push((u as usize, graph.out.targets[at] as usize, graph.out.weight(at)));
            }
        }
        let m = edges.len();
        let mut rows = vec![vec![0.0; m + 1]; m];
        for (from, (_, end, _)) in edges.iter().enumerate() {
            rows[from][from] += 1.0;
            rows[from][m] = (1.0 - damping) / m as f64;
            let followed: f64 = edges.iter().filter(|it| it.0 == *end).map(|it| it.2).sum();
            for (to, (begin, _, weight)) in edges.iter().enumerate() {
                let share = if followed == 0.0 {
                    1.0 / m as f64
                } else if begin == end {
                    weight / followed
                } else {
                    0.0
                };
                rows[to][from] -= damping * share;
            }
        }
        let mut scores = vec![0.0; graph.vertex_count() as usize];
        for ((begin, end, _), share) in edges.iter().zip(solve(rows)) {
            scores[*begin] += share;
            scores[*end] += share;
        }
        scores
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_line_graph_gives_the_same(graph in any_graph(10), damping in 0.0..0.9_f64) {
            let (found, wanted) = (scores(&graph, damping), by_line_graph(&graph, damping));
            for (a, b) in found.iter().zip(&wanted) {
                prop_assert!((a - b).abs() < 1e-9, "{found:?} instead of {wanted:?}");
            }
        }
    }

    #[test]
    fn the_centre_of_a_star_is_passed_by_every_step() {
        let star = graph_of(5, &[(0, 1), (0, 2), (0, 3), (0, 4)], false);
        let found = scores(&star, 0.85);
        assert!(
            (found[0] - 1.0).abs() < 1e-9 && (found[1] - 0.25).abs() < 1e-9,
            "{found:?}"
        );
        assert_eq!(scores(&graph_of(3, &[], true), 0.85), [0.0; 3]);
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let graph = skewed(Direction::Directed);
        let of = |threads| on_threads(threads, || scores(&graph, 0.85));
        let one = of(1);
        assert!((one.iter().sum::<f64>() - 2.0).abs() < 1e-9);
        for threads in [2, 3, 8] {
            assert!(
                one.iter()
                    .zip(&of(threads))
                    .all(|(a, b)| a.to_bits() == b.to_bits())
            );
        }
    }

    #[test]
    fn parameters_outside_their_range_are_refused() {
        let config = LineRankConfig {
            damping: 1.0,
            ..LineRankConfig::default()
        };
        assert!(config.validate().is_err());
    }
}
