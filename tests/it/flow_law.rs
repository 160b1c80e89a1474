//! Laws of the scheduler over random graphs of tasks, limits, failures, retries and interruptions, in
//! virtual time. `GAAI_LAW_CASES=1000000` draws as many cases.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gaai::flow::{
    Action, Cause, Course, Demand, Dependency, End, ErrorRules, Halt, Input, On, Outcome, Rules, Scheduler,
    ScopeIndex, SkipReason, Survives, Task, TaskIndex, Terms, Trigger, World, simulate,
};
use gaai::limits::{BreakerPolicy, Retry};
use proptest::prelude::*;

use super::flow_pools::{Kind, Known};

const CASES: u32 = 10_000;

/// Cases of a law.
pub(crate) fn cases() -> u32 {
    std::env::var("GAAI_LAW_CASES").map_or(CASES, |it| it.parse().unwrap())
}

/// A draw that depends on nothing but its arguments (FNV-1a).
pub(crate) fn roll(seed: u64, place: usize, what: u64) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for word in [seed, place as u64, what] {
        for byte in word.to_le_bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash >> 7
}

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// All that a case is made of.
#[derive(Clone, Debug)]
struct Case {
    seed: u64,
    tasks: usize,
    rules: Rules,
    pools: Vec<u64>,
    /// Of 64 attempts, so many fail.
    failures: u64,
    /// When the user stops the flow, and when again.
    halt_at: Option<u64>,
    insist_at: Option<u64>,
    /// Tasks that are added while others run.
    late: usize,
}

fn any_case() -> impl Strategy<Value = Case> {
    let rules = (
        1..5_usize,
        any::<bool>(),
        any::<bool>(),
        prop::option::of(1..400_u64),
    );
    let pools = prop::collection::vec(1..5_u64, 0..3);
    let troubles = (
        0..24_u64,
        prop::option::weighted(0.2, 0..200_u64),
        prop::option::weighted(0.1, 0..300_u64),
    );
    (any::<u64>(), 1..20_usize, rules, pools, troubles, 0..16_usize).prop_map(
        |(
            seed,
            tasks,
            (max_running, keep_going, cancel_all, timeout),
            pools,
            (failures, halt_at, insist_at),
            late,
        )| Case {
            seed,
            tasks,
            rules: Rules {
                max_running,
                errors: ErrorRules {
                    keep_going,
                    cancel_all: cancel_all && seed % 4 == 0,
                },
                aging_after: millis(seed % 100),
                timeout: timeout.filter(|_| seed % 3 == 0).map(millis),
                seed,
            },
            pools,
            failures,
            halt_at,
            insist_at,
            late,
        },
    )
}

impl Case {
    fn dice(&self, place: usize, what: u64, sides: u64) -> u64 {
        roll(self.seed, place, what) % sides
    }

    fn terms(&self, place: usize) -> Terms {
        let limit = |what, most| {
            (self.dice(place, what, 8) == 0).then(|| millis(1 + self.dice(place, what + 1, most)))
        };
        Terms {
            retry: Retry {
                max_attempts: 1 + self.dice(place, 20, 3) as u32,
                base: millis(1 + self.dice(place, 21, 20)),
                deadline: Duration::MAX,
                ..Retry::default()
            },
            retries_timeouts: self.dice(place, 22, 2) == 0,
            attempt_timeout: limit(23, 40),
            timeout: limit(25, 80),
            queue_timeout: limit(27, 80),
            continue_on_error: self.dice(place, 29, 4) == 0,
            isolate_errors: self.dice(place, 30, 3) == 0,
            is_conditional: self.dice(place, 31, 4) == 0,
            counts: self.dice(place, 32, 8) != 0,
        }
    }

