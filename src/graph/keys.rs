//! Vertex keys: the bridge between `collection/key` and the `u32` of the kernels.

use std::ops::Range;
use std::sync::Arc;

use super::texts::Texts;

/// The vertices of one collection: a contiguous range of vertex numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VertexRange {
    /// Name of the vertex collection.
    pub collection: String,
    /// Its vertex numbers.
    pub range: Range<u32>,
}

/// Keys and labels of all vertices of a projection, by vertex number. Collections come in name
/// order, vertices in the order of their file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VertexKeys {
    /// The collections and their ranges, ascending and without gaps.
    pub ranges: Vec<VertexRange>,
    /// Key within the collection, by vertex number.
    pub keys: Arc<Texts>,
    /// What people call the vertex (name, title, …), by vertex number; the key where there is none, and
    /// then mostly the same allocation as `keys`.
    pub labels: Arc<Texts>,
}

impl VertexKeys {
    /// Number of vertices.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no vertex.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Bytes held by keys and labels; what they share counts once.
    pub fn bytes(&self) -> u64 {
        let labels = if Arc::ptr_eq(&self.keys, &self.labels) {
            0
        } else {
            self.labels.bytes()
        };
        self.keys.bytes() + labels
    }

    /// The collection of vertex `v`.
    pub fn collection(&self, v: u32) -> &str {
        let at = self.ranges.partition_point(|it| it.range.end <= v);
        self.ranges.get(at).map_or("", |it| &it.collection)
    }

    /// `collection/key` of vertex `v`.
    pub fn id(&self, v: u32) -> String {
        format!("{}/{}", self.collection(v), &self.keys[v as usize])
    }
}
