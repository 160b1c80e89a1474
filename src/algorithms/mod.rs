//! The kernels, one file each, and the registry: the single truth about every algorithm.
//!
//! Knows [`crate::graph`] only; sync, no I/O, no logging. Kernels report through [`Control`]
//! (progress in work units, cancellation checked per block of work) and answer with an
//! [`Outcome`] whose values are the same at any thread count.

mod attributes;
mod best;
mod blocks;
mod cascade;
mod chunks;
mod community_sums;
mod condensation;
mod control;
mod delta_stepping;
mod description;
mod disjoint_sets;
mod distinct_lists;
mod divisions;
mod flow_network;
mod gathered;
mod groups;
mod holdings;
mod hop_search;
mod inputs;
mod layers;
mod local_moving;
mod modularity;
mod motif_counts;
mod names;
mod nearest;
mod outcome;
mod pace;
mod pairs;
mod path_counts;
mod path_search;
mod power_law;
mod refinement;
mod registry;
mod renumbering;
mod sampling;
mod set_comparison;
mod shortest_path_tree;
mod shortest_paths;
mod simple_view;
mod sort;
mod sweeps;
mod temporal_search;
mod time_order;
mod truss_links;
mod upward;
mod value_sets;
mod votes;
mod walker;

#[cfg(test)]
mod cancellation_tests;
#[cfg(test)]
mod compressed_tests;
#[cfg(test)]
mod random_graphs;

pub mod all_pairs_shortest_paths;
pub mod article_rank;
pub mod articulation;
pub mod attribute_assortativity;
pub mod attribute_propagation;
pub mod bellman_ford;
pub mod betweenness;
pub mod bfs;
pub mod biconnected;
pub mod closeness;
pub mod component_aggregation;
pub mod cycles;
pub mod degree;
pub mod degree_assortativity;
pub mod degree_distribution;
pub mod density;
pub mod diameter;
pub mod dominators;
pub mod eigenvector;
pub mod fast_rp;
pub mod hits;
pub mod influence;
pub mod irank;
pub mod k1_colouring;
pub mod k_core;
pub mod k_shortest_paths;
pub mod k_truss;
pub mod katz;
pub mod knn;
pub mod label_propagation;
pub mod leiden;
pub mod line_rank;
pub mod link_prediction;
pub mod linkage;
pub mod louvain;
pub mod max_flow;
pub mod node2vec;
pub mod node_similarity;
pub mod pagerank;
pub mod partition_quality;
pub mod pass_through;
pub mod random_walks;
pub mod reachability;
pub mod reciprocity;
pub mod scc;
pub mod shortest_path;
pub mod spanning_forest;
pub mod sssp;
pub mod temporal_cycles;
pub mod temporal_motifs;
pub mod temporal_reachability;
pub mod topological_order;
pub mod triangles;
pub mod wcc;

pub use control::{Control, KernelError};
pub use outcome::{Exactness, Outcome, OutputColumn, Quantity, RowTable, Values};
pub use registry::{
    Algorithm, AttributeUse, ColumnInfo, Extent, Info, Inputs, ItemCodes, NumberColumn, ParameterInfo,
    SpecialCase, TableOrder, Work,
};
