//! Loads verticals, checks them, and decides which one a run speaks.
//!
//! `auto` weighs what the collections and attributes are called and what the briefs say. It
//! abstains to `generic` unless the names agree, because a vertical that is wrong answers
//! questions that nobody has.

use std::path::PathBuf;

use super::cues::cues;
use super::evidence::members_fault;
use super::naming::{speaks_of, words};
use super::tokens::tokens;
use serde::{Deserialize, Serialize};

use crate::algorithms::Algorithm;
use crate::assets::{AssetError, Assets};
use crate::model::{
    document::Document,
    schema::Census,
    vertical::{Pattern, Topic, Vertical},
};

/// Name of the vertical that all others are read together with.
pub const GENERIC: &str = "generic";

/// Where example sentences stand, one file for each vertical that has some.
const EXAMPLES: &str = "verticals/examples/";
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

/// A vertical that cannot be used; messages complete the sentence "failed to …: {error}".
#[derive(Debug, thiserror::Error)]
pub enum VerticalError {
    /// TOML that does not parse, or keys that do not exist.
    #[error("{file}, line {line}: {reason}")]
    Malformed {
        /// The file.
        file: String,
        /// Where, from 1.
        line: usize,
        /// What the parser said.
        reason: String,
    },
    /// A vertical that contradicts itself or the registry.
    #[error("{file}, line {line}: {fault}")]
    Unsound {
        /// The file.
        file: String,
        /// Where, from 1.
        line: usize,
        /// What is wrong, and what would be right.
        fault: String,
    },
    /// No vertical has the name.
    #[error("there is no vertical `{name}`; there are {}, `auto`, or the path of a .toml file", known.join(", "))]
    Unknown {
        /// The name.
        name: String,
        /// Those that exist.
        known: Vec<String>,
    },
    /// An asset that cannot be had.
    #[error(transparent)]
    Asset(#[from] AssetError),
}

/// All verticals of the assets in name order, checked.
pub fn load(assets: &Assets) -> Result<Vec<Vertical>, VerticalError> {
    let mut texts = Vec::new();
    for path in assets.list("verticals/") {
        if path.ends_with(".toml") {
            texts.push((assets.text(&path)?, path));
        }
    }
    let mut verticals = Vec::new();
    for (text, path) in &texts {
        let mut vertical = parse(path, text)?;
        let examples = format!("{EXAMPLES}{}.txt", vertical.name);
        if assets.list(EXAMPLES).contains(&examples) {
            add_examples(&mut vertical, &examples, &assets.text(&examples)?)?;
        }
        verticals.push(vertical);
    }
    let named = |path: &&String| {
        let known = |it: &Vertical| format!("{EXAMPLES}{}.txt", it.name) == **path;
        verticals.iter().any(known)
    };
    if let Some(path) = assets.list(EXAMPLES).iter().find(|it| !named(it)) {
        return Err(VerticalError::Unsound {
            file: path.clone(),
            line: 1,
            fault: "these examples belong to no vertical; name the file after one".to_owned(),
        });
    }
    let generic = verticals.iter().find(|it| it.name == GENERIC).cloned();
    for (vertical, (text, path)) in verticals.iter().zip(&texts) {
        check(vertical, generic.as_ref(), path, text)?;
    }
    Ok(verticals)
}

/// Reads a vertical from TOML; `file` names it in errors.
pub fn parse(file: &str, text: &str) -> Result<Vertical, VerticalError> {
    toml::from_str(text).map_err(|error| VerticalError::Malformed {
        file: file.to_owned(),
        line: error.span().map_or(1, |it| line_of(text, it.start)),
        reason: error.message().to_owned(),
    })
}

/// Adds the example sentences of a file to those that the vertical has itself: one a line, under the
/// topic's id, `background` or `other` in brackets; lines that begin with `#` are notes.
fn add_examples(vertical: &mut Vertical, file: &str, text: &str) -> Result<(), VerticalError> {
    let unsound = |line: usize, fault: String| VerticalError::Unsound {
        file: file.to_owned(),
        line,
        fault,
    };
    let mut examples: Option<&mut Vec<String>> = None;
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        let heading = line.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match heading {
            Some("background") => examples = Some(&mut vertical.background),
            Some("other") => examples = Some(&mut vertical.other),
            Some(id) => {
                let known: Vec<&str> = vertical.topics.iter().map(|it| it.id.as_str()).collect();
                let fault = format!(
                    "the vertical {} has no topic `{id}`; it has {}, `background` and `other`",
                    vertical.name,
                    known.join(", ")
                );
                let topic = vertical.topics.iter_mut().find(|it| it.id == id);
                examples = Some(&mut topic.ok_or_else(|| unsound(number, fault))?.examples);
            }
            None => match &mut examples {
                Some(_) if tokens(line).is_empty() => {
                    return Err(unsound(
                        number,
                        "an example without words; take it out".to_owned(),
                    ));
                }
                Some(examples) => examples.push(line.to_owned()),
                None => {
                    let fault = "a sentence before the first topic; write `[id]` above it".to_owned();
                    return Err(unsound(number, fault));
                }
            },
        }
    }
    Ok(())
}

