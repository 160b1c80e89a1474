//! The shortest path from some vertices to others.
//!
//! Without an estimate the search goes from both ends in turn and stops where they must have met. With
//! coordinates it is led by the straight line that is left (A*): `scale` times a straight line is the
//! least that the way along it can weigh, which is checked on every edge.
//!
//! Convention: the path begins at the source and ends at the target for which it is shortest. Edges are
//! followed in their direction; of parallel edges the lightest counts. Weights must not be negative;
//! without weights every edge counts 1. Which of several shortest paths is named may depend on the method.
//!
//! Cost: O((n + m) log n) time at worst on one thread, and O(m) on all threads to check an estimate;
//! 40 bytes a vertex and 24 an edge at worst.
//! Sources: Dijkstra 1959; Pohl 1971 (from both ends); Hart, Nilsson & Raphael 1968 (A*).

use serde::{Deserialize, Serialize};

use super::bfs::need_sources;
use super::blocks;
use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, RowTable, Values};
use super::pace::Pace;
use super::path_search::{Path, PathSearch, from_both_ends, measured};
use super::registry::{
    AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, SpecialCase, TableOrder,
    Work,
};
use super::shortest_paths::{length_quantity, refuse_negative};
use crate::graph::{Csr, NO_VERTEX};

/// Parameters of [`super::Algorithm::ShortestPath`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShortestPathConfig {
    /// Where the path may begin; at least one.
    pub sources: Vec<String>,
    /// Where it may end; at least one.
    pub targets: Vec<String>,
    /// What leads the search.
    pub heuristic: Heuristic,
    /// The least weight of a unit of straight line, above 0: of a unit of `x` and `y`, or of a metre.
    pub scale: f64,
}

impl Default for ShortestPathConfig {
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            targets: Vec::new(),
            heuristic: Heuristic::None,
            scale: 1.0,
        }
    }
}

