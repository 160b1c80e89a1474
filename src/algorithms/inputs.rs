//! What a kernel gets beside the graph, the size of what it works on, and what it will take.

/// What a kernel gets beside the graph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    /// The vertices that the `sources` parameter names, ascending.
    pub sources: Vec<u32>,
    /// The vertices that the `targets` parameter names, ascending.
    pub targets: Vec<u32>,
    /// The projection's attributes as items, for kernels that take them so.
    pub items: Vec<ItemCodes>,
    /// The projection's attributes that are numbers, for kernels that take them so.
    pub numbers: Vec<NumberColumn>,
}

/// An attribute as items: vertices with equal codes share the item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ItemCodes {
    /// Name of the attribute.
    pub name: String,
    /// One code a vertex; [`crate::graph::MISSING`] holds nothing.
    pub codes: Vec<u32>,
}

/// An attribute as numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NumberColumn {
    /// Name of the attribute.
    pub name: String,
    /// One number a vertex; NaN where it has none.
    pub values: Vec<f64>,
}

/// Size of what a kernel works on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Vertices.
    pub n: u64,
    /// Edges.
    pub m: u64,
    /// Vertex attributes of the projection.
    pub attributes: u64,
}

/// What a kernel will take beyond the loaded graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Peak bytes.
    pub bytes: u64,
    /// Elementary steps (edge visits) on one core; the engine knows how many a second.
    pub operations: u64,
    /// Rows of the table of rows, at most.
    pub rows: u64,
}
