//! What the kernels that divide a graph by modularity share: parameters, rounds, trials and columns.

use serde::{Deserialize, Serialize};

use super::chunks;
use super::control::{Control, KernelError};
use super::groups::Groups;
use super::layers::Layer;
use super::local_moving::{LEAST_GAIN, Rule};
use super::modularity::{modularity, split};
use super::outcome::{Exactness, Outcome, OutputColumn, Quantity, Values};
use super::registry::{ColumnInfo, Extent, ParameterInfo, Work};
use super::sampling::permutation;
use super::simple_view::distinct_neighbours;
use crate::graph::Csr;

/// Rounds at most; later ones gain next to nothing. An answer that still gained in the last is marked.
const MAX_ROUNDS: u32 = 10;

/// Edge ends from which the tolerance holds. Fewer gain nothing more within a second.
const LARGE: usize = 1 << 20;

/// The parameters, as the registry lists them.
pub(super) const PARAMETERS: [ParameterInfo; 4] = [
    ParameterInfo {
        name: "resolution",
        kind: "number",
        default: "1",
        range: "above 0, up to 1000000",
        meaning: "Above 1 gives smaller communities, below 1 larger.",
    },
    ParameterInfo {
        name: "tolerance",
        kind: "number",
        default: "1e-4",
        range: "from 0",
        meaning: "On graphs of 1,048,576 edge ends or more, a pass of moves or a round that gains less \
                  modularity is the last; smaller graphs, and all at 0, go on until nothing is gained. After ten \
                  rounds all stop, and the result says so.",
    },
    ParameterInfo {
        name: "max_levels",
        kind: "whole number",
        default: "20",
        range: "from 1 to 4294967295",
        meaning: "Levels at most in a round; 1 moves single vertices only.",
    },
    ParameterInfo {
        name: "trials",
        kind: "whole number",
        default: "1",
        range: "from 1 to 4294967295",
        meaning: "Runs from different starting orders; the first gives the answer, the others its agreement.",
    },
];

/// The columns.
pub(super) const COLUMNS: [ColumnInfo; 4] = [
    ColumnInfo {
        name: "community",
        quantity: Quantity::Name,
        meaning: "The community that the vertex belongs to, named by its smallest member.",
    },
    ColumnInfo {
        name: "community_size",
        quantity: Quantity::Count,
        meaning: "Number of vertices in that community.",
    },
    ColumnInfo {
        name: "inside",
        quantity: Quantity::Count,
        meaning: "Different neighbours in the same community.",
    },
    ColumnInfo {
        name: "outside",
        quantity: Quantity::Count,
        meaning: "Different neighbours in other communities; above 0 at a border.",
    },
];

/// Numbers of the summary.
pub(super) const SUMMARY: [ColumnInfo; 6] = [
    ColumnInfo {
        name: "communities",
        quantity: Quantity::Count,
        meaning: "Number of communities.",
    },
    ColumnInfo {
        name: "largest",
        quantity: Quantity::Count,
        meaning: "Vertices in the largest community.",
    },
    ColumnInfo {
        name: "singletons",
        quantity: Quantity::Count,
        meaning: "Communities of one vertex.",
    },
    ColumnInfo {
        name: "modularity",
        quantity: Quantity::Score,
        meaning: "Share of edge weight inside communities beyond what chance would put there.",
    },
    ColumnInfo {
        name: "levels",
        quantity: Quantity::Count,
        meaning: "Levels at which communities were merged, over all rounds.",
    },
    ColumnInfo {
        name: "agreement",
        quantity: Quantity::Share,
        meaning: "Least share of neighbours that another trial sorts alike, together or apart; 1 for one trial.",
    },
];

/// Parameters of [`super::Algorithm::Louvain`] and [`super::Algorithm::Leiden`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DivisionConfig {
    /// Above 1 gives smaller communities, below 1 larger; above 0, up to 1,000,000.
    pub resolution: f64,
    /// On graphs of 2²⁰ edge ends or more, a pass of moves or a round that gains less modularity is the
    /// last; smaller graphs, and all at 0, go on until nothing is gained. After ten rounds all stop.
    pub tolerance: f64,
    /// Aggregation levels at most in a round, from 1.
    pub max_levels: u32,
    /// Runs, from 1; those after the first visit the vertices in another order and say how far the
    /// answer depends on it.
    pub trials: u32,
}

