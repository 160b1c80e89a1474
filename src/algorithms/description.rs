//! What the registry says about an algorithm, its parameters and its columns.

use serde::Serialize;

use super::control::KernelError;
use super::outcome::Quantity;
pub(super) use crate::graph::ParallelEdges;

/// What the registry says about an algorithm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Info {
    /// Name in templates and on the command line.
    pub name: &'static str,
    /// Other names that are accepted.
    pub aliases: &'static [&'static str],
    /// Names of what it does with some of its parameters set.
    pub special_cases: &'static [SpecialCase],
    /// Name for people.
    pub title: &'static str,
    /// What it tells, in one sentence.
    pub summary: &'static str,
    /// What changes the answer: dangling vertices, self-loops, parallel edges, direction; in sentences.
    pub convention: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Parameters.
    pub parameters: &'static [ParameterInfo],
    /// Columns of the table `vertices`, the algorithm's own.
    pub columns: &'static [ColumnInfo],
    /// Name and columns of the table of rows, if there is one.
    pub rows: Option<(&'static str, &'static [ColumnInfo])>,
    /// How people read tables, where that is not by the first number, greatest first: table and order.
    pub order: &'static [(&'static str, TableOrder)],
    /// Numbers of the summary.
    pub summary_values: &'static [ColumnInfo],
    /// Whether it needs edge times.
    pub needs_times: bool,
    /// What parallel edges become where nothing else is asked for: kept where each is a part of the answer (a
    /// transfer, a pipe), the smallest where weights are lengths, their sum where weights are amounts. Edges
    /// without weights have no amounts, so that a sum counts them as one.
    pub parallel: ParallelEdges,
    /// Whether it uses edge weights when there are some.
    pub uses_weights: bool,
    /// Whether its question is void, or trivial, on edges without direction.
    pub needs_direction: bool,
    /// Which of the projection's vertex attributes it gets.
    pub attributes: AttributeUse,
    /// Elementary steps that one core does in a second: the slowest that `examples/calibrate.rs` saw on
    /// random graphs of 1,000 to 60,000 vertices with eight edges each, rounded down. Steps are upper
    /// bounds, so that a kernel that usually stays far below its own has a high rate.
    pub steps_a_second: f64,
}

/// A name for what an algorithm does with some of its parameters set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpecialCase {
    /// The name.
    pub name: &'static str,
    /// Parameters with the values that the name gives them.
    pub sets: &'static [(&'static str, &'static str)],
    /// Parameters without which the name would be an empty word.
    pub needs: &'static [&'static str],
}

/// How people read the rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TableOrder {
    /// As the kernel lists them.
    AsComputed,
    /// By this column, greatest first.
    Greatest(&'static str),
    /// By this column, least first.
    Least(&'static str),
}

/// What a kernel takes of the projection's vertex attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeUse {
    /// Nothing.
    None,
    /// Codes: which vertices have equal values.
    Items,
    /// Numbers.
    Numbers,
    /// Codes and numbers.
    Both,
}

/// What the registry says about a parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParameterInfo {
    /// Its name.
    pub name: &'static str,
    /// `number`, `whole number`, `yes or no`, `keys`, `text`, `numbers`.
    pub kind: &'static str,
    /// Its default, as text.
    pub default: &'static str,
    /// What is allowed.
    pub range: &'static str,
    /// What it does.
    pub meaning: &'static str,
}

/// What the registry says about a column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ColumnInfo {
    /// Its name.
    pub name: &'static str,
    /// What it measures.
    pub quantity: Quantity,
    /// What it means.
    pub meaning: &'static str,
}

impl Info {
    /// What parallel edges become where nothing else is asked for, on edges with or without weights.
    pub fn parallel_rule(&self, weighted: bool) -> ParallelEdges {
        match self.parallel {
            // The sum of edges that weigh nothing in particular would be their number, which nobody asked for.
            ParallelEdges::Sum if !weighted => ParallelEdges::Smallest,
            rule => rule,
        }
    }

    /// How people read the table of this name.
    pub fn order_of(&self, table: &str) -> Option<TableOrder> {
        self.order.iter().find(|(name, _)| *name == table).map(|it| it.1)
    }
}

impl ParameterInfo {
    /// `value` in the form that the parameter's type reads, where the meaning is plain.
    pub(super) fn coerced(&self, value: &serde_json::Value) -> serde_json::Value {
        match (self.kind, value) {
            ("keys", serde_json::Value::String(_)) | ("numbers", serde_json::Value::Number(_)) => {
                serde_json::Value::Array(vec![value.clone()])
            }
            ("numbers", serde_json::Value::String(text)) => {
                // One that does not read as a number stays what it is, so that the refusal shows it.
                let number = |it: &str| -> serde_json::Value {
                    let it = it.trim();
                    it.parse::<f64>().map_or_else(|_| it.into(), Into::into)
                };
                text.split(',').map(number).collect()
            }
            ("yes or no", serde_json::Value::String(text)) => match text.to_lowercase().as_str() {
                "yes" | "true" => true.into(),
                "no" | "false" => false.into(),
                _ => value.clone(),
            },
            ("whole number", serde_json::Value::Number(number)) => match number.as_f64() {
                // Beyond 2^53 a float no longer says which whole number is meant.
                Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() <= 9e15 => {
                    (float as i64).into()
                }
                _ => value.clone(),
            },
            _ => value.clone(),
        }
    }

    pub(super) fn refused(&self, value: &serde_json::Value) -> KernelError {
        let kind = match self.kind {
            "yes or no" => "yes or no",
            "keys" => "a list of keys",
            "whole number" => "a whole number",
            "text" => "text",
            "numbers" => "a list of numbers",
            _ => "a number",
        };
        let range = match self.range {
            range if range == kind => String::new(),
            range => format!(" ({range})"),
        };
        KernelError::Parameter {
            parameter: self.name,
            problem: format!("is {value}; it must be {kind}{range}"),
        }
    }
}
