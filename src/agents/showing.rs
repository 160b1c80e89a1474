//! What agents show a model of documents and of a schema, and how what it wrote is quoted in notes.
//!
//! Names from outside stand in data only, never in a form: a form is part of the prompt's own words. A model
//! chooses collections by handles (`C1`, `C2`, … in the order of the census) and passages by theirs (`D1.7`).

use serde::Serialize;

use crate::llm::{Data, Filling, LlmError, Narrow};
use crate::model::{
    document::{Citation, Document, Passage, PassageKind},
    format::shortened,
    id::RequirementId,
    requirements::Requirements,
    schema::{Attribute, AttributeKind, Census, Role, Schema},
};

/// Characters of a model's words that a note repeats.
const LONGEST_TOLD: usize = 60;

/// Choices of a form at most: endpoints refuse longer lists, and each takes tokens.
const MOST_CHOICES: usize = 100;

/// A list of data for a prompt, cut to so many tokens.
pub(super) fn list<T: Serialize>(
    label: &'static str,
    items: impl IntoIterator<Item = T>,
    most_tokens: u64,
) -> Result<Filling, LlmError> {
    Data::list(label, items, most_tokens)
        .map(Filling::Data)
        .map_err(|error| LlmError::Setting(error.to_string()))
}

/// The choices of a form at `pointer`, unless there are none or too many to list: what is chosen is judged
/// afterwards all the same.
pub(super) fn choices(pointer: &str, words: Vec<String>) -> Option<Narrow> {
    (!words.is_empty() && words.len() <= MOST_CHOICES).then(|| Narrow::Choices {
        pointer: pointer.to_owned(),
        words,
    })
}

/// What a model wrote, as a note repeats it: short, one line, letters and plain marks only.
pub(super) fn told(text: &str) -> String {
    let plain = |it: char| match it {
        _ if it.is_alphanumeric() => it,
        '.' | ',' | ';' | '?' | '!' | '\'' | '(' | ')' | '_' | '-' => it,
        _ => ' ',
    };
    let clean: String = text.chars().take(4 * LONGEST_TOLD).map(plain).collect();
    format!("`{}`", shortened(&clean, LONGEST_TOLD))
}

/// The handle of a passage.
pub(super) fn passage_id(document: &Document, passage: &Passage) -> String {
    format!("{}.{}", document.id, passage.index)
}

/// The passage of a handle.
pub(super) fn passage_of<'a>(documents: &'a [Document], id: &str) -> Option<(&'a Document, &'a Passage)> {
    let all = documents
        .iter()
        .flat_map(|document| document.passages.iter().map(move |it| (document, it)));
    all.into_iter()
        .find(|(document, it)| passage_id(document, it) == id)
}

/// A passage as a model is shown it.
#[derive(Debug, Serialize)]
pub(super) struct ShownPassage<'a> {
    passage: String,
    kind: PassageKind,
    under: Option<&'a str>,
    text: &'a str,
}

/// All passages in order.
pub(super) fn passages(documents: &[Document]) -> Vec<ShownPassage<'_>> {
    let mut shown = Vec::new();
    for document in documents {
        shown.extend(document.passages.iter().map(|it| ShownPassage {
            passage: passage_id(document, it),
            kind: it.kind,
            under: it.headings.last().map(String::as_str),
            text: &it.text,
        }));
    }
    shown
}

/// An item of the brief as a model is shown it.
#[derive(Debug, Serialize)]
pub(super) struct ShownItem<'a> {
    id: &'a RequirementId,
    passage: String,
    topic: Option<&'a str>,
    text: &'a str,
}

/// The objectives of the brief, then its statements.
pub(super) fn items(requirements: &Requirements) -> Vec<ShownItem<'_>> {
    let passage = |it: &Citation| format!("{}.{}", it.document, it.passage);
    let objectives = requirements.objectives.iter().map(|it| ShownItem {
        id: &it.id,
        passage: passage(&it.source),
        topic: it.topic.as_deref(),
        text: &it.text,
    });
    let statements = requirements.statements.iter().map(|it| ShownItem {
        id: &it.id,
        passage: passage(&it.source),
        topic: None,
        text: &it.text,
    });
    objectives.chain(statements).collect()
}

/// A collection of vertices or edges as a model is shown it: no values of the data.
#[derive(Debug, Serialize)]
pub(super) struct ShownCollection<'a> {
    collection: String,
    name: &'a str,
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    attributes: Vec<ShownAttribute<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    joins: Vec<[&'a str; 2]>,
}

#[derive(Debug, Serialize)]
struct ShownAttribute<'a> {
    name: &'a str,
    kind: AttributeKind,
}

/// The handle of the vertex collection at `at` of the census.
pub(super) fn collection_id(at: usize) -> String {
    format!("C{}", at + 1)
}

/// The collections of a census, those of edges behind those of vertices.
pub(super) fn collections(census: &Census) -> Vec<ShownCollection<'_>> {
    let vertices = census
        .vertices
        .iter()
        .enumerate()
        .map(|(at, it)| ShownCollection {
            collection: collection_id(at),
            name: &it.name,
            count: it.count,
            role: None,
            attributes: attributes(&it.attributes),
            joins: Vec::new(),
        });
    let edges = census.edges.iter().enumerate().map(|(at, it)| ShownCollection {
        collection: format!("E{}", at + 1),
        name: &it.name,
        count: it.count,
        role: None,
        attributes: attributes(&it.attributes),
        joins: it
            .relationships
            .iter()
            .map(|pair| [pair.from.as_str(), pair.to.as_str()])
            .collect(),
    });
    vertices.chain(edges).collect()
}

/// The collections of a schema, with the parts that they play.
pub(super) fn collections_with_roles(schema: &Schema) -> Vec<ShownCollection<'_>> {
    let mut shown = collections(&schema.census);
    for (it, vertices) in shown.iter_mut().zip(&schema.census.vertices) {
        let known = schema.roles.iter().find(|it| it.collection == vertices.name);
        it.role = known.map(|it| it.role);
    }
    shown
}

fn attributes(all: &[Attribute]) -> Vec<ShownAttribute<'_>> {
    let shown = all.iter().map(|it| ShownAttribute {
        name: &it.name,
        kind: it.kind,
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_wrote_is_repeated_short_and_without_marks() {
        let hostile = "[x](javascript:alert(1)) <b>\u{1b}[31m\n`code` \u{202e}\u{e0041} ok";
        let text = told(hostile);
        assert_eq!(text, "`x (javascript alert(1)) b 31m code ok`");
        assert!(told(&"word ".repeat(500)).chars().count() <= LONGEST_TOLD + 2);
    }
}
