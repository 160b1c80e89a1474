//! In what two requests differ, in a few words: what a miss of a replayed run is explained by.

use serde_json::Value;

use super::faults::cleaned;
use super::kept::request_hash;
use super::{Request, Shape, Speaker};

/// Characters that are shown of each side.
const SHOWN: usize = 48;

/// Which of the `known` requests is nearest to `asked`, and the first difference between them.
pub(super) fn nearest<'a>(asked: &Request, known: impl Iterator<Item = &'a Request>) -> Option<String> {
    let near = known.max_by_key(|it| nearness(asked, it))?;
    let file = request_hash(near);
    Some(format!(
        "the nearest, {}…, differs in {}",
        file.short(),
        difference(near, asked)
    ))
}

/// Greater is nearer: role, prompt, then how much of the conversation is the same from its beginning.
fn nearness(asked: &Request, known: &Request) -> (bool, bool, usize, usize) {
    let pairs = || asked.messages.iter().zip(&known.messages);
    let same_turns = pairs().take_while(|(left, right)| left == right).count();
    let first = pairs().nth(same_turns);
    let same_bytes = first.map_or(0, |(left, right)| common(&left.text, &right.text));
    (
        asked.role == known.role,
        asked.prompt == known.prompt,
        same_turns,
        same_bytes,
    )
}

/// Bytes that both begin with, at a boundary of characters.
fn common(left: &str, right: &str) -> usize {
    let same = left
        .chars()
        .zip(right.chars())
        .take_while(|(one, other)| one == other);
    same.map(|it| it.0.len_utf8()).sum()
}

fn difference(recorded: &Request, asked: &Request) -> String {
    if recorded.role != asked.role {
        return sides(
            "the role",
            &format!("{:?}", recorded.role),
            &format!("{:?}", asked.role),
        );
    }
    if recorded.prompt != asked.prompt {
        return sides("the prompt's version", &recorded.prompt, &asked.prompt);
    }
    for (index, (left, right)) in recorded.messages.iter().zip(&asked.messages).enumerate() {
        if left != right {
            let place = format!("turn {} ({})", index + 1, word(right.speaker));
            return sides(
                &place,
                from_difference(&left.text, &right.text),
                from_difference(&right.text, &left.text),
            );
        }
    }
    if recorded.messages.len() != asked.messages.len() {
        let turns = |it: &Request| it.messages.len().to_string();
        return sides("the number of turns", &turns(recorded), &turns(asked));
    }
    if recorded.shape != asked.shape {
        return shape_difference(recorded.shape.as_ref(), asked.shape.as_ref());
    }
    if recorded.max_tokens != asked.max_tokens {
        return sides(
            "max_tokens",
            &recorded.max_tokens.to_string(),
            &asked.max_tokens.to_string(),
        );
    }
    if recorded.seed != asked.seed {
        return sides("the seed", &recorded.seed.to_string(), &asked.seed.to_string());
    }
    sides(
        "the temperature",
        &recorded.temperature.to_string(),
        &asked.temperature.to_string(),
    )
}

fn shape_difference(recorded: Option<&Shape>, asked: Option<&Shape>) -> String {
    let (Some(left), Some(right)) = (recorded, asked) else {
        let is = |it: Option<&Shape>| if it.is_some() { "a form" } else { "free text" };
        return sides("the form", is(recorded), is(asked));
    };
    if left.mode != right.mode {
        return sides(
            "how the form is asked for",
            &format!("{:?}", left.mode),
            &format!("{:?}", right.mode),
        );
    }
    if left.name != right.name {
        return sides("the form's name", &left.name, &right.name);
    }
    let (pointer, one, other) = json_difference(&left.schema, &right.schema);
    let (one, other) = (one.to_string(), other.to_string());
    let place = format!("the form at {}", if pointer.is_empty() { "/" } else { &pointer });
    sides(
        &place,
        from_difference(&one, &other),
        from_difference(&other, &one),
    )
}

/// The first place where two JSON values differ, as deep as possible.
fn json_difference(left: &Value, right: &Value) -> (String, Value, Value) {
    if let (Value::Object(one), Value::Object(other)) = (left, right) {
        let differing = one
            .iter()
            .find(|(key, value)| other.get(*key).is_some_and(|it| it != *value));
        if let Some((key, value)) = differing {
            let (below, one, other) = json_difference(value, &other[key]);
            return (format!("/{key}{below}"), one, other);
        }
    }
    (String::new(), left.clone(), right.clone())
}

fn word(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::System => "system",
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
    }
}

/// `text` from the beginning of the word in which it differs from `other`.
fn from_difference<'a>(text: &'a str, other: &str) -> &'a str {
    let same = &text[..common(text, other)];
    let start = same.rfind(char::is_whitespace).map_or(0, |it| it + 1);
    // A blank of several bytes must not be cut through.
    let start = (start..=same.len())
        .find(|it| text.is_char_boundary(*it))
        .unwrap_or(0);
    &text[start..]
}

fn sides(place: &str, recorded: &str, asked: &str) -> String {
    format!(
        "{place}: recorded is “{}”, asked “{}”",
        shown(recorded),
        shown(asked)
    )
}

fn shown(text: &str) -> String {
    let cut: String = cleaned(text).chars().take(SHOWN).collect();
    if text.chars().nth(SHOWN).is_some() {
        format!("{}…", cut.trim_end())
    } else {
        cut
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::llm::ShapeMode;
    use crate::llm::scripted::tests::request;

    fn told(change: impl Fn(&mut Request)) -> String {
        let mut asked = request("same");
        asked.shape = Some(Shape {
            name: "ideas".to_owned(),
            schema: json!({"type": "object", "properties": {"a": {"maxLength": 3}}}),
            mode: ShapeMode::JsonSchema,
        });
        let recorded = asked.clone();
        change(&mut asked);
        nearest(&asked, [&recorded].into_iter()).unwrap()
    }

    #[test]
    fn every_field_is_told_of() {
        let faults = [
            (told(|it| it.prompt.push('7')), "the prompt's version"),
            (told(|it| it.role = crate::llm::Role::Probe), "the role"),
            (told(|it| it.seed = 9), "the seed: recorded is “1”, asked “9”"),
            (told(|it| it.temperature = 0.5), "the temperature"),
            (told(|it| it.max_tokens = 9), "max_tokens"),
            (
                told(|it| it.messages.push(it.messages[0].clone())),
                "the number of turns",
            ),
            (
                told(|it| it.shape = None),
                "the form: recorded is “a form”, asked “free text”",
            ),
        ];
        for (text, part) in faults {
            assert!(text.contains(part), "{text}");
        }
        let form = told(|it| {
            if let Some(shape) = &mut it.shape {
                shape.schema["properties"]["a"]["maxLength"] = json!(4);
            }
        });
        assert!(
            form.contains("the form at /properties/a/maxLength: recorded is “3”, asked “4”"),
            "{form}"
        );
    }

    proptest! {
        #[test]
        fn any_two_texts_are_told_apart(left in any::<String>(), right in any::<String>()) {
            let found = nearest(&request(&left), [&request(&right)].into_iter()).unwrap();
            prop_assert!(found.chars().count() < 400);
            prop_assert!(!found.chars().any(char::is_control));
        }
    }
}
