//! How many vertices each vertex reaches, is reached from, and alone gives access to.
//!
//! Descendants are the others reached along the direction of edges, ancestors those that reach it.
//! Exclusive are the vertices that the roots reach through it only: without it nobody could supply them.
//! Roots are all members of the strong components that no edge enters, so what lies on a circle at the
//! top does not depend on a member that another could stand in for.
//!
//! Convention: a vertex does not count itself. Parallel edges and self-loops change nothing. In an
//! undirected graph descendants and ancestors are the rest of the component, and nothing is exclusive.
//!
//! Cost: O((n + m) n / 64) steps of one word for the counts, divided by the threads, and near O(n + m)
//! for dominators; 68 bytes a vertex and thread, 80 a vertex and 4 an edge.
//! Sources: bit-parallel transitive closure in blocks over the strong components (Warren 1975 gives the
//! bits, Purdom 1970 the components); dominators as in `dominators`.

use std::ops::{ControlFlow, Range};

use serde::{Deserialize, Serialize};

use super::chunks::{WAVE, in_order};
use super::condensation::Condensation;
use super::control::{Control, KernelError};
use super::dominators::Dominators;
use super::outcome::{Outcome, OutputColumn, Quantity, Values};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, Work};
use crate::graph::Csr;

/// Parameters of [`super::Algorithm::Reachability`]; it has none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReachabilityConfig {}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "reachability",
    aliases: &["descendants", "blast_radius"],
    special_cases: &[],
    title: "Reachability",
    summary: "Counts what each vertex reaches, what reaches it, and what can be reached through it only.",
    convention: "Edges are followed in their direction; a vertex does not count itself. Exclusive are the \
                 vertices that cannot be reached from the top of the graph without passing this one; the top is \
                 everything that no other part leads to, and of a circle at the top every member. Parallel edges \
                 and edges from a vertex to itself change nothing. In an undirected projection nothing is \
                 exclusive; use articulation points there.",
    source: "Transitive closure in bits over strong components; dominators: Georgiadis 2005 after Lengauer & \
             Tarjan 1979",
    parameters: &[],
    columns: &[
        ColumnInfo {
            name: "descendants",
            quantity: Quantity::Count,
            meaning: "Other vertices that it reaches.",
        },
        ColumnInfo {
            name: "ancestors",
            quantity: Quantity::Count,
            meaning: "Other vertices that reach it.",
        },
        ColumnInfo {
            name: "exclusive",
            quantity: Quantity::Count,
            meaning: "Other vertices that are reached from the top through it only.",
        },
    ],
    rows: None,
    order: &[],
    summary_values: &[
        ColumnInfo {
            name: "reachable_pairs",
            quantity: Quantity::Count,
            meaning: "Ordered pairs of different vertices with a path from the first to the second.",
        },
        ColumnInfo {
            name: "roots",
            quantity: Quantity::Count,
            meaning: "Vertices at the top: members of strong components that no edge enters.",
        },
        ColumnInfo {
            name: "strong_components",
            quantity: Quantity::Count,
            meaning: "Groups in which every vertex reaches every other.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: false,
    needs_direction: true,
    attributes: AttributeUse::None,
    steps_a_second: 2.0e8,
};

impl ReachabilityConfig {
    /// Whether every parameter is in its range: always, since there is none.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Words of a bit set: one cache line.
const WORDS: usize = 8;

/// Vertices that one pass marks.
const BITS: usize = 64 * WORDS;

/// Passes that a thread makes at a time.
const CHUNK: usize = 4;

type Bits = [u64; WORDS];

/// Upper bounds of what it takes on a graph of this size.
pub fn work(_config: &ReachabilityConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    let passes = n.div_ceil(BITS as u64);
    let chunks = (2 * passes).div_ceil(CHUNK as u64).min(WAVE as u64);
    Work {
        bytes: chunks * 76 * n + 120 * n + 4 * m,
        // A pass visits each edge once and combines a cache line there.
        operations: (2 * passes).saturating_mul(n + m).saturating_add(8 * (n + m)),
        ..Work::default()
    }
}

/// Counts descendants, ancestors and exclusive descendants.
///
/// # Errors
///
/// [`KernelError::Cancelled`] only.
pub fn run(
    graph: &Csr,
    _config: &ReachabilityConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let n = graph.vertex_count();
    let condensation = Condensation::new(graph, control)?;
    let (descendants, ancestors) = count(&condensation, n as usize, control)?;
    let roots = roots(&condensation);
    let exclusive = Dominators::new(graph, &roots, control)?.dominated(n, control)?;
    let pairs: u64 = descendants.iter().sum();
    Ok(Outcome {
        vertices: vec![
            OutputColumn::new("descendants", Quantity::Count, Values::Integers(descendants)),
            OutputColumn::new("ancestors", Quantity::Count, Values::Integers(ancestors)),
            OutputColumn::new("exclusive", Quantity::Count, Values::Integers(exclusive)),
        ],
        summary: vec![
            ("reachable_pairs", Quantity::Count, pairs as f64),
            ("roots", Quantity::Count, roots.len() as f64),
            ("strong_components", Quantity::Count, condensation.len() as f64),
        ],
        ..Outcome::default()
    })
}

/// The members of the components that no edge enters, ascending.
fn roots(condensation: &Condensation) -> Vec<u32> {
    let components = condensation.len() as u32;
    let mut entered = vec![false; components as usize];
    for successor in (0..components).flat_map(|it| condensation.successors(it)) {
        entered[*successor as usize] = true;
    }
    let tops = (0..components).filter(|it| !entered[*it as usize]);
    let mut roots: Vec<u32> = tops.flat_map(|it| condensation.members(it)).copied().collect();
    roots.sort_unstable();
    roots
}

/// Descendants and ancestors of every vertex.
fn count(
    condensation: &Condensation,
    n: usize,
    control: &Control,
) -> Result<(Vec<u64>, Vec<u64>), KernelError> {
    let passes = n.div_ceil(BITS);
    let components = condensation.len();
    let mut below = vec![0_u64; components];
    let mut above = vec![0_u64; components];
    in_order(
        passes,
        CHUNK,
        control,
        || vec![[0; WORDS]; components],
        |marks: &mut Vec<Bits>, range| {
            let mut found = (vec![0_u32; components], vec![0_u32; components]);
            for pass in range {
                let marked = pass * BITS..n.min((pass + 1) * BITS);
                control.check()?;
                count_downward(condensation, marked.clone(), marks, &mut found.0);
                control.check()?;
                count_upward(condensation, marked, marks, &mut found.1);
            }
            Ok(found)
        },
        |found| {
            below
                .iter_mut()
                .zip(&found.0)
                .for_each(|(to, from)| *to += u64::from(*from));
            above
                .iter_mut()
                .zip(&found.1)
                .for_each(|(to, from)| *to += u64::from(*from));
            ControlFlow::Continue(())
        },
    )?;
    // A vertex met itself too.
    let by_vertex = |counts: &[u64]| {
        let of = |component: &u32| counts[*component as usize] - 1;
        condensation.component.iter().map(of).collect()
    };
    Ok((by_vertex(&below), by_vertex(&above)))
}

/// Sets one bit for each of the marked vertices in its component; answers the components that have one.
fn set_bits(condensation: &Condensation, marked: Range<usize>, marks: &mut [Bits]) -> Range<usize> {
    let vertices = &condensation.vertices()[marked];
    let component = |v: Option<&u32>| v.map_or(0, |v| condensation.component[*v as usize] as usize);
    let span = component(vertices.first())..component(vertices.last()) + 1;
    marks[span.clone()].fill([0; WORDS]);
    for (bit, v) in vertices.iter().enumerate() {
        marks[condensation.component[*v as usize] as usize][bit / 64] |= 1 << (bit % 64);
    }
    span
}

/// Adds to each component how many of the marked vertices it reaches, its own included.
fn count_downward(condensation: &Condensation, marked: Range<usize>, marks: &mut [Bits], counts: &mut [u32]) {
    let span = set_bits(condensation, marked, marks);
    // Components below the span reach none of the marked ones; those above it start empty.
    for (own, count) in counts.iter_mut().enumerate().skip(span.start) {
        let (lower, from_own) = marks.split_at_mut(own);
        let mut bits = if own < span.end { from_own[0] } else { [0; WORDS] };
        for successor in condensation.successors(own as u32) {
            if *successor as usize >= span.start {
                merge(&mut bits, &lower[*successor as usize]);
            }
        }
        from_own[0] = bits;
        *count += ones(&bits);
    }
}

/// Adds to each component how many of the marked vertices reach it, its own included.
fn count_upward(condensation: &Condensation, marked: Range<usize>, marks: &mut [Bits], counts: &mut [u32]) {
    let span = set_bits(condensation, marked, marks);
    // Components above the span are reached from none of the marked ones.
    marks[..span.start].fill([0; WORDS]);
    for own in (0..span.end).rev() {
        let (lower, from_own) = marks.split_at_mut(own);
        let bits = from_own[0];
        let reached = ones(&bits);
        if reached == 0 {
            continue;
        }
        counts[own] += reached;
        for successor in condensation.successors(own as u32) {
            merge(&mut lower[*successor as usize], &bits);
        }
    }
}

fn merge(into: &mut Bits, from: &Bits) {
    into.iter_mut().zip(from).for_each(|(to, word)| *to |= word);
}

fn ones(bits: &Bits) -> u32 {
    bits.iter().map(|word| word.count_ones()).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::algorithms::Algorithm;
    use crate::algorithms::random_graphs::{
        all_distances, any_graph, graph_of, integer_column, run, run_with_threads,
    };

    const ALGORITHM: Algorithm = Algorithm::Reachability(ReachabilityConfig {});

    /// Vertices reached from `roots` without passing `closed`.
    fn reached(graph: &Csr, roots: &[u32], closed: Option<u32>) -> Vec<bool> {
        let mut seen = vec![false; graph.vertex_count() as usize];
        let mut open: Vec<u32> = roots.to_vec();
        while let Some(v) = open.pop() {
            if Some(v) != closed && !std::mem::replace(&mut seen[v as usize], true) {
                open.extend(graph.out.neighbours(v));
            }
        }
        seen
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn counts_follow_from_the_table_of_all_distances(graph in any_graph(14)) {
            let outcome = run(&ALGORITHM, &graph).unwrap();
            let table = all_distances(&graph, false);
            for v in 0..table.len() {
                let reaches = table[v].iter().filter(|it| it.is_finite()).count() as u64 - 1;
                let reached_from = table.iter().filter(|row| row[v].is_finite()).count() as u64 - 1;
                prop_assert_eq!(integer_column(&outcome, "descendants")[v], reaches);
                prop_assert_eq!(integer_column(&outcome, "ancestors")[v], reached_from);
            }
        }

        #[test]
        fn exclusive_is_what_closing_the_vertex_cuts_off(graph in any_graph(14)) {
            let outcome = run(&ALGORITHM, &graph).unwrap();
            let table = all_distances(&graph, false);
            let n = graph.vertex_count();
            // A root is reached only by what it reaches itself.
            let is_root = |v: &u32| {
                let v = *v as usize;
                (0..n as usize).all(|u| table[u][v].is_infinite() || table[v][u].is_finite())
            };
            let roots: Vec<u32> = (0..n).filter(is_root).collect();
            prop_assert!(reached(&graph, &roots, None).iter().all(|it| *it), "roots reach everything");
            for v in 0..n {
                let lost = reached(&graph, &roots, Some(v)).iter().filter(|it| !**it).count() as u64;
                prop_assert_eq!(integer_column(&outcome, "exclusive")[v as usize], lost - 1);
            }
        }
    }

    #[test]
    fn blocks_of_bits_join_without_a_seam() {
        // A path of three blocks and a bit.
        let n = 3 * BITS as u32 + 5;
        let pairs: Vec<(u32, u32)> = (1..n).map(|v| (v - 1, v)).collect();
        let outcome = run(&ALGORITHM, &graph_of(n, &pairs, true)).unwrap();
        let down: Vec<u64> = (0..u64::from(n)).rev().collect();
        let up: Vec<u64> = (0..u64::from(n)).collect();
        assert_eq!(integer_column(&outcome, "descendants"), down);
        assert_eq!(integer_column(&outcome, "exclusive"), down);
        assert_eq!(integer_column(&outcome, "ancestors"), up);
    }

    #[test]
    fn one_thread_and_four_count_the_same() {
        let pairs: Vec<(u32, u32)> = (0..9000_u32)
            .map(|it| (it * 7919 % 3000, it * it % 3000))
            .collect();
        let graph = graph_of(3000, &pairs, true);
        let with = |threads| run_with_threads(&ALGORITHM, &graph, &Inputs::default(), threads).unwrap();
        assert_eq!(with(1), with(4));
    }
}
