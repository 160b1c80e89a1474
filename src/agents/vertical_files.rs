//! Reads verticals and their example sentences, and refuses what contradicts itself.

use super::evidence::members_fault;
use super::naming::words;
use super::vertical::GENERIC;
use crate::algorithms::Algorithm;
use crate::assets::{AssetError, Assets};
use crate::model::vertical::{Topic, Vertical};

/// Where example sentences stand, one file for each vertical that has some.
const EXAMPLES: &str = "verticals/examples/";

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
                Some(_) if !line.contains(char::is_alphanumeric) => {
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
