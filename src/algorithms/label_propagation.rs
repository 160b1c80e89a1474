//! Communities by label propagation: the CDLP of LDBC Graphalytics, and its asynchronous variants.
//!
//! Every vertex begins with its own number as label, or with the value of an attribute. In each round
//! it takes the label that is most frequent among its in- and out-neighbours; of equally frequent
//! labels the smallest, or one drawn by a seed. Synchronous: all vertices at once, from the labels of
//! the round before. Asynchronous: block by block in an order drawn by the seed, the vertices of a block
//! at once, from the labels as they are then; up to 64 vertices go one by one.
//!
//! Convention: a neighbour linked both ways counts twice, parallel edges count as often as the
//! projection keeps them, a self-loop votes for the vertex's own label once in and once out
//! (undirected: once). Weights are ignored. A vertex whose neighbours have no label keeps its own; one
//! that begins without a value casts no vote until it has taken a label. A community is all holders of
//! a label; it need not be connected, and the vertex that a label began with may have left it, so
//! `community` names it by its smallest member and `origin` keeps where the label came from.
//!
//! Cost: O(m) a round, 26 bytes a vertex beyond the answer and 4 a vertex and thread, all threads of
//! the pool. Once few labels change, only the neighbours of those that did are looked at again; the
//! answer does not depend on it, as a vertex's choice depends on its neighbours' labels alone.
//!
//! Not for: communities of guaranteed quality (use `louvain`); two-coloured graphs may swap labels
//! for ever when synchronous, hence the cap on rounds.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::attributes::{self, Kinds};
use super::chunks::{Spare, WAVE};
use super::control::{Control, KernelError};
use super::groups::Groups;
use super::outcome::{Exactness, Outcome, OutputColumn, Quantity, Values};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use super::sampling;
use super::votes::{NO_LABEL, Ties, Votes};
use crate::graph::{Csr, NO_VERTEX};

/// Blocks of an asynchronous round: enough that most labels are those of this round, few enough that
/// each keeps all threads busy on a large graph.
const BLOCKS: u32 = 64;

/// Vertices that a thread takes at a time.
const CHUNK: usize = 256;

/// A list this long asks by itself whether the run was cancelled.
const LONG: usize = 1 << 16;

/// Parameters of [`super::Algorithm::LabelPropagation`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LabelPropagationConfig {
    /// Rounds at most, from 1.
    pub max_iterations: u32,
    /// Attribute whose values are the first labels; empty: each vertex is its own.
    pub attribute: String,
    /// Whether a round looks at the labels of the round before only.
    pub synchronous: bool,
    /// Whether one of equally frequent labels is drawn, instead of the smallest.
    pub random_tiebreak: bool,
    /// Seed of the draws and of the asynchronous order.
    pub seed: u64,
}

impl Default for LabelPropagationConfig {
    fn default() -> Self {
        Self {
            max_iterations: 30,
            attribute: String::new(),
            synchronous: true,
            random_tiebreak: false,
            seed: 1,
        }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "label_propagation",
    aliases: &["cdlp", "lpa"],
    special_cases: &[],
    title: "Label propagation",
    summary: "Finds communities by letting each vertex take the label that most of its neighbours have.",
    convention: "A neighbour linked both ways counts twice; weights are ignored; of equally frequent labels the \
                 smallest wins unless drawn. Without an attribute every vertex begins with a label of its own; \
                 with one, vertices without a value have no label until they take one. A community is named \
                 by its smallest member and need not be connected.",
    source: "Raghavan, Albert and Kumara, Phys. Rev. E 76, 2007; CDLP of LDBC Graphalytics, arXiv:2011.15028.",
    parameters: &PARAMETERS,
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
            name: "origin",
            quantity: Quantity::Name,
            meaning: "The vertex that the community's label began with; it may have left.",
        },
    ],
    rows: None,
    order: &[],
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
            name: "iterations",
            quantity: Quantity::Count,
            meaning: "Rounds done.",
        },
        ColumnInfo {
            name: "unsettled",
            quantity: Quantity::Count,
            meaning: "Vertices whose label changed in the last round; 0 when the labels settled.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: false,
    needs_direction: false,
    attributes: AttributeUse::Items,
    steps_a_second: 6.0e8,
};

