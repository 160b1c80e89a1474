//! How well a given grouping fits the graph: modularity, coverage, and conductance by group.
//!
//! With `k(v)` the sum of the weights of the edge ends at `v`, `W` the sum of all `k`, and for a group its
//! `volume`, the sum of `k` over its members, and its `inner`, the part of it whose edges stay within: the
//! cut is `volume - inner`, the conductance `cut / min(volume, W - volume)`, the coverage `Σ inner / W` and
//! the modularity at resolution `γ` is `Σ (inner / W - γ (volume / W)²)`.
//!
//! Convention: direction is ignored, parallel edges add up, and both ends of a self-loop are its vertex's.
//! Weights must not be negative. A vertex without a value is a group of its own, which counts in modularity
//! and coverage and has no row. A group without edges, or with all of them, has the conductance 0.
//!
//! Cost: O(n + m) time, 24 bytes a vertex, all threads of the pool.

use serde::{Deserialize, Serialize};

use super::attributes::{self, ATTRIBUTE, Kinds};
use super::blocks;
use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, RowTable, Values};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use super::shortest_paths::refuse_negative;
use crate::graph::{Adjacency, Csr, MISSING};

/// Parameters of [`super::Algorithm::PartitionQuality`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PartitionQualityConfig {
    /// Attribute whose values are the groups; empty: the first.
    pub attribute: String,
    /// Resolution of modularity, above 0.
    pub resolution: f64,
}

