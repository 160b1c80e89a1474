//! Where schema, vertices and edges come from.
//!
//! A source takes a census and loads projections; it does not know what they are for.

mod assemble;
mod blocks;
mod cache;
mod cells;
mod census;
mod csv;
mod delimiter;
pub mod demo;
mod demo_briefs;
mod demo_draw;
mod demo_fraud;
mod demo_fraud_clean;
mod demo_fraud_planted;
mod demo_social;
mod demo_social_planted;
mod demo_supply_chain;
mod demo_supply_planted;
mod direction;
mod edge_list;
mod endpoints;
mod error;
mod files;
mod growing;
mod inspect;
mod interned;
mod joining;
mod jsonl;
mod kept;
mod layout;
mod lines;
mod load;
mod memory;
mod meter;
mod pairs;
mod parquet;
mod parquet_columns;
mod parts;
mod records;
mod resolve;
mod rows;
mod settings;
mod tables;
mod values;

use std::path::PathBuf;

use futures_util::future::BoxFuture;

#[cfg(test)]
mod blocks_tests;

pub use cache::CacheOptions;
pub use error::SourceError;
pub use files::{FileSource, LoadLimits};
pub use inspect::{issue_sentence, write_inspection};
pub use memory::{GivenEdges, GivenVertices, MemorySource};
pub use resolve::near_names;

use crate::algorithms::Control;
use crate::graph::{Adjacency, Column, CompressError, CompressedAdjacency, Csr, VertexKeys};
use crate::model::{id::ContentHash, schema::Census, template::Projection};

/// Where schema, vertices and edges come from: files, later ArangoDB.
pub trait GraphSource: Send + Sync {
    /// Counts what is in the graph. Exact; the same for the same input bytes.
    fn census<'a>(&'a self, control: &'a Control) -> BoxFuture<'a, Result<Census, SourceError>>;

    /// Loads what `projection` names. Names must occur in the census.
    fn load<'a>(
        &'a self,
        projection: &'a Projection,
        control: &'a Control,
    ) -> BoxFuture<'a, Result<LoadedGraph, SourceError>>;

    /// The files on disk that this source reads, settings included: another run on the same bytes
    /// has the same graph. Empty for a source that reads none.
    fn files(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}

/// A projection in memory. `L` is the form of its lists.
#[derive(Clone, Debug)]
pub struct LoadedGraph<L = Adjacency> {
    /// The graph that kernels see.
    pub csr: Csr<L>,
    /// Keys and labels by vertex number.
    pub keys: VertexKeys,
    /// The projection's attributes by vertex number, in its order.
    pub attributes: Vec<(String, Column)>,
    /// What was left out, in sentences with counts.
    pub exclusions: Vec<String>,
    /// Edges from a vertex to itself that the projection's rules left out.
    pub self_loops_left_out: u64,
    /// Edges that the projection's rules merged into a parallel one.
    pub merged: u64,
    /// Content hash of vertices, edges, weights, times and attributes.
    pub hash: ContentHash,
}

impl LoadedGraph {
    /// The same with compressed lists, packed in the current pool.
    ///
    /// # Errors
    ///
    /// As [`Csr::compressed`], stopped where `control` is cancelled.
    pub fn compressed(self, control: &Control) -> Result<LoadedGraph<CompressedAdjacency>, CompressError> {
        Ok(LoadedGraph {
            csr: self.csr.compressed(&|| control.is_cancelled())?,
            keys: self.keys,
            attributes: self.attributes,
            exclusions: self.exclusions,
            self_loops_left_out: self.self_loops_left_out,
            merged: self.merged,
            hash: self.hash,
        })
    }
}