static PARAMETERS: [ParameterInfo; 5] = [
    ParameterInfo {
        name: "max_iterations",
        kind: "whole number",
        default: "30",
        range: "from 1 to 4294967295",
        meaning: "Rounds at most; it stops before when no label changes.",
    },
    ParameterInfo {
        name: "attribute",
        kind: "text",
        default: "",
        range: "an attribute of the projection, or none",
        meaning: "The attribute whose values are the first labels; without one each vertex is its own.",
    },
    ParameterInfo {
        name: "synchronous",
        kind: "yes or no",
        default: "yes",
        range: "yes or no",
        meaning: "Whether all vertices change at once; else they change in turn, in an order drawn by the seed.",
    },
    ParameterInfo {
        name: "random_tiebreak",
        kind: "yes or no",
        default: "no",
        range: "yes or no",
        meaning: "Whether one of equally frequent labels is drawn, instead of taking the smallest.",
    },
    sampling::SEED,
];

impl LabelPropagationConfig {
    /// Whether every parameter is in its range.
    pub fn validate(&self) -> Result<(), KernelError> {
        if self.max_iterations == 0 {
            return Err(KernelError::Parameter {
                parameter: "max_iterations",
                problem: "is 0; it must be 1 or more".to_owned(),
            });
        }
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(config: &LabelPropagationConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        // Each end is read, counted, taken out of the count and, where its label changed, told on.
        operations: u64::from(config.max_iterations).saturating_mul(n + 8 * m),
        bytes: (62 + 4 * WAVE as u64) * n,
        ..Work::default()
    }
}

/// Finds the communities.
///
/// # Errors
///
/// [`KernelError::Parameter`] or [`KernelError::NotApplicable`] when the projection does not have the
/// attribute.
pub fn run(
    graph: &Csr,
    config: &LabelPropagationConfig,
    inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let (labels, mut origins) = start(graph, inputs, &config.attribute)?;
    let n = u64::from(graph.vertex_count());
    control.expect(u64::from(config.max_iterations) * n);
    let mut spread = Spread::new(graph, labels, config);
    let spare = Spare::new(|| Votes::new(origins.len() as u32));
    let (mut done, mut unsettled) = (0, n);
    while done < config.max_iterations && unsettled > 0 {
        unsettled = spread.round(&spare, control)?;
        done += 1;
    }
    control.advance(u64::from(config.max_iterations - done) * n);
    let mut labels = spread.labels;
    // Whoever no label reached is alone; there are as many numbers left as such vertices.
    for label in labels.iter_mut().filter(|it| **it == NO_LABEL) {
        *label = origins.len() as u32;
        origins.push(NO_VERTEX);
    }
    let groups = Groups::from_labels(&labels);
    let mut summary = groups.summary("communities");
    summary.push(("iterations", Quantity::Count, f64::from(done)));
    summary.push(("unsettled", Quantity::Count, unsettled as f64));
    let mut vertices = groups.into_columns("community", "community_size");
    labels.iter_mut().for_each(|it| *it = origins[*it as usize]);
    vertices.push(OutputColumn::new(
        "origin",
        Quantity::Name,
        Values::Vertices(labels),
    ));
    Ok(Outcome {
        exactness: match unsettled {
            0 => Exactness::Exact,
            _ => Exactness::Unsettled {
                rounds: u64::from(done),
                change: unsettled as f64,
            },
        },
        vertices,
        summary,
        ..Outcome::default()
    })
}

/// The first labels, and for each label the vertex, first in the projection, that begins with it.
fn start(graph: &Csr, inputs: &Inputs, attribute: &str) -> Result<(Vec<u32>, Vec<u32>), KernelError> {
    if !attribute.is_empty() {
        let kinds = Kinds::new(&attributes::items(inputs, attribute)?.codes);
        let bearers = kinds.bearers(graph);
        return Ok((kinds.of, bearers));
    }
    // Projection numbers, so that ties are broken alike in any order of the graph.
    let labels: Vec<u32> = (0..graph.vertex_count()).map(|v| graph.number(v)).collect();
    Ok((labels.clone(), inverse(&labels)))
}

fn inverse(order: &[u32]) -> Vec<u32> {
    let mut inverse = vec![0; order.len()];
    for (at, number) in (0_u32..).zip(order) {
        inverse[*number as usize] = at;
    }
    inverse
}

/// Labels under way.
struct Spread<'a> {
    graph: &'a Csr,
    ties: Ties,
    labels: Vec<u32>,
    /// What the vertices of the block under way choose.
    chosen: Vec<u32>,
    /// The order of visits; by number where there is none.
    order: Option<Vec<u32>>,
    blocks: u32,
    /// Whether a neighbour's label changed since the vertex chose.
    stale: Vec<AtomicBool>,
    /// Whether every vertex counts as stale, in this round and in the next.
    all_stale: [bool; 2],
}

