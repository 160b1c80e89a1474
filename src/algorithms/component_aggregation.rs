//! Component aggregation: how often each value of an attribute occurs in each connected component.
//!
//! Convention: components are weak, or strong where asked. A vertex without a value counts in the size of
//! its component and in no value. A row stands for a component and a value that occurs there; rows come by
//! component, in the order of their smallest members, then by falling count. As texts are not numbers, a
//! value is shown by its first bearer in the component.
//!
//! Cost: that of the components, then O(n log n) to sort the vertices; 40 bytes a vertex beyond the
//! answer, one thread. There are at most as many rows as vertices.
//!
//! Source: the aggregation of components of ArangoDB's Graph Analytics Engine.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::attributes::{self, ATTRIBUTE, Kinds, firsts};
use super::control::{Control, KernelError};
use super::groups::Groups;
use super::outcome::{Outcome, OutputColumn, Quantity, RowTable, Values};
use super::pace::Pace;
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use super::sort::sort_by_key;
use super::{scc, wcc};
use crate::graph::{Csr, MISSING, NO_VERTEX};

/// Parameters of [`super::Algorithm::ComponentAggregation`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ComponentAggregationConfig {
    /// Attribute whose values are counted; empty: the first.
    pub attribute: String,
    /// Whether components respect the direction of edges.
    pub strong: bool,
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "component_aggregation",
    aliases: &["aggregate_components", "component_values"],
    special_cases: &[],
    title: "Values by component",
    summary: "Counts how often each value of an attribute occurs in each connected component.",
    convention: "Components ignore direction unless strong ones are asked for. Vertices without a value count in \
                 the size only. A value is shown by the first vertex of the component that has it. Of equally \
                 frequent values the one that the projection has first is the most common.",
    source: "Aggregation of components of ArangoDB's Graph Analytics Engine.",
    parameters: &[
        ATTRIBUTE,
        ParameterInfo {
            name: "strong",
            kind: "yes or no",
            default: "no",
            range: "yes or no",
            meaning: "Whether components are strong: every member reaches every other along the edges.",
        },
    ],
    columns: &[
        ColumnInfo {
            name: "component",
            quantity: Quantity::Name,
            meaning: "The component that the vertex belongs to, named by its smallest member.",
        },
        ColumnInfo {
            name: "component_size",
            quantity: Quantity::Count,
            meaning: "Number of vertices in that component.",
        },
        ColumnInfo {
            name: "values",
            quantity: Quantity::Count,
            meaning: "Different values in that component.",
        },
        ColumnInfo {
            name: "most_common",
            quantity: Quantity::Name,
            meaning: "First vertex of the component that has its most common value; none where it has no value.",
        },
        ColumnInfo {
            name: "most_common_share",
            quantity: Quantity::Share,
            meaning: "Members with that value as a share of all members.",
        },
    ],
    rows: Some((
        "component_values",
        &[
            ColumnInfo {
                name: "component",
                quantity: Quantity::Name,
                meaning: "The component, named by its smallest member.",
            },
            ColumnInfo {
                name: "component_size",
                quantity: Quantity::Count,
                meaning: "Number of vertices in the component.",
            },
            ColumnInfo {
                name: "bearer",
                quantity: Quantity::Name,
                meaning: "The first vertex of the component that has the value.",
            },
            ColumnInfo {
                name: "members",
                quantity: Quantity::Count,
                meaning: "Vertices of the component that have the value.",
            },
            ColumnInfo {
                name: "share",
                quantity: Quantity::Share,
                meaning: "Those as a share of the component.",
            },
        ],
    )),
    order: &[],
    summary_values: &[
        ColumnInfo {
            name: "components",
            quantity: Quantity::Count,
            meaning: "Number of components.",
        },
        ColumnInfo {
            name: "largest",
            quantity: Quantity::Count,
            meaning: "Vertices in the largest component.",
        },
        ColumnInfo {
            name: "singletons",
            quantity: Quantity::Count,
            meaning: "Components of one vertex.",
        },
        ColumnInfo {
            name: "different_values",
            quantity: Quantity::Count,
            meaning: "Different values of the attribute.",
        },
        ColumnInfo {
            name: "mixed",
            quantity: Quantity::Count,
            meaning: "Components with more than one value.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: false,
    needs_direction: false,
    attributes: AttributeUse::Items,
    steps_a_second: 3.0e8,
};

impl ComponentAggregationConfig {
    /// Whether every parameter is in its range; no value is outside.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(config: &ComponentAggregationConfig, size: Extent) -> Work {
    let Extent { n, .. } = size;
    let components = match config.strong {
        true => scc::work(&scc::SccConfig {}, size),
        false => wcc::work(&wcc::WccConfig {}, size),
    };
    let sorting = n.saturating_mul(u64::from(n.max(2).ilog2()));
    Work {
        bytes: components.bytes + 120 * n,
        operations: components.operations.saturating_add(2 * sorting),
        rows: n,
    }
}

/// Counts the values.
///
/// # Errors
///
/// [`KernelError::Parameter`] or [`KernelError::NotApplicable`] when the projection does not have the
/// attribute.
pub fn run(
    graph: &Csr,
    config: &ComponentAggregationConfig,
    inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let kinds = Kinds::new(&attributes::items(inputs, &config.attribute)?.codes);
    let labels = match config.strong {
        true => scc::labels(graph, control)?,
        false => wcc::labels(graph, control)?,
    };
    let names = firsts(graph, &labels, graph.vertex_count());
    control.check()?;
    let counts = counted(graph, &labels, &names, &kinds, control)?;
    control.check()?;
    Ok(outcome(&labels, &kinds, &counts))
}

/// A value in a component.
#[derive(Clone, Copy)]
struct Count {
    label: u32,
    bearer: u32,
    members: u32,
}

/// The values of each component by falling count, components in the order of their names.
fn counted(
    graph: &Csr,
    labels: &[u32],
    names: &[u32],
    kinds: &Kinds,
    control: &Control,
) -> Result<Vec<Count>, KernelError> {
    let mut entries: Vec<(u32, u32, u32, u32)> = Vec::new();
    let mut pace = Pace::new(control);
    for (v, kind) in (0..graph.vertex_count()).zip(&kinds.of) {
        pace.step(0)?;
        if *kind != MISSING {
            let component = graph.number(names[labels[v as usize] as usize]);
            entries.push((component, *kind, graph.number(v), v));
        }
    }
    sort_by_key(&mut entries, control, |it| *it)?;
    let same = entries.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1));
    let mut counts: Vec<(u32, u32, Count)> = Vec::new();
    for same in same {
        pace.step(same.len())?;
        let (component, kind, _, bearer) = same[0];
        let count = Count {
            label: labels[bearer as usize],
            bearer,
            members: same.len() as u32,
        };
        counts.push((component, kind, count));
    }
    // Of values that are as frequent the one with the smaller code comes first.
    sort_by_key(&mut counts, control, |(component, kind, count)| {
        (*component, Reverse(count.members), *kind)
    })?;
    Ok(counts.into_iter().map(|it| it.2).collect())
}

