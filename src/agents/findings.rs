//! Turns one result into one finding: detector, facts, sentences, evidence, chart, picture.
//!
//! A sentence whose facts cannot be computed is left out and counted with the reason. Where the
//! detector finds nothing, the finding says what was looked for. Nothing here rounds: facts keep
//! their full value, [`crate::model::format`] writes them.

use std::collections::{BTreeMap, BTreeSet};

use super::brief_numbers::with_settings;
use super::certainty::tags;
use super::charts::chart;
use super::evidence::evidence;
use super::hints::{given, instantiate, unit_of, with_attributes};
use super::pictures::picture;
use super::wording::{Speech, numbered};
use crate::engine::{Detected, EngineError, FactContext, ResultTables, detect, evaluate};
use crate::model::{
    execution::Execution,
    fact::{Claim, Derivation, Fact, FactValue},
    finding::{Finding, Recommendation},
    id::{ClaimId, FactId, FindingId},
    schema::Census,
    template::{Assignment, Template},
    use_case::UseCase,
    vertical::{Detector, FactHint, Pattern, Severity, SeverityRule, Vertical},
};
use crate::source::LoadedGraph;

/// Rows of evidence shown at most, whatever the brief asks for: more make a page that nobody reads,
/// and the result table has them all.
const MOST_ROWS: u32 = 500;

/// What a finding is made from.
#[derive(Clone, Copy, Debug)]
pub struct FindingInput<'a> {
    /// The question.
    pub use_case: &'a UseCase,
    /// How it is answered.
    pub pattern: &'a Pattern,
    /// What was found in the schema for the pattern.
    pub assignment: &'a Assignment,
    /// The field's words.
    pub vertical: &'a Vertical,
    /// What was run.
    pub template: &'a Template,
    /// How it ran.
    pub execution: &'a Execution,
    /// Its complete tables.
    pub tables: &'a ResultTables,
    /// The census of the graph.
    pub census: &'a Census,
    /// The projection in memory, for the picture; without it there is none.
    pub graph: Option<&'a LoadedGraph>,
    /// Number of the finding within the use case, from 1.
    pub number: u32,
    /// Number of the first fact that is free in the report, from 1.
    pub first_fact: u32,
}

/// A finding with the facts that it cites.
#[derive(Clone, Debug, PartialEq)]
pub struct PatternResult {
    /// The finding; a null finding when nothing was found.
    pub finding: Finding,
    /// The facts cited, by number from [`FindingInput::first_fact`].
    pub facts: Vec<Fact>,
    /// Sentences left out, each with its reason.
    pub dropped: Vec<String>,
}

/// The finding of a pattern on a result.
///
/// # Errors
///
/// [`EngineError::Fact`] when the detector names a table or column that the result lacks, or the
/// headline's facts cannot be computed.
pub fn find(input: &FindingInput<'_>) -> Result<PatternResult, EngineError> {
    let detector = detector(input);
    let detected = detect(&detector, input.tables)?;
    let facts = computed(input, &detector);
    let values: BTreeMap<String, Result<FactValue, String>> = facts
        .iter()
        .map(|it| (it.hint.name.clone(), it.value.clone()))
        .collect();
    let speech = Speech::new(input.vertical, &input.template.projection, &values);
    let id = FindingId(format!("{}.{}", input.use_case.id, input.number));
    let mut text = Sentences {
        finding: &id,
        pattern: input.pattern,
        speech: &speech,
        made: 0,
        dropped: Vec::new(),
    };
    let finding = write(input, detector, &detected, &mut text)?;
    let dropped = text.dropped;
    Ok(cited(finding, facts, input, dropped))
}

/// The pattern's detector as it is run here.
fn detector(input: &FindingInput<'_>) -> Detector {
    let detector = with_attributes(&input.pattern.detector, &input.template.projection.attributes);
    let mut detector = with_settings(detector, &input.assignment.from_brief);
    let limit = input.use_case.limit.filter(|_| !detector.all);
    let own = detector.show.unwrap_or(10);
    let rows = match limit {
        // An instance of several rows needs room for more than its first.
        Some(limit) if !detector.group_by.is_empty() => own.max(limit),
        Some(limit) => limit,
        None => own,
    };
    detector.show = Some(rows.min(MOST_ROWS));
    detector
}

/// A fact of the pattern with its value, or why there is none.
struct Computed<'a> {
    hint: &'a FactHint,
    derivation: Derivation,
    value: Result<FactValue, String>,
}

fn computed<'a>(input: &FindingInput<'a>, detector: &Detector) -> Vec<Computed<'a>> {
    let attributes = &input.template.projection.attributes;
    let mut known = BTreeMap::new();
    let mut computed = Vec::new();
    for hint in &input.pattern.facts {
        let derivation = instantiate(hint, detector, input.use_case.limit, input.assignment, attributes);
        let context = FactContext {
            tables: Some(input.tables),
            census: input.census,
            known: &known,
        };
        let value = match &hint.derive {
            Derivation::Given { by } => given(by, input),
            _ => evaluate(&derivation, &context).map_err(|error| error.to_string()),
        };
        if let Ok(value) = &value {
            known.insert(hint.name.clone(), value.clone());
        }
        computed.push(Computed {
            hint,
            derivation,
            value,
        });
    }
    computed
}