impl<'a> Spread<'a> {
    fn new(graph: &'a Csr, labels: Vec<u32>, config: &LabelPropagationConfig) -> Self {
        let n = graph.vertex_count();
        let drawn = || {
            let numbers: Vec<u32> = (0..n).map(|v| graph.number(v)).collect();
            let vertices = inverse(&numbers);
            let mut order = sampling::permutation(n, config.seed);
            order.iter_mut().for_each(|it| *it = vertices[*it as usize]);
            order
        };
        Spread {
            graph,
            ties: match config.random_tiebreak {
                true => Ties::Drawn(config.seed),
                false => Ties::Smallest,
            },
            chosen: vec![0; labels.len()],
            labels,
            order: (!config.synchronous).then(drawn),
            blocks: if config.synchronous { 1 } else { BLOCKS },
            stale: (0..n).map(|_| AtomicBool::new(false)).collect(),
            all_stale: [true, false],
        }
    }

    /// One round; the number of labels that changed.
    fn round<F: Fn() -> Votes + Sync>(
        &mut self,
        spare: &Spare<Votes, F>,
        control: &Control,
    ) -> Result<u64, KernelError> {
        let n = self.labels.len();
        let length = n.div_ceil(self.blocks as usize).max(1);
        let mut changed = 0;
        for begin in (0..n).step_by(length) {
            let block = begin..n.min(begin + length);
            self.choose(block.clone(), spare, control)?;
            changed += self.settle(block, control)?;
        }
        self.all_stale = [self.all_stale[1], false];
        Ok(changed)
    }

    fn vertex(&self, place: usize) -> u32 {
        self.order.as_ref().map_or(place as u32, |order| order[place])
    }

    /// Fills `chosen` for the places of a block.
    fn choose<F: Fn() -> Votes + Sync>(
        &mut self,
        block: Range<usize>,
        spare: &Spare<Votes, F>,
        control: &Control,
    ) -> Result<(), KernelError> {
        let mut chosen = std::mem::take(&mut self.chosen);
        let one = |(at, slots): (usize, &mut [u32])| {
            control.check()?;
            let first = block.start + at * CHUNK;
            spare.lend(|votes| {
                for (place, slot) in (first..).zip(slots.iter_mut()) {
                    *slot = self.choice(self.vertex(place), votes, control)?;
                }
                Ok(())
            })?;
            control.advance(slots.len() as u64);
            Ok(())
        };
        let done = chosen[block.clone()]
            .par_chunks_mut(CHUNK)
            .enumerate()
            .try_for_each(one);
        self.chosen = chosen;
        done
    }

    fn choice(&self, v: u32, votes: &mut Votes, control: &Control) -> Result<u32, KernelError> {
        let (own, stale) = (self.labels[v as usize], &self.stale[v as usize]);
        let is_stale = stale.load(Ordering::Relaxed);
        if is_stale {
            stale.store(false, Ordering::Relaxed);
        }
        if !is_stale && !self.all_stale[0] {
            return Ok(own);
        }
        let lists = self.graph.around(v);
        if lists[0].len() + lists[1].len() > LONG {
            control.check()?;
        }
        Ok(votes.winner(lists, &self.labels, (own, self.graph.number(v)), self.ties))
    }

    /// Puts the choices of a block in force and tells the neighbours; the number of labels that changed.
    fn settle(&mut self, block: Range<usize>, control: &Control) -> Result<u64, KernelError> {
        let mut moved = Vec::new();
        let mut ends = 0;
        for place in block {
            let v = self.vertex(place);
            let label = &mut self.labels[v as usize];
            if *label != self.chosen[place] {
                *label = self.chosen[place];
                moved.push(v);
                ends += self.graph.out.degree(v) + self.graph.into.degree(v);
            }
        }
        let all = self.graph.out.targets.len() + self.graph.into.targets.len();
        if ends as u64 * 4 * u64::from(self.blocks) > all as u64 {
            // To tell so many would cost more than to look at everybody again.
            self.all_stale = [true, true];
        } else if !self.all_stale[1] {
            let tell = |v: &u32| {
                let neighbours = self.graph.around(*v).into_iter().flatten();
                neighbours.for_each(|u| self.stale[*u as usize].store(true, Ordering::Relaxed));
            };
            moved.par_chunks(CHUNK).try_for_each(|chunk| {
                control.check()?;
                chunk.iter().for_each(tell);
                Ok(())
            })?;
        }
        Ok(moved.len() as u64)
    }
}

#[cfg(test)]
#[path = "label_propagation_tests.rs"]
mod tests;
