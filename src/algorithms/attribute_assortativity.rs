//! Attribute assortativity: whether edges join vertices whose attribute is alike.
//!
//! Of values as such: with `e` the share of edges that join equal values and `Σ a b` the share that would
//! if each end kept its values and ends were joined at random, `r = (e - Σ a b) / (1 - Σ a b)`: 1 when only
//! equal values are joined, 0 as by chance, below 0 when unequal ones are preferred. Of numbers: the
//! Pearson correlation of the numbers at the two ends of an edge.
//!
//! Convention: edges with an end that has no value are left out. Parallel edges count as often as the
//! projection keeps them, self-loops once; an undirected edge counts in both directions. Weights change
//! nothing. Where all values are equal, `r` is undefined (NaN).
//!
//! Cost: O(n + m) time, 24 bytes a vertex, all threads of the pool.

use serde::{Deserialize, Serialize};

use super::attributes::{self, ATTRIBUTE, Kinds};
use super::blocks;
use super::control::{Control, KernelError};
use super::outcome::{Outcome, OutputColumn, Quantity, Values};
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use crate::graph::{Csr, MISSING};

/// Parameters of [`super::Algorithm::AttributeAssortativity`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttributeAssortativityConfig {
    /// Attribute to compare; empty: the first.
    pub attribute: String,
    /// Whether values are compared as numbers, by how far they differ.
    pub numeric: bool,
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "attribute_assortativity",
    aliases: &["homophily", "assortative_mixing"],
    special_cases: &[],
    title: "Attribute assortativity",
    summary: "Measures whether edges join vertices with like values of an attribute.",
    convention: "Edges with an end that has no value are left out. Parallel edges count as often as the \
                 projection keeps them; weights change nothing. Values are equal or not, unless compared as \
                 numbers. Where all values are equal there is no number.",
    source: "Newman, Phys. Rev. E 67, 2003.",
    parameters: &[
        ATTRIBUTE,
        ParameterInfo {
            name: "numeric",
            kind: "yes or no",
            default: "no",
            range: "yes or no, yes only for numbers",
            meaning: "Whether to correlate the values as numbers instead of asking whether they are equal.",
        },
    ],
    columns: &[
        ColumnInfo {
            name: "compared",
            quantity: Quantity::Count,
            meaning: "Edges at the vertex, either way, with a value at both ends.",
        },
        ColumnInfo {
            name: "alike",
            quantity: Quantity::Count,
            meaning: "Those with the same value at both ends.",
        },
        ColumnInfo {
            name: "alike_share",
            quantity: Quantity::Share,
            meaning: "Edges with the same value as a share of those compared; none without any.",
        },
    ],
    rows: None,
    order: &[],
    summary_values: &[
        ColumnInfo {
            name: "assortativity",
            quantity: Quantity::Score,
            meaning: "From below 0 (unlike values are joined) over 0 (as by chance) to 1 (like values only).",
        },
        ColumnInfo {
            name: "alike_share",
            quantity: Quantity::Share,
            meaning: "Edges with the same value at both ends as a share of those compared.",
        },
        ColumnInfo {
            name: "compared_edges",
            quantity: Quantity::Count,
            meaning: "Edges with a value at both ends.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: false,
    needs_direction: false,
    attributes: AttributeUse::Both,
    steps_a_second: 7.0e8,
};

impl AttributeAssortativityConfig {
    /// Whether every parameter is in its range; the attribute is looked up when it runs.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(_config: &AttributeAssortativityConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: 80 * n,
        operations: 4 * n + 6 * m,
        ..Work::default()
    }
}

/// Compares the values.
///
/// # Errors
///
/// [`KernelError::Parameter`] or [`KernelError::NotApplicable`] when the projection does not have the
/// attribute, or not as numbers.
pub fn run(
    graph: &Csr,
    config: &AttributeAssortativityConfig,
    inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let n = u64::from(graph.vertex_count());
    control.expect(if config.numeric { 2 * n } else { n });
    if config.numeric {
        let values = &attributes::numbers(inputs, &config.attribute)?.values;
        let counts = counts(
            graph,
            control,
            |v| !values[v as usize].is_nan(),
            |u, v| values[u as usize] == values[v as usize],
        )?;
        let correlation = correlation(graph, values, &counts, control)?;
        return Ok(outcome(graph, &counts, correlation));
    }
    let kinds = Kinds::new(&attributes::items(inputs, &config.attribute)?.codes);
    let counts = counts(
        graph,
        control,
        |v| kinds.of[v as usize] != MISSING,
        |u, v| kinds.of[u as usize] == kinds.of[v as usize],
    )?;
    let coefficient = coefficient(&kinds, &counts);
    Ok(outcome(graph, &counts, coefficient))
}

/// Edges at a vertex with a value at both ends.
#[derive(Clone, Copy, Default)]
struct Count {
    out: u32,
    into: u32,
    alike_out: u32,
    alike_into: u32,
}

