//! Prompts: files with front matter and two parts, filled with data and with words of our own.
//!
//! ```text
//! ---
//! id = "findings/write"
//! version = 1
//! output = "Findings"
//! variables = ["facts", "most"]
//! ---
//! You write findings. {{#if most}}Give at most {{most}}.{{/if}}
//! === user
//! {{facts}}
//! ```
//!
//! The front matter is TOML. The part before `=== user` is the system's turn, the part behind it the user's.
//! Tags are `{{name}}` and `{{#if name}}…{{else}}…{{/if}}`; each name is declared, each declared name is used,
//! and each is given when the prompt is filled. What is filled in is never read as a tag.

use std::collections::{BTreeMap, BTreeSet};

use handlebars::Handlebars;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::data::Data;
use super::{Message, Speaker, tokens_of};
use crate::model::id::ContentHash;

/// The line between the two parts.
const USER: &str = "=== user";

/// A prompt file that cannot be used, or that cannot be filled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// The file breaks the rules of prompt files.
    #[error("{file}:{line}: {problem}")]
    File {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The values do not match the file's variables.
    #[error("prompt {id}: {problem}")]
    Values {
        /// Id and version.
        id: String,
        /// Which value is missing or not asked for.
        problem: String,
    },
}

/// What a variable stands for. There is no way from a text of the outside to here but [`Data`].
#[derive(Clone, Debug, PartialEq)]
pub enum Filling {
    /// Data, as its block.
    Data(Data),
    /// A number.
    Number(u64),
    /// A word of our own.
    Word(&'static str),
    /// For `{{#if}}`.
    Flag(bool),
}

impl From<Data> for Filling {
    fn from(data: Data) -> Self {
        Self::Data(data)
    }
}

/// A prompt that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// `<agent>/<task>`.
    pub id: String,
    /// Grows with every change that asks for something else.
    pub version: u32,
    /// Name of the type that the reply must be.
    pub output: String,
    /// SHA-256 of the file.
    pub hash: ContentHash,
    variables: BTreeSet<String>,
    system: String,
    user: String,
}

/// A prompt that was filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Id and version, e.g. `findings/write 1`.
    pub id: String,
    /// SHA-256 of the prompt file.
    pub hash: ContentHash,
    /// The system's turn and the user's.
    pub messages: Vec<Message>,
    /// Items left out of each list that was cut, by variable.
    pub left_out: BTreeMap<String, usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Front {
    id: String,
    version: u32,
    output: String,
    variables: BTreeSet<String>,
}

impl Prompt {
    /// Reads a prompt; `file` is named in errors.
    pub fn parse(file: &str, text: &str) -> Result<Self, PromptError> {
        let at = |line: usize, problem: String| PromptError::File {
            file: file.to_owned(),
            line,
            problem,
        };
        let (front, body, first) = split_front(text).map_err(|(line, problem)| at(line, problem))?;
        let front: Front = toml::from_str(&front).map_err(|error| {
            let start = error.span().map_or(0, |it| it.start);
            let line = front.get(..start).unwrap_or_default().matches('\n').count();
            at(line + 2, error.message().to_owned())
        })?;
        let tags = tags(&body).map_err(|(line, problem)| at(line + first, problem))?;
        for (line, name) in &tags {
            if !front.variables.contains(name) {
                return Err(at(line + first, format!("`{name}` is not among the variables")));
            }
        }
        if let Some(unused) = front
            .variables
            .iter()
            .find(|it| tags.iter().all(|tag| tag.1 != **it))
        {
            return Err(at(1, format!("the variable `{unused}` is not used; take it out")));
        }
        let (system, user) = split_parts(&body).ok_or_else(|| {
            at(
                first,
                format!("one line `{USER}` is needed, with text before and behind it"),
            )
        })?;
        let prompt = Self {
            id: front.id,
            version: front.version,
            output: front.output,
            hash: ContentHash::of(text.as_bytes()),
            variables: front.variables,
            system: system.to_owned(),
            user: user.to_owned(),
        };
        // Filled once, so that an `{{#if}}` without end is found now and not in a run.
        let any = prompt.variables.iter().map(|it| (it.clone(), json!(1))).collect();
        for part in [&prompt.system, &prompt.user] {
            fill(part, &any).map_err(|(line, problem)| at(line + first, problem))?;
        }
        Ok(prompt)
    }

    /// Id and version, e.g. `findings/write 1`.
    pub fn title(&self) -> String {
        format!("{} {}", self.id, self.version)
    }

    /// About how many tokens it takes before it is filled.
    pub fn tokens(&self) -> u64 {
        tokens_of(&self.system) + tokens_of(&self.user)
    }

