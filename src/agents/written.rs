//! What a model writes of a report: sentences proposed, judged one by one, and put in where they hold.
//!
//! The findings themselves are not the model's: instances, evidence, severity and facts stand before it is
//! asked. It may say them better. A sentence that does not hold is shown to it once, then left out and
//! counted; where nothing of the model's holds, the vertical's own sentence stands.

use std::collections::BTreeSet;

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::findings::claims;
use super::prose::{Ground, Said, WordBook, sentence_faults};
use crate::model::{
    fact::{Claim, Derivation, Fact},
    finding::{Finding, Recommendation},
    format::{Piece, pieces, render},
    id::{ClaimId, FactId, FindingId},
    report::Report,
};

/// Words of a headline at most.
const HEADLINE_WORDS: usize = 25;

/// Claims beside headline, meaning and action of one finding at most.
const MOST_CLAIMS: usize = 4;

/// The sentences of a report's findings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
pub struct Prose {
    /// One entry for each finding that is worth rewording.
    #[garde(length(max = 12), dive)]
    pub findings: Vec<FindingProse>,
}

/// The sentences of one finding; an empty one keeps what there is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
pub struct FindingProse {
    /// Id of the finding.
    #[garde(length(max = 120))]
    pub finding: String,
    /// One sentence of at most 25 words with the fact that matters most.
    #[garde(length(chars, max = 400))]
    pub headline: String,
    /// Up to 4 further sentences, each citing facts.
    #[garde(length(max = 4), inner(length(chars, max = 400)))]
    pub claims: Vec<String>,
    /// What it means for the sponsor.
    #[garde(length(chars, max = 400))]
    pub so_what: String,
    /// What to do first.
    #[garde(length(chars, max = 400))]
    pub action: String,
}

/// Sentences that were shown to the model with their faults, written anew.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
pub struct Mended {
    /// The sentences.
    #[garde(length(max = 40), dive)]
    pub sentences: Vec<MendedSentence>,
}

/// A sentence written anew.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
pub struct MendedSentence {
    /// Where it stands, as it was named.
    #[garde(length(max = 160))]
    pub place: String,
    /// The sentence; empty where it is better left out.
    #[garde(length(chars, max = 400))]
    pub text: String,
}

/// Which sentence of a finding is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The headline.
    Headline,
    /// A further sentence, from 0.
    Claim(usize),
    /// What it means.
    SoWhat,
    /// What to do.
    Action,
}

/// A sentence proposed for a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The finding.
    pub finding: FindingId,
    /// Which of its sentences.
    pub part: Part,
    /// The sentence, with facts as `{F1}`.
    pub text: String,
}

/// A proposal that does not hold, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The proposal.
    pub proposal: Proposal,
    /// Its faults, each with what to do.
    pub faults: Vec<String>,
}

impl Proposal {
    /// Its place in one word, for the model and for people.
    pub fn place(&self) -> String {
        let part = match self.part {
            Part::Headline => "headline".to_owned(),
            Part::Claim(at) => format!("claim {}", at + 1),
            Part::SoWhat => "so_what".to_owned(),
            Part::Action => "action".to_owned(),
        };
        format!("{}: {part}", self.finding)
    }
}

/// The sentences of `prose`, empty ones aside.
pub fn proposals(prose: &Prose) -> Vec<Proposal> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    // What is said of a finding for a second time would stand in the places of the first.
    for finding in prose
        .findings
        .iter()
        .filter(|it| seen.insert(it.finding.as_str()))
    {
        let mut add = |part, text: &String| {
            if !text.trim().is_empty() {
                found.push(Proposal {
                    finding: FindingId(finding.finding.clone()),
                    part,
                    text: text.trim().to_owned(),
                });
            }
        };
        add(Part::Headline, &finding.headline);
        for (at, claim) in finding.claims.iter().take(MOST_CLAIMS).enumerate() {
            add(Part::Claim(at), claim);
        }
        add(Part::SoWhat, &finding.so_what);
        add(Part::Action, &finding.action);
    }
    found
}