    fn task(&self, place: usize, setting: &Setting, scope: ScopeIndex) -> Task {
        let after = (0..place)
            .filter(|it| roll(self.seed, place, 100 + *it as u64).is_multiple_of(4))
            .map(|it| {
                let on = match self.dice(place, 200 + it as u64, 12) {
                    0 => On::Failed,
                    1 => On::Completed,
                    2 => On::Started,
                    _ => On::Succeeded,
                };
                Dependency {
                    needs_run: self.dice(place, 300 + it as u64, 4) == 0,
                    ..Dependency::on(setting.indices[it]).to(on)
                }
            });
        let units = setting
            .pools
            .iter()
            .filter(|it| self.dice(place, 40 + it.index.place() as u64, 2) == 0);
        Task {
            after: after.collect(),
            trigger: [Trigger::All, Trigger::All, Trigger::Any, Trigger::Decided]
                [self.dice(place, 50, 4) as usize],
            survives: [
                Survives::Nothing,
                Survives::Nothing,
                Survives::Failure,
                Survives::Halt,
                Survives::Whole,
            ][self.dice(place, 51, 5) as usize],
            demand: Demand {
                slot: self.dice(place, 52, 10) != 0,
                alone: self.dice(place, 53, 12) == 0,
                units: units.map(|it| (it.index, 1 + self.dice(place, 60, 6))).collect(),
                breaker: (self.dice(place, 54, 6) == 0).then_some(setting.breaker),
                gate: (self.dice(place, 55, 6) == 0).then_some(setting.gate),
            },
            priority: self.dice(place, 56, 3) as i32,
            expected: millis(self.dice(place, 57, 30)),
            terms: self.terms(place),
            held: false,
            scope,
        }
    }
}

struct Setting {
    pools: Vec<Known>,
    breaker: gaai::flow::BreakerIndex,
    gate: gaai::flow::GateIndex,
    indices: Vec<TaskIndex>,
    /// Scopes with the tasks that they make up; the flow itself has none.
    scopes: Vec<(ScopeIndex, Option<TaskIndex>)>,
}

/// Plays a case and holds the laws true after each action.
struct Judge<'a> {
    case: &'a Case,
    setting: Setting,
    tasks: Vec<Task>,
    parents: Vec<Option<TaskIndex>>,
    running: BTreeSet<TaskIndex>,
    /// Of these, those that were told to stop.
    stopping: BTreeSet<TaskIndex>,
    /// Attempts that held some of a pool and have ended, by pool.
    given_back: Vec<u64>,
    begun: BTreeSet<TaskIndex>,
    ended: BTreeMap<TaskIndex, End>,
    halted: bool,
    insisted: bool,
    late: usize,
}

