//! Tasks within this program, by the driver, and the scheduler alone.

use std::io::Write;
use std::time::{Duration, Instant};

use gaai::flow::{
    Action, Dependency, ErrorRules, Orders, Outcome, Perform, Rules, Scheduler, Stop, Task, TaskIndex, Terms,
    Unrecorded, drive, simulate,
};

use crate::spread;

const TASKS: usize = 100_000;
const ROUNDS: usize = 5;

/// Performs tasks that do nothing.
struct Idle;

impl Perform for Idle {
    type Done = ();

    fn begin(&mut self, _: TaskIndex, _: u32, _: Stop) -> impl Future<Output = ()> + Send + 'static {
        std::future::ready(())
    }

    fn end(&mut self, _: TaskIndex, done: Result<(), String>, _: &mut Scheduler) -> Outcome {
        match done {
            Ok(()) => Outcome::Succeeded,
            Err(_) => Outcome::Failed {
                may_retry: false,
                after: None,
            },
        }
    }

    fn decide(&mut self, _: TaskIndex, _: &Scheduler) -> bool {
        true
    }

    fn hear(&mut self, _: Duration, _: Action, _: &mut Scheduler) -> Result<(), Unrecorded> {
        Ok(())
    }
}

fn flow() -> anyhow::Result<Scheduler> {
    let mut flow = Scheduler::new(Rules {
        errors: ErrorRules {
            keep_going: true,
            cancel_all: false,
        },
        ..Rules::default()
    });
    let mut tasks: Vec<TaskIndex> = Vec::with_capacity(TASKS);
    for place in 0..TASKS {
        let layer = place / 10 * 10;
        let before = [0, 3]
            .iter()
            .filter(|_| layer > 0)
            .map(|it| tasks[layer - 10 + (place + it) % 10]);
        let task = Task {
            after: before.map(Dependency::on).collect(),
            terms: Terms {
                isolate_errors: true,
                ..Terms::default()
            },
            ..Task::default()
        };
        tasks.push(flow.add(&task)?);
    }
    Ok(flow)
}

pub(crate) fn measure(out: &mut impl Write) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (mut driven, mut alone, mut bytes) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let flow_of_round = flow()?;
        let (_orders, heard) = Orders::channel();
        let (ended, _) = runtime.block_on(drive(flow_of_round, Idle, heard));
        driven.push(began.elapsed().as_secs_f64() * 1e6 / TASKS as f64);
        anyhow::ensure!(ended.tally().succeeded == TASKS as u64, "a task is missing");
        bytes = ended.bytes() / TASKS;
        let began = Instant::now();
        simulate(&mut flow()?, &mut |_: TaskIndex| Duration::from_millis(1));
        alone.push(began.elapsed().as_secs_f64() * 1e6 / TASKS as f64);
    }
    let (median, least, most) = spread(driven);
    writeln!(
        out,
        "{TASKS} tasks within this program, 4 at once: {median:.2} us each ({least:.2}-{most:.2}), {bytes} bytes each"
    )?;
    let (median, least, most) = spread(alone);
    writeln!(
        out,
        "  the scheduler alone, in virtual time: {median:.2} us each ({least:.2}-{most:.2})"
    )?;
    Ok(())
}
