//! Makes claims from a pattern's wording: facts by name, the field's words, singular and plural.
//!
//! In wording, `{name}` is a fact, `{word:vertex}` and `{words:vertex}` the field's word for it,
//! and `{pick:name:one|many}` the first text where the fact is 1, else the second. A plural right
//! after a fact that is 1 becomes singular. Digits come from facts only.

use std::collections::BTreeMap;

use super::naming::{plural, singular, words};
use crate::model::{
    fact::{Claim, FactValue},
    format::{Piece, pieces},
    id::{ClaimId, FactId},
    template::Projection,
    vertical::Vertical,
};

/// The words of one pattern's sentences.
pub(super) struct Speech<'a> {
    vertical: &'a Vertical,
    vertex: Option<String>,
    /// Facts by name, or why there is none.
    values: &'a BTreeMap<String, Result<FactValue, String>>,
}

impl<'a> Speech<'a> {
    /// Words for what `projection` shows: a single vertex collection is called by its own name.
    pub(super) fn new(
        vertical: &'a Vertical,
        projection: &Projection,
        values: &'a BTreeMap<String, Result<FactValue, String>>,
    ) -> Self {
        let vertex = match projection.vertices.as_slice() {
            [only] => Some(words(only).join(" ")).filter(|it| !it.is_empty()),
            _ => None,
        };
        Self {
            vertical,
            vertex,
            values,
        }
    }

    /// The field's word for a neutral one.
    pub(super) fn word(&self, neutral: &str) -> String {
        let own = self.vertex.clone().filter(|_| neutral == "vertex");
        let known = || self.vertical.vocabulary.get(neutral).cloned();
        own.or_else(known).unwrap_or_else(|| neutral.to_owned())
    }

    /// A claim that cites facts by name, or why it cannot be made.
    pub(super) fn claim(&self, id: ClaimId, wording: &str) -> Result<Claim, String> {
        let mut text = String::new();
        let mut facts: Vec<FactId> = Vec::new();
        let mut rest = wording;
        while let Some(at) = rest.find(['{', '}']) {
            text.push_str(&rest[..at]);
            let tail = &rest[at..];
            if tail.starts_with("{{") || tail.starts_with("}}") {
                text.push_str(&tail[..2]);
                rest = &tail[2..];
                continue;
            }
            let (inside, after) = tail
                .strip_prefix('{')
                .and_then(|it| it.split_once('}'))
                .ok_or_else(|| "its wording has an unmatched brace".to_owned())?;
            rest = after;
            if let Some(neutral) = inside.strip_prefix("words:") {
                let word = self.word(neutral);
                text.push_str(&if self.follows_one(&text) {
                    word
                } else {
                    plural(&word)
                });
            } else if let Some(neutral) = inside.strip_prefix("word:") {
                text.push_str(&self.word(neutral));
            } else if let Some(choice) = inside.strip_prefix("pick:") {
                text.push_str(self.pick(choice)?);
            } else {
                self.value(inside)?;
                text.push_str(&format!("{{{inside}}}"));
                let id = FactId::from(inside);
                if !facts.contains(&id) {
                    facts.push(id);
                }
            }
        }
        text.push_str(rest);
        Ok(Claim {
            id,
            text: capitalised(&text),
            facts,
            by_model: false,
        })
    }

    /// Words without facts; a text that cites one is kept as it stands.
    pub(super) fn plain(&self, wording: &str) -> String {
        match self.claim(ClaimId::default(), wording) {
            Ok(claim) if claim.facts.is_empty() => claim.text,
            Ok(_) | Err(_) => wording.to_owned(),
        }
    }

    /// The value of a fact, if it has one.
    pub(super) fn fact(&self, name: &str) -> Option<&FactValue> {
        self.value(name).ok()
    }

    fn value(&self, name: &str) -> Result<&FactValue, String> {
        match self.values.get(name) {
            Some(Ok(value)) => Ok(value),
            Some(Err(reason)) => Err(format!("fact `{name}`: {reason}")),
            None => Err(format!("the pattern has no fact `{name}`")),
        }
    }

