//! Runs a workflow at the times of its `schedule`, in this process.
//!
//! When a time was dealt with stands in a file beside the runs, written before its run begins: a time is never
//! dealt with twice, also when gaai is killed.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;

use super::error::WorkflowError;
use super::launch::{WorkflowFace, WorkflowParts, WorkflowStart, launch_workflow};
use super::open::{OpenedWorkflow, open_workflow};
use crate::flow::Cancel;
use crate::store::write_whole;
use crate::workflow::definition::ScheduleRule;
use crate::workflow::run::{RunOptions, WorkflowResult, file_name};
use crate::workflow::{Decision, Occupancy, Schedule};

/// Runs that may wait for their turn.
const MOST_WAITING: u32 = 100;

/// How long the clock is not looked at: it may be set meanwhile, or the machine sleep.
const LONGEST_SLEEP: Duration = Duration::from_secs(20);

/// What is to be run at its times.
pub struct Timed {
    /// The workflow as it was asked for; read anew for each run.
    pub name: String,
    /// How to run it.
    pub options: RunOptions,
    /// Directory that holds the runs.
    pub output: PathBuf,
    /// Whether it ends when what is due, or else the next one, has run.
    pub once: bool,
}

/// What a run on schedule came to: its directory and its result, or why it did not begin.
pub type TimedEnd = Result<(PathBuf, WorkflowResult), WorkflowError>;

/// A run that has begun.
struct Begun {
    number: u64,
    cancel: Cancel,
    insist: Cancel,
}

/// Runs `timed` until `face.cancel`; `say` hears of what is decided, `ended` of every run.
///
/// # Errors
/// It has no schedule, another process has taken it on, or its state cannot be kept.
pub async fn run_on_schedule(
    timed: &Timed,
    parts: &WorkflowParts,
    face: &WorkflowFace,
    say: &dyn Fn(&str),
    ended: &mut dyn FnMut(&TimedEnd),
) -> Result<(), WorkflowError> {
    let opened = open_workflow(&timed.name, &parts.project, &parts.directory)?;
    let mut clockwork = Clockwork::new(timed, parts, &opened)?;
    let mut running = FuturesUnordered::new();
    let mut runs = Runs::default();
    let mut count = 0_usize;
    let is_done = |count| face.cancel.is_cancelled() || timed.once && count > 0;
    loop {
        if !is_done(count) {
            count += clockwork.deal_with_due(&mut runs, say)?;
        }
        while let Some(number) = runs.startable(clockwork.limit) {
            say(&format!("run {number} of {} begins", opened.workflow.name));
            running.push(clockwork.begin(number, &mut runs, face));
        }
        let is_idle = running.is_empty() && runs.waiting.is_empty();
        if is_idle && is_done(count) {
            return Ok(());
        }
        tokio::select! {
            biased;
            Some((number, end)) = running.next() => {
                ended(&end);
                runs.begun.retain(|it: &Begun| it.number != number);
            }
            () = face.cancel.cancelled(), if !runs.is_stopping => runs.stop(),
            () = face.insist.cancelled(), if !runs.is_killing => runs.kill(),
            () = tokio::time::sleep(clockwork.sleep()) => {}
        }
    }
}

/// The runs of one schedule at a moment.
#[derive(Default)]
struct Runs {
    begun: VecDeque<Begun>,
    waiting: VecDeque<u64>,
    next: u64,
    is_stopping: bool,
    is_killing: bool,
}

impl Runs {
    /// The next run that may begin.
    fn startable(&mut self, limit: u32) -> Option<u64> {
        if self.is_stopping || self.begun.len() >= limit as usize {
            return None;
        }
        self.waiting.pop_front()
    }

    /// Stops the oldest of those that run; of those that wait, more than may run at once are left out.
    fn make_room(&mut self, oldest: usize) {
        self.begun.iter().take(oldest).for_each(|it| it.cancel.cancel());
        let too_many = oldest.saturating_sub(self.begun.len());
        self.waiting.drain(..too_many.min(self.waiting.len()));
    }

