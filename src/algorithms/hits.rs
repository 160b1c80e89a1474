//! Hubs and authorities (HITS) by the power method.
//!
//! A vertex is a good hub when it points to good authorities, and a good authority when good hubs point
//! to it: `authority(v) = Σ w(u, v) hub(u)` over the in-neighbours, `hub(v) = Σ w(v, u) authority(u)` over
//! the out-neighbours, each scaled to sum 1 after every sweep.
//!
//! Convention: that of networkx. On undirected edges both scores are equal. Without edges all scores are
//! 0. Parallel edges count as often as the projection keeps them.
//!
//! Cost: O(n + m) a sweep and direction, 32 bytes a vertex beyond the answer, all threads of the pool.

use serde::{Deserialize, Serialize};

use super::blocks;
use super::control::{Control, KernelError};
use super::gathered::Gathered;
use super::outcome::{Outcome, OutputColumn, Quantity, Values};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, Work};
use super::shortest_paths::refuse_negative;
use super::sweeps::{self, Stop, received};
use crate::graph::{Csr, Neighbourhoods};

/// Parameters of [`super::Algorithm::Hits`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HitsConfig {
    /// Stop when the L1 change of a sweep falls below this; 0 runs all sweeps.
    pub tolerance: f64,
    /// Sweeps at most, from 1.
    pub max_iterations: u32,
}

impl Default for HitsConfig {
    fn default() -> Self {
        Self {
            tolerance: 1e-9,
            max_iterations: 1000,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "hits",
    aliases: &["hubs_and_authorities"],
    special_cases: &[],
    title: "Hubs and authorities",
    summary: "Scores who points to the best sources, and who is pointed to by the best pointers.",
    convention: "Each of the two scores sums to 1, or is 0 everywhere without edges. Edge weights, where there \
                 are some, multiply what is passed on. On undirected edges both scores are equal.",
    source: "Kleinberg, Journal of the ACM 46, 1999; convention of networkx.",
    parameters: &[sweeps::TOLERANCE, sweeps::max_iterations("1000")],
    columns: &[
        ColumnInfo {
            name: "authority",
            quantity: Quantity::Score,
            meaning: "How much the vertex is pointed to by good hubs.",
        },
        ColumnInfo {
            name: "hub",
            quantity: Quantity::Score,
            meaning: "How much the vertex points to good authorities.",
        },
    ],
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

impl HitsConfig {
    /// Whether every parameter is in its range.
    pub fn validate(&self) -> Result<(), KernelError> {
        self.stop().validate()
    }

    fn stop(&self) -> Stop {
        Stop::new(self.tolerance, self.max_iterations)
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(config: &HitsConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: 40 * n,
        operations: u64::from(config.max_iterations).saturating_mul(4 * n + 4 * m),
        ..Work::default()
    }
}

/// Computes both scores.
///
/// # Errors
///
/// [`KernelError::NegativeWeight`].
pub fn run<L: Neighbourhoods>(
    graph: &Csr<L>,
    config: &HitsConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    refuse_negative(graph)?;
    let n = graph.vertex_count() as usize;
    let start = vec![1.0 / n.max(1) as f64; n];
    let mut hubs = Gathered::zeros(n);
    let settled = config.stop().repeat(&start, control, |authorities, next| {
        hubs_of(graph, authorities, &mut hubs, control)?;
        let total = blocks::fill_and_sum_along(&*graph.into, next, control, |v| {
            let score = received(&*graph.into, v, &hubs);
            (score, score)
        })?;
        scale(next, total);
        Ok(next.iter().zip(authorities).map(|(a, b)| (a - b).abs()).sum())
    })?;
    hubs_of(graph, &settled.scores, &mut hubs, control)?;
    let mut outcome = settled.into_outcome("authority");
    outcome.vertices.push(OutputColumn::new(
        "hub",
        Quantity::Score,
        Values::Numbers(hubs.to_vec()),
    ));
    Ok(outcome)
}

/// The hub scores that go with authorities.
fn hubs_of<L: Neighbourhoods>(
    graph: &Csr<L>,
    authorities: &[f64],
    hubs: &mut [f64],
    control: &Control,
) -> Result<(), KernelError> {
    let total = blocks::fill_and_sum_along(&*graph.out, hubs, &control.silent(), |v| {
        let score = received(&*graph.out, v, authorities);
        (score, score)
    })?;
    scale(hubs, total);
    Ok(())
}

/// Makes scores sum to 1, where they sum to more than 0.
fn scale(scores: &mut [f64], total: f64) {
    if total > 0.0 {
        scores.iter_mut().for_each(|it| *it /= total);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::outcome::Exactness;
    use super::super::random_graphs::{any_graph, on_threads, skewed};
    use super::super::sweeps::dense;
    use super::*;
    use crate::graph::Direction;

    fn found(graph: &Csr) -> (Vec<f64>, Vec<f64>, Exactness) {
        let config = HitsConfig {
            tolerance: 1e-12,
            max_iterations: 5000,
        };
        let outcome = run(graph, &config, &Inputs::default(), &Control::default()).unwrap();
        let (authority, hub) = (outcome.numbers("authority"), outcome.numbers("hub"));
        (authority.to_vec(), hub.to_vec(), outcome.exactness)
    }

    /// `to` is `from` through the matrix, up to a factor.
    fn follows(matrix: &[Vec<f64>], from: &[f64], to: &[f64], forward: bool) -> bool {
        let n = from.len();
        let edge = |u: usize, v: usize| if forward { matrix[u][v] } else { matrix[v][u] };
        let mut sent: Vec<f64> = (0..n)
            .map(|v| (0..n).map(|u| edge(u, v) * from[u]).sum())
            .collect();
        let total = sent.iter().sum();
        scale(&mut sent, total);
        sent.iter().zip(to).all(|(a, b)| (a - b).abs() < 1e-6)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn settled_scores_make_each_other(graph in any_graph(16)) {
            let (authority, hub, exactness) = found(&graph);
            if exactness == Exactness::Exact {
                let matrix = dense(&graph);
                prop_assert!(follows(&matrix, &hub, &authority, true), "{hub:?} {authority:?}");
                prop_assert!(follows(&matrix, &authority, &hub, false), "{hub:?} {authority:?}");
                let sum: f64 = authority.iter().sum();
                prop_assert!(graph.edge_count == 0 || (sum - 1.0).abs() < 1e-9 || sum == 0.0);
            }
        }
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let graph = skewed(Direction::Directed);
        let of = |threads| on_threads(threads, || found(&graph).1);
        assert!(of(1).iter().zip(&of(4)).all(|(a, b)| a.to_bits() == b.to_bits()));
    }
}
