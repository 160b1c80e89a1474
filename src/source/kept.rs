//! What is kept of a graph between processes: its census and its projections.
//!
//! Both are named by all that they depend on: the content of the files (SHA-256), how they are read
//! (names, formats, settings), the projection, and the version. What is trusted: that files of the cache
//! whose checksum matches were written by this program; whoever can write there can change answers, as
//! can whoever writes to the graph's own files.

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::LoadedGraph;
use super::cache::{CacheOptions, Sections, VERSION, Writing};
use super::layout::{Content, Listing};
use crate::graph::{Adjacency, Column, Csr, VertexKeys, VertexRange};
use crate::model::{id::ContentHash, schema::Census, template::Projection};

/// The name under which what comes of one input is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// Names and sizes: whether it is worth to hash the content.
    quick: String,
    whole: ContentHash,
}

/// Names and sizes of the files, hashed; `None` when they are not on disk, or too small to be kept.
pub(super) fn quick_key(name: &str, listing: &Listing, options: &CacheOptions) -> Option<String> {
    let mut text = format!("{VERSION} {name}");
    let mut total = 0;
    for entry in &listing.entries {
        let Content::OnDisk(path) = &entry.content else {
            return None;
        };
        let bytes = std::fs::metadata(path).ok()?.len();
        total += bytes;
        // Writing to a text cannot fail.
        let _ = write!(text, "\n{} {bytes}", entry.place);
    }
    (total >= options.least_input).then(|| ContentHash::of(text.as_bytes()).short().to_owned())
}

impl Key {
    /// The key of the files of `listing`, whose contents hash to `hashes` in their order.
    pub(super) fn of<'a>(
        name: &str,
        listing: &Listing,
        quick: String,
        hashes: impl Iterator<Item = &'a ContentHash>,
    ) -> Self {
        let mut text = format!(
            "{VERSION} {} {name:?} {:?}",
            env!("CARGO_PKG_VERSION"),
            listing.ignored
        );
        for (entry, hash) in listing.entries.iter().zip(hashes) {
            let (place, collection) = (&entry.place, &entry.collection);
            // Writing to a text cannot fail.
            let _ = write!(
                text,
                "\n{place:?} {collection:?} {:?} {:?} {hash}",
                entry.format, entry.settings
            );
        }
        Self {
            quick,
            whole: ContentHash::of(text.as_bytes()),
        }
    }

    fn census_name(&self) -> String {
        format!("{}-{}.census", self.quick, self.whole.short())
    }

    fn graph_name(&self, projection: &Projection) -> String {
        let projection = ContentHash::of(format!("{projection:?}").as_bytes());
        format!(
            "{}-{}-{}.graph",
            self.quick,
            self.whole.short(),
            projection.short()
        )
    }

    /// All that a projection depends on, in words: names are too short to tell inputs apart for sure.
    fn graph_label(&self, projection: &Projection) -> String {
        format!("{} {projection:?}", self.whole)
    }
}

/// The census that was kept under `key`.
pub(super) fn census(options: &CacheOptions, key: &Key) -> Option<Census> {
    options.read(&key.census_name(), |sections| {
        expect_label(sections, &key.whole.0)?;
        serde_json::from_slice(&sections.bytes()?).map_err(io::Error::from)
    })
}

/// Keeps `census` under `key`.
pub(super) fn keep_census(options: &CacheOptions, key: &Key, census: &Census) {
    options.write(&key.census_name(), |writing| {
        writing.bytes(key.whole.0.as_bytes())?;
        writing.bytes(&serde_json::to_vec(census)?)
    });
}

/// The graph of `projection` that was kept under `key`.
pub(super) fn graph(options: &CacheOptions, key: &Key, projection: &Projection) -> Option<LoadedGraph> {
    options.read(&key.graph_name(projection), |sections| {
        expect_label(sections, &key.graph_label(projection))?;
        read_graph(sections)
    })
}

/// Keeps the graph of `projection` under `key`.
pub(super) fn keep_graph(options: &CacheOptions, key: &Key, projection: &Projection, graph: &LoadedGraph) {
    options.write(&key.graph_name(projection), |writing| {
        writing.bytes(key.graph_label(projection).as_bytes())?;
        write_graph(writing, graph)
    });
}

