//! Biconnected components: parts that no single vertex's loss cuts apart.
//!
//! Two links are in the same component when a cycle without repeated vertices runs through both; a link on
//! no cycle, a bridge, is a component of its own. Components overlap in articulation points only.
//!
//! Convention: direction is ignored, parallel edges are one link, self-loops do not count; a vertex without
//! links is in no component. Components are listed by falling size, then by their members.
//!
//! Method: the depth-first search of `articulation`; a link of its tree begins a component where nothing
//! below it reaches above it. Cost: O(n + m) time on one thread; 49 bytes a vertex and 8 an edge beyond
//! the graph, 16 a vertex for the answer.
//! Source: Hopcroft & Tarjan, CACM 16, 1973.

use serde::{Deserialize, Serialize};

use super::articulation::{Search, UNSEEN};
use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, RowTable, Values};
use super::pace::Pace;
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use super::simple_view::SimpleView;
use crate::graph::{Csr, NO_VERTEX};

/// Parameters of [`super::Algorithm::Biconnected`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BiconnectedConfig {
    /// Components with fewer vertices are not listed, from 2.
    pub min_members: u32,
}

impl Default for BiconnectedConfig {
    fn default() -> Self {
        Self { min_members: 2 }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "biconnected",
    aliases: &["biconnected_components", "blocks"],
    special_cases: &[],
    title: "Biconnected components",
    summary: "Finds the parts of the network that hold together whichever one of their vertices is lost.",
    convention: "Edges count both ways whatever their direction, several between two are one link, an edge from a \
                 vertex to itself does not count. A link on no cycle is a part of two. A vertex whose loss cuts \
                 the network apart is in several parts.",
    source: "Hopcroft & Tarjan, Communications of the ACM 16, 1973.",
    parameters: &[ParameterInfo {
        name: "min_members",
        kind: "whole number",
        default: "2",
        range: "from 2 to 4294967295",
        meaning: "Parts with fewer vertices are not listed; 3 leaves out single links.",
    }],
    columns: &[
        ColumnInfo {
            name: "components",
            quantity: Quantity::Count,
            meaning: "Parts that it belongs to; 0 without links.",
        },
        ColumnInfo {
            name: "largest_component",
            quantity: Quantity::Count,
            meaning: "Vertices of the largest of them.",
        },
    ],
    rows: Some((
        "components",
        &[
            ColumnInfo {
                name: "members",
                quantity: Quantity::Name,
                meaning: "Its vertices, in vertex order.",
            },
            ColumnInfo {
                name: "vertices",
                quantity: Quantity::Count,
                meaning: "How many they are.",
            },
            ColumnInfo {
                name: "links",
                quantity: Quantity::Count,
                meaning: "Links among them.",
            },
        ],
    )),
    order: &[],
    summary_values: &[
        ColumnInfo {
            name: "components",
            quantity: Quantity::Count,
            meaning: "Biconnected components, listed or not.",
        },
        ColumnInfo {
            name: "largest",
            quantity: Quantity::Count,
            meaning: "Vertices of the largest.",
        },
        ColumnInfo {
            name: "bridges",
            quantity: Quantity::Count,
            meaning: "Components that are a single link.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: false,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 1.8e7,
};

impl BiconnectedConfig {
    /// Whether every parameter is in its range.
    pub fn validate(&self) -> Result<(), KernelError> {
        if self.min_members < 2 {
            return Err(KernelError::Parameter {
                parameter: "min_members",
                problem: format!("is {}; it must be 2 or more", self.min_members),
            });
        }
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(_config: &BiconnectedConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: 130 * n + 10 * m,
        operations: 6 * n + 6 * m,
        // Each begins with a link of the forest.
        rows: n,
    }
}

/// Finds the components.
///
/// # Errors
///
/// [`KernelError::Cancelled`] only.
pub fn run(
    graph: &Csr,
    config: &BiconnectedConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let n = graph.vertex_count();
    control.expect(u64::from(n));
    let view = SimpleView::new(graph, control)?;
    let mut pace = Pace::new(control);
    let mut search = Search::new(&view, n);
    for root in 0..n {
        if search.found[root as usize] == UNSEEN {
            search.walk(root, &mut pace)?;
        }
    }
    let parts = Parts::new(&search, &view, control)?;
    control.check()?;
    control.advance(u64::from(n));
    Ok(outcome(n, parts.sorted(), config))
}

const NONE: u32 = u32::MAX;

/// The components by number, in the order in which the search left their tops.
struct Parts {
    /// The component of the link from each vertex to its parent; [`NONE`] for roots.
    of_link: Vec<u32>,
    /// The vertex of each component that the search met first; its link is none of the component's.
    tops: Vec<u32>,
    /// Links of each component.
    links: Vec<u64>,
}

impl Parts {
    fn new(search: &Search, view: &SimpleView, control: &Control) -> Result<Self, KernelError> {
        let mut parts = Parts {
            of_link: vec![NONE; search.found.len()],
            tops: Vec::new(),
            links: Vec::new(),
        };
        let mut pace = Pace::new(control);
        for &v in &search.order {
            pace.step(view.degree(v))?;
            let parent = search.parent[v as usize];
            if parent == NO_VERTEX {
                continue;
            }
            let found = |v: u32| search.found[v as usize];
            // Parents come before their children, so that theirs is known.
            let part = if search.low[v as usize] >= found(parent) {
                parts.tops.push(parent);
                parts.links.push(0);
                parts.tops.len() as u32 - 1
            } else {
                parts.of_link[parent as usize]
            };
            parts.of_link[v as usize] = part;
            // A link that is none of the tree leads up, and lies with the link to the parent.
            let up = view.neighbours(v).iter().filter(|u| found(**u) < found(v));
            parts.links[part as usize] += up.count() as u64;
        }
        Ok(parts)
    }

    /// The members and links of each component, largest first.
    fn sorted(self) -> Vec<(Vec<u32>, u64)> {
        let mut parts: Vec<(Vec<u32>, u64)> = self
            .tops
            .iter()
            .zip(self.links)
            .map(|(top, links)| (vec![*top], links))
            .collect();
        for (v, part) in (0_u32..).zip(&self.of_link).filter(|it| *it.1 != NONE) {
            parts[*part as usize].0.push(v);
        }
        parts.iter_mut().for_each(|it| it.0.sort_unstable());
        // Two components share one vertex at most, so that no two have the same members.
        parts.sort_unstable_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.0.cmp(&b.0)));
        parts
    }
}

fn outcome(n: u32, parts: Vec<(Vec<u32>, u64)>, config: &BiconnectedConfig) -> Outcome {
    let (mut counts, mut largest) = (vec![0_u64; n as usize], vec![0_u64; n as usize]);
    for (members, _) in &parts {
        for v in members {
            counts[*v as usize] += 1;
            largest[*v as usize] = largest[*v as usize].max(members.len() as u64);
        }
    }
    let bridges = parts.iter().filter(|it| it.0.len() == 2).count();
    let most = parts.first().map_or(0, |it| it.0.len());
    let total = parts.len();
    let (mut offsets, mut members) = (vec![0], Vec::new());
    let (mut sizes, mut links) = (Vec::new(), Vec::new());
    for (list, count) in parts
        .iter()
        .filter(|it| it.0.len() >= config.min_members as usize)
    {
        members.extend_from_slice(list);
        offsets.push(members.len());
        sizes.push(list.len() as u64);
        links.push(*count);
    }
    Outcome {
        vertices: vec![
            OutputColumn::new("components", Quantity::Count, Values::Integers(counts)),
            OutputColumn::new("largest_component", Quantity::Count, Values::Integers(largest)),
        ],
        rows: Some(RowTable {
            name: "components",
            columns: vec![
                OutputColumn::new("members", Quantity::Name, Values::Lists { offsets, members }),
                OutputColumn::new("vertices", Quantity::Count, Values::Integers(sizes)),
                OutputColumn::new("links", Quantity::Count, Values::Integers(links)),
            ],
        }),
        summary: vec![
            ("components", Quantity::Count, total as f64),
            ("largest", Quantity::Count, most as f64),
            ("bridges", Quantity::Count, bridges as f64),
        ],
        ..Outcome::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::random_graphs::{any_graph, graph_of, integer_column, integers};
    use super::*;

    fn answer(graph: &Csr) -> Outcome {
        let control = Control::default();
        run(graph, &BiconnectedConfig::default(), &Inputs::default(), &control).unwrap()
    }

    fn members(outcome: &Outcome) -> Vec<Vec<u32>> {
        match &outcome.row_column("members").unwrap().values {
            Values::Lists { offsets, members } => offsets
                .windows(2)
                .map(|it| members[it[0]..it[1]].to_vec())
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    /// Components by relation: links at one vertex go together when their other ends are joined without it.
    fn by_relation(n: u32, links: &[(u32, u32)]) -> BTreeSet<BTreeSet<u32>> {
        let mut label: Vec<usize> = (0..links.len()).collect();
        for middle in 0..n {
            let mut reach: Vec<u32> = (0..n).collect();
            for _ in 0..n {
                for &(a, b) in links.iter().filter(|it| it.0 != middle && it.1 != middle) {
                    let least = reach[a as usize].min(reach[b as usize]);
                    (reach[a as usize], reach[b as usize]) = (least, least);
                }
            }
            let other = |link: usize| match links[link] {
                (a, b) if a == middle => Some(b),
                (a, b) if b == middle => Some(a),
                _ => None,
            };
            for x in 0..links.len() {
                for y in 0..x {
                    let joined = other(x)
                        .zip(other(y))
                        .is_some_and(|(a, b)| reach[a as usize] == reach[b as usize]);
                    if joined && label[x] != label[y] {
                        let (old, new) = (label[x], label[y]);
                        label.iter_mut().filter(|it| **it == old).for_each(|it| *it = new);
                    }
                }
            }
        }
        let part = |wanted: usize| -> BTreeSet<u32> {
            let own = (0..links.len()).filter(|link| label[*link] == wanted);
            own.flat_map(|link| [links[link].0, links[link].1]).collect()
        };
        label.iter().map(|it| part(*it)).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn cycles_through_two_links_give_the_same(graph in any_graph(9)) {
            let outcome = answer(&graph);
            let n = graph.vertex_count();
            let list = |v: u32| graph.out.neighbours(v).iter().map(move |u| (v.min(*u), v.max(*u)));
            let links: BTreeSet<(u32, u32)> = (0..n).flat_map(list).filter(|it| it.0 != it.1).collect();
            let links: Vec<(u32, u32)> = links.into_iter().collect();
            let members = members(&outcome);
            let found: BTreeSet<BTreeSet<u32>> = members.iter().map(|it| it.iter().copied().collect()).collect();
            prop_assert_eq!(members.len(), found.len());
            prop_assert_eq!(&found, &by_relation(n, &links));
            let inside = |part: &Vec<u32>| {
                links.iter().filter(|it| part.contains(&it.0) && part.contains(&it.1)).count() as u64
            };
            let counts: Vec<u64> = members.iter().map(inside).collect();
            prop_assert_eq!(integers(&outcome.row_column("links").unwrap().values), counts);
            let of = |v: u32| members.iter().filter(|it| it.contains(&v)).count() as u64;
            prop_assert_eq!(integer_column(&outcome, "components"), (0..n).map(of).collect::<Vec<_>>());
        }
    }

    #[test]
    fn two_triangles_at_a_corner_and_a_bridge_are_three() {
        let graph = graph_of(7, &[(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 2), (4, 5)], true);
        let outcome = answer(&graph);
        assert_eq!(members(&outcome), [vec![0, 1, 2], vec![2, 3, 4], vec![4, 5]]);
        assert_eq!(integer_column(&outcome, "components"), [1, 1, 2, 1, 2, 1, 0]);
        assert_eq!(
            integer_column(&outcome, "largest_component"),
            [3, 3, 3, 3, 3, 2, 0]
        );
        assert_eq!(outcome.summary[2], ("bridges", Quantity::Count, 1.0));
        assert!(BiconnectedConfig { min_members: 1 }.validate().is_err());
    }

    #[test]
    fn a_long_path_needs_no_stack() {
        let pairs: Vec<(u32, u32)> = (1..100_000).map(|v| (v - 1, v)).collect();
        let outcome = answer(&graph_of(100_000, &pairs, true));
        assert_eq!(outcome.summary[0].2, 99_999.0);
    }
}
