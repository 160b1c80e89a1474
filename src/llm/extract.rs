//! Finds the JSON in a model's text: between fences, after prose, behind thoughts.
//!
//! Law: an object that stands anywhere in prose without braces is found. The first object counts that reads
//! as JSON; a brace of prose (`{name}`) is passed over, an object that was begun and not ended is not, since
//! what stands within it is not what was asked for. One pass over the text; nothing is mended.

use serde_json::Value;

/// What stands at the top of the JSON that is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Top {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
}

impl Top {
    /// What a schema has at its top.
    pub fn of(schema: &Value) -> Self {
        match schema.get("type").and_then(Value::as_str) {
            Some("array") => Self::Array,
            _ => Self::Object,
        }
    }

    fn opening(self) -> char {
        match self {
            Self::Object => '{',
            Self::Array => '[',
        }
    }

    /// Whether JSON goes on after an opening with `next`. Prose in braces hardly does.
    fn goes_on_with(self, next: Option<char>) -> bool {
        match self {
            Self::Object => matches!(next, None | Some('"' | '}')),
            Self::Array => matches!(
                next,
                None | Some('"' | '{' | '[' | ']' | '-' | '0'..='9' | 't' | 'f' | 'n')
            ),
        }
    }
}

/// Why there is no JSON. Messages hold nothing of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoJson {
    /// Nothing at all.
    #[error("the reply is empty")]
    Empty,
    /// Text, but no object or array.
    #[error("there is no JSON in the reply, only {bytes} bytes of other text")]
    Absent {
        /// Length of the text.
        bytes: usize,
    },
    /// It begins and does not end.
    #[error("the JSON is not closed: {open} brackets are still open at its end, so it was probably cut")]
    Unclosed {
        /// Brackets that are still open.
        open: usize,
    },
    /// It begins and ends, and is not JSON.
    #[error("what stands between the brackets is not JSON: {reason}")]
    Malformed {
        /// What the parser said.
        reason: String,
    },
}

impl NoJson {
    /// Whether the reply was probably cut.
    pub fn is_cut(&self) -> bool {
        matches!(self, Self::Unclosed { .. })
    }
}

/// The first JSON object (or array, as `top` says) in `text`.
pub fn extract(text: &str, top: Top) -> Result<Value, NoJson> {
    let text = after_thoughts(text.trim_start_matches('\u{feff}').trim());
    if text.is_empty() {
        return Err(NoJson::Empty);
    }
    let mut malformed = None;
    let mut at = 0;
    while let Some(found) = text[at..].find(top.opening()) {
        let start = at + found;
        at = start + 1;
        if !top.goes_on_with(text[at..].trim_start().chars().next()) {
            continue;
        }
        let end = match end_of(&text[start..]) {
            Ok(length) => start + length,
            // What was found before and could not be read is then the likelier fault.
            Err(open) => return Err(malformed.unwrap_or(NoJson::Unclosed { open })),
        };
        match serde_json::from_str(&text[start..end]) {
            Ok(value) => return Ok(value),
            Err(error) => malformed = malformed.or(Some(reason(&error))),
        }
        at = end;
    }
    Err(malformed.unwrap_or(NoJson::Absent { bytes: text.len() }))
}

fn reason(error: &serde_json::Error) -> NoJson {
    NoJson::Malformed {
        reason: error.to_string(),
    }
}

/// Length of the balanced text at the beginning of `text`, or how many brackets its end leaves open.
/// Brackets within strings do not count.
fn end_of(text: &str) -> Result<usize, usize> {
    let mut open = 0_usize;
    let mut in_string = false;
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        if in_string {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => open += 1,
            b'}' | b']' => {
                open -= 1;
                if open == 0 {
                    return Ok(at + 1);
                }
            }
            _ => {}
        }
    }
    Err(open)
}

