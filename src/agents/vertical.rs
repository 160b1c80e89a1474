//! Decides which vertical a run speaks, and joins it with `generic`.
//!
//! `auto` weighs what the collections and attributes are called and what the briefs say. It
//! abstains to `generic` unless the names agree, because a vertical that is wrong answers
//! questions that nobody has.

use std::path::PathBuf;

use super::cues::cues;
use super::naming::speaks_of;
use super::tokens::tokens;
use super::vertical_files::{VerticalError, check, parse};
use serde::{Deserialize, Serialize};

use crate::model::{
    document::Document,
    schema::Census,
    vertical::{Pattern, Topic, Vertical},
};

/// Name of the vertical that all others are read together with.
pub const GENERIC: &str = "generic";

/// Score from which a vertical is sure enough.
const SURE: f64 = 0.45;
/// Lead over the next one that it needs.
const LEAD: f64 = 0.1;
/// Share of the collections that must speak for it, whatever the briefs say.
const NAMES_AT_LEAST: f64 = 0.3;

/// Which vertical is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerticalChoice {
    /// The one of this name.
    Named(String),
    /// Whichever fits the graph and the briefs.
    Auto,
    /// One from outside, already read.
    File {
        /// Where it was read.
        path: PathBuf,
        /// Its text.
        text: String,
    },
}

/// The vertical that a run speaks, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resolved {
    /// It, with what it lacks taken from `generic`.
    pub vertical: Vertical,
    /// Why it was taken, in one sentence.
    pub reason: String,
    /// Name, score from 0 to 1 and what it is made of, best first; empty unless chosen automatically.
    pub scores: Vec<(String, f64, String)>,
}

/// The vertical of a run. Names, attributes and briefs are weighed only for [`VerticalChoice::Auto`].
pub fn resolve(
    choice: &VerticalChoice,
    verticals: &[Vertical],
    census: &Census,
    documents: &[Document],
) -> Result<Resolved, VerticalError> {
    let generic = named(verticals, GENERIC)?;
    let settled = |vertical: &Vertical, reason: String, scores| Resolved {
        vertical: merged(vertical, generic),
        reason,
        scores,
    };
    match choice {
        VerticalChoice::Named(name) => {
            let reason = format!("The vertical {name} was asked for.");
            Ok(settled(named(verticals, name)?, reason, Vec::new()))
        }
        VerticalChoice::File { path, text } => {
            let file = path.display().to_string();
            let vertical = parse(&file, text)?;
            check(&vertical, Some(generic), &file, text)?;
            let reason = format!("The vertical {} was read from {file}.", vertical.name);
            Ok(settled(&vertical, reason, Vec::new()))
        }
        VerticalChoice::Auto => {
            let mut scored: Vec<(&Vertical, Score)> = verticals
                .iter()
                .filter(|it| it.name != GENERIC)
                .map(|it| (it, score(it, census, documents)))
                .collect();
            scored.sort_by(|a, b| {
                b.1.total
                    .total_cmp(&a.1.total)
                    .then_with(|| a.0.name.cmp(&b.0.name))
            });
            let (chosen, reason) = decide(&scored, generic);
            let scores = scored
                .iter()
                .map(|(vertical, it)| (vertical.name.clone(), it.total, it.why.clone()))
                .collect();
            Ok(settled(chosen, reason, scores))
        }
    }
}

/// The vertical that `resolved` was read back from, with the example sentences that are not written down.
pub fn with_examples(
    resolved: &Vertical,
    choice: &VerticalChoice,
    verticals: &[Vertical],
) -> Result<Vertical, VerticalError> {
    let generic = named(verticals, GENERIC)?;
    match choice {
        VerticalChoice::File { path, text } => {
            Ok(merged(&parse(&path.display().to_string(), text)?, generic))
        }
        VerticalChoice::Named(_) | VerticalChoice::Auto => {
            Ok(merged(named(verticals, &resolved.name)?, generic))
        }
    }
}

fn named<'a>(verticals: &'a [Vertical], name: &str) -> Result<&'a Vertical, VerticalError> {
    let unknown = || VerticalError::Unknown {
        name: name.to_owned(),
        known: verticals.iter().map(|it| it.name.clone()).collect(),
    };
    verticals.iter().find(|it| it.name == name).ok_or_else(unknown)
}

