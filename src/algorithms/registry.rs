//! The registry: every algorithm with its parameters, columns, convention and cost.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::control::{Control, KernelError};
pub(super) use super::description::ParallelEdges;
pub use super::description::{AttributeUse, ColumnInfo, Info, ParameterInfo, SpecialCase, TableOrder};
pub use super::inputs::{Extent, Inputs, ItemCodes, NumberColumn, Work};
use super::names;
use super::outcome::Outcome;
use super::renumbering;
use super::{
    all_pairs_shortest_paths, article_rank, articulation, attribute_assortativity, attribute_propagation,
    bellman_ford, betweenness, bfs, biconnected, closeness, component_aggregation, cycles, degree,
    degree_assortativity, degree_distribution, density, diameter, dominators, eigenvector, fast_rp, hits,
    influence, irank, k_core, k_shortest_paths, k_truss, k1_colouring, katz, knn, label_propagation, leiden,
    line_rank, link_prediction, linkage, louvain, max_flow, node_similarity, node2vec, pagerank,
    partition_quality, pass_through, random_walks, reachability, reciprocity, scc, shortest_path,
    spanning_forest, sssp, temporal_cycles, temporal_motifs, temporal_reachability, topological_order,
    triangles, wcc,
};
use crate::graph::{CompressedCsr, Csr};