fn expect_label(sections: &mut Sections, label: &str) -> io::Result<()> {
    if sections.text()? == label {
        return Ok(());
    }
    Err(wrong("it is about something else"))
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// What is small in a graph.
#[derive(Serialize, Deserialize)]
struct Small {
    directed: bool,
    edge_count: u64,
    ranges: Vec<(String, u32, u32)>,
    labels_are_keys: bool,
    attributes: Vec<(String, Kind)>,
    exclusions: Vec<String>,
    self_loops_left_out: u64,
    merged: u64,
    hash: ContentHash,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
    Time,
}

fn write_graph(writing: &mut Writing, graph: &LoadedGraph) -> io::Result<()> {
    let LoadedGraph {
        csr,
        keys,
        attributes,
        exclusions,
        self_loops_left_out,
        merged,
        hash,
    } = graph;
    let range = |it: &VertexRange| (it.collection.clone(), it.range.start, it.range.end);
    let labels_are_keys = keys.keys == keys.labels;
    let small = Small {
        directed: csr.directed,
        edge_count: csr.edge_count,
        ranges: keys.ranges.iter().map(range).collect(),
        labels_are_keys,
        attributes: attributes
            .iter()
            .map(|(name, it)| (name.clone(), kind(it)))
            .collect(),
        exclusions: exclusions.clone(),
        self_loops_left_out: *self_loops_left_out,
        merged: *merged,
        hash: hash.clone(),
    };
    writing.bytes(&serde_json::to_vec(&small)?)?;
    writing.texts(&keys.keys)?;
    if !labels_are_keys {
        writing.texts(&keys.labels)?;
    }
    writing.numbers(csr.order.as_ref().map(|it| it.as_slice()), u32::to_le_bytes)?;
    write_lists(writing, &csr.out)?;
    if csr.directed {
        write_lists(writing, &csr.into)?;
    }
    attributes
        .iter()
        .try_for_each(|(_, it)| write_column(writing, it))
}

fn read_graph(sections: &mut Sections) -> io::Result<LoadedGraph> {
    let small: Small = serde_json::from_slice(&sections.bytes()?)?;
    let keys = Arc::new(sections.texts()?);
    let labels = if small.labels_are_keys {
        Arc::clone(&keys)
    } else {
        Arc::new(sections.texts()?)
    };
    let count = u32::try_from(keys.len()).map_err(|_| wrong("there are too many vertices"))?;
    let order = sections.numbers(u32::from_le_bytes)?;
    let out = Arc::new(read_lists(sections, count)?);
    let into = if small.directed {
        Arc::new(read_lists(sections, count)?)
    } else {
        Arc::clone(&out)
    };
    let mut attributes = Vec::with_capacity(small.attributes.len());
    for (name, kind) in small.attributes {
        attributes.push((name, read_column(sections, kind)?));
    }
    let starts = small.ranges.iter().map(|it| it.1);
    let ends = small.ranges.iter().map(|it| it.2);
    let are_in_step = std::iter::once(0).chain(ends).eq(starts.chain([count]));
    let fits = are_in_step
        && labels.len() == keys.len()
        && attributes.iter().all(|(_, it)| it.len() == keys.len())
        && order
            .as_ref()
            .is_none_or(|it| it.len() == keys.len() && it.iter().all(|v| *v < count));
    if !fits {
        return Err(wrong("its parts do not fit together"));
    }
    let range = |(collection, start, end): (String, u32, u32)| VertexRange {
        collection,
        range: start..end,
    };
    Ok(LoadedGraph {
        csr: Csr {
            directed: small.directed,
            out,
            into,
            edge_count: small.edge_count,
            order: order.map(Arc::new),
        },
        keys: VertexKeys {
            ranges: small.ranges.into_iter().map(range).collect(),
            keys,
            labels,
        },
        attributes,
        exclusions: small.exclusions,
        self_loops_left_out: small.self_loops_left_out,
        merged: small.merged,
        hash: small.hash,
    })
}

fn write_lists(writing: &mut Writing, lists: &Adjacency) -> io::Result<()> {
    writing.numbers(Some(&lists.offsets), u32::to_le_bytes)?;
    writing.numbers(Some(&lists.targets), u32::to_le_bytes)?;
    writing.numbers(lists.weights.as_deref(), f64::to_le_bytes)?;
    writing.numbers(lists.times.as_deref(), i64::to_le_bytes)?;
    writing.numbers(lists.rows.as_deref(), u32::to_le_bytes)
}

fn read_lists(sections: &mut Sections, count: u32) -> io::Result<Adjacency> {
    let lists = Adjacency {
        offsets: sections.all(u32::from_le_bytes)?,
        targets: sections.all(u32::from_le_bytes)?,
        weights: sections.numbers(f64::from_le_bytes)?,
        times: sections.numbers(i64::from_le_bytes)?,
        rows: sections.numbers(u32::from_le_bytes)?,
    };
    let entries = lists.targets.len();
    let fits = lists.offsets.len() == count as usize + 1
        && lists.offsets.first() == Some(&0)
        && lists.offsets.last().map(|it| *it as usize) == Some(entries)
        && lists.offsets.is_sorted()
        && lists.targets.iter().all(|it| *it < count)
        && lists.weights.as_ref().is_none_or(|it| it.len() == entries)
        && lists.times.as_ref().is_none_or(|it| it.len() == entries)
        && lists.rows.as_ref().is_none_or(|it| it.len() == entries);
    if fits {
        Ok(lists)
    } else {
        Err(wrong("its lists do not fit together"))
    }
}

fn kind(column: &Column) -> Kind {
    match column {
        Column::Text { .. } => Kind::Text,
        Column::Integer(_) => Kind::Integer,
        Column::Number(_) => Kind::Number,
        Column::Boolean(_) => Kind::Boolean,
        Column::Time(_) => Kind::Time,
    }
}

fn write_column(writing: &mut Writing, column: &Column) -> io::Result<()> {
    match column {
        Column::Text { codes, values } => {
            writing.numbers(Some(codes), u32::to_le_bytes)?;
            writing.texts(&values.iter().collect())
        }
        Column::Integer(values) | Column::Time(values) => {
            writing.numbers(Some(values), |it| [u8::from(it.is_some())])?;
            writing.numbers(Some(values), |it| it.unwrap_or(0).to_le_bytes())
        }
        // NaN never occurs in a column, so that it can stand for what is missing.
        Column::Number(values) => writing.numbers(Some(values), |it| it.unwrap_or(f64::NAN).to_le_bytes()),
        Column::Boolean(values) => writing.numbers(Some(values), |it| [it.map_or(2, u8::from)]),
    }
}

fn read_column(sections: &mut Sections, kind: Kind) -> io::Result<Column> {
    Ok(match kind {
        Kind::Text => Column::Text {
            codes: sections.all(u32::from_le_bytes)?,
            values: sections.texts()?.iter().map(str::to_owned).collect(),
        },
        Kind::Integer => Column::Integer(read_whole(sections)?),
        Kind::Time => Column::Time(read_whole(sections)?),
        Kind::Number => {
            Column::Number(sections.all(|it| Some(f64::from_le_bytes(it)).filter(|it| !it.is_nan()))?)
        }
        Kind::Boolean => Column::Boolean(sections.all(|[it]: [u8; 1]| (it < 2).then_some(it == 1))?),
    })
}

fn read_whole(sections: &mut Sections) -> io::Result<Vec<Option<i64>>> {
    let are_there = sections.all(|[it]: [u8; 1]| it == 1)?;
    let values = sections.all(i64::from_le_bytes)?;
    if are_there.len() != values.len() {
        return Err(wrong("a column is cut short"));
    }
    let value = |(is_there, value): (bool, i64)| is_there.then_some(value);
    Ok(are_there.into_iter().zip(values).map(value).collect())
}

#[cfg(test)]
#[path = "kept_tests.rs"]
mod tests;
