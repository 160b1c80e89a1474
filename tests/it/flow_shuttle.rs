//! The scheduler among threads in every order: a loop that owns it, as the driver's does, attempts that end when they
//! like, somebody who resizes, and a user who stops.
//!
//! The driver itself runs on tokio, whose channels and timers shuttle does not schedule. What is modelled here is its
//! contract: one loop, one bounded queue of orders, attempts beside it that hear of stops.

use std::collections::BTreeMap;
use std::time::Duration;

use gaai::flow::{
    Action, Dependency, End, Halt, Input, Outcome, PoolIndex, Rules, Scheduler, Task, TaskIndex, Terms,
};
use gaai::limits::Retry;
use shuttle::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use shuttle::sync::mpsc::{Receiver, SyncSender, sync_channel};
use shuttle::sync::{Arc, Mutex};
use shuttle::thread::{self, JoinHandle};

/// Orders that wait; the driver's queue is longer, and a short one meets its end more often.
const ORDERS: usize = 2;

/// Schedules tried; once, a million passed.
const SCHEDULES: usize = 2_000;

/// What attempts see of each other.
#[derive(Default)]
struct Seen {
    running: AtomicUsize,
    in_pool: AtomicUsize,
    /// Size of the pool when it was largest.
    most_in_pool: AtomicUsize,
}

