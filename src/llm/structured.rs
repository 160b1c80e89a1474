//! Asks for a value of a type, and takes nothing else.
//!
//! The model is asked in the strictest way that it takes ([`Modes`]); the reply's JSON is taken out, held
//! against the form, read as the type, and held against the type's rules and the caller's own. A reply that
//! fails is shown its faults once; a reply that was cut is asked for once more, smaller. What happened is told
//! step by step, so that callers can make events and quality notes of it.

use garde::Validate;
use jsonschema::Validator;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::data::form_block;
use super::extract::{Top, extract};
use super::form::without_bounds;
use super::modes::refuses_form;
use super::{
    Allowance, Finish, LlmError, Message, Model, Modes, Narrow, Reply, Request, Role, Shape, Speaker, Way,
    Witness, faults, form_of, unbounded,
};
use crate::model::usage::Usage;

/// A caller's own rules: the reasons why a value that fits the form is wrong.
pub type Check<'a, T> = &'a (dyn Fn(&T) -> Result<(), Vec<String>> + Send + Sync);

/// Hears of the steps on the way to an answer.
pub type Told<'a> = &'a (dyn Fn(&Step) + Send + Sync);

/// What is asked, and how the answer must be.
pub struct Question<'a, T> {
    /// Who asks.
    pub role: Role,
    /// Id and version of the prompt.
    pub prompt: String,
    /// The conversation; the system's turn first.
    pub messages: Vec<Message>,
    /// Name of the form, `[a-z0-9_]`, at most 64 bytes.
    pub form: &'static str,
    /// What is known of the form at run time only.
    pub narrow: Vec<Narrow>,
    /// Tokens of the reply at most.
    pub max_tokens: u32,
    /// Tokens at most when a reply that was cut is asked for again.
    pub most_tokens: u32,
    /// How less is asked for after a reply was cut.
    pub less: Option<Less>,
    /// 0 is the least random.
    pub temperature: f64,
    /// Seed for endpoints that take one.
    pub seed: u64,
    /// The caller's own rules.
    pub check: Option<Check<'a, T>>,
    /// Who is told each step when it is taken.
    pub told: Option<Told<'a>>,
}

impl<T> Question<'_, T> {
    fn step(&self, effort: &mut Effort, step: Step) {
        if let Some(told) = self.told {
            told(&step);
        }
        effort.steps.push(step);
    }
}

/// A smaller request.
#[derive(Clone, Debug, PartialEq)]
pub struct Less {
    /// What the model is told, e.g. `Give at most 3 claims.`
    pub words: String,
    /// How the form says the same.
    pub narrow: Vec<Narrow>,
}

/// Something that happened on the way to an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// The model was asked.
    Asked {
        /// How.
        way: Way,
        /// Tokens of the reply at most.
        max_tokens: u32,
    },
    /// The endpoint refused the way; the next was taken.
    SteppedDown {
        /// What it refused.
        from: Way,
        /// What was tried next.
        to: Way,
        /// What it said, cleaned.
        detail: String,
    },
    /// The reply did not fit, and the model was shown why.
    AskedAgain {
        /// JSON pointers and rules.
        because: Vec<String>,
    },
    /// The reply was cut, and less was asked for.
    AskedForLess {
        /// Tokens of the next reply at most.
        max_tokens: u32,
    },
    /// There is no answer.
    GaveUp {
        /// Why.
        because: String,
    },
}

/// What it took to get an answer, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effort {
    /// What happened, in order.
    pub steps: Vec<Step>,
    /// Tokens that were paid for, all replies together.
    pub usage: Usage,
    /// Tokens that kept replies saved.
    pub saved: Usage,
}

/// An answer that fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered<T> {
    /// The answer.
    pub value: T,
    /// The model as the provider names it.
    pub model: String,
    /// What it took.
    pub effort: Effort,
}

/// Why there is no answer. The caller's deterministic half goes on.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{error}")]
pub struct Unanswered {
    /// What went wrong last.
    pub error: LlmError,
    /// What it took.
    pub effort: Box<Effort>,
}

