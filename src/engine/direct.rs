//! One algorithm on one projection, for a person or a program: `gaai algo run`.
//!
//! The answer is complete in memory and printed as its first rows, or as JSON with as many rows as asked
//! for, or written as Parquet with what changes it in the metadata of each file.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::conventions::conventions;
use super::embedded::Embedded;
use super::error::EngineError;
use super::tables::{ResultTables, Table, TableColumn};
use super::write::write_noted;
use crate::algorithms::{Algorithm, Control, Exactness, Quantity, TableOrder};
use crate::graph::instant_text;
use crate::model::{
    execution::{ResultTable, SummaryValue},
    fact::FactValue,
    id::ContentHash,
    schema::{Census, Issue, IssueKind},
    template::{Estimate, Projection},
};
use crate::source::issue_sentence;

/// A complete answer and what changes it.
#[derive(Clone, Debug, PartialEq)]
pub struct DirectRun {
    /// Name of the algorithm.
    pub algorithm: &'static str,
    /// The algorithm with all its parameters.
    pub parameters: Algorithm,
    /// Content hash of the graph that the kernel saw.
    pub graph_hash: ContentHash,
    /// Vertices the kernel saw.
    pub vertices: u64,
    /// Edges the kernel saw.
    pub edges: u64,
    /// What the projection left out.
    pub exclusions: Vec<String>,
    /// Faults of the data in what the projection sees.
    pub issues: Vec<Issue>,
    /// Conventions that change the answer.
    pub conventions: Vec<String>,
    /// How exact the answer is.
    pub exactness: Exactness,
    /// The tables.
    pub tables: ResultTables,
    /// What was expected.
    pub estimate: Estimate,
}

#[derive(Serialize)]
struct AsJson<'a> {
    algorithm: &'a str,
    #[serde(flatten)]
    told: Told<'a>,
    estimate: &'a Estimate,
    tables: Vec<TableAsJson<'a>>,
}

/// What the reader of an answer has to know beside its tables.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Told<'a> {
    /// Vertices the kernel saw.
    pub vertices: u64,
    /// Edges the kernel saw.
    pub edges: u64,
    /// What the projection left out.
    pub exclusions: &'a [String],
    /// Faults of the data in what the projection sees.
    pub issues: &'a [Issue],
    /// Conventions that change the answer.
    pub conventions: &'a [String],
    /// How exact the answer is.
    pub exactness: &'a Exactness,
    /// Numbers about the whole result.
    pub summary: &'a [SummaryValue],
}

/// What was written, and what its reader has to know.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Written<'a> {
    /// The algorithm with all its parameters.
    pub algorithm: &'a Algorithm,
    /// Content hash of the graph that the kernel saw.
    pub graph_hash: &'a ContentHash,
    /// What changes the answer.
    #[serde(flatten)]
    pub told: Told<'a>,
    /// The files; paths are relative to the directory.
    pub tables: Vec<ResultTable>,
}

#[derive(Serialize)]
struct TableAsJson<'a> {
    name: &'a str,
    /// Rows of the whole table; `values` may be fewer.
    rows: usize,
    columns: Vec<&'a str>,
    values: Vec<Vec<Option<FactValue>>>,
}

impl Embedded {
    /// Runs `algorithm` on `projection` and keeps the answer in memory.
    ///
    /// # Errors
    ///
    /// As [`super::Engine::execute`], files aside.
    pub async fn run_direct(
        &self,
        algorithm: &Algorithm,
        projection: &Projection,
        control: &Control,
    ) -> Result<DirectRun, EngineError> {
        let answer = self.answer(algorithm, projection, control).await?;
        let census = self.census(control).await?;
        Ok(DirectRun {
            issues: issues(projection, &census),
            algorithm: algorithm.info().name,
            parameters: algorithm.clone(),
            graph_hash: answer.graph.hash.clone(),
            vertices: u64::from(answer.graph.csr.vertex_count()),
            edges: answer.graph.csr.edge_count,
            exclusions: answer.graph.exclusions.clone(),
            conventions: conventions(algorithm, projection, &answer.graph),
            exactness: answer.exactness,
            tables: answer.tables,
            estimate: answer.estimate,
        })
    }
}

