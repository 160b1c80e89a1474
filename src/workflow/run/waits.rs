//! What steps that could begin wait for: told while they wait, and when they begin.

use std::time::Duration;

use super::runner::Runner;
use crate::flow::{Halt, Input, Phase, PoolIndex, Refusal, Scheduler, TaskIndex, Wait};
use crate::model::workflow_event::WorkflowEvent;

/// How often it is looked who waits: what lasts for less is told with the beginning of the step.
pub(super) const LOOK: Duration = Duration::from_millis(500);

/// Steps told of at each look, at most.
const MOST_AT_ONCE: usize = 64;

/// Changes told of one step, at most.
const MOST_CHANGES: u8 = 8;

/// What was told of the wait of a task.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ToldWait {
    refusal: Option<Refusal>,
    changes: u8,
}

impl Runner {
    /// Writes down what steps wait for that was not told. A run slot is what all others wait for, and not told of
    /// each.
    pub(super) fn tell_waits(&mut self, flow: &mut Scheduler) {
        let waits = |place: usize| {
            let task = flow
                .task_at(place)
                .filter(|it| flow.phase(*it) == Some(Phase::Ready))?;
            match flow.wait(task) {
                Some(Wait::Refused(refusal)) if refusal != Refusal::Slots => Some((task, refusal)),
                _ => None,
            }
        };
        let is_news = |(task, refusal): &(TaskIndex, Refusal)| {
            let told = self.entries[task.place()].told_wait;
            told.changes < MOST_CHANGES && told.refusal != Some(plain(*refusal))
        };
        let all = (0..self.entries.len()).filter_map(waits).filter(is_news);
        let news: Vec<(TaskIndex, Refusal)> = all.take(MOST_AT_ONCE).collect();
        for (task, refusal) in news {
            let told = &mut self.entries[task.place()].told_wait;
            told.refusal = Some(plain(refusal));
            told.changes += 1;
            let event = WorkflowEvent::StepQueued {
                step: self.name(task),
                reason: self.told_now(refusal, flow),
            };
            if self.write(&event).is_err() {
                flow.take(Duration::ZERO, Input::Halt(Halt::Unrecorded));
                return;
            }
        }
    }

    /// What is waited for, with how much of it there is.
    fn told_now(&self, refusal: Refusal, flow: &mut Scheduler) -> String {
        let told = self.told(refusal);
        match refusal {
            Refusal::Pool(pool) => match flow.pool_use(pool) {
                Some(seen) => format!("{told}: {} of {} held", seen.held, seen.size),
                None => told,
            },
            _ => told,
        }
    }

    /// What is waited for.
    pub(super) fn told(&self, refusal: Refusal) -> String {
        match refusal {
            Refusal::Slots => "a run slot".to_owned(),
            Refusal::Pool(pool) => self.told_pool(pool),
            Refusal::Rate(pool, wait) => format!("{}: {:.1} s", self.told_pool(pool), wait.as_secs_f64()),
            Refusal::Elsewhere(pool) => format!("{}, held by other processes", self.told_pool(pool)),
            Refusal::Breaker(_, wait) => format!("breaker open: {:.1} s", wait.as_secs_f64()),
            Refusal::Alone => "its turn to run alone".to_owned(),
            Refusal::Gate => "an approval".to_owned(),
        }
    }

    fn told_pool(&self, pool: PoolIndex) -> String {
        let mut named = self.sheets.iter().flat_map(|it| &it.pools);
        if let Some((name, _)) = named.find(|it| *it.1 == pool) {
            return format!("pool {name}");
        }
        match self.sheets.iter().find(|it| it.caps.last() == Some(&pool)) {
            Some(sheet) => format!("a slot within `{}`", sheet.prefix.trim_end_matches('/')),
            None => "a slot among its instances".to_owned(),
        }
    }
}

/// The same without the time that it takes, which passes by itself.
fn plain(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Rate(pool, _) => Refusal::Rate(pool, Duration::ZERO),
        Refusal::Breaker(breaker, _) => Refusal::Breaker(breaker, Duration::ZERO),
        Refusal::Slots | Refusal::Pool(_) | Refusal::Elsewhere(_) | Refusal::Alone | Refusal::Gate => refusal,
    }
}
