//! Links vertices that share attribute values or out-neighbours.
//!
//! Two vertices are linked when they share at least `min_shared` items: values of the projection's
//! attributes and, through edges, vertices that both have an edge to. Linked vertices form groups, as
//! connected components.
//!
//! Convention: an item that more than `max_holders` vertices hold links nobody, because what many share
//! (a public address, a popular shop) says little about two. A missing value is no item. Parallel edges
//! to a vertex hold it once; a vertex does not hold itself. With a window, an item reached through edges
//! is shared only when some edge of the one and some edge of the other are at most so far apart, and its
//! holders are counted the same way: an edge links nobody when, its own vertex among them, more than
//! `max_holders` have an edge to the item at most so far from it. Pairs beyond `max_pairs` are not listed,
//! and the outcome is truncated.
//! Out-neighbours are all neighbours when the projection is undirected.
//!
//! Cost: O(h (k + log h)) time for h holdings and k = `max_holders`, divided by the threads, where each
//! edge is a holding if there is a window; 28 bytes a holding, 12 a pair, 12 a vertex and thread. Many edges
//! of the same two vertices to an item add to h, never a product of theirs.
//! Source: co-occurrence projection of a bipartite graph; Zweig & Kaufmann 2011.

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::chunks::{WAVE, in_order};
use super::control::{Control, KernelError};
use super::disjoint_sets::{join, root};
use super::holdings::Holdings;
use super::outcome::{Exactness, Outcome, OutputColumn, Quantity, RowTable, Values};
use super::pace::Pace;
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use crate::graph::{Csr, NO_VERTEX};

/// Parameters of [`super::Algorithm::Linkage`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinkageConfig {
    /// Shared items that link a pair, from 1.
    pub min_shared: u32,
    /// Items held by more vertices link nobody; with a window, edges near which more hold the item.
    pub max_holders: u32,
    /// Whether out-neighbours count as items (else only the projection's attributes do).
    pub through_edges: bool,
    /// Through edges: times of the two edges at most this far apart; 0 ignores time.
    pub window_ms: i64,
    /// Pairs listed at most, from 1; groups and counts are of the pairs listed.
    pub max_pairs: u64,
}

