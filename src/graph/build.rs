//! Builds a [`Csr`] from an edge list by the rules of a projection.
//!
//! Rules apply in this order: self-loops, direction, reciprocal pairs, parallel edges. Reciprocal
//! pairs (`a → b` and `b → a`) are two edges of a directed graph; read undirected they are parallel
//! edges of the pair `{a, b}`, and the rule for parallel edges decides.
//!
//! Lists are sorted by transposing twice: edges grouped by target in row order, then regrouped by
//! source, come out sorted by (target, row) without a comparison.

use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::csr::{Adjacency, Csr, NO_VERTEX};
use super::degree_order;
use super::transpose::{self, Transposed};

/// Most rows of an edge list. Undirected graphs hold two entries a row, and entries are counted in `u32`.
pub const MOST_EDGES: usize = (u32::MAX / 2) as usize - 1;

/// How edges are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// As stored, from → to.
    #[default]
    Directed,
    /// Against the stored direction, to → from.
    Reversed,
    /// Both ways.
    Undirected,
}

/// What becomes of several edges between the same ordered (undirected: unordered) pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParallelEdges {
    /// Each counts.
    Keep,
    /// They become one edge that keeps the smallest weight (unweighted: 1).
    #[default]
    Smallest,
    /// They become one edge whose weight is the sum (unweighted edges count as 1 each).
    Sum,
}

/// The rules by which an edge list becomes a graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProjectionRules {
    /// How edges are read.
    pub direction: Direction,
    /// What becomes of parallel edges.
    pub parallel: ParallelEdges,
    /// Whether edges from a vertex to itself are kept.
    pub self_loops: bool,
}

/// Edges as parallel arrays; row `i` is one edge.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EdgeList {
    /// Where each edge starts.
    pub sources: Vec<u32>,
    /// Where each edge ends; same length as `sources`.
    pub targets: Vec<u32>,
    /// Weights, finite, same length, or none.
    pub weights: Option<Vec<f64>>,
    /// Times in milliseconds since 1970-01-01 UTC, same length, or none.
    pub times: Option<Vec<i64>>,
}

/// Builds the graph of `vertex_count` vertices by `rules`.
///
/// An edge merged from several rows keeps the time of the smallest of them.
///
/// Cost: O(n + t m) processor time on the t threads of the current pool, each of which reads all edges
/// and writes its share. Peak memory, the edge list included: 12 bytes an edge without weights and times,
/// where the graph itself takes 8 in both directions; with them 8 more for each, and 8 for rows; and
/// beside the graph at most 16 bytes a vertex, however many threads there are. The result depends on the
/// edges as a list in row order only, never on threads.
///
/// # Panics
///
/// When an endpoint is not below `vertex_count`, the arrays differ in length, or there are
/// `u32::MAX` vertices or more than [`MOST_EDGES`] edges; all are the caller's to check, since only it can name the row.
pub fn build(vertex_count: u32, edges: EdgeList, rules: ProjectionRules) -> Csr {
    check(vertex_count, &edges);
    assemble(vertex_count, edges, rules)
}

/// Builds the graph like [`build`], with vertices numbered by falling degree where few of them hold most
/// edges, so that what kernels read most often lies together; [`Csr::order`] says who is who.
pub fn build_by_degree(vertex_count: u32, mut edges: EdgeList, rules: ProjectionRules) -> Csr {
    check(vertex_count, &edges);
    let order = degree_order::renumber(vertex_count, &mut edges);
    Csr {
        order: order.map(Arc::new),
        ..assemble(vertex_count, edges, rules)
    }
}

fn assemble(vertex_count: u32, edges: EdgeList, rules: ProjectionRules) -> Csr {
    let EdgeList {
        sources,
        targets,
        weights,
        times,
    } = edges;
    let with_rows = weights.is_some() || times.is_some();
    let grouped = transpose::by_target(vertex_count, &sources, &targets, rules, with_rows);
    drop((sources, targets));
    let mut sorted = transpose::transpose(vertex_count, &grouped.offsets, &grouped.targets, with_rows);
    let rows = sorted
        .origins
        .take()
        .map(|origins| picked(&origins, &grouped.origins));
    drop(grouped);
    let values = Values { weights, times };
    let out = merge_parallel(with_values(sorted, rows, values), rules.parallel);
    let directed = rules.direction != Direction::Undirected;
    if directed {
        Csr {
            directed,
            edge_count: out.targets.len() as u64,
            into: Arc::new(reversed(vertex_count, &out)),
            out: Arc::new(out),
            order: None,
        }
    } else {
        let upper = |v: u32| out.neighbours(v).iter().filter(|u| **u >= v).count() as u64;
        let edge_count = (0..vertex_count).into_par_iter().map(upper).sum();
        let shared = Arc::new(out);
        Csr {
            directed,
            out: Arc::clone(&shared),
            into: shared,
            edge_count,
            order: None,
        }
    }
}

