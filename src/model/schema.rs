//! What is in a graph: collections, attributes, relationships, fitness; exact counts, sampled values.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::id::ContentHash;

/// The census of a graph, as its source sees it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Census {
    /// The graph's name as given to `--graph`.
    pub graph: String,
    /// Vertex collections by name order.
    pub vertices: Vec<VertexCollection>,
    /// Edge collections by name order.
    pub edges: Vec<EdgeCollection>,
    /// What was wrong with the data, counted; empty when nothing was.
    pub issues: Vec<Issue>,
    /// What was guessed, and how to change it.
    pub guesses: Vec<Guess>,
    /// The files (or other inputs) read: name → SHA-256 of the bytes, in name order.
    pub inputs: BTreeMap<String, ContentHash>,
    /// Total bytes of the inputs.
    pub input_bytes: u64,
}

/// A vertex collection.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VertexCollection {
    /// Its name.
    pub name: String,
    /// Exact number of vertices (distinct keys).
    pub count: u64,
    /// Whether it stands in no file of its own: its keys come from edge endpoints.
    pub implied: bool,
    /// Its attributes, the key aside, in column order.
    pub attributes: Vec<Attribute>,
    /// The attribute used as label, if any.
    pub label: Option<String>,
    /// Vertices that no edge touches, over all edge collections.
    pub isolated: u64,
}

/// An edge collection.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EdgeCollection {
    /// Its name.
    pub name: String,
    /// Exact number of edges, dangling ones aside.
    pub count: u64,
    /// Its attributes, the endpoints aside, in column order.
    pub attributes: Vec<Attribute>,
    /// Which collections it joins, counted, by (from, to).
    pub relationships: Vec<Relationship>,
    /// Edges from a vertex to itself.
    pub self_loops: u64,
    /// Edges beyond the first between the same ordered pair.
    pub parallel: u64,
    /// Ordered pairs (a, b), a ≠ b, for which (b, a) is an edge too; each pair counted once per direction.
    pub reciprocal: u64,
    /// Whether direction means something, as said in `graph.toml` or guessed.
    pub directed: bool,
    /// Attributes that can serve as weight: the one set in `graph.toml`, then those named like a
    /// weight, then other non-negative numbers.
    #[serde(default)]
    pub weights: Vec<String>,
    /// Attributes that can serve as time: the one set in `graph.toml`, then other instants.
    #[serde(default)]
    pub times: Vec<String>,
    /// Those of `weights` and `times` that `graph.toml` sets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declared: Vec<String>,
    /// Degree shape over the vertices it touches.
    pub degrees: DegreeShape,
}

/// An attribute of a collection.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its type over all rows.
    pub kind: AttributeKind,
    /// Rows with a value.
    pub present: u64,
    /// Distinct values, exact.
    pub distinct: u64,
    /// Least and greatest value as text, where the type has an order.
    pub range: Option<(String, String)>,
    /// A few values as text, most frequent first (ties by value), cut at 80 characters.
    pub samples: Vec<String>,
    /// How many rows the samples were taken from.
    pub sampled_rows: u64,
}

/// Type of an attribute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeKind {
    /// Text.
    #[default]
    Text,
    /// Whole numbers.
    Integer,
    /// Numbers.
    Number,
    /// Truth values.
    Boolean,
    /// Instants (ISO 8601 date or date and time).
    Time,
    /// Nothing but missing values.
    Empty,
}

/// How many edges of a collection join two vertex collections.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relationship {
    /// Vertex collection of `_from`.
    pub from: String,
    /// Vertex collection of `_to`.
    pub to: String,
    /// Exact number of edges.
    pub count: u64,
}

/// Degrees over the vertices that a collection touches: how skewed it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DegreeShape {
    /// Vertices touched.
    pub vertices: u64,
    /// Mean of in- plus out-degree.
    pub mean: f64,
    /// Median.
    pub median: u64,
    /// 99th percentile.
    pub p99: u64,
    /// Greatest.
    pub max: u64,
    /// Gini coefficient of the degrees, 0 (all equal) to 1.
    pub gini: f64,
}

/// A counted fault of the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Issue {
    /// What is wrong.
    pub kind: IssueKind,
    /// The file or collection.
    pub place: String,
    /// How many rows.
    pub count: u64,
    /// The first few, e.g. `line 17: stations/999`, at most 5.
    pub examples: Vec<String>,
    /// What was done about it, e.g. `the edges were left out`.
    pub treatment: String,
}

/// Kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssueKind {
    /// An edge whose endpoint is in no vertex file.
    DanglingEdge,
    /// A key that occurred before.
    DuplicateKey,
    /// A row with too few or too many fields.
    RaggedRow,
    /// An empty or missing key or endpoint.
    MissingKey,
    /// A weight that is NaN, infinite or no number.
    BadWeight,
    /// A weight below zero.
    NegativeWeight,
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// Values of several types in one attribute.
    MixedTypes,
    /// A line that is not valid JSON.
    BadJson,
}

/// Something decided without being told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guess {
    /// What was decided, e.g. ``connections.csv is an edge collection (columns `_from`, `_to`)``.
    pub what: String,
    /// The line of `graph.toml` that changes it.
    pub change: String,
}

/// What part a collection plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The things that the questions are about.
    Core,
    /// Describes core vertices: look-up values, categories.
    Satellite,
    /// Joins core vertices to each other (orders, sessions, posts).
    Bridge,
}

/// A role with its reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CollectionRole {
    /// The vertex collection.
    pub collection: String,
    /// Its part.
    pub role: Role,
    /// Why, in one sentence.
    pub reason: String,
}

/// The schema stage's artefact: the census and what it means.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// The census.
    pub census: Census,
    /// The domain in a few words, e.g. `transport network`.
    pub domain: String,
    /// Roles of the vertex collections.
    pub roles: Vec<CollectionRole>,
    /// 0 (one collection) to 10.
    pub complexity: f64,
    /// What the complexity is made of, in one sentence.
    pub complexity_reason: String,
}

impl Census {
    /// Vertices in all collections.
    pub fn vertex_count(&self) -> u64 {
        self.vertices.iter().map(|it| it.count).sum()
    }

    /// Edges in all collections.
    pub fn edge_count(&self) -> u64 {
        self.edges.iter().map(|it| it.count).sum()
    }
}
