//! Expressions in conditions and in `{{ … }}`: read once, printed as written by us, evaluated on typed values.
//!
//! ```text
//! or          := and ("||" and)*
//! and         := comparison ("&&" comparison)*
//! comparison  := not (("==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in") not)?
//! not         := "!" not | operand
//! operand     := literal | list | call | path | "(" or ")"
//! literal     := null | true | false | number | 'text' | "text"
//! list        := "[" (or ("," or)*)? "]"
//! call        := name "(" (or ("," or)*)? ")"
//! path        := name ("." name | "[" (whole number | text) "]")*
//! ```
//!
//! Names in paths may hold `-`; there is no arithmetic, so nothing is lost. Texts take `\\`, `\'`, `\"`, `\n`
//! and `\t`. Bounds: 4,096 characters, 32 levels of parentheses, calls, lists and `!`.
//!
//! Comparing: numbers with numbers, texts with texts (by code point), lists and mappings for equality only.
//! Where a text meets a number, true or false, the text counts as what it reads as (`"8"` equals `8`), because
//! the environment and scripts only know texts; a text that reads as neither is unequal, and has no order.
//! `null` equals `null` only. Only true and false are conditions, and the texts that say so; `null` is false.
//!
//! Values are inert: what a value holds is never read as an expression again.

mod condition;
mod error;
mod evaluate;
mod operators;
mod parse;
mod print;
mod template;
#[cfg(test)]
mod tests;
mod tree;

pub use condition::Condition;
pub use error::{EvaluationError, ExpressionError};
pub use evaluate::{Scope, Standing};
pub use template::{Template, ValueTemplate};
pub use tree::{Comparison, Expression, Function, Path, Reference, Segment, StepField};