fn counts(
    graph: &Csr,
    control: &Control,
    has_value: impl Fn(u32) -> bool + Sync,
    alike: impl Fn(u32, u32) -> bool + Sync,
) -> Result<Vec<Count>, KernelError> {
    let mut counts = vec![Count::default(); graph.vertex_count() as usize];
    let side = |list: &[u32], v: u32| {
        let with_value = list.iter().filter(|u| has_value(**u));
        with_value.fold((0, 0), |(all, same), u| (all + 1, same + u32::from(alike(*u, v))))
    };
    blocks::fill_around(graph, &mut counts, control, |v| {
        if !has_value(v) {
            return Count::default();
        }
        let (out, alike_out) = side(graph.out.neighbours(v), v);
        let (into, alike_into) = match graph.directed {
            true => side(graph.into.neighbours(v), v),
            false => (out, alike_out),
        };
        Count {
            out,
            into,
            alike_out,
            alike_into,
        }
    })?;
    Ok(counts)
}

fn total(counts: &[Count], part: fn(&Count) -> u32) -> u64 {
    counts.iter().map(|it| u64::from(part(it))).sum()
}

/// The coefficient of values as such, in whole numbers until the last step.
fn coefficient(kinds: &Kinds, counts: &[Count]) -> f64 {
    let mut ends = vec![(0_u64, 0_u64); kinds.count as usize];
    for (kind, count) in kinds.of.iter().zip(counts) {
        if let Some(ends) = ends.get_mut(*kind as usize) {
            ends.0 += u64::from(count.out);
            ends.1 += u64::from(count.into);
        }
    }
    let edges = i128::from(total(counts, |it| it.out));
    let same = i128::from(total(counts, |it| it.alike_out));
    let chance: i128 = ends.iter().map(|(a, b)| i128::from(*a) * i128::from(*b)).sum();
    (edges * same - chance) as f64 / (edges * edges - chance) as f64
}

/// The correlation of numbers, around their means at either end.
fn correlation(graph: &Csr, values: &[f64], counts: &[Count], control: &Control) -> Result<f64, KernelError> {
    let edges = total(counts, |it| it.out) as f64;
    let with_value = || values.iter().zip(counts).filter(|it| !it.0.is_nan());
    let sum = |part: &dyn Fn(&Count) -> u32, of: &dyn Fn(f64) -> f64| -> f64 {
        with_value()
            .map(|(value, count)| f64::from(part(count)) * of(*value))
            .sum()
    };
    let (out, into) = (&|it: &Count| it.out, &|it: &Count| it.into);
    let (x, y) = (sum(out, &|it| it) / edges, sum(into, &|it| it) / edges);
    let (xx, yy) = (
        sum(out, &|it| (it - x).powi(2)),
        sum(into, &|it| (it - y).powi(2)),
    );
    let mut ignored = vec![(); values.len()];
    let xy = blocks::fill_and_sum(&mut ignored, control, |v| {
        let own = values[v as usize];
        if own.is_nan() {
            return ((), 0.0);
        }
        let others = graph.out.neighbours(v).iter().map(|u| values[*u as usize]);
        let ends: f64 = others.filter(|it| !it.is_nan()).map(|it| it - y).sum();
        ((), (own - x) * ends)
    })?;
    // Rounding must not make a spread of nothing else than nothing.
    let is_flat = |spread: f64, mean: f64| spread <= f64::EPSILON * edges * mean * mean;
    if is_flat(xx, x) || is_flat(yy, y) {
        return Ok(f64::NAN);
    }
    Ok((xy / (xx * yy).sqrt()).clamp(-1.0, 1.0))
}

fn outcome(graph: &Csr, counts: &[Count], assortativity: f64) -> Outcome {
    let both = |out: u32, into: u32| u64::from(out) + if graph.directed { u64::from(into) } else { 0 };
    let compared: Vec<u64> = counts.iter().map(|it| both(it.out, it.into)).collect();
    let alike: Vec<u64> = counts
        .iter()
        .map(|it| both(it.alike_out, it.alike_into))
        .collect();
    let shares = alike
        .iter()
        .zip(&compared)
        .map(|(alike, all)| *alike as f64 / *all as f64)
        .collect();
    let entries = total(counts, |it| it.out) as f64;
    let same = total(counts, |it| it.alike_out) as f64;
    let edges = match graph.directed {
        true => entries,
        false => (entries + loops(graph, counts) as f64) / 2.0,
    };
    Outcome {
        vertices: vec![
            OutputColumn::new("compared", Quantity::Count, Values::Integers(compared)),
            OutputColumn::new("alike", Quantity::Count, Values::Integers(alike)),
            OutputColumn::new("alike_share", Quantity::Share, Values::Numbers(shares)),
        ],
        summary: vec![
            ("assortativity", Quantity::Score, assortativity),
            ("alike_share", Quantity::Share, same / entries),
            ("compared_edges", Quantity::Count, edges),
        ],
        ..Outcome::default()
    }
}

/// Self-loops at vertices that have a value; an undirected one stands in one list only.
fn loops(graph: &Csr, counts: &[Count]) -> usize {
    let of = |v: u32| {
        let list = graph.out.neighbours(v);
        list.partition_point(|u| *u <= v) - list.partition_point(|u| *u < v)
    };
    let compared = (0..graph.vertex_count()).filter(|v| counts[*v as usize].out > 0);
    compared.map(of).sum()
}

#[cfg(test)]
#[path = "attribute_assortativity_tests.rs"]
mod tests;