impl Default for PartitionQualityConfig {
    fn default() -> Self {
        Self {
            attribute: String::new(),
            resolution: 1.0,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "partition_quality",
    aliases: &["conductance", "coverage", "modularity_of", "modularity"],
    special_cases: &[],
    title: "Quality of a grouping",
    summary: "Measures how well groups given by an attribute fit the edges: what stays inside and what leaves.",
    convention: "Direction is ignored and weights, where there are some, count. A vertex without a value is a \
                 group of its own that is not listed. A group without edges, or with all of them, has the \
                 conductance 0.",
    source: "Newman and Girvan, Phys. Rev. E 69, 2004; conductance and coverage: Fortunato, Phys. Rep. 486, 2010.",
    parameters: &[
        ATTRIBUTE,
        ParameterInfo {
            name: "resolution",
            kind: "number",
            default: "1",
            range: "above 0",
            meaning: "What modularity multiplies chance by: above 1 it asks for smaller groups.",
        },
    ],
    columns: &[ColumnInfo {
        name: "inside_share",
        quantity: Quantity::Share,
        meaning: "Edge weight at the vertex that stays in its group, as a share; none without an edge.",
    }],
    rows: Some((
        "groups",
        &[
            ColumnInfo {
                name: "group",
                quantity: Quantity::Name,
                meaning: "The group, named by its first member.",
            },
            ColumnInfo {
                name: "members",
                quantity: Quantity::Count,
                meaning: "Number of vertices in the group.",
            },
            ColumnInfo {
                name: "inside",
                quantity: Quantity::Weight,
                meaning: "Weight of the edges within the group; their number when edges have no weight.",
            },
            ColumnInfo {
                name: "cut",
                quantity: Quantity::Weight,
                meaning: "Weight of the edges between the group and others.",
            },
            ColumnInfo {
                name: "conductance",
                quantity: Quantity::Share,
                meaning: "The cut as a share of the edge ends in the group, or outside where there are fewer.",
            },
            ColumnInfo {
                name: "modularity_part",
                quantity: Quantity::Score,
                meaning: "What the group adds to modularity.",
            },
        ],
    )),
    order: &[],
    summary_values: &[
        ColumnInfo {
            name: "groups",
            quantity: Quantity::Count,
            meaning: "Number of groups listed.",
        },
        ColumnInfo {
            name: "ungrouped",
            quantity: Quantity::Count,
            meaning: "Vertices without a value.",
        },
        ColumnInfo {
            name: "modularity",
            quantity: Quantity::Score,
            meaning: "Share of edge weight inside groups beyond what chance would put there.",
        },
        ColumnInfo {
            name: "coverage",
            quantity: Quantity::Share,
            meaning: "Share of edge weight inside groups.",
        },
        ColumnInfo {
            name: "mean_conductance",
            quantity: Quantity::Share,
            meaning: "Mean conductance of the groups listed.",
        },
        ColumnInfo {
            name: "largest_conductance",
            quantity: Quantity::Share,
            meaning: "Conductance of the group that holds together least.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Sum,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::Items,
    steps_a_second: 2.0e8,
};

impl PartitionQualityConfig {
    /// Whether every parameter is in its range.
    pub fn validate(&self) -> Result<(), KernelError> {
        if !(self.resolution > 0.0 && self.resolution.is_finite()) {
            return Err(KernelError::Parameter {
                parameter: "resolution",
                problem: format!("is {}; it must be above 0", self.resolution),
            });
        }
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(_config: &PartitionQualityConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: 120 * n,
        operations: 4 * n + 4 * m,
        rows: n,
    }
}

/// Measures the groups.
///
/// # Errors
///
/// [`KernelError::NegativeWeight`], and [`KernelError::Parameter`] or [`KernelError::NotApplicable`] when
/// the projection does not have the attribute.
pub fn run(
    graph: &Csr,
    config: &PartitionQualityConfig,
    inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    refuse_negative(graph)?;
    let kinds = Kinds::new(&attributes::items(inputs, &config.attribute)?.codes);
    let n = graph.vertex_count() as usize;
    control.expect(n as u64);
    let mut ends = vec![Ends::default(); n];
    blocks::fill_around(graph, &mut ends, control, |v| Ends::of(graph, &kinds.of, v))?;
    let total: f64 = ends.iter().map(|it| it.all).sum();
    let mut groups = vec![Group::default(); kinds.count as usize];
    let mut ungrouped = 0_u32;
    let (mut inner, mut expected) = (0.0, 0.0);
    for (kind, ends) in kinds.of.iter().zip(&ends) {
        inner += ends.inside;
        match groups.get_mut(*kind as usize) {
            Some(group) => group.add(ends),
            None => {
                ungrouped += 1;
                expected += (ends.all / total).powi(2);
            }
        }
    }
    expected += groups.iter().map(|it| (it.ends.all / total).powi(2)).sum::<f64>();
    let conductances: Vec<f64> = groups.iter().map(|it| it.conductance(total)).collect();
    let mean = conductances.iter().sum::<f64>() / conductances.len() as f64;
    // Without an edge there is nothing to be inside.
    let of_total = |part: f64| if total > 0.0 { part } else { 0.0 };
    let shares = ends.iter().map(|it| it.inside / it.all).collect();
    Ok(Outcome {
        vertices: vec![OutputColumn::new(
            "inside_share",
            Quantity::Share,
            Values::Numbers(shares),
        )],
        summary: vec![
            ("groups", Quantity::Count, groups.len() as f64),
            ("ungrouped", Quantity::Count, f64::from(ungrouped)),
            (
                "modularity",
                Quantity::Score,
                of_total(inner / total - config.resolution * expected),
            ),
            ("coverage", Quantity::Share, of_total(inner / total)),
            ("mean_conductance", Quantity::Share, mean),
            (
                "largest_conductance",
                Quantity::Share,
                conductances.iter().copied().fold(f64::NAN, f64::max),
            ),
        ],
        rows: Some(rows(&groups, kinds.bearers(graph), conductances, |group| {
            let part = |ends: f64| ends / total;
            of_total(part(group.ends.inside) - config.resolution * part(group.ends.all).powi(2))
        })),
        ..Outcome::default()
    })
}

/// Weights of edge ends.
#[derive(Clone, Copy, Default)]
struct Ends {
    all: f64,
    /// Those whose edges stay within the group.
    inside: f64,
}

impl Ends {
    fn of(graph: &Csr, kinds: &[u32], v: u32) -> Ends {
        let mut ends = Ends::default();
        let mut read = |side: &Adjacency, at_loop: f64| {
            for index in side.range(v) {
                let (u, weight) = (side.targets[index], side.weight(index));
                let weight = if u == v { at_loop * weight } else { weight };
                let kind = kinds[v as usize];
                ends.all += weight;
                if u == v || (kind != MISSING && kind == kinds[u as usize]) {
                    ends.inside += weight;
                }
            }
        };
        if graph.directed {
            // A self-loop stands in both lists, once for each of its ends.
            read(&graph.out, 1.0);
            read(&graph.into, 1.0);
        } else {
            read(&graph.out, 2.0);
        }
        ends
    }
}

/// A group under way.
#[derive(Clone, Copy, Default)]
struct Group {
    members: u64,
    ends: Ends,
}

impl Group {
    fn add(&mut self, ends: &Ends) {
        self.members += 1;
        self.ends.all += ends.all;
        self.ends.inside += ends.inside;
    }

    fn cut(&self) -> f64 {
        (self.ends.all - self.ends.inside).max(0.0)
    }

    fn conductance(&self, total: f64) -> f64 {
        let smaller = self.ends.all.min(total - self.ends.all);
        if smaller > 0.0 {
            (self.cut() / smaller).min(1.0)
        } else {
            0.0
        }
    }
}

fn rows(
    groups: &[Group],
    names: Vec<u32>,
    conductances: Vec<f64>,
    modularity: impl Fn(&Group) -> f64,
) -> RowTable {
    let numbers = |name, quantity, of: &dyn Fn(&Group) -> f64| {
        OutputColumn::new(name, quantity, Values::Numbers(groups.iter().map(of).collect()))
    };
    let members = groups.iter().map(|it| it.members).collect();
    RowTable {
        name: "groups",
        columns: vec![
            OutputColumn::new("group", Quantity::Name, Values::Groups(names)),
            OutputColumn::new("members", Quantity::Count, Values::Integers(members)),
            numbers("inside", Quantity::Weight, &|it| it.ends.inside / 2.0),
            numbers("cut", Quantity::Weight, &Group::cut),
            OutputColumn::new("conductance", Quantity::Share, Values::Numbers(conductances)),
            numbers("modularity_part", Quantity::Score, &modularity),
        ],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::layers::Layer;
    use super::super::modularity::modularity;
    use super::super::random_graphs::{any_graph, graph_of, integers, numbers, on_threads, skewed};
    use super::super::registry::ItemCodes;
    use super::*;
    use crate::graph::Direction;

    fn measured(graph: &Csr, codes: &[u32], resolution: f64) -> Outcome {
        let inputs = Inputs {
            items: vec![ItemCodes {
                name: "team".to_owned(),
                codes: codes.to_vec(),
            }],
            ..Inputs::default()
        };
        let config = PartitionQualityConfig {
            resolution,
            ..PartitionQualityConfig::default()
        };
        run(graph, &config, &inputs, &Control::default()).unwrap()
    }

    fn row(outcome: &Outcome, name: &str) -> Vec<f64> {
        numbers(&outcome.row_column(name).unwrap().values)
    }

    /// Volume and cut of the vertices of a code, edge by edge, and the volume of all.
    fn by_edges(graph: &Csr, codes: &[u32], code: u32) -> (f64, f64, f64) {
        let (mut volume, mut cut, mut total) = (0.0, 0.0, 0.0);
        for u in 0..graph.vertex_count() {
            for at in graph.out.range(u) {
                let (v, weight) = (graph.out.targets[at], graph.out.weight(at));
                // An undirected edge between two stands in both lists, a self-loop in one.
                let weight = if graph.directed || u == v {
                    weight
                } else {
                    weight / 2.0
                };
                let inside = [u, v].map(|it| f64::from(u8::from(codes[it as usize] == code)));
                volume += weight * (inside[0] + inside[1]);
                cut += weight * (inside[0] - inside[1]).abs();
                total += 2.0 * weight;
            }
        }
        (volume, cut, total)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_layer_of_communities_and_the_edges_give_the_same(
            (graph, codes) in any_graph(14).prop_flat_map(|graph| {
                let n = graph.vertex_count() as usize;
                (Just(graph), prop::collection::vec(prop_oneof![4 => 0..4_u32, 1 => Just(MISSING)], n))
            }),
            resolution in 0.2..3.0_f64,
        ) {
            let found = measured(&graph, &codes, resolution);
            let n = codes.len() as u32;
            let first = |code: &u32| codes.iter().position(|it| it == code).unwrap() as u32;
            let alone = |v: u32, code: &u32| if *code == MISSING { v } else { first(code) };
            let community: Vec<u32> = (0..n).zip(&codes).map(|(v, code)| alone(v, code)).collect();
            let control = Control::default();
            let layer = Layer::of(&graph, &control).unwrap();
            let wanted = modularity(&layer, &community, resolution, &control).unwrap();
            prop_assert!((found.summary[2].2 - wanted).abs() < 1e-9, "{} instead of {wanted}", found.summary[2].2);
            let names = integers(&found.row_column("group").unwrap().values);
            for ((name, cut), conductance) in names.iter().zip(row(&found, "cut")).zip(row(&found, "conductance")) {
                let (volume, wanted, total) = by_edges(&graph, &codes, codes[*name as usize]);
                prop_assert!((cut - wanted).abs() < 1e-9);
                let smaller = volume.min(total - volume);
                let wanted = if smaller > 0.0 { wanted / smaller } else { 0.0 };
                prop_assert!((conductance - wanted).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn two_triangles_and_a_bridge_have_their_known_quality() {
        let pairs = [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3), (2, 3)];
        let graph = graph_of(6, &pairs, false);
        let found = measured(&graph, &[8, 8, 8, 3, 3, 3], 1.0);
        assert_eq!(integers(&found.row_column("group").unwrap().values), [3, 0]);
        assert_eq!(row(&found, "inside"), [3.0, 3.0]);
        assert_eq!(row(&found, "conductance"), [1.0 / 7.0, 1.0 / 7.0]);
        assert!((found.summary[3].2 - 6.0 / 7.0).abs() < 1e-12);
        assert!((found.summary[2].2 - (6.0 / 7.0 - 0.5)).abs() < 1e-12);
        let all = measured(&graph, &[1; 6], 1.0);
        assert_eq!((all.summary[2].2, all.summary[5].2), (0.0, 0.0));
        let nobody = measured(&graph, &[MISSING; 6], 1.0);
        assert_eq!((nobody.summary[1].2, nobody.summary[3].2), (6.0, 0.0));
    }

    #[test]
    fn threads_do_not_change_a_bit_and_resolution_has_a_range() {
        let graph = skewed(Direction::Directed);
        let codes: Vec<u32> = (0..graph.vertex_count()).map(|v| v % 7).collect();
        let of = |threads| on_threads(threads, || measured(&graph, &codes, 1.0).summary);
        let one = of(1);
        assert!([2, 3, 8].into_iter().all(|threads| of(threads) == one));
        let config = PartitionQualityConfig {
            resolution: 0.0,
            ..PartitionQualityConfig::default()
        };
        assert!(config.validate().is_err());
    }
}