fn outcome(labels: &[u32], kinds: &Kinds, counts: &[Count]) -> Outcome {
    let groups = Groups::from_labels(labels);
    let n = labels.len();
    let (mut values, mut most_common) = (vec![0_u64; n], vec![(NO_VERTEX, 0_u32); n]);
    for count in counts {
        let at = count.label as usize;
        if values[at] == 0 {
            most_common[at] = (count.bearer, count.members);
        }
        values[at] += 1;
    }
    let size = |v: u32| groups.sizes[v as usize];
    let share = |members: u32, v: u32| f64::from(members) / size(v) as f64;
    let of = |v: usize| most_common[labels[v] as usize];
    let shares: Vec<f64> = (0..n).map(|v| share(of(v).1, v as u32)).collect();
    let column = OutputColumn::new;
    let rows = RowTable {
        name: "component_values",
        columns: vec![
            column(
                "component",
                Quantity::Name,
                Values::Groups(counts.iter().map(|it| groups.names[it.bearer as usize]).collect()),
            ),
            column(
                "component_size",
                Quantity::Count,
                Values::Integers(counts.iter().map(|it| size(it.bearer)).collect()),
            ),
            column(
                "bearer",
                Quantity::Name,
                Values::Vertices(counts.iter().map(|it| it.bearer).collect()),
            ),
            column(
                "members",
                Quantity::Count,
                Values::Integers(counts.iter().map(|it| u64::from(it.members)).collect()),
            ),
            column(
                "share",
                Quantity::Share,
                Values::Numbers(counts.iter().map(|it| share(it.members, it.bearer)).collect()),
            ),
        ],
    };
    let mut summary = groups.summary("components");
    let mixed = values.iter().filter(|it| **it > 1).count();
    summary.push(("different_values", Quantity::Count, f64::from(kinds.count)));
    summary.push(("mixed", Quantity::Count, mixed as f64));
    let mut vertices = groups.into_columns("component", "component_size");
    let values = labels.iter().map(|label| values[*label as usize]).collect();
    vertices.push(column("values", Quantity::Count, Values::Integers(values)));
    let bearers = (0..n).map(|v| of(v).0).collect();
    vertices.push(column("most_common", Quantity::Name, Values::Vertices(bearers)));
    vertices.push(column(
        "most_common_share",
        Quantity::Share,
        Values::Numbers(shares),
    ));
    Outcome {
        vertices,
        rows: Some(rows),
        summary,
        ..Outcome::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::super::random_graphs::{all_distances, any_graph, graph_of, integer_column, integers};
    use super::super::registry::{Algorithm, ItemCodes};
    use super::*;

    fn aggregated(graph: &Csr, codes: &[u32], strong: bool) -> Outcome {
        let inputs = Inputs {
            items: vec![ItemCodes {
                name: "city".to_owned(),
                codes: codes.to_vec(),
            }],
            ..Inputs::default()
        };
        let config = ComponentAggregationConfig {
            strong,
            ..ComponentAggregationConfig::default()
        };
        run(graph, &config, &inputs, &Control::default()).unwrap()
    }

    fn row(outcome: &Outcome, name: &str) -> Vec<u64> {
        integers(&outcome.row_column(name).unwrap().values)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn counting_by_reach_gives_the_same(
            (graph, codes) in any_graph(14).prop_flat_map(|graph| {
                let n = graph.vertex_count() as usize;
                (Just(graph), prop::collection::vec(prop_oneof![0..4_u32, Just(MISSING)], n))
            }),
        ) {
            let distances = all_distances(&graph, false);
            let n = codes.len();
            let both_ways = |u: usize, v: usize| distances[u][v].is_finite() && distances[v][u].is_finite();
            let mut wanted = BTreeMap::<(u64, u32), u64>::new();
            for v in (0..n).filter(|v| codes[*v] != MISSING) {
                let name = (0..n).find(|u| both_ways(*u, v)).unwrap_or(v) as u64;
                *wanted.entry((name, codes[v])).or_default() += 1;
            }
            let found = aggregated(&graph, &codes, true);
            let bearers = row(&found, "bearer");
            let keys = row(&found, "component").into_iter().zip(bearers.iter().map(|it| codes[*it as usize]));
            let found: BTreeMap<(u64, u32), u64> = keys.zip(row(&found, "members")).collect();
            prop_assert_eq!(found, wanted);
        }
    }

    #[test]
    fn rows_come_by_component_and_falling_count() {
        let graph = graph_of(7, &[(1, 0), (2, 1), (2, 5), (3, 4)], true);
        let found = aggregated(&graph, &[9, 4, 4, 9, MISSING, 4, MISSING], false);
        assert_eq!(row(&found, "component"), [0, 0, 3]);
        assert_eq!(row(&found, "bearer"), [1, 0, 3]);
        assert_eq!(row(&found, "members"), [3, 1, 1]);
        assert_eq!(row(&found, "component_size"), [4, 4, 2]);
        let none = u64::from(NO_VERTEX);
        assert_eq!(integer_column(&found, "most_common"), [1, 1, 1, 3, 3, 1, none]);
        assert_eq!(integer_column(&found, "values"), [2, 2, 2, 1, 1, 2, 0]);
        assert_eq!(found.numbers("most_common_share")[0], 0.75);
        let strong = aggregated(&graph, &[9, 4, 4, 9, MISSING, 4, MISSING], true);
        assert_eq!((strong.summary[0].2, strong.summary[4].2), (7.0, 0.0));
    }

    #[test]
    fn the_order_of_the_graph_changes_no_row() {
        let pairs = [(1, 0), (2, 1), (2, 5), (3, 4)];
        let order = [6, 4, 5, 2, 0, 3, 1];
        let place = |v: u32| order.iter().position(|it| *it == v).unwrap() as u32;
        let turned = Csr {
            order: Some(Arc::new(order.to_vec())),
            ..graph_of(7, &pairs.map(|(u, v)| (place(u), place(v))), true)
        };
        let inputs = Inputs {
            items: vec![ItemCodes {
                name: "city".to_owned(),
                codes: vec![9, 4, 4, 9, MISSING, 4, MISSING],
            }],
            ..Inputs::default()
        };
        let algorithm = Algorithm::ComponentAggregation(ComponentAggregationConfig::default());
        let answer = |graph: &Csr| algorithm.run(graph, &inputs, &Control::default()).unwrap();
        assert_eq!(answer(&turned), answer(&graph_of(7, &pairs, true)));
    }

    #[test]
    fn without_the_attribute_it_says_what_to_do() {
        let graph = graph_of(2, &[(0, 1)], false);
        let config = ComponentAggregationConfig::default();
        let answer = run(&graph, &config, &Inputs::default(), &Control::default());
        assert!(matches!(answer, Err(KernelError::NotApplicable { .. })));
    }
}
