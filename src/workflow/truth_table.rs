//! What a failed step does to the others: the one table that code, `explain`, documentation and tests read.
//!
//! A failure counts once all attempts are used up. The *group* of a step is the steps of its level; its *error
//! domain* is those of them whose `isolateErrors` is false. A tolerated failure cancels nothing, whatever else
//! is said.

use std::fmt;

use serde::Serialize;

/// Why a step never ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum SkipReason {
    /// A member of its error domain failed.
    GroupFailed,
    /// What it depends on did not succeed.
    UpstreamFailed,
    /// The run is failing, and `keepGoing` is false.
    RunFailing,
    /// Its own condition did not hold.
    Condition,
    /// The run was cancelled.
    Cancelled,
}

impl SkipReason {
    /// As results and journals write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GroupFailed => "groupFailed",
            Self::UpstreamFailed => "upstreamFailed",
            Self::RunFailing => "runFailing",
            Self::Condition => "condition",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What becomes of a step when another fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Fate {
    /// It goes on as if nothing had happened.
    Untouched,
    /// Its processes are asked to end, then made to.
    Cancelled,
    /// It never runs.
    Skipped(SkipReason),
    /// It never runs unless the run keeps going.
    SkippedUnlessKeepGoing,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untouched => f.write_str("run"),
            Self::Cancelled => f.write_str("cancelled"),
            Self::Skipped(reason) => write!(f, "skipped, `{}`", reason.name()),
            Self::SkippedUnlessKeepGoing => {
                write!(
                    f,
                    "skipped, `{}` (run with `keepGoing`)",
                    SkipReason::RunFailing.name()
                )
            }
        }
    }
}

/// A row of the table: the two keys of the step that fails, and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// `isolateErrors` of the step.
    pub isolate_errors: bool,
    /// `continueOnError` of the step.
    pub continue_on_error: bool,
    /// Running members of its error domain. Isolated members of its group go on in every row.
    pub running_domain: Fate,
    /// Members of its error domain that have not started.
    pub pending_domain: Fate,
    /// Steps that depend on it.
    pub dependents: Fate,
    /// Later steps that do not.
    pub unrelated: Fate,
    /// Whether the failure is tolerated: then the step's conclusion is a success, the run is
    /// `partiallySucceeded` and exits with 0 (with `--strict` with 1); else it is `failed` and exits with 1.
    pub is_tolerated: bool,
}

/// The table.
pub const ROWS: [Row; 4] = [
    Row {
        isolate_errors: false,
        continue_on_error: false,
        running_domain: Fate::Cancelled,
        pending_domain: Fate::Skipped(SkipReason::GroupFailed),
        dependents: Fate::Skipped(SkipReason::UpstreamFailed),
        unrelated: Fate::SkippedUnlessKeepGoing,
        is_tolerated: false,
    },
    Row {
        isolate_errors: true,
        continue_on_error: false,
        running_domain: Fate::Untouched,
        pending_domain: Fate::Untouched,
        dependents: Fate::Skipped(SkipReason::UpstreamFailed),
        unrelated: Fate::SkippedUnlessKeepGoing,
        is_tolerated: false,
    },
    tolerated(false),
    tolerated(true),
];

const fn tolerated(isolate_errors: bool) -> Row {
    Row {
        isolate_errors,
        continue_on_error: true,
        running_domain: Fate::Untouched,
        pending_domain: Fate::Untouched,
        dependents: Fate::Untouched,
        unrelated: Fate::Untouched,
        is_tolerated: true,
    }
}

impl Row {
    /// The row for a step with these keys.
    pub fn of(isolate_errors: bool, continue_on_error: bool) -> &'static Self {
        &ROWS[usize::from(continue_on_error) * 2 + usize::from(isolate_errors)]
    }

    /// Outcome and conclusion of the step.
    pub const fn step(&self) -> &'static str {
        if self.is_tolerated {
            "failed, conclusion succeeded"
        } else {
            "failed"
        }
    }

    /// Status and exit code of the run.
    pub const fn run(&self) -> &'static str {
        if self.is_tolerated {
            "partiallySucceeded / 0 (`--strict`: 1)"
        } else {
            "failed / 1"
        }
    }
}

/// The table in Markdown, as docs/workflows.md shows it.
pub fn markdown() -> String {
    let mut text = "| isolateErrors | continueOnError | The step | Running members of its error domain | \
        Its members not yet started | Steps that depend on it | Later steps that do not | Run / exit |\n\
        | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        .to_owned();
    for row in &ROWS {
        let (isolate, tolerate) = (row.isolate_errors, row.continue_on_error);
        let (running, pending) = (row.running_domain, row.pending_domain);
        let (dependents, unrelated) = (row.dependents, row.unrelated);
        text.push_str(&format!(
            "| {isolate} | {tolerate} | {} | {running} | {pending} | {dependents} | {unrelated} | {} |\n",
            row.step(),
            row.run()
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pair_of_keys_has_its_row() {
        for isolate_errors in [false, true] {
            for continue_on_error in [false, true] {
                let row = Row::of(isolate_errors, continue_on_error);
                assert_eq!(
                    (row.isolate_errors, row.continue_on_error),
                    (isolate_errors, continue_on_error)
                );
            }
        }
    }

    #[test]
    fn a_tolerated_failure_touches_nothing() {
        for row in ROWS.iter().filter(|it| it.continue_on_error) {
            for fate in [
                row.running_domain,
                row.pending_domain,
                row.dependents,
                row.unrelated,
            ] {
                assert_eq!(fate, Fate::Untouched);
            }
        }
    }
}
