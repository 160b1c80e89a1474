//! What a graph is in memory: compressed sparse rows, attribute columns, vertex keys, how values are spread.
//!
//! Sync, no I/O, no logging; knows no other room of gaai.

mod build;
mod columns;
mod csr;
mod keys;

pub mod generate;
pub mod stats;

pub use build::{Direction, EdgeList, MOST_EDGES, ParallelEdges, ProjectionRules, build};
pub use columns::{Column, MISSING, instant_text};
pub use csr::{Adjacency, Csr, NO_VERTEX};
pub use keys::{VertexKeys, VertexRange};
