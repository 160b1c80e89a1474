//! PageRank by the power method, with teleport to all vertices or to given sources.
//!
//! With damping `d`, `n` vertices and teleport shares `t(v)` (`1/n` each, or `1/s` for each of `s`
//! sources, else 0): `score(v) = (1 - d) t(v) + d (Σ score(u) w(u, v) / w(u) + D t(v))` over the
//! in-neighbours `u`, where `w(u)` is the sum of `u`'s weights out and `D` the score of dangling
//! vertices. The first sweep starts from `t`.
//!
//! Convention: the score of dangling vertices (nothing out, or weights out that sum to 0) spreads as
//! teleport does, so that scores sum to 1 after every sweep. Parallel edges count as often as the
//! projection keeps them and self-loops keep score at home. Undirected edges carry score both ways.
//!
//! Cost: O(n + m) a sweep, 40 bytes a vertex beyond the answer, all threads of the pool.

use serde::{Deserialize, Serialize};

use super::blocks;
use super::control::{Control, KernelError};
use super::gathered::Gathered;
use super::outcome::{Outcome, Quantity};
use super::registry::{
    AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, SpecialCase, Work,
};
use super::shortest_paths::refuse_negative;
use super::sweeps::{self, Stop, received, weight_at};
use crate::graph::{Csr, Neighbourhoods};

/// Parameters of [`super::Algorithm::Pagerank`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PagerankConfig {
    /// Probability of following an edge, in 0..1.
    pub damping: f64,
    /// Stop when the L1 change of a sweep falls below this; 0 runs all sweeps.
    pub tolerance: f64,
    /// Sweeps at most, from 1.
    pub max_iterations: u32,
    /// Vertices (`collection/key` or key) that teleport leads to; empty: all.
    pub sources: Vec<String>,
}

impl Default for PagerankConfig {
    fn default() -> Self {
        Self {
            damping: 0.85,
            tolerance: 1e-9,
            max_iterations: 100,
            sources: Vec::new(),
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "pagerank",
    aliases: &["page_rank"],
    special_cases: &[
        SpecialCase {
            name: "personalized_pagerank",
            sets: &[],
            needs: &["sources"],
        },
        SpecialCase {
            name: "personalised_pagerank",
            sets: &[],
            needs: &["sources"],
        },
        SpecialCase {
            name: "seeded_pagerank",
            sets: &[],
            needs: &["sources"],
        },
    ],
    title: "PageRank",
    summary: "Scores each vertex by the scores of those that point to it, as the share of time a random walk \
              spends there.",
    convention: "Scores sum to 1. The score of vertices without edges out is spread over all vertices, or over \
                 the sources where sources are given. Edge weights, where there are some, say how often an \
                 edge is followed. Undirected edges are followed both ways.",
    source: "Brin and Page, Computer Networks 30, 1998; convention of LDBC Graphalytics, arXiv:2011.15028.",
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
        ParameterInfo {
            name: "sources",
            kind: "keys",
            default: "none",
            range: "keys of vertices",
            meaning: "Vertices that jumps lead to (personalised PageRank); none means all.",
        },
    ],
    columns: &[ColumnInfo {
        name: "score",
        quantity: Quantity::Score,
        meaning: "Share of a random walk's time spent at the vertex.",
    }],
    rows: None,
    order: &[],
    summary_values: &sweeps::SUMMARY,
    needs_times: false,
    parallel: ParallelEdges::Sum,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 4.0e8,
};

impl PagerankConfig {
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
pub fn work(config: &PagerankConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: 40 * n,
        operations: u64::from(config.max_iterations).saturating_mul(n + 2 * m),
        ..Work::default()
    }
}

/// Computes the scores.
///
/// # Errors
///
/// [`KernelError::NegativeWeight`], and [`KernelError::NotApplicable`] when sources are asked for
/// and none is given.
pub fn run<L: Neighbourhoods>(
    graph: &Csr<L>,
    config: &PagerankConfig,
    inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    if inputs.sources.is_empty() && !config.sources.is_empty() {
        return Err(KernelError::NotApplicable {
            reason: "none of the vertices that `sources` names is in the graph".to_owned(),
        });
    }
    let n = graph.vertex_count() as usize;
    control.expect(n as u64);
    let shares = follow_shares(graph, control)?;
    let teleport = teleport(n, &inputs.sources);
    let mut walk = Sweep {
        graph,
        shares: &shares,
        teleport: &teleport,
        damping: config.damping,
        sent: Gathered::zeros(n),
    };
    let settled = config.stop().repeat(&teleport, control, |scores, next| {
        walk.sweep(scores, next, control)
    })?;
    Ok(settled.into_outcome("score"))
}

/// One over each vertex's weight out; 0 for dangling vertices. Announces nothing, advances by n.
///
/// # Errors
///
/// [`KernelError::NegativeWeight`].
pub(super) fn follow_shares<L: Neighbourhoods>(
    graph: &Csr<L>,
    control: &Control,
) -> Result<Vec<f64>, KernelError> {
    refuse_negative(graph)?;
    let mut shares = vec![0.0; graph.vertex_count() as usize];
    blocks::fill_along(&*graph.out, &mut shares, control, |v| {
        let total = weight_at(&*graph.out, v);
        if total > 0.0 { total.recip() } else { 0.0 }
    })?;
    Ok(shares)
}

/// The share of teleport that each vertex gets.
fn teleport(n: usize, sources: &[u32]) -> Vec<f64> {
    if sources.is_empty() {
        return vec![1.0 / n as f64; n];
    }
    let mut shares = vec![0.0; n];
    for source in sources {
        shares[*source as usize] += 1.0 / sources.len() as f64;
    }
    shares
}

/// What a sweep reads, and its buffer.
pub(super) struct Sweep<'a, L> {
    pub(super) graph: &'a Csr<L>,
    /// One over each vertex's weight out; 0 for dangling vertices.
    pub(super) shares: &'a [f64],
    /// The share of jumps that lead to each vertex.
    pub(super) teleport: &'a [f64],
    pub(super) damping: f64,
    /// What each vertex sends along an edge of weight 1.
    pub(super) sent: Gathered,
}