/// `vertical` with the topics, patterns, kinds, domains and words of `generic` that it does not have itself.
pub fn merged(vertical: &Vertical, generic: &Vertical) -> Vertical {
    let mut whole = vertical.clone();
    if vertical.name == generic.name {
        return whole;
    }
    let own_topic = |id: &str| vertical.topics.iter().any(|it| it.id == id);
    let own_pattern = |id: &str| vertical.patterns.iter().any(|it| it.id == id);
    let topics = generic.topics.iter().filter(|it| !own_topic(&it.id));
    whole
        .topics
        .extend(topics.cloned().map(|it| Topic { general: true, ..it }));
    for topic in &mut whole.topics[..vertical.topics.len()] {
        let same = generic.topics.iter().filter(|it| it.id == topic.id);
        topic.examples.extend(same.flat_map(|it| it.examples.clone()));
    }
    whole.background.extend(generic.background.iter().cloned());
    whole.other.extend(generic.other.iter().cloned());
    // Where the vertical answers a topic in its own way, the generic answers only stand in for it.
    let answered = |topic: &str| vertical.patterns.iter().any(|it| it.topic == topic);
    let patterns = generic.patterns.iter().filter(|it| !own_pattern(&it.id));
    whole.patterns.extend(patterns.cloned().map(|it| Pattern {
        fallback: it.fallback || answered(&it.topic),
        ..it
    }));
    for (from, to) in [
        (&generic.kinds, &mut whole.kinds),
        (&generic.domains, &mut whole.domains),
    ] {
        for (name, words) in from {
            to.entry(name.clone()).or_insert_with(|| words.clone());
        }
    }
    for (word, own) in &generic.vocabulary {
        whole
            .vocabulary
            .entry(word.clone())
            .or_insert_with(|| own.clone());
    }
    whole
}

struct Score {
    total: f64,
    names: f64,
    why: String,
}

/// How much speaks for a vertical: half what collections are called, the rest attributes and briefs.
fn score(vertical: &Vertical, census: &Census, documents: &[Document]) -> Score {
    let collections: Vec<&str> = (census.vertices.iter().map(|it| it.name.as_str()))
        .chain(census.edges.iter().map(|it| it.name.as_str()))
        .collect();
    let attributes: Vec<&str> = (census.vertices.iter().flat_map(|it| &it.attributes))
        .chain(census.edges.iter().flat_map(|it| &it.attributes))
        .map(|it| it.name.as_str())
        .collect();
    let speaking = |names: &[&str], wanted: &[String]| -> Vec<String> {
        let mut found: Vec<String> = names
            .iter()
            .filter(|name| wanted.iter().any(|word| speaks_of(name, word)))
            .map(|it| (*it).to_owned())
            .collect();
        found.sort();
        found.dedup();
        found
    };
    let by_name = speaking(&collections, &vertical.entities);
    let by_attribute = speaking(&attributes, &vertical.attributes);
    let said = said(vertical, documents);
    let names = by_name.len() as f64 / collections.len().max(1) as f64;
    // Three attributes or four cues are as convincing as more would be.
    let attribute_share = (by_attribute.len() as f64 / 3.0).min(1.0);
    let cue_share = (said.len() as f64 / 4.0).min(1.0);
    Score {
        total: 0.5 * names + 0.2 * attribute_share + 0.3 * cue_share,
        names,
        why: format!(
            "collections: {}; attributes: {}; briefs: {}",
            listed(&by_name),
            listed(&by_attribute),
            listed(&said)
        ),
    }
}

/// The cues that occur in the briefs.
fn said(vertical: &Vertical, documents: &[Document]) -> Vec<String> {
    let passages: Vec<_> = documents
        .iter()
        .flat_map(|it| &it.passages)
        .map(|it| tokens(&it.text))
        .collect();
    let compiled = cues(&vertical.cues);
    let mut found = Vec::new();
    for cue in &compiled {
        let occurrence = passages
            .iter()
            .find_map(|words| Some((words, cue.find(words, &|_| true)?)));
        if let Some((words, places)) = occurrence {
            let text: Vec<&str> = places.iter().map(|it| words[*it].word.as_str()).collect();
            found.push(text.join(" "));
        }
    }
    found
}

fn decide<'a>(scored: &[(&'a Vertical, Score)], generic: &'a Vertical) -> (&'a Vertical, String) {
    let Some((best, score)) = scored.first() else {
        return (generic, "There is no vertical but generic.".to_owned());
    };
    let next = scored.get(1).map_or(0.0, |it| it.1.total);
    let fault = if score.names < NAMES_AT_LEAST {
        "too few collections have names of its field"
    } else if score.total < SURE {
        "too little speaks for it"
    } else if score.total - next < LEAD {
        "the next one is as likely"
    } else {
        let reason = format!(
            "The graph looks like {} ({:.2}): {}.",
            best.name, score.total, score.why
        );
        return (best, reason);
    };
    let reason = format!(
        "No vertical is sure enough, so generic is used; the nearest is {} ({:.2}), but {fault}.",
        best.name, score.total
    );
    (generic, reason)
}

fn listed(items: &[String]) -> String {
    if items.is_empty() {
        "none".to_owned()
    } else {
        items.join(", ")
    }
}
