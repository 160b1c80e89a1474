//! Laws of the scheduler's pure half over random graphs of tasks and random outcomes.

use std::collections::BTreeMap;
use std::time::Duration;

use gaai::flow::{Action, Change, Halt, Needs, Phase, Policy, Pool, State, Task, TaskSpec, next};
use gaai::model::event::{Stage, TaskId};
use gaai::model::id::ContentHash;
use proptest::prelude::*;

/// A random graph of tasks: each waits for some of those before it.
pub(crate) fn specs() -> impl Strategy<Value = Vec<TaskSpec>> {
    let task = (any::<u64>(), 0..3_u32, any::<bool>(), any::<bool>(), 0..50_u64);
    prop::collection::vec(task, 1..16).prop_map(|tasks| {
        let build = |(place, (links, weight, any, io, expected)): (usize, (u64, u32, bool, bool, u64))| {
            let after: Vec<TaskId> = (0..place)
                .filter(|it| links >> (it % 64) & 3 == 3)
                .map(|it| TaskId(format!("t{it}")))
                .collect();
            TaskSpec {
                needs: if any { Needs::Any } else { Needs::All },
                pool: if io { Pool::Io } else { Pool::Cpu },
                weight: weight + 1,
                expected: Duration::from_millis(expected),
                ..TaskSpec::new(format!("t{place}"), Stage::Execution).after(&after)
            }
        };
        tasks.into_iter().enumerate().map(build).collect()
    })
}

fn policies() -> impl Strategy<Value = Policy> {
    (
        1..5_usize,
        prop::option::of(1..4_u32),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(max_running, units, keep_going, ask)| Policy {
            cpu_units: units,
            keep_going,
            ask,
            ..Policy::parallel(max_running)
        })
}

/// What the tests hold true in every state.
fn check(state: &State, policy: &Policy) {
    let running: Vec<_> = state
        .tasks()
        .iter()
        .filter(|it| it.phase == Phase::Running)
        .collect();
    assert!(running.len() <= policy.max_running);
    if let Some(limit) = policy.cpu_units {
        let held: u32 = running
            .iter()
            .filter(|it| it.spec.pool == Pool::Cpu)
            .map(|it| it.spec.weight.min(limit))
            .sum();
        assert!(held <= limit, "{held} units of {limit}");
    }
    for task in running {
        let ended_well = |it: &&TaskId| matches!(state.task(it).unwrap().phase, Phase::Finished(_));
        let well = task.spec.after.iter().filter(ended_well).count();
        match task.spec.needs {
            Needs::All => assert_eq!(well, task.spec.after.len()),
            Needs::Any => assert!(well > 0 || task.spec.after.is_empty()),
        }
    }
}

/// Runs the pure half by the choices of `dice` and gives all changes.
pub(crate) fn drive(specs: &[TaskSpec], policy: &Policy, dice: &[u8]) -> Vec<Change> {
    let mut dice = dice.iter().copied().cycle();
    let mut roll = move || dice.next().unwrap();
    let mut state = State::default();
    let mut changes = Vec::new();
    let mut unqueued = specs.iter();
    loop {
        let mut took: Vec<Change> = Vec::new();
        for action in next(&state, policy) {
            took.push(match action {
                Action::Start(task) => Change::Started { attempt: 1, task },
                Action::Skip { task, reason } => Change::Skipped { task, reason },
                Action::Ask(task) => Change::Asked(task),
            });
        }
        if took.is_empty() {
            let open: Vec<_> = state
                .tasks()
                .iter()
                .filter(|it| matches!(it.phase, Phase::Running | Phase::Asked | Phase::Resting))
                .collect();
            let chosen = (!open.is_empty()).then(|| open[usize::from(roll()) % open.len()]);
            match (unqueued.as_slice().first(), chosen) {
                (Some(spec), _) if roll() % 2 == 0 || chosen.is_none() => {
                    unqueued.next();
                    took.push(Change::Queued(spec.clone()));
                }
                (_, Some(task)) => took.extend(outcome(task, roll())),
                (_, None) => return changes,
            }
        }
        for change in took {
            state.apply(&change);
            changes.push(change);
            check(&state, policy);
        }
        assert!(changes.len() < 20 * specs.len() + 20, "it does not end");
    }
}

fn outcome(task: &Task, roll: u8) -> Vec<Change> {
    let id = task.spec.id.clone();
    let failed = |again| Change::Failed {
        task: id.clone(),
        attempt: 1,
        reason: "chance".to_owned(),
        elapsed_us: 1,
        again,
    };
    match task.phase {
        Phase::Asked if roll < 16 => vec![Change::Halted(Halt::NotApproved), Change::Rested(id)],
        Phase::Asked => vec![Change::Approved(id)],
        Phase::Resting => vec![Change::Rested(id)],
        _ if roll < 8 => vec![Change::Halted(Halt::Cancelled), failed(false)],
        _ if roll < 48 => vec![failed(false)],
        _ if roll < 96 => vec![failed(true)],
        _ => vec![Change::Finished {
            artefact: ContentHash(id.0.clone()),
            task: id,
            elapsed_us: 1,
        }],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever fails, whenever: limits hold (checked in `drive`), nothing deadlocks, and every
    /// task ends exactly once.
    #[test]
    fn every_task_ends_once_and_no_limit_is_passed(
        specs in specs(), policy in policies(), dice in prop::collection::vec(any::<u8>(), 97),
    ) {
        let changes = drive(&specs, &policy, &dice);
        let state = State::replay(&changes);
        prop_assert!(state.is_over());
        prop_assert_eq!(state.tasks().len(), specs.len());
        let mut ends: BTreeMap<&TaskId, u32> = BTreeMap::new();
        for change in &changes {
            match change {
                Change::Finished { task, .. } | Change::Skipped { task, .. }
                | Change::Failed { task, again: false, .. } => *ends.entry(task).or_default() += 1,
                _ => {}
            }
        }
        prop_assert!(specs.iter().all(|it| ends[&it.id] == 1), "{:?}", ends);
    }

    /// With room for all and nothing failing, every task finishes.
    #[test]
    fn without_failures_every_task_finishes(specs in specs(), max_running in 1..4_usize) {
        let policy = Policy::parallel(max_running);
        let changes = drive(&specs, &policy, &[255]);
        let state = State::replay(&changes);
        prop_assert!(state.tasks().iter().all(|it| matches!(it.phase, Phase::Finished(_))));
    }
}
