//! The greatest flow from sources to targets, and the smallest cut that separates them.
//!
//! A flow keeps to the capacity of every edge, and as much leaves a vertex as arrives, but at sources and
//! targets. The greatest flow is as large as the smallest cut: the edges out of a side that holds the
//! sources and no target.
//!
//! Convention: weights are capacities; without weights every edge lets 1 through, so that the value is the
//! number of ways without a common edge. Parallel edges are one edge of their capacity in sum, self-loops
//! let nothing through. An undirected edge lets its capacity through in either direction. The value and the
//! cut nearest to the sources are unique; of several greatest flows one is named.
//!
//! Cost: as in `flow_network`, 64 bytes an edge at most. Sources: Ford & Fulkerson 1956; Dinic 1970.

use serde::{Deserialize, Serialize};

use super::bfs::need_sources;
use super::control::{Control, KernelError};
use super::flow_network::FlowNetwork;
use super::outcome::{Outcome, OutputColumn, Quantity, RowTable, Values};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use super::shortest_path::need_targets;
use super::shortest_paths::refuse_negative;
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::MaxFlow`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MaxFlowConfig {
    /// Where the flow comes from; at least one.
    pub sources: Vec<String>,
    /// Where it goes to; at least one, none of them a source.
    pub targets: Vec<String>,
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "max_flow",
    aliases: &[
        "maximum_flow",
        "min_cut",
        "minimum_cut",
        "bottleneck",
        "maxflow",
        "mincut",
    ],
    special_cases: &[],
    title: "Maximum flow and minimum cut",
    summary: "Finds how much can flow from the given sources to the given targets, and the edges that hold it back.",
    convention: "Weights are capacities; without weights every edge lets 1 through. Parallel edges are one edge of \
                 their capacity in sum; edges from a vertex to itself let nothing through. An undirected edge lets \
                 its capacity through in either direction. Weights must not be negative. The value and the cut \
                 nearest to the sources are unique; of several greatest flows one is named.",
    source: "Ford & Fulkerson, Canadian Journal of Mathematics 8, 1956; Dinic, Soviet Mathematics Doklady 11, 1970",
    parameters: &[
        ParameterInfo {
            name: "sources",
            kind: "keys",
            default: "",
            range: "at least one vertex",
            meaning: "Where the flow comes from.",
        },
        ParameterInfo {
            name: "targets",
            kind: "keys",
            default: "",
            range: "at least one vertex, none of them a source",
            meaning: "Where it goes to.",
        },
    ],
    columns: &[
        ColumnInfo {
            name: "source_side",
            quantity: Quantity::Flag,
            meaning: "Whether the minimum cut leaves the vertex on the side of the sources.",
        },
        ColumnInfo {
            name: "through",
            quantity: Quantity::Weight,
            meaning: "What flows through the vertex; what leaves it at a source.",
        },
    ],
    rows: Some((
        "edges",
        &[
            ColumnInfo {
                name: "from",
                quantity: Quantity::Name,
                meaning: "Where the flow comes from.",
            },
            ColumnInfo {
                name: "to",
                quantity: Quantity::Name,
                meaning: "Where it goes to.",
            },
            ColumnInfo {
                name: "flow",
                quantity: Quantity::Weight,
                meaning: "What flows along the edge, above 0.",
            },
            ColumnInfo {
                name: "capacity",
                quantity: Quantity::Weight,
                meaning: "What it lets through.",
            },
            ColumnInfo {
                name: "is_cut",
                quantity: Quantity::Flag,
                meaning: "Whether it belongs to the minimum cut.",
            },
        ],
    )),
    order: &[],
    summary_values: &[
        ColumnInfo {
            name: "value",
            quantity: Quantity::Weight,
            meaning: "What flows in all, which is the capacity of the minimum cut.",
        },
        ColumnInfo {
            name: "cut_edges",
            quantity: Quantity::Count,
            meaning: "Edges of the minimum cut.",
        },
        ColumnInfo {
            name: "source_side",
            quantity: Quantity::Count,
            meaning: "Vertices that it leaves on the side of the sources.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Keep,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 1.6e9,
};

impl MaxFlowConfig {
    /// Whether every parameter is in its range; the error names the first that is not.
    pub fn validate(&self) -> Result<(), KernelError> {
        need_sources(self.sources.is_empty())?;
        need_targets(self.targets.is_empty())
    }
}

/// What it takes on a graph of this size: bytes at most, and steps where a few hundred rounds over the
/// edges are enough; adversarial graphs take more.
pub fn work(_config: &MaxFlowConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: n.saturating_mul(48).saturating_add(m.saturating_mul(96)),
        operations: n.saturating_add(m.saturating_mul(2)).saturating_mul(256),
        rows: m.saturating_mul(2),
    }
}

/// Finds the flow from `inputs.sources` to `inputs.targets`.
///
/// # Errors
///
/// [`KernelError::NegativeWeight`]; [`KernelError::NotApplicable`] when a source is a target;
/// [`KernelError::Parameter`] without a source or a target; [`KernelError::Cancelled`].
pub fn run(
    graph: &Csr,
    _config: &MaxFlowConfig,
    inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let (sources, targets) = (&inputs.sources, &inputs.targets);
    need_sources(sources.is_empty())?;
    need_targets(targets.is_empty())?;
    if sources.iter().any(|it| targets.binary_search(it).is_ok()) {
        return Err(KernelError::NotApplicable {
            reason: "a vertex is both a source and a target, and between them nothing limits the flow; name \
                     different vertices"
                .to_owned(),
        });
    }
    refuse_negative(graph)?;
    let mut network = FlowNetwork::new(graph, control)?;
    let value = network.fill(sources, targets, control)?;
    let side = network.source_side(sources, control)?;
    outcome(&network, value, side, control)
}

/// The edges along which something flows.
#[derive(Default)]
struct Edges {
    from: Vec<u32>,
    to: Vec<u32>,
    flow: Vec<f64>,
    capacity: Vec<f64>,
    is_cut: Vec<bool>,
}

fn outcome(
    network: &FlowNetwork,
    value: f64,
    side: Vec<bool>,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let mut edges = Edges::default();
    let (mut arriving, mut leaving) = (vec![0.0_f64; side.len()], vec![0.0_f64; side.len()]);
    network.each_edge(value, control, |from, to, flow, capacity| {
        leaving[from as usize] += flow;
        arriving[to as usize] += flow;
        edges.from.push(from);
        edges.to.push(to);
        edges.flow.push(flow);
        edges.capacity.push(capacity);
        edges.is_cut.push(side[from as usize] && !side[to as usize]);
    })?;
    let through = arriving.iter().zip(&leaving).map(|(a, b)| a.max(*b)).collect();
    let count = |flags: &[bool]| flags.iter().filter(|it| **it).count() as f64;
    let (cut_edges, source_side) = (count(&edges.is_cut), count(&side));
    let column = OutputColumn::new;
    Ok(Outcome {
        vertices: vec![
            column("source_side", Quantity::Flag, Values::Flags(side)),
            column("through", Quantity::Weight, Values::Numbers(through)),
        ],
        rows: Some(RowTable {
            name: "edges",
            columns: vec![
                column("from", Quantity::Name, Values::Vertices(edges.from)),
                column("to", Quantity::Name, Values::Vertices(edges.to)),
                column("flow", Quantity::Weight, Values::Numbers(edges.flow)),
                column("capacity", Quantity::Weight, Values::Numbers(edges.capacity)),
                column("is_cut", Quantity::Flag, Values::Flags(edges.is_cut)),
            ],
        }),
        summary: vec![
            ("value", Quantity::Weight, value),
            ("cut_edges", Quantity::Count, cut_edges),
            ("source_side", Quantity::Count, source_side),
        ],
        ..Outcome::default()
    })
}

#[cfg(test)]
#[path = "max_flow_tests.rs"]
mod tests;
