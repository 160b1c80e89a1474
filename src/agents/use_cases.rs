//! Proposes use cases: one per topic that the brief asks about, then those that the vertical proposes;
//! ranked, without duplicates, each with what it serves and whether the data can answer.

use super::binding::{Wish, bind};
use super::cues::{any_occurs, cues, tokens};
use super::naming::speaks_of;
use crate::model::{
    id::{RequirementId, UseCaseId},
    requirements::{Objective, Priority, Requirements, StatementKind},
    schema::Schema,
    use_case::{Feasibility, UseCase},
    vertical::{Demand, Pattern, Topic, Vertical},
};

/// Use cases at most unless said.
pub const DEFAULT_MAX: usize = 20;

/// The use cases for `requirements` on `schema`, best first, at most `max`.
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
    let mut objectives: Vec<&Objective> = requirements.objectives.iter().collect();
    objectives.sort_by_key(|it| std::cmp::Reverse(it.priority));
    for objective in objectives {
        add_objective(&mut wanted, objective, vertical);
    }
    for statement in &requirements.statements {
        // A constraint limits answers; only what is asked for makes a question of its own.
        let asks = matches!(
            statement.kind,
            StatementKind::Requirement | StatementKind::SuccessCriterion
        );
        for topic in statement.topics.iter().filter_map(|id| topic(vertical, id)) {
            match wanted.iter_mut().find(|it| it.id == topic.id) {
                Some(known) => known.serves.push(statement.id.clone()),
                None if asks && !requirements.objectives.is_empty() => {
                    let reason = format!("a {} of the brief asks for it", kind_name(statement.kind));
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
    wanted.truncate(max);
    wanted
        .into_iter()
        .zip(1..)
        .map(|(it, rank)| it.into_use_case(rank, requirements, schema, vertical))
        .collect()
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
        let asked = requirements
            .objectives
            .iter()
            .find(|it| self.serves.contains(&it.id));
        let feasibility = feasibility(&self.id, &patterns, asked, requirements, schema, vertical);
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

fn add_objective(wanted: &mut Vec<Wanted>, objective: &Objective, vertical: &Vertical) {
    let id = objective.topic.clone().unwrap_or_else(|| objective.id.0.clone());
    if let Some(known) = wanted.iter_mut().find(|it| it.id == id) {
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

/// Whether the data can answer: some pattern must fit the schema, and no demand may be left open.
fn feasibility(
    topic_id: &str,
    patterns: &[&Pattern],
    asked: Option<&Objective>,
    requirements: &Requirements,
    schema: &Schema,
    vertical: &Vertical,
) -> Feasibility {
    let Some(topic) = topic(vertical, topic_id) else {
        let reason =
            "no analysis is known for it; say it in other words, or with another vertical".to_owned();
        return Feasibility::Not { reason };
    };
    let mut lacking = None;
    let mut fits = None;
    for pattern in patterns {
        let wish = Wish {
            hint: &pattern.projection,
            kinds: &vertical.kinds,
            needs_direction: false,
            unit: asked.and_then(|it| it.unit.as_deref()),
            thresholds: &requirements.thresholds,
        };
        match bind(wish, schema) {
            Ok(_) => {
                fits = Some(*pattern);
                break;
            }
            Err(misfit) => {
                lacking.get_or_insert(misfit.lacks);
            }
        }
    }
    let Some(pattern) = fits else {
        let lacks = lacking.map_or_else(
            || "no analysis is known for it".to_owned(),
            |it| format!("the graph lacks {it}"),
        );
        return Feasibility::Not { reason: lacks };
    };
    match asked.and_then(|it| open_demand(topic, &it.text, schema)) {
        Some((answered, reason)) => Feasibility::Partly { answered, reason },
        None => Feasibility::Fully {
            reason: format!("the graph has what {} needs", pattern.title.to_lowercase()),
        },
    }
}

/// The first demand of the topic that `text` makes and the data does not meet: what is answered, and why not all.
fn open_demand(topic: &Topic, text: &str, schema: &Schema) -> Option<(String, String)> {
    let words = tokens(text);
    let made = topic
        .demands
        .iter()
        .find(|it| any_occurs(&cues(&it.any), &words))?;
    let reason = match (&made.lacking, has_attribute(made, schema)) {
        (Some(lacking), _) => lacking.clone(),
        (None, true) => return None,
        (None, false) => format!(
            "no vertex has an attribute such as {}",
            made.attributes.join(", ")
        ),
    };
    Some((made.answered.clone(), reason))
}

fn has_attribute(demand: &Demand, schema: &Schema) -> bool {
    let mut names = schema.census.vertices.iter().flat_map(|it| &it.attributes);
    names.any(|it| demand.attributes.iter().any(|wanted| speaks_of(&it.name, wanted)))
}
