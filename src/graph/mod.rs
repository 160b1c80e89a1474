//! What a graph is in memory: compressed sparse rows, attribute columns, vertex keys, statistics.
//!
//! Sync, no I/O, no logging; knows no other room of gaai.

mod build;
mod columns;
mod csr;
mod keys;

pub mod generate;
pub mod stats;

pub use build::{Direction, EdgeList, ParallelEdges, ProjectionRules, build};
pub use columns::{Column, MISSING};
pub use csr::{Adjacency, Csr, NO_VERTEX};
pub use keys::{VertexKeys, VertexRange};
