//! The handbook of algorithms as Markdown, from the registry: what `docs/algorithms.md` holds.

use std::io::{self, Write};

use super::algo::{parallel_edges, special_cases};
use crate::algorithms::{Algorithm, ColumnInfo, Info};

/// Writes all of it.
pub(super) fn write(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "# Algorithms\n\nWritten by `gaai algo list --markdown` from the registry; a test compares. Run one with \
         `gaai algo run NAME --graph GRAPH`.\n\n*Vertex order* is that of the projection: collections by name, \
         then rows of the file. A graph of 131,072 vertices or more, a sixteenth of which holds a third of all edge \
         ends, is numbered by falling degree instead; groups are named by their first member in the projection \
         either way.\n\n*Compressed lists*: `gaai algo run NAME --graph GRAPH --compressed` packs the lists of neighbours into about \
         half the memory, without weights and times; algorithms that run on them say so below, and answer the \
         same.\n\n*Parallel edges*, several between the same two vertices, become what each algorithm says below, unless \
         `--parallel keep|smallest|sum` says otherwise.\n\n*Missing values*: a distance to what cannot be reached is `inf` in \
         CSV and Parquet; what is not defined is empty in CSV. JSON has no number for either and writes `null`. \
         Instants are ISO 8601 for people and milliseconds since 1970-01-01 UTC in CSV and JSON.\n\n*Special cases* are \
         names that set parameters, or need them: `name (parameter=value)`.\n\n| Name | What it tells |\n| --- | --- |"
    )?;
    for info in Algorithm::all() {
        let anchor = info.name.replace('_', "-");
        writeln!(out, "| [`{}`](#{anchor}) | {} |", info.name, info.summary)?;
    }
    for info in Algorithm::all() {
        write_one(info, out)?;
    }
    Ok(())
}

fn write_one(info: &Info, out: &mut dyn Write) -> io::Result<()> {
    let anchor = info.name.replace('_', "-");
    writeln!(
        out,
        "\n<a id=\"{anchor}\"></a>\n\n## {}\n\n`{}`: {}",
        info.title, info.name, info.summary
    )?;
    writeln!(out, "\n* Convention: {}", info.convention)?;
    writeln!(out, "* Source: {}", info.source)?;
    let aliases: Vec<String> = info.aliases.iter().map(|it| format!("`{it}`")).collect();
    if !aliases.is_empty() {
        writeln!(out, "* Also called: {}", aliases.join(", "))?;
    }
    let cases: Vec<String> = special_cases(info).collect();
    if !cases.is_empty() {
        writeln!(out, "* Special cases: {}", cases.join(", "))?;
    }
    let needs = [
        (info.needs_direction, "direction"),
        (info.needs_times, "edge times"),
    ];
    let needs: Vec<&str> = needs.into_iter().filter(|it| it.0).map(|it| it.1).collect();
    if !needs.is_empty() {
        writeln!(out, "* Needs: {}", needs.join(", "))?;
    }
    let weights = if info.uses_weights { "used" } else { "not used" };
    writeln!(out, "* Edge weights: {weights}")?;
    writeln!(out, "* Parallel edges: {}", parallel_edges(info))?;
    if info.runs_compressed() {
        writeln!(out, "* Compressed lists: yes")?;
    }
    if !info.parameters.is_empty() {
        writeln!(
            out,
            "\n| Parameter | Meaning | Type | Default | Range |\n| --- | --- | --- | --- | --- |"
        )?;
    }
    for it in info.parameters {
        let cells = [it.meaning, it.kind, it.default, it.range].join(" | ");
        writeln!(out, "| `{}` | {cells} |", it.name)?;
    }
    write_columns("Columns of `vertices`", info.columns, out)?;
    if let Some((name, columns)) = info.rows {
        write_columns(&format!("Columns of `{name}`"), columns, out)?;
    }
    write_columns("Summary", info.summary_values, out)
}

fn write_columns(title: &str, columns: &[ColumnInfo], out: &mut dyn Write) -> io::Result<()> {
    if !columns.is_empty() {
        writeln!(out, "\n| {title} | Quantity | Meaning |\n| --- | --- | --- |")?;
    }
    for it in columns {
        let quantity = format!("{:?}", it.quantity).to_lowercase();
        writeln!(out, "| `{}` | {quantity} | {} |", it.name, it.meaning)?;
    }
    Ok(())
}
