//! The flags about language models.

use std::collections::BTreeMap;
use std::io::{self, Write};

use anyhow::anyhow;

use super::Session;
use super::arguments::ModelArguments;
use super::run::{keys, runtime};
use crate::app;
use crate::llm::{self, Capabilities, Item, Role, Verdict};
use crate::pipeline::{Effort, ModelRequest, RunRequest};

/// What the flags say; what they leave out, the project file decides.
pub(super) fn asked(session: &Session, arguments: &ModelArguments) -> anyhow::Result<ModelRequest> {
    let (mut default, mut roles) = (None, BTreeMap::new());
    for text in &arguments.model {
        match text.split_once('=') {
            Some((role, model)) => roles.insert(role_named(role)?, named(session, model)?).map(drop),
            None => default.replace(named(session, text)?).map(drop),
        }
        .map_or(Ok(()), |()| {
            Err(anyhow!(
                "--model {text} is given twice for the same; give it once"
            ))
        })?;
    }
    Ok(ModelRequest {
        default,
        roles,
        fallbacks: arguments.fallback_model.clone(),
        base_url: arguments.model_url.clone(),
        offline: arguments.offline,
        record: arguments.record.clone(),
        replay: arguments.replay.clone(),
        redact: arguments.redact,
        accept_vertical: arguments.accept_vertical,
        ..ModelRequest::default()
    })
}

/// `gaai doctor`: what the models that the flags and the project file name can do.
pub(super) fn doctor(session: &Session, arguments: &ModelArguments) -> anyhow::Result<u8> {
    let models = asked(session, arguments)?.over(&app::models_of(&session.project)?);
    if !models.asks() {
        return Err(anyhow!(
            "no model is named; add --model PROVIDER/NAME, or a default under [models] in gaai.toml"
        ));
    }
    let request = RunRequest {
        directory: session.directory.clone(),
        models,
        effort: Effort {
            cache: session.cache(false),
            ..Effort::default()
        },
        ..RunRequest::default()
    };
    let found = runtime()?.block_on(app::doctor(&request, &keys(session)))?;
    session.console.result(&found, |out| {
        found.iter().try_for_each(|it| write_capabilities(it, out))
    })?;
    let all_answer = found.iter().all(|it| it.answers.verdict == Verdict::Yes);
    Ok(if all_answer { 0 } else { super::exit::FAILED })
}

fn write_capabilities(found: &Capabilities, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", found.model)?;
    let items: [(&str, &Item); 9] = [
        ("listed", &found.listed),
        ("answers", &found.answers),
        ("counts tokens", &found.counts_tokens),
        ("JSON Schema", &found.json_schema),
        ("tool call", &found.tool_call),
        ("JSON object", &found.json_object),
        ("seed", &found.seed),
        ("several at once", &found.concurrency),
        ("context length", &found.context),
    ];
    for (name, item) in items {
        let verdict = match item.verdict {
            Verdict::Yes => "yes",
            Verdict::No => "no",
            Verdict::Unknown => "unknown",
        };
        writeln!(out, "  {name:<16} {verdict:<8} {}", item.reason)?;
    }
    if found.answers.verdict == Verdict::Yes {
        writeln!(out, "  asked by         {}", found.mode().as_str())?;
    }
    Ok(())
}

/// The model that `text` names; `env` is what the environment names.
fn named(session: &Session, text: &str) -> anyhow::Result<String> {
    if text != "env" {
        return Ok(text.to_owned());
    }
    let named = llm::named_model(&|name| session.environment.models.get(name))?;
    named.map(|it| it.to_string()).ok_or_else(|| {
        anyhow!(
            "--model env needs LLM_MODEL=PROVIDER/NAME, or LLM_PROVIDER and LLM_MODEL, in the environment"
        )
    })
}

fn role_named(text: &str) -> anyhow::Result<Role> {
    let mut roles = Role::ASKING.iter();
    roles.find(|it| it.as_str() == text).copied().ok_or_else(|| {
        let all = Role::ASKING.map(Role::as_str).join(", ");
        anyhow!("there is no role `{text}` to set a model for; there are {all}")
    })
}