    fn stop(&mut self) {
        self.is_stopping = true;
        self.waiting.clear();
        self.begun.iter().for_each(|it| it.cancel.cancel());
    }

    fn kill(&mut self) {
        self.is_killing = true;
        self.begun.iter().for_each(|it| it.insist.cancel());
    }
}

/// The times of one workflow and what was dealt with.
struct Clockwork<'a> {
    timed: &'a Timed,
    parts: &'a WorkflowParts,
    rules: Vec<(ScheduleRule, Schedule)>,
    limit: u32,
    /// By pattern and time zone: up to when all is dealt with, in milliseconds since 1970-01-01 UTC.
    last: BTreeMap<String, i64>,
    state: PathBuf,
    /// Held as long as this lives.
    _lock: File,
}

impl<'a> Clockwork<'a> {
    fn new(
        timed: &'a Timed,
        parts: &'a WorkflowParts,
        opened: &OpenedWorkflow,
    ) -> Result<Self, WorkflowError> {
        let workflow = &opened.workflow;
        if workflow.schedule.is_empty() {
            return Err(WorkflowError::Invalid(format!(
                "{} has no `schedule`; add one, such as `schedule: [ {{ cron: \"0 3 * * *\" }} ]`",
                opened.name
            )));
        }
        let mut rules = Vec::new();
        for rule in &workflow.schedule {
            let schedule = Schedule::new(&rule.cron, &rule.timezone);
            let schedule = schedule.map_err(|it| WorkflowError::Invalid(format!("failed to {it}")))?;
            rules.push((rule.clone(), schedule));
        }
        let folder = timed.output.join("schedules");
        fs::create_dir_all(&folder).map_err(|error| WorkflowError::file(&folder, &error))?;
        let name = file_name(&workflow.name);
        let lock = locked(&folder.join(format!("{name}.lock")), &workflow.name)?;
        let state = folder.join(format!("{name}.json"));
        let mut clockwork = Self {
            timed,
            parts,
            rules,
            limit: workflow.concurrency.as_ref().map_or(1, |it| it.limit.get()),
            last: read_state(&state)?,
            state,
            _lock: lock,
        };
        let now = clockwork.now();
        for (rule, _) in &clockwork.rules {
            clockwork.last.entry(key(rule)).or_insert(now.as_millisecond());
        }
        clockwork.keep()?;
        Ok(clockwork)
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond((self.parts.clock)()).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn keep(&self) -> Result<(), WorkflowError> {
        let text = serde_json::to_vec(&self.last).unwrap_or_default();
        write_whole(&self.state, &text).map_err(|error| WorkflowError::file(&self.state, &error))
    }

    /// Lets the runs wait that are due, and cancels those that have to make room; how many are due.
    fn deal_with_due(&mut self, runs: &mut Runs, say: &dyn Fn(&str)) -> Result<usize, WorkflowError> {
        let now = self.now();
        let mut due = Vec::new();
        for (rule, schedule) in &self.rules {
            let last = self.last.get(&key(rule)).copied().unwrap_or(now.as_millisecond());
            let last = Timestamp::from_millisecond(last).unwrap_or(now);
            let found = schedule.due(last, now, rule.catchup);
            if found.has_left_out {
                say(&format!(
                    "runs at `{}` were missed and are left out by `catchup`",
                    rule.cron
                ));
            }
            due.extend(found.runs.into_iter().map(|at| (at, rule.overlap)));
            self.last.insert(key(rule), now.as_millisecond());
        }
        if due.is_empty() {
            return Ok(0);
        }
        due.sort_by_key(|it| it.0);
        self.keep()?;
        for (at, overlap) in &due {
            let count = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
            let occupancy = Occupancy {
                running: count(runs.begun.len() + runs.waiting.len()),
                limit: self.limit,
                waiting: count(runs.waiting.len()),
                most_waiting: MOST_WAITING,
            };
            match overlap.decide(occupancy) {
                Decision::Skip => say(&format!("the run of {at} is left out: another one still runs")),
                Decision::QueueFull => say(&format!("the run of {at} is left out: too many wait")),
                Decision::Cancel { oldest } => {
                    say(&format!("the run of {at} takes the place of an older one"));
                    runs.make_room(oldest as usize);
                    runs.waiting.push_back(runs.next);
                    runs.next += 1;
                }
                Decision::Start | Decision::Queue => {
                    runs.waiting.push_back(runs.next);
                    runs.next += 1;
                }
            }
        }
        Ok(due.len())
    }

    /// A run from here to its end.
    fn begin(
        &self,
        number: u64,
        runs: &mut Runs,
        face: &WorkflowFace,
    ) -> BoxFuture<'static, (u64, TimedEnd)> {
        let face = WorkflowFace {
            cancel: Cancel::default(),
            insist: Cancel::default(),
            watch: std::sync::Arc::clone(&face.watch),
        };
        runs.begun.push_back(Begun {
            number,
            cancel: face.cancel.clone(),
            insist: face.insist.clone(),
        });
        let launched = open_workflow(&self.timed.name, &self.parts.project, &self.parts.directory).and_then(
            |workflow| {
                let start = WorkflowStart {
                    workflow,
                    options: self.timed.options.clone(),
                    run: None,
                    output: self.timed.output.clone(),
                };
                launch_workflow(start, self.parts, &face)
            },
        );
        async move {
            let end = match launched {
                Ok(launched) => {
                    let directory = launched.directory.clone();
                    launched.finish().await.map(|it| (directory, it))
                }
                Err(error) => Err(error),
            };
            (number, end)
        }
        .boxed()
    }

