//! Says what a census means: the domain, which part each collection plays and why, how complex it is.

use std::collections::BTreeSet;

use super::naming::speaks_of;
use crate::model::{
    schema::{Census, CollectionRole, Role, Schema, VertexCollection},
    vertical::Vertical,
};

/// Below this share of the largest collection's vertices, one that others only point at describes them.
const SATELLITE_SHARE: f64 = 0.05;

/// A core collection that the graph does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no vertex collection `{name}`; there are {known}")]
pub struct UnknownCollection {
    /// The name as given.
    pub name: String,
    /// The names that exist.
    pub known: String,
}

/// The meaning of `census` in the words of `vertical`. Collections in `core` are core, whatever the
/// census suggests; when there are any, the others are judged as before but never core.
///
/// # Errors
///
/// A name in `core` that the census lacks.
pub fn analyse(census: &Census, vertical: &Vertical, core: &[String]) -> Result<Schema, UnknownCollection> {
    if let Some(name) = core
        .iter()
        .find(|it| census.vertices.iter().all(|known| known.name != **it))
    {
        let known: Vec<&str> = census.vertices.iter().map(|it| it.name.as_str()).collect();
        return Err(UnknownCollection {
            name: name.clone(),
            known: known.join(", "),
        });
    }
    let roles = census
        .vertices
        .iter()
        .map(|it| role(it, census, vertical, core))
        .collect();
    let (complexity, complexity_reason) = complexity(census);
    Ok(Schema {
        census: census.clone(),
        domain: domain(census, vertical),
        roles,
        complexity,
        complexity_reason,
    })
}

/// The part that a collection plays: first rule that applies.
fn role(
    collection: &VertexCollection,
    census: &Census,
    vertical: &Vertical,
    core: &[String],
) -> CollectionRole {
    let given = |role, reason: String| CollectionRole {
        collection: collection.name.clone(),
        role,
        reason,
    };
    if core.contains(&collection.name) {
        return given(Role::Core, "it was named as core".to_owned());
    }
    let shape = Shape::of(collection, census);
    let largest = census.vertices.iter().map(|it| it.count).max().unwrap_or(0);
    if !shape.has_edges && census.vertices.len() > 1 {
        return given(Role::Satellite, "no edge touches it".to_owned());
    }
    if shape.is_only_pointed_at && (collection.count as f64) < SATELLITE_SHARE * largest as f64 {
        let reason = format!(
            "edges only end in it and it has {} of the {largest} vertices of the largest collection: it describes others",
            collection.count
        );
        return given(Role::Satellite, reason);
    }
    if !shape.is_tied_to_itself && shape.neighbours.len() >= 2 {
        let reason = format!("it has no edges of its own and joins {}", join(&shape.neighbours));
        return given(Role::Bridge, reason);
    }
    if !core.is_empty() {
        return given(Role::Bridge, "other collections were named as core".to_owned());
    }
    let spoken = vertical
        .entities
        .iter()
        .find(|it| speaks_of(&collection.name, it));
    let reason = match spoken {
        Some(entity) => format!(
            "its name speaks of `{entity}`, which the vertical {} is about",
            vertical.name
        ),
        None if shape.is_tied_to_itself => "its vertices are tied to each other".to_owned(),
        None => "edges begin in it, and nothing says that it only describes others".to_owned(),
    };
    given(Role::Core, reason)
}

/// How a collection takes part in relationships.
struct Shape {
    has_edges: bool,
    is_tied_to_itself: bool,
    is_only_pointed_at: bool,
    neighbours: BTreeSet<String>,
}

impl Shape {
    fn of(collection: &VertexCollection, census: &Census) -> Self {
        let name = &collection.name;
        let mut shape = Self {
            has_edges: false,
            is_tied_to_itself: false,
            is_only_pointed_at: true,
            neighbours: BTreeSet::new(),
        };
        for relationship in census.edges.iter().flat_map(|it| &it.relationships) {
            let (begins, ends) = (relationship.from == *name, relationship.to == *name);
            shape.has_edges |= begins || ends;
            shape.is_tied_to_itself |= begins && ends;
            shape.is_only_pointed_at &= !begins;
            if begins && !ends {
                shape.neighbours.insert(relationship.to.clone());
            } else if ends && !begins {
                shape.neighbours.insert(relationship.from.clone());
            }
        }
        shape
    }
}

fn join(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(" and ")
}

/// The domain in a few words, and what the largest collections are called. The vertical's title stands
/// in where no domain has two collections that speak of it.
fn domain(census: &Census, vertical: &Vertical) -> String {
    let names = census.vertices.iter().map(|it| &it.name);
    let names: Vec<&String> = names.chain(census.edges.iter().map(|it| &it.name)).collect();
    let mut best = (1, &vertical.title);
    for (domain, words) in &vertical.domains {
        let speaks = |name: &&&String| words.iter().any(|word| speaks_of(name, word));
        let score = names.iter().filter(speaks).count();
        if score > best.0 {
            best = (score, domain);
        }
    }
    let mut collections: Vec<(&str, u64)> = census
        .vertices
        .iter()
        .map(|it| (it.name.as_str(), it.count))
        .collect();
    collections.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let names: Vec<&str> = collections.iter().take(3).map(|it| it.0).collect();
    let edges: Vec<&str> = census.edges.iter().take(3).map(|it| it.name.as_str()).collect();
    format!("{}: {} joined by {}", best.1, names.join(", "), edges.join(", "))
}

