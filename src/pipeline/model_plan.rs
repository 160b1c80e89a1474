//! What the models of a run would be asked, and what that would cost: estimates made without asking.
//!
//! A prompt is its file and its data. The data of stages that have not run are reckoned from what they will be
//! made of; replies are taken to be as long as such replies usually are.

use serde::Serialize;

use super::models::Models;
use super::orchestrator::Outline;
use crate::agents::prompts::Prompts;
use crate::llm::{Role, tokens_of};
use crate::model::usage::Usage;

/// Tokens of a fact as a model is shown it: citation, name and value.
const FACT_TOKENS: u64 = 25;

/// What one stage would ask.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlannedCalls {
    /// The stage, by its role.
    pub role: Role,
    /// The model, `PROVIDER/NAME`.
    pub model: String,
    /// Requests, when no answer has to be asked for again.
    pub calls: u64,
    /// Tokens of their prompts.
    pub prompt_tokens: u64,
    /// Tokens of the replies.
    pub reply_tokens: u64,
    /// What they cost in USD; `None` where the price is not known.
    pub usd: Option<f64>,
}

/// What each of `models` would be asked in a run of which this much is known.
pub fn planned_calls(models: &Models, known: &Outline) -> Vec<PlannedCalls> {
    let made = models.by_role.iter().map(|(role, model)| {
        let (calls, usage) = reckoned(*role, &models.prompts, known);
        PlannedCalls {
            role: *role,
            model: model.name().to_owned(),
            calls,
            prompt_tokens: usage.prompt_tokens,
            reply_tokens: usage.reply_tokens,
            usd: models.prices.get(role).map(|it| it.of(usage).usd()),
        }
    });
    made.filter(|it| it.calls > 0).collect()
}

/// Requests of a role, and their tokens.
fn reckoned(role: Role, prompts: &Prompts, known: &Outline) -> (u64, Usage) {
    let vertical = &known.choice.resolved.vertical;
    let documents = known.choice.documents.iter();
    let document_tokens: u64 = documents.map(|it| tokens_of(&it.text)).sum();
    let collections = size(&known.schema.census.vertices) + size(&known.schema.census.edges);
    let topics: u64 = vertical
        .topics
        .iter()
        .map(|it| words(&[&it.id, &it.title, &it.question]))
        .sum();
    let patterns: u64 = vertical
        .patterns
        .iter()
        .map(|it| words(&[&it.id, &it.title, &it.why]))
        .sum();
    let one = |prompt: &str, data: u64, reply: u64| (1, usage(prompts.tokens(prompt) + data, reply));
    match role {
        Role::Vertical => one("vertical/choose", collections + document_tokens.min(2_000), 60),
        Role::Schema => one("schema/describe", collections, 200),
        Role::Requirements => one("requirements/read", document_tokens + topics, 600),
        Role::UseCases => {
            let data = collections + patterns + size(&known.requirements.objectives);
            one("use_cases/propose", data, 400)
        }
        Role::Templates => one("templates/choose", size(&known.plan.templates), 200),
        Role::Findings => findings(prompts.tokens("findings/write"), known),
        Role::Summary => {
            let (_, all) = findings(0, known);
            one("summary/write", all.prompt_tokens / 2, 400)
        }
        Role::Workflow | Role::Probe => (0, Usage::default()),
    }
}

/// One request a question that has a template: its patterns with their facts and sentences.
fn findings(prompt: u64, known: &Outline) -> (u64, Usage) {
    let (mut calls, mut total) = (0, Usage::default());
    for use_case in known.use_cases.iter() {
        let patterns = &known.choice.resolved.vertical.patterns;
        let own = known
            .plan
            .assignments
            .iter()
            .filter(|it| it.use_case == use_case.id);
        let own = own.filter_map(|it| patterns.iter().find(|known| known.id == it.pattern));
        let sizes: Vec<u64> = own
            .map(|it| {
                let said = words(&[&it.wording.headline, &it.wording.so_what, &it.action.what]);
                let claims: u64 = it.wording.claims.iter().map(|it| tokens_of(it)).sum();
                it.facts.len() as u64 * FACT_TOKENS + said + claims
            })
            .collect();
        if sizes.is_empty() {
            continue;
        }
        calls += 1;
        total = total.plus(usage(
            prompt + sizes.iter().sum::<u64>(),
            200 * sizes.len() as u64,
        ));
    }
    (calls, total)
}

fn usage(prompt_tokens: u64, reply_tokens: u64) -> Usage {
    Usage {
        prompt_tokens,
        reply_tokens,
        is_estimated: true,
    }
}

fn words(texts: &[&str]) -> u64 {
    texts.iter().map(|it| tokens_of(it)).sum()
}

/// Tokens of a value as JSON.
fn size<T: Serialize>(value: &T) -> u64 {
    serde_json::to_string(value).map_or(0, |it| tokens_of(&it))
}
