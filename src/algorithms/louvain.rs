//! Communities by modularity: Louvain, repeated until it finds no more, with connected communities.
//!
//! Vertices move to the neighbouring community that gains most modularity, in a queue that a move
//! refills with the neighbours it concerns; communities then become the vertices of a smaller graph
//! and move in turn. When nothing moves any more, communities that fell apart are split (which never
//! lowers modularity) and everything starts again from there, until a round gains nothing.
//!
//! Convention: direction is ignored (a reciprocal pair counts as both its edges), parallel edges add
//! up, a self-loop of weight `w` adds `2 w` to its vertex's strength. Weights must not be negative.
//! A vertex without edges is a community of its own.
//!
//! Cost: about 20 visits of each edge end a round on the graphs we met; 32 bytes an edge end and 120
//! a vertex; one thread, as moves depend on their order and the answer must not depend on threads.
//!
//! Not for: communities smaller than about √m edges at resolution 1, which modularity cannot see.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::blocks::BLOCK;
use super::control::{Control, KernelError};
use super::groups::Groups;
use super::modularity::{Layer, Sums};
use super::outcome::{Outcome, OutputColumn, Quantity, Values};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParameterInfo, Work};
use super::sampling::permutation;
use super::simple_view::distinct_neighbours;
use crate::graph::Csr;

/// A move or a round must gain this much modularity, so that rounding cannot keep it going.
const LEAST_GAIN: f64 = 1e-10;

/// Rounds at most; later ones gain next to nothing.
const MAX_ROUNDS: u32 = 10;

/// Parameters of [`super::Algorithm::Louvain`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LouvainConfig {
    /// Above 1 gives smaller communities, below 1 larger; above 0.
    pub resolution: f64,
    /// Aggregation levels at most in a round, from 1.
    pub max_levels: u32,
    /// Runs, from 1; those after the first visit the vertices in another order and say how far the
    /// answer depends on it.
    pub trials: u32,
}

