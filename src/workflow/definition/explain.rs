//! What happens if a step fails, with the names of the steps concerned.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use super::dependency::Awaited;
use super::kind::StepKind;
use super::order::Order;
use super::pool::FailFast;
use super::workflow::Workflow;
use crate::workflow::truth_table::{Fate, Row, SkipReason};

/// What a failure of one step does to each other step. Every step stands in one list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The step that fails.
    pub step: String,
    /// Its `isolateErrors`.
    pub isolate_errors: bool,
    /// Its `continueOnError`, or what `onError` says of failures of its class.
    pub continue_on_error: bool,
    /// Its outcome and conclusion.
    pub becomes: String,
    /// Status and exit code of the run.
    pub run: String,
    /// Steps that had to end before it.
    pub before: Vec<String>,
    /// Cancelled if they run, skipped with `groupFailed` if they have not started.
    pub group_failed: Vec<String>,
    /// Skipped with `upstreamFailed`.
    pub upstream_failed: Vec<String>,
    /// Skipped with `runFailing`; what runs already finishes, or is cancelled with `failFast: cancelAll`.
    pub run_failing: Vec<String>,
    /// Decided by their own condition, which asks how the run stands.
    pub by_condition: Vec<String>,
    /// Run as if nothing had happened.
    pub untouched: Vec<String>,
    /// Whether running steps of other groups are cancelled too.
    pub cancels_all: bool,
}

/// What happens if the step at this position fails after all its attempts.
pub fn explain(workflow: &Workflow, order: &Order, failed: usize) -> Explanation {
    let step = &workflow.steps[failed];
    let row = Row::of(step.is_isolated(), workflow.tolerates(step));
    let skipped = upstream_failed(workflow, order, failed, row);
    let mut explanation = Explanation {
        step: step.id.0.clone(),
        isolate_errors: row.isolate_errors,
        continue_on_error: row.continue_on_error,
        becomes: row.step().to_owned(),
        run: row.run().to_owned(),
        cancels_all: !row.is_tolerated && workflow.parallel.fail_fast == FailFast::CancelAll,
        ..Explanation::default()
    };
    for (at, other) in workflow.steps.iter().enumerate().filter(|it| it.0 != failed) {
        let asks = other
            .condition
            .as_ref()
            .is_some_and(|it| it.expression().asks_standing());
        let in_domain = order.level(at) == order.level(failed) && !other.is_isolated();
        let in_group = order.level(at) == order.level(failed);
        let list = if order.is_after(failed, at) {
            &mut explanation.before
        } else if in_domain && row.pending_domain == Fate::Skipped(SkipReason::GroupFailed) {
            &mut explanation.group_failed
        } else if asks && !row.is_tolerated {
            &mut explanation.by_condition
        } else if skipped.contains(&at) {
            &mut explanation.upstream_failed
        } else if waits_for_failure(workflow, at, failed) {
            &mut explanation.untouched
        } else if explanation.cancels_all {
            &mut explanation.run_failing
        } else if in_group || row.unrelated == Fate::Untouched || workflow.parallel.keep_going {
            &mut explanation.untouched
        } else {
            &mut explanation.run_failing
        };
        list.push(other.id.0.clone());
    }
    explanation
}

/// The steps that cannot run because what they wait for did not succeed.
fn upstream_failed(workflow: &Workflow, order: &Order, failed: usize, row: &Row) -> BTreeSet<usize> {
    if row.dependents == Fate::Untouched {
        return BTreeSet::new();
    }
    // What did not succeed: the step, the members of its domain, and whatever waits for one of those.
    let mut lost: BTreeSet<usize> = BTreeSet::from([failed]);
    if row.pending_domain != Fate::Untouched {
        let in_domain =
            |it: &usize| order.level(*it) == order.level(failed) && !workflow.steps[*it].is_isolated();
        lost.extend((0..workflow.steps.len()).filter(in_domain));
    }
    let mut skipped = BTreeSet::new();
    for &at in order.sequence() {
        let needs = |before: &&usize| needs_success(workflow, at, **before);
        let is_lost = order
            .predecessors(at)
            .iter()
            .filter(needs)
            .any(|it| lost.contains(it));
        if is_lost && !lost.contains(&at) {
            skipped.insert(at);
            // A condition that asks how the run stands may let it run all the same; then it ends as it ends.
            let condition = workflow.steps[at].condition.as_ref();
            if !condition.is_some_and(|it| it.expression().asks_standing()) {
                lost.insert(at);
            }
        }
    }
    skipped
}

/// Whether `at` can run only if `before` succeeded.
fn needs_success(workflow: &Workflow, at: usize, before: usize) -> bool {
    let (step, other) = (&workflow.steps[at], &workflow.steps[before]);
    let named = step.depends_on.iter().find(|it| it.step == other.id.0);
    match named.map(|it| it.condition) {
        Some(Some(Awaited::Failed | Awaited::Completed | Awaited::Started)) => false,
        Some(Some(Awaited::Succeeded | Awaited::Ready | Awaited::Healthy | Awaited::LogReady) | None) => true,
        // Not in `dependsOn`: the other is a condition that chooses this one.
        None => matches!(other.kind, StepKind::Condition(_)),
    }
}

/// Whether `at` waits for the failed step to fail or to end, however.
fn waits_for_failure(workflow: &Workflow, at: usize, failed: usize) -> bool {
    let id = &workflow.steps[failed].id.0;
    workflow.steps[at]
        .depends_on
        .iter()
        .any(|it| it.step == *id && matches!(it.condition, Some(Awaited::Failed | Awaited::Completed)))
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "if `{}` fails after all its attempts (isolateErrors: {}, continueOnError: {}):",
            self.step, self.isolate_errors, self.continue_on_error
        )?;
        let running = if self.cancels_all {
            "cancelled if running"
        } else {
            "finish if running"
        };
        let lists = [
            ("the step".to_owned(), vec![self.becomes.clone()]),
            ("ended before".to_owned(), self.before.clone()),
            (
                "cancelled if running, else skipped (groupFailed)".to_owned(),
                self.group_failed.clone(),
            ),
            (
                "skipped (upstreamFailed)".to_owned(),
                self.upstream_failed.clone(),
            ),
            (
                format!("{running}, else skipped (runFailing)"),
                self.run_failing.clone(),
            ),
            ("by their own condition".to_owned(), self.by_condition.clone()),
            ("run".to_owned(), self.untouched.clone()),
            ("the run".to_owned(), vec![self.run.replace('`', "")]),
        ];
        for (title, names) in lists.into_iter().filter(|it| !it.1.is_empty()) {
            writeln!(f, "  {title}: {}", names.join(", "))?;
        }
        Ok(())
    }
}
