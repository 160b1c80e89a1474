//! Finds what a pattern wants in a schema: collections by kind, attributes by word and type.
//!
//! Pure: the same hint and schema give the same binding. Names are compared word by word
//! ([`super::naming`]). What is missing is said in one sentence, never guessed past the rules here.

use std::collections::BTreeMap;

use super::brief_numbers::is_amount;
use super::naming::speaks_of;
use super::purpose::{Purpose, unit_of};
use crate::graph::Direction;
use crate::model::{
    requirements::Threshold,
    schema::{Attribute, AttributeKind, EdgeCollection, Role, Schema},
    template::{EdgeFilter, Projection},
    vertical::{Band, ProjectionHint},
};

/// What stands around a hint.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// What the pattern wants.
    pub hint: &'a ProjectionHint,
    /// Kinds of things: name → words, from the vertical.
    pub kinds: &'a BTreeMap<String, Vec<String>>,
    /// Whether the question is void on edges without direction.
    pub needs_direction: bool,
    /// Unit that the brief wants the answer in.
    pub unit: Option<&'a str>,
    /// Numbers that the brief sets, those that stand nearest to the question first.
    pub thresholds: &'a [Threshold],
}

/// A hint with names of the schema in place of kinds.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// What the algorithm will see.
    pub projection: Projection,
    /// Unit of the weight for people; empty where the name does not tell.
    pub unit: String,
    /// The band's threshold and where it was given.
    pub threshold: Option<(f64, String)>,
}

/// Why a hint does not fit a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// What the schema lacks, in one clause.
    pub lacks: String,
}

/// The binding of a hint, or what the schema lacks for it.
pub fn bind(wish: Wish<'_>, schema: &Schema) -> Result<Binding, Misfit> {
    let hint = wish.hint;
    let (vertices, edges) = collections(wish, schema)?;
    let (weight, edges) = Purpose::weight(wish).choose(edges)?;
    let (time, edges) = Purpose::time(wish).choose(edges)?;
    let undirected = edges.iter().all(|it| !it.directed) && !edges.is_empty();
    if wish.needs_direction && undirected {
        return Err(misfit(format!(
            "direction: the edges of {} have none",
            names(&edges)
        )));
    }
    let mut rules = hint.rules;
    if undirected {
        rules.direction = Direction::Undirected;
    }
    let attributes = vertex_attributes(hint, &vertices, schema)?;
    let unit = weight
        .as_deref()
        .map_or_else(String::new, |it| unit_of(it, &edges));
    let threshold = hint.band.as_ref().map(|band| threshold(band, wish.thresholds));
    let filters = match (&hint.band, &threshold, &weight) {
        (Some(band), Some((value, _)), Some(weight)) => vec![EdgeFilter {
            attribute: weight.clone(),
            at_least: Some(band.from * value),
            below: Some(*value),
            equals: None,
        }],
        (Some(_), _, _) => return Err(misfit("an edge attribute with amounts, for the band".to_owned())),
        (None, _, _) => Vec::new(),
    };
    Ok(Binding {
        projection: Projection {
            vertices,
            edges: edges.iter().map(|it| it.name.clone()).collect(),
            rules,
            weight,
            time,
            filters,
            attributes,
        },
        unit,
        threshold,
    })
}

/// Vertex collections by name and the edge collections between them.
fn collections<'a>(
    wish: Wish<'_>,
    schema: &'a Schema,
) -> Result<(Vec<String>, Vec<&'a EdgeCollection>), Misfit> {
    let hint = wish.hint;
    let of_kind: Vec<&EdgeCollection> = schema
        .census
        .edges
        .iter()
        .filter(|it| is_kind(&it.name, &hint.edges, wish.kinds))
        .collect();
    let mut vertices = vertex_collections(wish, schema);
    if vertices.is_empty() {
        // The ends of edges of the right kind are the things meant, whatever they are called.
        vertices = ends(&of_kind);
    }
    if vertices.is_empty() {
        return Err(misfit(format!(
            "a vertex collection of {}",
            asked(&hint.vertices, wish.kinds)
        )));
    }
    if hint.attributes_only {
        return Ok((vertices, Vec::new()));
    }
    let (vertices, shared) = with_shared(vertices, wish, schema)?;
    let joins = |it: &&EdgeCollection| {
        it.relationships
            .iter()
            .any(|pair| vertices.contains(&pair.from) && vertices.contains(&pair.to))
            && (shared.is_empty()
                || it
                    .relationships
                    .iter()
                    .all(|pair| shared.contains(&pair.from) != shared.contains(&pair.to)))
    };
    let between: Vec<&EdgeCollection> = schema.census.edges.iter().filter(joins).collect();
    if hint.edges.is_empty() {
        if between.is_empty() {
            return Err(misfit(format!("edges between {}", vertices.join(", "))));
        }
        return Ok((vertices, between));
    }
    let fitting: Vec<&EdgeCollection> = of_kind.into_iter().filter(joins).collect();
    match (fitting.is_empty(), between.as_slice()) {
        (false, _) => Ok((vertices, fitting)),
        // A single collection that joins them is meant, even under a name that nobody foresaw.
        (true, [_]) if !hint.vertices.is_empty() => Ok((vertices, between)),
        (true, _) => Err(misfit(format!(
            "an edge collection of {} between {}",
            asked(&hint.edges, wish.kinds),
            vertices.join(", ")
        ))),
    }
}

