//! Attribute propagation: which values of an attribute reach each vertex along the edges.
//!
//! Every vertex begins with its own value. In each round it adds the values of its in-neighbours
//! (backwards: its out-neighbours) to its own, until no set grows or the rounds run out. In the end a
//! vertex holds the values of all vertices that have a path to it. Synchronous: after `r` rounds it holds
//! those at most `r` edges away. Asynchronous: a round reads what was added earlier in the same round, so
//! that values travel further in a round; the settled sets are the same.
//!
//! Convention: that of ArangoDB's engine, with a bound on the sets: of more than `max_values` values the
//! first are kept, in the order in which the projection first has them. The first values of a union are
//! among the first values of its parts, so that what is kept does not depend on the way. Parallel edges,
//! self-loops and weights change nothing.
//!
//! Cost: O(k m) for each round in which all sets of k values change; only neighbours whose sets changed
//! are read. 8 k bytes a vertex beyond the answer, all threads of the pool.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::attributes::{self, Kinds};
use super::chunks::Spare;
use super::control::{Control, KernelError};
use super::outcome::{Exactness, Outcome, OutputColumn, Quantity, Values};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use super::value_sets::{FirstValues, Sets};
use crate::graph::{Csr, MISSING};

/// The attribute that each vertex has to itself.
const OWN: &str = "@id";

/// Parts of an asynchronous round; a part reads what the parts before it wrote.
const PARTS: usize = 64;

/// Vertices whose sets lie together at most; fewer on small graphs, so that parts have several.
const MOST_IN_BLOCK: u32 = 1024;

/// Pieces that a part is cut into at most; no more workspaces exist than pieces.
const PIECES: usize = 64;

/// Neighbours between two looks for cancellation.
const LONG: usize = 1 << 12;

/// Parameters of [`super::Algorithm::AttributePropagation`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttributePropagationConfig {
    /// Attribute whose values spread; empty: the first, `@id`: each vertex is a value of its own.
    pub attribute: String,
    /// Whether a round reads the sets of the round before only.
    pub synchronous: bool,
    /// Whether values travel against the edges.
    pub backwards: bool,
    /// Values that a vertex keeps at most, from 1.
    pub max_values: u32,
    /// Rounds at most, from 1.
    pub max_iterations: u32,
}