/// The faults of the data that may have changed what the kernel saw of `projection`.
pub(super) fn issues(projection: &Projection, census: &Census) -> Vec<Issue> {
    let used: Vec<&String> = projection
        .weight
        .iter()
        .chain(&projection.time)
        .chain(&projection.attributes)
        .collect();
    let is_seen = |issue: &&Issue| match issue.kind {
        IssueKind::BadWeight | IssueKind::NegativeWeight | IssueKind::MixedTypes => {
            used.iter().any(|it| issue.place.ends_with(&format!(".{it}")))
        }
        IssueKind::DanglingEdge
        | IssueKind::DuplicateKey
        | IssueKind::RaggedRow
        | IssueKind::MissingKey
        | IssueKind::NotUtf8
        | IssueKind::BadJson => true,
    };
    let concern = census.issues.iter().filter(|it| projection.may_see(it, census));
    concern.filter(is_seen).cloned().collect()
}

/// What changes an answer, as JSON.
fn note(value: &impl Serialize) -> Result<String, EngineError> {
    serde_json::to_string(value).map_err(|error| EngineError::Defect {
        reason: format!("what changes the answer cannot be written as JSON: {error}"),
    })
}

impl DirectRun {
    /// Writes the summary and of each table the first `rows` rows in the order that people read it, which is by
    /// its first number, greatest first, unless the registry says another; as columns of text.
    pub fn write_text(&self, rows: usize, out: &mut dyn Write) -> io::Result<()> {
        self.write_stats(out)?;
        for table in self.tables.tables.iter().filter(|it| self.says_something(it)) {
            write_table(table, &self.ranked(table), rows, out)?;
        }
        Ok(())
    }

    /// Writes the summary, how exact it is, and what changes it, as text.
    pub fn write_stats(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "{}: {} vertices, {} edges",
            self.algorithm, self.vertices, self.edges
        )?;
        for sentence in self.how_exact() {
            writeln!(out, "{sentence}")?;
        }
        for value in &self.tables.summary {
            match value.quantity {
                Quantity::Instant => {
                    writeln!(out, "{}: {}", value.name, instant_text(value.value as i64))?;
                }
                _ => writeln!(out, "{}: {}", value.name, value.value)?,
            }
        }
        let data = self.exclusions.iter().cloned().chain(self.faults());
        for sentence in data.chain(self.conventions.iter().cloned()) {
            writeln!(out, "  {sentence}")?;
        }
        Ok(())
    }

    fn told(&self) -> Told<'_> {
        Told {
            vertices: self.vertices,
            edges: self.edges,
            exclusions: &self.exclusions,
            issues: &self.issues,
            conventions: &self.conventions,
            exactness: &self.exactness,
            summary: &self.tables.summary,
        }
    }

    /// How exact the answer is, in sentences.
    fn how_exact(&self) -> Vec<String> {
        match &self.exactness {
            Exactness::Exact => vec!["exact".to_owned()],
            Exactness::Sampled { errors, confidence } => errors
                .iter()
                .map(|(column, error)| {
                    format!("sampled: {column} within {error} with probability {confidence}")
                })
                .collect(),
            Exactness::Unsettled { rounds, change } => vec![format!(
                "not settled: stopped after {rounds} rounds, the last of which still changed {change}"
            )],
            Exactness::Truncated { listed } => {
                vec![format!("truncated: {listed} listed, more may exist")]
            }
        }
    }

    /// What rows alone do not show, in sentences: how far the answer is from the exact one, if it is, and what
    /// the projection left out.
    pub fn caveats(&self) -> Vec<String> {
        let inexact = match self.exactness {
            Exactness::Exact => Vec::new(),
            _ => self.how_exact(),
        };
        inexact
            .into_iter()
            .chain(self.exclusions.iter().cloned())
            .collect()
    }

    /// The faults of the data in sentences.
    pub fn faults(&self) -> Vec<String> {
        self.issues.iter().map(issue_sentence).collect()
    }

    /// Writes every table to `directory/results/<algorithm>.<table>.parquet`. Beside the summary, the metadata
    /// of each file holds the algorithm with its parameters, the graph's hash, how exact the answer is, and what
    /// changes it, each as JSON.
    ///
    /// # Errors
    ///
    /// As [`super::write_tables`]; [`crate::algorithms::KernelError::Cancelled`] once `control` is cancelled.
    pub fn write(&self, directory: &Path, control: &Control) -> Result<Written<'_>, EngineError> {
        let notes = [
            ("gaai.algorithm", note(&self.parameters)?),
            ("gaai.graph_hash", note(&self.graph_hash)?),
            ("gaai.exactness", note(&self.exactness)?),
            ("gaai.exclusions", note(&self.exclusions)?),
            ("gaai.issues", note(&self.issues)?),
            ("gaai.conventions", note(&self.conventions)?),
        ];
        Ok(Written {
            algorithm: &self.parameters,
            graph_hash: &self.graph_hash,
            told: self.told(),
            tables: write_noted(&self.tables, directory, self.algorithm, &notes, control)?,
        })
    }

    /// Writes the whole answer as one JSON object; tables cut at `rows` rows, `None` writes all.
    /// Missing, undefined and infinite (unreachable) values are `null`, instants milliseconds.
    pub fn write_json(&self, rows: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
        let tables = self.tables.tables.iter().map(|table| {
            let shown = rows.unwrap_or(table.rows).min(table.rows);
            TableAsJson {
                name: &table.name,
                rows: table.rows,
                columns: table.columns.iter().map(|(it, _)| it.name.as_str()).collect(),
                values: self
                    .ranked(table)
                    .into_iter()
                    .take(shown)
                    .map(|row| table.columns.iter().map(|(_, it)| it.value(row)).collect())
                    .collect(),
            }
        });
        let json = AsJson {
            algorithm: self.algorithm,
            told: self.told(),
            estimate: &self.estimate,
            tables: tables.collect(),
        };
        serde_json::to_writer(&mut *out, &json)?;
        writeln!(out)
    }

    /// All rows in the order that people read the table: the registry's, else by the first column that measures
    /// something, greatest first.
    fn ranked(&self, table: &Table) -> Vec<usize> {
        let as_listed = || (0..table.rows).collect();
        let (by, descending) = match self.parameters.info().order_of(&table.name) {
            Some(TableOrder::AsComputed) => return as_listed(),
            Some(TableOrder::Greatest(column)) => (column, true),
            Some(TableOrder::Least(column)) => (column, false),
            None => (first_measure(table), true),
        };
        // The column exists and holds numbers, so nothing can be wrong with it.
        super::ordered_rows(table, by, descending, &[]).unwrap_or_else(|_| as_listed())
    }
}

