//! Nobody waits for ever: the law of aging, and what it means for rates and for slots that others hold too.

use std::num::NonZeroU64;
use std::time::Duration;

use gaai::flow::{
    Action, Demand, Dependency, Rules, Scheduler, SharedSlots, Task, TaskIndex, World, simulate,
};
use proptest::prelude::*;

use super::flow_law::{cases, roll};
use super::flow_pools::Known;

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// The longest that any task of the law takes.
const LONGEST: u64 = 10;

/// What an aged task may wait for what it takes, in milliseconds: until those that run have ended, a rate has gathered,
/// and slots that others hold were refused as often as they may be: of three such pools each three times, then granted,
/// for every try at the one before, 50 ms apart.
const PATIENCE: u64 = 4 * 4 * 4 * 50 + 500;

/// A task of low priority that takes much, among small ones of which there is always one more.
#[derive(Clone, Debug)]
struct Case {
    seed: u64,
    max_running: usize,
    sizes: Vec<u64>,
    /// Small tasks that are there at any time.
    crowd: usize,
}

fn any_case() -> impl Strategy<Value = Case> {
    let sizes = prop::collection::vec(1..6_u64, 1..4);
    (any::<u64>(), 1..5_usize, sizes, 1..12_usize).prop_map(|(seed, max_running, sizes, crowd)| Case {
        seed,
        max_running,
        sizes,
        crowd,
    })
}

struct Crowd<'a> {
    case: &'a Case,
    pools: Vec<Known>,
    large: Option<TaskIndex>,
    came_at: Duration,
    began_at: Option<Duration>,
}

impl Crowd<'_> {
    fn dice(&self, place: usize, what: u64, sides: u64) -> u64 {
        roll(self.case.seed, place, what) % sides
    }

    /// When the large task must have begun: after those that were there before it.
    fn bound(&self) -> Duration {
        self.came_at + aging(self.case) + millis(PATIENCE) * (self.case.crowd as u32 + 1)
    }

    fn small(&self, flow: &Scheduler) -> Task {
        let place = flow.len();
        let units = self.pools.iter().enumerate();
        let units = units.filter(|(at, _)| self.dice(place, *at as u64, 2) == 0);
        Task {
            demand: Demand {
                slot: self.dice(place, 10, 4) != 0,
                units: units.map(|(_, it)| (it.index, 1)).collect(),
                ..Demand::default()
            },
            priority: 1,
            ..Task::default()
        }
    }

    fn large(&self) -> Task {
        let units = self.pools.iter().enumerate();
        Task {
            demand: Demand {
                units: units
                    .map(|(at, it)| (it.index, 1 + self.dice(0, 20 + at as u64, it.size)))
                    .collect(),
                alone: self.dice(0, 30, 8) == 0,
                ..Demand::default()
            },
            ..Task::default()
        }
    }
}

fn aging(case: &Case) -> Duration {
    millis(case.seed % 60)
}

impl World for Crowd<'_> {
    fn course(&mut self, task: TaskIndex, _: u32) -> gaai::flow::Course {
        gaai::flow::Course::of(millis(1 + self.dice(task.place(), 40, LONGEST)))
    }

    fn see(&mut self, now: Duration, action: Action, flow: &mut Scheduler) {
        match action {
            Action::Start { task, .. } if Some(task) == self.large => self.began_at = Some(now),
            Action::End { .. } if self.large.is_none() => {
                self.came_at = now;
                self.large = Some(flow.add(&self.large()).unwrap());
            }
            Action::End { .. } if self.began_at.is_none() && now <= self.bound() => {
                flow.add(&self.small(flow)).unwrap();
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    /// However large its demand and low its priority, a task that has waited long enough starts soon.
    #[test]
    fn a_task_that_waited_long_enough_starts_within_a_bound(case in any_case()) {
        let mut flow = Scheduler::new(Rules {
            max_running: case.max_running,
            aging_after: aging(&case),
            seed: case.seed,
            ..Rules::default()
        });
        let places = case.sizes.iter().enumerate();
        let pools = places.map(|(at, size)| Known::new(&mut flow, *size, roll(case.seed, at, 50)));
        let mut crowd = Crowd {
            case: &case,
            pools: pools.collect(),
            large: None,
            came_at: Duration::ZERO,
            began_at: None,
        };
        for _ in 0..case.crowd {
            flow.add(&crowd.small(&flow)).unwrap();
        }
        simulate(&mut flow, &mut crowd);
        let bound = crowd.bound();
        prop_assert!(
            crowd.began_at.is_some_and(|it| it <= bound),
            "it came at {:?} and began at {:?}", crowd.came_at, crowd.began_at
        );
    }
}

/// Sees when tasks start; each takes 10 ms.
#[derive(Default)]
struct Starts(Vec<(Duration, TaskIndex)>);

impl World for Starts {
    fn course(&mut self, _: TaskIndex, _: u32) -> gaai::flow::Course {
        gaai::flow::Course::of(millis(10))
    }

    fn see(&mut self, now: Duration, action: Action, _: &mut Scheduler) {
        if let Action::Start { task, .. } = action {
            self.0.push((now, task));
        }
    }
}

#[test]
fn what_comes_in_at_a_rate_gathers_for_the_first_that_lacks_it() {
    let mut flow = Scheduler::new(Rules {
        max_running: 64,
        ..Rules::default()
    });
    let rate = flow.rate_pool(NonZeroU64::new(4).unwrap(), Duration::from_secs(1));
    let taking = |units| Demand {
        units: vec![(rate, units)],
        ..Demand::default()
    };
    let small = Task {
        demand: taking(1),
        ..Task::default()
    };
    let first = flow.add(&small).unwrap();
    let large = Task {
        after: vec![Dependency::on(first)],
        demand: taking(4),
        priority: 100,
        ..Task::default()
    };
    let large = flow.add(&large).unwrap();
    for _ in 0..31 {
        flow.add(&small).unwrap();
    }
    let mut starts = Starts::default();
    simulate(&mut flow, &mut starts);
    // Four small ones used up what there was before it could start.
    assert_eq!(starts.0[4], (Duration::from_secs(1), large));
}

/// Refuses so often.
struct Reluctant(u32);

impl SharedSlots for Reluctant {
    fn try_take(&mut self, _: u64) -> bool {
        self.0 = self.0.saturating_sub(1);
        self.0 == 0
    }

    fn give_back(&mut self, _: u64) {}
}

#[test]
fn a_try_that_others_refuse_uses_up_nothing_and_counts_for_nothing() {
    let mut flow = Scheduler::new(Rules::default());
    let rate = flow.rate_pool(NonZeroU64::new(1).unwrap(), Duration::from_secs(3600));
    let shared = flow.shared_pool(2, Box::new(Reluctant(4)));
    let own = flow.pool(2);
    let task = Task {
        demand: Demand {
            units: vec![(rate, 1), (own, 1), (shared, 1)],
            ..Demand::default()
        },
        ..Task::default()
    };
    let task = flow.add(&task).unwrap();
    let mut starts = Starts::default();
    simulate(&mut flow, &mut starts);
    assert_eq!(starts.0, [(millis(150), task)]);
    for pool in [rate, shared, own] {
        assert_eq!(flow.pool_use(pool).unwrap().ended, 1);
    }
}
