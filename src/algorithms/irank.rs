//! iRank: PageRank in which every kind of vertex has the same weight, however many it has.
//!
//! With damping `d` and kinds of vertices given by an attribute: `score(v) = (1 - d) / size(v) + d (Σ
//! score(u) w(u, v) / w(u) + D / n)` over the in-neighbours `u`, where `size(v)` is the number of
//! vertices of `v`'s kind, `w(u)` the sum of `u`'s weights out and `D` the score of vertices without edges
//! out. The first sweep starts from `1 / size(v)`. A kind of ten members thus begins with as much as one
//! of ten million, which PageRank would drown.
//!
//! Convention: that of ArangoDB's engine, whose kinds are collections. Scores sum to the number of kinds.
//! Vertices without a value are a kind together. Undirected edges are followed both ways.
//!
//! Cost: O(n + m) a sweep, 44 bytes a vertex beyond the answer, all threads of the pool.

use serde::{Deserialize, Serialize};

use super::attributes::{self, ATTRIBUTE, Kinds};
use super::blocks;
use super::control::{Control, KernelError};
use super::gathered::Gathered;
use super::outcome::{Outcome, Quantity};
use super::pagerank::{follow_shares, send};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use super::sweeps::{self, Stop, received};
use crate::graph::{Csr, Neighbourhoods};

/// Parameters of [`super::Algorithm::Irank`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IrankConfig {
    /// Attribute whose values are the kinds; empty: the first.
    pub attribute: String,
    /// Probability of following an edge, in 0..1.
    pub damping: f64,
    /// Stop when the L1 change of a sweep falls below this; 0 runs all sweeps.
    pub tolerance: f64,
    /// Sweeps at most, from 1.
    pub max_iterations: u32,
}

