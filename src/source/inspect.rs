//! Writes a census for a person at a terminal: what is there, how fit it is, what was guessed.

use std::io::{self, Write};

use crate::algorithms::Quantity;
use crate::model::{
    fact::FactValue,
    format,
    schema::{Attribute, AttributeKind, Census, EdgeCollection, Issue, IssueKind, VertexCollection},
};

/// Longest line of sample values, in characters.
const SAMPLES_WIDTH: usize = 60;

/// Writes `census` to `out` as text of about 100 columns.
///
/// Control characters in names and values are written as `\u{…}`, so that data cannot steer the
/// terminal.
///
/// # Errors
///
/// When `out` cannot be written.
pub fn write_inspection(census: &Census, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "graph {}: {} in {}, {} in {}; {} read",
        safe(&census.graph),
        counted(census.vertex_count(), "vertex", "vertices"),
        counted(census.vertices.len() as u64, "collection", "collections"),
        counted(census.edge_count(), "edge", "edges"),
        counted(census.edges.len() as u64, "collection", "collections"),
        counted(census.inputs.len() as u64, "file", "files"),
    )?;
    writeln!(out, "\nvertex collections")?;
    for collection in &census.vertices {
        write_vertices(collection, out)?;
    }
    writeln!(out, "\nedge collections")?;
    for collection in &census.edges {
        write_edges(collection, out)?;
    }
    write_fitness(census, out)?;
    if !census.guesses.is_empty() {
        writeln!(out, "\nguesses, each with the line of graph.toml that changes it")?;
    }
    for guess in &census.guesses {
        writeln!(out, "  {}\n      {}", safe(&guess.what), safe(&guess.change))?;
    }
    Ok(())
}

fn write_vertices(collection: &VertexCollection, out: &mut dyn Write) -> io::Result<()> {
    let count = counted(collection.count, "vertex", "vertices");
    write!(
        out,
        "  {}: {count}, {} isolated",
        safe(&collection.name),
        whole(collection.isolated)
    )?;
    if let Some(label) = &collection.label {
        write!(out, ", called by `{}`", safe(label))?;
    }
    if collection.implied {
        write!(out, ", no file: keys come from edges")?;
    }
    writeln!(out)?;
    write_attributes(&collection.attributes, collection.count, out)
}

fn write_edges(collection: &EdgeCollection, out: &mut dyn Write) -> io::Result<()> {
    let count = counted(collection.count, "edge", "edges");
    let direction = if collection.directed {
        "directed"
    } else {
        "undirected"
    };
    writeln!(
        out,
        "  {}: {count}, {direction}, {} self-loops, {} parallel, {} reciprocal",
        safe(&collection.name),
        whole(collection.self_loops),
        whole(collection.parallel),
        whole(collection.reciprocal),
    )?;
    for it in &collection.relationships {
        writeln!(
            out,
            "    {} → {}: {}",
            safe(&it.from),
            safe(&it.to),
            whole(it.count)
        )?;
    }
    let shape = &collection.degrees;
    writeln!(
        out,
        "    degrees over {}: mean {}, median {}, 99th percentile {}, greatest {}, Gini {:.2}",
        counted(shape.vertices, "vertex", "vertices"),
        format::rounded(shape.mean),
        whole(shape.median),
        whole(shape.p99),
        whole(shape.max),
        shape.gini,
    )?;
    for (what, names) in [("weight", &collection.weights), ("time", &collection.times)] {
        if !names.is_empty() {
            writeln!(out, "    {what} candidates: {}", safe(&names.join(", ")))?;
        }
    }
    write_attributes(&collection.attributes, collection.count, out)
}

fn write_attributes(attributes: &[Attribute], rows: u64, out: &mut dyn Write) -> io::Result<()> {
    let width = attributes
        .iter()
        .map(|it| safe(&it.name).chars().count())
        .max()
        .unwrap_or(0);
    for it in attributes {
        let present = if it.present == rows {
            "in all".to_owned()
        } else {
            format!("in {} of {}", whole(it.present), whole(rows))
        };
        write!(
            out,
            "    {:width$}  {:7}  {present}, {} distinct",
            safe(&it.name),
            kind(it.kind),
            whole(it.distinct)
        )?;
        if let Some((least, greatest)) = &it.range {
            write!(out, ", {} to {}", safe(least), safe(greatest))?;
        }
        if !it.samples.is_empty() {
            let rows = counted(it.sampled_rows, "row", "rows");
            write!(out, "; e.g. {} (most frequent of {rows})", samples(&it.samples))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn write_fitness(census: &Census, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\ndata fitness")?;
    if census.issues.is_empty() {
        return writeln!(
            out,
            "  nothing was wrong: every row was read, every edge has both ends"
        );
    }
    for issue in &census.issues {
        writeln!(out, "  {}", issue_sentence(issue))?;
    }
    Ok(())
}

/// A fault of the data for people: what, how often, where, and what was done about it.
pub fn issue_sentence(issue: &Issue) -> String {
    let shown = safe(&issue.examples.join("; "));
    let more = if issue.count > issue.examples.len() as u64 {
        "; …"
    } else {
        ""
    };
    format!(
        "{}: {} in {} ({shown}{more}); {}",
        fault(issue.kind),
        whole(issue.count),
        safe(&issue.place),
        safe(&issue.treatment)
    )
}

fn samples(values: &[String]) -> String {
    let mut shown = String::new();
    for value in values {
        let value = safe(value);
        if !shown.is_empty() && shown.chars().count() + value.chars().count() > SAMPLES_WIDTH {
            break;
        }
        if !shown.is_empty() {
            shown.push_str(", ");
        }
        shown.push_str(&value);
    }
    shown
}

fn kind(kind: AttributeKind) -> &'static str {
    match kind {
        AttributeKind::Text => "text",
        AttributeKind::Integer => "integer",
        AttributeKind::Number => "number",
        AttributeKind::Boolean => "boolean",
        AttributeKind::Time => "time",
        AttributeKind::Empty => "empty",
    }
}

fn fault(kind: IssueKind) -> &'static str {
    match kind {
        IssueKind::DanglingEdge => "edges to vertices that do not exist",
        IssueKind::DuplicateKey => "repeated keys",
        IssueKind::RaggedRow => "rows with too few or too many fields",
        IssueKind::MissingKey => "rows without a key or endpoint",
        IssueKind::BadWeight => "values that are no finite number",
        IssueKind::NegativeWeight => "negative weights",
        IssueKind::NotUtf8 => "rows that are not UTF-8",
        IssueKind::MixedTypes => "values of another type",
        IssueKind::BadJson => "lines that are no JSON object",
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", whole(count), if count == 1 { one } else { many })
}

fn whole(count: u64) -> String {
    let value = FactValue::Integer(i64::try_from(count).unwrap_or(i64::MAX));
    format::cell(&value, Quantity::Count)
}

/// `text` with control characters written as `\u{…}`.
fn safe(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() {
            shown.extend(letter.escape_unicode());
        } else {
            shown.push(letter);
        }
    }
    shown
}
