//! Doubles for tests of agents with a model.

use std::sync::Arc;

use garde::Validate;
use schemars::JsonSchema;

use super::adviser::Adviser;
use super::prompts::Prompts;
use super::quality::{Consequence, Note};
use super::vertical::{VerticalChoice, resolve};
use super::vertical_files::load;
use crate::assets::Assets;
use crate::llm::{
    Modes, Request, form_of,
    scripted::{Scripted, When, gives},
    unbounded,
};
use crate::model::{
    schema::{Attribute, AttributeKind, Census, EdgeCollection, Relationship, VertexCollection},
    vertical::Vertical,
};

/// An adviser whose model answers everything with `answer`, and the model.
pub(super) fn advised(answer: &serde_json::Value) -> (Adviser, Arc<Scripted>) {
    let model = Arc::new(Scripted::new("test/scripted").on(When::Always, gives(answer)));
    let adviser = Adviser {
        model: model.clone(),
        prompts: Arc::new(Prompts::load(&Assets::embedded()).unwrap()),
        modes: Arc::new(Modes::default()),
        seed: 1,
        told: Arc::new(|_, _| ()),
        sent_back: Vec::new(),
        redacting: None,
    };
    (adviser, model)
}

/// All turns of a request.
pub(super) fn said(request: &Request) -> String {
    let turns: Vec<&str> = request.messages.iter().map(|it| it.text.as_str()).collect();
    turns.join("\n")
}

/// The shipped vertical of this name, joined with `generic`.
pub(super) fn vertical(name: &str) -> Vertical {
    let choice = VerticalChoice::Named(name.to_owned());
    let all = load(&Assets::embedded()).unwrap();
    resolve(&choice, &all, &Census::default(), &[]).unwrap().vertical
}

/// A vertex collection of so many vertices.
pub(super) fn vertices(name: &str, count: u64, attributes: &[(&str, AttributeKind)]) -> VertexCollection {
    VertexCollection {
        name: name.to_owned(),
        count,
        attributes: attributes.iter().map(|it| attribute(it.0, it.1)).collect(),
        ..VertexCollection::default()
    }
}

/// An edge collection between two vertex collections.
pub(super) fn edges(
    name: &str,
    (from, to): (&str, &str),
    attributes: &[(&str, AttributeKind)],
) -> EdgeCollection {
    EdgeCollection {
        name: name.to_owned(),
        count: 1_000,
        directed: true,
        attributes: attributes.iter().map(|it| attribute(it.0, it.1)).collect(),
        relationships: vec![Relationship {
            from: from.to_owned(),
            to: to.to_owned(),
            count: 1_000,
        }],
        ..EdgeCollection::default()
    }
}

fn attribute(name: &str, kind: AttributeKind) -> Attribute {
    Attribute {
        name: name.to_owned(),
        kind,
        distinct: 9,
        present: 9,
        ..Attribute::default()
    }
}

/// The texts of notes, none of which sends anything back.
pub(super) fn remarks(notes: &[Note]) -> Vec<&str> {
    assert!(notes.iter().all(|it| it.consequence == Consequence::Remark));
    notes.iter().map(|it| it.text.as_str()).collect()
}

/// Every text and list of an answer's form has a greatest length.
pub(super) fn assert_bounded<T: JsonSchema + Validate>() {
    assert_eq!(unbounded(&form_of::<T>()), Vec::<String>::new());
}