impl Default for LinkageConfig {
    fn default() -> Self {
        Self {
            min_shared: 1,
            max_holders: 50,
            through_edges: false,
            window_ms: 0,
            max_pairs: 10_000_000,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "linkage",
    aliases: &["shared_attributes", "co_occurrence"],
    special_cases: &[],
    title: "Shared-item linkage",
    summary: "Links the vertices that share attribute values or neighbours, and groups what is linked.",
    convention: "What more than the allowed number of vertices hold links nobody. A missing value is never \
                 shared. Several edges to the same vertex count once, and a vertex does not share itself. With a \
                 window, two vertices share a neighbour only when some of their edges to it are at most so far \
                 apart in time, and holders are counted within the window. A group is everything joined by links, directly or through others.",
    source: "Co-occurrence projection; Zweig & Kaufmann 2011",
    parameters: &[
        ParameterInfo {
            name: "min_shared",
            kind: "whole number",
            default: "1",
            range: "from 1 to 4294967295",
            meaning: "Items that two vertices must share to be linked.",
        },
        ParameterInfo {
            name: "max_holders",
            kind: "whole number",
            default: "50",
            range: "from 2 to 4294967295",
            meaning: "Items that more vertices hold link nobody; with a window, those that hold it within \
                      the window of an edge are counted.",
        },
        ParameterInfo {
            name: "through_edges",
            kind: "yes or no",
            default: "no",
            range: "yes or no",
            meaning: "Whether the vertices at the end of outgoing edges count as items too.",
        },
        ParameterInfo {
            name: "window_ms",
            kind: "whole number",
            default: "0",
            range: "from 0 to 9223372036854775807, and only with through_edges",
            meaning: "Milliseconds between the edges of the two at most; 0 ignores time.",
        },
        ParameterInfo {
            name: "max_pairs",
            kind: "whole number",
            default: "10000000",
            range: "from 1 to 18446744073709551615",
            meaning: "Linked pairs listed at most, in vertex order; the result says when there are more.",
        },
    ],
    columns: &[
        ColumnInfo {
            name: "group",
            quantity: Quantity::Name,
            meaning: "The first member, in vertex order, of its group; none where nobody is linked to it.",
        },
        ColumnInfo {
            name: "group_size",
            quantity: Quantity::Count,
            meaning: "Members of its group; 0 where there is none.",
        },
        ColumnInfo {
            name: "partners",
            quantity: Quantity::Count,
            meaning: "Vertices it is linked to.",
        },
        ColumnInfo {
            name: "shared",
            quantity: Quantity::Count,
            meaning: "Most items shared with one partner.",
        },
        ColumnInfo {
            name: "density",
            quantity: Quantity::Share,
            meaning: "Links within its group as a share of all pairs of members.",
        },
    ],
    rows: Some((
        "pairs",
        &[
            ColumnInfo {
                name: "a",
                quantity: Quantity::Name,
                meaning: "The one that comes first in vertex order.",
            },
            ColumnInfo {
                name: "b",
                quantity: Quantity::Name,
                meaning: "The other.",
            },
            ColumnInfo {
                name: "shared",
                quantity: Quantity::Count,
                meaning: "Items that both hold.",
            },
        ],
    )),
    order: &[],
    summary_values: &[
        ColumnInfo {
            name: "groups",
            quantity: Quantity::Count,
            meaning: "Groups of linked vertices.",
        },
        ColumnInfo {
            name: "linked",
            quantity: Quantity::Count,
            meaning: "Vertices with a partner.",
        },
        ColumnInfo {
            name: "pairs",
            quantity: Quantity::Count,
            meaning: "Linked pairs.",
        },
        ColumnInfo {
            name: "items",
            quantity: Quantity::Count,
            meaning: "Items that at least two and, within the window if there is one, at most max_holders \
                      vertices hold.",
        },
        ColumnInfo {
            name: "items_too_common",
            quantity: Quantity::Count,
            meaning: "Items that were left out, with a window at some times only, because more vertices \
                      hold them.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Keep,
    uses_weights: false,
    needs_direction: false,
    attributes: AttributeUse::Items,
    steps_a_second: 9.0e7,
};

impl LinkageConfig {
    /// Whether every parameter is in its range; the error names the first that is not.
    pub fn validate(&self) -> Result<(), KernelError> {
        let refused = |parameter, problem: String| Err(KernelError::Parameter { parameter, problem });
        if self.min_shared == 0 {
            return refused("min_shared", "is 0; at least 1 is needed".to_owned());
        }
        if self.max_holders < 2 {
            return refused(
                "max_holders",
                format!("is {}; at least 2 is needed", self.max_holders),
            );
        }
        if self.max_pairs == 0 {
            return refused("max_pairs", "is 0; at least 1 is needed".to_owned());
        }
        if self.window_ms < 0 {
            return refused(
                "window_ms",
                format!("is {}; 0 or more is allowed", self.window_ms),
            );
        }
        if self.window_ms > 0 && !self.through_edges {
            return refused(
                "window_ms",
                "compares the times of edges; set through_edges too".to_owned(),
            );
        }
        Ok(())
    }
}

/// Vertices whose partners a thread finds at a time.
const CHUNK: usize = 256;

/// Upper bounds of what it takes on a graph of `n` vertices and `m` edges, where vertices are linked by so many
/// `attributes`.
pub fn work(config: &LinkageConfig, size: Extent) -> Work {
    let Extent { n, m, attributes } = size;
    let holdings = attributes * n + if config.through_edges { 2 * m } else { 0 };
    let others = u64::from(config.max_holders).min(n) / 2;
    let met = holdings.saturating_mul(others);
    // Only linked pairs are kept, and each was met as often as it must share.
    let linked = met / u64::from(config.min_shared.max(1));
    let listed = linked.min(config.max_pairs);
    let chunks = n.div_ceil(CHUNK as u64).min(WAVE as u64);
    Work {
        bytes: listed
            // 24 while they are counted; their rows, since few pairs of the bound come to be, the rest.
            .saturating_mul(64)
            .saturating_add(36 * holdings + chunks * 12 * n + 48 * n),
        operations: met.saturating_add(holdings),
        rows: listed,
    }
}

/// Two vertices, the smaller first, and how many items they share.
type Pair = (u32, u32, u32);

/// Links the vertices that share items.
///
/// # Errors
///
/// [`KernelError::NotApplicable`] when there are no items to share, or a window and no times;
/// [`KernelError::Cancelled`].
pub fn run(
    graph: &Csr,
    config: &LinkageConfig,
    inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    refuse_without_items(graph, config, inputs)?;
    let holdings = Holdings::new(graph, &inputs.items, config, control)?;
    let n = graph.vertex_count();
    let cap = usize::try_from(config.max_pairs).unwrap_or(usize::MAX);
    let mut pairs = linked_pairs(n, config.min_shared, cap, &holdings, control)?;
    let exactness = if pairs.len() > cap {
        pairs.truncate(cap);
        Exactness::Truncated {
            listed: config.max_pairs,
        }
    } else {
        Exactness::Exact
    };
    Ok(Outcome {
        exactness,
        ..outcome(n, pairs, &holdings, control)?
    })
}

/// Refuses a run without anything to share, or with a window and without times.
fn refuse_without_items(graph: &Csr, config: &LinkageConfig, inputs: &Inputs) -> Result<(), KernelError> {
    let not_applicable = |reason: &str| {
        Err(KernelError::NotApplicable {
            reason: reason.to_owned(),
        })
    };
    if inputs.items.is_empty() && !config.through_edges {
        return not_applicable(
            "there is nothing to share; name attributes in the projection or set `through_edges`",
        );
    }
    if config.window_ms > 0 && graph.into.times.is_none() {
        return not_applicable(
            "`window_ms` compares the times of edges, and the projection has none; name the attribute that \
             holds them or set it to 0",
        );
    }
    Ok(())
}

/// The pairs of `n` vertices that share so many items, in vertex order; where there are more than `cap`, more
/// than `cap` of them.
fn linked_pairs(
    n: u32,
    min_shared: u32,
    cap: usize,
    holdings: &Holdings,
    control: &Control,
) -> Result<Vec<Pair>, KernelError> {
    let mut pairs: Vec<Pair> = Vec::new();
    in_order(
        n as usize,
        CHUNK,
        control,
        || Workspace::new(n),
        |workspace, range| {
            let mut found = Vec::new();
            let mut pace = Pace::new(control);
            for v in range {
                // One more than the cap says that there are more.
                if found.len() > cap {
                    break;
                }
                partners(holdings, v as u32, min_shared, workspace, &mut pace, &mut found)?;
            }
            Ok(found)
        },
        |found| {
            pairs.extend(found);
            if pairs.len() > cap {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        },
    )?;
    Ok(pairs)
}

/// What a thread finds partners with.
struct Workspace {
    /// Items shared with the vertex at hand, by vertex; all 0 between vertices.
    shared: Vec<u32>,
    /// The item that was counted last, by vertex; [`NO_ITEM`] between vertices.
    last: Vec<u32>,
    /// Vertices that share any; empty between vertices.
    met: Vec<u32>,
}

const NO_ITEM: u32 = u32::MAX;

impl Workspace {
    fn new(n: u32) -> Self {
        Self {
            shared: vec![0; n as usize],
            last: vec![NO_ITEM; n as usize],
            met: Vec::new(),
        }
    }
}

/// Adds the pairs of `v` with later vertices.
fn partners(
    holdings: &Holdings,
    v: u32,
    min_shared: u32,
    workspace: &mut Workspace,
    pace: &mut Pace<'_>,
    found: &mut Vec<Pair>,
) -> Result<(), KernelError> {
    let Workspace { shared, last, met } = workspace;
    holdings.sharing(v, pace, |item, other| {
        let at = other as usize;
        // Who has several times near is visited for each, item by item, and shares the item once.
        if std::mem::replace(&mut last[at], item) == item {
            return;
        }
        if shared[at] == 0 {
            met.push(other);
        }
        shared[at] += 1;
    })?;
    met.sort_unstable();
    for other in met.drain(..) {
        let count = std::mem::take(&mut shared[other as usize]);
        last[other as usize] = NO_ITEM;
        if count >= min_shared {
            found.push((v, other, count));
        }
    }
    Ok(())
}

fn outcome(n: u32, pairs: Vec<Pair>, holdings: &Holdings, control: &Control) -> Result<Outcome, KernelError> {
    let mut pace = Pace::new(control);
    let mut parent: Vec<u32> = (0..n).collect();
    let mut partners = vec![0_u64; n as usize];
    let mut shared = vec![0_u64; n as usize];
    for &(a, b, count) in &pairs {
        // Two climbs to the roots.
        pace.step(4)?;
        join(&mut parent, a, b);
        for v in [a as usize, b as usize] {
            partners[v] += 1;
            shared[v] = shared[v].max(u64::from(count));
        }
    }
    let mut names: Vec<u32> = Vec::with_capacity(n as usize);
    for v in 0..n {
        pace.step(0)?;
        names.push(root(&mut parent, v));
    }
    control.check()?;
    let mut members = vec![0_u64; n as usize];
    let mut links = vec![0_u64; n as usize];
    names.iter().for_each(|name| members[*name as usize] += 1);
    pairs
        .iter()
        .for_each(|(a, _, _)| links[names[*a as usize] as usize] += 1);
    let in_group = |name: &u32| members[*name as usize] > 1;
    let density = |name: &u32| match members[*name as usize] as f64 {
        1.0 => 0.0,
        size => links[*name as usize] as f64 / (size * (size - 1.0) / 2.0),
    };
    let densities = names.iter().map(density).collect();
    let sizes = names.iter().map(|name| {
        if in_group(name) {
            members[*name as usize]
        } else {
            0
        }
    });
    let groups_of = names
        .iter()
        .map(|name| if in_group(name) { *name } else { NO_VERTEX });
    let linked = partners.iter().filter(|it| **it > 0).count();
    let groups = members.iter().filter(|it| **it > 1).count();
    control.check()?;
    Ok(Outcome {
        summary: vec![
            ("groups", Quantity::Count, groups as f64),
            ("linked", Quantity::Count, linked as f64),
            ("pairs", Quantity::Count, pairs.len() as f64),
            ("items", Quantity::Count, holdings.linking as f64),
            ("items_too_common", Quantity::Count, holdings.too_common as f64),
        ],
        vertices: vec![
            OutputColumn::new("group", Quantity::Name, Values::Groups(groups_of.collect())),
            OutputColumn::new("group_size", Quantity::Count, Values::Integers(sizes.collect())),
            OutputColumn::new("partners", Quantity::Count, Values::Integers(partners)),
            OutputColumn::new("shared", Quantity::Count, Values::Integers(shared)),
            OutputColumn::new("density", Quantity::Share, Values::Numbers(densities)),
        ],
        rows: Some(rows(&pairs)),
        ..Outcome::default()
    })
}

fn rows(pairs: &[Pair]) -> RowTable {
    let a = pairs.iter().map(|it| it.0).collect();
    let b = pairs.iter().map(|it| it.1).collect();
    let shared = pairs.iter().map(|it| u64::from(it.2)).collect();
    RowTable {
        name: "pairs",
        columns: vec![
            OutputColumn::new("a", Quantity::Name, Values::Vertices(a)),
            OutputColumn::new("b", Quantity::Name, Values::Vertices(b)),
            OutputColumn::new("shared", Quantity::Count, Values::Integers(shared)),
        ],
    }
}

#[cfg(test)]
#[path = "linkage_tests.rs"]
mod tests;