impl Default for DivisionConfig {
    fn default() -> Self {
        Self {
            resolution: 1.0,
            tolerance: 1e-4,
            max_levels: 20,
            trials: 1,
        }
    }
}

impl DivisionConfig {
    /// Whether every parameter is in its range.
    pub fn validate(&self) -> Result<(), KernelError> {
        let refuse = |parameter, problem| Err(KernelError::Parameter { parameter, problem });
        if !(self.resolution > 0.0 && self.resolution <= 1e6) {
            let problem = format!("is {}; it must be above 0, up to 1000000", self.resolution);
            return refuse("resolution", problem);
        }
        if !(self.tolerance >= 0.0 && self.tolerance.is_finite()) {
            let problem = format!("is {}; it must be 0 or more", self.tolerance);
            return refuse("tolerance", problem);
        }
        if self.max_levels == 0 {
            return refuse("max_levels", "is 0; it must be 1 or more".to_owned());
        }
        if self.trials == 0 {
            return refuse("trials", "is 0; it must be 1 or more".to_owned());
        }
        Ok(())
    }

    /// What counts as a gain on a graph of so many edge ends.
    fn rule(&self, edge_ends: usize) -> Rule {
        Rule {
            resolution: self.resolution,
            least: if edge_ends >= LARGE { self.tolerance } else { 0.0 },
        }
    }

    /// Upper bounds of what a division takes, at so many `visits` of an edge end in a trial: those that
    /// slowly settling graphs took.
    pub(super) fn work(&self, size: Extent, visits: u64) -> Work {
        let Extent { n, m, .. } = size;
        Work {
            // Two merged layers of at most 2 m entries exist at a time, their lists grown by doubling.
            bytes: 200 * n + 72 * m,
            operations: (n + 2 * m)
                .saturating_mul(visits)
                .saturating_mul(u64::from(self.trials)),
            ..Work::default()
        }
    }
}

/// How a round begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start<'a> {
    /// The order in which to visit vertices; by number where there is none.
    pub(super) order: Option<&'a [u32]>,
    /// What counts as a gain.
    pub(super) rule: Rule,
    /// Rounds before this one.
    pub(super) rounds: u32,
}

/// What a round came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Round {
    /// Levels at which communities were merged.
    pub(super) levels: u32,
    /// Whether moving single vertices gained too little for another round.
    pub(super) settled: bool,
}

impl Round {
    /// A round that merged communities at so many levels.
    pub(super) fn of(levels: u32) -> Round {
        Round {
            levels,
            settled: false,
        }
    }

    /// The last round.
    pub(super) fn settled() -> Round {
        Round {
            levels: 0,
            settled: true,
        }
    }
}

/// Divides the graph by rounds of `round`, and says how far other starting orders agree.
///
/// A round gets the graph and the communities so far, which need not be connected after it.
pub(super) fn run(
    graph: &Csr,
    config: &DivisionConfig,
    control: &Control,
    round: impl Fn(&Layer<'_>, Start<'_>, &mut [u32]) -> Result<Round, KernelError>,
) -> Result<Outcome, KernelError> {
    let layer = Layer::of(graph, control)?;
    let n = graph.vertex_count();
    let rule = config.rule(layer.entry_count());
    let first = divide(&layer, None, rule, control, &round)?;
    let mut agreement: f64 = 1.0;
    for trial in 1..config.trials {
        let order = permutation(n, trial.into());
        let other = divide(&layer, Some(&order), rule, control, &round)?;
        agreement = agreement.min(alike(graph, &layer, &first.community, &other.community, control)?);
    }
    let sides = sides(graph, &layer, &first.community, control)?;
    let groups = Groups::from_labels(&first.community);
    let mut summary = groups.summary("communities");
    summary.push(("modularity", Quantity::Score, first.modularity));
    summary.push(("levels", Quantity::Count, f64::from(first.levels)));
    summary.push(("agreement", Quantity::Share, agreement));
    let mut vertices = groups.into_columns("community", "community_size");
    vertices.extend(sides);
    Ok(Outcome {
        summary,
        vertices,
        exactness: first.exactness,
        ..Outcome::default()
    })
}