impl<L: Neighbourhoods> Sweep<'_, L> {
    /// Fills `next` with the scores that follow `scores` and returns the L1 change.
    pub(super) fn sweep(
        &mut self,
        scores: &[f64],
        next: &mut [f64],
        control: &Control,
    ) -> Result<f64, KernelError> {
        let dangling = send(scores, self.shares, &mut self.sent, control)?;
        let jump = 1.0 - self.damping + self.damping * dangling;
        let sent: &[f64] = &self.sent;
        blocks::fill_and_sum_along(&*self.graph.into, next, control, |v| {
            let received = received(&*self.graph.into, v, sent);
            let score = jump * self.teleport[v as usize] + self.damping * received;
            (score, (score - scores[v as usize]).abs())
        })
    }
}

/// Fills `sent` with what each vertex sends along an edge of weight 1; the score of dangling vertices, whose
/// share is 0. Announces nothing and advances nothing.
pub(super) fn send(
    scores: &[f64],
    shares: &[f64],
    sent: &mut [f64],
    control: &Control,
) -> Result<f64, KernelError> {
    blocks::fill_and_sum(sent, &control.silent(), |v| {
        let (score, share) = (scores[v as usize], shares[v as usize]);
        (score * share, if share == 0.0 { score } else { 0.0 })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::outcome::Exactness;
    use super::super::random_graphs::{any_graph, on_threads, skewed};
    use super::super::sweeps::solve;
    use super::*;
    use crate::graph::{Direction, EdgeList, ProjectionRules, build};

    fn scores(graph: &Csr, config: &PagerankConfig, sources: &[u32]) -> Vec<f64> {
        let inputs = Inputs {
            sources: sources.to_vec(),
            ..Inputs::default()
        };
        let outcome = run(graph, config, &inputs, &Control::default()).unwrap();
        outcome.numbers("score").to_vec()
    }

    #[test]
    fn sweeps_that_ran_out_are_not_called_exact() {
        let graph = skewed(Direction::Directed);
        let exactness = |tolerance: f64, max_iterations: u32| {
            let config = PagerankConfig {
                damping: 0.999,
                tolerance,
                max_iterations,
                ..PagerankConfig::default()
            };
            run(&graph, &config, &Inputs::default(), &Control::default())
                .unwrap()
                .exactness
        };
        assert!(matches!(exactness(1e-9, 2), Exactness::Unsettled { rounds: 2, change } if change > 1e-9));
        assert_eq!(exactness(1e-9, 1_000_000), Exactness::Exact);
        assert_eq!(exactness(0.0, 2), Exactness::Exact);
    }

    /// Solves the linear system of the definition by Gaussian elimination.
    fn by_elimination(graph: &Csr, damping: f64, sources: &[u32]) -> Vec<f64> {
        let n = graph.vertex_count() as usize;
        let teleport = teleport(n, sources);
        let mut rows = vec![vec![0.0; n + 1]; n];
        for v in 0..n {
            rows[v][v] += 1.0;
            rows[v][n] = (1.0 - damping) * teleport[v];
        }
        for u in 0..n {
            let entries = graph.out.range(u as u32);
            let total: f64 = entries.clone().map(|index| graph.out.weight(index)).sum();
            for (row, jump) in rows.iter_mut().zip(&teleport) {
                row[u] -= if total > 0.0 { 0.0 } else { damping * jump };
            }
            if total > 0.0 {
                for index in entries {
                    rows[graph.out.targets[index] as usize][u] -= damping * graph.out.weight(index) / total;
                }
            }
        }
        solve(rows)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn scores_solve_the_linear_system(graph in any_graph(24), damping in 0.0..0.9_f64, personal in any::<bool>()) {
            let sources = if personal && graph.vertex_count() > 2 { vec![0, 2] } else { Vec::new() };
            let config = PagerankConfig { damping, tolerance: 1e-13, max_iterations: 500, ..PagerankConfig::default() };
            let (found, wanted) = (scores(&graph, &config, &sources), by_elimination(&graph, damping, &sources));
            for (a, b) in found.iter().zip(&wanted) {
                prop_assert!((a - b).abs() < 1e-9, "{found:?} instead of {wanted:?}");
            }
        }
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        for direction in [Direction::Directed, Direction::Undirected] {
            let graph = skewed(direction);
            let of = |threads| on_threads(threads, || scores(&graph, &PagerankConfig::default(), &[]));
            let (one, four) = (of(1), of(4));
            assert!(one.iter().zip(&four).all(|(a, b)| a.to_bits() == b.to_bits()));
            assert!((one.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn tolerance_zero_runs_all_sweeps() {
        let graph = build(3, EdgeList::default(), ProjectionRules::default());
        let config = PagerankConfig {
            tolerance: 0.0,
            max_iterations: 7,
            ..PagerankConfig::default()
        };
        let control = Control::default();
        let outcome = run(&graph, &config, &Inputs::default(), &control).unwrap();
        assert_eq!(outcome.summary[0].2, 7.0);
        let (done, expected) = control.progress();
        assert_eq!(done, expected);
    }

    #[test]
    fn a_negative_weight_is_refused_by_its_ends() {
        let edges = EdgeList {
            sources: vec![0, 1],
            targets: vec![1, 2],
            weights: Some(vec![1.0, -2.0]),
            times: None,
        };
        let graph = build(3, edges, ProjectionRules::default());
        let answer = run(
            &graph,
            &PagerankConfig::default(),
            &Inputs::default(),
            &Control::default(),
        );
        assert_eq!(
            answer,
            Err(KernelError::NegativeWeight {
                from: 1,
                to: 2,
                weight: -2.0
            })
        );
    }

    #[test]
    fn parameters_outside_their_range_are_refused() {
        let wrong = |change: fn(&mut PagerankConfig)| {
            let mut config = PagerankConfig::default();
            change(&mut config);
            config.validate().is_err()
        };
        assert!(wrong(|it| it.damping = 1.0) && wrong(|it| it.damping = f64::NAN));
        assert!(wrong(|it| it.tolerance = -1.0) && wrong(|it| it.max_iterations = 0));
    }
}