impl Default for LouvainConfig {
    fn default() -> Self {
        Self {
            resolution: 1.0,
            max_levels: 20,
            trials: 1,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "louvain",
    aliases: &["modularity", "community_detection", "communities"],
    title: "Louvain communities",
    summary: "Finds communities with many more edges inside than chance would put there.",
    convention: "Direction is ignored and weights, where there are some, count. Communities are connected and \
                 named by their smallest member; a vertex without edges is a community of its own. Other \
                 partitions may have nearly the same modularity.",
    source: "Blondel et al., J. Stat. Mech. P10008, 2008; queue and connectedness after Traag et al., Sci. Rep. 9, 2019.",
    parameters: &[
        ParameterInfo {
            name: "resolution",
            kind: "number",
            default: "1",
            range: "above 0",
            meaning: "Above 1 gives smaller communities, below 1 larger.",
        },
        ParameterInfo {
            name: "max_levels",
            kind: "whole number",
            default: "20",
            range: "from 1",
            meaning: "Levels at most in a round; 1 moves single vertices only.",
        },
        ParameterInfo {
            name: "trials",
            kind: "whole number",
            default: "1",
            range: "from 1",
            meaning: "Runs from different starting orders; the first gives the answer, the others its agreement.",
        },
    ],
    columns: &[
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
    ],
    rows: None,
    summary_values: &[
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
    ],
    needs_times: false,
    counts_parallel: false,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 1.0e8,
};

impl LouvainConfig {
    /// Whether every parameter is in its range.
    pub fn validate(&self) -> Result<(), KernelError> {
        if !(self.resolution > 0.0 && self.resolution.is_finite()) {
            return Err(KernelError::Parameter {
                parameter: "resolution",
                problem: format!("is {}; it must be above 0", self.resolution),
            });
        }
        if self.max_levels == 0 {
            return Err(KernelError::Parameter {
                parameter: "max_levels",
                problem: "is 0; it must be 1 or more".to_owned(),
            });
        }
        if self.trials == 0 {
            return Err(KernelError::Parameter {
                parameter: "trials",
                problem: "is 0; it must be 1 or more".to_owned(),
            });
        }
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of `n` vertices and `m` edges; the operations are what
/// slowly settling graphs took.
pub fn work(config: &LouvainConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: 120 * n + 64 * m,
        operations: 60 * (n + 2 * m) * u64::from(config.trials),
        ..Work::default()
    }
}

/// Finds the communities.
///
/// # Errors
///
/// [`KernelError::NegativeWeight`].
pub fn run(
    graph: &Csr,
    config: &LouvainConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let layer = Layer::of(graph, control)?;
    let n = graph.vertex_count();
    let by_number: Vec<u32> = (0..n).collect();
    let Division {
        community,
        modularity,
        levels,
    } = divide(&layer, &by_number, config, control)?;
    let mut agreement: f64 = 1.0;
    for trial in 1..config.trials {
        let other = divide(&layer, &permutation(n, trial.into()), config, control)?;
        agreement = agreement.min(alike(graph, &community, &other.community));
    }
    let groups = Groups::from_labels(&community);
    let mut summary = groups.summary("communities");
    summary.push(("modularity", Quantity::Score, modularity));
    summary.push(("levels", Quantity::Count, f64::from(levels)));
    summary.push(("agreement", Quantity::Share, agreement));
    let mut vertices = groups.into_columns("community", "community_size");
    vertices.extend(sides(graph, &community));
    Ok(Outcome {
        summary,
        vertices,
        ..Outcome::default()
    })
}

/// A division of the vertices.
struct Division {
    community: Vec<u32>,
    modularity: f64,
    levels: u32,
}

/// Rounds until one gains nothing; each visits the vertices in `order`.
fn divide(
    layer: &Layer,
    order: &[u32],
    config: &LouvainConfig,
    control: &Control,
) -> Result<Division, KernelError> {
    let mut community: Vec<u32> = (0..layer.vertex_count()).collect();
    let mut modularity = layer.modularity(&community, config.resolution);
    let mut levels = 0;
    for _ in 0..MAX_ROUNDS {
        let mut found = community.clone();
        levels += climb(layer, order, &mut found, config, control)?;
        split(layer, &mut found);
        let reached = layer.modularity(&found, config.resolution);
        if reached <= modularity + LEAST_GAIN {
            break;
        }
        (community, modularity) = (found, reached);
    }
    Ok(Division {
        community,
        modularity,
        levels,
    })
}

/// Share of pairs of neighbours that two divisions both put together or both keep apart; 1 without any.
fn alike(graph: &Csr, one: &[u32], other: &[u32]) -> f64 {
    let (mut pairs, mut same) = (0_u64, 0_u64);
    for v in 0..graph.vertex_count() {
        for (u, _) in distinct_neighbours(graph, v) {
            let together = |division: &[u32]| division[u as usize] == division[v as usize];
            pairs += 1;
            same += u64::from(together(one) == together(other));
        }
    }
    if pairs == 0 {
        1.0
    } else {
        same as f64 / pairs as f64
    }
}

/// How many neighbours each vertex has in its own community and in others.
fn sides(graph: &Csr, community: &[u32]) -> [OutputColumn; 2] {
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for v in 0..graph.vertex_count() {
        let (mut same, mut other) = (0, 0);
        for (u, _) in distinct_neighbours(graph, v) {
            let at_home = community[u as usize] == community[v as usize];
            *(if at_home { &mut same } else { &mut other }) += 1;
        }
        inside.push(same);
        outside.push(other);
    }
    let column = |name, values| OutputColumn {
        name,
        quantity: Quantity::Count,
        values: Values::Integers(values),
    };
    [column("inside", inside), column("outside", outside)]
}

/// One round: moves vertices, then communities as vertices, and so on until nothing moves. Returns
/// the levels at which communities were merged.
fn climb(
    lowest: &Layer,
    order: &[u32],
    community: &mut [u32],
    config: &LouvainConfig,
    control: &Control,
) -> Result<u32, KernelError> {
    let mut merged: Option<Layer> = None;
    for level in 0..config.max_levels {
        let layer = merged.as_ref().unwrap_or(lowest);
        // The lowest level goes on from the round before; further up every vertex begins alone.
        let mut next: Vec<u32> = if level == 0 {
            community.to_vec()
        } else {
            (0..layer.vertex_count()).collect()
        };
        let by_number: Vec<u32>;
        let order = if level == 0 {
            order
        } else {
            by_number = (0..layer.vertex_count()).collect();
            &by_number
        };
        let moved = move_vertices(layer, order, &mut next, config.resolution, control)?;
        if level > 0 && !moved {
            return Ok(level);
        }
        let count = renumber(&mut next);
        let above = layer.merged(&next, count, control)?;
        if level == 0 {
            community.copy_from_slice(&next);
        } else {
            community.iter_mut().for_each(|own| *own = next[*own as usize]);
        }
        merged = Some(above);
    }
    Ok(config.max_levels)
}

/// Moves vertices between communities until no single move gains. Returns whether any moved.
fn move_vertices(
    layer: &Layer,
    order: &[u32],
    community: &mut [u32],
    resolution: f64,
    control: &Control,
) -> Result<bool, KernelError> {
    let n = layer.vertex_count();
    if layer.total == 0.0 {
        return Ok(false);
    }
    control.expect(u64::from(n));
    let mut volume = vec![0.0; n as usize];
    let mut members = vec![0_u32; n as usize];
    for (own, strength) in community.iter().zip(&layer.strength) {
        volume[*own as usize] += strength;
        members[*own as usize] += 1;
    }
    // Names without members, the smallest last: a vertex that is better off alone takes one.
    let mut free: Vec<u32> = (0..n).rev().filter(|it| members[*it as usize] == 0).collect();
    let mut sums = Sums::of(n);
    let mut queue: VecDeque<u32> = order.iter().copied().collect();
    let mut queued = vec![true; n as usize];
    let (mut moved, mut visits) = (false, 0_usize);
    while let Some(v) = queue.pop_front() {
        visits += 1;
        if visits.is_multiple_of(BLOCK) {
            control.check()?;
        }
        queued[v as usize] = false;
        let (own, strength) = (community[v as usize], layer.strength[v as usize]);
        volume[own as usize] -= strength;
        members[own as usize] -= 1;
        if members[own as usize] == 0 {
            // Alone it stays unless it gains; rounding must not leave volume behind.
            volume[own as usize] = 0.0;
        }
        sums.add(own, 0.0);
        for (u, weight) in layer.around(v) {
            sums.add(community[*u as usize], *weight);
        }
        let best = best_community(
            own,
            &mut sums,
            |c| resolution * strength * volume[c as usize] / layer.total,
            layer.total,
            free.last().copied(),
        );
        volume[best as usize] += strength;
        members[best as usize] += 1;
        if best != own {
            if free.last() == Some(&best) {
                free.pop();
            }
            if members[own as usize] == 0 {
                free.push(own);
            }
            moved = true;
            community[v as usize] = best;
            for (u, _) in layer.around(v) {
                if community[*u as usize] != best && !std::mem::replace(&mut queued[*u as usize], true) {
                    queue.push_back(*u);
                }
            }
        }
    }
    control.advance(u64::from(n));
    Ok(moved)
}

/// The community where the weight towards it most exceeds what chance would put there; `own` unless
/// another gains enough, and of equally good ones the smallest. `alone` names a community without
/// members: it exceeds chance by 0, which is best where every other falls short of it.
fn best_community(
    own: u32,
    sums: &mut Sums,
    expected: impl Fn(u32) -> f64,
    total: f64,
    alone: Option<u32>,
) -> u32 {
    let (mut best, mut most, mut stay) = (own, f64::NEG_INFINITY, 0.0);
    for (community, weight) in sums.drain() {
        let excess = weight - expected(community);
        if community == own {
            stay = excess;
        } else if excess > most || (excess == most && community < best) {
            (best, most) = (community, excess);
        }
    }
    if let Some(alone) = alone.filter(|_| most < 0.0) {
        (best, most) = (alone, 0.0);
    }
    // Moving gains 2 (most - stay) / total.
    if most - stay > LEAST_GAIN * total {
        best
    } else {
        own
    }
}

/// Numbers communities from 0 in the order of their smallest members; returns how many there are.
fn renumber(community: &mut [u32]) -> u32 {
    let mut number = vec![u32::MAX; community.len()];
    let mut count = 0;
    for own in community.iter_mut() {
        let slot = &mut number[*own as usize];
        if *slot == u32::MAX {
            *slot = count;
            count += 1;
        }
        *own = *slot;
    }
    count
}

/// Splits communities into their connected parts, each labelled by its smallest member.
fn split(layer: &Layer, community: &mut [u32]) {
    let mut part = vec![u32::MAX; community.len()];
    let mut stack = Vec::new();
    for first in 0..layer.vertex_count() {
        if part[first as usize] != u32::MAX {
            continue;
        }
        part[first as usize] = first;
        stack.push(first);
        while let Some(v) = stack.pop() {
            for (u, _) in layer.around(v) {
                let same = community[*u as usize] == community[v as usize];
                if same && part[*u as usize] == u32::MAX {
                    part[*u as usize] = first;
                    stack.push(*u);
                }
            }
        }
    }
    community.copy_from_slice(&part);
}

#[cfg(test)]
#[path = "louvain_tests.rs"]
mod tests;
