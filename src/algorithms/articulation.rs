//! Articulation points and bridges, with what each strands.
//!
//! A vertex is an articulation point, and an edge a bridge, when its removal cuts the component it
//! lies in into more parts. What it strands is everything outside the largest of these parts.
//!
//! Convention: direction is ignored, parallel edges count as one, self-loops do not count. An edge
//! that doubles another therefore does not save it from being a bridge.
//!
//! Cost: O(n + m) time on one thread; 49 bytes a vertex and 8 an edge beyond the graph.
//! Source: Tarjan 1972 and Hopcroft & Tarjan 1973, without recursion.

use serde::{Deserialize, Serialize};

use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, RowTable, Values};
use super::pace::Pace;
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, Work};
use super::simple_view::SimpleView;
use crate::graph::{Csr, NO_VERTEX};

/// Parameters of [`super::Algorithm::Articulation`]; it has none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ArticulationConfig {}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "articulation",
    aliases: &["articulation_points", "bridges", "single_points_of_failure"],
    special_cases: &[],
    title: "Articulation points and bridges",
    summary: "Finds the vertices and edges whose loss cuts the network apart, and counts what each cuts off.",
    convention: "Edges count both ways whatever their direction. Parallel edges count as one connection, so a \
                 doubled line can still be a bridge. Edges from a vertex to itself do not count. What is \
                 stranded is everything outside the largest part that remains; the lost vertex itself is \
                 not counted.",
    source: "Tarjan 1972; Hopcroft & Tarjan 1973",
    parameters: &[],
    columns: &[
        ColumnInfo {
            name: "articulation",
            quantity: Quantity::Flag,
            meaning: "Whether its removal cuts its component apart.",
        },
        ColumnInfo {
            name: "stranded",
            quantity: Quantity::Count,
            meaning: "Vertices cut off from the largest remaining part when it is removed.",
        },
        ColumnInfo {
            name: "parts",
            quantity: Quantity::Count,
            meaning: "Parts into which its component falls when it is removed; 0 where it is alone.",
        },
    ],
    rows: Some((
        "bridges",
        &[
            ColumnInfo {
                name: "from",
                quantity: Quantity::Name,
                meaning: "The end that comes first in vertex order.",
            },
            ColumnInfo {
                name: "to",
                quantity: Quantity::Name,
                meaning: "The other end.",
            },
            ColumnInfo {
                name: "stranded",
                quantity: Quantity::Count,
                meaning: "Vertices on the smaller side when the connection is cut.",
            },
        ],
    )),
    order: &[],
    summary_values: &[
        ColumnInfo {
            name: "articulation_points",
            quantity: Quantity::Count,
            meaning: "Vertices whose removal cuts their component apart.",
        },
        ColumnInfo {
            name: "bridges",
            quantity: Quantity::Count,
            meaning: "Connections whose removal cuts their component apart.",
        },
        ColumnInfo {
            name: "components",
            quantity: Quantity::Count,
            meaning: "Connected components, direction ignored.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: false,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 5.0e7,
};

impl ArticulationConfig {
    /// Whether every parameter is in its range: always, since there is none.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(_config: &ArticulationConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: 70 * n + 10 * m,
        operations: 2 * n + 4 * m,
        // A bridge is an edge of the forest.
        rows: n,
    }
}

pub(super) const UNSEEN: u32 = u32::MAX;

/// The depth-first search and what it learns; one entry a vertex.
pub(super) struct Search<'a> {
    view: &'a SimpleView,
    /// Place in the order of discovery.
    pub(super) found: Vec<u32>,
    /// Earliest place reachable from the subtree over one edge outside the tree.
    pub(super) low: Vec<u32>,
    pub(super) parent: Vec<u32>,
    /// Vertices of the subtree.
    size: Vec<u32>,
    /// Neighbours looked at so far.
    next: Vec<usize>,
    /// Vertices in discovery order.
    pub(super) order: Vec<u32>,
    cut: Vec<Cut>,
    /// Bridges as (tree parent, tree child).
    bridges: Vec<(u32, u32)>,
}

/// The subtrees that hang on a vertex alone.
#[derive(Clone, Copy, Default)]
struct Cut {
    parts: u32,
    vertices: u32,
    largest: u32,
}

impl<'a> Search<'a> {
    pub(super) fn new(view: &'a SimpleView, n: u32) -> Self {
        let n_entries = n as usize;
        Self {
            view,
            found: vec![UNSEEN; n_entries],
            low: vec![0; n_entries],
            parent: vec![NO_VERTEX; n_entries],
            size: vec![1; n_entries],
            next: (0..n).map(|v| view.range(v).start).collect(),
            order: Vec::with_capacity(n_entries),
            cut: vec![Cut::default(); n_entries],
            bridges: Vec::new(),
        }
    }

