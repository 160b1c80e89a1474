//! What a graph is in memory: compressed sparse rows, attribute columns, vertex keys, how values are spread.
//!
//! Sync, no I/O, no logging; knows no other room of gaai.

mod build;
mod columns;
mod compressed;
mod csr;
mod degree_order;
mod keys;
mod neighbourhoods;
mod texts;
mod transpose;

pub mod generate;
pub mod stats;

pub use build::{Direction, EdgeList, MOST_EDGES, ParallelEdges, ProjectionRules, build, build_by_degree};
pub use columns::{Column, MISSING, instant_text};
pub use compressed::{CompressError, CompressedAdjacency, CompressedCsr};
pub use csr::{Adjacency, Csr, NO_VERTEX};
pub use keys::{VertexKeys, VertexRange};
pub use neighbourhoods::{Neighbourhoods, PORTION};
pub use texts::Texts;

#[cfg(test)]
pub(crate) use csr::visits;