/// The text after a block of thoughts at its beginning. Some servers swallow the opening mark, so a text that
/// does not begin with JSON may end its thoughts without having begun them. A block that does not end is all
/// there is.
fn after_thoughts(text: &str) -> &str {
    const MARKS: [(&str, &str); 2] = [("<think>", "</think>"), ("<thinking>", "</thinking>")];
    for (begin, end) in MARKS {
        if let Some(inside) = text.strip_prefix(begin) {
            return inside.split_once(end).map_or("", |it| it.1.trim_start());
        }
        let is_json = text.starts_with(['{', '[', '`']);
        if let Some((thoughts, rest)) = text.split_once(end).filter(|_| !is_json) {
            // A mark within a string of the JSON ends nothing.
            if !matches!(extract(thoughts, Top::Object), Err(NoJson::Unclosed { .. })) {
                return rest.trim_start();
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn object(text: &str) -> Result<Value, NoJson> {
        extract(text, Top::Object)
    }

    #[test]
    fn fences_prose_marks_and_thoughts_are_passed_over() {
        let wanted = json!({"a": [1, {"b": "}"}]});
        let text = r#"{"a": [1, {"b": "}"}]}"#;
        for around in [
            format!("\u{feff}{text}"),
            format!("Sure! Here it is:\n```json\n{text}\n```\nAnything else?"),
            format!("<think>First {{\"a\": 2}} comes to mind.</think>\n{text}"),
            format!("maybe {{name}} or {{}}\n</think>{text}"),
            format!("Fill in {{name}} like this: {text}"),
            format!("{text} and {{\"a\": 3}}"),
        ] {
            assert_eq!(object(&around), Ok(wanted.clone()), "{around}");
        }
    }

    #[test]
    fn a_mark_within_the_json_is_left_alone() {
        let text = r#"{"a": "see </think> here"}"#;
        assert_eq!(object(text), Ok(json!({"a": "see </think> here"})));
        assert_eq!(
            object(&format!("So: {text}")),
            Ok(json!({"a": "see </think> here"}))
        );
    }

    #[test]
    fn an_object_within_a_cut_one_is_not_taken() {
        assert_eq!(
            object(r#"{"items": [{"a": 1}, {"a": "x"#),
            Err(NoJson::Unclosed { open: 3 })
        );
        assert_eq!(object("{"), Err(NoJson::Unclosed { open: 1 }));
        assert!(object("{").unwrap_err().is_cut());
    }

    #[test]
    fn errors_say_what_was_found() {
        assert_eq!(object(" \n"), Err(NoJson::Empty));
        assert_eq!(object("<think>and so on"), Err(NoJson::Empty));
        assert_eq!(object("no idea"), Err(NoJson::Absent { bytes: 7 }));
        let malformed = object(r#"{"a": 1,} and {x}"#).unwrap_err();
        assert!(
            matches!(&malformed, NoJson::Malformed { reason } if reason.contains("line 1")),
            "{malformed}"
        );
    }

    #[test]
    fn arrays_are_found_where_the_form_is_an_array() {
        let top = Top::of(&json!({"type": "array"}));
        assert_eq!(extract("As [asked]: [{\"a\": 1}]", top), Ok(json!([{"a": 1}])));
        assert_eq!(extract("{\"a\": [", top), Err(NoJson::Unclosed { open: 1 }));
    }

    /// Doubling the text must not square the work: a million of these ends at once or never.
    #[test]
    fn braces_without_end_are_read_once() {
        assert!(object(&"{".repeat(1_000_000)).is_err());
        assert!(object(&"{\"".repeat(1_000_000)).is_err());
        assert!(object(&"{\"a\"}".repeat(200_000)).is_err());
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[{}\\[\\]\"\\\\`<>/a]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|it| Value::Object(it.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn an_object_in_prose_without_braces_is_found(
            fields in prop::collection::btree_map(any::<String>(), values(), 0..5),
            before in "[^{}<]{0,60}",
            after in any::<String>(),
            pretty in any::<bool>(),
        ) {
            let value = Value::Object(fields.into_iter().collect());
            let json = if pretty { format!("{value:#}") } else { value.to_string() };
            let after = if after.contains("</think") { String::new() } else { after };
            prop_assert_eq!(object(&format!("{before}{json}{after}")), Ok(value));
        }

        #[test]
        fn any_text_ends_in_a_value_or_an_error(text in any::<String>()) {
            let _ = object(&text);
            let _ = extract(&text, Top::Array);
        }
    }
}
