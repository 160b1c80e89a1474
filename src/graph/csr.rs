//! Compressed sparse rows, both directions.
//!
//! Vertices are `0..n` as `u32`. Each list of neighbours is sorted by (neighbour, edge row), so
//! that iteration order never depends on the order of files or threads.

/// Marks "no vertex" wherever a `u32` vertex is expected (unreached, no parent, root).
pub const NO_VERTEX: u32 = u32::MAX;

/// One direction of a graph: for each vertex its neighbours.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Adjacency {
    /// `offsets[v]..offsets[v + 1]` is the range of `v` in the arrays below; length `n + 1`.
    pub offsets: Vec<u64>,
    /// Neighbours, sorted within each vertex.
    pub targets: Vec<u32>,
    /// Row of the edge in the projection's edge list, parallel to `targets`; merged parallel edges
    /// keep the smallest row.
    pub edges: Vec<u32>,
    /// Weights parallel to `targets`; `None` means every edge weighs 1.
    pub weights: Option<Vec<f64>>,
    /// Times in milliseconds since 1970-01-01 UTC parallel to `targets`, where the projection has them.
    pub times: Option<Vec<i64>>,
}

/// A graph in memory. An undirected graph holds each edge in both endpoints' `out` lists (a
/// self-loop once) and shares `out` as `into`.
#[derive(Clone, Debug, PartialEq)]
pub struct Csr {
    /// Whether edge direction means something to the kernels.
    pub directed: bool,
    /// Out-neighbours; all neighbours when undirected.
    pub out: std::sync::Arc<Adjacency>,
    /// In-neighbours; the same allocation as `out` when undirected.
    pub into: std::sync::Arc<Adjacency>,
    /// Edges of the projection after its rules; an undirected edge counts once.
    pub edge_count: u64,
}

impl Adjacency {
    /// The index range of `v`'s neighbours in the arrays.
    #[inline]
    pub fn range(&self, v: u32) -> std::ops::Range<usize> {
        self.offsets[v as usize] as usize..self.offsets[v as usize + 1] as usize
    }

    /// The neighbours of `v`, sorted; parallel edges repeat a neighbour.
    #[inline]
    pub fn neighbours(&self, v: u32) -> &[u32] {
        &self.targets[self.range(v)]
    }

    /// Number of entries in `v`'s list.
    #[inline]
    pub fn degree(&self, v: u32) -> usize {
        self.range(v).len()
    }

    /// Weight of the entry at `index` of the arrays; 1 when unweighted.
    #[inline]
    pub fn weight(&self, index: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[index])
    }

    /// Bytes held by the arrays.
    pub fn bytes(&self) -> u64 {
        let per_entry = 4 + 4 + 8 * u64::from(self.weights.is_some()) + 8 * u64::from(self.times.is_some());
        self.offsets.len() as u64 * 8 + self.targets.len() as u64 * per_entry
    }
}

impl Csr {
    /// Number of vertices.
    #[inline]
    pub fn vertex_count(&self) -> u32 {
        // The builder refuses more than u32::MAX - 1 vertices.
        (self.out.offsets.len() - 1) as u32
    }

    /// Entries of `out`: the edges once when directed, twice (self-loops once) when undirected.
    #[inline]
    pub fn entry_count(&self) -> u64 {
        self.out.targets.len() as u64
    }

    /// Whether edges carry weights.
    pub fn is_weighted(&self) -> bool {
        self.out.weights.is_some()
    }

    /// Bytes held by the graph.
    pub fn bytes(&self) -> u64 {
        let into = if self.directed { self.into.bytes() } else { 0 };
        self.out.bytes() + into
    }
}
