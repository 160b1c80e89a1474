//! A whole table of an answer row by row, for another program: CSV or JSON lines.

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::direct::DirectRun;
use super::tables::{Table, VERTICES};
use crate::algorithms::Info;

/// Columns that every table of vertices begins with: collection, key and label.
const NAMES: usize = 3;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowForm {
    /// RFC 4180 with a row of column names; what is missing or undefined is empty.
    Csv,
    /// One JSON object a line; what is missing, undefined or infinite is `null`.
    JsonLines,
}

/// The table to stream: the one asked for, else the one that holds what was computed, which is the
/// table of rows where the vertices get no column of their own.
///
/// # Errors
///
/// Names the tables that there are.
pub fn streamed_table(info: &Info, asked: Option<&str>) -> Result<&'static str, String> {
    let rows = info.rows.map(|(name, _)| name);
    match (asked, rows) {
        (None, Some(rows)) if info.columns.is_empty() => Ok(rows),
        (None, _) => Ok(VERTICES),
        (Some(asked), _) if asked == VERTICES => Ok(VERTICES),
        (Some(asked), Some(rows)) if asked == rows => Ok(rows),
        (Some(asked), rows) => {
            let others = rows.map(|it| format!(" and `{it}`")).unwrap_or_default();
            Err(format!(
                "{} has no table `{asked}`; it has `{VERTICES}`{others}",
                info.name
            ))
        }
    }
}

impl DirectRun {
    /// Writes every row of the table of this name in the order of the graph; nothing where there is no
    /// such table. Rows are written one by one, so that a pipe that is closed ends it.
    pub fn stream(&self, table: &str, form: RowForm, out: &mut dyn Write) -> io::Result<()> {
        let Some(table) = self.tables.table(table) else {
            return Ok(());
        };
        match form {
            RowForm::Csv => stream_csv(table, out),
            RowForm::JsonLines => stream_json(table, out),
        }
    }

    /// Whether a table is worth showing: one of vertices without a column beyond their names is not, where
    /// there is another.
    pub(super) fn says_something(&self, table: &Table) -> bool {
        table.columns.len() > NAMES || self.tables.tables.len() == 1
    }
}

fn stream_csv(table: &Table, out: &mut dyn Write) -> io::Result<()> {
    let mut write = |cells: &mut dyn Iterator<Item = String>| -> io::Result<()> {
        // A record at a time, so that no character is cut in two.
        let mut record = csv::Writer::from_writer(Vec::new());
        record.write_record(cells)?;
        out.write_all(&record.into_inner().map_err(|error| error.into_error())?)
    };
    write(&mut table.columns.iter().map(|(column, _)| column.name.clone()))?;
    for row in 0..table.rows {
        let cell = |values: &super::tables::TableColumn| values.text(row).unwrap_or_default().into_owned();
        write(&mut table.columns.iter().map(|(_, values)| cell(values)))?;
    }
    Ok(())
}

fn stream_json(table: &Table, out: &mut dyn Write) -> io::Result<()> {
    for row in 0..table.rows {
        let mut object = Map::new();
        for (column, values) in &table.columns {
            let value = values.value(row).map_or(Ok(Value::Null), serde_json::to_value)?;
            object.insert(column.name.clone(), value);
        }
        let mut line = serde_json::to_vec(&object)?;
        line.push(b'\n');
        out.write_all(&line)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithms::Algorithm;

    #[test]
    fn what_was_computed_is_streamed_unless_another_table_is_asked_for() {
        let of = |name: &str, asked| streamed_table(Algorithm::find(name).unwrap(), asked);
        assert_eq!(of("pagerank", None), Ok("vertices"));
        assert_eq!(of("cycles", Some("vertices")), Ok("vertices"));
        let (rows, _) = Algorithm::find("articulation").unwrap().rows.unwrap();
        assert_eq!(of("articulation", Some(rows)), Ok(rows));
        assert_eq!(
            of("pagerank", Some("pairs")),
            Err("pagerank has no table `pairs`; it has `vertices`".to_owned())
        );
    }
}