impl Default for IrankConfig {
    fn default() -> Self {
        Self {
            attribute: String::new(),
            damping: 0.85,
            tolerance: 1e-9,
            max_iterations: 100,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "irank",
    aliases: &["i_rank"],
    special_cases: &[],
    title: "iRank",
    summary: "Scores each vertex as PageRank does, but gives every kind of vertex the same weight however many \
              there are.",
    convention: "Scores sum to the number of kinds. Vertices without a value of the attribute are one kind. What \
                 vertices without edges out have is spread over all vertices. Edge weights, where there are \
                 some, say how often an edge is followed. Undirected edges are followed both ways.",
    source: "iRank of ArangoDB's Graph Analytics Engine; after Brin and Page, Computer Networks 30, 1998.",
    parameters: &[
        ATTRIBUTE,
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
        meaning: "The vertex's score; 1 over the size of its kind where nothing points to it or away.",
    }],
    rows: None,
    order: &[],
    summary_values: &[
        sweeps::ITERATIONS,
        sweeps::RESIDUAL,
        ColumnInfo {
            name: "kinds",
            quantity: Quantity::Count,
            meaning: "Kinds of vertices.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Sum,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::Items,
    steps_a_second: 4.0e8,
};

impl IrankConfig {
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
pub fn work(config: &IrankConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: 64 * n,
        operations: u64::from(config.max_iterations).saturating_mul(2 * n + 2 * m),
        ..Work::default()
    }
}

/// Computes the scores.
///
/// # Errors
///
/// [`KernelError::NegativeWeight`], and [`KernelError::Parameter`] or [`KernelError::NotApplicable`] when
/// the projection does not have the attribute.
pub fn run<L: Neighbourhoods>(
    graph: &Csr<L>,
    config: &IrankConfig,
    inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let kinds = Kinds::new(&attributes::items(inputs, &config.attribute)?.codes);
    let n = graph.vertex_count() as usize;
    control.expect(n as u64);
    let shares = follow_shares(graph, control)?;
    let (jumps, count) = jumps(&kinds, n);
    let (mut sent, damping) = (Gathered::zeros(n), config.damping);
    let settled = config.stop().repeat(&jumps, control, |scores, next| {
        let spread = send(scores, &shares, &mut sent, control)? / n as f64;
        blocks::fill_and_sum_along(&*graph.into, next, control, |v| {
            let followed = spread + received(&*graph.into, v, &sent);
            let score = (1.0 - damping) * jumps[v as usize] + damping * followed;
            (score, (score - scores[v as usize]).abs())
        })
    })?;
    let mut outcome = settled.into_outcome("score");
    outcome.summary.push(("kinds", Quantity::Count, count as f64));
    Ok(outcome)
}

/// One over the size of each vertex's kind, and the number of kinds.
fn jumps(kinds: &Kinds, n: usize) -> (Vec<f64>, usize) {
    // The last place is for those without a value.
    let none = kinds.count as usize;
    let mut sizes = vec![0.0; none + 1];
    let place = |v: usize| kinds.of.get(v).map_or(none, |it| none.min(*it as usize));
    (0..n).for_each(|v| sizes[place(v)] += 1.0);
    let count = sizes.iter().filter(|it| **it > 0.0).count();
    ((0..n).map(|v| 1.0 / sizes[place(v)]).collect(), count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::random_graphs::{any_graph, graph_of, on_threads, skewed};
    use super::super::registry::ItemCodes;
    use super::super::sweeps::{dense, solve};
    use super::*;
    use crate::graph::{Direction, MISSING};

    fn scores(graph: &Csr, damping: f64, codes: Vec<u32>) -> Vec<f64> {
        let config = IrankConfig {
            damping,
            tolerance: 1e-13,
            max_iterations: 1000,
            ..IrankConfig::default()
        };
        let inputs = Inputs {
            items: vec![ItemCodes {
                name: "kind".to_owned(),
                codes,
            }],
            ..Inputs::default()
        };
        let outcome = run(graph, &config, &inputs, &Control::default()).unwrap();
        outcome.numbers("score").to_vec()
    }

    /// Solves the linear system of the definition.
    fn by_elimination(graph: &Csr, damping: f64, codes: &[u32]) -> Vec<f64> {
        let matrix = dense(graph);
        let n = matrix.len();
        let out: Vec<f64> = matrix.iter().map(|row| row.iter().sum()).collect();
        let row = |v: usize| {
            let cell = |u: usize| {
                let share = if out[u] > 0.0 {
                    matrix[u][v] / out[u]
                } else {
                    1.0 / n as f64
                };
                f64::from(u8::from(u == v)) - damping * share
            };
            let size = codes.iter().filter(|it| **it == codes[v]).count() as f64;
            (0..n).map(cell).chain([(1.0 - damping) / size]).collect()
        };
        solve((0..n).map(row).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn scores_solve_the_linear_system(graph in any_graph(16), damping in 0.0..0.9_f64, kinds in 1_u32..4) {
            let code = |v: u32| if v % 5 == 4 { MISSING } else { v % kinds };
            let codes: Vec<u32> = (0..graph.vertex_count()).map(code).collect();
            let (found, wanted) = (scores(&graph, damping, codes.clone()), by_elimination(&graph, damping, &codes));
            for (a, b) in found.iter().zip(&wanted) {
                prop_assert!((a - b).abs() < 1e-9, "{found:?} instead of {wanted:?}");
            }
        }
    }

    #[test]
    fn a_star_of_two_kinds_sums_to_two() {
        let edges: Vec<(u32, u32)> = (0..9).map(|v| (v, 9)).collect();
        let star = graph_of(10, &edges, true);
        let one = scores(&star, 0.85, vec![0; 10]);
        assert!((one.iter().sum::<f64>() - 1.0).abs() < 1e-9 && (0.49..0.50).contains(&one[9]));
        let two = scores(&star, 0.85, vec![0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
        assert!((two.iter().sum::<f64>() - 2.0).abs() < 1e-9);
        assert_eq!(
            scores(&graph_of(3, &[], true), 0.0, vec![4, 4, 6]),
            [0.5, 0.5, 1.0]
        );
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let graph = skewed(Direction::Directed);
        let codes: Vec<u32> = (0..graph.vertex_count()).map(|v| v % 7).collect();
        let of = |threads| on_threads(threads, || scores(&graph, 0.85, codes.clone()));
        let one = of(1);
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
        let config = IrankConfig {
            damping: -0.1,
            ..IrankConfig::default()
        };
        assert!(config.validate().is_err());
        let graph = graph_of(2, &[(0, 1)], true);
        let answer = run(
            &graph,
            &IrankConfig::default(),
            &Inputs::default(),
            &Control::default(),
        );
        assert!(matches!(answer, Err(KernelError::NotApplicable { .. })));
    }
}
