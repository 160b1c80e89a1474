//! The models that stages may ask.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::told::{Told, Watch, stepped};
use crate::agents::adviser::Adviser;
use crate::agents::prompts::Prompts;
use crate::flow::{Attempt, Pool};
use crate::llm::{Ledger, Model, Modes, Price, Role, Step};
use crate::trace::EventSink;

/// The models of a run. The default has none: every stage then does what its rules give.
#[derive(Clone)]
pub struct Models {
    /// The model of each role that asks one, with its budget, recordings and fallbacks.
    pub by_role: BTreeMap<Role, Arc<dyn Model>>,
    /// What they are asked by.
    pub prompts: Arc<Prompts>,
    /// How strictly each of them keeps to forms.
    pub modes: Arc<Modes>,
    /// Seed of every request.
    pub seed: u64,
    /// Salt of the pseudonyms that stand for names and texts of the data; `None`: the data leaves as it is.
    pub redacting: Option<String>,
    /// Their prices, where they are known.
    pub prices: BTreeMap<Role, Price>,
    /// Settings of the environment that their requests were changed by, e.g. `LLM_TEMPERATURE=0.7`.
    pub settings: Vec<String>,
    /// What they may spend and have spent; `None` where nobody is paid.
    pub ledger: Option<Arc<Ledger>>,
    /// Who sees how far replies are.
    pub watch: Option<Watch>,
}

impl Default for Models {
    fn default() -> Self {
        Self {
            by_role: BTreeMap::new(),
            prompts: Arc::default(),
            modes: Arc::default(),
            seed: 1,
            redacting: None,
            prices: BTreeMap::new(),
            settings: Vec::new(),
            ledger: None,
            watch: None,
        }
    }
}

impl Models {
    /// Role and name of each model.
    pub(super) fn names(&self) -> Vec<(String, String)> {
        let roles = self.by_role.iter();
        roles
            .map(|(role, model)| (role.as_str().to_owned(), model.name().to_owned()))
            .collect()
    }

    /// What a stage of `role` mostly waits for: its model, where there is one.
    pub(super) fn pool(&self, role: Role) -> Pool {
        match self.by_role.contains_key(&role) {
            true => Pool::Io,
            false => Pool::Cpu,
        }
    }

    /// Who advises `role` in `attempt`; `None` without a model. Each call and each step is told to `sink`, and none
    /// outlasts the attempt.
    pub(super) fn adviser(
        &self,
        role: Role,
        attempt: &Attempt,
        sink: &Arc<dyn EventSink>,
    ) -> Option<Adviser> {
        let model = Arc::clone(self.by_role.get(&role)?);
        let (task, journal) = (attempt.task().clone(), Arc::clone(sink));
        Some(Adviser {
            model: Arc::new(Told {
                model,
                task: task.clone(),
                control: attempt.control().clone(),
                sink: Arc::clone(sink),
                watch: self.watch.clone(),
            }),
            // A journal that cannot be written ends the run at the next event of its tasks.
            told: Arc::new(move |prompt: &str, step: &Step| {
                let _ = journal.record(&stepped(task.clone(), prompt, step));
            }),
            prompts: Arc::clone(&self.prompts),
            modes: Arc::clone(&self.modes),
            seed: self.seed,
            sent_back: Vec::new(),
            redacting: self.redacting.clone(),
        })
    }
}