/// 0 for one collection without attributes, up to 10; each part counts up to its share.
fn complexity(census: &Census) -> (f64, String) {
    let collections = census.vertices.len() + census.edges.len();
    let relationships: usize = census.edges.iter().map(|it| it.relationships.len()).sum();
    let attributes: usize = census
        .vertices
        .iter()
        .map(|it| it.attributes.len())
        .sum::<usize>()
        + census.edges.iter().map(|it| it.attributes.len()).sum::<usize>();
    let skew = census.edges.iter().map(|it| it.degrees.gini).fold(0.0, f64::max);
    let part = |count: usize, full: f64, share: f64| share * (count as f64 / full).min(1.0);
    let score = part(collections.saturating_sub(1), 20.0, 3.0)
        + part(relationships, 20.0, 3.0)
        + part(attributes, 60.0, 2.0)
        + 2.0 * skew;
    let reason = format!(
        "{collections} collections, {relationships} kinds of relationships, {attributes} attributes, degrees with \
         a Gini coefficient of up to {skew:.2}"
    );
    ((score * 10.0).round() / 10.0, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schema::{EdgeCollection, Relationship};

    fn vertices(name: &str, count: u64) -> VertexCollection {
        VertexCollection {
            name: name.to_owned(),
            count,
            ..VertexCollection::default()
        }
    }

    fn edges(name: &str, pairs: &[(&str, &str)]) -> EdgeCollection {
        let relationships = pairs
            .iter()
            .map(|(from, to)| Relationship {
                from: (*from).to_owned(),
                to: (*to).to_owned(),
                count: 10,
            })
            .collect();
        EdgeCollection {
            name: name.to_owned(),
            count: 10,
            relationships,
            ..EdgeCollection::default()
        }
    }

    fn shop() -> Census {
        Census {
            vertices: vec![
                vertices("customers", 1000),
                vertices("orders", 5000),
                vertices("countries", 30),
            ],
            edges: vec![
                edges("placed", &[("customers", "orders")]),
                edges("ships_to", &[("orders", "countries")]),
                edges("knows", &[("customers", "customers")]),
            ],
            ..Census::default()
        }
    }

    fn role_of(schema: &Schema, name: &str) -> Role {
        schema.roles.iter().find(|it| it.collection == name).unwrap().role
    }

    #[test]
    fn collections_are_core_bridge_or_satellite_by_what_ties_them() {
        let schema = analyse(&shop(), &Vertical::default(), &[]).unwrap();
        assert_eq!(role_of(&schema, "customers"), Role::Core);
        assert_eq!(role_of(&schema, "orders"), Role::Bridge);
        assert_eq!(role_of(&schema, "countries"), Role::Satellite);
        assert!(schema.roles.iter().all(|it| !it.reason.is_empty()));
        assert!((0.0..=10.0).contains(&schema.complexity));
    }

    #[test]
    fn named_core_collections_are_core_and_unknown_ones_are_refused() {
        let schema = analyse(&shop(), &Vertical::default(), &["orders".to_owned()]).unwrap();
        assert_eq!(role_of(&schema, "orders"), Role::Core);
        assert_eq!(role_of(&schema, "customers"), Role::Bridge);
        let error = analyse(&shop(), &Vertical::default(), &["order".to_owned()])
            .unwrap_err()
            .to_string();
        assert!(error.contains("`order`") && error.contains("orders"), "{error}");
    }

    #[test]
    fn the_domain_is_the_one_that_most_collections_speak_of() {
        let words = |words: &[&str]| words.iter().map(|it| (*it).to_owned()).collect();
        let vertical = Vertical {
            title: "Any graph".to_owned(),
            domains: [
                ("commerce".to_owned(), words(&["customer", "order"])),
                ("biology".to_owned(), words(&["gene"])),
            ]
            .into(),
            ..Vertical::default()
        };
        let domain = |census: &Census| analyse(census, &vertical, &[]).unwrap().domain;
        assert!(domain(&shop()).starts_with("commerce: "));
        let one = Census {
            vertices: vec![vertices("genes", 3), vertices("things", 3)],
            ..Census::default()
        };
        assert!(domain(&one).starts_with("Any graph: "), "{}", domain(&one));
    }

    /// A graph of one collection is about that collection, however little is known of it.
    #[test]
    fn a_single_collection_is_core() {
        let census = Census {
            vertices: vec![vertices("nodes", 3)],
            ..Census::default()
        };
        assert_eq!(
            role_of(&analyse(&census, &Vertical::default(), &[]).unwrap(), "nodes"),
            Role::Core
        );
    }
}