/// The first column of the algorithm's that measures something, or nothing.
fn first_measure(table: &Table) -> &str {
    let measure = table.columns.iter().find(|(column, values)| {
        !column.name.starts_with('@')
            && !matches!(column.quantity, Quantity::Name | Quantity::Flag)
            && (0..table.rows).any(|row| values.number(row).is_some())
    });
    measure.map_or("", |(column, _)| column.name.as_str())
}

fn write_table(table: &Table, ranked: &[usize], rows: usize, out: &mut dyn Write) -> io::Result<()> {
    let shown = &ranked[..rows.min(ranked.len())];
    writeln!(out, "\n{}: {} of {} rows", table.name, shown.len(), table.rows)?;
    let cells: Vec<Vec<String>> = table
        .columns
        .iter()
        .map(|(column, values)| {
            let body = shown
                .iter()
                .map(|row| for_people(values, *row).map_or_else(|| "-".to_owned(), printable));
            std::iter::once(column.name.clone()).chain(body).collect()
        })
        .collect();
    let widths: Vec<usize> = cells
        .iter()
        .map(|column| column.iter().map(|it| it.chars().count()).max().unwrap_or(0))
        .collect();
    for line in 0..=shown.len() {
        let texts: Vec<String> = cells
            .iter()
            .zip(&widths)
            .map(|(column, width)| format!("{:width$}", column[line]))
            .collect();
        writeln!(out, "{}", texts.join("  ").trim_end())?;
    }
    Ok(())
}

/// The value as people read it: as [`TableColumn::text`], instants as ISO 8601.
fn for_people(values: &TableColumn, row: usize) -> Option<Cow<'_, str>> {
    match values {
        TableColumn::Times(_) => values.integer(row).map(|ms| instant_text(ms).into()),
        _ => values.text(row),
    }
}

/// Control characters in a name must not steer the reader's terminal.
fn printable(text: Cow<'_, str>) -> String {
    text.chars()
        .map(|it| if it.is_control() { '\u{fffd}' } else { it })
        .collect()
}
