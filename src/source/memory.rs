//! A graph given as tables: the test double of every other source.

use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt};

use super::error::SourceError;
use super::lines::Lines;
use super::rows::{self, Notes};
use super::tables::{EdgeRows, Tables, VertexRows};
use super::{GraphSource, LoadedGraph, assemble, census, load};
use crate::algorithms::Control;
use crate::graph::Column;
use crate::model::{schema::Census, template::Projection};

/// A vertex collection as given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GivenVertices {
    /// Its name.
    pub name: String,
    /// Keys; the first of equal ones counts.
    pub keys: Vec<String>,
    /// Attributes, one value a key.
    pub columns: Vec<(String, Column)>,
    /// The attribute that people call a vertex by.
    pub label: Option<String>,
}

/// An edge collection as given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GivenEdges {
    /// Its name.
    pub name: String,
    /// Where each edge starts and ends, as `collection/key`.
    pub ends: Vec<(String, String)>,
    /// Attributes, one value an edge.
    pub columns: Vec<(String, Column)>,
    /// Whether direction means something.
    pub directed: bool,
}

/// A graph in memory.
#[derive(Clone, Debug)]
pub struct MemorySource {
    tables: Arc<Tables>,
}

impl MemorySource {
    /// The graph `name` of these collections, joined by the rules of files.
    ///
    /// # Errors
    ///
    /// When there is no edge collection, no edge has both ends, or a column's length is not that of
    /// its collection.
    pub fn new(
        name: &str,
        vertices: Vec<GivenVertices>,
        edges: Vec<GivenEdges>,
    ) -> Result<Self, SourceError> {
        for it in &vertices {
            check_lengths(&it.name, it.keys.len(), &it.columns)?;
        }
        for it in &edges {
            check_lengths(&it.name, it.ends.len(), &it.columns)?;
        }
        let vertices = vertices.into_iter().map(vertex_rows).collect();
        let edges = edges.into_iter().map(edge_rows).collect();
        let tables = assemble::assemble(name, vertices, edges, Notes::default(), &Control::default())?;
        Ok(Self {
            tables: Arc::new(tables),
        })
    }
}

impl GraphSource for MemorySource {
    fn census<'a>(&'a self, control: &'a Control) -> BoxFuture<'a, Result<Census, SourceError>> {
        async move { census::take(&self.tables, control) }.boxed()
    }

    fn load<'a>(
        &'a self,
        projection: &'a Projection,
        control: &'a Control,
    ) -> BoxFuture<'a, Result<LoadedGraph, SourceError>> {
        async move { load::project(&self.tables, projection, control) }.boxed()
    }
}

fn check_lengths(collection: &str, rows: usize, columns: &[(String, Column)]) -> Result<(), SourceError> {
    match columns.iter().find(|(_, column)| column.len() != rows) {
        None => Ok(()),
        Some((name, column)) => Err(SourceError::Malformed {
            path: collection.to_owned(),
            line: 0,
            reason: format!("column `{name}` has {} values for {rows} rows", column.len()),
        }),
    }
}

fn vertex_rows(given: GivenVertices) -> VertexRows {
    VertexRows {
        place: given.name.clone(),
        name: given.name,
        lines: Lines::consecutive(given.keys.len()),
        keys: given.keys.iter().map(String::as_str).collect(),
        columns: given.columns,
        label: given.label,
    }
}

fn edge_rows(given: GivenEdges) -> EdgeRows {
    EdgeRows {
        place: given.name.clone(),
        name: given.name,
        lines: Lines::consecutive(given.ends.len()),
        from: given.ends.iter().map(|it| it.0.as_str()).collect(),
        to: given.ends.iter().map(|it| it.1.as_str()).collect(),
        directed: Some(given.directed),
        weights: rows::weights(None, &given.columns),
        times: rows::times(None, &given.columns),
        columns: given.columns,
        ..EdgeRows::default()
    }
}
