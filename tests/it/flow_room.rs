//! What tasks hold, how long they wait for it and why, and what the scheduler keeps of them.

use std::time::Duration;

use gaai::flow::{
    Course, Demand, Dependency, Outcome, Phase, Refusal, Rules, Scheduler, Task, TaskIndex, Terms, Wait,
    World, simulate,
};
use gaai::limits::Retry;

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn quick(after: &[TaskIndex]) -> Task {
    Task {
        after: after.iter().map(|it| Dependency::on(*it)).collect(),
        ..Task::default()
    }
}

#[test]
fn a_wide_demand_is_not_starved_by_narrow_ones() {
    let mut scheduler = Scheduler::new(Rules {
        max_running: 8,
        aging_after: millis(100),
        ..Rules::default()
    });
    let pool = scheduler.pool(4);
    let narrow = Task {
        demand: Demand {
            units: vec![(pool, 1)],
            ..Demand::default()
        },
        priority: 1,
        ..Task::default()
    };
    let wide = Task {
        demand: Demand {
            units: vec![(pool, 4)],
            ..Demand::default()
        },
        ..Task::default()
    };
    let first: Vec<_> = (0..4).map(|_| scheduler.add(&narrow).unwrap()).collect();
    let wide = scheduler.add(&wide).unwrap();
    for _ in 0..400 {
        scheduler.add(&narrow).unwrap();
    }
    let mut order = Vec::new();
    struct Staggered<'a>(&'a mut Vec<TaskIndex>);
    impl World for Staggered<'_> {
        fn course(&mut self, task: TaskIndex, _: u32) -> Course {
            self.0.push(task);
            Course::of(millis(10 + task.place() as u64 % 3))
        }
    }
    simulate(&mut scheduler, &mut Staggered(&mut order));
    let place = order.iter().position(|it| *it == wide).unwrap();
    assert!(place > 4 && place < 60, "it was the {place}th of {}", order.len());
    assert_eq!(order[..4], first);
}

#[test]
fn every_wait_has_a_reason() {
    let mut scheduler = Scheduler::new(Rules {
        max_running: 2,
        ..Rules::default()
    });
    let pool = scheduler.pool(1);
    let of_pool = Task {
        demand: Demand {
            units: vec![(pool, 1)],
            ..Demand::default()
        },
        ..Task::default()
    };
    let runs = scheduler.add(&of_pool).unwrap();
    let waits = scheduler.add(&of_pool).unwrap();
    let later = scheduler.add(&quick(&[runs])).unwrap();
    while scheduler.next_action().is_some() {}
    assert_eq!(scheduler.phase(runs), Some(Phase::Running));
    assert_eq!(scheduler.wait(runs), None);
    assert_eq!(scheduler.wait(waits), Some(Wait::Refused(Refusal::Pool(pool))));
    assert_eq!(scheduler.wait(later), Some(Wait::Dependencies(1, runs)));
}

#[test]
fn utilisation_and_peak_are_those_of_the_schedule() {
    let mut scheduler = Scheduler::new(Rules {
        max_running: 8,
        ..Rules::default()
    });
    let pool = scheduler.pool(2);
    let task = Task {
        demand: Demand {
            units: vec![(pool, 1)],
            ..Demand::default()
        },
        ..Task::default()
    };
    for _ in 0..3 {
        scheduler.add(&task).unwrap();
    }
    // 0-10: two run; 10-20: one runs. 30 of 40 unit-milliseconds.
    let end = simulate(&mut scheduler, &mut |_: TaskIndex| millis(10));
    let seen = scheduler.pool_use(pool).unwrap();
    assert_eq!(end, millis(20));
    assert_eq!((seen.peak, seen.held), (2, 0));
    assert!((seen.utilisation() - 0.75).abs() < 1e-9);
    assert_eq!((seen.waited, seen.waited_us), (1, 10_000));
    assert_eq!(scheduler.extent(), (1, 2));
}

/// Every attempt fails at once.
struct Failing(u32);

impl World for Failing {
    fn course(&mut self, _: TaskIndex, attempt: u32) -> Course {
        self.0 = attempt;
        Course {
            outcome: Outcome::Failed {
                may_retry: true,
                after: None,
            },
            ..Course::of(Duration::ZERO)
        }
    }
}

#[test]
fn attempts_have_an_end_whatever_is_asked_for() {
    let mut scheduler = Scheduler::new(Rules::default());
    let retry = Retry {
        max_attempts: u32::MAX,
        base: Duration::ZERO,
        deadline: Duration::MAX,
        ..Retry::default()
    };
    let terms = Terms {
        retry,
        ..Terms::default()
    };
    scheduler
        .add(&Task {
            terms,
            ..Task::default()
        })
        .unwrap();
    let mut failing = Failing(0);
    simulate(&mut scheduler, &mut failing);
    assert_eq!((failing.0, scheduler.tally().failed), (65_535, 1));
}

#[test]
fn a_hundred_thousand_tasks_take_fewer_than_two_hundred_bytes_each() {
    let mut scheduler = Scheduler::new(Rules::default());
    let mut tasks: Vec<TaskIndex> = Vec::new();
    for place in 0..100_000_usize {
        let layer = place / 10 * 10;
        let after: Vec<_> = (0..2)
            .filter(|_| layer > 0)
            .map(|it| tasks[layer - 10 + (place + it * 3) % 10])
            .collect();
        tasks.push(scheduler.add(&quick(&after)).unwrap());
    }
    simulate(&mut scheduler, &mut |_: TaskIndex| millis(1));
    assert!(scheduler.is_over());
    let each = scheduler.bytes() / tasks.len();
    assert!(each < 200, "{each} bytes");
}
