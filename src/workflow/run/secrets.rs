//! The secrets of a workflow: read when a run begins, never written down.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;

use super::error::RunError;
use super::options::Surroundings;
use crate::process::{Channel, Command, Spawner};
use crate::workflow::definition::{SecretSource, Workflow};

/// Time that a command may take to give a secret.
const LIMIT: Duration = Duration::from_secs(30);

/// Secrets by name.
pub(super) type Secrets = BTreeMap<String, SecretString>;

/// Reads the secrets of `workflow`.
pub(super) async fn read(
    workflow: &Workflow,
    surroundings: &Surroundings,
    spawner: &Spawner,
) -> Result<Secrets, RunError> {
    let mut secrets = Secrets::new();
    for (name, source) in &workflow.secrets {
        let value = match source {
            SecretSource::Env(variable) => from_environment(variable, &surroundings.environment),
            SecretSource::File(path) => file(&surroundings.home.join(path)),
            SecretSource::Command(words) => command(words, surroundings, spawner).await,
        };
        let value = value.map_err(|reason| RunError::Secret {
            secret: name.clone(),
            reason,
        })?;
        secrets.insert(name.clone(), SecretString::from(value));
    }
    Ok(secrets)
}

/// Reads the secrets of a workflow in `home` that is nested in another, whose steps see `environment`.
pub(super) fn read_nested(
    workflow: &Workflow,
    home: &Path,
    environment: &BTreeMap<String, String>,
) -> Result<Secrets, String> {
    let mut secrets = Secrets::new();
    for (name, source) in &workflow.secrets {
        let value = match source {
            SecretSource::Env(variable) => from_environment(variable, environment),
            SecretSource::File(path) => file(&home.join(path)),
            SecretSource::Command(_) => {
                Err("only the outermost workflow runs a command for one; hand it on by `env`".to_owned())
            }
        };
        let value = value.map_err(|reason| format!("its secret `{name}` cannot be read: {reason}"))?;
        secrets.insert(name.clone(), SecretString::from(value));
    }
    Ok(secrets)
}

/// The value of a secret, for the one place that needs it.
pub(super) fn value(secrets: &Secrets, name: &str) -> Option<String> {
    secrets.get(name).map(|it| it.expose_secret().to_owned())
}

fn from_environment(variable: &str, environment: &BTreeMap<String, String>) -> Result<String, String> {
    let value = environment.get(variable).cloned();
    value.ok_or_else(|| format!("the environment has no variable {variable}"))
}

fn file(path: &Path) -> Result<String, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

async fn command(words: &[String], surroundings: &Surroundings, spawner: &Spawner) -> Result<String, String> {
    let (program, args) = words.split_first().ok_or("its command is empty")?;
    let mut command = Command::new(program, &surroundings.base);
    command.args = args.iter().map(OsString::from).collect();
    command.environment = super::script::environment(&surroundings.environment);
    let mut child = spawner.spawn(&command).map_err(|error| error.to_string())?;
    let Ok(exit) = timeout(LIMIT, child.wait()).await else {
        child.stop(Duration::ZERO).await;
        return Err(format!("`{program}` took longer than {} s", LIMIT.as_secs()));
    };
    if !exit.is_success() {
        // What it printed may be half of the secret.
        return Err(format!("`{program}` failed; what it printed is not shown"));
    }
    let text = String::from_utf8(child.printed(Channel::Stdout).bytes());
    let text = text.map_err(|_| format!("`{program}` printed what is no UTF-8"))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
