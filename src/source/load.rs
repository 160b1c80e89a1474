//! Projects the tables of a graph: chosen collections, filtered edges, weight, time, attributes.
//!
//! What a projection leaves out is counted, never dropped in silence: in its exclusions what it does
//! not see, beside them what its rules make of self-loops and parallel edges.

use std::sync::Arc;

use super::LoadedGraph;
use super::error::{SourceError, check};
use super::inspect::issue_sentence;
use super::tables::{EdgeTable, Tables, VertexTable};
use super::values;
use super::{resolve, settings};
use crate::algorithms::Control;
use crate::graph::{self, Column, Csr, EdgeList, NO_VERTEX, ParallelEdges, Texts, VertexKeys, VertexRange};
use crate::model::{
    id::{ContentHash, ContentHasher},
    template::{EdgeFilter, Projection},
};

/// Edges between two looks at whether to stop.
const BLOCK: usize = 8192;

/// Bytes that are hashed at once.
const GATHERED: usize = 1 << 15;

/// Loads what `projection` names from `tables`.
pub(super) fn project(
    tables: &Tables,
    projection: &Projection,
    control: &Control,
) -> Result<LoadedGraph, SourceError> {
    let vertices = chosen_vertices(tables, projection)?;
    let edges = chosen_edges(tables, projection)?;
    check_edge_attributes(&edges, projection)?;
    let keys = vertex_keys(&vertices);
    let attributes = attributes(&vertices, projection)?;
    let renumbered = renumber(tables, &vertices);
    let mut left = LeftOut::default();
    let mut list = EdgeList {
        weights: projection.weight.is_some().then(Vec::new),
        times: projection.time.is_some().then(Vec::new),
        ..EdgeList::default()
    };
    for table in &edges {
        take_edges(table, projection, &renumbered, &mut list, &mut left, control)?;
    }
    if list.sources.len() > graph::MOST_EDGES {
        return Err(SourceError::Projection {
            reason: format!(
                "it has {} edges, more than the {} that one projection can hold; filter them",
                list.sources.len(),
                graph::MOST_EDGES
            ),
        });
    }
    check(control)?;
    let hash = content_hash(&keys, &list, projection, &attributes);
    check(control)?;
    let edges = list.sources.len() as u64;
    let self_loops_left_out = if projection.rules.self_loops {
        0
    } else {
        list.sources
            .iter()
            .zip(&list.targets)
            .filter(|(a, b)| a == b)
            .count() as u64
    };
    // Vertex numbers are below the count by construction, and arrays grow together.
    let csr = graph::build_by_degree(keys.len() as u32, list, projection.rules);
    if projection.rules.parallel == ParallelEdges::Sum {
        refuse_infinite_sums(&csr, &keys, projection)?;
    }
    Ok(LoadedGraph {
        self_loops_left_out,
        merged: edges - self_loops_left_out - csr.edge_count,
        csr,
        keys,
        attributes,
        exclusions: left.sentences(projection),
        hash,
    })
}

/// Refuses a graph with parallel edges whose finite weights have an infinite sum; names the first pair.
fn refuse_infinite_sums(csr: &Csr, keys: &VertexKeys, projection: &Projection) -> Result<(), SourceError> {
    let Some((from, to, _)) = csr.first_weight(|weight| !weight.is_finite()) else {
        return Ok(());
    };
    let id = |v: u32| keys.id(csr.number(v));
    Err(SourceError::Projection {
        reason: format!(
            "the weights `{}` of the edges between {} and {} have a sum that no number can hold; measure them \
             in a larger unit, or keep parallel edges or the smallest of them",
            projection.weight.as_deref().unwrap_or_default(),
            id(from),
            id(to)
        ),
    })
}

fn chosen_vertices<'a>(
    tables: &'a Tables,
    projection: &Projection,
) -> Result<Vec<&'a VertexTable>, SourceError> {
    let names = || tables.vertices.iter().map(|it| it.name.as_str());
    for wanted in &projection.vertices {
        if !names().any(|it| it == wanted) {
            return Err(lacking("vertex collection", wanted, names()));
        }
    }
    if tables.vertices.is_empty() {
        return Err(nothing_read(tables));
    }
    if projection.vertices.is_empty() {
        return Err(SourceError::Projection {
            reason: "the projection names no vertex collection".to_owned(),
        });
    }
    Ok(tables
        .vertices
        .iter()
        .filter(|it| projection.vertices.contains(&it.name))
        .collect())
}