/// The vertices with those that they share, and the latter alone.
fn with_shared(
    vertices: Vec<String>,
    wish: Wish<'_>,
    schema: &Schema,
) -> Result<(Vec<String>, Vec<String>), Misfit> {
    let kinds = &wish.hint.shared;
    let names = schema.census.vertices.iter().map(|it| &it.name);
    let shared: Vec<String> = names
        .clone()
        .filter(|it| is_kind(it, kinds, wish.kinds))
        .cloned()
        .collect();
    if shared.is_empty() && !kinds.is_empty() {
        return Err(misfit(format!(
            "a vertex collection of {}",
            asked(kinds, wish.kinds)
        )));
    }
    let seen = names.filter(|it| vertices.contains(it) || shared.contains(it));
    Ok((seen.cloned().collect(), shared))
}

fn vertex_collections(wish: Wish<'_>, schema: &Schema) -> Vec<String> {
    let hint = wish.hint;
    let all = schema.census.vertices.iter().map(|it| &it.name);
    if hint.vertices.is_empty() {
        if !hint.edges.is_empty() {
            return Vec::new();
        }
        let is_satellite = |name: &String| {
            schema
                .roles
                .iter()
                .any(|it| it.collection == *name && it.role == Role::Satellite)
        };
        return all.filter(|name| !is_satellite(name)).cloned().collect();
    }
    all.filter(|name| is_kind(name, &hint.vertices, wish.kinds))
        .cloned()
        .collect()
}

/// Whether a collection's name speaks of one of the kinds.
fn is_kind(name: &str, wanted: &[String], kinds: &BTreeMap<String, Vec<String>>) -> bool {
    wanted.iter().any(|kind| {
        speaks_of(name, kind)
            || kinds
                .get(kind)
                .is_some_and(|words| words.iter().any(|word| speaks_of(name, word)))
    })
}

fn ends(edges: &[&EdgeCollection]) -> Vec<String> {
    let pairs = edges.iter().flat_map(|it| &it.relationships);
    let mut names: Vec<String> = pairs.flat_map(|it| [it.from.clone(), it.to.clone()]).collect();
    names.sort();
    names.dedup();
    names
}

/// Vertex attributes by word, in the order of the hint, each once.
fn vertex_attributes(
    hint: &ProjectionHint,
    vertices: &[String],
    schema: &Schema,
) -> Result<Vec<String>, Misfit> {
    let mut found: Vec<String> = Vec::new();
    let chosen = schema
        .census
        .vertices
        .iter()
        .filter(|it| vertices.contains(&it.name));
    let attributes: Vec<&Attribute> = chosen.flat_map(|it| &it.attributes).collect();
    for word in &hint.attributes {
        for attribute in &attributes {
            let usable = attribute.kind != AttributeKind::Empty && speaks_of(&attribute.name, word);
            if usable && !found.contains(&attribute.name) {
                found.push(attribute.name.clone());
            }
        }
    }
    if found.len() < hint.attributes_required as usize {
        return Err(misfit(format!(
            "{} of the attributes {} on {}",
            hint.attributes_required,
            hint.attributes.join(", "),
            vertices.join(", ")
        )));
    }
    Ok(found)
}

/// The brief's number that stands with one of the band's words, else the vertical's.
fn threshold(band: &Band, thresholds: &[Threshold]) -> (f64, String) {
    let speaks = |it: &&Threshold| {
        let said = format!("{} {}", it.subject, it.text);
        it.value > 0.0 && is_amount(it) && band.words.iter().any(|word| speaks_of(&said, word))
    };
    thresholds.iter().find(speaks).map_or_else(
        || (band.threshold, "the default of the vertical".to_owned()),
        |it| (it.value, it.source.place()),
    )
}

fn asked(kinds: &[String], known: &BTreeMap<String, Vec<String>>) -> String {
    let words = kinds.iter().flat_map(|kind| {
        let others = known.get(kind).into_iter().flatten();
        std::iter::once(kind).chain(others)
    });
    let mut words: Vec<&str> = words.map(String::as_str).collect();
    let mut seen = std::collections::BTreeSet::new();
    words.retain(|it| seen.insert(*it));
    words.truncate(6);
    format!("kind {} (looked for {})", kinds.join(" or "), words.join(", "))
}

fn names(edges: &[&EdgeCollection]) -> String {
    let names: Vec<&str> = edges.iter().map(|it| it.name.as_str()).collect();
    names.join(", ")
}

fn misfit(lacks: String) -> Misfit {
    Misfit { lacks }
}
