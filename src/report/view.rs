//! What layouts see of claims, severities and findings: texts as they will stand on the page,
//! not yet escaped, each number with the fact that it is.

use serde::Serialize;

use super::escape::anchor;
use super::svg::{Svg, severity_sign};
use super::{Format, ReportError, derivations, words};
use crate::model::fact::{Claim, Fact, FactValue};
use crate::model::format::{Piece, pieces, render};
use crate::model::report::{Report, Verdict};
use crate::model::vertical::Severity as Level;

/// Longest derivation that is shown on hover, and longest value given to machines with a number.
pub(super) const HOVER: usize = 400;

/// A claim in pieces.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Sentence {
    pub claim: String,
    /// Whether it cites nothing: guidance, which nothing verifies.
    pub plain: bool,
    /// Whether a model worded it.
    pub by_model: bool,
    pub pieces: Vec<Part>,
}

/// Words, or a fact put in.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Part {
    pub text: String,
    pub cite: Option<Cite>,
}

/// Where a number in a sentence comes from.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Cite {
    pub fact: String,
    pub claim: String,
    /// Address of the fact's row.
    pub href: String,
    /// The full value.
    pub value: String,
    /// Whether it is a name or names, which need no emphasis.
    pub name: bool,
    /// How it was computed.
    pub how: String,
}

/// A severity: word, shape and class of colour.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Severity {
    pub word: &'static str,
    pub class: String,
    pub sign: Svg,
}

/// How many claims hold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Badge {
    /// `12 of 12 claims verified`.
    pub text: String,
    pub all: bool,
    pub dropped: Vec<String>,
}

/// A use case's report while it is drawn: which facts there are and how their rows are addressed.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub report: &'a Report,
    pub format: Format,
    /// File in front of anchors; empty on the report's own page.
    pub page: &'a str,
}

impl Scope<'_> {
    pub(super) fn fact(&self, id: &str) -> Option<&Fact> {
        self.report.facts.iter().find(|it| it.id.0 == id)
    }

    /// The claim with its facts put in.
    pub(super) fn sentence(&self, claim: &Claim) -> Result<Sentence, ReportError> {
        sentence(claim, |id| {
            let fact = self.fact(id)?;
            Some((fact, self.cite(claim, fact)))
        })
    }

    /// What `fact` is cited by in `claim`.
    pub(super) fn cite(&self, claim: &Claim, fact: &Fact) -> Cite {
        let value = words::full(&fact.value);
        let how = derivations::derivation(fact, &self.report.facts);
        Cite {
            fact: fact.id.0.clone(),
            claim: claim.id.0.clone(),
            href: format!("{}#{}", self.page, anchor("fact", &fact.id.0)),
            how: super::svg::cut(&format!("{} = {value}: {how}", fact.id), HOVER),
            value: super::svg::cut(&value, HOVER),
            name: matches!(fact.value, FactValue::Text(_) | FactValue::List(_)),
        }
    }
}

/// The claim with its facts put in; `find` gives a fact, and what to cite it by.
pub(super) fn sentence<'a>(
    claim: &Claim,
    find: impl Fn(&str) -> Option<(&'a Fact, Cite)>,
) -> Result<Sentence, ReportError> {
    let mut parts = Vec::new();
    // A line of Markdown that begins with blanks may be code.
    for piece in pieces(claim.text.trim_start()) {
        parts.push(match piece {
            Piece::Words(text) => Part { text, cite: None },
            Piece::Fact(id) => {
                let (fact, cite) = find(&id.0).ok_or_else(|| ReportError::UnknownFact {
                    claim: claim.id.0.clone(),
                    fact: id.0.clone(),
                })?;
                Part {
                    text: render(&fact.value, fact.quantity, &fact.unit),
                    cite: Some(cite),
                }
            }
        });
    }
    Ok(Sentence {
        claim: claim.id.0.clone(),
        plain: claim.facts.is_empty() && !claim.by_model,
        by_model: claim.by_model,
        pieces: parts,
    })
}

pub(super) fn severity(level: Level) -> Severity {
    let word = words::severity(level);
    Severity {
        word,
        class: format!("severity-{}", word.to_lowercase()),
        sign: severity_sign(level),
    }
}

pub(super) fn badge(verdict: &Verdict) -> Badge {
    let dropped = verdict.dropped.len() as u64;
    let all = u64::from(verdict.verified) + dropped;
    let mut text = format!(
        "{} of {} verified",
        words::count(u64::from(verdict.verified)),
        words::counted(all, "claim", "claims")
    );
    if dropped > 0 {
        text.push_str(&format!(", {} dropped", words::count(dropped)));
    }
    Badge {
        text,
        all: dropped == 0,
        dropped: verdict.dropped.clone(),
    }
}
