//! Proposes use cases: one per topic that the brief asks about, then those that the vertical proposes;
//! ranked, without duplicates, each with what it serves and whether the data can answer.

use std::collections::{BTreeMap, BTreeSet};

use super::brief_numbers::Asked;
use super::cues::{any_occurs, cues};
use super::lexicon::is_listed;
use super::naming::speaks_of;
use super::templates::work;
use super::tokens::tokens;
use crate::model::{
    id::{RequirementId, UseCaseId},
    requirements::{Objective, Priority, Requirements, StatementKind},
    schema::{AttributeKind, Schema},
    use_case::{Feasibility, UseCase},
    vertical::{Demand, Pattern, Topic, Vertical},
};

/// Use cases at most unless said.
pub const DEFAULT_MAX: usize = 20;

/// Why a question stays open that no analysis answers.
pub const NO_ANALYSIS: &str = "no analysis is known for it; say it in other words, or with another vertical";

/// The use cases for `requirements` on `schema`, best first; at most `max` that are answered, the rest
/// with the reason why they are not.
///
/// Objectives come first, by priority, then in the order of the brief; then topics that statements
/// name; then what the vertical proposes, unless the brief asks for something: it then decides.
pub fn propose(
    requirements: &Requirements,
    schema: &Schema,
    vertical: &Vertical,
    max: usize,
) -> Vec<UseCase> {
    let mut wanted: Vec<Wanted> = Vec::new();
    // Where each id stands, so that a brief of thousands of questions is not searched for each.
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut objectives: Vec<&Objective> = requirements.objectives.iter().collect();
    objectives.sort_by_key(|it| std::cmp::Reverse(it.priority));
    for objective in objectives {
        add_objective(&mut wanted, &mut places, objective, vertical);
    }
    for statement in &requirements.statements {
        // A constraint limits answers; only what is asked for makes a question of its own.
        let asks = matches!(
            statement.kind,
            StatementKind::Requirement | StatementKind::SuccessCriterion
        );
        for topic in statement.topics.iter().filter_map(|id| topic(vertical, id)) {
            match places.get(&topic.id).map(|it| &mut wanted[*it]) {
                Some(known) => known.serves.push(statement.id.clone()),
                None if asks && !requirements.objectives.is_empty() => {
                    let reason = format!("a {} of the brief asks for it", kind_name(statement.kind));
                    places.insert(topic.id.clone(), wanted.len());
                    wanted.push(Wanted::of(topic, vec![statement.id.clone()], reason));
                }
                None => {}
            }
        }
    }
    if requirements.objectives.is_empty() {
        for topic in vertical.topics.iter().filter(|it| it.proposed) {
            if wanted.iter().all(|it| it.id != topic.id) {
                let reason = format!(
                    "no objective was given; the vertical {} proposes it",
                    vertical.name
                );
                wanted.push(Wanted::of(topic, Vec::new(), reason));
            }
        }
    }
    let mut free = max;
    let mut proposed: Vec<UseCase> = Vec::with_capacity(wanted.len());
    for (it, rank) in wanted.into_iter().zip(1..) {
        let mut use_case = it.into_use_case(rank, requirements, schema, vertical);
        if !matches!(use_case.feasibility, Feasibility::Not { .. }) {
            match free.checked_sub(1) {
                Some(left) => free = left,
                None => use_case.leave_out(max),
            }
        }
        proposed.push(use_case);
    }
    proposed
}

impl UseCase {
    /// Marks a use case as one too many, so that coverage says what became of its question.
    fn leave_out(&mut self, max: usize) {
        self.patterns.clear();
        self.feasibility = Feasibility::Not {
            reason: format!("the limit of {max} use cases was reached by others of higher rank"),
        };
    }
}

/// A use case before it is judged.
struct Wanted {
    id: String,
    title: String,
    question: String,
    serves: Vec<RequirementId>,
    limit: Option<u32>,
    rank_reason: String,
}

impl Wanted {
    fn of(topic: &Topic, serves: Vec<RequirementId>, rank_reason: String) -> Self {
        Self {
            id: topic.id.clone(),
            title: topic.title.clone(),
            question: topic.question.clone(),
            serves,
            limit: None,
            rank_reason,
        }
    }

    fn into_use_case(
        self,
        rank: u32,
        requirements: &Requirements,
        schema: &Schema,
        vertical: &Vertical,
    ) -> UseCase {
        let patterns: Vec<&Pattern> = vertical
            .patterns
            .iter()
            .filter(|it| it.topic == self.id)
            .collect();
        let asked = Asking {
            serves: &self.serves,
            limit: self.limit,
            requirements,
        };
        let feasibility = feasibility(&self.id, &patterns, asked, schema, vertical);
        let answerable = !matches!(feasibility, Feasibility::Not { .. });
        UseCase {
            id: UseCaseId(self.id),
            title: self.title,
            question: self.question,
            serves: self.serves,
            patterns: if answerable {
                patterns.iter().map(|it| it.id.clone()).collect()
            } else {
                Vec::new()
            },
            feasibility,
            rank,
            rank_reason: self.rank_reason,
            limit: self.limit,
        }
    }
}