impl Judge<'_> {
    /// The attempt of a task has ended.
    fn let_go(&mut self, index: TaskIndex) -> bool {
        self.stopping.remove(&index);
        let had = self.running.remove(&index);
        for (pool, _) in self.tasks[index.place()].demand.units.iter().filter(|_| had) {
            self.given_back[pool.place()] += 1;
        }
        had
    }

    fn check_limits(&self) {
        let slots = self
            .running
            .iter()
            .filter(|it| self.tasks[it.place()].demand.slot)
            .count();
        assert!(slots <= self.case.rules.max_running, "{slots} run");
        for pool in &self.setting.pools {
            let held: u64 = self
                .running
                .iter()
                .flat_map(|it| &self.tasks[it.place()].demand.units)
                .filter(|(it, _)| *it == pool.index)
                .map(|(_, units)| pool.asked(*units))
                .sum();
            let is_rate = matches!(pool.kind, Kind::Rate(_));
            assert!(is_rate || held <= pool.size, "{held} units of {pool:?} are held");
            if let Kind::Shared(host) = &pool.kind {
                assert!(host.ours() <= held, "nobody holds all of {pool:?}");
            }
        }
        let alone = self.running.iter().find(|it| self.tasks[it.place()].demand.alone);
        assert!(alone.is_none() || slots <= 1, "{alone:?} does not run alone");
    }

    fn check_start(&mut self, now: Duration, index: TaskIndex) {
        for (pool, units) in &self.tasks[index.place()].demand.units {
            let pool = &mut self.setting.pools[pool.place()];
            let asked = pool.asked(*units);
            if let Kind::Rate(meter) = &mut pool.kind {
                meter.take(now, asked);
            }
        }
        let task = &self.tasks[index.place()];
        let came_about = |it: &&Dependency| {
            let end = self.ended.get(&it.task).copied();
            let terms = &self.tasks[it.task.place()].terms;
            let by_choice = matches!(
                end,
                Some(End::Skipped(SkipReason::Condition | SkipReason::NotTriggered(_)))
            );
            match it.on {
                On::Succeeded => {
                    end == Some(End::Succeeded)
                        || end.is_some_and(|it| it.is_failure() && terms.continue_on_error)
                        || (by_choice && !it.needs_run)
                }
                On::Failed => end.is_some_and(|it| it.is_failure()),
                On::Completed => end.is_some(),
                On::Started | On::Ready => self.begun.contains(&it.task),
            }
        };
        let there = task.after.iter().filter(came_about).count();
        match task.trigger {
            Trigger::All => assert_eq!(there, task.after.len(), "{index:?} started too early"),
            Trigger::Any => assert!(there > 0 || task.after.is_empty()),
            Trigger::Decided => {}
        }
        assert!(
            !self.ended.contains_key(&index),
            "{index:?} started after its end"
        );
        assert!(
            !self.halted || task.survives >= Survives::Halt,
            "{index:?} started after the halt"
        );
        assert!(!self.insisted);
        let parent = self.parents[index.place()];
        assert!(
            parent.is_none_or(|it| self.running.contains(&it)),
            "{index:?} is part of what does not run"
        );
        assert!(
            parent.is_none_or(|it| !self.stopping.contains(&it)) || task.survives == Survives::Whole,
            "{index:?} is part of what stops"
        );
    }

    /// A task that survives whatever stops others was told to stop, or never starts.
    fn check_survival(&self, index: TaskIndex) {
        let parent = self.parents[index.place()];
        let has_whole = parent.is_none_or(|it| self.running.contains(&it));
        let survives = self.tasks[index.place()].survives == Survives::Whole;
        assert!(
            !survives || !has_whole || self.insisted,
            "{index:?} does not survive"
        );
    }

    fn check_end(&mut self, index: TaskIndex, end: End) {
        self.let_go(index);
        if matches!(end, End::Skipped(SkipReason::UpstreamFailed(it)) if Some(it) == self.parents[index.place()])
        {
            self.check_survival(index);
        }
        assert!(self.ended.insert(index, end).is_none(), "{index:?} ended twice");
        let task = &self.tasks[index.place()];
        // A part is stopped with what it is a part of, isolated or not.
        if let End::Cancelled(Cause::GroupFailed(culprit)) = end
            && self.tasks[culprit.place()].scope == task.scope
        {
            assert!(
                !task.terms.isolate_errors,
                "{index:?} is isolated from {culprit:?}"
            );
            assert!(
                !self.tasks[culprit.place()].terms.continue_on_error,
                "{culprit:?} is tolerated"
            );
        }
    }

    fn interrupt(&mut self, now: Duration, scheduler: &mut Scheduler) {
        let is_due = |at: Option<u64>| at.is_some_and(|it| now >= millis(it));
        if is_due(self.case.halt_at) && !self.halted {
            scheduler.take(now, Input::Halt(Halt::Cancelled));
        }
        if is_due(self.case.insist_at) && !self.insisted {
            self.insisted = true;
            scheduler.take(now, Input::Insist);
        }
        self.halted = scheduler.halt().is_some();
    }

    fn add_one(&mut self, scheduler: &mut Scheduler) {
        let place = self.tasks.len();
        let rules = self.case.rules.errors;
        if let Some(parent) = self
            .running
            .last()
            .copied()
            .filter(|_| self.case.dice(place, 70, 2) == 0)
        {
            let scope = scheduler.scope(parent, rules).unwrap();
            self.setting.scopes.push((scope, Some(parent)));
        }
        let scopes = &self.setting.scopes;
        let (scope, parent) = scopes[self.case.dice(place, 72, scopes.len() as u64) as usize];
        self.parents.push(parent);
        let task = self.case.task(place, &self.setting, scope);
        self.setting.indices.push(scheduler.add(&task).unwrap());
        self.tasks.push(task);
    }
}

