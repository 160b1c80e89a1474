//! The driver of flows: attempts as tasks of the runtime, in virtual time.

use std::collections::BTreeMap;
use std::time::Duration;

use gaai::flow::{
    Action, Cause, Dependency, End, ErrorRules, Halt, Input, Limit, Order, Orders, Outcome, Perform, Rules,
    Scheduler, Stop, Task, TaskIndex, Terms, Unrecorded, drive,
};
use gaai::limits::Retry;
use tokio::time::{Instant, sleep};

/// How a task of the tests goes.
#[derive(Clone, Copy)]
enum Work {
    Sleep(u64),
    Fail(u64),
    Panic,
    /// Goes on so long after it was told to stop.
    Stubborn(u64),
    /// Goes on until the user insists.
    Deaf,
    /// Adds a task that sleeps so long.
    Branch(u64),
}

#[derive(Default)]
struct Troupe {
    work: Vec<Work>,
    actions: Vec<(u128, Action)>,
    panics: Vec<String>,
    /// Actions that can be written down.
    room: Option<usize>,
}

impl Troupe {
    fn add(&mut self, flow: &mut Scheduler, task: &Task, work: Work) -> TaskIndex {
        self.work.push(work);
        flow.add(task).unwrap()
    }

    fn ends(&self) -> BTreeMap<usize, End> {
        let ends = self.actions.iter().filter_map(|(_, action)| match action {
            Action::End { task, end } => Some((task.place(), *end)),
            _ => None,
        });
        ends.collect()
    }
}

impl Perform for Troupe {
    type Done = (Outcome, Option<u64>);

    fn begin(
        &mut self,
        task: TaskIndex,
        _attempt: u32,
        mut stop: Stop,
    ) -> impl Future<Output = Self::Done> + Send + 'static {
        let work = self.work[task.place()];
        async move {
            let nap = |ms| sleep(Duration::from_millis(ms));
            let whole = async {
                match work {
                    Work::Sleep(ms) => nap(ms).await,
                    Work::Fail(ms) => {
                        nap(ms).await;
                        return (
                            Outcome::Failed {
                                may_retry: true,
                                after: None,
                            },
                            None,
                        );
                    }
                    Work::Panic => unreachable!("as the test wants"),
                    Work::Stubborn(_) | Work::Deaf => std::future::pending().await,
                    Work::Branch(ms) => return (Outcome::Succeeded, Some(ms)),
                }
                (Outcome::Succeeded, None)
            };
            tokio::select! {
                done = whole => done,
                _ = stop.told() => {
                    match work {
                        Work::Stubborn(ms) => nap(ms).await,
                        Work::Deaf => stop.insisted().await,
                        _ => {}
                    }
                    (Outcome::Stopped, None)
                }
            }
        }
    }

    fn end(&mut self, task: TaskIndex, done: Result<Self::Done, String>, flow: &mut Scheduler) -> Outcome {
        match done {
            Ok((outcome, branch)) => {
                if let Some(ms) = branch {
                    let after = vec![Dependency::on(task)];
                    self.add(
                        flow,
                        &Task {
                            after,
                            ..Task::default()
                        },
                        Work::Sleep(ms),
                    );
                }
                outcome
            }
            Err(said) => {
                self.panics.push(said);
                Outcome::Failed {
                    may_retry: false,
                    after: None,
                }
            }
        }
    }

    fn decide(&mut self, _: TaskIndex, _: &Scheduler) -> bool {
        true
    }

    fn hear(&mut self, now: Duration, action: Action, _: &mut Scheduler) -> Result<(), Unrecorded> {
        if self.room.is_some_and(|it| self.actions.len() >= it) {
            return Err(Unrecorded);
        }
        self.actions.push((now.as_millis(), action));
        Ok(())
    }
}

fn keep_going(max_running: usize) -> Scheduler {
    Scheduler::new(Rules {
        max_running,
        errors: ErrorRules {
            keep_going: true,
            cancel_all: false,
        },
        ..Rules::default()
    })
}

