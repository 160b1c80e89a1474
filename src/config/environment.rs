//! A snapshot of the environment, taken once.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};

use super::processor::VARIABLES;

/// What gaai reads from the environment; nothing below `config` reads it again.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `NO_COLOR` is set and not empty (<https://no-color.org>).
    pub no_color: bool,
    /// `GAAI_LOG`, or else `RUST_LOG`: a filter for developer logs, e.g. `gaai::processor=debug`.
    pub log: Option<String>,
    /// What concerns language models: `LLM_…`, `…_API_KEY`, `…_MODEL`. A key alone makes nothing go online.
    pub models: Variables,
    /// Numbers of the branch processor: `MAX_CONCURRENT_BRANCHES` and its siblings.
    pub processor: Variables,
    /// All of it, for the processes that scripts and steps are.
    pub processes: Processes,
    /// `GAAI_POOLS`, or a directory of this user's: where pools of the whole host keep their slots.
    pub pools: PathBuf,
}

/// What child processes find in their environment. It may hold secrets, and no output shows it.
#[derive(Clone, Default)]
pub struct Processes(pub BTreeMap<OsString, OsString>);

impl Processes {
    /// The variables that are Unicode: expressions of workflows may read them.
    pub fn texts(&self) -> BTreeMap<String, String> {
        let text = |it: &OsString| it.to_str().map(str::to_owned);
        let pairs = self
            .0
            .iter()
            .filter_map(|(name, value)| Some((text(name)?, text(value)?)));
        pairs.collect()
    }
}

impl fmt::Debug for Processes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Variables that may hold secrets: by name, and in no output.
#[derive(Clone, Default)]
pub struct Variables(BTreeMap<String, SecretString>);

impl Variables {
    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|it| it.expose_secret().to_owned())
    }
}

impl FromIterator<(String, String)> for Variables {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name, value.into()))
                .collect(),
        )
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Environment {
    /// Reads the environment of this process.
    #[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
    pub fn read() -> Self {
        let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let concerns = |name: &str| {
            let ends = ["_API_KEY", "_MODEL", "_BASE_URL"];
            name.starts_with("LLM_") || ends.iter().any(|it| name.ends_with(it))
        };
        // A variable that is not Unicode is none of ours.
        let all: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let (models, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|(name, _)| concerns(name));
        let is_number = |name: &str| VARIABLES.contains(&name);
        Self {
            no_color: text("NO_COLOR").is_some(),
            log: text("GAAI_LOG").or_else(|| text("RUST_LOG")),
            models: models.into_iter().collect(),
            processor: others.into_iter().filter(|(name, _)| is_number(name)).collect(),
            processes: Processes(std::env::vars_os().collect()),
            pools: text("GAAI_POOLS").map_or_else(pools, PathBuf::from),
        }
    }
}

/// The same for all processes of this user, whatever else their environments say.
fn pools() -> PathBuf {
    #[cfg(unix)]
    let user = rustix::process::getuid().as_raw().to_string();
    #[cfg(not(unix))]
    let user = "user";
    std::env::temp_dir().join(format!("gaai-{user}/pools"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_shows_names_and_no_values() {
        let pair = ("OPENAI_API_KEY".to_owned(), "sk-canary".to_owned());
        let variables: Variables = [pair].into_iter().collect();
        assert_eq!(variables.get("OPENAI_API_KEY").unwrap(), "sk-canary");
        assert_eq!(format!("{variables:?}"), "{\"OPENAI_API_KEY\"}");
    }
}