fn check(vertex_count: u32, edges: &EdgeList) {
    let rows = edges.sources.len();
    assert!(vertex_count < NO_VERTEX, "{vertex_count} vertices are too many");
    assert!(rows <= MOST_EDGES, "{rows} edges are too many");
    assert_eq!(edges.targets.len(), rows, "one target an edge");
    assert!(
        edges.weights.as_ref().is_none_or(|it| it.len() == rows),
        "one weight an edge"
    );
    assert!(
        edges.times.as_ref().is_none_or(|it| it.len() == rows),
        "one time an edge"
    );
    let inside = |ends: &[u32]| ends.par_iter().all(|v| *v < vertex_count);
    assert!(
        inside(&edges.sources) && inside(&edges.targets),
        "endpoints are below {vertex_count}"
    );
}

/// What edges carry, by row.
struct Values {
    weights: Option<Vec<f64>>,
    times: Option<Vec<i64>>,
}

/// `values[index]` for each of `indices`.
fn picked<T: Copy + Send + Sync>(indices: &[u32], values: &Option<Vec<T>>) -> Vec<T> {
    let Some(values) = values else {
        return Vec::new();
    };
    indices.par_iter().map(|it| values[*it as usize]).collect()
}

fn with_values(lists: Transposed, rows: Option<Vec<u32>>, values: Values) -> Adjacency {
    let Some(rows) = rows else {
        return Adjacency {
            offsets: lists.offsets,
            targets: lists.targets,
            ..Adjacency::default()
        };
    };
    let weights = values.weights.is_some().then(|| picked(&rows, &values.weights));
    let times = values.times.is_some().then(|| picked(&rows, &values.times));
    Adjacency {
        offsets: lists.offsets,
        targets: lists.targets,
        weights,
        rows: times.is_some().then_some(rows),
        times,
    }
}

/// The same arcs from their other end.
fn reversed(vertex_count: u32, lists: &Adjacency) -> Adjacency {
    let with_values = lists.weights.is_some() || lists.times.is_some();
    let turned = transpose::transpose(vertex_count, &lists.offsets, &lists.targets, with_values);
    let origins = turned.origins.unwrap_or_default();
    Adjacency {
        offsets: turned.offsets,
        targets: turned.targets,
        weights: lists.weights.is_some().then(|| picked(&origins, &lists.weights)),
        times: lists.times.is_some().then(|| picked(&origins, &lists.times)),
        rows: lists.rows.is_some().then(|| picked(&origins, &lists.rows)),
    }
}

/// Merges entries with the same neighbour. Sums run in row order, so that both ends of an edge get
/// the same bits.
fn merge_parallel(mut lists: Adjacency, rule: ParallelEdges) -> Adjacency {
    if rule == ParallelEdges::Keep {
        return lists;
    }
    if rule == ParallelEdges::Sum && lists.weights.is_none() {
        lists.weights = Some(vec![1.0; lists.targets.len()]);
    }
    let mut kept = 0;
    let mut begin = 0;
    for v in 1..lists.offsets.len() {
        let (first, end) = (kept, lists.offsets[v] as usize);
        for index in begin..end {
            if kept > first && lists.targets[kept - 1] == lists.targets[index] {
                if let Some(weights) = &mut lists.weights {
                    weights[kept - 1] = match rule {
                        ParallelEdges::Sum => weights[kept - 1] + weights[index],
                        ParallelEdges::Keep | ParallelEdges::Smallest => {
                            weights[kept - 1].min(weights[index])
                        }
                    };
                }
            } else {
                if kept < index {
                    move_entry(&mut lists, index, kept);
                }
                kept += 1;
            }
        }
        begin = end;
        lists.offsets[v] = kept as u32;
    }
    truncate(&mut lists, kept);
    lists
}

fn move_entry(lists: &mut Adjacency, from: usize, to: usize) {
    fn shift<T: Copy>(values: &mut Option<Vec<T>>, from: usize, to: usize) {
        if let Some(values) = values {
            values[to] = values[from];
        }
    }
    lists.targets[to] = lists.targets[from];
    shift(&mut lists.weights, from, to);
    shift(&mut lists.times, from, to);
    shift(&mut lists.rows, from, to);
}

fn truncate(lists: &mut Adjacency, entries: usize) {
    fn cut<T>(values: &mut Vec<T>, entries: usize) {
        values.truncate(entries);
        values.shrink_to_fit();
    }
    cut(&mut lists.targets, entries);
    lists.weights.iter_mut().for_each(|it| cut(it, entries));
    lists.times.iter_mut().for_each(|it| cut(it, entries));
    lists.rows.iter_mut().for_each(|it| cut(it, entries));
}

#[cfg(test)]
#[path = "build_tests.rs"]
mod tests;