/// What the loop keeps of a running attempt.
struct Attempt {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

struct Loop {
    flow: Scheduler,
    orders: SyncSender<Input>,
    seen: Arc<Seen>,
    attempts: BTreeMap<TaskIndex, Attempt>,
    ends: BTreeMap<TaskIndex, End>,
    now: Duration,
}

const MOST_RUNNING: usize = 3;

/// Two layers over a pool of one; one task fails once, one for good.
fn flow() -> (Scheduler, PoolIndex) {
    let mut flow = Scheduler::new(Rules {
        max_running: MOST_RUNNING,
        ..Rules::default()
    });
    let pool = flow.pool(1);
    let mut first = Vec::new();
    for number in 0..6 {
        let mut task = Task {
            terms: Terms {
                retry: Retry {
                    max_attempts: 2,
                    base: Duration::from_millis(1),
                    ..Retry::default()
                },
                isolate_errors: number % 2 == 0,
                ..Terms::default()
            },
            ..Task::default()
        };
        if number < 3 {
            task.demand.units = vec![(pool, 1)];
        } else {
            task.after = vec![Dependency::on(first[number - 3])];
        }
        first.push(flow.add(&task).unwrap());
    }
    (flow, pool)
}

/// The work of an attempt: it is there, looks around, and ends as it must.
fn work(task: TaskIndex, attempt: u32, stop: &AtomicBool, seen: &Seen) -> Outcome {
    let takes_of_pool = task.place() < 3;
    assert!(
        seen.running.fetch_add(1, Ordering::SeqCst) < MOST_RUNNING,
        "a slot too many"
    );
    if takes_of_pool {
        let others = seen.in_pool.fetch_add(1, Ordering::SeqCst);
        assert!(
            others < seen.most_in_pool.load(Ordering::SeqCst),
            "a unit too many"
        );
    }
    thread::yield_now();
    let is_stopped = stop.load(Ordering::SeqCst);
    if takes_of_pool {
        seen.in_pool.fetch_sub(1, Ordering::SeqCst);
    }
    seen.running.fetch_sub(1, Ordering::SeqCst);
    match (is_stopped, task.place(), attempt) {
        (true, ..) => Outcome::Stopped,
        (false, 0, 1) | (false, 4, _) => Outcome::Failed {
            may_retry: true,
            after: None,
        },
        (false, ..) => Outcome::Succeeded,
    }
}

impl Loop {
    fn run(mut self, heard: &Receiver<Input>) -> (Scheduler, BTreeMap<TaskIndex, End>) {
        loop {
            while let Some(action) = self.flow.next_action() {
                self.act(action);
            }
            if self.flow.is_over() && self.attempts.is_empty() {
                return (self.flow, self.ends);
            }
            let input = match self.flow.wake_at() {
                // With nothing to wait for but time, time passes.
                Some(at) if self.attempts.is_empty() => {
                    self.now = self.now.max(at);
                    heard.try_recv().unwrap_or(Input::Tick)
                }
                _ => heard.recv().unwrap(),
            };
            if let Input::Ended { task, .. } = &input {
                self.attempts.remove(task).unwrap().thread.join().unwrap();
            }
            self.now += Duration::from_micros(1);
            self.flow.take(self.now, input);
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Start { task, attempt } => {
                let stop = Arc::new(AtomicBool::new(false));
                let (told, seen, orders) = (Arc::clone(&stop), Arc::clone(&self.seen), self.orders.clone());
                let thread = thread::spawn(move || {
                    let outcome = work(task, attempt, &told, &seen);
                    orders.send(Input::Ended { task, outcome }).unwrap();
                });
                let earlier = self.attempts.insert(task, Attempt { stop, thread });
                assert!(earlier.is_none(), "two attempts of one task at once");
            }
            Action::Stop { task, .. } => self.attempts[&task].stop.store(true, Ordering::SeqCst),
            Action::End { task, end } => {
                assert!(self.ends.insert(task, end).is_none(), "it ended twice");
            }
            Action::Retry { .. } => {}
            Action::Decide(_) | Action::Ask { .. } => unreachable!("nothing here asks"),
        }
    }
}

/// One run; `disturb` is what somebody else does meanwhile.
fn run(disturb: impl FnOnce(PoolIndex, SyncSender<Input>, Arc<Seen>) + Send + 'static) {
    let (flow, pool) = flow();
    let (orders, heard) = sync_channel(ORDERS);
    let seen = Arc::new(Seen::default());
    seen.most_in_pool.store(1, Ordering::SeqCst);
    let (others, shown) = (orders.clone(), Arc::clone(&seen));
    let disturber = thread::spawn(move || disturb(pool, others, shown));
    let driven = Loop {
        flow,
        orders,
        seen,
        attempts: BTreeMap::new(),
        ends: BTreeMap::new(),
        now: Duration::ZERO,
    };
    let tasks = driven.flow.len();
    let result = Arc::new(Mutex::new(None));
    let place = Arc::clone(&result);
    let looped = thread::spawn(move || *place.lock().unwrap() = Some(driven.run(&heard)));
    looped.join().unwrap();
    disturber.join().unwrap();
    let (flow, ends) = result.lock().unwrap().take().unwrap();
    assert_eq!(ends.len(), tasks, "every task ends");
    let has_failed = ends.values().any(End::is_failure);
    assert!(
        has_failed || flow.halt().is_some(),
        "the failure of one task is told"
    );
    assert_ne!(flow.state(), gaai::model::event::RunState::Succeeded);
}

#[test]
fn a_user_who_stops_and_insists_at_any_moment_breaks_no_law() {
    let stops = || {
        run(|_, orders, _| {
            // The loop may be over: then nobody hears it, as with the driver.
            let _ = orders.send(Input::Halt(Halt::Cancelled));
            let _ = orders.send(Input::Insist);
        });
    };
    shuttle::check_random(stops, SCHEDULES);
    shuttle::check_pct(stops, SCHEDULES, 3);
}

#[test]
fn a_pool_resized_at_any_moment_breaks_no_law() {
    let resizes = || {
        run(|pool, orders, seen| {
            seen.most_in_pool.store(2, Ordering::SeqCst);
            let _ = orders.send(Input::Resized { pool, size: 2 });
            let _ = orders.send(Input::MaxRunning(1));
            let _ = orders.send(Input::Resized { pool, size: 1 });
        });
    };
    shuttle::check_random(resizes, SCHEDULES);
    shuttle::check_pct(resizes, SCHEDULES, 3);
}
