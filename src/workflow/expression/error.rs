//! What can go wrong with an expression, when it is read and when it is evaluated.

/// An expression that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}, at character {character} of `{text}`{}", hint.as_ref().map_or_else(String::new, |it| format!("\n{it}")))]
pub struct ExpressionError {
    /// The expression, its first sixty characters.
    pub text: String,
    /// Where, in characters from 1.
    pub character: usize,
    /// What is wrong.
    pub problem: String,
    /// What to do about it; told after a line end.
    pub hint: Option<String>,
}

/// An expression that has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// A value of the wrong kind.
    #[error("`{what}` is {found}, not {wanted}")]
    Kind {
        /// The part of the expression.
        what: String,
        /// The kind it has.
        found: &'static str,
        /// The kind it should have.
        wanted: &'static str,
    },
    /// Values that have no order.
    #[error("{left} and {right} have no order in `{what}`; compare numbers with numbers or texts with texts")]
    Order {
        /// The comparison.
        what: String,
        /// The kind of its left side.
        left: &'static str,
        /// The kind of its right side.
        right: &'static str,
    },
    /// A template's value that is not there.
    #[error("`{expression}` has no value; `default({expression}, '…')` gives one")]
    Nothing {
        /// The expression.
        expression: String,
    },
    /// A pattern that is no regular expression, or too large a one.
    #[error("`{pattern}` is no pattern: {reason}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What the reader of patterns said.
        reason: String,
    },
    /// A text that grew too large.
    #[error("the text is longer than {most} bytes")]
    TooLong {
        /// Bytes at most.
        most: usize,
    },
}