    fn discover(&mut self, v: u32, parent: u32) {
        let place = self.order.len() as u32;
        self.found[v as usize] = place;
        self.low[v as usize] = place;
        self.parent[v as usize] = parent;
        self.order.push(v);
    }

    /// Walks the component of `root`.
    pub(super) fn walk(&mut self, root: u32, pace: &mut Pace<'_>) -> Result<(), KernelError> {
        self.discover(root, NO_VERTEX);
        let mut v = root;
        loop {
            // On the way back the rest of every list on the path is read.
            pace.step(0)?;
            let at = self.next[v as usize];
            if at < self.view.range(v).end {
                self.next[v as usize] += 1;
                let u = self.view.target(at);
                if self.found[u as usize] == UNSEEN {
                    self.discover(u, v);
                    v = u;
                } else if u != self.parent[v as usize] {
                    // The view has no parallel edges, so an edge to the parent is the tree edge.
                    self.low[v as usize] = self.low[v as usize].min(self.found[u as usize]);
                }
            } else {
                let parent = self.parent[v as usize];
                if parent == NO_VERTEX {
                    return Ok(());
                }
                self.leave(v, parent);
                v = parent;
            }
        }
    }

    /// Hands what the finished subtree of `v` learnt to its parent.
    fn leave(&mut self, v: u32, parent: u32) {
        let (v, p) = (v as usize, parent as usize);
        self.size[p] += self.size[v];
        self.low[p] = self.low[p].min(self.low[v]);
        if self.low[v] >= self.found[p] {
            let cut = &mut self.cut[p];
            cut.parts += 1;
            cut.vertices += self.size[v];
            cut.largest = cut.largest.max(self.size[v]);
        }
        if self.low[v] > self.found[p] {
            self.bridges.push((parent, v as u32));
        }
    }
}

/// Finds articulation points and bridges.
///
/// # Errors
///
/// [`KernelError::Cancelled`] only.
pub fn run(
    graph: &Csr,
    _config: &ArticulationConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let n = graph.vertex_count();
    control.expect(u64::from(n));
    let view = SimpleView::new(graph, control)?;
    let mut pace = Pace::new(control);
    let mut search = Search::new(&view, n);
    let mut stranded = vec![0_u64; n as usize];
    let mut parts = vec![0_u64; n as usize];
    let mut bridges: Vec<(u32, u32, u64)> = Vec::new();
    let mut components = 0_u64;
    for root in 0..n {
        if search.found[root as usize] != UNSEEN {
            continue;
        }
        components += 1;
        let begin = search.order.len();
        search.walk(root, &mut pace)?;
        let component = &search.order[begin..];
        let total = component.len() as u32;
        for &v in component {
            let cut = search.cut[v as usize];
            let rest = total - 1 - cut.vertices;
            parts[v as usize] = u64::from(cut.parts) + u64::from(rest > 0);
            stranded[v as usize] = u64::from(total - 1 - cut.largest.max(rest));
        }
        for (p, v) in search.bridges.drain(..) {
            let side = search.size[v as usize];
            bridges.push((p.min(v), p.max(v), u64::from(side.min(total - side))));
        }
        control.advance(u64::from(total));
    }
    bridges.sort_unstable();
    Ok(outcome(stranded, parts, &bridges, components))
}

