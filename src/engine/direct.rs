//! One algorithm on one projection, for a person or a program: `gaai algo run`.
//!
//! The answer is complete in memory and printed as its first rows, or as JSON with as many rows as asked
//! for, or written as Parquet with what changes it in the metadata of each file.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::conventions::conventions;
use super::embedded::Embedded;
use super::error::EngineError;
use super::tables::{ResultTables, Table};
use super::write::write_noted;
use crate::algorithms::{Algorithm, Control, Exactness, Quantity};
use crate::model::{
    execution::{ResultTable, SummaryValue},
    fact::FactValue,
    id::ContentHash,
    template::{Estimate, Projection},
};

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
        Ok(DirectRun {
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

/// What changes an answer, as JSON.
fn note(value: &impl Serialize) -> Result<String, EngineError> {
    serde_json::to_string(value).map_err(|error| EngineError::Defect {
        reason: format!("what changes the answer cannot be written as JSON: {error}"),
    })
}

impl DirectRun {
    /// Writes the summary and of each table the first `rows` rows by its first number, greatest
    /// first, as columns of text.
    pub fn write_text(&self, rows: usize, out: &mut dyn Write) -> io::Result<()> {
        self.write_stats(out)?;
        for table in self.tables.tables.iter().filter(|it| self.says_something(it)) {
            write_table(table, rows, out)?;
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
            writeln!(out, "{}: {}", value.name, value.value)?;
        }
        for sentence in self.exclusions.iter().chain(&self.conventions) {
            writeln!(out, "  {sentence}")?;
        }
        Ok(())
    }

    fn told(&self) -> Told<'_> {
        Told {
            vertices: self.vertices,
            edges: self.edges,
            exclusions: &self.exclusions,
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

    /// Writes every table to `directory/results/<algorithm>.<table>.parquet`. Beside the summary, the metadata
    /// of each file holds the algorithm with its parameters, the graph's hash, how exact the answer is, and what
    /// changes it, each as JSON.
    ///
    /// # Errors
    ///
    /// As [`super::write_tables`].
    pub fn write(&self, directory: &Path) -> Result<Written<'_>, EngineError> {
        let notes = [
            ("gaai.algorithm", note(&self.parameters)?),
            ("gaai.graph_hash", note(&self.graph_hash)?),
            ("gaai.exactness", note(&self.exactness)?),
            ("gaai.exclusions", note(&self.exclusions)?),
            ("gaai.conventions", note(&self.conventions)?),
        ];
        Ok(Written {
            algorithm: &self.parameters,
            graph_hash: &self.graph_hash,
            told: self.told(),
            tables: write_noted(&self.tables, directory, self.algorithm, &notes)?,
        })
    }

    /// Writes the whole answer as one JSON object; tables cut at `rows` rows, `None` writes all.
    /// Missing, undefined and infinite values are `null`.
    pub fn write_json(&self, rows: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
        let tables = self.tables.tables.iter().map(|table| {
            let shown = rows.unwrap_or(table.rows).min(table.rows);
            TableAsJson {
                name: &table.name,
                rows: table.rows,
                columns: table.columns.iter().map(|(it, _)| it.name.as_str()).collect(),
                values: ranked(table)
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
}

/// All rows, by the first column that measures something, greatest first.
fn ranked(table: &Table) -> Vec<usize> {
    let measure = table.columns.iter().find(|(column, values)| {
        !column.name.starts_with('@')
            && !matches!(column.quantity, Quantity::Name | Quantity::Flag)
            && (0..table.rows).any(|row| values.number(row).is_some())
    });
    let by = measure.map_or("", |(column, _)| column.name.as_str());
    // The column exists and holds numbers, so nothing can be wrong with it.
    super::ordered_rows(table, by, true, &[]).unwrap_or_else(|_| (0..table.rows).collect())
}

fn write_table(table: &Table, rows: usize, out: &mut dyn Write) -> io::Result<()> {
    let shown: Vec<usize> = ranked(table).into_iter().take(rows).collect();
    writeln!(out, "\n{}: {} of {} rows", table.name, shown.len(), table.rows)?;
    let cells: Vec<Vec<String>> = table
        .columns
        .iter()
        .map(|(column, values)| {
            let body = shown
                .iter()
                .map(|row| values.text(*row).map_or_else(|| "-".to_owned(), printable));
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

/// Control characters in a name must not steer the reader's terminal.
fn printable(text: std::borrow::Cow<'_, str>) -> String {
    text.chars()
        .map(|it| if it.is_control() { '\u{fffd}' } else { it })
        .collect()
}