/// Makes claims one after the other and counts those left out.
struct Sentences<'a> {
    finding: &'a FindingId,
    pattern: &'a Pattern,
    speech: &'a Speech<'a>,
    made: u32,
    dropped: Vec<String>,
}

impl Sentences<'_> {
    /// The claim, or why it cannot be made. `? ` before a wording marks it as optional.
    fn attempt(&mut self, wording: &str) -> Result<Claim, String> {
        let wording = wording.strip_prefix("? ").unwrap_or(wording);
        let claim = self.speech.claim(self.next_id(), wording)?;
        self.made += 1;
        Ok(claim)
    }

    fn next_id(&self) -> ClaimId {
        ClaimId(format!("{}.{}", self.finding, self.made + 1))
    }

    /// The sentence that a finding cannot do without.
    fn headline(&mut self, wording: &str) -> Result<Claim, EngineError> {
        self.attempt(wording).map_err(|reason| EngineError::Fact {
            name: format!("headline of {}", self.pattern.id),
            reason,
        })
    }

    /// A sentence without facts.
    fn fixed(&mut self, words: &str) -> Claim {
        let id = self.next_id();
        self.made += 1;
        Claim {
            id,
            text: words.to_owned(),
            facts: Vec::new(),
            by_model: false,
        }
    }

    /// The claim; `None`, counted unless optional, when it cannot be made or there is no wording.
    fn claim(&mut self, wording: &str) -> Option<Claim> {
        if wording.is_empty() {
            return None;
        }
        match self.attempt(wording) {
            Ok(claim) => Some(claim),
            Err(_) if wording.starts_with("? ") => None,
            Err(reason) => {
                self.dropped.push(format!(
                    "{}: \"{wording}\" was left out: {reason}",
                    self.pattern.id
                ));
                None
            }
        }
    }
}

/// What a finding says in sentences.
struct Said {
    headline: Claim,
    claims: Vec<Claim>,
    so_what: Option<Claim>,
    severity: Severity,
    severity_reason: Claim,
    action: Option<Claim>,
}

/// What is said of something found.
fn something(pattern: &Pattern, text: &mut Sentences<'_>) -> Result<Said, EngineError> {
    let headline = text.headline(&pattern.wording.headline)?;
    let claims = &pattern.wording.claims;
    let claims = claims.iter().filter_map(|it| text.claim(it)).collect();
    let so_what = text.claim(&pattern.wording.so_what);
    let (severity, severity_reason) = severity(pattern, text);
    Ok(Said {
        headline,
        claims,
        so_what,
        severity,
        severity_reason,
        action: text.claim(&pattern.action.what),
    })
}

/// What is said where nothing was found; then there is nothing to do either.
fn nothing(pattern: &Pattern, text: &mut Sentences<'_>) -> Result<Said, EngineError> {
    let headline = match pattern.wording.nothing.as_str() {
        "" => text.headline("Nothing was found: no {word:vertex} meets the conditions.")?,
        wording => text.headline(wording)?,
    };
    Ok(Said {
        headline,
        claims: Vec::new(),
        so_what: None,
        severity: Severity::Info,
        severity_reason: text.fixed("Nothing was found, so there is nothing to act on."),
        action: None,
    })
}

/// The finding with facts cited by name.
fn write(
    input: &FindingInput<'_>,
    detector: Detector,
    detected: &Detected,
    text: &mut Sentences<'_>,
) -> Result<Finding, EngineError> {
    let pattern = input.pattern;
    let found = !detected.found.is_empty();
    let said = if found {
        something(pattern, text)?
    } else {
        nothing(pattern, text)?
    };
    let speech = text.speech;
    let unit = input.assignment.unit.as_str();
    let limit = input.use_case.limit.filter(|_| !detector.all);
    let evidence = evidence(&detector, limit, detected, input.tables, speech, unit);
    Ok(Finding {
        id: text.finding.clone(),
        pattern: pattern.id.clone(),
        template: input.template.id.clone(),
        title: pattern.title.clone(),
        headline: said.headline,
        claims: said.claims,
        so_what: said.so_what,
        severity: said.severity,
        severity_reason: said.severity_reason,
        action: said.action.map(|what| Recommendation {
            what,
            owner: speech.plain(&pattern.action.owner),
            effort: pattern.action.effort.clone(),
            effect: speech.plain(&pattern.action.effect),
            check: speech.plain(&pattern.action.check),
        }),
        evidence,
        instances: detected.found.iter().map(|it| it.instance.clone()).collect(),
        alert: detector.alert,
        found,
        tags: tags(input, &detector, detected),
        caveats: caveats(input, speech),
        chart: chart(&detector, detected, input.tables, speech, unit),
        picture: input.graph.and_then(|graph| picture(&detected.found, graph)),
        detector,
    })
}