fn chosen_edges<'a>(tables: &'a Tables, projection: &Projection) -> Result<Vec<&'a EdgeTable>, SourceError> {
    let names = || tables.edges.iter().map(|it| it.name.as_str());
    for wanted in &projection.edges {
        if !names().any(|it| it == wanted) {
            return Err(lacking("edge collection", wanted, names()));
        }
    }
    Ok(tables
        .edges
        .iter()
        .filter(|it| projection.edges.contains(&it.name))
        .collect())
}

/// Each edge attribute that the projection names must be in one of its collections, and be of use.
fn check_edge_attributes(edges: &[&EdgeTable], projection: &Projection) -> Result<(), SourceError> {
    let weight = projection.weight.as_deref().map(|it| ("weight", it));
    let time = projection.time.as_deref().map(|it| ("time", it));
    let filters = projection
        .filters
        .iter()
        .map(|it| ("filter", it.attribute.as_str()));
    for (part, name) in weight.into_iter().chain(time).chain(filters) {
        let columns: Vec<&Column> = edges.iter().filter_map(|it| it.column(name)).collect();
        if columns.is_empty() {
            let known = edges
                .iter()
                .flat_map(|it| it.columns.iter().map(|(own, _)| own.as_str()));
            return Err(lacking("edge attribute", name, known));
        }
        let is_time = |it: &&Column| matches!(it, Column::Time(_));
        let is_number =
            |it: &&Column| matches!(it, Column::Integer(_) | Column::Number(_) | Column::Boolean(_));
        let problem = match part {
            "weight" if !columns.iter().any(is_number) => "it holds no numbers",
            "time" if !columns.iter().any(is_time) => "it holds no instants (ISO 8601)",
            _ => continue,
        };
        let advice = if part == "time" {
            if_instants(edges, name)
        } else {
            String::new()
        };
        return Err(SourceError::Projection {
            reason: format!("edge attribute `{name}` cannot be the {part}: {problem}{advice}"),
        });
    }
    Ok(())
}

/// What makes instants of the whole numbers `name`, where it holds some.
fn if_instants(edges: &[&EdgeTable], name: &str) -> String {
    let whole = |it: &&&EdgeTable| matches!(it.column(name), Some(Column::Integer(_)));
    let Some(table) = edges.iter().find(whole) else {
        return String::new();
    };
    let types = format!("{{ {name} = \"time\" }}");
    format!(
        "; if its whole numbers are milliseconds since 1970-01-01, write `{}` in graph.toml",
        settings::line(&table.name, "types", &types)
    )
}

/// Why there is nothing to project: files without a row that could be read.
fn nothing_read(tables: &Tables) -> SourceError {
    let files: Vec<&str> = tables.inputs.keys().map(String::as_str).collect();
    let faults: Vec<String> = tables.issues.iter().map(issue_sentence).collect();
    let why = match faults.as_slice() {
        [] => "nothing stands below the header; add rows".to_owned(),
        faults => format!("{}; mend the rows", faults.join("; ")),
    };
    SourceError::Projection {
        reason: format!(
            "no edge could be read from {}: {why}",
            resolve::quoted(&files, ", ")
        ),
    }
}

fn vertex_keys(vertices: &[&VertexTable]) -> VertexKeys {
    if let [only] = vertices {
        return VertexKeys {
            ranges: vec![VertexRange {
                collection: only.name.clone(),
                range: 0..only.keys.len() as u32,
            }],
            keys: Arc::clone(&only.keys),
            labels: only.labels(),
        };
    }
    let (mut ranges, mut keys, mut labels) = (Vec::new(), Texts::default(), Texts::default());
    let have_labels = vertices.iter().any(|it| it.label.is_some());
    for table in vertices {
        let start = keys.len() as u32;
        keys.append(&table.keys);
        if have_labels {
            labels.append(&table.labels());
        }
        ranges.push(VertexRange {
            collection: table.name.clone(),
            range: start..keys.len() as u32,
        });
    }
    let keys = Arc::new(keys);
    VertexKeys {
        ranges,
        labels: if have_labels {
            Arc::new(labels)
        } else {
            Arc::clone(&keys)
        },
        keys,
    }
}