/// Checks that ids are unique, topics exist, algorithms exist and weights can be reached.
pub fn check(
    vertical: &Vertical,
    generic: Option<&Vertical>,
    file: &str,
    text: &str,
) -> Result<(), VerticalError> {
    let unsound = |needle: &str, nth: usize, fault: String| VerticalError::Unsound {
        file: file.to_owned(),
        line: text
            .match_indices(needle)
            .nth(nth)
            .map_or(1, |it| line_of(text, it.0)),
        fault,
    };
    let generic_topics = generic.into_iter().flat_map(|it| &it.topics);
    let topics: Vec<&str> = vertical
        .topics
        .iter()
        .chain(generic_topics)
        .map(|it| it.id.as_str())
        .collect();
    for (ids, what) in [
        (
            vertical.topics.iter().map(|it| &it.id).collect::<Vec<_>>(),
            "topics",
        ),
        (vertical.patterns.iter().map(|it| &it.id).collect(), "patterns"),
    ] {
        if let Some(id) = repeated(&ids) {
            let needle = format!("id = \"{id}\"");
            return Err(unsound(
                &needle,
                1,
                format!("two {what} have the id `{id}`; rename one"),
            ));
        }
    }
    for topic in &vertical.topics {
        if let Some(fault) = topic_fault(topic) {
            return Err(unsound(&format!("id = \"{}\"", topic.id), 0, fault));
        }
    }
    for pattern in &vertical.patterns {
        let at = format!("id = \"{}\"", pattern.id);
        if !topics.contains(&pattern.topic.as_str()) {
            let fault = format!(
                "pattern `{}` answers the topic `{}`, which does not exist; topics are {}",
                pattern.id,
                pattern.topic,
                topics.join(", ")
            );
            return Err(unsound(&at, 0, fault));
        }
        let fault = match Algorithm::find(&pattern.algorithm) {
            Ok(algorithm) => members_fault(&pattern.detector, algorithm),
            Err(error) => Some(error.to_string()),
        };
        if let Some(fault) = fault {
            return Err(unsound(&at, 0, format!("pattern `{}`: {fault}", pattern.id)));
        }
    }
    Ok(())
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

fn topic_fault(topic: &Topic) -> Option<String> {
    let reach: f64 = topic.cues.iter().map(|it| it.weight).sum();
    let odd = topic
        .cues
        .iter()
        .find(|it| !(it.weight > 0.0 && it.weight <= 1.0));
    if words(&topic.id).is_empty() || topic.title.is_empty() {
        Some(format!("the topic `{}` needs an id and a title", topic.id))
    } else if let Some(group) = odd {
        Some(format!(
            "topic `{}` has a cue group of weight {}; weights lie above 0 and up to 1",
            topic.id, group.weight
        ))
    } else if !topic.cues.is_empty() && reach < 1.0 {
        Some(format!(
            "no passage can ask the topic `{}`: its weights add up to {reach}, and 1 is needed",
            topic.id
        ))
    } else {
        None
    }
}

fn repeated<'a>(ids: &[&'a String]) -> Option<&'a str> {
    let mut sorted: Vec<&String> = ids.to_vec();
    sorted.sort();
    sorted
        .windows(2)
        .find(|it| it[0] == it[1])
        .map(|it| it[0].as_str())
}

fn line_of(text: &str, at: usize) -> usize {
    let end = at.min(text.len());
    text.as_bytes()[..end].iter().filter(|it| **it == b'\n').count() + 1
}

fn listed(items: &[String]) -> String {
    if items.is_empty() {
        "none".to_owned()
    } else {
        items.join(", ")
    }
}