/// Asks `model` until there is an answer, at most three replies long: one, one with its faults shown, one
/// after a cut.
///
/// # Panics
/// In debug builds when the form of `T` has a text or a list without a greatest length.
pub async fn answer<T>(
    model: &dyn Model,
    question: &Question<'_, T>,
    modes: &Modes,
) -> Result<Answered<T>, Unanswered>
where
    T: DeserializeOwned + JsonSchema + Validate,
    T::Context: Default,
{
    let mut effort = Effort::default();
    match run(model, question, modes, &mut effort).await {
        Ok((value, model)) => Ok(Answered { value, model, effort }),
        Err(error) => {
            let because = faults::cleaned(&error.to_string());
            question.step(&mut effort, Step::GaveUp { because });
            let effort = Box::new(effort);
            Err(Unanswered { error, effort })
        }
    }
}

async fn run<T>(
    model: &dyn Model,
    question: &Question<'_, T>,
    modes: &Modes,
    effort: &mut Effort,
) -> Result<(T, String), LlmError>
where
    T: DeserializeOwned + JsonSchema + Validate,
    T::Context: Default,
{
    let mut form = form_of::<T>();
    narrow(&mut form, &question.narrow)?;
    debug_assert!(
        unbounded(&form).is_empty(),
        "no greatest length: {:?}",
        unbounded(&form)
    );
    let validator = jsonschema::validator_for(&form)
        .map_err(|error| LlmError::Setting(format!("the form {} is no schema: {error}", question.form)))?;
    let mut turn = Turn {
        messages: question.messages.clone(),
        form,
        max_tokens: question.max_tokens,
    };
    let (mut was_corrected, mut was_reduced) = (false, false);
    loop {
        let reply = ask_down(model, question, &turn, modes, effort).await?;
        match judge(&reply, &turn.form, &validator, question.check) {
            Ok(value) => return Ok((value, reply.model)),
            Err(Fault::Wrong(reasons)) if !was_corrected => {
                was_corrected = true;
                turn.correct(&reply.text, &reasons);
                question.step(effort, Step::AskedAgain { because: reasons });
            }
            Err(Fault::Cut) if !was_reduced && turn.reduce(question)? => {
                was_reduced = true;
                let max_tokens = turn.max_tokens;
                question.step(effort, Step::AskedForLess { max_tokens });
            }
            Err(fault) => return Err(fault.into_error()),
        }
    }
}

fn narrow(form: &mut Value, steps: &[Narrow]) -> Result<(), LlmError> {
    steps.iter().try_for_each(|it| it.apply(form))
}

/// Asks once, in the strictest way that the endpoint takes.
async fn ask_down<T>(
    model: &dyn Model,
    question: &Question<'_, T>,
    turn: &Turn,
    modes: &Modes,
    effort: &mut Effort,
) -> Result<Reply, LlmError> {
    let mut way = modes.of(model.name());
    loop {
        let request = turn.request(question, way);
        let max_tokens = turn.max_tokens;
        question.step(effort, Step::Asked { way, max_tokens });
        let error = match model.ask(&request).await {
            Ok(reply) => {
                effort.usage = effort.usage.plus(reply.usage);
                effort.saved = effort.saved.plus(reply.saved);
                return Ok(reply);
            }
            Err(error) => error,
        };
        let below = refuses_form(&error).then(|| modes.step_down(model.name(), way, &error));
        let Some(to) = below.flatten() else {
            return Err(error);
        };
        let detail = faults::cleaned(&error.to_string());
        question.step(
            effort,
            Step::SteppedDown {
                from: way,
                to,
                detail,
            },
        );
        way = to;
    }
}

/// What is asked now: the question as it has grown.
struct Turn {
    messages: Vec<Message>,
    form: Value,
    max_tokens: u32,
}