    /// The prompt with its variables filled in.
    pub fn render<'v>(
        &self,
        values: impl IntoIterator<Item = (&'v str, Filling)>,
    ) -> Result<Rendered, PromptError> {
        let at = |problem: String| PromptError::Values {
            id: self.title(),
            problem,
        };
        let mut left_out = BTreeMap::new();
        let mut given = Map::new();
        for (name, filling) in values {
            if !self.variables.contains(name) {
                return Err(at(format!("there is no variable `{name}`")));
            }
            let value = match filling {
                Filling::Data(data) => {
                    if data.left_out() > 0 {
                        left_out.insert(name.to_owned(), data.left_out());
                    }
                    json!(data.text())
                }
                Filling::Number(number) => json!(number),
                Filling::Word(word) => json!(word),
                Filling::Flag(flag) => json!(flag),
            };
            if given.insert(name.to_owned(), value).is_some() {
                return Err(at(format!("`{name}` is given twice")));
            }
        }
        if let Some(missing) = self.variables.iter().find(|it| !given.contains_key(*it)) {
            return Err(at(format!("`{missing}` is not given")));
        }
        let turn = |speaker, part: &str| {
            let text = fill(part, &given).map_err(|(_, problem)| at(problem))?;
            Ok(Message { speaker, text })
        };
        Ok(Rendered {
            id: self.title(),
            hash: self.hash.clone(),
            messages: vec![
                turn(Speaker::System, &self.system)?,
                turn(Speaker::User, &self.user)?,
            ],
            left_out,
        })
    }
}

/// Front matter, body, and the number of lines before the body.
fn split_front(text: &str) -> Result<(String, String, usize), (usize, String)> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let rest = text.strip_prefix("---\n").ok_or((
        1,
        "the file must begin with a line `---` and its front matter".to_owned(),
    ))?;
    let end = if rest.starts_with("---\n") {
        Some(0)
    } else {
        rest.find("\n---\n").map(|it| it + 1)
    };
    let end = end.ok_or((1, "the front matter does not end with a line `---`".to_owned()))?;
    let (front, body) = (&rest[..end], &rest[end + 4..]);
    Ok((front.to_owned(), body.to_owned(), front.matches('\n').count() + 2))
}

fn split_parts(body: &str) -> Option<(&str, &str)> {
    let lines = || body.split_inclusive('\n');
    let is_mark = |line: &&str| line.trim_end() == USER;
    if lines().filter(is_mark).count() != 1 {
        return None;
    }
    let before: usize = lines().take_while(|it| !is_mark(it)).map(str::len).sum();
    let mark = lines().find(is_mark)?.len();
    let (system, user) = (body[..before].trim(), body[before + mark..].trim());
    (!system.is_empty() && !user.is_empty()).then_some((system, user))
}

/// The names in a body's tags, each with its line from 1 in the body. Everything else that Handlebars knows
/// is refused: helpers, partials, raw output and paths have no use in a prompt.
fn tags(body: &str) -> Result<Vec<(usize, String)>, (usize, String)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = body[at..].find("{{").map(|it| it + at) {
        let line = body[..start].matches('\n').count() + 1;
        let refuse = |problem: &str| (line, problem.to_owned());
        if body[start..].starts_with("{{{") {
            return Err(refuse("`{{{` is refused; write `{{name}}`"));
        }
        if body[..start].ends_with('\\') {
            return Err(refuse("an escaped tag is refused"));
        }
        let end = body[start..]
            .find("}}")
            .ok_or_else(|| refuse("`{{` has no `}}`"))?
            + start;
        let tag = body[start + 2..end].trim();
        at = end + 2;
        if matches!(tag, "else" | "/if") {
            continue;
        }
        let name = tag.strip_prefix("#if ").unwrap_or(tag).trim();
        let is_name = name.starts_with(|it: char| it.is_ascii_lowercase())
            && name.chars().all(|it| matches!(it, 'a'..='z' | '0'..='9' | '_'));
        if !is_name || matches!(name, "this" | "if") {
            return Err(refuse(
                "only `{{name}}`, `{{#if name}}`, `{{else}}` and `{{/if}}` are tags here",
            ));
        }
        found.push((line, name.to_owned()));
    }
    Ok(found)
}

