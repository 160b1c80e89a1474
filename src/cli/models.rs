//! The flags about language models.

use std::collections::BTreeMap;

use anyhow::anyhow;

use super::Session;
use super::arguments::ModelArguments;
use crate::llm::{self, Role};
use crate::pipeline::ModelRequest;

/// What the flags say; what they leave out, the project file decides.
pub(super) fn asked(session: &Session, arguments: &ModelArguments) -> anyhow::Result<ModelRequest> {
    let (mut default, mut roles) = (None, BTreeMap::new());
    for text in &arguments.model {
        match text.split_once('=') {
            Some((role, model)) => roles.insert(role_named(role)?, model.to_owned()).map(drop),
            None => default.replace(named(session, text)?).map(drop),
        }
        .map_or(Ok(()), |()| {
            Err(anyhow!(
                "--model {text} is given twice for the same; give it once"
            ))
        })?;
    }
    if let Some(usd) = arguments.budget_usd.filter(|it| !(it.is_finite() && *it >= 0.0)) {
        return Err(anyhow!("--budget-usd {usd} is no amount; give USD from 0 on"));
    }
    Ok(ModelRequest {
        default,
        roles,
        fallbacks: arguments.fallback_model.clone(),
        base_url: arguments.model_url.clone(),
        offline: arguments.offline,
        record: arguments.record.clone(),
        replay: arguments.replay.clone(),
        budget_usd: arguments.budget_usd,
        budget_tokens: arguments.budget_tokens,
        redact: arguments.redact,
        accept_vertical: arguments.accept_vertical,
        ..ModelRequest::default()
    })
}

/// The model that `text` names; `env` is what the environment names.
fn named(session: &Session, text: &str) -> anyhow::Result<String> {
    if text != "env" {
        return Ok(text.to_owned());
    }
    let named = llm::named_model(&|name| session.variables.get(name))?;
    named.map(|it| it.to_string()).ok_or_else(|| {
        anyhow!(
            "--model env needs LLM_MODEL=PROVIDER/NAME, or LLM_PROVIDER and LLM_MODEL, in the environment"
        )
    })
}

fn role_named(text: &str) -> anyhow::Result<Role> {
    let role = |it: &Role| serde_json::to_value(it).is_ok_and(|it| it.as_str() == Some(text));
    Role::ASKING.iter().find(|it| role(it)).copied().ok_or_else(|| {
        let all = "vertical, schema, requirements, use_cases, templates, findings, summary";
        anyhow!("there is no role `{text}` to set a model for; there are {all}")
    })
}