/// Writes the closed set of algorithms: the enumeration, the list, and who does what for each. A line
/// names the variant, its room, its parameters, and `sources` and `targets` where they name the vertices
/// to start and to end at; `+ compressed` says that its kernel runs on compressed lists too.
macro_rules! algorithms {
    ($($(#[$doc:meta])* $variant:ident($room:ident::$config:ident $(, $sources:ident $(, $targets:ident)?)?) $(+ $form:ident)?),+ $(,)?) => {
        /// An algorithm with its parameters. In JSON: `{"name": "pagerank", "damping": 0.85, …}`.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "name", rename_all = "snake_case")]
        pub enum Algorithm {
            $($(#[$doc])* $variant($room::$config)),+
        }

        /// Every algorithm, in the order of [`Algorithm`].
        static ALL: &[&Info] = &[$(&$room::INFO),+];

        /// Those that run on compressed lists.
        static ON_COMPRESSED: &[&Info] = &[$($(info_of!($room, $form),)?)+];

        impl Algorithm {
            /// Whether every parameter is in its range; [`KernelError::Parameter`] names the first that is not.
            pub fn validate(&self) -> Result<(), KernelError> {
                match self {
                    $(Algorithm::$variant(config) => config.validate()),+
                }
            }

            /// The vertices that the parameter `sources` names; empty for algorithms without it.
            pub fn sources(&self) -> &[String] {
                match self {
                    $(Algorithm::$variant(config) => sources_of!(config $(, $sources)?)),+
                }
            }

            /// The vertices that the parameter `targets` names; empty for algorithms without it.
            pub fn targets(&self) -> &[String] {
                match self {
                    $(Algorithm::$variant(config) => sources_of!(config $($(, $targets)?)?)),+
                }
            }

            /// What the registry says about it.
            pub fn info(&self) -> &'static Info {
                match self {
                    $(Algorithm::$variant(_) => &$room::INFO),+
                }
            }

            /// Upper bounds of what it takes on a graph of this size.
            pub fn work(&self, size: Extent) -> Work {
                match self {
                    $(Algorithm::$variant(config) => $room::work(config, size)),+
                }
            }

            fn compute(&self, graph: &Csr, inputs: &Inputs, control: &Control) -> Result<Outcome, KernelError> {
                match self {
                    $(Algorithm::$variant(config) => $room::run(graph, config, inputs, control)),+
                }
            }

            fn compute_compressed(
                &self,
                graph: &CompressedCsr,
                inputs: &Inputs,
                control: &Control,
            ) -> Result<Outcome, KernelError> {
                match self {
                    $($(Algorithm::$variant(config) => run_of!($room, $form, graph, config, inputs, control),)?)+
                    _ => Err(self.info().not_compressed()),
                }
            }
        }
    };
}

/// The sources or targets that parameters name, where they do.
macro_rules! sources_of {
    ($config:ident, $sources:ident) => {
        &$config.$sources
    };
    ($config:ident) => {{
        let _ = $config;
        &[]
    }};
}

/// What the registry says about a kernel that runs on this form of the lists too.
macro_rules! info_of {
    ($room:ident, compressed) => {
        &$room::INFO
    };
}

/// What such a kernel answers.
macro_rules! run_of {
    ($room:ident, compressed, $($argument:ident),+) => {
        $room::run($($argument),+)
    };
}

algorithms! {
    /// Degrees: entries, distinct neighbours and weights, in and out.
    Degree(degree::DegreeConfig) + compressed,
    /// PageRank, with teleport to all vertices or to given sources.
    Pagerank(pagerank::PagerankConfig, sources) + compressed,
    /// PageRank that trusts short lists less.
    ArticleRank(article_rank::ArticleRankConfig) + compressed,
    /// PageRank that gives every kind of vertex the same weight.
    Irank(irank::IrankConfig) + compressed,
    /// How often a random walk over edges passes a vertex.
    LineRank(line_rank::LineRankConfig) + compressed,
    /// Leading eigenvector.
    Eigenvector(eigenvector::EigenvectorConfig) + compressed,
    /// Hubs and authorities.
    Hits(hits::HitsConfig) + compressed,
    /// Attenuated count of walks.
    Katz(katz::KatzConfig) + compressed,
    /// Weakly connected components.
    Wcc(wcc::WccConfig) + compressed,
    /// Strongly connected components.
    Scc(scc::SccConfig),
    /// Values of an attribute in each component.
    ComponentAggregation(component_aggregation::ComponentAggregationConfig),
    /// Communities by label propagation (CDLP).
    LabelPropagation(label_propagation::LabelPropagationConfig),
    /// Values of an attribute that reach each vertex.
    AttributePropagation(attribute_propagation::AttributePropagationConfig),
    /// Communities by modularity (Louvain).
    Louvain(louvain::DivisionConfig),
    /// Well-connected communities by modularity (Leiden).
    Leiden(leiden::DivisionConfig),
    /// Betweenness: how many shortest paths run through a vertex.
    Betweenness(betweenness::BetweennessConfig),
    /// Closeness, harmonic closeness and mean distance to all others.
    Closeness(closeness::ClosenessConfig),
    /// Triangles and local clustering coefficient.
    Triangles(triangles::TrianglesConfig),
    /// Core numbers.
    KCore(k_core::KCoreConfig),
    /// Colours that differ along every edge.
    K1Colouring(k1_colouring::K1ColouringConfig),
    /// Hops from the nearest source.
    Bfs(bfs::BfsConfig, sources) + compressed,
    /// Weighted distance from the nearest source.
    Sssp(sssp::SsspConfig, sources),
    /// The shortest path between vertices.
    ShortestPath(shortest_path::ShortestPathConfig, sources, targets),
    /// Several shortest paths between two vertices.
    KShortestPaths(k_shortest_paths::KShortestPathsConfig, sources, targets),
    /// Distances between all pairs of vertices.
    AllPairsShortestPaths(all_pairs_shortest_paths::AllPairsShortestPathsConfig),
    /// Distances where weights may be negative, and negative cycles.
    BellmanFord(bellman_ford::BellmanFordConfig, sources),
    /// Through which vertex every path from the sources must go.
    Dominators(dominators::DominatorsConfig, sources),
    /// Maximum flow and minimum cut.
    MaxFlow(max_flow::MaxFlowConfig, sources, targets),
    /// Minimum spanning forest.
    SpanningForest(spanning_forest::SpanningForestConfig),
    /// Topological order and longest path.
    TopologicalOrder(topological_order::TopologicalOrderConfig),
    /// Articulation points and bridges, with what each strands.
    Articulation(articulation::ArticulationConfig),
    /// How many vertices each vertex reaches, is reached from, and alone gives access to.
    Reachability(reachability::ReachabilityConfig),
    /// Simple cycles up to a length.
    Cycles(cycles::CyclesConfig),
    /// Cycles whose edges follow one another in time.
    TemporalCycles(temporal_cycles::TemporalCyclesConfig),
    /// Who can be reached in time order, and when.
    TemporalReachability(temporal_reachability::TemporalReachabilityConfig, sources),
    /// How often patterns of three edges in time occur.
    TemporalMotifs(temporal_motifs::TemporalMotifsConfig),
    /// What passes through a vertex within a time window.
    PassThrough(pass_through::PassThroughConfig),
    /// Links vertices that share attribute values or out-neighbours.
    Linkage(linkage::LinkageConfig),
    /// Vertices whose neighbours are alike.
    NodeSimilarity(node_similarity::NodeSimilarityConfig),
    /// Pairs that ought to be linked.
    LinkPrediction(link_prediction::LinkPredictionConfig),
    /// Random walks.
    RandomWalks(random_walks::RandomWalksConfig, sources),
    /// Vectors of vertices by random projection.
    FastRp(fast_rp::FastRpConfig),
    /// Nearest vertices by numeric attributes.
    Knn(knn::KnnConfig),
    /// Vectors of vertices by random walks.
    Node2vec(node2vec::Node2vecConfig),
    /// Truss numbers.
    KTruss(k_truss::KTrussConfig),
    /// Biconnected components.
    Biconnected(biconnected::BiconnectedConfig),
    /// Linked pairs as a share of all.
    Density(density::DensityConfig),
    /// Links that go both ways.
    Reciprocity(reciprocity::ReciprocityConfig),
    /// Whether hubs are linked to hubs.
    DegreeAssortativity(degree_assortativity::DegreeAssortativityConfig),
    /// Whether edges join vertices with like values.
    AttributeAssortativity(attribute_assortativity::AttributeAssortativityConfig),
    /// How degrees are spread.
    DegreeDistribution(degree_distribution::DegreeDistributionConfig) + compressed,
    /// How far apart two vertices can be.
    Diameter(diameter::DiameterConfig),
    /// How well given groups fit the edges.
    PartitionQuality(partition_quality::PartitionQualityConfig),
    /// Influence maximisation.
    Influence(influence::InfluenceConfig),
}

impl Algorithm {
    /// Every algorithm, in the order that lists show.
    pub fn all() -> &'static [&'static Info] {
        ALL
    }

    /// What the registry says about the algorithm of this name. Case does not matter, and `-` and spaces count
    /// as `_`. Aliases and names of special cases are names too.
    ///
    /// # Errors
    ///
    /// [`KernelError::UnknownAlgorithm`] with the names that come near.
    pub fn find(name: &str) -> Result<&'static Info, KernelError> {
        names::find(ALL, name).map(|(info, _)| info)
    }

    /// The algorithm of this name or alias with these parameters; those not given have their defaults, or the
    /// values that the name stands for.
    ///
    /// A list of keys may be given as one key, and a whole number as `20.0`.
    ///
    /// # Errors
    ///
    /// Names the first unknown algorithm or parameter (with near names) and the first value that has
    /// the wrong type, is out of range, or contradicts the name.
    pub fn from_parameters(
        name: &str,
        parameters: &BTreeMap<String, serde_json::Value>,
    ) -> Result<Algorithm, KernelError> {
        let (info, case) = names::find(ALL, name)?;
        let mut object = serde_json::Map::new();
        object.insert("name".to_owned(), info.name.into());
        let stated = names::stated(info, case, parameters)?;
        for (name, value) in &stated {
            let parameter = info.parameters.iter().find(|it| it.name == name).ok_or_else(|| {
                KernelError::UnknownParameter {
                    algorithm: info.name,
                    parameter: name.clone(),
                    near: names::nearest_or_all(name, info.parameters.iter().map(|it| it.name)),
                }
            })?;
            let value = parameter.coerced(value);
            // Each parameter is tried alone, because serde's error does not name the field.
            let mut alone = serde_json::Map::new();
            alone.insert("name".to_owned(), info.name.into());
            alone.insert(name.clone(), value.clone());
            if Self::read(info, alone).is_err() {
                return Err(parameter.refused(&value));
            }
            object.insert(name.clone(), value);
        }
        let algorithm = Self::read(info, object)?;
        algorithm.validate()?;
        Ok(algorithm)
    }

    fn read(
        info: &Info,
        object: serde_json::Map<String, serde_json::Value>,
    ) -> Result<Algorithm, KernelError> {
        serde_json::from_value(object.into()).map_err(|error| KernelError::NotApplicable {
            reason: format!("the parameters of {} cannot be read: {error}", info.name),
        })
    }

    /// Runs it. Uses the current rayon pool; the answer does not depend on its size. Inputs and answer are
    /// in the projection's vertex numbers, whatever order the graph has them in.
    pub fn run(&self, graph: &Csr, inputs: &Inputs, control: &Control) -> Result<Outcome, KernelError> {
        self.validate()?;
        control.check()?;
        renumbering::in_order(graph, inputs, |inputs| self.compute(graph, inputs, control))
    }

    /// Those that run on compressed lists, in the order that lists show.
    pub fn on_compressed() -> &'static [&'static Info] {
        ON_COMPRESSED
    }

    /// Runs it on compressed lists; the answer is that of [`Algorithm::run`] on the plain ones.
    ///
    /// # Errors
    ///
    /// As [`Algorithm::run`], and [`KernelError::NotApplicable`] with those that do, where it does not run on
    /// compressed lists.
    pub fn run_compressed(
        &self,
        graph: &CompressedCsr,
        inputs: &Inputs,
        control: &Control,
    ) -> Result<Outcome, KernelError> {
        self.validate()?;
        control.check()?;
        renumbering::in_order(graph, inputs, |inputs| {
            self.compute_compressed(graph, inputs, control)
        })
    }
}

impl Info {
    /// Whether it runs on compressed lists.
    pub fn runs_compressed(&self) -> bool {
        ON_COMPRESSED.iter().any(|it| it.name == self.name)
    }

    /// Why it does not run on compressed lists, and what does.
    pub fn not_compressed(&self) -> KernelError {
        let names: Vec<&str> = ON_COMPRESSED.iter().map(|it| it.name).collect();
        KernelError::NotApplicable {
            reason: format!(
                "{} does not run on compressed lists; run it on the plain graph, or one of {}",
                self.name,
                names.join(", ")
            ),
        }
    }
}

#[cfg(test)]
#[path = "registry_tests.rs"]
mod tests;
