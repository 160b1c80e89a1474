//! A condition as a file gives it: an expression, true or false, or an object of operators.
//!
//! ```yaml
//! condition: success() && variables.branch == 'main'
//! condition:
//!   type: and
//!   conditions:
//!     - { type: equals, left: "{{ variables.branch }}", right: main }
//!     - { type: exists, left: "{{ variables.key }}" }
//! ```

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::error::EvaluationError;
use super::evaluate::Scope;
use super::operators::pattern;
use super::template::ValueTemplate;
use super::tree::{Comparison, Expression, Function};

/// Levels of `and`, `or` and `not` within each other at most.
const DEEPEST: usize = 32;

/// What must hold for a step to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition(Expression);

impl Condition {
    /// The condition as one expression.
    pub const fn expression(&self) -> &Expression {
        &self.0
    }

    /// Whether it holds.
    pub fn holds(&self, scope: &dyn Scope) -> Result<bool, EvaluationError> {
        self.0.holds(scope)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyForm)
    }
}

struct AnyForm;

impl<'de> Visitor<'de> for AnyForm {
    type Value = Condition;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an expression")
    }

    fn visit_bool<E: de::Error>(self, it: bool) -> Result<Condition, E> {
        Ok(Condition(Expression::Literal(Value::Bool(it))))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Condition, E> {
        // `{{ … }}` around the whole is how other systems write it.
        let inner = text.trim();
        let inner = inner
            .strip_prefix("{{")
            .and_then(|it| it.strip_suffix("}}"))
            .filter(|it| !it.contains("{{"))
            .unwrap_or(inner);
        Expression::parse(inner).map(Condition).map_err(E::custom)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, access: A) -> Result<Condition, A::Error> {
        let form = Form::deserialize(MapAccessDeserializer::new(access))?;
        form.compile(0).map(Condition).map_err(de::Error::custom)
    }
}

impl JsonSchema for Condition {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Condition".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let form = generator.subschema_for::<Form>();
        json_schema!({"anyOf": [{"type": ["string", "boolean"]}, form]})
    }
}

/// The object form.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ConditionObject")]
struct Form {
    /// The operator.
    #[serde(rename = "type", alias = "operator")]
    operator: Operator,
    /// Left side.
    #[serde(default, deserialize_with = "present")]
    left: Option<ValueTemplate>,
    /// Right side.
    #[serde(default, deserialize_with = "present")]
    right: Option<ValueTemplate>,
    /// What `and`, `or` and `not` join.
    #[serde(default)]
    conditions: Vec<Form>,
}

/// `null` is a value here, not an absent one.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ValueTemplate>, D::Error> {
    ValueTemplate::deserialize(deserializer).map(Some)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Operator {
    Equals,
    NotEquals,
    Contains,
    NotContains,
    Exists,
    NotExists,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    Matches,
    NotMatches,
    And,
    Or,
    Not,
}

impl Form {
    fn compile(&self, depth: usize) -> Result<Expression, String> {
        if depth > DEEPEST {
            return Err(format!("the condition is deeper than {DEEPEST} levels"));
        }
        if matches!(self.operator, Operator::And | Operator::Or | Operator::Not) {
            return self.join(depth);
        }
        if !self.conditions.is_empty() {
            return Err("`conditions` belongs to `and`, `or` and `not`".to_owned());
        }
        let left = operand(self.left.as_ref().ok_or("key `left` is missing")?)?;
        if matches!(self.operator, Operator::Exists | Operator::NotExists) {
            if self.right.is_some() {
                return Err("`right` has no meaning for `exists` and `not_exists`".to_owned());
            }
            return Ok(negated(
                self.operator == Operator::NotExists,
                call(Function::Exists, vec![left]),
            ));
        }
        let right = operand(self.right.as_ref().ok_or("key `right` is missing")?)?;
        let compared = |comparison, left, right| Expression::Compare {
            comparison,
            left: Box::new(left),
            right: Box::new(right),
        };
        Ok(match self.operator {
            Operator::NotEquals => compared(Comparison::NotEqual, left, right),
            Operator::GreaterThan => compared(Comparison::Greater, left, right),
            Operator::GreaterThanOrEqual => compared(Comparison::GreaterOrEqual, left, right),
            Operator::LessThan => compared(Comparison::Less, left, right),
            Operator::LessThanOrEqual => compared(Comparison::LessOrEqual, left, right),
            Operator::Contains => call(Function::Contains, vec![left, right]),
            Operator::NotContains => negated(true, call(Function::Contains, vec![left, right])),
            Operator::Matches | Operator::NotMatches => {
                if let Expression::Literal(Value::String(text)) = &right {
                    pattern(text).map_err(|it| it.to_string())?;
                }
                negated(
                    self.operator == Operator::NotMatches,
                    call(Function::Matches, vec![left, right]),
                )
            }
            Operator::Equals
            | Operator::Exists
            | Operator::NotExists
            | Operator::And
            | Operator::Or
            | Operator::Not => compared(Comparison::Equal, left, right),
        })
    }

    fn join(&self, depth: usize) -> Result<Expression, String> {
        if self.left.is_some() || self.right.is_some() {
            return Err(
                "`and`, `or` and `not` join `conditions`; `left` and `right` have no meaning".to_owned(),
            );
        }
        let mut parts = Vec::with_capacity(self.conditions.len());
        for part in &self.conditions {
            parts.push(part.compile(depth + 1)?);
        }
        match (self.operator, parts.len()) {
            (_, 0) => Err("key `conditions` is missing or empty".to_owned()),
            (Operator::Not, 1) => Ok(negated(true, parts.remove(0))),
            (Operator::Not, _) => Err("`not` takes one condition".to_owned()),
            (_, 1) => Ok(parts.remove(0)),
            (Operator::Or, _) => Ok(Expression::Or(parts)),
            _ => Ok(Expression::And(parts)),
        }
    }
}

fn negated(is_negated: bool, expression: Expression) -> Expression {
    if is_negated {
        Expression::Not(Box::new(expression))
    } else {
        expression
    }
}

const fn call(function: Function, arguments: Vec<Expression>) -> Expression {
    Expression::Call { function, arguments }
}

fn operand(value: &ValueTemplate) -> Result<Expression, String> {
    match value {
        ValueTemplate::Value(value) => Ok(Expression::Literal(value.clone())),
        ValueTemplate::List(parts) => parts
            .iter()
            .map(operand)
            .collect::<Result<_, _>>()
            .map(Expression::List),
        ValueTemplate::Map(_) => Err("a mapping cannot be compared; name one of its keys".to_owned()),
        ValueTemplate::Text(template) => match (template.whole(), template.literal()) {
            (Some(expression), _) => Ok(expression.clone()),
            (None, Some(text)) => Ok(Expression::Literal(Value::String(text.to_owned()))),
            (None, None) => Err(format!(
                "`{template}` mixes text and `{{{{ … }}}}`; write one or the other"
            )),
        },
    }
}
