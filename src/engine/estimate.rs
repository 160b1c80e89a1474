//! What a template will take: memory, time and price, from the census alone.
//!
//! Bytes are upper bounds by the layout of the arrays; time is the kernel's elementary steps at the
//! rate measured for it (`examples/calibrate.rs` prints the rates of a machine).

use crate::algorithms::{Algorithm, Extent};
use crate::graph::{CompressedAdjacency, Direction};
use crate::model::{
    schema::Census,
    size,
    template::{Estimate, Projection},
};
use crate::source::LoadedGraph;

/// Key and label, where each ends, and the index from key to number while loading.
const BYTES_A_VERTEX: u64 = 160;

/// An attribute's value and its share of the distinct texts.
const BYTES_A_VALUE: u64 = 24;

/// A row of a result table: names, keys, numbers, and the file in memory before it is written.
const BYTES_A_RESULT_ROW: u64 = 240;

/// Beyond the arrays, while a graph is built: per entry and per vertex (`graph::build`).
const BUILDING_AN_ENTRY: u64 = 20;
const BUILDING_A_VERTEX: u64 = 16;

/// So many times as long a kernel takes on compressed lists, at most: reading lists is nearly all it does.
const SLOWER_PACKED: f64 = 4.0;

/// Edges of a source's tables that are joined and built a second; reading its files is the census's.
const EDGES_LOADED_A_SECOND: f64 = 8.0e6;

/// Rows of result tables that are written a second.
const ROWS_WRITTEN_A_SECOND: f64 = 5.0e5;

/// What the parts of an execution take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    /// Vertices of the projection, at most.
    pub(super) vertices: u64,
    /// Edges of the projection, at most.
    pub(super) edges: u64,
    /// Bytes of the loaded graph with what building it takes for a while.
    pub(super) graph: u64,
    /// Bytes of the kernel and its tables.
    pub(super) working: u64,
    /// Elementary steps of the kernel.
    pub(super) operations: u64,
}

impl Size {
    /// The size of `algorithm` on `projection`, by the census.
    pub(super) fn of(algorithm: &Algorithm, projection: &Projection, census: &Census) -> Self {
        let (vertices, edges) = counts(projection, census);
        let work = algorithm.work(Extent {
            n: vertices,
            m: edges,
            attributes: projection.attributes.len() as u64,
        });
        Self {
            vertices,
            edges,
            graph: graph_bytes(projection, vertices, edges),
            working: work.bytes.saturating_add(
                vertices
                    .saturating_add(work.rows)
                    .saturating_mul(BYTES_A_RESULT_ROW),
            ),
            operations: work.operations,
        }
    }

    /// Peak bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.graph.saturating_add(self.working)
    }
}

/// What `algorithm` on `projection` will take by the census.
pub fn estimate(algorithm: &Algorithm, projection: &Projection, census: &Census) -> Estimate {
    let size = Size::of(algorithm, projection, census);
    let rate = algorithm.info().steps_a_second;
    let seconds = size.edges as f64 / EDGES_LOADED_A_SECOND
        + size.operations as f64 / rate
        + size.vertices as f64 / ROWS_WRITTEN_A_SECOND;
    Estimate {
        vertices: size.vertices,
        edges: size.edges,
        memory_bytes: size.bytes(),
        operations: size.operations,
        // Saturates: an exact betweenness of a billion edges is "never", not a small number.
        time_ms: (seconds * 1000.0).ceil() as u64,
        cost_usd: 0.0,
        basis: format!(
            "at most {} vertices and {} edges by the census; {} million steps a second on one core, \
             as measured for {}; the source's own tables aside; the embedded engine has no price",
            size.vertices,
            size.edges,
            rate / 1e6,
            algorithm.info().name
        ),
    }
}

/// What `algorithm` on compressed lists of `projection` will take: the plain graph while it is loaded and
/// packed, or the packed lists with the kernel, whichever is more.
pub fn estimate_compressed(algorithm: &Algorithm, projection: &Projection, census: &Census) -> Estimate {
    let size = Size::of(algorithm, projection, census);
    let plain = estimate(algorithm, projection, census);
    let running = packed_bytes(projection, size.vertices, size.edges).saturating_add(size.working);
    let steps = size.operations as f64 / algorithm.info().steps_a_second;
    Estimate {
        memory_bytes: size.graph.max(running),
        time_ms: plain.time_ms + (steps * (SLOWER_PACKED - 1.0) * 1000.0).ceil() as u64,
        basis: format!(
            "{} while the graph is loaded and packed, then {} with compressed lists and the kernel, all at \
             most; {}; compressed lists are read up to {SLOWER_PACKED} times as long",
            size::needed(size.graph),
            size::needed(running),
            plain.basis
        ),
        ..plain
    }
}

/// Vertices of the projection, and edges that have both ends in it.
pub(super) fn counts(projection: &Projection, census: &Census) -> (u64, u64) {
    let seen = |name: &String| projection.vertices.contains(name);
    let vertices = census.vertices.iter().filter(|it| seen(&it.name));
    let edges = census
        .edges
        .iter()
        .filter(|it| projection.edges.contains(&it.name))
        .flat_map(|it| &it.relationships)
        .filter(|it| seen(&it.from) && seen(&it.to));
    (vertices.map(|it| it.count).sum(), edges.map(|it| it.count).sum())
}

/// Bytes of a graph of `n` vertices and `m` edges, with its keys and attributes.
pub(super) fn graph_bytes(projection: &Projection, n: u64, m: u64) -> u64 {
    let values = 8 * (u64::from(projection.weight.is_some()) + u64::from(projection.time.is_some()));
    // Directed: two lists of m entries. Undirected: one of 2m.
    let lists = match projection.rules.direction {
        Direction::Directed | Direction::Reversed => 2,
        Direction::Undirected => 1,
    };
    let entries = m.saturating_mul(2);
    let list = (8 + values).saturating_mul(entries);
    let edge_list = (8 + values).saturating_mul(m);
    let offsets = 8 * lists * (n.saturating_add(1));
    let attributes = projection.attributes.len() as u64 * BYTES_A_VALUE;
    let vertices = (BYTES_A_VERTEX + attributes + BUILDING_A_VERTEX).saturating_mul(n);
    list.saturating_add(edge_list)
        .saturating_add(offsets)
        .saturating_add(vertices)
        .saturating_add(BUILDING_AN_ENTRY.saturating_mul(entries))
}

/// Bytes of a graph of `n` vertices and `m` edges with compressed lists, with its order, keys and attributes.
fn packed_bytes(projection: &Projection, n: u64, m: u64) -> u64 {
    let lists = match projection.rules.direction {
        Direction::Directed | Direction::Reversed => {
            2_u64.saturating_mul(CompressedAdjacency::most_bytes(n, m))
        }
        Direction::Undirected => CompressedAdjacency::most_bytes(n, m.saturating_mul(2)),
    };
    let attributes = projection.attributes.len() as u64 * BYTES_A_VALUE;
    lists.saturating_add((4 + BYTES_A_VERTEX + attributes).saturating_mul(n))
}

/// Bytes that a loaded graph holds.
pub(super) fn loaded_bytes(graph: &LoadedGraph) -> u64 {
    let attributes = graph.attributes.len() as u64 * graph.keys.len() as u64 * BYTES_A_VALUE;
    graph.csr.bytes() + graph.keys.bytes() + attributes
}