/// The projection's number of each vertex of the whole graph, or [`NO_VERTEX`].
fn renumber(tables: &Tables, vertices: &[&VertexTable]) -> Vec<u32> {
    let mut numbers = vec![NO_VERTEX; tables.vertex_count()];
    let mut next = 0;
    for table in vertices {
        let first = table.first as usize;
        for number in &mut numbers[first..first + table.keys.len()] {
            *number = next;
            next += 1;
        }
    }
    numbers
}

/// How many edges were left out, by reason.
#[derive(Clone, Copy, Debug, Default)]
struct LeftOut {
    elsewhere: u64,
    filtered: u64,
    without_filter_value: u64,
    without_weight: u64,
    without_time: u64,
}

impl LeftOut {
    fn sentences(self, projection: &Projection) -> Vec<String> {
        let weight = projection.weight.as_deref().unwrap_or_default();
        let time = projection.time.as_deref().unwrap_or_default();
        [
            (self.elsewhere, "with an end in another collection".to_owned()),
            (self.filtered, "that fail the filter".to_owned()),
            (
                self.without_filter_value,
                "without the value that is filtered on".to_owned(),
            ),
            (self.without_weight, format!("without a finite weight `{weight}`")),
            (self.without_time, format!("without a time `{time}`")),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, why)| match count {
            1 => format!("1 edge {} was left out", why.replace("that fail ", "that fails ")),
            _ => format!("{count} edges {why} were left out"),
        })
        .collect()
    }
}

fn take_edges(
    table: &EdgeTable,
    projection: &Projection,
    renumbered: &[u32],
    list: &mut EdgeList,
    left: &mut LeftOut,
    control: &Control,
) -> Result<(), SourceError> {
    let weights = projection.weight.as_ref().map(|name| table.column(name));
    let times = projection.time.as_ref().map(|name| table.column(name));
    let filters: Vec<(&EdgeFilter, Option<&Column>)> = projection
        .filters
        .iter()
        .map(|it| (it, table.column(&it.attribute)))
        .collect();
    let are_all_seen = renumbered.iter().zip(0..).all(|(number, v)| *number == v);
    if are_all_seen && filters.is_empty() && weights.is_none() && times.is_none() {
        list.sources.extend_from_slice(&table.from);
        list.targets.extend_from_slice(&table.to);
        return Ok(());
    }
    for row in 0..table.from.len() {
        if row % BLOCK == 0 && control.is_cancelled() {
            return Err(SourceError::Cancelled);
        }
        let (from, to) = (
            renumbered[table.from[row] as usize],
            renumbered[table.to[row] as usize],
        );
        if from == NO_VERTEX || to == NO_VERTEX {
            left.elsewhere += 1;
            continue;
        }
        match filters
            .iter()
            .map(|(filter, column)| passes(filter, *column, row))
            .min()
        {
            Some(Passage::NoValue) => {
                left.without_filter_value += 1;
                continue;
            }
            Some(Passage::Fails) => {
                left.filtered += 1;
                continue;
            }
            Some(Passage::Passes) | None => {}
        }
        let weight = weights.map(|column| column.and_then(|it| it.number(row)).filter(|it| it.is_finite()));
        let time = times.map(|column| column.and_then(|it| instant(it, row)));
        if weight == Some(None) {
            left.without_weight += 1;
        } else if time == Some(None) {
            left.without_time += 1;
        } else {
            list.sources.push(from);
            list.targets.push(to);
            if let (Some(weights), Some(Some(weight))) = (&mut list.weights, weight) {
                weights.push(weight);
            }
            if let (Some(times), Some(Some(time))) = (&mut list.times, time) {
                times.push(time);
            }
        }
    }
    Ok(())
}

fn instant(column: &Column, row: usize) -> Option<i64> {
    match column {
        Column::Time(values) => values[row],
        Column::Text { .. } | Column::Integer(_) | Column::Number(_) | Column::Boolean(_) => None,
    }
}

