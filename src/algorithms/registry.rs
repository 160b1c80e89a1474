//! The registry: every algorithm with its parameters, columns, convention and cost.

use serde::{Deserialize, Serialize};

use super::control::{Control, KernelError};
use super::outcome::{Outcome, Quantity};
use crate::graph::Csr;

/// An algorithm with its parameters: a closed set, so that the compiler lists every place a new
/// one must be handled. In JSON: `{"name": "pagerank", "damping": 0.85, …}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Algorithm {
    /// Degrees: entries, distinct neighbours and weights, in and out.
    Degree(super::degree::DegreeConfig),
    /// PageRank, with teleport to all vertices or to given sources.
    Pagerank(super::pagerank::PagerankConfig),
    /// Weakly connected components.
    Wcc(super::wcc::WccConfig),
    /// Strongly connected components.
    Scc(super::scc::SccConfig),
    /// Communities by synchronous label propagation (CDLP).
    LabelPropagation(super::label_propagation::LabelPropagationConfig),
    /// Communities by modularity (Louvain).
    Louvain(super::louvain::LouvainConfig),
    /// Betweenness: how many shortest paths run through a vertex.
    Betweenness(super::betweenness::BetweennessConfig),
    /// Closeness, harmonic closeness and mean distance to all others.
    Closeness(super::closeness::ClosenessConfig),
    /// Triangles and local clustering coefficient.
    Triangles(super::triangles::TrianglesConfig),
    /// Core numbers.
    KCore(super::k_core::KCoreConfig),
    /// Hops from the nearest source.
    Bfs(super::bfs::BfsConfig),
    /// Weighted distance from the nearest source.
    Sssp(super::sssp::SsspConfig),
    /// Articulation points and bridges, with what each strands.
    Articulation(super::articulation::ArticulationConfig),
    /// How many vertices each vertex reaches, is reached from, and alone gives access to.
    Reachability(super::reachability::ReachabilityConfig),
    /// Simple cycles up to a length.
    Cycles(super::cycles::CyclesConfig),
    /// Cycles whose edges follow one another in time.
    TemporalCycles(super::temporal_cycles::TemporalCyclesConfig),
    /// Links vertices that share attribute values or out-neighbours.
    Linkage(super::linkage::LinkageConfig),
}

/// What the registry says about an algorithm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Info {
    /// Name in templates and on the command line.
    pub name: &'static str,
    /// Other names that are accepted.
    pub aliases: &'static [&'static str],
    /// Name for people.
    pub title: &'static str,
    /// What it tells, in one sentence.
    pub summary: &'static str,
    /// What changes the answer: dangling vertices, self-loops, parallel edges, direction; in sentences.
    pub convention: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Parameters.
    pub parameters: &'static [ParameterInfo],
    /// Columns of the table `vertices`, the algorithm's own.
    pub columns: &'static [ColumnInfo],
    /// Name and columns of the table of rows, if there is one.
    pub rows: Option<(&'static str, &'static [ColumnInfo])>,
    /// Numbers of the summary.
    pub summary_values: &'static [ColumnInfo],
    /// Whether it needs edge times.
    pub needs_times: bool,
    /// Whether it uses edge weights when there are some.
    pub uses_weights: bool,
}

/// What the registry says about a parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParameterInfo {
    /// Its name.
    pub name: &'static str,
    /// `number`, `whole number`, `yes or no`, `keys`.
    pub kind: &'static str,
    /// Its default, as text.
    pub default: &'static str,
    /// What is allowed.
    pub range: &'static str,
    /// What it does.
    pub meaning: &'static str,
}

/// What the registry says about a column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnInfo {
    /// Its name.
    pub name: &'static str,
    /// What it measures.
    pub quantity: Quantity,
    /// What it means.
    pub meaning: &'static str,
}

/// What a kernel gets beside the graph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    /// The vertices that the `sources` parameter names, ascending.
    pub sources: Vec<u32>,
    /// The projection's attributes as items, for linkage.
    pub items: Vec<ItemCodes>,
}

/// An attribute as items: vertices with equal codes share the item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ItemCodes {
    /// Name of the attribute.
    pub name: String,
    /// One code a vertex; [`crate::graph::MISSING`] holds nothing.
    pub codes: Vec<u32>,
}

/// What a kernel will take beyond the loaded graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Peak bytes.
    pub bytes: u64,
    /// Elementary steps (edge visits) on one core; the engine knows how many a second.
    pub operations: u64,
}

impl Algorithm {
    /// What the registry says about it.
    pub fn info(&self) -> &'static Info {
        unreachable!("written next")
    }

    /// Runs it. Uses the current rayon pool; the answer does not depend on its size.
    pub fn run(&self, graph: &Csr, inputs: &Inputs, control: &Control) -> Result<Outcome, KernelError> {
        let _ = (graph, inputs, control);
        unreachable!("written next")
    }

    /// Upper bounds of what it takes on a graph of `n` vertices and `m` edges.
    pub fn work(&self, n: u64, m: u64) -> Work {
        let _ = (n, m);
        unreachable!("written next")
    }
}