fn isolated() -> Task {
    Task {
        terms: Terms {
            isolate_errors: true,
            ..Terms::default()
        },
        ..Task::default()
    }
}

async fn perform(flow: Scheduler, troupe: Troupe) -> (Scheduler, Troupe, u128) {
    let began = Instant::now();
    let (_orders, heard) = Orders::channel();
    let (flow, troupe) = drive(flow, troupe, heard).await;
    (flow, troupe, began.elapsed().as_millis())
}

#[tokio::test(start_paused = true)]
async fn a_chain_and_its_siblings_take_the_critical_path() {
    let (mut flow, mut troupe) = (keep_going(8), Troupe::default());
    let first = troupe.add(&mut flow, &isolated(), Work::Sleep(10));
    let after = vec![Dependency::on(first)];
    troupe.add(&mut flow, &Task { after, ..isolated() }, Work::Sleep(20));
    troupe.add(&mut flow, &isolated(), Work::Sleep(25));
    let (flow, _, took) = perform(flow, troupe).await;
    assert!(flow.is_over());
    assert_eq!((took, flow.tally().succeeded), (30, 3));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_ends_may_add_others() {
    let (mut flow, mut troupe) = (keep_going(1), Troupe::default());
    troupe.add(&mut flow, &isolated(), Work::Branch(7));
    let (flow, _, took) = perform(flow, troupe).await;
    assert_eq!((took, flow.len(), flow.tally().succeeded), (7, 2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure_with_its_words() {
    let (mut flow, mut troupe) = (keep_going(2), Troupe::default());
    troupe.add(&mut flow, &isolated(), Work::Panic);
    troupe.add(&mut flow, &isolated(), Work::Sleep(5));
    let (flow, troupe, _) = perform(flow, troupe).await;
    assert_eq!((flow.tally().failed, flow.tally().succeeded), (1, 1));
    assert!(
        troupe.panics[0].contains("as the test wants"),
        "{:?}",
        troupe.panics
    );
}

#[tokio::test(start_paused = true)]
async fn the_slot_is_free_while_a_failed_attempt_rests() {
    let (mut flow, mut troupe) = (keep_going(1), Troupe::default());
    let retry = Retry {
        max_attempts: 2,
        base: Duration::from_millis(100),
        jitter: 0.0,
        ..Retry::default()
    };
    let flaky = Task {
        terms: Terms {
            retry,
            ..isolated().terms
        },
        ..Task::default()
    };
    troupe.add(&mut flow, &flaky, Work::Fail(10));
    troupe.add(&mut flow, &isolated(), Work::Sleep(90));
    let (_, troupe, took) = perform(flow, troupe).await;
    // 10 for the first attempt, 90 for the other task meanwhile, 10 more to rest, 10 for the second.
    assert_eq!(took, 120);
    assert_eq!(troupe.ends()[&0], End::Failed);
}

#[tokio::test(start_paused = true)]
async fn cancelling_waits_until_all_have_really_ended() {
    let (mut flow, mut troupe) = (keep_going(2), Troupe::default());
    troupe.add(&mut flow, &isolated(), Work::Stubborn(40));
    troupe.add(&mut flow, &isolated(), Work::Sleep(500));
    troupe.add(&mut flow, &isolated(), Work::Sleep(500));
    let (orders, heard) = Orders::channel();
    let began = Instant::now();
    let stopping = async {
        sleep(Duration::from_millis(10)).await;
        assert!(orders.give(Order::Say(Input::Halt(Halt::Cancelled))).await);
    };
    let ((flow, _), ()) = tokio::join!(drive(flow, troupe, heard), stopping);
    assert_eq!(began.elapsed().as_millis(), 50);
    assert_eq!((flow.tally().cancelled, flow.tally().skipped), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn who_insists_reaches_attempts_that_were_told_to_stop_for_any_reason() {
    let (mut flow, mut troupe) = (keep_going(2), Troupe::default());
    let limited = Task {
        terms: Terms {
            attempt_timeout: Some(Duration::from_millis(5)),
            ..isolated().terms
        },
        ..Task::default()
    };
    troupe.add(&mut flow, &limited, Work::Deaf);
    troupe.add(&mut flow, &isolated(), Work::Deaf);
    let (orders, heard) = Orders::channel();
    let began = Instant::now();
    let stopping = async {
        sleep(Duration::from_millis(10)).await;
        assert!(orders.give(Order::Say(Input::Halt(Halt::Cancelled))).await);
        sleep(Duration::from_millis(10)).await;
        assert!(orders.give(Order::Say(Input::Insist)).await);
    };
    let ((flow, troupe), ()) = tokio::join!(drive(flow, troupe, heard), stopping);
    assert_eq!((began.elapsed().as_millis(), flow.is_over()), (20, true));
    assert_eq!(
        [0, 1].map(|it| troupe.ends()[&it]),
        [End::TimedOut(Limit::Attempt), End::Cancelled(Cause::Cancelled)]
    );
}

/// Says when it is dropped.
struct Falling(Option<tokio::sync::oneshot::Sender<()>>);

impl Drop for Falling {
    fn drop(&mut self) {
        let _ = self.0.take().unwrap().send(());
    }
}

/// One attempt that never ends by itself, or whose end panics.
struct Solo {
    attempt: Option<Falling>,
    panics: bool,
}

impl Perform for Solo {
    type Done = ();

    fn begin(&mut self, _: TaskIndex, _: u32, _: Stop) -> impl Future<Output = ()> + Send + 'static {
        let (held, panics) = (self.attempt.take(), self.panics);
        async move {
            if !panics {
                std::future::pending::<()>().await;
            }
            drop(held);
        }
    }

    fn end(&mut self, _: TaskIndex, _: Result<(), String>, _: &mut Scheduler) -> Outcome {
        unreachable!("as the test wants")
    }

    fn decide(&mut self, _: TaskIndex, _: &Scheduler) -> bool {
        true
    }

    fn hear(&mut self, _: Duration, _: Action, _: &mut Scheduler) -> Result<(), Unrecorded> {
        Ok(())
    }
}

fn solo(panics: bool) -> (Scheduler, Solo, tokio::sync::oneshot::Receiver<()>) {
    let (fell, heard) = tokio::sync::oneshot::channel();
    let mut flow = keep_going(1);
    flow.add(&isolated()).unwrap();
    let attempt = Some(Falling(Some(fell)));
    (flow, Solo { attempt, panics }, heard)
}

#[tokio::test(start_paused = true)]
async fn a_flow_that_is_dropped_takes_its_attempts_along() {
    let (flow, solo, heard) = solo(false);
    let (_orders, none) = Orders::channel();
    tokio::select! {
        _ = drive(flow, solo, none) => unreachable!("it never ends"),
        () = sleep(Duration::from_millis(10)) => {}
    }
    heard.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_what_hears_of_ends_is_one_of_the_loop() {
    let (flow, solo, _heard) = solo(true);
    let (_orders, none) = Orders::channel();
    let driven = tokio::spawn(drive(flow, solo, none));
    let ended = tokio::time::timeout(Duration::from_secs(1), driven)
        .await
        .unwrap();
    assert!(ended.is_err_and(|it| it.is_panic()));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_written_down_does_not_begin() {
    for room in 0..8 {
        let (mut flow, troupe) = (keep_going(2), Troupe::default());
        let mut troupe = Troupe {
            room: Some(room),
            ..troupe
        };
        for _ in 0..5 {
            troupe.add(&mut flow, &isolated(), Work::Sleep(5));
        }
        let (flow, troupe, _) = perform(flow, troupe).await;
        assert!(flow.is_over());
        assert_eq!(flow.halt(), Some(Halt::Unrecorded));
        let started = troupe
            .actions
            .iter()
            .filter(|(_, it)| matches!(it, Action::Start { .. }))
            .count() as u64;
        assert!(flow.tally().succeeded <= started, "{room}");
    }
}