    /// Whether the text so far ends with a fact that is 1.
    fn follows_one(&self, text: &str) -> bool {
        let last = text
            .trim_end()
            .strip_suffix('}')
            .and_then(|it| it.rsplit_once('{'))
            .and_then(|(_, name)| self.values.get(name));
        matches!(last, Some(Ok(FactValue::Integer(1))))
    }

    fn pick<'t>(&self, choice: &'t str) -> Result<&'t str, String> {
        let parts = choice
            .split_once(':')
            .and_then(|(name, forms)| Some((name, forms.split_once('|')?)));
        let (name, (one, many)) = parts.ok_or_else(|| format!("its wording has a bad choice `{choice}`"))?;
        Ok(if matches!(self.value(name)?, FactValue::Integer(1)) {
            one
        } else {
            many
        })
    }
}

/// The claim with fact names replaced by the ids that they were given.
pub(super) fn numbered(claim: Claim, ids: &BTreeMap<String, FactId>) -> Claim {
    let id_of = |name: &FactId| ids.get(&name.0).cloned().unwrap_or_else(|| name.clone());
    let mut text = String::new();
    for piece in pieces(&claim.text) {
        match piece {
            Piece::Words(words) => text.push_str(&words.replace('{', "{{").replace('}', "}}")),
            Piece::Fact(name) => text.push_str(&format!("{{{}}}", id_of(&name))),
        }
    }
    Claim {
        id: claim.id,
        text,
        facts: claim.facts.iter().map(id_of).collect(),
        by_model: claim.by_model,
    }
}

/// A column's name as the head of a table: `@lead_time` → `Lead time`.
pub(super) fn headed(column: &str) -> String {
    let name = column.trim_start_matches('@');
    let name = name
        .strip_suffix("_labels")
        .or_else(|| name.strip_suffix("_label"))
        .unwrap_or(name);
    let mut parts: Vec<String> = name.split(['_', ' ', '-']).map(str::to_lowercase).collect();
    if let Some(last) = parts.last_mut().filter(|_| column.ends_with("_label")) {
        *last = singular(last);
    }
    capitalised(&parts.join(" "))
}

/// The text with a capital first letter, unless a fact comes first.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(wording: &str) -> Result<String, String> {
        let vertical = Vertical {
            vocabulary: BTreeMap::from([("vertex".to_owned(), "account".to_owned())]),
            ..Vertical::default()
        };
        let values = BTreeMap::from([
            ("one".to_owned(), Ok(FactValue::Integer(1))),
            ("many".to_owned(), Ok(FactValue::Integer(7))),
            ("broken".to_owned(), Err("no row passes".to_owned())),
        ]);
        let speech = Speech::new(&vertical, &Projection::default(), &values);
        speech.claim("x.1".into(), wording).map(|it| it.text)
    }

    #[test]
    fn plurals_follow_the_fact_before_them() {
        assert_eq!(claim("{many} {words:vertex}").unwrap(), "{many} accounts");
        assert_eq!(claim("{one} {words:vertex}").unwrap(), "{one} account");
        assert_eq!(
            claim("{words:vertex} {pick:one:is|are} cut").unwrap(),
            "Accounts is cut"
        );
    }

    #[test]
    fn a_claim_without_its_fact_says_which() {
        assert_eq!(claim("{broken} x").unwrap_err(), "fact `broken`: no row passes");
        assert!(claim("{unknown}").unwrap_err().contains("unknown"));
        assert!(claim("{open").is_err());
    }

    #[test]
    fn numbering_keeps_literal_braces_literal() {
        let claim = Claim {
            id: "x".into(),
            text: "{{a}} {many}".to_owned(),
            facts: vec!["many".into()],
            by_model: false,
        };
        let ids = BTreeMap::from([("many".to_owned(), FactId::from("F4"))]);
        let numbered = numbered(claim, &ids);
        assert_eq!(numbered.text, "{{a}} {F4}");
        assert_eq!(numbered.facts, ["F4".into()]);
    }

    #[test]
    fn heads_are_words() {
        assert_eq!(headed("@lead_time"), "Lead time");
        assert_eq!(headed("community_label"), "Community");
        assert_eq!(headed("members_labels"), "Members");
    }
}
