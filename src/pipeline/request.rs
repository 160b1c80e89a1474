//! What a run was asked for. It stands in the journal, so that `gaai resume` needs no flags.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::model_request::ModelRequest;
use crate::flow::Policy;
use crate::trace::Durability;

/// A request. Fields of [`Effort`] change how long a run takes, never what it answers; its budgets say
/// what is refused, and may grow when a run is taken up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunRequest {
    /// What `--graph` named, as it was written.
    pub graph: String,
    /// What people call the graph in reports.
    pub name: String,
    /// File or directory that it resolved to, or `demo:<kind>:<seed>:<scale>`.
    pub location: String,
    /// Where relative paths begin: the run can be taken up from any other directory.
    pub directory: PathBuf,
    /// Documents, in the order given.
    pub documents: Vec<PathBuf>,
    /// Texts given directly.
    pub asks: Vec<String>,
    /// `auto`, a name or a file.
    pub vertical: String,
    /// Vertex collections that are to count as core; empty: decided by the schema agent.
    pub core_collections: Vec<String>,
    /// Templates at most; the lowest ranked are left out and named.
    pub max_templates: Option<usize>,
    /// Folder whose files override the embedded assets.
    pub assets: Option<PathBuf>,
    /// Report formats, by file extension: `md`, `html`, `json`, `txt`.
    pub formats: Vec<String>,
    /// Which models are asked.
    #[serde(default)]
    pub models: ModelRequest,
    /// How hard to work.
    pub effort: Effort,
}

/// How much a run may use of the machine, of time and of money.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Effort {
    /// Which of the three modes; `None`: parallel.
    pub mode: Option<Mode>,
    /// When journal records reach the disk; `None`: in batches.
    pub durability: Option<Durability>,
    /// Concurrent executions at most; `None`: as many as threads.
    pub max_executions: Option<usize>,
    /// Threads of the kernels; `None`: as many as cores.
    pub threads: Option<usize>,
    /// Bytes that executions may take together; `None`: a part of what the host has free.
    pub budget_memory: Option<u64>,
    /// Refuse templates estimated to take longer than this, and requests to models once a process took this long,
    /// in milliseconds.
    pub budget_time_ms: Option<u64>,
    /// USD that all requests to models may cost together, those of earlier processes included.
    pub budget_usd: Option<f64>,
    /// Tokens that they may take together, prompts and replies.
    pub budget_tokens: Option<u64>,
    /// Time limit of the run in milliseconds.
    pub timeout_ms: Option<u64>,
    /// Directory where what was read of large graphs is kept for the next process; `None`: nothing is.
    pub cache: Option<PathBuf>,
}

/// The three modes: three values of one policy; all give the same bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Ask before each stage.
    Stepwise,
    /// One task at a time.
    Sequential,
    /// As many as the limits allow.
    #[default]
    Parallel,
}

impl Effort {
    /// This, and where it is silent what `earlier` says.
    #[must_use]
    pub fn over(&self, earlier: &Self) -> Self {
        Self {
            mode: self.mode.or(earlier.mode),
            durability: self.durability.or(earlier.durability),
            max_executions: self.max_executions.or(earlier.max_executions),
            threads: self.threads.or(earlier.threads),
            budget_memory: self.budget_memory.or(earlier.budget_memory),
            budget_time_ms: self.budget_time_ms.or(earlier.budget_time_ms),
            budget_usd: self.budget_usd.or(earlier.budget_usd),
            budget_tokens: self.budget_tokens.or(earlier.budget_tokens),
            timeout_ms: self.timeout_ms.or(earlier.timeout_ms),
            // Each process says for itself.
            cache: self.cache.clone(),
        }
    }

