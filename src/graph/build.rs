//! Builds a [`Csr`] from an edge list by the rules of a projection.
//!
//! Rules apply in this order: self-loops, direction, reciprocal pairs, parallel edges. Reciprocal
//! pairs (`a → b` and `b → a`) are two edges of a directed graph; read undirected they are parallel
//! edges of the pair `{a, b}`, and the rule for parallel edges decides.
//!
//! Lists are sorted by transposing twice: edges grouped by target in row order, then regrouped by
//! source, come out sorted by (target, row) without a comparison.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::csr::{Adjacency, Csr, NO_VERTEX};

/// Most rows of an edge list. Undirected graphs hold two entries a row, and some kernels count entries
/// in `u32`.
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
/// An edge merged from several rows keeps the number and the time of the smallest of them.
///
/// Cost: O(n + m) time; 8 bytes an entry and 16 a vertex beyond the result. The result depends on the
/// edges as a list in row order only, never on threads.
///
/// # Panics
///
/// When an endpoint is not below `vertex_count`, the arrays differ in length, or there are
/// `u32::MAX` vertices or more than [`MOST_EDGES`] edges; all are the caller's to check, since only it can name the row.
pub fn build(vertex_count: u32, edges: &EdgeList, rules: ProjectionRules) -> Csr {
    check(vertex_count, edges);
    let sorted = transpose(&grouped_by_target(vertex_count, edges, rules), vertex_count);
    let out = merge_parallel(with_values(sorted, edges), rules.parallel);
    let directed = rules.direction != Direction::Undirected;
    if directed {
        Csr {
            directed,
            edge_count: out.targets.len() as u64,
            into: Arc::new(transpose(&out, vertex_count)),
            out: Arc::new(out),
        }
    } else {
        let upper = |v: u32| out.neighbours(v).iter().filter(|u| **u >= v).count() as u64;
        let edge_count = (0..vertex_count).map(upper).sum();
        let shared = Arc::new(out);
        Csr {
            directed,
            out: Arc::clone(&shared),
            into: shared,
            edge_count,
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
    let inside = |ends: &[u32]| ends.iter().all(|v| *v < vertex_count);
    assert!(
        inside(&edges.sources) && inside(&edges.targets),
        "endpoints are below {vertex_count}"
    );
}

/// Where each arc of the projection begins and ends, with its row, in row order.
fn arcs(edges: &EdgeList, rules: ProjectionRules) -> impl Iterator<Item = (u32, u32, u32)> + '_ {
    let rows = edges.sources.iter().zip(&edges.targets).zip(0_u32..);
    rows.filter(move |((u, v), _)| rules.self_loops || u != v)
        .flat_map(move |((&u, &v), row)| {
            let forth = (rules.direction != Direction::Reversed).then_some((u, v, row));
            let back = match rules.direction {
                Direction::Directed => false,
                Direction::Reversed => true,
                Direction::Undirected => u != v,
            };
            forth.into_iter().chain(back.then_some((v, u, row)))
        })
}

/// The arcs by target, each list in row order.
fn grouped_by_target(vertex_count: u32, edges: &EdgeList, rules: ProjectionRules) -> Adjacency {
    let offsets = offsets_of(vertex_count, arcs(edges, rules).map(|(_, target, _)| target));
    let mut next = offsets.clone();
    let mut grouped = sized(offsets);
    for (source, target, row) in arcs(edges, rules) {
        let at = next[target as usize] as usize;
        next[target as usize] += 1;
        grouped.targets[at] = source;
        grouped.edges[at] = row;
    }
    grouped
}

/// The same arcs from their other end. Lists come out sorted by neighbour; entries with the same
/// neighbour keep their order.
fn transpose(lists: &Adjacency, vertex_count: u32) -> Adjacency {
    let offsets = offsets_of(vertex_count, lists.targets.iter().copied());
    let mut next = offsets.clone();
    let mut turned = sized(offsets);
    turned.weights = lists.weights.as_ref().map(|it| vec![0.0; it.len()]);
    turned.times = lists.times.as_ref().map(|it| vec![0; it.len()]);
    for v in 0..vertex_count {
        for index in lists.range(v) {
            let u = lists.targets[index] as usize;
            let at = next[u] as usize;
            next[u] += 1;
            turned.targets[at] = v;
            turned.edges[at] = lists.edges[index];
            if let (Some(to), Some(from)) = (&mut turned.weights, &lists.weights) {
                to[at] = from[index];
            }
            if let (Some(to), Some(from)) = (&mut turned.times, &lists.times) {
                to[at] = from[index];
            }
        }
    }
    turned
}

/// Offsets of lists that hold one entry for each time their vertex is named.
fn offsets_of(vertex_count: u32, named: impl Iterator<Item = u32>) -> Vec<u64> {
    let mut offsets = vec![0_u64; vertex_count as usize + 1];
    for v in named {
        offsets[v as usize + 1] += 1;
    }
    for v in 0..vertex_count as usize {
        offsets[v + 1] += offsets[v];
    }
    offsets
}

fn sized(offsets: Vec<u64>) -> Adjacency {
    let entries = offsets.last().map_or(0, |end| *end as usize);
    Adjacency {
        offsets,
        targets: vec![0; entries],
        edges: vec![0; entries],
        weights: None,
        times: None,
    }
}

fn with_values(lists: Adjacency, edges: &EdgeList) -> Adjacency {
    let rows = || lists.edges.iter().map(|row| *row as usize);
    let weights = edges
        .weights
        .as_ref()
        .map(|it| rows().map(|row| it[row]).collect());
    let times = edges.times.as_ref().map(|it| rows().map(|row| it[row]).collect());
    Adjacency {
        weights,
        times,
        ..lists
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
                move_entry(&mut lists, index, kept);
                kept += 1;
            }
        }
        begin = end;
        lists.offsets[v] = kept as u64;
    }
    truncate(&mut lists, kept);
    lists
}