/// What a reader must know: the pattern's caveats, and which numbers of the brief it left out.
fn caveats(input: &FindingInput<'_>, speech: &Speech<'_>) -> Vec<String> {
    let own = input.pattern.caveats.iter().map(|it| speech.plain(it));
    let unapplied = input.assignment.unapplied.iter();
    own.chain(unapplied.map(|it| format!("Not applied, though the brief says it: {it}.")))
        .collect()
}

/// The first rule that holds, and its reason.
fn severity(pattern: &Pattern, text: &mut Sentences<'_>) -> (Severity, Claim) {
    let number = |name: &str| match text.speech.fact(name) {
        Some(FactValue::Integer(value)) => Some(*value as f64),
        Some(FactValue::Number(value)) => Some(*value),
        Some(FactValue::Text(_) | FactValue::List(_)) | None => None,
    };
    let holds =
        |it: &&SeverityRule| it.fact.is_empty() || number(&it.fact).is_some_and(|value| value >= it.at_least);
    let rule = pattern.severity.iter().find(holds);
    let level = rule.map_or(Severity::Info, |it| it.level);
    let reason = rule.and_then(|it| text.claim(&it.reason));
    let plain = match rule {
        Some(_) => "The vertical sets this level for what was found.",
        None => "The finding informs; no rule of the vertical makes it graver.",
    };
    (level, reason.unwrap_or_else(|| text.fixed(plain)))
}

/// The finding with its facts numbered; facts that nothing cites are left out.
fn cited(
    finding: Finding,
    facts: Vec<Computed<'_>>,
    input: &FindingInput<'_>,
    dropped: Vec<String>,
) -> PatternResult {
    let mut wanted: BTreeSet<&str> = claims(&finding)
        .flat_map(|it| &it.facts)
        .map(|it| it.0.as_str())
        .collect();
    // A ratio cites what it divides; operands come before it, so going back finds them all.
    for fact in facts.iter().rev() {
        if let (
            true,
            Derivation::Ratio {
                numerator,
                denominator,
            },
        ) = (wanted.contains(fact.hint.name.as_str()), &fact.derivation)
        {
            wanted.extend([numerator.as_str(), denominator.as_str()]);
        }
    }
    let mut ids: BTreeMap<String, FactId> = BTreeMap::new();
    let mut kept = Vec::new();
    for fact in &facts {
        let Ok(value) = &fact.value else { continue };
        if !wanted.contains(fact.hint.name.as_str()) {
            continue;
        }
        let id = FactId(format!("F{}", input.first_fact as usize + kept.len()));
        ids.insert(fact.hint.name.clone(), id.clone());
        kept.push(Fact {
            id,
            name: fact.hint.name.clone(),
            value: value.clone(),
            quantity: fact.hint.quantity,
            unit: unit_of(fact.hint.quantity, input.assignment),
            execution: rests_on(&fact.derivation).then(|| input.template.id.clone()),
            derivation: by_id(&fact.derivation, &ids),
        });
    }
    PatternResult {
        finding: with_ids(finding, &ids),
        facts: kept,
        dropped,
    }
}

/// Every claim of a finding, the headline first.
pub fn claims(finding: &Finding) -> impl Iterator<Item = &Claim> {
    std::iter::once(&finding.headline)
        .chain(&finding.claims)
        .chain(&finding.so_what)
        .chain(std::iter::once(&finding.severity_reason))
        .chain(finding.action.iter().map(|it| &it.what))
}

fn with_ids(mut finding: Finding, ids: &BTreeMap<String, FactId>) -> Finding {
    finding.headline = numbered(finding.headline, ids);
    finding.claims = finding.claims.into_iter().map(|it| numbered(it, ids)).collect();
    finding.so_what = finding.so_what.map(|it| numbered(it, ids));
    finding.severity_reason = numbered(finding.severity_reason, ids);
    if let Some(action) = &mut finding.action {
        action.what = numbered(action.what.clone(), ids);
    }
    finding
}

fn by_id(derivation: &Derivation, ids: &BTreeMap<String, FactId>) -> Derivation {
    let id_of = |name: &String| ids.get(name).map_or_else(|| name.clone(), |it| it.0.clone());
    match derivation {
        Derivation::Ratio {
            numerator,
            denominator,
        } => Derivation::Ratio {
            numerator: id_of(numerator),
            denominator: id_of(denominator),
        },
        other => other.clone(),
    }
}

/// Whether a derivation reads the tables or the template of an execution.
fn rests_on(derivation: &Derivation) -> bool {
    match derivation {
        Derivation::Given { by } => by != "limit",
        Derivation::Census { .. } | Derivation::Ratio { .. } => false,
        Derivation::Rows { .. }
        | Derivation::Aggregate { .. }
        | Derivation::Nth { .. }
        | Derivation::Top { .. }
        | Derivation::Groups { .. }
        | Derivation::NthGroup { .. }
        | Derivation::Detected { .. }
        | Derivation::Summary { .. } => true,
    }
}