/// The rejected sentences as the model wrote them anew; those it left out are gone.
pub fn mended(rejected: &[Rejected], answer: &Mended) -> Vec<Proposal> {
    let anew = |it: &Rejected| {
        let place = it.proposal.place();
        let found = answer.sentences.iter().find(|sentence| sentence.place == place)?;
        let text = found.text.trim();
        (!text.is_empty()).then(|| Proposal {
            text: text.to_owned(),
            ..it.proposal.clone()
        })
    };
    rejected.iter().filter_map(anew).collect()
}

/// Parts the proposals that hold from those that do not.
pub fn judged(
    proposals: Vec<Proposal>,
    report: &Report,
    labels: &BTreeSet<String>,
    book: &WordBook,
) -> (Vec<Proposal>, Vec<Rejected>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for proposal in proposals {
        let faults = match finding(report, &proposal.finding) {
            Some(finding) => faults(&proposal, finding, report, labels, book),
            None => vec![format!("there is no finding `{}`", proposal.finding)],
        };
        if faults.is_empty() {
            good.push(proposal);
        } else {
            bad.push(Rejected { proposal, faults });
        }
    }
    (good, bad)
}

fn faults(
    proposal: &Proposal,
    finding: &Finding,
    report: &Report,
    labels: &BTreeSet<String>,
    book: &WordBook,
) -> Vec<String> {
    let is_advice = matches!(proposal.part, Part::SoWhat | Part::Action);
    let own = facts_of(finding, report);
    let said = said(finding, report, &own, is_advice);
    let ground = Ground {
        facts: &own,
        labels,
        book,
        said: &said,
        is_advice,
    };
    let foreign = cited(&proposal.text)
        .into_iter()
        .find(|id| report.facts.iter().any(|it| it.id == *id) && own.iter().all(|it| it.id != *id));
    if let Some(id) = foreign {
        return vec![format!(
            "{{{id}}} belongs to another finding; cite facts of {}",
            finding.id
        )];
    }
    let mut faults = sentence_faults(&proposal.text, &ground);
    let cites = pieces(&proposal.text)
        .iter()
        .any(|it| matches!(it, Piece::Fact(_)));
    match proposal.part {
        Part::Headline | Part::Claim(_) if !cites && faults.is_empty() => {
            faults.push("it cites no fact; every headline and claim cites one".to_owned());
        }
        Part::Headline if proposal.text.split_whitespace().count() > HEADLINE_WORDS => {
            faults.push(format!("a headline has at most {HEADLINE_WORDS} words"));
        }
        Part::Action if finding.action.is_none() => {
            faults.push("nothing was found here, so there is nothing to do".to_owned());
        }
        Part::Headline | Part::Claim(_) | Part::SoWhat | Part::Action => {}
    }
    faults
}

fn finding<'a>(report: &'a Report, id: &FindingId) -> Option<&'a Finding> {
    report
        .findings
        .iter()
        .chain(&report.null_findings)
        .find(|it| it.id == *id)
}

/// The facts that a finding may cite.
fn facts_of(finding: &Finding, report: &Report) -> Vec<Fact> {
    let own = report.facts.iter().filter(|it| is_of(it, finding, &report.facts));
    own.cloned().collect()
}

/// What is said of a finding's facts before a model says it; its caveats too where they may be reasons.
fn said(finding: &Finding, report: &Report, facts: &[Fact], is_advice: bool) -> Said {
    let said = Said::new(claims(finding).map(|it| it.text.as_str()), facts)
        .with(&finding.title)
        .with(&report.use_case.question);
    let caveats = finding.caveats.iter().filter(|_| is_advice);
    caveats.fold(said, |said, it| said.with(it))
}

