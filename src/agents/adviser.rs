//! The model that a stage may ask, and what becomes of its answers.
//!
//! An agent asks by a prompt file and gets a value of a type, or nothing: then its deterministic half stands,
//! and a note says why. No answer of a model ends a run; only a recording that does not fit does, because a
//! replayed run must be the recorded one.

use std::sync::Arc;

use garde::Validate;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::prompts::Prompts;
use super::quality::Note;
use crate::llm::{
    Check, Data, Filling, Less, LlmError, Model, Modes, Narrow, Pseudonyms, Question, Redacted, Rendered,
    Role, Step, answer,
};

/// Told each step on the way to an answer, with the prompt's id and version.
pub type Steps = Arc<dyn Fn(&str, &Step) + Send + Sync>;

/// Asks a model on behalf of a stage.
#[derive(Clone)]
pub struct Adviser {
    /// The model of the stage's role, with its budget, recordings and fallbacks.
    pub model: Arc<dyn Model>,
    /// What it is asked by.
    pub prompts: Arc<Prompts>,
    /// How strictly each model keeps to forms.
    pub modes: Arc<Modes>,
    /// Seed of every request.
    pub seed: u64,
    /// Who is told of the steps towards its answers.
    pub told: Steps,
    /// Why an output that was made with its answers could not stand; empty at first.
    pub sent_back: Vec<String>,
    /// Salt of the pseudonyms that stand for names and texts of the data; `None`: the data leaves as it is.
    pub redacting: Option<String>,
}

/// Tokens of the faults that are shown at most.
const MOST_FAULT_TOKENS: u64 = 1_000;

/// One thing to ask.
pub struct Ask<'a, T> {
    /// Who asks.
    pub role: Role,
    /// Id of the prompt, e.g. `findings/write`.
    pub prompt: &'static str,
    /// Name of the form.
    pub form: &'static str,
    /// What fills the prompt's variables.
    pub values: Vec<(&'static str, Filling)>,
    /// What is known of the form at run time only.
    pub narrow: Vec<Narrow>,
    /// Tokens of the reply at most; twice as many where it was cut.
    pub max_tokens: u32,
    /// How less is asked for after a cut.
    pub less: Option<Less>,
    /// The caller's own rules.
    pub check: Option<Check<'a, T>>,
    /// Names and texts of the data in the values, which `--redact` keeps on this machine.
    pub private: Vec<String>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice<T> {
    /// The answer; `None` where the deterministic half must do.
    pub value: Option<T>,
    /// What a reader should know of how it came about.
    pub notes: Vec<Note>,
}

impl Adviser {
    /// Asks the model.
    ///
    /// # Errors
    ///
    /// A replayed run that asks something else than the recorded one, a recording that cannot be written, or a
    /// prompt file that cannot be used.
    pub async fn ask<T>(&self, ask: Ask<'_, T>) -> Result<Advice<T>, LlmError>
    where
        T: DeserializeOwned + JsonSchema + Validate,
        T::Context: Default,
    {
        let mut rendered = self.prompts.fill(ask.prompt, ask.values)?;
        self.show_faults(&mut rendered)?;
        let mut notes = left_out(&rendered);
        let told = |step: &Step| (self.told)(&rendered.id, step);
        let question = Question {
            role: ask.role,
            prompt: rendered.id.clone(),
            messages: rendered.messages,
            form: ask.form,
            narrow: ask.narrow,
            max_tokens: ask.max_tokens,
            most_tokens: ask.max_tokens.saturating_mul(2),
            less: ask.less,
            temperature: 0.0,
            seed: self.seed,
            check: ask.check,
            told: Some(&told),
        };
        let model = self.guarded(ask.private);
        match answer(model.as_ref(), &question, &self.modes).await {
            Ok(answered) => {
                notes.extend(remarks(&rendered.id, &answered.effort.steps));
                Ok(Advice {
                    value: Some(answered.value),
                    notes,
                })
            }
            Err(unanswered) if ends_a_run(&unanswered.error) => Err(unanswered.error),
            Err(unanswered) => {
                notes.extend(remarks(&rendered.id, &unanswered.effort.steps));
                notes.push(Note::remark(format!(
                    "the model gave no answer to {} that can be used ({}); what the rules give stands",
                    rendered.id, unanswered.error
                )));
                Ok(Advice { value: None, notes })
            }
        }
    }

    /// The same, shown why an output that was made with its answers could not stand.
    #[must_use]
    pub fn shown(&self, faults: &[String]) -> Self {
        Self {
            sent_back: faults.to_vec(),
            ..self.clone()
        }
    }

    fn show_faults(&self, rendered: &mut Rendered) -> Result<(), LlmError> {
        let Some(last) = rendered
            .messages
            .last_mut()
            .filter(|_| !self.sent_back.is_empty())
        else {
            return Ok(());
        };
        let faults = Data::list("sent_back", &self.sent_back, MOST_FAULT_TOKENS)
            .map_err(|error| LlmError::Setting(error.to_string()))?;
        last.text += &format!(
            "\n\nWhat was made of your last answer cannot stand. Answer so that these faults are avoided:\n{}",
            faults.text()
        );
        Ok(())
    }

    /// The model, from which `private` texts are kept if the run says so.
    fn guarded(&self, private: Vec<String>) -> Arc<dyn Model> {
        let Some(salt) = &self.redacting else {
            return Arc::clone(&self.model);
        };
        let names = Pseudonyms::for_values(private, salt);
        Arc::new(Redacted::new(Arc::clone(&self.model), Arc::new(names)))
    }
}

/// Whether an error must not be passed over: the run would not be what it says it is.
fn ends_a_run(error: &LlmError) -> bool {
    matches!(error, LlmError::NoRecording { .. } | LlmError::Store { .. })
}

fn left_out(rendered: &Rendered) -> Vec<Note> {
    let note = |(variable, count): (&String, &usize)| {
        Note::remark(format!(
            "{}: {count} of {variable} were not shown to the model, to keep the prompt short",
            rendered.id
        ))
    };
    rendered.left_out.iter().map(note).collect()
}

/// What happened on the way that a reader should know.
fn remarks(prompt: &str, steps: &[Step]) -> Vec<Note> {
    let remark = |step: &Step| match step {
        Step::AskedAgain { because } => Some(format!(
            "{prompt}: the first answer did not fit and was asked for again: {}",
            because.join("; ")
        )),
        Step::AskedForLess { .. } => Some(format!(
            "{prompt}: the answer was cut, so that less was asked for"
        )),
        // How an endpoint is asked changes nothing of what is answered, and giving up has its own note.
        Step::Asked { .. } | Step::SteppedDown { .. } | Step::GaveUp { .. } => None,
    };
    steps.iter().filter_map(remark).map(Note::remark).collect()
}
