//! A snapshot of the environment, taken once.

/// What gaai reads from the environment; nothing below `config` reads it again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `NO_COLOR` is set and not empty (<https://no-color.org>).
    pub no_color: bool,
    /// `GAAI_LOG`, a filter for developer logs, e.g. `gaai=debug`.
    pub log: Option<String>,
}

impl Environment {
    /// Reads the environment of this process.
    #[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
    pub fn read() -> Self {
        let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            no_color: text("NO_COLOR").is_some(),
            log: text("GAAI_LOG"),
        }
    }
}