/// Whether a fact may be cited by a finding: it rests on the same execution, on the schema or on the brief.
fn is_of(fact: &Fact, finding: &Finding, facts: &[Fact]) -> bool {
    if let Derivation::Ratio { numerator, .. } = &fact.derivation {
        let above = facts.iter().find(|it| it.id.0 == *numerator);
        return above.is_none_or(|it| is_of(it, finding, facts));
    }
    fact.execution.as_ref().is_none_or(|it| *it == finding.template)
}

/// Facts that a text cites, in order of first appearance.
pub(super) fn cited(text: &str) -> Vec<FactId> {
    let mut found: Vec<FactId> = Vec::new();
    for piece in pieces(text) {
        if let Piece::Fact(id) = piece
            && !found.contains(&id)
        {
            found.push(id);
        }
    }
    found
}

/// Puts sentences that hold into the report. A model's claims come before the vertical's, of which those stay
/// whose facts they do not all cite.
pub fn put_in(report: &mut Report, good: &[Proposal]) {
    for finding in report.findings.iter_mut().chain(&mut report.null_findings) {
        let own: Vec<&Proposal> = good.iter().filter(|it| it.finding == finding.id).collect();
        if !own.is_empty() {
            put_into(finding, &own);
        }
    }
}

fn put_into(finding: &mut Finding, own: &[&Proposal]) {
    let mut next = claims(finding).count();
    let prefix = finding.id.clone();
    let mut fresh = || {
        next += 1;
        ClaimId(format!("{prefix}.{next}"))
    };
    let mut written = Vec::new();
    for proposal in own {
        let sentence = |id: ClaimId| Claim {
            id,
            text: proposal.text.clone(),
            facts: cited(&proposal.text),
            by_model: true,
        };
        match proposal.part {
            Part::Headline => finding.headline = sentence(finding.headline.id.clone()),
            Part::Claim(_) => written.push(sentence(fresh())),
            Part::SoWhat => {
                let id = finding.so_what.as_ref().map(|it| it.id.clone());
                finding.so_what = Some(sentence(id.unwrap_or_else(&mut fresh)));
            }
            Part::Action => {
                if let Some(action) = &mut finding.action {
                    let what = sentence(action.what.id.clone());
                    *action = Recommendation {
                        what,
                        ..action.clone()
                    };
                }
            }
        }
    }
    let said = |claim: &Claim| {
        !claim.facts.is_empty()
            && claim
                .facts
                .iter()
                .all(|fact| written.iter().any(|it| it.facts.contains(fact)))
    };
    finding.claims.retain(|it| !said(it));
    finding.claims.splice(0..0, written);
}

/// A finding as the model is shown it.
#[derive(Debug, Serialize)]
pub struct Shown<'a> {
    finding: &'a str,
    title: &'a str,
    severity: String,
    found: bool,
    facts: Vec<ShownFact<'a>>,
    /// The sentences as they stand, with facts as they are cited.
    sentences: Vec<&'a str>,
    caveats: &'a [String],
}

/// A fact as the model is shown it.
#[derive(Debug, Serialize)]
pub(super) struct ShownFact<'a> {
    cite: String,
    name: &'a str,
    value: String,
}

/// The findings of a report as the model is shown them.
pub fn shown(report: &Report) -> Vec<Shown<'_>> {
    let all = report.findings.iter().chain(&report.null_findings);
    all.map(|finding| Shown {
        finding: &finding.id.0,
        title: &finding.title,
        severity: format!("{:?}", finding.severity).to_lowercase(),
        found: finding.found,
        facts: report
            .facts
            .iter()
            .filter(|it| is_of(it, finding, &report.facts))
            .map(shown_fact)
            .collect(),
        sentences: claims(finding).map(|it| it.text.as_str()).collect(),
        caveats: &finding.caveats,
    })
    .collect()
}

pub(super) fn shown_fact(fact: &Fact) -> ShownFact<'_> {
    ShownFact {
        cite: format!("{{{}}}", fact.id),
        name: &fact.name,
        value: render(&fact.value, fact.quantity, &fact.unit),
    }
}
