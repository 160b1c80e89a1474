//! Texts with `{{ expression }}` in them.
//!
//! A text that is one expression has the expression's value, of whatever type. Otherwise values stand in the
//! text as they print: texts as they are, numbers, true and false as written, lists and mappings as JSON; a
//! value that is not there is an error. `{{ '{{' }}` writes two braces.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::error::{EvaluationError, ExpressionError};
use super::evaluate::Scope;
use super::parse::parse_until_close;
use super::tree::Expression;
use crate::workflow::described::described;

/// Bytes of a text that templates may make.
const LONGEST: usize = 16 << 20;

/// A text that may hold expressions.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Value(Expression),
}

impl Template {
    /// The template that `text` is.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find("{{") {
            if at > 0 {
                parts.push(Part::Text(rest[..at].to_owned()));
            }
            let (expression, length) = parse_until_close(&rest[at + 2..])?;
            parts.push(Part::Value(expression));
            rest = &rest[at + 2 + length..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self {
            text: text.to_owned(),
            parts,
        })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text, when it holds no expression.
    pub fn literal(&self) -> Option<&str> {
        self.expressions().next().is_none().then_some(self.text.as_str())
    }

    /// The expression, when there is nothing else.
    pub fn whole(&self) -> Option<&Expression> {
        match self.parts.as_slice() {
            [Part::Value(expression)] => Some(expression),
            _ => None,
        }
    }

    /// Its expressions in order.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.parts.iter().filter_map(|it| match it {
            Part::Value(expression) => Some(expression),
            Part::Text(_) => None,
        })
    }

    /// Its value: of any type when it is one expression, else a text.
    pub fn value(&self, scope: &dyn Scope) -> Result<Value, EvaluationError> {
        match self.whole() {
            Some(expression) => expression.evaluate(scope),
            None => self.render(scope).map(Value::String),
        }
    }

    /// Its text. A value that is not there is an error.
    pub fn render(&self, scope: &dyn Scope) -> Result<String, EvaluationError> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(it) => text.push_str(it),
                Part::Value(expression) => match expression.evaluate(scope)? {
                    Value::String(it) => text.push_str(&it),
                    Value::Null => return Err(nothing(expression)),
                    other => text.push_str(&other.to_string()),
                },
            }
            if text.len() > LONGEST {
                return Err(EvaluationError::TooLong { most: LONGEST });
            }
        }
        Ok(text)
    }
}

fn nothing(expression: &Expression) -> EvaluationError {
    EvaluationError::Nothing {
        expression: expression.to_string(),
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

described! { Template: ["string", "number", "boolean"], "A text; `{{ expression }}` in it stands for a value." }

/// A value of any type whose texts are templates.
#[derive(Clone, Debug, PartialEq)]
pub enum ValueTemplate {
    /// A text.
    Text(Template),
    /// `null`, true, false or a number.
    Value(Value),
    /// A list.
    List(Vec<ValueTemplate>),
    /// A mapping.
    Map(BTreeMap<String, ValueTemplate>),
}

impl ValueTemplate {
    /// Its value.
    pub fn value(&self, scope: &dyn Scope) -> Result<Value, EvaluationError> {
        match self {
            Self::Text(template) => template.value(scope),
            Self::Value(value) => Ok(value.clone()),
            Self::List(parts) => {
                let values: Result<_, _> = parts.iter().map(|it| it.value(scope)).collect();
                values.map(Value::Array)
            }
            Self::Map(parts) => {
                let value = |(key, it): (&String, &Self)| Ok((key.clone(), it.value(scope)?));
                parts
                    .iter()
                    .map(value)
                    .collect::<Result<_, _>>()
                    .map(Value::Object)
            }
        }
    }

    /// The templates in it, in order.
    pub fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Text(template) => vec![template],
            Self::Value(_) => Vec::new(),
            Self::List(parts) => parts.iter().flat_map(Self::templates).collect(),
            Self::Map(parts) => parts.values().flat_map(Self::templates).collect(),
        }
    }
}

impl Serialize for ValueTemplate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(template) => template.serialize(serializer),
            Self::Value(value) => value.serialize(serializer),
            Self::List(parts) => parts.serialize(serializer),
            Self::Map(parts) => parts.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ValueTemplate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = ValueTemplate;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<ValueTemplate, E> {
        Ok(ValueTemplate::Value(Value::Null))
    }

    fn visit_bool<E: de::Error>(self, it: bool) -> Result<ValueTemplate, E> {
        Ok(ValueTemplate::Value(it.into()))
    }

    fn visit_u64<E: de::Error>(self, it: u64) -> Result<ValueTemplate, E> {
        Ok(ValueTemplate::Value(it.into()))
    }

    fn visit_i64<E: de::Error>(self, it: i64) -> Result<ValueTemplate, E> {
        Ok(ValueTemplate::Value(it.into()))
    }

    fn visit_f64<E: de::Error>(self, it: f64) -> Result<ValueTemplate, E> {
        Ok(ValueTemplate::Value(it.into()))
    }

    fn visit_str<E: de::Error>(self, it: &str) -> Result<ValueTemplate, E> {
        Template::parse(it).map(ValueTemplate::Text).map_err(E::custom)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut access: A) -> Result<ValueTemplate, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = access.next_element()? {
            parts.push(part);
        }
        Ok(ValueTemplate::List(parts))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut access: A) -> Result<ValueTemplate, A::Error> {
        let mut parts = BTreeMap::new();
        while let Some((key, part)) = access.next_entry()? {
            parts.insert(key, part);
        }
        Ok(ValueTemplate::Map(parts))
    }
}

described! {
    ValueTemplate: ["string", "number", "boolean", "array", "object", "null"],
    "Any value; `{{ expression }}` in its texts stands for a value."
}