/// Whether an edge passes a filter; the least of several decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Passage {
    NoValue,
    Fails,
    Passes,
}

fn passes(filter: &EdgeFilter, column: Option<&Column>, row: usize) -> Passage {
    let Some(column) = column else {
        return Passage::NoValue;
    };
    if let Some(wanted) = &filter.equals {
        match column.text(row) {
            None => return Passage::NoValue,
            Some(text) if text != *wanted => return Passage::Fails,
            Some(_) => {}
        }
    }
    if filter.at_least.is_some() || filter.below.is_some() {
        let Some(value) = column.number(row) else {
            return Passage::NoValue;
        };
        if filter.at_least.is_some_and(|it| value < it) || filter.below.is_some_and(|it| value >= it) {
            return Passage::Fails;
        }
    }
    Passage::Passes
}

fn attributes(
    vertices: &[&VertexTable],
    projection: &Projection,
) -> Result<Vec<(String, Column)>, SourceError> {
    let joined = |name: &String| {
        let parts: Vec<(Option<&Column>, usize)> = vertices
            .iter()
            .map(|it| (it.column(name), it.keys.len()))
            .collect();
        if parts.iter().all(|(column, _)| column.is_none()) {
            let known = vertices
                .iter()
                .flat_map(|it| it.columns.iter().map(|(own, _)| own.as_str()));
            return Err(lacking("vertex attribute", name, known));
        }
        Ok((name.clone(), values::concatenate(&parts)))
    };
    projection.attributes.iter().map(joined).collect()
}

fn lacking<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> SourceError {
    SourceError::Projection {
        reason: format!("the graph has no {what} `{name}`; {}", resolve::hint(name, known)),
    }
}

/// Hash over everything a kernel can see, each part with its length in front.
fn content_hash(
    keys: &VertexKeys,
    list: &EdgeList,
    projection: &Projection,
    attributes: &[(String, Column)],
) -> ContentHash {
    let mut hasher = Pieces::default();
    hasher.text(&format!("{:?}", projection.rules));
    for range in &keys.ranges {
        hasher.text(&range.collection);
        hasher.text(&format!("{:?}", range.range));
    }
    keys.keys
        .iter()
        .chain(keys.labels.iter())
        .for_each(|it| hasher.text(it));
    for (name, column) in attributes {
        hasher.text(name);
        hasher.text(&format!("{:?}", values::kind_of(column)));
        for row in 0..column.len() {
            hasher.text(column.text(row).as_deref().unwrap_or("\u{0}"));
        }
    }
    hasher.add(&(list.sources.len() as u64).to_le_bytes());
    for ends in [&list.sources, &list.targets] {
        hasher.numbers(ends);
    }
    for weights in list.weights.iter() {
        hasher.add(b"w");
        weights
            .iter()
            .for_each(|it| hasher.add(&it.to_bits().to_le_bytes()));
    }
    for times in list.times.iter() {
        hasher.add(b"t");
        times.iter().for_each(|it| hasher.add(&it.to_le_bytes()));
    }
    hasher.finish()
}

/// Hashes small pieces; gathered, since the hash wants long ones.
#[derive(Default)]
struct Pieces {
    hasher: ContentHasher,
    gathered: Vec<u8>,
}

impl Pieces {
    fn add(&mut self, bytes: &[u8]) {
        if self.gathered.len() >= GATHERED {
            self.hasher.update(&self.gathered);
            self.gathered.clear();
        }
        self.gathered.extend_from_slice(bytes);
    }

    /// Numbers, many at once.
    fn numbers(&mut self, numbers: &[u32]) {
        for some in numbers.chunks(GATHERED / 4) {
            self.hasher.update(&self.gathered);
            self.gathered.clear();
            self.gathered.extend(some.iter().flat_map(|it| it.to_le_bytes()));
        }
    }

    /// A text with its length in front.
    fn text(&mut self, text: &str) {
        self.add(&(text.len() as u64).to_le_bytes());
        self.add(text.as_bytes());
    }

    fn finish(mut self) -> ContentHash {
        self.hasher.update(&self.gathered);
        self.hasher.finish()
    }
}