fn outcome(stranded: Vec<u64>, parts: Vec<u64>, bridges: &[(u32, u32, u64)], components: u64) -> Outcome {
    let flags: Vec<bool> = parts.iter().map(|it| *it > 1).collect();
    let points = flags.iter().filter(|it| **it).count();
    let (from, to) = bridges.iter().map(|it| (it.0, it.1)).unzip();
    let smaller = bridges.iter().map(|it| it.2).collect();
    Outcome {
        vertices: vec![
            OutputColumn::new("articulation", Quantity::Flag, Values::Flags(flags)),
            OutputColumn::new("stranded", Quantity::Count, Values::Integers(stranded)),
            OutputColumn::new("parts", Quantity::Count, Values::Integers(parts)),
        ],
        rows: Some(RowTable {
            name: "bridges",
            columns: vec![
                OutputColumn::new("from", Quantity::Name, Values::Vertices(from)),
                OutputColumn::new("to", Quantity::Name, Values::Vertices(to)),
                OutputColumn::new("stranded", Quantity::Count, Values::Integers(smaller)),
            ],
        }),
        summary: vec![
            ("articulation_points", Quantity::Count, points as f64),
            ("bridges", Quantity::Count, bridges.len() as f64),
            ("components", Quantity::Count, components as f64),
        ],
        ..Outcome::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::algorithms::Algorithm;
    use crate::algorithms::random_graphs::{any_graph, graph_of, integer_column, integers, run};

    type Edges = BTreeSet<(u32, u32)>;

    fn simple_edges(graph: &Csr) -> Edges {
        let entries = |v| {
            graph
                .out
                .neighbours(v)
                .iter()
                .map(move |u| (v.min(*u), v.max(*u)))
        };
        (0..graph.vertex_count())
            .flat_map(entries)
            .filter(|(v, u)| v != u)
            .collect()
    }

    /// Sizes of the components among `vertices`, largest first, by repeated relabelling.
    fn component_sizes(vertices: &BTreeSet<u32>, edges: &Edges) -> Vec<u64> {
        let mut label: Vec<u32> = (0..=vertices.last().copied().unwrap_or(0)).collect();
        let inside = edges
            .iter()
            .filter(|(v, u)| vertices.contains(v) && vertices.contains(u));
        for &(v, u) in inside {
            let (old, new) = (label[v as usize], label[u as usize]);
            label.iter_mut().filter(|it| **it == old).for_each(|it| *it = new);
        }
        let mut sizes = vec![0_u64; label.len()];
        vertices
            .iter()
            .for_each(|v| sizes[label[*v as usize] as usize] += 1);
        sizes.retain(|size| *size > 0);
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        sizes
    }

    /// The component of `v`, by spreading.
    fn component_of(v: u32, edges: &Edges) -> BTreeSet<u32> {
        let mut members = BTreeSet::from([v]);
        loop {
            let before = members.len();
            for &(a, b) in edges {
                if members.contains(&a) || members.contains(&b) {
                    members.extend([a, b]);
                }
            }
            if members.len() == before {
                return members;
            }
        }
    }

    fn answer(graph: &Csr) -> Outcome {
        run(&Algorithm::Articulation(ArticulationConfig {}), graph).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn removing_each_vertex_strands_what_it_says(graph in any_graph(12)) {
            let outcome = answer(&graph);
            let edges = simple_edges(&graph);
            let stranded = integer_column(&outcome, "stranded");
            let parts = integer_column(&outcome, "parts");
            let flags = integer_column(&outcome, "articulation");
            for v in 0..graph.vertex_count() {
                let mut others = component_of(v, &edges);
                others.remove(&v);
                let sizes = component_sizes(&others, &edges);
                prop_assert_eq!(parts[v as usize], sizes.len() as u64);
                prop_assert_eq!(stranded[v as usize], sizes.iter().skip(1).sum::<u64>());
                prop_assert_eq!(flags[v as usize] == 1, sizes.len() > 1);
            }
        }

        #[test]
        fn bridges_are_the_edges_whose_removal_splits_a_component(graph in any_graph(12)) {
            let outcome = answer(&graph);
            let edges = simple_edges(&graph);
            let mut expected = Vec::new();
            for &(v, u) in &edges {
                let mut without = edges.clone();
                without.remove(&(v, u));
                let (one, other) = (component_of(v, &without), component_of(u, &without));
                if !one.contains(&u) {
                    expected.push((u64::from(v), u64::from(u), one.len().min(other.len()) as u64));
                }
            }
            let column = |name| integers(&outcome.row_column(name).unwrap().values);
            let (from, to, stranded) = (column("from"), column("to"), column("stranded"));
            let found: Vec<_> = (0..from.len()).map(|row| (from[row], to[row], stranded[row])).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_long_path_needs_no_stack() {
        let n = 200_000;
        let pairs: Vec<(u32, u32)> = (1..n).map(|v| (v - 1, v)).collect();
        let outcome = answer(&graph_of(n, &pairs, true));
        assert_eq!(
            outcome.summary[0],
            ("articulation_points", Quantity::Count, f64::from(n - 2))
        );
        assert_eq!(
            integer_column(&outcome, "stranded")[n as usize / 2],
            u64::from(n) / 2 - 1
        );
    }

    #[test]
    fn an_empty_graph_has_no_bridges() {
        let outcome = answer(&graph_of(0, &[], false));
        assert_eq!(outcome.summary[1], ("bridges", Quantity::Count, 0.0));
    }
}