/// A division of the vertices.
struct Division {
    community: Vec<u32>,
    modularity: f64,
    levels: u32,
    exactness: Exactness,
}

/// Rounds until one gains nothing, or too little, ten at most.
fn divide(
    layer: &Layer<'_>,
    order: Option<&[u32]>,
    rule: Rule,
    control: &Control,
    round: impl Fn(&Layer<'_>, Start<'_>, &mut [u32]) -> Result<Round, KernelError>,
) -> Result<Division, KernelError> {
    let community: Vec<u32> = (0..layer.vertex_count()).collect();
    let mut division = Division {
        modularity: modularity(layer, &community, rule.resolution, control)?,
        community,
        levels: 0,
        exactness: Exactness::Exact,
    };
    for rounds in 0..MAX_ROUNDS {
        let mut found = division.community.clone();
        let start = Start { order, rule, rounds };
        let Round { levels, settled } = round(layer, start, &mut found)?;
        division.levels += levels;
        split(layer, &mut found, control)?;
        let reached = modularity(layer, &found, rule.resolution, control)?;
        let gained = reached - division.modularity;
        if gained <= LEAST_GAIN {
            break;
        }
        (division.community, division.modularity) = (found, reached);
        if settled || gained < rule.least {
            break;
        }
        if rounds + 1 == MAX_ROUNDS {
            division.exactness = Exactness::Unsettled {
                rounds: u64::from(MAX_ROUNDS),
                change: gained,
            };
        }
    }
    Ok(division)
}

/// Share of pairs of neighbours that two divisions both put together or both keep apart; 1 without any.
fn alike(
    graph: &Csr,
    layer: &Layer<'_>,
    one: &[u32],
    other: &[u32],
    control: &Control,
) -> Result<f64, KernelError> {
    let (mut pairs, mut same) = (0_u64, 0_u64);
    let count = |v: u32| {
        let (mut pairs, mut same) = (0, 0);
        for (u, _) in distinct_neighbours(graph, v) {
            let together = |division: &[u32]| division[u as usize] == division[v as usize];
            pairs += 1;
            same += u64::from(together(one) == together(other));
        }
        (pairs, same)
    };
    each_vertex(layer, control, count, |(of_vertex, alike)| {
        pairs += of_vertex;
        same += alike;
    })?;
    Ok(if pairs == 0 {
        1.0
    } else {
        same as f64 / pairs as f64
    })
}

/// How many neighbours each vertex has in its own community and in others.
fn sides(
    graph: &Csr,
    layer: &Layer<'_>,
    community: &[u32],
    control: &Control,
) -> Result<[OutputColumn; 2], KernelError> {
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    let count = |v: u32| {
        let (mut same, mut all) = (0, 0);
        for (u, _) in distinct_neighbours(graph, v) {
            same += u64::from(community[u as usize] == community[v as usize]);
            all += 1;
        }
        (same, all - same)
    };
    each_vertex(layer, control, count, |(same, other)| {
        inside.push(same);
        outside.push(other);
    })?;
    let column = |name, values| OutputColumn::new(name, Quantity::Count, Values::Integers(values));
    Ok([column("inside", inside), column("outside", outside)])
}

/// Hands `value(v)` for each vertex in order to `take`; values are computed on all threads.
fn each_vertex<T: Send>(
    layer: &Layer<'_>,
    control: &Control,
    value: impl Fn(u32) -> T + Sync,
    mut take: impl FnMut(T),
) -> Result<(), KernelError> {
    let ranges = layer.even_ranges();
    chunks::in_order(
        ranges.len(),
        1,
        control,
        || (),
        |(), index| {
            let vertices = ranges[index].iter().cloned().flatten();
            Ok(vertices.map(&value).collect::<Vec<T>>())
        },
        |values| {
            values.into_iter().for_each(&mut take);
            std::ops::ControlFlow::Continue(())
        },
    )
}

#[cfg(test)]
#[path = "divisions_tests.rs"]
mod tests;