/// What leads the search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Heuristic {
    /// Nothing: it goes from both ends.
    #[default]
    None,
    /// The straight line by the attributes `x` and `y`.
    Euclidean,
    /// The great circle by the attributes `latitude` and `longitude`, in degrees, on a sphere.
    Haversine,
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "shortest_path",
    aliases: &["point_to_point", "route"],
    special_cases: &[
        SpecialCase {
            name: "a_star",
            sets: &[],
            needs: &["heuristic"],
        },
        SpecialCase {
            name: "astar",
            sets: &[],
            needs: &["heuristic"],
        },
        SpecialCase {
            name: "a*",
            sets: &[],
            needs: &["heuristic"],
        },
    ],
    title: "Shortest path between vertices",
    summary: "Finds the shortest way from the given sources to the given targets, step by step.",
    convention: "The way begins at the source and ends at the target for which it is shortest. Edges are followed \
                 in their direction, both ways when the projection is undirected; of parallel edges the lightest \
                 counts. Weights must not be negative; without weights every edge counts 1. Where several ways \
                 are equally short, one of them is named. With coordinates every edge must weigh at least scale \
                 times the straight line between its ends.",
    source: "Dijkstra 1959; Hart, Nilsson & Raphael, IEEE Transactions on Systems Science and Cybernetics 4, 1968",
    parameters: &[
        ParameterInfo {
            name: "sources",
            kind: "keys",
            default: "",
            range: "at least one vertex",
            meaning: "Where the way may begin.",
        },
        ParameterInfo {
            name: "targets",
            kind: "keys",
            default: "",
            range: "at least one vertex",
            meaning: "Where it may end.",
        },
        ParameterInfo {
            name: "heuristic",
            kind: "text",
            default: "none",
            range: "none, euclidean or haversine",
            meaning: "What leads the search: nothing, the straight line by the attributes x and y, or the great \
                      circle by the attributes latitude and longitude in degrees.",
        },
        ParameterInfo {
            name: "scale",
            kind: "number",
            default: "1",
            range: "above 0",
            meaning: "The least weight of a unit of straight line: of a unit of x and y, or of a metre.",
        },
    ],
    columns: &[ColumnInfo {
        name: "on_path",
        quantity: Quantity::Flag,
        meaning: "Whether the way passes the vertex.",
    }],
    rows: Some((
        "steps",
        &[
            ColumnInfo {
                name: "step",
                quantity: Quantity::Count,
                meaning: "Edges from the source to here.",
            },
            ColumnInfo {
                name: "vertex",
                quantity: Quantity::Name,
                meaning: "Where the way has come to.",
            },
            ColumnInfo {
                name: "distance",
                quantity: Quantity::Weight,
                meaning: "Sum of weights from the source to here.",
            },
        ],
    )),
    order: &[("steps", TableOrder::AsComputed)],
    summary_values: &[
        ColumnInfo {
            name: "length",
            quantity: Quantity::Weight,
            meaning: "Sum of the weights of the way; left out where there is none.",
        },
        ColumnInfo {
            name: "reached",
            quantity: Quantity::Flag,
            meaning: "Whether there is a way: 1 or 0.",
        },
        ColumnInfo {
            name: "edges",
            quantity: Quantity::Count,
            meaning: "Edges of the way.",
        },
        ColumnInfo {
            name: "settled",
            quantity: Quantity::Count,
            meaning: "Vertices that the search looked at to find it.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::Numbers,
    steps_a_second: 6.0e9,
};

impl ShortestPathConfig {
    /// Whether every parameter is in its range; the error names the first that is not.
    pub fn validate(&self) -> Result<(), KernelError> {
        need_sources(self.sources.is_empty())?;
        need_targets(self.targets.is_empty())?;
        if !(self.scale.is_finite() && self.scale > 0.0) {
            return Err(KernelError::Parameter {
                parameter: "scale",
                problem: format!("is {}; a number above 0 is needed", self.scale),
            });
        }
        Ok(())
    }
}

/// Refuses a search that ends nowhere.
pub(super) fn need_targets(missing: bool) -> Result<(), KernelError> {
    if missing {
        return Err(KernelError::Parameter {
            parameter: "targets",
            problem: "names no vertex of the graph; give at least one key".to_owned(),
        });
    }
    Ok(())
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(_config: &ShortestPathConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    let entries = n.saturating_add(m.saturating_mul(2));
    Work {
        bytes: n.saturating_mul(48).saturating_add(m.saturating_mul(48)),
        operations: entries.saturating_mul(u64::from(entries.max(2).ilog2())),
        rows: n,
    }
}

/// Finds the path from `inputs.sources` to `inputs.targets`.
///
/// # Errors
///
/// [`KernelError::NegativeWeight`]; [`KernelError::ShortEdge`] where an edge is shorter than its straight
/// line; [`KernelError::NotApplicable`] without the coordinates that a heuristic needs;
/// [`KernelError::Parameter`] without a source or a target; [`KernelError::Cancelled`].
pub fn run(
    graph: &Csr,
    config: &ShortestPathConfig,
    inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let (sources, targets) = (&inputs.sources, &inputs.targets);
    need_sources(sources.is_empty())?;
    need_targets(targets.is_empty())?;
    refuse_negative(graph)?;
    control.check()?;
    let (path, settled) = if config.heuristic == Heuristic::None {
        from_both_ends(graph, sources, targets, control)?
    } else {
        let places = Places::new(config, inputs)?;
        places.refuse_short_edges(graph, control)?;
        let estimate = |v: u32| match targets.binary_search(&v) {
            Ok(_) => None,
            Err(_) => {
                let left = targets.iter().map(|target| places.least(v, *target));
                // Rounding must never make it too much.
                Some(left.fold(f64::INFINITY, f64::min) * (1.0 - 2.0 * SLACK))
            }
        };
        let mut search = PathSearch::new(graph.vertex_count());
        let found = search.led(
            &graph.out,
            sources,
            0.0,
            estimate,
            |_, _| true,
            &mut Pace::new(control),
        )?;
        (
            found.map(|vertices| measured(&graph.out, vertices)),
            search.settled,
        )
    };
    Ok(outcome(graph, path, settled))
}

/// Part of a straight line by which rounding may get it wrong, and more.
const SLACK: f64 = 1e-9;

/// Mean radius of the earth in metres.
const EARTH_RADIUS: f64 = 6_371_008.8;

/// Where the vertices lie.
struct Places<'a> {
    /// `y` or latitude, and `x` or longitude.
    coordinates: [&'a [f64]; 2],
    heuristic: Heuristic,
    scale: f64,
}

impl<'a> Places<'a> {
    fn new(config: &ShortestPathConfig, inputs: &'a Inputs) -> Result<Self, KernelError> {
        let names = if config.heuristic == Heuristic::Haversine {
            ["latitude", "longitude"]
        } else {
            ["y", "x"]
        };
        let refused = |problem: String| KernelError::NotApplicable {
            reason: format!("{problem}; add it to the projection's attributes or search without a heuristic"),
        };
        let column = |name: &str| {
            let found = inputs.numbers.iter().find(|it| it.name == name);
            let values = &found
                .ok_or_else(|| refused(format!("the projection has no attribute `{name}` of numbers")))?
                .values;
            match values.iter().filter(|it| !it.is_finite()).count() {
                0 => Ok(values.as_slice()),
                missing => Err(refused(format!("{missing} vertices have no `{name}`"))),
            }
        };
        Ok(Self {
            coordinates: [column(names[0])?, column(names[1])?],
            heuristic: config.heuristic,
            scale: config.scale,
        })
    }

    /// The least that a way from `v` to `u` can weigh.
    fn least(&self, v: u32, u: u32) -> f64 {
        let [upward, sideward] = self.coordinates.map(|it| (it[v as usize], it[u as usize]));
        let line = if self.heuristic == Heuristic::Haversine {
            great_circle(upward, sideward)
        } else {
            (upward.1 - upward.0).hypot(sideward.1 - sideward.0)
        };
        self.scale * line
    }

    /// Refuses a graph with an edge that weighs less than its straight line; names the first.
    fn refuse_short_edges(&self, graph: &Csr, control: &Control) -> Result<(), KernelError> {
        let n = graph.vertex_count();
        let mut short = vec![u32::MAX; n as usize];
        control.expect(u64::from(n));
        let is_short =
            |v: u32, at: usize| graph.out.weight(at) < self.least(v, graph.out.targets[at]) * (1.0 - SLACK);
        blocks::fill_along(&*graph.out, &mut short, control, |v| {
            let first = graph.out.range(v).find(|at| is_short(v, *at));
            first.map_or(NO_VERTEX, |at| at as u32)
        })?;
        let Some((from, at)) = (0_u32..).zip(&short).find(|(_, at)| **at != NO_VERTEX) else {
            return Ok(());
        };
        let to = graph.out.targets[*at as usize];
        Err(KernelError::ShortEdge {
            from,
            to,
            weight: graph.out.weight(*at as usize),
            least: self.least(from, to),
        })
    }
}

/// Metres between two points by their latitudes and longitudes in degrees.
fn great_circle(latitudes: (f64, f64), longitudes: (f64, f64)) -> f64 {
    let half_sine = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin();
    let flat = latitudes.0.to_radians().cos() * latitudes.1.to_radians().cos();
    let square =
        half_sine(latitudes.0, latitudes.1).powi(2) + flat * half_sine(longitudes.0, longitudes.1).powi(2);
    2.0 * EARTH_RADIUS * square.sqrt().min(1.0).asin()
}

fn outcome(graph: &Csr, path: Option<Path>, settled: usize) -> Outcome {
    let quantity = length_quantity(graph, true);
    let length = path.as_ref().map_or(f64::INFINITY, Path::length);
    let reached = u8::from(path.is_some());
    let path = path.unwrap_or_default();
    let edges = path.vertices.len().saturating_sub(1);
    let mut on_path = vec![false; graph.vertex_count() as usize];
    path.vertices.iter().for_each(|v| on_path[*v as usize] = true);
    let column = OutputColumn::new;
    Outcome {
        vertices: vec![column("on_path", Quantity::Flag, Values::Flags(on_path))],
        rows: Some(RowTable {
            name: "steps",
            columns: vec![
                column(
                    "step",
                    Quantity::Count,
                    Values::Integers((0..path.vertices.len() as u64).collect()),
                ),
                column("vertex", Quantity::Name, Values::Vertices(path.vertices)),
                column("distance", quantity, Values::Numbers(path.distances)),
            ],
        }),
        summary: vec![
            ("length", quantity, length),
            ("reached", Quantity::Flag, f64::from(reached)),
            ("edges", Quantity::Count, edges as f64),
            ("settled", Quantity::Count, settled as f64),
        ],
        ..Outcome::default()
    }
}

#[cfg(test)]
#[path = "shortest_path_tests.rs"]
mod tests;