    /// Time until something may be due.
    fn sleep(&self) -> Duration {
        let now = self.now();
        let next = self.rules.iter().filter_map(|(_, it)| it.next_after(now)).min();
        let until = next.map_or(LONGEST_SLEEP, |it| {
            Duration::try_from(it.duration_since(now)).unwrap_or(LONGEST_SLEEP)
        });
        // A moment later, so that it is past.
        (until + Duration::from_millis(5)).min(LONGEST_SLEEP)
    }
}

fn key(rule: &ScheduleRule) -> String {
    format!("{} {}", rule.cron, rule.timezone)
}

fn read_state(path: &Path) -> Result<BTreeMap<String, i64>, WorkflowError> {
    let text = match fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        text => text.map_err(|error| WorkflowError::file(path, &error))?,
    };
    serde_json::from_slice(&text).map_err(|error| WorkflowError::File {
        path: path.display().to_string(),
        reason: format!("{error}; delete it, and the schedule begins now"),
    })
}

/// The right to run the schedule of `workflow`, until it is dropped.
fn locked(path: &Path, workflow: &str) -> Result<File, WorkflowError> {
    let file = File::options().append(true).create(true).open(path);
    let file = file.map_err(|error| WorkflowError::file(path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(WorkflowError::Invalid(format!(
            "another process runs {workflow} on schedule already"
        ))),
        Err(TryLockError::Error(error)) => Err(WorkflowError::file(path, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::Overlap;

    #[test]
    fn runs_that_cancel_older_ones_do_not_pile_up() {
        for limit in [1, 3] {
            let mut runs = Runs::default();
            for number in 0..limit {
                runs.begun.push_back(Begun {
                    number,
                    cancel: Cancel::default(),
                    insist: Cancel::default(),
                });
            }
            // None of those that run ends while ten more are due.
            for number in limit..limit + 10 {
                let now = Occupancy {
                    running: (runs.begun.len() + runs.waiting.len()) as u32,
                    limit: limit as u32,
                    waiting: runs.waiting.len() as u32,
                    most_waiting: MOST_WAITING,
                };
                let Decision::Cancel { oldest } = Overlap::CancelRunning.decide(now) else {
                    panic!("there is no room");
                };
                runs.make_room(oldest as usize);
                runs.waiting.push_back(number);
            }
            assert!(runs.begun.iter().all(|it| it.cancel.is_cancelled()));
            let last: Vec<u64> = (10..10 + limit).collect();
            assert_eq!(Vec::from(runs.waiting), last, "the latest take their places");
        }
    }
}