fn add_objective(
    wanted: &mut Vec<Wanted>,
    places: &mut BTreeMap<String, usize>,
    objective: &Objective,
    vertical: &Vertical,
) {
    let id = objective.topic.clone().unwrap_or_else(|| objective.id.0.clone());
    if let Some(known) = places.get(&id).map(|it| &mut wanted[*it]) {
        known.serves.push(objective.id.clone());
        known.limit = known.limit.into_iter().chain(objective.limit).min();
        return;
    }
    let title = topic(vertical, &id).map_or_else(|| objective.title.clone(), |it| it.title.clone());
    let urgency = match objective.priority {
        Priority::Critical => "critical",
        Priority::High => "of high priority",
        Priority::Medium => "without a priority of its own",
        Priority::Low => "of low priority",
    };
    places.insert(id.clone(), wanted.len());
    wanted.push(Wanted {
        id,
        title,
        question: objective.text.clone(),
        serves: vec![objective.id.clone()],
        limit: objective.limit,
        rank_reason: format!(
            "an objective of the brief asks for it ({}, line {}), {urgency}",
            objective.source.name, objective.source.line
        ),
    });
}

fn topic<'a>(vertical: &'a Vertical, id: &str) -> Option<&'a Topic> {
    vertical.topics.iter().find(|it| it.id == id)
}

fn kind_name(kind: StatementKind) -> &'static str {
    match kind {
        StatementKind::Requirement => "requirement",
        StatementKind::SuccessCriterion => "success criterion",
        StatementKind::Constraint => "constraint",
        StatementKind::Kpi => "measure",
        StatementKind::Risk => "risk",
        StatementKind::Assumption => "assumption",
    }
}

/// The items of a brief that a use case serves.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    /// Their ids.
    pub(super) serves: &'a [RequirementId],
    /// At most this many subjects may be named.
    pub(super) limit: Option<u32>,
    /// The brief.
    pub(super) requirements: &'a Requirements,
}

/// Whether the data can answer: some pattern must fit the schema, and no demand may be left open.
fn feasibility(
    topic_id: &str,
    patterns: &[&Pattern],
    asking: Asking<'_>,
    schema: &Schema,
    vertical: &Vertical,
) -> Feasibility {
    let Some(topic) = topic(vertical, topic_id) else {
        let reason = NO_ANALYSIS.to_owned();
        return Feasibility::Not { reason };
    };
    feasible(patterns, &[topic], &[], asking, schema, vertical)
}

/// Whether the data can answer by these patterns of these topics. Texts may make demands as the items that
/// are served do.
pub(super) fn feasible(
    patterns: &[&Pattern],
    topics: &[&Topic],
    texts: &[&str],
    asking: Asking<'_>,
    schema: &Schema,
    vertical: &Vertical,
) -> Feasibility {
    let asked = Asked::of(asking.serves, asking.limit, asking.requirements, &schema.census);
    let mut lacking = None;
    let mut fits = None;
    for pattern in patterns {
        match work(pattern, &asked, schema, vertical) {
            Ok(work) => {
                fits = Some((*pattern, work.binding));
                break;
            }
            Err(reason) => {
                lacking.get_or_insert(reason);
            }
        }
    }
    let Some((pattern, binding)) = fits else {
        let reason = lacking.unwrap_or_else(|| NO_ANALYSIS.to_owned());
        return Feasibility::Not { reason };
    };
    let objectives = asking.requirements.objectives.iter();
    let texts: Vec<&str> = objectives
        .filter(|it| asking.serves.contains(&it.id))
        .map(|it| it.text.as_str())
        .chain(texts.iter().copied())
        .collect();
    let demanded = |topic: &&Topic| {
        texts
            .iter()
            .flat_map(|it| open_demands(topic, it, schema))
            .collect::<Vec<_>>()
    };
    let mut open: Vec<(String, String)> = topics.iter().flat_map(demanded).collect();
    open.extend(other_unit(&asked, &binding.unit));
    if open.is_empty() {
        return Feasibility::Fully {
            reason: format!("the graph has what {} needs", pattern.title.to_lowercase()),
        };
    }
    let (answered, reasons): (Vec<String>, Vec<String>) = open.into_iter().unzip();
    Feasibility::Partly {
        answered: joined(answered),
        reason: joined(reasons),
    }
}

/// Sentences, each once.
fn joined(mut sentences: Vec<String>) -> String {
    let mut seen = BTreeSet::new();
    sentences.retain(|it| seen.insert(it.clone()));
    sentences.join(" ")
}

/// What is answered, and why not all, where the brief asks for another unit of time or length than
/// the links are measured in.
fn other_unit(asked: &Asked, measured: &str) -> Option<(String, String)> {
    const LENGTHS: &str = "seconds minutes hours days weeks months km miles metres";
    let wanted = asked.unit.as_deref().filter(|it| is_listed(LENGTHS, it))?;
    let other = is_listed(LENGTHS, measured) && measured != wanted;
    other.then(|| {
        (
            format!("The answer is in {measured}, as the links are measured."),
            format!("The brief asks for {wanted}, which no attribute gives."),
        )
    })
}

/// The demands of the topic that `text` makes and the data does not meet: what is answered, and why
/// not all.
fn open_demands(topic: &Topic, text: &str, schema: &Schema) -> Vec<(String, String)> {
    let words = tokens(text);
    let made = topic
        .demands
        .iter()
        .filter(|it| any_occurs(&cues(&it.any), &words));
    let open = made.filter_map(|it| {
        let reason = match (&it.lacking, has_attribute(it, schema)) {
            (Some(lacking), _) => lacking.clone(),
            (None, true) => return None,
            (None, false) => format!("No vertex has an attribute such as {}.", it.attributes.join(", ")),
        };
        Some((it.answered.clone(), reason))
    });
    open.collect()
}

fn has_attribute(demand: &Demand, schema: &Schema) -> bool {
    let mut names = schema.census.vertices.iter().flat_map(|it| &it.attributes);
    names.any(|it| {
        it.kind != AttributeKind::Empty && demand.attributes.iter().any(|wanted| speaks_of(&it.name, wanted))
    })
}