impl World for Judge<'_> {
    fn course(&mut self, task: TaskIndex, attempt: u32) -> Course {
        let dice = |what| self.case.dice(task.place(), what + u64::from(attempt) * 7, 64);
        let outcome = if dice(1_000) < self.case.failures {
            Outcome::Failed {
                may_retry: dice(1_001) < 40,
                after: (dice(1_002) < 8).then(|| millis(dice(1_003))),
            }
        } else {
            Outcome::Succeeded
        };
        Course {
            takes: millis(dice(1_004)),
            outcome,
            stops_after: millis(dice(1_005) / 8),
        }
    }

    fn decide(&mut self, task: TaskIndex) -> bool {
        self.case.dice(task.place(), 2_000, 3) != 0
    }

    fn see(&mut self, now: Duration, action: Action, scheduler: &mut Scheduler) {
        match action {
            Action::Start { task, attempt } => {
                assert!(self.running.insert(task), "{task:?} runs twice");
                assert_eq!(attempt == 1, self.begun.insert(task));
                self.check_start(now, task);
            }
            Action::Retry { task, .. } => assert!(self.let_go(task)),
            Action::End { task, end } => self.check_end(task, end),
            Action::Stop { task, cause } => {
                assert!(self.running.contains(&task));
                self.stopping.insert(task);
                if !matches!(cause, Cause::Limit(_)) {
                    self.check_survival(task);
                }
            }
            Action::Decide(_) | Action::Ask { .. } => {}
        }
        self.check_limits();
        self.interrupt(now, scheduler);
        if self.late < self.case.late && matches!(action, Action::Start { .. }) {
            self.late += 1;
            self.add_one(scheduler);
        }
    }
}

fn play(case: &Case) -> (Scheduler, BTreeMap<TaskIndex, End>, Vec<Task>) {
    let mut scheduler = Scheduler::new(case.rules.clone());
    let sizes = case.pools.iter().enumerate();
    let pools: Vec<Known> = sizes
        .map(|(at, size)| Known::new(&mut scheduler, *size, case.dice(at, 80, u64::MAX)))
        .collect();
    let breaker = scheduler.breaker(BreakerPolicy::in_a_row(2, millis(30)));
    let gate = scheduler.gate();
    let mut judge = Judge {
        case,
        setting: Setting {
            pools,
            breaker,
            gate,
            indices: Vec::new(),
            scopes: vec![(ScopeIndex::default(), None)],
        },
        tasks: Vec::new(),
        parents: Vec::new(),
        running: BTreeSet::new(),
        stopping: BTreeSet::new(),
        given_back: vec![0; case.pools.len()],
        begun: BTreeSet::new(),
        ended: BTreeMap::new(),
        halted: false,
        insisted: false,
        late: 0,
    };
    for _ in 0..case.tasks {
        judge.add_one(&mut scheduler);
    }
    simulate(&mut scheduler, &mut judge);
    assert!(judge.running.is_empty());
    for pool in &judge.setting.pools {
        let seen = scheduler.pool_use(pool.index).unwrap();
        assert_eq!((seen.held, seen.ended), (0, judge.given_back[pool.index.place()]));
        assert!(!matches!(&pool.kind, Kind::Shared(host) if host.ours() > 0));
    }
    (scheduler, judge.ended, judge.tasks)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    /// Whatever fails, whenever: no limit is passed (checked at every action), nothing deadlocks, and
    /// every task ends exactly once.
    #[test]
    fn every_task_ends_once_and_no_limit_is_passed(case in any_case()) {
        let (scheduler, ended, tasks) = play(&case);
        prop_assert!(scheduler.is_over(), "it waits for ever");
        prop_assert_eq!(ended.len(), tasks.len());
        let tally = scheduler.tally();
        let uncounted = ended
            .iter()
            .filter(|(task, end)| {
                let task = &tasks[task.place()];
                task.scope != ScopeIndex::default() || end.is_failure() && !task.terms.counts
            })
            .count() as u64;
        let counted = tally.succeeded + tally.failed + tally.tolerated + tally.cancelled + tally.skipped;
        prop_assert_eq!(counted + uncounted, tasks.len() as u64);
    }

    /// A failure that counts and is not tolerated is told as the flow's, and only such a one.
    #[test]
    fn no_failure_is_told_as_success(case in any_case()) {
        let (scheduler, ended, tasks) = play(&case);
        let counts = |(task, end): (&TaskIndex, &End)| {
            let task = &tasks[task.place()];
            let is_of_flow = task.scope == ScopeIndex::default();
            is_of_flow && end.is_failure() && task.terms.counts && !task.terms.continue_on_error
        };
        prop_assert_eq!(scheduler.first_failure().is_some(), ended.iter().any(counts));
        prop_assert_eq!(scheduler.tally().failed > 0, ended.iter().any(counts));
    }

    /// The same case twice gives the same ends.
    #[test]
    fn the_same_inputs_give_the_same_ends(case in any_case()) {
        prop_assert_eq!(play(&case).1, play(&case).1);
    }
}