    /// The run's time limit.
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout_ms.map(Duration::from_millis)
    }

    /// How tasks are scheduled on `cores` cores where a model takes `requests` requests at once; 0 where none is
    /// asked. A stage that waits for a model takes no core's place.
    pub fn policy(&self, cores: usize, requests: usize) -> Policy {
        let policy = match self.mode.unwrap_or_default() {
            Mode::Stepwise => Policy::stepwise(),
            Mode::Sequential => Policy::sequential(),
            Mode::Parallel => {
                let computing = self.max_executions.or(self.threads).unwrap_or(cores).max(1);
                // While some wait for an answer, as many make what they ask next or draw what was answered.
                let asking = requests.saturating_mul(2);
                let units = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
                Policy {
                    cpu_units: Some(units(computing)),
                    io_units: (requests > 0).then_some(units(asking)),
                    ..Policy::parallel(computing.saturating_add(asking))
                }
            }
        };
        Policy {
            run_timeout: self.timeout(),
            ..policy
        }
    }
}

impl RunRequest {
    /// `path`, seen from where the run began.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.directory.join(path)
    }

    /// The documents, seen from where the run began.
    pub fn document_paths(&self) -> Vec<PathBuf> {
        self.documents.iter().map(|it| self.path(it)).collect()
    }

    /// The command that makes the same reports again; knobs that only change effort are left out, the
    /// budgets are not, because what they refuse is missing in the reports.
    pub fn command(&self) -> String {
        let mut words = self.words();
        let effort = &self.effort;
        let budgets = [
            ("budget-memory", effort.budget_memory.map(|it| it.to_string())),
            ("budget-time", effort.budget_time_ms.map(|it| format!("{it}ms"))),
            ("budget-usd", effort.budget_usd.map(|it| it.to_string())),
            ("budget-tokens", effort.budget_tokens.map(|it| it.to_string())),
        ];
        for (name, value) in budgets {
            words.extend(value.map(|it| format!("--{name} {it}")));
        }
        words.join(" ")
    }

    /// The same without budgets: what a run keeps when it is taken up with others.
    pub fn question(&self) -> String {
        self.words().join(" ")
    }

    fn words(&self) -> Vec<String> {
        let mut words = vec![
            "gaai".to_owned(),
            "run".to_owned(),
            "--graph".to_owned(),
            quoted(&self.graph),
        ];
        let mut flag = |name: &str, value: String| words.extend([format!("--{name}"), quoted(&value)]);
        for document in &self.documents {
            flag("documents", document.display().to_string());
        }
        for ask in &self.asks {
            flag("ask", ask.clone());
        }
        if self.vertical != "auto" {
            flag("vertical", self.vertical.clone());
        }
        for collection in &self.core_collections {
            flag("core-collections", collection.clone());
        }
        if let Some(limit) = self.max_templates {
            flag("max-templates", limit.to_string());
        }
        for (name, value) in self.models.flags() {
            words.push(format!("--{name}"));
            words.extend(value.as_deref().map(quoted));
        }
        words
    }
}

/// `text` as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || "_-./:=@,+".contains(it);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_that_ask_a_model_take_no_place_from_executions() {
        let effort = |mode| Effort {
            mode,
            max_executions: Some(3),
            ..Effort::default()
        };
        let without = effort(None).policy(2, 0);
        assert_eq!((without.max_running, without.io_units), (3, None));
        let with = effort(None).policy(2, 8);
        assert_eq!(
            (with.max_running, with.cpu_units, with.io_units),
            (19, Some(3), Some(16))
        );
        assert_eq!(Effort::default().policy(2, 8).cpu_units, Some(2));
        for mode in [Mode::Sequential, Mode::Stepwise] {
            assert_eq!(effort(Some(mode)).policy(2, 8).max_running, 1, "{mode:?}");
        }
    }

    #[test]
    fn the_command_is_inert_in_a_shell_and_leaves_effort_out() {
        let request = RunRequest {
            graph: "data/it's; rm -rf x".to_owned(),
            vertical: "auto".to_owned(),
            asks: vec!["Which stations?".to_owned()],
            effort: Effort {
                threads: Some(8),
                budget_time_ms: Some(90_000),
                budget_usd: Some(0.5),
                ..Effort::default()
            },
            ..RunRequest::default()
        };
        assert_eq!(
            request.command(),
            r"gaai run --graph 'data/it'\''s; rm -rf x' --ask 'Which stations?' --budget-time 90000ms --budget-usd 0.5"
        );
        assert_eq!(
            request.question(),
            r"gaai run --graph 'data/it'\''s; rm -rf x' --ask 'Which stations?'"
        );
    }
}