fn move_entry(lists: &mut Adjacency, from: usize, to: usize) {
    lists.targets[to] = lists.targets[from];
    lists.edges[to] = lists.edges[from];
    if let Some(weights) = &mut lists.weights {
        weights[to] = weights[from];
    }
    if let Some(times) = &mut lists.times {
        times[to] = times[from];
    }
}

fn truncate(lists: &mut Adjacency, entries: usize) {
    lists.targets.truncate(entries);
    lists.targets.shrink_to_fit();
    lists.edges.truncate(entries);
    lists.edges.shrink_to_fit();
    if let Some(weights) = &mut lists.weights {
        weights.truncate(entries);
        weights.shrink_to_fit();
    }
    if let Some(times) = &mut lists.times {
        times.truncate(entries);
        times.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Entries (neighbour, row, weight) of each vertex, computed with maps.
    fn expected(
        n: u32,
        edges: &EdgeList,
        rules: ProjectionRules,
        outward: bool,
    ) -> Vec<Vec<(u32, u32, f64)>> {
        let mut lists: Vec<BTreeMap<u32, Vec<(u32, f64)>>> = vec![BTreeMap::new(); n as usize];
        for row in 0..edges.sources.len() {
            let (u, v) = (edges.sources[row], edges.targets[row]);
            let weight = edges.weights.as_ref().map_or(1.0, |it| it[row]);
            let mut put = |from: u32, to: u32| {
                let (at, other) = if outward { (from, to) } else { (to, from) };
                lists[at as usize]
                    .entry(other)
                    .or_default()
                    .push((row as u32, weight));
            };
            match rules.direction {
                _ if u == v && !rules.self_loops => {}
                Direction::Directed => put(u, v),
                Direction::Reversed => put(v, u),
                Direction::Undirected if u == v => put(u, v),
                Direction::Undirected => {
                    put(u, v);
                    put(v, u);
                }
            }
        }
        let merged = |(neighbour, rows): (u32, Vec<(u32, f64)>)| -> Vec<(u32, u32, f64)> {
            let weights = rows.iter().map(|it| it.1);
            match rules.parallel {
                ParallelEdges::Keep => rows.iter().map(|it| (neighbour, it.0, it.1)).collect(),
                ParallelEdges::Smallest => {
                    vec![(neighbour, rows[0].0, weights.fold(f64::INFINITY, f64::min))]
                }
                ParallelEdges::Sum => vec![(neighbour, rows[0].0, weights.sum())],
            }
        };
        lists
            .into_iter()
            .map(|list| list.into_iter().flat_map(merged).collect())
            .collect()
    }

    fn entries(lists: &Adjacency, n: u32) -> Vec<Vec<(u32, u32, f64)>> {
        let entry = |index: usize| (lists.targets[index], lists.edges[index], lists.weight(index));
        (0..n).map(|v| lists.range(v).map(entry).collect()).collect()
    }

    fn any_rules() -> impl Strategy<Value = ProjectionRules> {
        let direction = prop_oneof![
            Just(Direction::Directed),
            Just(Direction::Reversed),
            Just(Direction::Undirected)
        ];
        let parallel = prop_oneof![
            Just(ParallelEdges::Keep),
            Just(ParallelEdges::Smallest),
            Just(ParallelEdges::Sum)
        ];
        (direction, parallel, any::<bool>()).prop_map(|(direction, parallel, self_loops)| ProjectionRules {
            direction,
            parallel,
            self_loops,
        })
    }

    fn any_edges(n: u32) -> impl Strategy<Value = EdgeList> {
        let rows = prop::collection::vec((0..n, 0..n, 0_u8..9), 0..60);
        (rows, any::<bool>()).prop_map(|(rows, weighted)| EdgeList {
            sources: rows.iter().map(|it| it.0).collect(),
            targets: rows.iter().map(|it| it.1).collect(),
            weights: weighted.then(|| rows.iter().map(|it| f64::from(it.2)).collect()),
            times: Some((0..rows.len() as i64).map(|row| row * 10).collect()),
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn lists_are_what_maps_say(edges in any_edges(8), rules in any_rules()) {
            let graph = build(8, &edges, rules);
            prop_assert_eq!(entries(&graph.out, 8), expected(8, &edges, rules, true));
            prop_assert_eq!(entries(&graph.into, 8), expected(8, &edges, rules, false));
            let times = graph.out.times.as_ref().unwrap();
            prop_assert!(times.iter().zip(&graph.out.edges).all(|(time, row)| *time == i64::from(*row) * 10));
        }

        #[test]
        fn an_undirected_edge_counts_once(edges in any_edges(8), parallel in any::<bool>()) {
            let parallel = if parallel { ParallelEdges::Keep } else { ParallelEdges::Smallest };
            let rules = ProjectionRules { direction: Direction::Undirected, parallel, self_loops: true };
            let graph = build(8, &edges, rules);
            let loops = (0..8).flat_map(|v| graph.out.neighbours(v).iter().filter(move |u| **u == v)).count() as u64;
            prop_assert_eq!(graph.entry_count(), 2 * graph.edge_count - loops);
        }
    }

    #[test]
    fn a_graph_without_edges_has_empty_lists() {
        let graph = build(3, &EdgeList::default(), ProjectionRules::default());
        assert_eq!(
            (graph.vertex_count(), graph.entry_count(), graph.edge_count),
            (3, 0, 0)
        );
        assert_eq!(
            build(0, &EdgeList::default(), ProjectionRules::default()).vertex_count(),
            0
        );
    }
}
