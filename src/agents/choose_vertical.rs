//! Asks a model which vertical fits, where the rules were not sure.
//!
//! A choice of the rules is firm when a vertical scores at least `FIRM` and leads the next by at least
//! `FIRM_LEAD`; it stands whatever a model says. Otherwise, and where the rules took `generic`, a model may
//! choose among the verticals for which something of the names or the brief speaks (a score above 0): the
//! patterns of any other could bind to nothing.

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adviser::{Adviser, Ask};
use super::prose::{WordBook, plain_faults};
use super::quality::Note;
use super::showing::{choices, collections, list, passages, told};
use super::vertical::{GENERIC, Resolved, merged};
use crate::llm::{LlmError, Role};
use crate::model::{document::Document, schema::Census, vertical::Vertical};

/// Score from which a choice of the rules stands.
const FIRM: f64 = 0.6;
/// Lead over the next one that it needs to stand.
const FIRM_LEAD: f64 = 0.2;
/// Tokens of each list in a prompt at most.
pub(super) const LIST_TOKENS: u64 = 4_000;
/// Passages of each document that are shown.
const FIRST_PASSAGES: usize = 20;
/// Tokens of a reply.
const REPLY_TOKENS: u32 = 300;
/// What stands for no vertical.
const NONE: &str = "none";

/// The vertical that a model chooses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
pub struct VerticalPick {
    /// Its name, or `none`.
    #[garde(length(chars, max = 60))]
    pub vertical: String,
    /// Why, in one sentence.
    #[garde(length(chars, max = 200))]
    pub reason: String,
}

/// What became of a choice.
#[derive(Clone, Debug, PartialEq)]
pub struct Picked {
    /// The vertical of the run, and why.
    pub resolved: Resolved,
    /// Whether a model was asked and says that no vertical fits, so that one may be drafted.
    pub none_fits: bool,
    /// What a reader should know.
    pub notes: Vec<Note>,
}

/// The vertical of a run whose vertical is to be found; not to be asked where one was named.
///
/// # Errors
///
/// As [`Adviser::ask`].
pub async fn choose(
    adviser: &Adviser,
    base: Resolved,
    verticals: &[Vertical],
    census: &Census,
    documents: &[Document],
) -> Result<Picked, LlmError> {
    if is_firm(&base) || candidates(verticals).next().is_none() {
        return Ok(Picked {
            resolved: base,
            none_fits: false,
            notes: Vec::new(),
        });
    }
    let advice = adviser.ask(asking(verticals, census, documents)?).await?;
    let Some(answer) = advice.value else {
        return Ok(Picked {
            resolved: base,
            none_fits: false,
            notes: advice.notes,
        });
    };
    let book = WordBook::new(&base.vertical, documents, census);
    let mut picked = adopt(base, &answer, verticals, &book);
    picked.notes.splice(0..0, advice.notes);
    Ok(picked)
}

/// Whether the choice of the rules stands whatever a model says.
fn is_firm(base: &Resolved) -> bool {
    let score = |name: &str| base.scores.iter().find(|it| it.0 == name).map(|it| it.1);
    let others = base.scores.iter().filter(|it| it.0 != base.vertical.name);
    let next = others.map(|it| it.1).fold(0.0, f64::max);
    // Without scores it was named, not found.
    base.scores.is_empty()
        || score(&base.vertical.name).is_some_and(|it| it >= FIRM && it - next >= FIRM_LEAD)
}

fn candidates(verticals: &[Vertical]) -> impl Iterator<Item = &Vertical> {
    verticals.iter().filter(|it| it.name != GENERIC)
}

/// The first passages of all documents.
pub(super) fn beginnings(documents: &[Document]) -> Vec<impl Serialize + use<'_>> {
    let first = |it| {
        passages(std::slice::from_ref(it))
            .into_iter()
            .take(FIRST_PASSAGES)
    };
    documents.iter().flat_map(first).collect()
}

fn asking<'a>(
    verticals: &[Vertical],
    census: &Census,
    documents: &[Document],
) -> Result<Ask<'a, VerticalPick>, LlmError> {
    let shown = candidates(verticals).map(
        |it| serde_json::json!({ "vertical": it.name, "title": it.title, "description": it.description }),
    );
    let names = candidates(verticals).map(|it| it.name.clone());
    let names = names.chain(std::iter::once(NONE.to_owned())).collect();
    Ok(Ask {
        role: Role::Vertical,
        prompt: "vertical/choose",
        form: "vertical_pick",
        values: vec![
            ("verticals", list("verticals", shown, LIST_TOKENS)?),
            (
                "collections",
                list("collections", collections(census), LIST_TOKENS)?,
            ),
            ("passages", list("passages", beginnings(documents), LIST_TOKENS)?),
        ],
        narrow: choices("/properties/vertical", names).into_iter().collect(),
        max_tokens: REPLY_TOKENS,
        less: None,
        check: None,
        private: Vec::new(),
    })
}

/// `base`, or the vertical that a model chose instead where `base` is not firm and something speaks for it.
pub fn adopt(base: Resolved, answer: &VerticalPick, verticals: &[Vertical], book: &WordBook) -> Picked {
    let kept = |base: Resolved, reason: String| Picked {
        notes: vec![Note::remark(format!(
            "the vertical {} that a model chose was not taken: {reason}",
            told(&answer.vertical)
        ))],
        none_fits: false,
        resolved: base,
    };
    if answer.vertical == NONE || answer.vertical == base.vertical.name {
        return Picked {
            none_fits: answer.vertical == NONE && base.vertical.name == GENERIC,
            resolved: base,
            notes: Vec::new(),
        };
    }
    if is_firm(&base) {
        let reason = format!("{} was sure enough by the rules", base.vertical.name);
        return kept(base, reason);
    }
    let Some(chosen) = candidates(verticals).find(|it| it.name == answer.vertical) else {
        return kept(base, "there is none of this name".to_owned());
    };
    let score = base
        .scores
        .iter()
        .find(|it| it.0 == chosen.name)
        .map_or(0.0, |it| it.1);
    if score <= 0.0 {
        return kept(base, "nothing in the names or the brief speaks of it".to_owned());
    }
    let Some(generic) = verticals.iter().find(|it| it.name == GENERIC) else {
        return kept(base, format!("there is no {GENERIC} to join it with"));
    };
    let why = answer.reason.trim().trim_end_matches('.');
    let why = match plain_faults(why, book).as_slice() {
        [] => format!(": {why}"),
        _ => String::new(),
    };
    let reason = format!(
        "A model chose {} (by names and words {score:.2}) where the rules took {}{why}.",
        chosen.name, base.vertical.name
    );
    Picked {
        notes: vec![Note::remark(format!(
            "a model chose the vertical {}, the rules had taken {}",
            chosen.name, base.vertical.name
        ))],
        none_fits: false,
        resolved: Resolved {
            vertical: merged(chosen, generic),
            reason,
            scores: base.scores,
        },
    }
}