impl Turn {
    fn request<T>(&self, question: &Question<'_, T>, way: Way) -> Request {
        let mut messages = self.messages.clone();
        if way.is_in_prompt() {
            let text = format!(
                "\n\nReply with one JSON value and nothing else. It must fit this JSON Schema:\n{}",
                form_block(&self.form)
            );
            match messages.first_mut() {
                Some(first) => first.text.push_str(&text),
                None => messages.push(user(text)),
            }
        }
        let schema = match way {
            Way::SchemaWithoutBounds => without_bounds(&self.form),
            Way::Schema | Way::ToolCall | Way::JsonObject | Way::Prompt => self.form.clone(),
        };
        Request {
            role: question.role,
            prompt: question.prompt.clone(),
            messages,
            shape: Some(Shape {
                name: question.form.to_owned(),
                schema,
                mode: way.mode(),
            }),
            max_tokens: self.max_tokens,
            temperature: question.temperature,
            seed: question.seed,
            witness: Witness::default(),
            allowance: Allowance::default(),
        }
    }

    /// Shows the model what it wrote and what is wrong with it.
    fn correct(&mut self, reply: &str, reasons: &[String]) {
        let text = if reply.trim().is_empty() {
            "(no text)"
        } else {
            reply
        };
        self.messages.push(Message {
            speaker: Speaker::Assistant,
            text: text.to_owned(),
        });
        self.messages.push(user(format!(
            "This reply cannot be used:\n- {}\nReply once more with the whole corrected JSON and nothing else.",
            reasons.join("\n- ")
        )));
    }

    /// Asks for less and allows more; `false` when neither is possible.
    fn reduce<T>(&mut self, question: &Question<'_, T>) -> Result<bool, LlmError> {
        let before = self.max_tokens;
        self.max_tokens = before.saturating_mul(2).min(question.most_tokens).max(before);
        if let Some(less) = &question.less {
            narrow(&mut self.form, &less.narrow)?;
            let text = format!("\n\n{} The last reply was too long and was cut.", less.words);
            match self.messages.last_mut().filter(|it| it.speaker == Speaker::User) {
                Some(last) => last.text.push_str(&text),
                None => self.messages.push(user(text)),
            }
        }
        Ok(question.less.is_some() || self.max_tokens > before)
    }
}

fn user(text: String) -> Message {
    Message {
        speaker: Speaker::User,
        text,
    }
}

/// Why a reply is not taken.
enum Fault {
    Withheld,
    Cut,
    Wrong(Vec<String>),
}

impl Fault {
    fn into_error(self) -> LlmError {
        let reason = match self {
            Self::Withheld => "the provider withheld it".to_owned(),
            Self::Cut => "it was cut at the greatest number of tokens".to_owned(),
            Self::Wrong(reasons) => reasons.join("; "),
        };
        LlmError::Unusable { reason }
    }
}

fn judge<T>(
    reply: &Reply,
    form: &Value,
    validator: &Validator,
    check: Option<Check<'_, T>>,
) -> Result<T, Fault>
where
    T: DeserializeOwned + Validate,
    T::Context: Default,
{
    if reply.finish == Finish::Filtered {
        return Err(Fault::Withheld);
    }
    // Some models go on with blanks behind a complete answer until they are cut: that one is taken.
    read(&reply.text, form, validator, check).map_err(|reasons| match reply.finish {
        Finish::Length => Fault::Cut,
        Finish::Stop | Finish::Filtered | Finish::Other(_) => Fault::Wrong(faults::told(reasons)),
    })
}

fn read<T>(
    text: &str,
    form: &Value,
    validator: &Validator,
    check: Option<Check<'_, T>>,
) -> Result<T, Vec<String>>
where
    T: DeserializeOwned + Validate,
    T::Context: Default,
{
    let found = extract(text, Top::of(form)).map_err(|error| vec![error.to_string()])?;
    let reasons = faults::of_form(validator, &found);
    if !reasons.is_empty() {
        return Err(reasons);
    }
    let value: T = serde_json::from_value(found).map_err(|error| vec![error.to_string()])?;
    value.validate().map_err(|report| faults::of_rules(&report))?;
    check.map_or(Ok(()), |it| it(&value))?;
    Ok(value)
}
