//! What an expression is, once read.

use serde_json::Value;

/// A part of an expression, or all of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// `null`, true, false, a number or a text.
    Literal(Value),
    /// `[…]`.
    List(Vec<Expression>),
    /// A value by its name.
    Path(Path),
    /// `!…`.
    Not(Box<Expression>),
    /// `… && …`; at least two.
    And(Vec<Expression>),
    /// `… || …`; at least two.
    Or(Vec<Expression>),
    /// `left == right` and its like.
    Compare {
        /// How.
        comparison: Comparison,
        /// Left side.
        left: Box<Expression>,
        /// Right side.
        right: Box<Expression>,
    },
    /// `name(arguments)`, as many arguments as the function takes.
    Call {
        /// What is called.
        function: Function,
        /// With what.
        arguments: Vec<Expression>,
    },
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `in`: element of a list, part of a text, key of a mapping.
    In,
    /// `not in`
    NotIn,
}

impl Comparison {
    /// All of them; where one begins with another, the longer one first.
    pub const ALL: [Self; 8] = [
        Self::Equal,
        Self::NotEqual,
        Self::LessOrEqual,
        Self::Less,
        Self::GreaterOrEqual,
        Self::Greater,
        Self::In,
        Self::NotIn,
    ];

    /// As it is written.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::NotIn => "not in",
        }
    }
}

/// A function of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `success()`: what the step depends on went well and the run is not failing.
    Success,
    /// `failure()`: something failed that nothing tolerates.
    Failure,
    /// `cancelled()`: the run is being cancelled.
    Cancelled,
    /// `completed()`: what the step depends on has ended, however.
    Completed,
    /// `always()`: true, also in a failing or cancelled run.
    Always,
    /// `contains(whole, part)`: [`Comparison::In`] the other way round.
    Contains,
    /// `startsWith(text, start)`
    StartsWith,
    /// `endsWith(text, end)`
    EndsWith,
    /// `matches(text, pattern)`: the pattern occurs in the text, in linear time.
    Matches,
    /// `exists(value)`: it is there and not `null`.
    Exists,
    /// `default(value, other)`: the other where the value is not there or `null`.
    Default,
    /// `length(value)`: characters, elements or keys.
    Length,
}

impl Function {
    /// All of them with their names and numbers of arguments.
    pub const ALL: [(Self, &'static str, usize); 12] = [
        (Self::Success, "success", 0),
        (Self::Failure, "failure", 0),
        (Self::Cancelled, "cancelled", 0),
        (Self::Completed, "completed", 0),
        (Self::Always, "always", 0),
        (Self::Contains, "contains", 2),
        (Self::StartsWith, "startsWith", 2),
        (Self::EndsWith, "endsWith", 2),
        (Self::Matches, "matches", 2),
        (Self::Exists, "exists", 1),
        (Self::Default, "default", 2),
        (Self::Length, "length", 1),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|it| it.0 == self).map_or("", |it| it.1)
    }

    /// Whether it asks how the run stands rather than what values are.
    pub const fn asks_standing(self) -> bool {
        matches!(
            self,
            Self::Success | Self::Failure | Self::Cancelled | Self::Completed | Self::Always
        )
    }
}

/// A value by its name, and the way into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// What is meant.
    pub reference: Reference,
    /// The way into it.
    pub way: Vec<Segment>,
}

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// A key of a mapping.
    Key(String),
    /// An element of a list, from 0.
    Index(usize),
}

/// What a path begins with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference {
    /// `steps.ID.FIELD`
    Step {
        /// The step.
        id: String,
        /// What of it.
        field: StepField,
    },
    /// `variables.NAME`, also written `variable.NAME`
    Variable(String),
    /// `env.NAME`
    Environment(String),
    /// `secrets.NAME`
    Secret(String),
    /// `index`: which item of `forEach`, from 0.
    Index,
    /// `item`, or the name that `forEach.as` gives it.
    Item(String),
    /// `workflow.id`
    WorkflowId,
    /// `workflow.name`
    WorkflowName,
    /// `workflow.version`
    WorkflowVersion,
    /// `run.id`
    RunId,
}

/// What other steps may know of a step that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepField {
    /// `succeeded`, `failed`, `timedOut`, `cancelled` or `skipped`, as it was.
    Outcome,
    /// The outcome after `continueOnError`.
    Conclusion,
    /// Whether the conclusion is a good one.
    Success,
    /// What it wrote to its standard output; nothing if it failed.
    Output,
    /// Values by name from the file named by `$GAAI_OUTPUT`; for a condition, `result`.
    Outputs,
    /// What went wrong.
    Error,
    /// Milliseconds.
    ExecutionTime,
    /// Of a script.
    ExitCode,
    /// Attempts made.
    Attempts,
    /// Why it was skipped.
    Reason,
}

impl StepField {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Outcome,
        Self::Conclusion,
        Self::Success,
        Self::Output,
        Self::Outputs,
        Self::Error,
        Self::ExecutionTime,
        Self::ExitCode,
        Self::Attempts,
        Self::Reason,
    ];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::Conclusion => "conclusion",
            Self::Success => "success",
            Self::Output => "output",
            Self::Outputs => "outputs",
            Self::Error => "error",
            Self::ExecutionTime => "executionTime",
            Self::ExitCode => "exitCode",
            Self::Attempts => "attempts",
            Self::Reason => "reason",
        }
    }
}

impl Expression {
    /// Calls `visit` with this expression and all parts of it.
    pub fn visit<'e>(&'e self, visit: &mut dyn FnMut(&'e Expression)) {
        visit(self);
        match self {
            Self::Literal(_) | Self::Path(_) => {}
            Self::Not(inner) => inner.visit(visit),
            Self::Compare { left, right, .. } => {
                left.visit(visit);
                right.visit(visit);
            }
            Self::List(parts) | Self::And(parts) | Self::Or(parts) | Self::Call { arguments: parts, .. } => {
                parts.iter().for_each(|it| it.visit(visit));
            }
        }
    }

    /// The paths it reads, in order.
    pub fn paths(&self) -> Vec<&Path> {
        let mut paths = Vec::new();
        self.visit(&mut |it| {
            if let Self::Path(path) = it {
                paths.push(path);
            }
        });
        paths
    }

    /// Whether it asks how the run stands. A condition that does not is taken as `success() && (…)`.
    pub fn asks_standing(&self) -> bool {
        let mut asks = false;
        self.visit(&mut |it| {
            asks |= matches!(it, Self::Call { function, .. } if function.asks_standing());
        });
        asks
    }
}
