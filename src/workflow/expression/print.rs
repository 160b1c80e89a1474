//! Expressions as text, with no more parentheses than needed; reading it back gives the same expression.

use std::fmt::{self, Display, Formatter};

use serde_json::Value;

use super::tree::{Expression, Path, Reference, Segment};

/// How tightly a part binds; a part that binds less than its place asks for stands in parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Or,
    And,
    Comparison,
    Not,
    Operand,
}

fn binding(expression: &Expression) -> Binding {
    match expression {
        Expression::Or(_) => Binding::Or,
        Expression::And(_) => Binding::And,
        Expression::Not(_) => Binding::Not,
        Expression::Compare { .. } => Binding::Comparison,
        Expression::Literal(_) | Expression::List(_) | Expression::Path(_) | Expression::Call { .. } => {
            Binding::Operand
        }
    }
}

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(value) => literal(value, f),
            Self::Path(path) => path.fmt(f),
            Self::List(parts) => {
                f.write_str("[")?;
                joined(parts, ", ", Binding::Or, f)?;
                f.write_str("]")
            }
            Self::Not(inner) => {
                f.write_str("!")?;
                part(inner, Binding::Not, f)
            }
            Self::And(parts) => joined(parts, " && ", Binding::Comparison, f),
            Self::Or(parts) => joined(parts, " || ", Binding::And, f),
            Self::Compare {
                comparison,
                left,
                right,
            } => {
                part(left, Binding::Not, f)?;
                write!(f, " {} ", comparison.sign())?;
                part(right, Binding::Not, f)
            }
            Self::Call { function, arguments } => {
                write!(f, "{}(", function.name())?;
                joined(arguments, ", ", Binding::Or, f)?;
                f.write_str(")")
            }
        }
    }
}

fn joined(parts: &[Expression], joint: &str, place: Binding, f: &mut Formatter<'_>) -> fmt::Result {
    for (at, it) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(joint)?;
        }
        part(it, place, f)?;
    }
    Ok(())
}

fn part(expression: &Expression, place: Binding, f: &mut Formatter<'_>) -> fmt::Result {
    if binding(expression) < place {
        write!(f, "({expression})")
    } else {
        expression.fmt(f)
    }
}

fn literal(value: &Value, f: &mut Formatter<'_>) -> fmt::Result {
    match value {
        Value::String(text) => quoted(text, f),
        other => write!(f, "{other}"),
    }
}

fn quoted(text: &str, f: &mut Formatter<'_>) -> fmt::Result {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('\'', "\\'")
        .replace('\n', "\\n")
        .replace('\t', "\\t");
    write!(f, "'{escaped}'")
}

impl Display for Path {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.reference.fmt(f)?;
        self.way.iter().try_for_each(|it| match it {
            Segment::Index(index) => write!(f, "[{index}]"),
            Segment::Key(key) => keyed(key, f),
        })
    }
}

impl Display for Reference {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut under = |root: &str, key: &str| {
            f.write_str(root)?;
            keyed(key, f)
        };
        match self {
            Self::Step { id, field } => {
                under("steps", id)?;
                write!(f, ".{}", field.name())
            }
            Self::Variable(name) => under("variables", name),
            Self::Environment(name) => under("env", name),
            Self::Secret(name) => under("secrets", name),
            Self::Index => f.write_str("index"),
            Self::Item(name) => f.write_str(name),
            Self::WorkflowId => f.write_str("workflow.id"),
            Self::WorkflowName => f.write_str("workflow.name"),
            Self::WorkflowVersion => f.write_str("workflow.version"),
            Self::RunId => f.write_str("run.id"),
        }
    }
}

fn keyed(key: &str, f: &mut Formatter<'_>) -> fmt::Result {
    if is_name(key) {
        return write!(f, ".{key}");
    }
    f.write_str("[")?;
    quoted(key, f)?;
    f.write_str("]")
}

/// Whether a text may stand after a dot.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_name_character)
}

pub(super) fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-')
}
