//! Why a value of a file does not fit its type, in the words of the file.

use std::fmt::{self, Display};

use serde::de;

use super::decode::TYPE_AND_CONFIG;
use super::tree::NodeId;
use crate::workflow::near::near_or_all;

/// Why a value does not fit its type.
#[derive(Debug)]
pub(in crate::workflow) struct DecodeError {
    pub(super) message: String,
    pub(super) hint: Option<String>,
    /// The innermost node at fault, once the access that holds it has said so.
    pub(super) node: Option<NodeId>,
    /// The key that is missing, when that is the fault.
    pub(super) missing: Option<&'static str>,
    /// Follows from a fault that was reported.
    pub(super) is_told: bool,
}

impl DecodeError {
    /// The error at `node`, unless it is at one further in.
    pub(super) fn at(mut self, node: NodeId) -> Self {
        self.node.get_or_insert(node);
        self
    }

    /// An error that says nothing, for what follows from one that was reported.
    pub(super) fn told(node: NodeId) -> Self {
        Self {
            node: Some(node),
            is_told: true,
            ..de::Error::custom("")
        }
    }
}

impl Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: Display>(message: T) -> Self {
        let text = message.to_string();
        // An error type of ours appends what to do after a line end.
        let (message, hint) = match text.split_once('\n') {
            Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
            None => (text, None),
        };
        Self {
            message,
            hint,
            node: None,
            missing: None,
            is_told: false,
        }
    }

    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::custom(format!("expected {}, found {}", wanted(expected), named(found)))
    }

    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_variant(name: &str, expected: &'static [&'static str]) -> Self {
        Self {
            hint: Some(near_or_all(name, expected.iter().copied())),
            ..Self::custom(format!("`{name}` is not known here"))
        }
    }

    fn unknown_field(name: &str, expected: &'static [&'static str]) -> Self {
        let keys: Vec<&str> = expected
            .iter()
            .flat_map(|it| {
                if *it == TYPE_AND_CONFIG {
                    vec!["type", "config"]
                } else {
                    vec![*it]
                }
            })
            .collect();
        Self {
            hint: Some(near_or_all(name, keys)),
            is_told: name.starts_with("x-"),
            ..Self::custom(format!("unknown key `{name}`"))
        }
    }

    fn missing_field(field: &'static str) -> Self {
        let key = if field == TYPE_AND_CONFIG { "type" } else { field };
        Self {
            missing: Some(field),
            ..Self::custom(format!("key `{key}` is missing"))
        }
    }
}

fn wanted(expected: &dyn de::Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "a string" | "string" => "text".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a mapping".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0 on".to_owned(),
        "i32" | "i64" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a nonzero u16" => "a whole number from 1 to 65535".to_owned(),
        it if it.starts_with("a nonzero") => "a whole number from 1 on".to_owned(),
        it if it.starts_with("struct ") => "a mapping".to_owned(),
        _ => text,
    }
}

fn named(found: de::Unexpected<'_>) -> String {
    match found {
        de::Unexpected::Bool(it) => format!("`{it}`"),
        de::Unexpected::Unsigned(it) => format!("`{it}`"),
        de::Unexpected::Signed(it) => format!("`{it}`"),
        de::Unexpected::Float(it) => format!("`{it}`"),
        de::Unexpected::Str(it) if it.chars().count() > 40 => "a long text".to_owned(),
        de::Unexpected::Str(it) => format!("the text `{it}`"),
        de::Unexpected::Unit => "nothing".to_owned(),
        de::Unexpected::Seq => "a list".to_owned(),
        de::Unexpected::Map => "a mapping".to_owned(),
        other => other.to_string(),
    }
}
