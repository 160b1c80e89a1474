//! Katz centrality: how many ways lead to a vertex, long ones counting less.
//!
//! `score(v) = 1 + α Σ w(u, v) score(u)` over the in-neighbours `u`: the number of walks that end at the
//! vertex, a walk of `k` edges counting `α^k`. The sum exists where `α` is below one over the largest
//! eigenvalue; that lies below the largest sum of weights in, and of weights out, of any vertex.
//!
//! Convention: without an attenuation, `α` is 0.85 over the smaller of those two bounds, so that every
//! graph has an answer. Scores are not scaled. Parallel edges count as often as the projection keeps
//! them; undirected edges are followed both ways.
//!
//! Cost: O(n + m) a sweep, 16 bytes a vertex beyond the answer, all threads of the pool.

use serde::{Deserialize, Serialize};

use super::blocks;
use super::control::{Control, KernelError};
use super::outcome::{Outcome, Quantity};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use super::shortest_paths::refuse_negative;
use super::sweeps::{self, Stop, received, weight_at};
use crate::graph::{Csr, Neighbourhoods};

/// Part of the bound that the attenuation takes unless given.
const PART_OF_BOUND: f64 = 0.85;

/// Scores beyond which the sum does not exist.
const BEYOND: f64 = 1e200;

/// Parameters of [`super::Algorithm::Katz`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KatzConfig {
    /// What a further edge multiplies a walk's worth by; 0 chooses one for which scores exist.
    pub attenuation: f64,
    /// Stop when the L1 change of a sweep falls below this; 0 runs all sweeps.
    pub tolerance: f64,
    /// Sweeps at most, from 1.
    pub max_iterations: u32,
}

impl Default for KatzConfig {
    fn default() -> Self {
        Self {
            attenuation: 0.0,
            tolerance: 1e-9,
            max_iterations: 1000,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "katz",
    aliases: &["katz_centrality"],
    special_cases: &[],
    title: "Katz centrality",
    summary: "Counts the ways that lead to each vertex, long ones for less than short ones.",
    convention: "A vertex that nothing points to has the score 1. Edge weights, where there are some, multiply \
                 along a way. Undirected edges are followed both ways.",
    source: "Katz, Psychometrika 18, 1953.",
    parameters: &[
        ParameterInfo {
            name: "attenuation",
            kind: "number",
            default: "0",
            range: "from 0, below one over the largest eigenvalue",
            meaning: "What each further edge multiplies a way's worth by; 0 chooses one that fits the graph.",
        },
        sweeps::TOLERANCE,
        sweeps::max_iterations("1000"),
    ],
    columns: &[ColumnInfo {
        name: "score",
        quantity: Quantity::Score,
        meaning: "Ways that end at the vertex, attenuated by their length.",
    }],
    rows: None,
    order: &[],
    summary_values: &[
        sweeps::ITERATIONS,
        sweeps::RESIDUAL,
        ColumnInfo {
            name: "attenuation",
            quantity: Quantity::Score,
            meaning: "The attenuation used.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Sum,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 4.0e8,
};

impl KatzConfig {
    /// Whether every parameter is in its range.
    pub fn validate(&self) -> Result<(), KernelError> {
        if !(self.attenuation >= 0.0 && self.attenuation.is_finite()) {
            return Err(KernelError::Parameter {
                parameter: "attenuation",
                problem: format!("is {}; it must be 0 or more", self.attenuation),
            });
        }
        self.stop().validate()
    }

    fn stop(&self) -> Stop {
        Stop::new(self.tolerance, self.max_iterations)
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(config: &KatzConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: 32 * n,
        operations: u64::from(config.max_iterations).saturating_mul(n + 2 * m),
        ..Work::default()
    }
}

/// Computes the scores.
///
/// # Errors
///
/// [`KernelError::NegativeWeight`], and [`KernelError::NotApplicable`] when the attenuation is so large
/// that scores grow without end.
pub fn run<L: Neighbourhoods>(
    graph: &Csr<L>,
    config: &KatzConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    refuse_negative(graph)?;
    let bound = eigenvalue_bound(graph, control)?;
    let attenuation = match config.attenuation {
        0.0 if bound > 0.0 => PART_OF_BOUND / bound,
        given => given,
    };
    let start = vec![1.0; graph.vertex_count() as usize];
    let settled = config.stop().repeat(&start, control, |scores, next| {
        let change = blocks::fill_and_sum_along(&*graph.into, next, control, |v| {
            let score = 1.0 + attenuation * received(&*graph.into, v, scores);
            (score, (score - scores[v as usize]).abs())
        })?;
        if change < BEYOND {
            return Ok(change);
        }
        Err(KernelError::NotApplicable {
            reason: format!(
                "with an attenuation of {attenuation} the scores grow without end; give less, such as {}, or 0 \
                 to have one chosen",
                PART_OF_BOUND / bound
            ),
        })
    })?;
    let mut outcome = settled.into_outcome("score");
    outcome
        .summary
        .push(("attenuation", Quantity::Score, attenuation));
    Ok(outcome)
}

/// A bound of the largest eigenvalue: the smaller of the largest sums of weights in and out.
fn eigenvalue_bound<L: Neighbourhoods>(graph: &Csr<L>, control: &Control) -> Result<f64, KernelError> {
    let silent = control.silent();
    let mut sums = vec![0.0_f64; graph.vertex_count() as usize];
    let mut largest = |side: &L| -> Result<f64, KernelError> {
        blocks::fill_along(side, &mut sums, &silent, |v| weight_at(side, v))?;
        Ok(sums.iter().copied().fold(0.0, f64::max))
    };
    Ok(largest(&graph.into)?.min(largest(&graph.out)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::random_graphs::{any_graph, on_threads, skewed};
    use super::super::sweeps::{dense, solve};
    use super::*;
    use crate::graph::{Direction, EdgeList, ProjectionRules, build};

    fn outcome(graph: &Csr, attenuation: f64) -> Result<Outcome, KernelError> {
        let config = KatzConfig {
            attenuation,
            tolerance: 1e-13,
            max_iterations: 5000,
        };
        run(graph, &config, &Inputs::default(), &Control::default())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn scores_solve_the_linear_system(graph in any_graph(20)) {
            let found = outcome(&graph, 0.0).unwrap();
            let attenuation = found.summary.last().unwrap().2;
            let matrix = dense(&graph);
            let n = matrix.len();
            let row = |v: usize| {
                let cell = |u: usize| f64::from(u8::from(u == v)) - attenuation * matrix[u][v];
                (0..n).map(cell).chain([1.0]).collect()
            };
            let wanted = solve((0..n).map(row).collect());
            for (a, b) in found.numbers("score").iter().zip(&wanted) {
                prop_assert!((a - b).abs() < 1e-8, "{:?} instead of {wanted:?}", found.numbers("score"));
            }
        }
    }

    #[test]
    fn too_little_attenuation_is_refused_with_one_that_fits() {
        let ring = EdgeList {
            sources: vec![0, 1, 2],
            targets: vec![1, 2, 0],
            ..EdgeList::default()
        };
        let graph = build(3, ring, ProjectionRules::default());
        let error = outcome(&graph, 2.0).unwrap_err().to_string();
        assert!(error.contains("without end") && error.contains("0.85"), "{error}");
        assert!(outcome(&graph, 0.5).is_ok());
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let graph = skewed(Direction::Directed);
        let of = |threads| {
            on_threads(threads, || {
                outcome(&graph, 0.0).unwrap().numbers("score").to_vec()
            })
        };
        assert!(of(1).iter().zip(&of(4)).all(|(a, b)| a.to_bits() == b.to_bits()));
    }
}
