//! Random pipelines of stages on a flow, in virtual time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use gaai::flow::{Cancel, Ended, Failure, Flow, Needs, Policy, Pool, Remedy, TaskSpec};
use gaai::model::event::{Event, Stage, TaskId};
use gaai::model::id::ContentHash;
use gaai::trace::{EventSink, Memory};
use proptest::prelude::*;
use tokio::time::{Instant, sleep};

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
    let units = prop::option::of(1..4_u32);
    (1..5_usize, units, any::<bool>(), any::<bool>()).prop_map(|(max_running, units, keep_going, ask)| {
        Policy {
            cpu_units: units,
            keep_going,
            ask,
            ..Policy::parallel(max_running)
        }
    })
}

/// Runs the stages, with outcomes and times by `dice`, and gives all events and how each stage ended.
pub(crate) fn play(specs: &[TaskSpec], policy: &Policy, dice: &[u8]) -> (Vec<Event>, Vec<Result<(), Ended>>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let (memory, cancel) = (Arc::new(Memory::default()), Cancel::default());
        let origin = Instant::now();
        let clock = Arc::new(move || i64::try_from(origin.elapsed().as_micros()).unwrap());
        let sink = Arc::clone(&memory) as Arc<dyn EventSink>;
        let flow = Flow::new(policy.clone(), sink, clock, cancel.clone());
        let refusing = dice[0] < 32;
        let flow = flow.with_approval(Arc::new(move |_| Box::pin(async move { !refusing })));
        let stages = specs.iter().enumerate().map(|(place, spec)| {
            let roll =
                move |number: u32, what: usize| dice[(place * 7 + number as usize * 3 + what) % dice.len()];
            let name = spec.id.0.clone();
            let cancel = cancel.clone();
            let work = move |attempt: gaai::flow::Attempt| {
                let (takes, fate) = (roll(attempt.number(), 0), roll(attempt.number(), 1));
                let (name, cancel) = (name.clone(), cancel.clone());
                async move {
                    sleep(Duration::from_millis(u64::from(takes))).await;
                    let remedy = match fate {
                        0..8 => {
                            cancel.cancel();
                            Remedy::Cancelled
                        }
                        8..48 => Remedy::GiveUp,
                        48..96 => Remedy::Retry,
                        _ => return Ok((ContentHash(name), ())),
                    };
                    let reason = "chance".to_owned();
                    Err(Failure { reason, remedy })
                }
            };
            flow.perform(spec.clone(), work, |_| std::future::ready(Err(String::new())))
        });
        let ended = join_all(stages).await;
        assert!(flow.is_over());
        (memory.events(), ended)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever fails, whenever: every stage ends once, its end stands in the journal, and never more
    /// stages run than the policy allows.
    #[test]
    fn every_stage_ends_once_and_no_limit_is_passed(
        specs in specs(), policy in policies(), dice in prop::collection::vec(any::<u8>(), 97),
    ) {
        let (events, ended) = play(&specs, &policy, &dice);
        prop_assert_eq!(ended.len(), specs.len());
        let mut running: BTreeMap<&TaskId, u32> = BTreeMap::new();
        let mut ends: BTreeMap<&TaskId, u32> = BTreeMap::new();
        for event in &events {
            match event {
                Event::TaskStarted { task, attempt } => {
                    prop_assert!(running.insert(task, *attempt).is_none());
                }
                Event::TaskFinished { task, .. } => {
                    prop_assert!(running.remove(task).is_some());
                    *ends.entry(task).or_default() += 1;
                }
                Event::TaskFailed { task, attempt, .. } => prop_assert_eq!(running.remove(task), Some(*attempt)),
                Event::TaskSkipped { task, .. } => *ends.entry(task).or_default() += 1,
                _ => {}
            }
            prop_assert!(running.len() <= policy.max_running);
            let units = |it: &&TaskId| specs.iter().find(|spec| spec.id == **it).filter(|it| it.pool == Pool::Cpu);
            let held: u32 = running.keys().filter_map(units).map(|it| it.weight.min(policy.cpu_units.unwrap_or(0))).sum();
            prop_assert!(held <= policy.cpu_units.unwrap_or(u32::MAX));
        }
        for (spec, end) in specs.iter().zip(&ended) {
            let count = ends.get(&spec.id).copied().unwrap_or(0);
            let is_told = end.is_ok() || matches!(end, Err(Ended::Skipped { .. }));
            prop_assert_eq!(count, u32::from(is_told), "{} {:?}", spec.id, end);
        }
    }

    /// With room for all and nothing failing, every stage finishes.
    #[test]
    fn without_failures_every_stage_finishes(specs in specs(), max_running in 1..4_usize) {
        let (_, ended) = play(&specs, &Policy::parallel(max_running), &[255]);
        prop_assert!(ended.iter().all(Result::is_ok));
    }
}
