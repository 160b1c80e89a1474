//! ArticleRank: PageRank in which a vertex with few edges out passes on less.
//!
//! `score(v) = (1 - d) + d Σ w(u, v) score(u) / (w(u) + a)` over the in-neighbours `u`, where `w(u)` is the
//! sum of `u`'s weights out and `a` its mean over all vertices. In PageRank the only reference of a
//! paper is worth all that the paper has; here a long list and a short one differ less.
//!
//! Convention: that of Neo4j Graph Data Science. Scores do not sum to 1; what vertices without edges out
//! have is not spread. Parallel edges count as often as the projection keeps them; undirected edges are
//! followed both ways.
//!
//! Cost: O(n + m) a sweep, 32 bytes a vertex beyond the answer, all threads of the pool.

use serde::{Deserialize, Serialize};

use super::blocks;
use super::control::{Control, KernelError};
use super::gathered::Gathered;
use super::outcome::{Outcome, Quantity};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use super::shortest_paths::refuse_negative;
use super::sweeps::{self, Stop, received, weight_at};
use crate::graph::{Csr, Neighbourhoods};

/// Parameters of [`super::Algorithm::ArticleRank`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ArticleRankConfig {
    /// Part of a score that is passed on, in 0..1.
    pub damping: f64,
    /// Stop when the L1 change of a sweep falls below this; 0 runs all sweeps.
    pub tolerance: f64,
    /// Sweeps at most, from 1.
    pub max_iterations: u32,
}

impl Default for ArticleRankConfig {
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
    name: "article_rank",
    aliases: &["articlerank"],
    special_cases: &[],
    title: "ArticleRank",
    summary: "Scores each vertex as PageRank does, but lets vertices with few edges out pass on less.",
    convention: "Scores are 1 - damping or more and do not sum to 1. Edge weights, where there are some, say \
                 how a score is shared. Undirected edges are followed both ways.",
    source: "Li and Willett, Aslib Proceedings 61, 2009; convention of Neo4j Graph Data Science.",
    parameters: &[
        ParameterInfo {
            name: "damping",
            kind: "number",
            default: "0.85",
            range: "from 0 to below 1",
            meaning: "Part of a score that is passed on.",
        },
        sweeps::TOLERANCE,
        sweeps::max_iterations("100"),
    ],
    columns: &[ColumnInfo {
        name: "score",
        quantity: Quantity::Score,
        meaning: "The vertex's score.",
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

impl ArticleRankConfig {
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
pub fn work(config: &ArticleRankConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: 48 * n,
        operations: u64::from(config.max_iterations).saturating_mul(2 * n + 2 * m),
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
    config: &ArticleRankConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    refuse_negative(graph)?;
    let n = graph.vertex_count() as usize;
    let silent = control.silent();
    let mut shares = vec![0.0; n];
    let total = blocks::fill_and_sum_along(&*graph.out, &mut shares, &silent, |v| {
        let out = weight_at(&*graph.out, v);
        (out, out)
    })?;
    let mean = total / n.max(1) as f64;
    for share in &mut shares {
        *share = if *share > 0.0 {
            (*share + mean).recip()
        } else {
            0.0
        };
    }
    let (mut sent, damping) = (Gathered::zeros(n), config.damping);
    let start = vec![1.0 - damping; n];
    let settled = config.stop().repeat(&start, control, |scores, next| {
        blocks::fill(&mut sent, &silent, |v| scores[v as usize] * shares[v as usize])?;
        blocks::fill_and_sum_along(&*graph.into, next, control, |v| {
            let score = 1.0 - damping + damping * received(&*graph.into, v, &sent);
            (score, (score - scores[v as usize]).abs())
        })
    })?;
    Ok(settled.into_outcome("score"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::random_graphs::{any_graph, on_threads, skewed};
    use super::super::sweeps::{dense, solve};
    use super::*;
    use crate::graph::Direction;

    fn scores(graph: &Csr, damping: f64) -> Vec<f64> {
        let config = ArticleRankConfig {
            damping,
            tolerance: 1e-13,
            max_iterations: 500,
        };
        let outcome = run(graph, &config, &Inputs::default(), &Control::default()).unwrap();
        outcome.numbers("score").to_vec()
    }

    /// Solves the linear system of the definition.
    fn by_elimination(graph: &Csr, damping: f64) -> Vec<f64> {
        let matrix = dense(graph);
        let n = matrix.len();
        let out: Vec<f64> = matrix.iter().map(|row| row.iter().sum()).collect();
        let mean = out.iter().sum::<f64>() / n.max(1) as f64;
        let row = |v: usize| {
            let cell = |u: usize| {
                let passed = if out[u] > 0.0 {
                    matrix[u][v] / (out[u] + mean)
                } else {
                    0.0
                };
                f64::from(u8::from(u == v)) - damping * passed
            };
            (0..n).map(cell).chain([1.0 - damping]).collect()
        };
        solve((0..n).map(row).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn scores_solve_the_linear_system(graph in any_graph(20), damping in 0.0..0.9_f64) {
            let (found, wanted) = (scores(&graph, damping), by_elimination(&graph, damping));
            for (a, b) in found.iter().zip(&wanted) {
                prop_assert!((a - b).abs() < 1e-9, "{found:?} instead of {wanted:?}");
            }
        }
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let graph = skewed(Direction::Directed);
        let of = |threads| on_threads(threads, || scores(&graph, 0.85));
        assert!(of(1).iter().zip(&of(4)).all(|(a, b)| a.to_bits() == b.to_bits()));
    }

    #[test]
    fn parameters_outside_their_range_are_refused() {
        let config = ArticleRankConfig {
            damping: 1.0,
            ..ArticleRankConfig::default()
        };
        assert!(config.validate().is_err());
    }
}
