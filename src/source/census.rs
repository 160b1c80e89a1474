//! Counts what is in the tables of a graph. Every count is exact.

use std::collections::BTreeMap;

use super::cells::shortened;
use super::error::{SourceError, check};
use super::tables::{EdgeTable, Named, Tables};
use super::values;
use crate::algorithms::Control;
use crate::graph::{Column, instant_text, stats};
use crate::model::schema::{
    Attribute, AttributeKind, Census, DegreeShape, EdgeCollection, Relationship, VertexCollection,
};

/// Sample values kept of each attribute.
const SAMPLES: usize = 5;

/// Counts `tables`.
pub(super) fn take(tables: &Tables, control: &Control) -> Result<Census, SourceError> {
    let mut touched = vec![false; tables.vertex_count()];
    let mut edges = Vec::with_capacity(tables.edges.len());
    for table in &tables.edges {
        check(control)?;
        for v in table.from.iter().chain(&table.to) {
            touched[*v as usize] = true;
        }
        edges.push(edge_collection(tables, table, control)?);
    }
    let mut vertices = Vec::with_capacity(tables.vertices.len());
    for table in &tables.vertices {
        check(control)?;
        let first = table.first as usize;
        let own = &touched[first..first + table.keys.len()];
        vertices.push(VertexCollection {
            name: table.name.clone(),
            count: table.keys.len() as u64,
            implied: table.implied,
            attributes: attributes(&table.columns, control)?,
            label: table.label.clone(),
            isolated: own.iter().filter(|it| !**it).count() as u64,
        });
    }
    Ok(Census {
        graph: tables.graph.clone(),
        vertices,
        edges,
        issues: tables.issues.clone(),
        guesses: tables.guesses.clone(),
        inputs: tables.inputs.clone(),
        input_bytes: tables.input_bytes,
    })
}

fn edge_collection(
    tables: &Tables,
    table: &EdgeTable,
    control: &Control,
) -> Result<EdgeCollection, SourceError> {
    let count = table.from.len() as u64;
    let relationships = relationships(tables, table);
    check(control)?;
    let degrees = degree_shape(table, tables.vertex_count());
    Ok(EdgeCollection {
        name: table.name.clone(),
        count,
        attributes: attributes(&table.columns, control)?,
        relationships,
        self_loops: table.pairs.self_loops,
        parallel: count - table.pairs.distinct,
        reciprocal: table.pairs.reciprocal,
        directed: table.directed,
        weights: table.weights.clone(),
        times: table.times.clone(),
        declared: table.declared.clone(),
        degrees,
    })
}

fn relationships(tables: &Tables, table: &EdgeTable) -> Vec<Relationship> {
    let mut counts: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    let mut rows = table.from.iter().zip(&table.to).peekable();
    // Neighbouring edges mostly join the same two collections.
    while let Some((a, b)) = rows.next() {
        let (from, to) = (tables.collection_of(*a), tables.collection_of(*b));
        let (starts, ends) = (tables.vertices[from].range(), tables.vertices[to].range());
        let mut run = 1;
        while rows
            .next_if(|(a, b)| starts.contains(*a) && ends.contains(*b))
            .is_some()
        {
            run += 1;
        }
        *counts.entry((from, to)).or_default() += run;
    }
    counts
        .into_iter()
        .map(|((from, to), count)| Relationship {
            from: tables.vertices[from].name.clone(),
            to: tables.vertices[to].name.clone(),
            count,
        })
        .collect()
}

/// In- plus out-degrees over the vertices touched.
fn degree_shape(table: &EdgeTable, vertex_count: usize) -> DegreeShape {
    let mut degrees = vec![0_u64; vertex_count];
    for v in table.from.iter().chain(&table.to) {
        degrees[*v as usize] += 1;
    }
    degrees.retain(|it| *it > 0);
    degrees.sort_unstable();
    let n = degrees.len();
    let Some(max) = degrees.last().copied() else {
        return DegreeShape::default();
    };
    let total: u64 = degrees.iter().sum();
    let values: Vec<f64> = degrees.iter().map(|it| *it as f64).collect();
    let quantile = |share: f64| stats::nearest_rank(n, share).map_or(0, |at| degrees[at]);
    DegreeShape {
        vertices: n as u64,
        mean: total as f64 / n as f64,
        median: quantile(0.5),
        p99: quantile(0.99),
        max,
        gini: stats::gini(&values),
    }
}

fn attributes(columns: &[Named], control: &Control) -> Result<Vec<Attribute>, SourceError> {
    let one = |it: &Named| check(control).map(|()| attribute(it));
    columns.iter().map(one).collect()
}

fn attribute(named: &Named) -> Attribute {
    let (name, column) = named;
    let kind = values::kind_of(column);
    let mut made = Attribute {
        name: name.clone(),
        kind,
        sampled_rows: column.len() as u64,
        ..Attribute::default()
    };
    match column {
        Column::Text { codes, values } => {
            let mut counts = vec![0_u64; values.len()];
            for code in codes {
                if let Some(count) = counts.get_mut(*code as usize) {
                    *count += 1;
                }
            }
            made.present = counts.iter().sum();
            let mut ranked: Vec<(u64, &str)> = counts
                .into_iter()
                .zip(values.iter().map(String::as_str))
                .collect();
            made.distinct = ranked.len() as u64;
            ranked.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
            made.samples = ranked
                .into_iter()
                .take(SAMPLES)
                .map(|(_, text)| shortened(text))
                .collect();
        }
        Column::Integer(values) => describe(&mut made, values.iter().flatten().copied().collect(), |it| {
            it.to_string()
        }),
        Column::Time(values) => {
            describe(&mut made, values.iter().flatten().copied().collect(), |it| {
                instant_text(*it)
            });
        }
        Column::Number(values) => {
            let present = values.iter().flatten().map(|it| Ordered(*it)).collect();
            describe(&mut made, present, |it| it.0.to_string());
        }
        Column::Boolean(values) => {
            describe(&mut made, values.iter().flatten().copied().collect(), |it| {
                it.to_string()
            });
            made.range = None;
        }
    }
    made
}

/// Counts values, their range and the most frequent ones (ties by value).
fn describe<T: Ord>(made: &mut Attribute, mut present: Vec<T>, text: impl Fn(&T) -> String) {
    present.sort_unstable();
    made.present = present.len() as u64;
    made.range = present
        .first()
        .zip(present.last())
        .map(|(least, greatest)| (text(least), text(greatest)));
    let mut runs: Vec<(usize, &T)> = present
        .chunk_by(|a, b| a == b)
        .map(|run| (run.len(), &run[0]))
        .collect();
    made.distinct = runs.len() as u64;
    runs.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    made.samples = runs
        .into_iter()
        .take(SAMPLES)
        .map(|(_, value)| text(value))
        .collect();
    if made.present == 0 {
        made.kind = AttributeKind::Empty;
    }
}

/// A finite number with its total order.
#[derive(Clone, Copy, PartialEq)]
struct Ordered(f64);

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}