impl Default for AttributePropagationConfig {
    fn default() -> Self {
        Self {
            attribute: String::new(),
            synchronous: true,
            backwards: false,
            max_values: 32,
            max_iterations: 500,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "attribute_propagation",
    aliases: &["value_propagation"],
    special_cases: &[],
    title: "Attribute propagation",
    summary: "Collects for each vertex the values of an attribute that reach it along the edges.",
    convention: "Values follow the direction of edges, or go against it where asked; both ways when the \
                 projection is undirected. A vertex keeps its own value. Of too many values the first of the \
                 projection are kept, and the answer says so. Weights and parallel edges change nothing.",
    source: "Attribute propagation of ArangoDB's Graph Analytics Engine.",
    parameters: &PARAMETERS,
    columns: &[
        ColumnInfo {
            name: "values",
            quantity: Quantity::Count,
            meaning: "Different values that the vertex has or received.",
        },
        ColumnInfo {
            name: "received",
            quantity: Quantity::Count,
            meaning: "Values among them that are not its own.",
        },
        ColumnInfo {
            name: "bearers",
            quantity: Quantity::Name,
            meaning: "For each of the values the first vertex of the projection that has it as its own.",
        },
    ],
    rows: None,
    order: &[],
    summary_values: &[
        ColumnInfo {
            name: "different_values",
            quantity: Quantity::Count,
            meaning: "Different values of the attribute.",
        },
        ColumnInfo {
            name: "iterations",
            quantity: Quantity::Count,
            meaning: "Rounds done.",
        },
        ColumnInfo {
            name: "unsettled",
            quantity: Quantity::Count,
            meaning: "Vertices whose set changed in the last round; 0 when the sets settled.",
        },
        ColumnInfo {
            name: "full",
            quantity: Quantity::Count,
            meaning: "Vertices that hold as many values as are kept; more may reach them.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: false,
    needs_direction: false,
    attributes: AttributeUse::Items,
    steps_a_second: 1.0e10,
};

static PARAMETERS: [ParameterInfo; 5] = [
    ParameterInfo {
        name: "attribute",
        kind: "text",
        default: "",
        range: "an attribute of the projection, or @id",
        meaning: "The attribute whose values spread; without a name the first, with @id each vertex is a value.",
    },
    ParameterInfo {
        name: "synchronous",
        kind: "yes or no",
        default: "yes",
        range: "yes or no",
        meaning: "Whether a value travels one edge a round; else it may travel further.",
    },
    ParameterInfo {
        name: "backwards",
        kind: "yes or no",
        default: "no",
        range: "yes or no",
        meaning: "Whether values travel against the direction of the edges.",
    },
    ParameterInfo {
        name: "max_values",
        kind: "whole number",
        default: "32",
        range: "from 1 to 4294967295",
        meaning: "Values that a vertex keeps at most.",
    },
    ParameterInfo {
        name: "max_iterations",
        kind: "whole number",
        default: "500",
        range: "from 1 to 4294967295",
        meaning: "Rounds at most; it stops before when no set changes.",
    },
];

impl AttributePropagationConfig {
    /// Whether every parameter is in its range.
    pub fn validate(&self) -> Result<(), KernelError> {
        let given = [
            ("max_values", self.max_values),
            ("max_iterations", self.max_iterations),
        ];
        match given.iter().find(|it| it.1 == 0) {
            None => Ok(()),
            Some((parameter, _)) => Err(KernelError::Parameter {
                parameter,
                problem: "is 0; it must be 1 or more".to_owned(),
            }),
        }
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(config: &AttributePropagationConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    let kept = u64::from(config.max_values).min(n);
    let a_round = n.saturating_add(2 * m).saturating_mul(1 + kept);
    Work {
        bytes: n.saturating_mul(12 * kept + 40 + PIECES as u64),
        operations: u64::from(config.max_iterations).saturating_mul(a_round),
        ..Work::default()
    }
}

/// Collects the values.
///
/// # Errors
///
/// [`KernelError::Parameter`] or [`KernelError::NotApplicable`] when the projection does not have the
/// attribute.
pub fn run(
    graph: &Csr,
    config: &AttributePropagationConfig,
    inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let numbers: Vec<u32> = (0..graph.vertex_count()).map(|v| graph.number(v)).collect();
    let kinds = if config.attribute == OWN {
        Kinds {
            of: numbers.clone(),
            count: graph.vertex_count(),
        }
    } else {
        Kinds::new(&attributes::items(inputs, &config.attribute)?.codes)
    };
    let mut spread = Spread::new(graph, &numbers, &kinds, config);
    let spare = Spare::new(|| FirstValues::new(kinds.count, config.max_values));
    let (mut done, mut unsettled) = (0, u64::from(graph.vertex_count()));
    while done < config.max_iterations && unsettled > 0 {
        unsettled = spread.round(&spare, control)?;
        done += 1;
    }
    Ok(outcome(graph, &spread, &kinds, (done, unsettled)))
}

fn outcome(graph: &Csr, spread: &Spread, kinds: &Kinds, (done, unsettled): (u32, u64)) -> Outcome {
    let bearers = kinds.bearers(graph);
    let (mut offsets, mut members) = (vec![0], Vec::new());
    let (mut values, mut received) = (Vec::new(), Vec::new());
    let mut full = 0_u64;
    for v in 0..graph.vertex_count() {
        let set = spread.set(graph.number(v));
        members.extend(set.iter().map(|it| bearers[*it as usize]));
        offsets.push(members.len());
        values.push(set.len() as u64);
        let own = set.contains(&kinds.of[v as usize]);
        received.push(set.len() as u64 - u64::from(own));
        full += u64::from(set.len() >= spread.kept);
    }
    let listed = members.len() as u64;
    let column = |name, values| OutputColumn::new(name, Quantity::Count, Values::Integers(values));
    Outcome {
        vertices: vec![
            column("values", values),
            column("received", received),
            OutputColumn::new("bearers", Quantity::Name, Values::Lists { offsets, members }),
        ],
        summary: vec![
            ("different_values", Quantity::Count, f64::from(kinds.count)),
            ("iterations", Quantity::Count, f64::from(done)),
            ("unsettled", Quantity::Count, unsettled as f64),
            ("full", Quantity::Count, full as f64),
        ],
        exactness: if unsettled > 0 {
            Exactness::Unsettled {
                rounds: u64::from(done),
                change: unsettled as f64,
            }
        } else if spread.dropped {
            Exactness::Truncated { listed }
        } else {
            Exactness::Exact
        },
        ..Outcome::default()
    }
}

/// Sets under way, by projection number in blocks of equal length.
struct Spread<'a> {
    graph: &'a Csr,
    backwards: bool,
    kept: usize,
    /// The vertex of each projection number.
    vertices: Vec<u32>,
    blocks: Vec<Sets>,
    /// Vertices in a block: two to this power.
    shift: u32,
    /// Blocks in a part.
    part: usize,
    /// By projection number, whether the set changed in the round before or in this one: it may hold what
    /// a neighbour lacks.
    fresh: Vec<bool>,
    dropped: bool,
}

impl<'a> Spread<'a> {
    fn new(graph: &'a Csr, numbers: &[u32], kinds: &Kinds, config: &AttributePropagationConfig) -> Self {
        let n = graph.vertex_count();
        let mut vertices = vec![0; n as usize];
        (0_u32..)
            .zip(numbers)
            .for_each(|(v, number)| vertices[*number as usize] = v);
        let length = (n / MOST_IN_BLOCK).next_power_of_two().clamp(1, MOST_IN_BLOCK);
        let start = |block: &[u32]| {
            let mut sets = Sets::default();
            for v in block {
                let own = kinds.of[*v as usize];
                sets.members.extend((own != MISSING).then_some(own));
                sets.close(own != MISSING);
            }
            sets
        };
        let blocks: Vec<Sets> = vertices.chunks(length as usize).map(start).collect();
        Spread {
            graph,
            backwards: config.backwards,
            kept: config.max_values as usize,
            vertices,
            shift: length.trailing_zeros(),
            part: match config.synchronous {
                true => blocks.len().max(1),
                false => blocks.len().div_ceil(PARTS).max(1),
            },
            fresh: blocks.iter().flat_map(|it| it.changed.iter().copied()).collect(),
            blocks,
            dropped: false,
        }
    }

    fn place(&self, number: u32) -> (&Sets, usize) {
        let at = number & ((1 << self.shift) - 1);
        (&self.blocks[(number >> self.shift) as usize], at as usize)
    }

    fn set(&self, number: u32) -> &[u32] {
        let (sets, at) = self.place(number);
        sets.of(at)
    }

    /// One round; the number of sets that changed.
    fn round<F: Fn() -> FirstValues + Sync>(
        &mut self,
        spare: &Spare<FirstValues, F>,
        control: &Control,
    ) -> Result<u64, KernelError> {
        control.expect(self.vertices.len() as u64);
        let mut changed = 0;
        for begin in (0..self.blocks.len()).step_by(self.part) {
            let part = begin..self.blocks.len().min(begin + self.part);
            let one = |block| spare.lend(|union| self.grown(block, union, control));
            // No more pieces than workspaces are counted with.
            let grown: Vec<Sets> = part
                .clone()
                .into_par_iter()
                .with_min_len(part.len().div_ceil(PIECES).max(1))
                .map(one)
                .collect::<Result<_, KernelError>>()?;
            for (block, sets) in part.zip(grown) {
                changed += sets.changed.iter().map(|it| u64::from(*it)).sum::<u64>();
                self.dropped |= sets.dropped;
                let first = block << self.shift;
                for (fresh, changed) in self.fresh[first..].iter_mut().zip(&sets.changed) {
                    *fresh |= changed;
                }
                self.blocks[block] = sets;
            }
        }
        self.fresh.clear();
        self.fresh
            .extend(self.blocks.iter().flat_map(|it| it.changed.iter().copied()));
        Ok(changed)
    }

    fn grown(&self, block: usize, union: &mut FirstValues, control: &Control) -> Result<Sets, KernelError> {
        control.check()?;
        let old = &self.blocks[block];
        let mut sets = Sets::default();
        sets.members.reserve(old.members.len());
        let side = if self.backwards {
            &self.graph.out
        } else {
            &self.graph.into
        };
        let first = block << self.shift;
        for (at, v) in self.vertices[first..first + old.ends.len()].iter().enumerate() {
            let own = old.of(at);
            let mut begun = false;
            for neighbours in side.neighbours(*v).chunks(LONG) {
                control.check()?;
                let numbers = neighbours.iter().map(|u| self.graph.number(*u));
                for number in numbers.filter(|it| self.fresh[*it as usize]) {
                    if !std::mem::replace(&mut begun, true) {
                        union.begin(own);
                    }
                    union.add(self.set(number));
                }
            }
            if union.grew {
                union.settle();
                sets.members.extend_from_slice(&union.found);
                sets.close(union.found != own);
            } else {
                sets.members.extend_from_slice(own);
                sets.close(false);
            }
            sets.dropped |= union.dropped;
            union.end();
        }
        control.advance(old.ends.len() as u64);
        Ok(sets)
    }
}

#[cfg(test)]
#[path = "attribute_propagation_tests.rs"]
mod tests;
