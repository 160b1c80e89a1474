//! Eigenvector centrality by the power method.
//!
//! The scores `x` solve `λ x(v) = Σ w(u, v) x(u)` over the in-neighbours `u`, for the largest `λ`, with
//! Euclidean length 1. A sweep adds to each score what it receives, which is a step of the power method
//! on the matrix plus the identity: the eigenvectors are the same, and on bipartite graphs it does not
//! swing between two sides for ever.
//!
//! Convention: that of networkx. Direction counts: a vertex has a high score when vertices with high
//! scores point to it. Parallel edges count as often as the projection keeps them. Where several parts
//! have the same `λ`, or no cycle exists, the limit depends on the start (all equal) or is reached
//! slowly; the answer then says that it did not settle.
//!
//! Cost: O(n + m) a sweep, 16 bytes a vertex beyond the answer, all threads of the pool; 8 bytes more and
//! twice the time where weights are so large that squares of scores would be infinite.

use serde::{Deserialize, Serialize};

use super::blocks;
use super::control::{Control, KernelError};
use super::outcome::{Outcome, Quantity};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, Work};
use super::shortest_paths::refuse_negative;
use super::sweeps::{self, Stop, received};
use crate::graph::{Csr, Neighbourhoods};

/// Parameters of [`super::Algorithm::Eigenvector`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EigenvectorConfig {
    /// Stop when the L1 change of a sweep falls below this; 0 runs all sweeps.
    pub tolerance: f64,
    /// Sweeps at most, from 1.
    pub max_iterations: u32,
}

