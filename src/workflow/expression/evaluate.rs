//! The value of an expression in a scope.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use super::error::EvaluationError;
use super::operators::{contains, equal, kind, order, pattern};
use super::tree::{Comparison, Expression, Function, Path, Reference, Segment};

/// What names mean while a step is prepared.
pub trait Scope {
    /// The value; `None` when there is none, which expressions see as `null`.
    fn value(&self, reference: &Reference) -> Option<Cow<'_, Value>>;

    /// How the run stands for this step.
    fn standing(&self) -> Standing;
}

/// How a run stands for one of its steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What the step depends on went well, and the run is not failing: `success()`.
    pub is_successful: bool,
    /// Something failed that nothing tolerates: `failure()`.
    pub has_failed: bool,
    /// The run is being cancelled: `cancelled()`.
    pub is_cancelled: bool,
    /// All that the step depends on has ended: `completed()`.
    pub is_completed: bool,
}

type Evaluated = Result<Value, EvaluationError>;

impl Expression {
    /// Its value.
    pub fn evaluate(&self, scope: &dyn Scope) -> Evaluated {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::List(parts) => all(parts, scope).map(Value::Array),
            Self::Path(path) => Ok(path.evaluate(scope)),
            Self::Not(inner) => Ok(Value::Bool(!inner.holds(scope)?)),
            Self::And(parts) => {
                for part in parts {
                    if !part.holds(scope)? {
                        return Ok(Value::Bool(false));
                    }
                }
                Ok(Value::Bool(true))
            }
            Self::Or(parts) => {
                for part in parts {
                    if part.holds(scope)? {
                        return Ok(Value::Bool(true));
                    }
                }
                Ok(Value::Bool(false))
            }
            Self::Compare {
                comparison,
                left,
                right,
            } => {
                let (left, right) = (left.evaluate(scope)?, right.evaluate(scope)?);
                self.compare(*comparison, &left, &right).map(Value::Bool)
            }
            Self::Call { function, arguments } => self.call(*function, &all(arguments, scope)?, scope),
        }
    }

    /// Whether it holds as a condition: true, false, a text that says so, or `null`, which is false.
    pub fn holds(&self, scope: &dyn Scope) -> Result<bool, EvaluationError> {
        match self.evaluate(scope)? {
            Value::Bool(it) => Ok(it),
            Value::Null => Ok(false),
            Value::String(text) if text == "true" => Ok(true),
            Value::String(text) if text == "false" => Ok(false),
            other => Err(self.unfit(&other, "true or false")),
        }
    }

    fn unfit(&self, found: &Value, wanted: &'static str) -> EvaluationError {
        EvaluationError::Kind {
            what: self.to_string(),
            found: kind(found),
            wanted,
        }
    }

    fn compare(&self, comparison: Comparison, left: &Value, right: &Value) -> Result<bool, EvaluationError> {
        let ordered = || {
            order(left, right).ok_or_else(|| EvaluationError::Order {
                what: self.to_string(),
                left: kind(left),
                right: kind(right),
            })
        };
        let within =
            || contains(right, left).ok_or_else(|| self.unfit(right, "what can hold the other side"));
        match comparison {
            Comparison::Equal => Ok(equal(left, right)),
            Comparison::NotEqual => Ok(!equal(left, right)),
            Comparison::Less => ordered().map(Ordering::is_lt),
            Comparison::LessOrEqual => ordered().map(Ordering::is_le),
            Comparison::Greater => ordered().map(Ordering::is_gt),
            Comparison::GreaterOrEqual => ordered().map(Ordering::is_ge),
            Comparison::In => within(),
            Comparison::NotIn => within().map(|it| !it),
        }
    }

    fn call(&self, function: Function, values: &[Value], scope: &dyn Scope) -> Evaluated {
        let first = values.first().unwrap_or(&Value::Null);
        let second = values.get(1).unwrap_or(&Value::Null);
        let texts = || match (first, second) {
            (Value::String(first), Value::String(second)) => Ok((first.as_str(), second.as_str())),
            // What is not there begins, ends and looks like nothing.
            (Value::Null, Value::String(second)) => Ok(("", second.as_str())),
            (Value::String(_), other) | (other, _) => Err(self.unfit(other, "a text")),
        };
        let standing = scope.standing();
        let truth = match function {
            Function::Success => standing.is_successful,
            Function::Failure => standing.has_failed,
            Function::Cancelled => standing.is_cancelled,
            Function::Completed => standing.is_completed,
            Function::Always => true,
            Function::Contains => {
                contains(first, second).ok_or_else(|| self.unfit(first, "what can hold the other value"))?
            }
            Function::StartsWith => texts().map(|(text, start)| text.starts_with(start))?,
            Function::EndsWith => texts().map(|(text, end)| text.ends_with(end))?,
            Function::Matches => {
                let (text, wanted) = texts()?;
                pattern(wanted)?.is_match(text)
            }
            Function::Exists => !first.is_null(),
            Function::Default => return Ok(if first.is_null() { second } else { first }.clone()),
            Function::Length => {
                let length = match first {
                    Value::Null => 0,
                    Value::String(text) => text.chars().count(),
                    Value::Array(elements) => elements.len(),
                    Value::Object(keys) => keys.len(),
                    Value::Bool(_) | Value::Number(_) => return Err(self.unfit(first, "what has a length")),
                };
                return Ok(Value::from(length));
            }
        };
        Ok(Value::Bool(truth))
    }
}

fn all(parts: &[Expression], scope: &dyn Scope) -> Result<Vec<Value>, EvaluationError> {
    parts.iter().map(|it| it.evaluate(scope)).collect()
}

impl Path {
    /// The value at the end of the way; `null` where it does not lead anywhere.
    pub fn evaluate(&self, scope: &dyn Scope) -> Value {
        let Some(value) = scope.value(&self.reference) else {
            return Value::Null;
        };
        let mut at = value.as_ref();
        for segment in &self.way {
            let next = match segment {
                Segment::Key(key) => at.get(key),
                Segment::Index(index) => at.get(index),
            };
            match next {
                Some(next) => at = next,
                None => return Value::Null,
            }
        }
        at.clone()
    }
}