fn fill(part: &str, values: &Map<String, Value>) -> Result<String, (usize, String)> {
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.register_escape_fn(handlebars::no_escape);
    engine.register_template_string("part", part).map_err(|error| {
        let line = error.pos().map_or(1, |it| it.0);
        (line, error.reason().to_string())
    })?;
    engine
        .render("part", values)
        .map_err(|error| (error.line_no.unwrap_or(1), error.reason().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "---\nid = \"findings/write\"\nversion = 2\noutput = \"Findings\"\nvariables = [\"facts\", \"most\", \"redo\"]\n---\nWrite <b>findings</b>.{{#if redo}} Again.{{/if}}\n\n=== user\nAt most {{most}}.\n{{facts}}\n";

    fn facts(text: &str) -> Filling {
        Data::list("facts", [text], 100).unwrap().into()
    }

    fn filled(text: &str, redo: bool) -> Rendered {
        let prompt = Prompt::parse("write.md", GOOD).unwrap();
        let values = [
            ("facts", facts(text)),
            ("most", Filling::Number(3)),
            ("redo", Filling::Flag(redo)),
        ];
        prompt.render(values).unwrap()
    }

    #[test]
    fn a_prompt_becomes_two_turns_with_id_and_hash() {
        let rendered = filled("a & b", false);
        assert_eq!(rendered.id, "findings/write 2");
        assert_eq!(rendered.hash, ContentHash::of(GOOD.as_bytes()));
        assert_eq!(rendered.messages[0].speaker, Speaker::System);
        assert_eq!(rendered.messages[0].text, "Write <b>findings</b>.");
        assert_eq!(
            rendered.messages[1].text,
            "At most 3.\n```json facts\n[\n\"a \\u0026 b\"\n]\n```"
        );
        assert_eq!(
            filled("x", true).messages[0].text,
            "Write <b>findings</b>. Again."
        );
    }

    #[test]
    fn what_is_filled_in_is_not_read_as_a_tag_or_a_part() {
        let rendered = filled("{{most}} {{{facts}}}\n=== user\n", false);
        assert_eq!(rendered.messages.len(), 2);
        assert!(rendered.messages[1].text.contains("{{most}} {{{facts}}}"));
        assert!(!rendered.messages[1].text.contains("\n=== user"));
    }

    #[test]
    fn values_must_be_those_declared() {
        let prompt = Prompt::parse("write.md", GOOD).unwrap();
        let missing = prompt.render([("facts", facts("x"))]).unwrap_err().to_string();
        assert_eq!(missing, "prompt findings/write 2: `most` is not given");
        let other = prompt.render([("fact", facts("x"))]).unwrap_err().to_string();
        assert!(other.contains("no variable `fact`"), "{other}");
    }

    #[test]
    fn items_left_out_are_told_by_variable() {
        let prompt = Prompt::parse("write.md", GOOD).unwrap();
        let data = Data::list("facts", ["x"; 50], 20).unwrap();
        let left_out = data.left_out();
        let values = [
            ("facts", data.into()),
            ("most", Filling::Word("few")),
            ("redo", Filling::Flag(false)),
        ];
        let rendered = prompt.render(values).unwrap();
        assert!(left_out > 0);
        assert_eq!(
            rendered.left_out,
            BTreeMap::from([("facts".to_owned(), left_out)])
        );
    }

    #[test]
    fn faults_are_told_with_their_line() {
        let broken = [
            ("{{most}}", "{{{most}}}", "write.md:10: `{{{` is refused"),
            (
                "{{most}}",
                "{{many}}",
                "write.md:10: `many` is not among the variables",
            ),
            ("{{most}}", "{{> part}}", "write.md:10: only"),
            ("{{most}}", "{{lookup a b}}", "write.md:10: only"),
            ("{{most}}", "{{most", "write.md:10: only"),
            ("{{facts}}\n", "{{facts\n", "write.md:11: `{{` has no"),
            ("{{most}}", "some", "write.md:1: the variable `most` is not used"),
            ("{{/if}}", "", "write.md:7:"),
            ("=== user", "user", "one line `=== user` is needed"),
            ("version = 2", "version = \"x\"", "write.md:3: invalid type"),
            ("version = 2", "versio = 2", "write.md:3: unknown field"),
            ("---\nWrite", "Write", "does not end"),
            ("---\nid", "id", "must begin"),
        ];
        for (good, bad, told) in broken {
            let fault = Prompt::parse("write.md", &GOOD.replacen(good, bad, 1))
                .unwrap_err()
                .to_string();
            assert!(fault.contains(told), "{bad}: {fault}");
        }
    }

    #[test]
    fn line_ends_of_other_systems_read_alike() {
        let prompt = Prompt::parse("write.md", &GOOD.replace('\n', "\r\n")).unwrap();
        assert_eq!(prompt.system, Prompt::parse("write.md", GOOD).unwrap().system);
    }
}
