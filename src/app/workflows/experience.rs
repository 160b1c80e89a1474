//! What earlier runs of a workflow tell of its steps, from their journals.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

use super::find::list_workflow_runs;
use crate::model::event::Record;
use crate::model::workflow_event::{StepState, WorkflowEvent};
use crate::trace;
use crate::workflow::run::journal_of;
use crate::workflow::tuning::Experience;

/// Runs of any workflow that are looked at, the latest first.
const MOST_LOOKED_AT: usize = 1000;

/// Earlier runs that a run heeds: few, so that reading them costs little beside the run.
const HEEDED: usize = 3;

/// How long the steps of the workflow of this name took in its latest runs under `output`, by name.
pub(super) fn expected(workflow: &str, output: &Path) -> BTreeMap<String, Duration> {
    let (experience, _) = experience(workflow, output, HEEDED);
    experience
        .steps()
        .map(|(step, it)| (step.to_owned(), it.takes))
        .collect()
}

/// What at most `most` of the latest runs tell, and how many there are. Runs that cannot be read tell nothing.
pub(super) fn experience(workflow: &str, output: &Path, most: usize) -> (Experience, usize) {
    let latest = list_workflow_runs(output).into_iter().rev().take(MOST_LOOKED_AT);
    let journals = latest.map(|run| journal_of(&output.join(run)));
    let found: Vec<Vec<Record<WorkflowEvent>>> = journals
        .filter(|it| is_of(workflow, it))
        .filter_map(|it| trace::read_journal(&it).ok())
        .take(most)
        .collect();
    let mut experience = Experience::default();
    // The oldest first, because the experience forgets the first.
    for records in found.iter().rev() {
        let mut queued: BTreeMap<&str, u64> = BTreeMap::new();
        for record in records {
            match &record.event {
                WorkflowEvent::StepStarted { step, queued_us, .. } => {
                    *queued.entry(step).or_default() += queued_us;
                }
                WorkflowEvent::StepFinished { step, end } if end.state == StepState::Succeeded => {
                    let waited = queued.get(step.as_str()).copied().unwrap_or(0);
                    let took = Duration::from_micros(end.elapsed_us);
                    experience.learn(step, took, Duration::from_micros(waited));
                }
                _ => {}
            }
        }
    }
    (experience, found.len())
}

/// Whether the journal is of a run of the workflow; its first line says so.
fn is_of(workflow: &str, journal: &Path) -> bool {
    let mut line = Vec::new();
    let read = File::open(journal).and_then(|it| BufReader::new(it).read_until(b'\n', &mut line));
    let first = read
        .ok()
        .and_then(|_| trace::parse::<WorkflowEvent>(&line, "").ok())
        .and_then(|it| it.records.into_iter().next());
    first.is_some_and(
        |it| matches!(it.event, WorkflowEvent::RunStarted { workflow: name, .. } if name == workflow),
    )
}
