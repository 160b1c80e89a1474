//! A graph as tables in memory: read once, then counted and projected any number of times.
//!
//! Vertices have one numbering over all collections: collections in name order, rows in file order.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::cells::TextCells;
use super::interned::InternedCells;
use super::lines::Lines;
use super::pairs::Pairs;
use crate::graph::{Column, Texts};
use crate::model::{
    id::ContentHash,
    schema::{Guess, Issue},
};

/// A named attribute column.
pub(super) type Named = (String, Column);

/// Rows of a vertex file, typed, keys as given.
#[derive(Clone, Debug, Default)]
pub(super) struct VertexRows {
    /// The collection.
    pub(super) name: String,
    /// The file, for messages.
    pub(super) place: String,
    /// Keys; empty where missing.
    pub(super) keys: TextCells,
    /// Attributes, the key aside, in column order.
    pub(super) columns: Vec<Named>,
    /// The attribute used as label.
    pub(super) label: Option<String>,
    /// Line of each row.
    pub(super) lines: Lines,
}

/// Rows of an edge file, typed, endpoints as given.
#[derive(Clone, Debug, Default)]
pub(super) struct EdgeRows {
    /// The collection.
    pub(super) name: String,
    /// The file, for messages.
    pub(super) place: String,
    /// Start of each edge, `collection/key` or a key alone; empty where missing.
    pub(super) from: InternedCells,
    /// End of each edge, likewise.
    pub(super) to: InternedCells,
    /// Collection of start keys that name none, as said in the settings.
    pub(super) from_collection: Option<String>,
    /// Collection of end keys that name none, as said in the settings.
    pub(super) to_collection: Option<String>,
    /// Whether direction means something, as said in the settings.
    pub(super) directed: Option<bool>,
    /// Attributes that can serve as weight, the best first.
    pub(super) weights: Vec<String>,
    /// Attributes that can serve as time, the best first.
    pub(super) times: Vec<String>,
    /// The weight and the time that the settings name.
    pub(super) declared: Vec<String>,
    /// Attributes, the endpoints aside, in column order.
    pub(super) columns: Vec<Named>,
    /// Line of each row.
    pub(super) lines: Lines,
}

/// A vertex collection: distinct keys with their attributes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct VertexTable {
    /// Its name.
    pub(super) name: String,
    /// Whether its keys come from edge endpoints.
    pub(super) implied: bool,
    /// Number of its first vertex.
    pub(super) first: u32,
    /// Distinct keys.
    pub(super) keys: Arc<Texts>,
    /// Attributes in column order, one value a key.
    pub(super) columns: Vec<Named>,
    /// The attribute used as label.
    pub(super) label: Option<String>,
}

/// An edge collection: edges whose ends both exist.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EdgeTable {
    /// Its name.
    pub(super) name: String,
    /// Vertex number where each edge starts.
    pub(super) from: Vec<u32>,
    /// Vertex number where each edge ends.
    pub(super) to: Vec<u32>,
    /// How often edges join the same two vertices.
    pub(super) pairs: Pairs,
    /// Attributes in column order, one value an edge.
    pub(super) columns: Vec<Named>,
    /// Whether direction means something.
    pub(super) directed: bool,
    /// Attributes that can serve as weight, the best first.
    pub(super) weights: Vec<String>,
    /// Attributes that can serve as time, the best first.
    pub(super) times: Vec<String>,
    /// The weight and the time that the settings name.
    pub(super) declared: Vec<String>,
}

/// A whole graph.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tables {
    /// Its name.
    pub(super) graph: String,
    /// Vertex collections in name order.
    pub(super) vertices: Vec<VertexTable>,
    /// Edge collections in name order.
    pub(super) edges: Vec<EdgeTable>,
    /// What was wrong.
    pub(super) issues: Vec<Issue>,
    /// What was guessed.
    pub(super) guesses: Vec<Guess>,
    /// Inputs by name.
    pub(super) inputs: BTreeMap<String, ContentHash>,
    /// Bytes of the inputs.
    pub(super) input_bytes: u64,
}

impl VertexTable {
    /// What people call each vertex: its label, or its key where there is none. Vertices that share a
    /// label are told apart by their keys, since a report that names one must not mean another.
    pub(super) fn labels(&self) -> Arc<Texts> {
        let column = self.label.as_ref().and_then(|name| self.column(name));
        let Some(column) = column else {
            return Arc::clone(&self.keys);
        };
        let texts: Vec<Option<String>> = (0..self.keys.len()).map(|row| column.text(row)).collect();
        let mut shared: FxHashMap<&str, bool> = FxHashMap::default();
        for text in texts.iter().flatten() {
            shared
                .entry(text.as_str())
                .and_modify(|more| *more = true)
                .or_insert(false);
        }
        let mut labels = Texts::default();
        for (text, key) in texts.iter().zip(self.keys.iter()) {
            match text.as_deref() {
                None => labels.push(key),
                Some(text) if shared.get(text) == Some(&true) => labels.push(&format!("{text} ({key})")),
                Some(text) => labels.push(text),
            }
        }
        Arc::new(labels)
    }

    /// Numbers of its vertices.
    pub(super) fn range(&self) -> Range<u32> {
        self.first..self.first + self.keys.len() as u32
    }

    /// The attribute `name`.
    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        named(&self.columns, name)
    }
}

impl EdgeTable {
    /// The attribute `name`.
    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        named(&self.columns, name)
    }
}

impl Tables {
    /// Vertices in all collections.
    pub(super) fn vertex_count(&self) -> usize {
        self.vertices.iter().map(|it| it.keys.len()).sum()
    }

    /// Position in `vertices` of the collection that holds vertex `v`.
    pub(super) fn collection_of(&self, v: u32) -> usize {
        self.vertices
            .partition_point(|it| (it.first as usize) + it.keys.len() <= v as usize)
    }
}

fn named<'a>(columns: &'a [Named], name: &str) -> Option<&'a Column> {
    columns
        .iter()
        .find(|(own, _)| own == name)
        .map(|(_, column)| column)
}
