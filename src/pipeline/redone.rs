//! What the rules gave, with what a model adds: made once more when a check sends it back, and without the model
//! when it is sent back again.

use futures_util::future::BoxFuture;

use crate::agents::adviser::Adviser;
use crate::agents::quality::{Consequence, Note};
use crate::llm::LlmError;

/// An output, and what is to be known of how it came about.
#[derive(Debug, PartialEq)]
pub(super) struct Held<T> {
    /// The output.
    pub(super) value: T,
    /// Notes on the model's answers.
    pub(super) notes: Vec<Note>,
    /// What was wrong with each output that was sent back.
    pub(super) sent_back: Vec<Vec<String>>,
}

/// The output that `advise` makes of `rules` and `check` lets stand. A model is blamed for what it adds only: faults
/// that the rules' own output has do not send it back.
pub(super) async fn redone<'f, T: Clone + PartialEq>(
    adviser: Adviser,
    rules: T,
    check: impl Fn(&T) -> Vec<Note>,
    advise: impl Fn(Adviser, T) -> BoxFuture<'f, Result<(T, Vec<Note>), LlmError>>,
) -> Result<Held<T>, LlmError> {
    let own = faults(check(&rules));
    let added = |made: &T| -> Vec<String> {
        let found = faults(check(made)).into_iter();
        found.filter(|it| !own.contains(it)).collect()
    };
    let (value, mut notes) = advise(adviser.clone(), rules.clone()).await?;
    let first = added(&value);
    if first.is_empty() {
        return Ok(Held {
            value,
            notes,
            sent_back: Vec::new(),
        });
    }
    let because = first.join("; ");
    let (value, more) = advise(adviser.shown(&first), rules.clone()).await?;
    notes.extend(more);
    let second = added(&value);
    if second.is_empty() {
        notes.push(Note::remark(match value == rules {
            true => format!(
                "what the model added was sent back, and it had nothing better, so that what the rules give stands: {because}"
            ),
            false => format!("what the model added was sent back once and stands now: {because}"),
        }));
        return Ok(Held {
            value,
            notes,
            sent_back: vec![first],
        });
    }
    notes.push(Note::remark(format!(
        "what the model added was sent back twice, so that what the rules give stands: {}",
        second.join("; ")
    )));
    Ok(Held {
        value: rules,
        notes,
        sent_back: vec![first, second],
    })
}

fn faults(notes: Vec<Note>) -> Vec<String> {
    let faults = notes
        .into_iter()
        .filter(|it| it.consequence == Consequence::SendBack);
    faults.map(|it| it.text).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures_util::FutureExt;

    use super::*;
    use crate::llm::Modes;
    use crate::llm::scripted::Scripted;

    fn adviser() -> Adviser {
        Adviser {
            model: Arc::new(Scripted::new("test/none")),
            prompts: Arc::default(),
            modes: Arc::new(Modes::default()),
            seed: 1,
            told: Arc::new(|_, _| ()),
            sent_back: Vec::new(),
            redacting: None,
        }
    }

    /// Even numbers stand.
    fn check(value: &u32) -> Vec<Note> {
        match value % 2 {
            0 => vec![Note::remark("even")],
            _ => vec![Note::send_back(format!("{value} is odd"))],
        }
    }

    /// What comes of `rules` when the model makes `first` of it, and `again` once it is shown the fault.
    async fn made(rules: u32, first: u32, again: u32) -> (u32, Vec<String>, usize) {
        let advise = |adviser: Adviser, _| {
            let value = match adviser.sent_back.as_slice() {
                [] => first,
                [fault] => {
                    assert_eq!(*fault, format!("{first} is odd"));
                    again
                }
                more => panic!("{more:?}"),
            };
            async move { Ok((value, Vec::new())) }.boxed()
        };
        let held = redone(adviser(), rules, check, advise).await.unwrap();
        let notes = held.notes.into_iter().map(|it| it.text).collect();
        (held.value, notes, held.sent_back.len())
    }

    #[tokio::test]
    async fn an_output_that_is_sent_back_is_made_once_more_and_then_left_to_the_rules() {
        assert_eq!(made(0, 2, 9).await, (2, Vec::new(), 0));
        let (value, notes, count) = made(0, 3, 4).await;
        assert_eq!((value, count), (4, 1));
        assert_eq!(
            notes,
            ["what the model added was sent back once and stands now: 3 is odd"]
        );
        let (value, notes, count) = made(0, 3, 5).await;
        assert_eq!((value, count), (0, 2));
        assert!(
            notes[0].contains("what the rules give stands: 5 is odd"),
            "{notes:?}"
        );
    }

    #[tokio::test]
    async fn a_model_is_not_blamed_for_what_the_rules_did() {
        assert_eq!(made(3, 3, 9).await, (3, Vec::new(), 0));
    }
}
