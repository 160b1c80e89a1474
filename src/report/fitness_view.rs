//! Data fitness as the layouts see it: what is in the graph, what is wrong with it, what was guessed.

use serde::Serialize;

use super::finding_view::Figure;
use super::svg::Svg;
use super::tables::{Cell, Table};
use super::{Format, schema_picture, words};
use crate::model::format;
use crate::model::schema::{Attribute, Census, Schema};

#[derive(Clone, Debug, Serialize)]
pub(super) struct FitnessView {
    pub domain: String,
    pub complexity: String,
    pub complexity_reason: String,
    pub totals: String,
    /// The schema drawn; its twin is the table of relationships.
    pub figure: Figure,
    pub vertices: Table,
    pub edges: Table,
    pub attributes: Table,
    pub issues: Table,
    pub guesses: Table,
    pub quality: Vec<String>,
}

pub(super) fn fitness(schema: &Schema, quality: &[String], format: Format) -> FitnessView {
    let census = &schema.census;
    let svg = match format {
        Format::Html => schema_picture::draw(census, "schema-picture"),
        Format::Markdown | Format::Text | Format::Json => Svg::default(),
    };
    FitnessView {
        domain: schema.domain.clone(),
        complexity: format::rounded(schema.complexity),
        complexity_reason: words::prose(&schema.complexity_reason),
        totals: format!(
            "{} in {} and {} in {}, read from {} ({}).",
            words::counted(census.vertex_count(), "vertex", "vertices"),
            words::counted(census.vertices.len() as u64, "collection", "collections"),
            words::counted(census.edge_count(), "edge", "edges"),
            words::counted(census.edges.len() as u64, "collection", "collections"),
            words::counted(census.inputs.len() as u64, "input", "inputs"),
            words::bytes(census.input_bytes)
        ),
        figure: Figure {
            title: "What is joined to what".to_owned(),
            description: "Boxes are vertex collections, lines are edge collections with their exact counts."
                .to_owned(),
            svg,
            table: relationships(census).drawn(format),
        },
        vertices: vertices(schema).drawn(format),
        edges: edges(census).drawn(format),
        attributes: attributes(census).drawn(format),
        issues: issues(census).drawn(format),
        guesses: guesses(census).drawn(format),
        quality: quality.iter().map(|it| words::prose(it)).collect(),
    }
}

fn relationships(census: &Census) -> Table {
    let mut table = Table::new(
        "relationships",
        "Relationships",
        &["Edges", "From", "To", "#Count"],
    );
    for edge in &census.edges {
        for it in &edge.relationships {
            table.push(vec![
                Cell::text(&edge.name),
                Cell::text(&it.from),
                Cell::text(&it.to),
                Cell::count(it.count),
            ]);
        }
    }
    table
}

fn vertices(schema: &Schema) -> Table {
    let titles = [
        "Collection",
        "#Vertices",
        "#Without edges",
        "Label",
        "Role",
        "Why",
    ];
    let mut table = Table::new("vertex-collections", "Vertex collections", &titles);
    for it in &schema.census.vertices {
        let role = schema.roles.iter().find(|role| role.collection == it.name);
        let name = if it.implied {
            format!("{} (from edge endpoints)", it.name)
        } else {
            it.name.clone()
        };
        table.push(vec![
            Cell::text(name),
            Cell::count(it.count),
            Cell::count(it.isolated),
            Cell::text(it.label.as_deref().unwrap_or("–")),
            Cell::text(role.map_or("–", |it| words::role(it.role))),
            Cell::text(role.map_or("–", |it| it.reason.as_str())),
        ]);
    }
    table
}

fn edges(census: &Census) -> Table {
    let titles = [
        "Collection",
        "#Edges",
        "Directed",
        "#Self-loops",
        "#Parallel",
        "#Reciprocal",
        "#Median degree",
        "#99th percentile",
        "#Greatest",
        "#Gini",
    ];
    let mut table = Table::new("edge-collections", "Edge collections", &titles);
    for it in &census.edges {
        table.push(vec![
            Cell::text(&it.name),
            Cell::count(it.count),
            Cell::text(if it.directed { "yes" } else { "no" }),
            Cell::count(it.self_loops),
            Cell::count(it.parallel),
            Cell::count(it.reciprocal),
            Cell::count(it.degrees.median),
            Cell::count(it.degrees.p99),
            Cell::count(it.degrees.max),
            Cell::number(format::rounded(it.degrees.gini), it.degrees.gini.to_string()),
        ]);
    }
    table
}

fn attributes(census: &Census) -> Table {
    let titles = [
        "Collection",
        "Attribute",
        "Type",
        "#Present",
        "#Distinct",
        "Range",
        "Samples",
    ];
    let mut table = Table::new("attributes", "Attributes", &titles);
    let vertices = census
        .vertices
        .iter()
        .flat_map(|it| it.attributes.iter().map(|a| (&it.name, a)));
    let edges = census
        .edges
        .iter()
        .flat_map(|it| it.attributes.iter().map(|a| (&it.name, a)));
    for (collection, it) in vertices.chain(edges) {
        table.push(vec![
            Cell::text(collection),
            Cell::text(&it.name),
            Cell::text(words::attribute(it.kind)),
            Cell::count(it.present),
            Cell::count(it.distinct),
            Cell::text(
                it.range
                    .as_ref()
                    .map_or_else(|| "–".to_owned(), |(low, high)| format!("{low} … {high}")),
            ),
            Cell::text(samples(it)),
        ]);
    }
    table
}

fn samples(attribute: &Attribute) -> String {
    if attribute.samples.is_empty() {
        return "–".to_owned();
    }
    let some: Vec<&str> = attribute.samples.iter().take(4).map(String::as_str).collect();
    format!(
        "{} (of {})",
        some.join(", "),
        words::counted(attribute.sampled_rows, "row", "rows")
    )
}

fn issues(census: &Census) -> Table {
    let titles = ["What is wrong", "Where", "#Rows", "First ones", "What was done"];
    let mut table = Table::new("issues", "Rows that could not be taken as they were", &titles);
    for it in &census.issues {
        table.push(vec![
            Cell::text(words::issue(it.kind)),
            Cell::text(&it.place),
            Cell::count(it.count),
            Cell::text(it.examples.join("; ")),
            Cell::text(&it.treatment),
        ]);
    }
    table
}

fn guesses(census: &Census) -> Table {
    let mut table = Table::new(
        "guesses",
        "Decided without being told",
        &["Guess", "How to change it in graph.toml"],
    );
    for it in &census.guesses {
        table.push(vec![Cell::text(words::prose(&it.what)), Cell::text(&it.change)]);
    }
    table
}