impl Default for EigenvectorConfig {
    fn default() -> Self {
        Self {
            tolerance: 1e-9,
            max_iterations: 1000,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "eigenvector",
    aliases: &["eigenvector_centrality"],
    special_cases: &[],
    title: "Eigenvector centrality",
    summary: "Scores each vertex by the sum of the scores of those that point to it.",
    convention: "The squares of the scores sum to 1. Direction counts; undirected edges count both ways. Edge \
                 weights, where there are some, multiply what is passed on. Outside the best connected part \
                 scores go to 0.",
    source: "Bonacich, Journal of Mathematical Sociology 2, 1972; power method with a shift as in networkx.",
    parameters: &[sweeps::TOLERANCE, sweeps::max_iterations("1000")],
    columns: &[ColumnInfo {
        name: "score",
        quantity: Quantity::Score,
        meaning: "The vertex's entry of the leading eigenvector.",
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

impl EigenvectorConfig {
    /// Whether every parameter is in its range.
    pub fn validate(&self) -> Result<(), KernelError> {
        self.stop().validate()
    }

    fn stop(&self) -> Stop {
        Stop::new(self.tolerance, self.max_iterations)
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(config: &EigenvectorConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: 32 * n,
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
    config: &EigenvectorConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    refuse_negative(graph)?;
    let n = graph.vertex_count() as usize;
    let start = vec![1.0 / (n.max(1) as f64).sqrt(); n];
    let settled = config.stop().repeat(&start, control, |scores, next| {
        let mut squares = sweep(graph, scores, next, control)?;
        if !squares.is_finite() {
            let less: Vec<f64> = scores.iter().map(|it| it * FAR_LESS).collect();
            squares = sweep(graph, &less, next, &control.silent())?;
        }
        let scale = squares.sqrt().recip();
        let mut change = 0.0;
        for (new, old) in next.iter_mut().zip(scores) {
            *new *= scale;
            change += (*new - old).abs();
        }
        Ok(change)
    })?;
    Ok(settled.into_outcome("score"))
}

/// What scores are multiplied by where their sums or squares would be infinite, 2⁻⁶⁰⁰: a power of two loses
/// no bit, and with this one the squares of 2³² sums of 2³² of the greatest weights have a finite sum. What
/// becomes too small for a number is nothing beside the largest score.
const FAR_LESS: f64 = f64::from_bits((1023 - 600) << 52);

/// Adds what each vertex receives to its score; the sum of the squares.
fn sweep<L: Neighbourhoods>(
    graph: &Csr<L>,
    scores: &[f64],
    next: &mut [f64],
    control: &Control,
) -> Result<f64, KernelError> {
    blocks::fill_and_sum_along(&*graph.into, next, control, |v| {
        let score = scores[v as usize] + received(&*graph.into, v, scores);
        (score, score * score)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::outcome::Exactness;
    use super::super::random_graphs::{any_graph, on_threads, skewed};
    use super::super::sweeps::dense;
    use super::*;
    use crate::graph::{Direction, EdgeList, ProjectionRules, build};

    fn found(graph: &Csr) -> (Vec<f64>, Exactness) {
        let config = EigenvectorConfig {
            tolerance: 1e-12,
            max_iterations: 5000,
        };
        let outcome = run(graph, &config, &Inputs::default(), &Control::default()).unwrap();
        (outcome.numbers("score").to_vec(), outcome.exactness)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn settled_scores_are_an_eigenvector_of_length_one(graph in any_graph(16)) {
            let (scores, exactness) = found(&graph);
            prop_assert!(graph.vertex_count() == 0 || (sweeps::length(&scores) - 1.0).abs() < 1e-9);
            if exactness == Exactness::Exact {
                let matrix = dense(&graph);
                let n = scores.len();
                let sent: Vec<f64> = (0..n).map(|v| (0..n).map(|u| matrix[u][v] * scores[u]).sum()).collect();
                let lambda: f64 = sent.iter().zip(&scores).map(|(a, b)| a * b).sum();
                for (a, b) in sent.iter().zip(&scores) {
                    prop_assert!((a - lambda * b).abs() < 1e-6 * lambda.max(1.0), "{sent:?} is not {lambda} times {scores:?}");
                }
            }
        }
    }

    #[test]
    fn a_star_is_bipartite_and_settles() {
        let edges = EdgeList {
            sources: vec![0, 0, 0, 0],
            targets: vec![1, 2, 3, 4],
            ..EdgeList::default()
        };
        let rules = ProjectionRules {
            direction: Direction::Undirected,
            ..ProjectionRules::default()
        };
        let (scores, exactness) = found(&build(5, edges, rules));
        assert_eq!(exactness, Exactness::Exact);
        assert!((scores[0] - 0.5_f64.sqrt()).abs() < 1e-9 && (scores[1] - 0.125_f64.sqrt()).abs() < 1e-9);
    }

    #[test]
    fn weights_whose_squares_or_sums_are_infinite_have_scores_too() {
        let of = |weight: f64, ends: &[(u32, u32)]| {
            let edges = EdgeList {
                sources: ends.iter().map(|it| it.0).collect(),
                targets: ends.iter().map(|it| it.1).collect(),
                weights: Some(vec![weight; ends.len()]),
                times: None,
            };
            let rules = ProjectionRules {
                direction: Direction::Undirected,
                ..ProjectionRules::default()
            };
            found(&build(5, edges, rules))
        };
        for weight in [1e200, f64::MAX] {
            let (scores, exactness) = of(weight, &[(0, 1)]);
            assert_eq!(exactness, Exactness::Exact);
            assert!(scores[..2].iter().all(|it| (it - 0.5_f64.sqrt()).abs() < 1e-9));
            assert!(scores[2..].iter().all(|it| *it < 1e-100));
        }
        // The middle of a star receives more than a number can hold; with so little of their own, scores
        // swing between it and the others.
        let (scores, exactness) = of(f64::MAX, &[(0, 1), (0, 2), (0, 3), (0, 4)]);
        assert!((sweeps::length(&scores) - 1.0).abs() < 1e-9, "{scores:?}");
        assert_ne!(exactness, Exactness::Exact);
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let graph = skewed(Direction::Directed);
        let of = |threads| on_threads(threads, || found(&graph).0);
        assert!(of(1).iter().zip(&of(4)).all(|(a, b)| a.to_bits() == b.to_bits()));
    }
}
