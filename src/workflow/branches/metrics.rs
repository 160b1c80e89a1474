//! Counts and times of runs, branches and pools as Prometheus reads them. No label is an id.

use std::fmt::{self, Write};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::flow::{PoolUse, Times};
use crate::limits::Stance;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RunLabels {
    workflow: String,
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StepLabels {
    workflow: String,
    r#type: &'static str,
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WorkflowLabels {
    workflow: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PoolLabels {
    pool: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SlotLabels {
    pool: String,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BreakerLabels {
    breaker: String,
}

/// Makes histograms of times from a millisecond to about four and a half hours.
type NewTimes = fn() -> Histogram;

/// Records what runs do. Clones record into the same.
#[derive(Clone)]
pub struct MetricsRecorder {
    registry: Arc<Mutex<Registry>>,
    runs: Family<RunLabels, Counter>,
    run_duration: Family<WorkflowLabels, Histogram, NewTimes>,
    steps: Family<StepLabels, Counter>,
    step_duration: Family<WorkflowLabels, Histogram, NewTimes>,
    step_queue: Family<WorkflowLabels, Histogram, NewTimes>,
    steps_running: Gauge,
    branches_spawned: Family<WorkflowLabels, Counter>,
    retries: Family<WorkflowLabels, Counter>,
    pool_slots: Family<SlotLabels, Gauge>,
    pool_wait: Family<PoolLabels, Counter<f64, AtomicU64>>,
    pool_utilisation: Family<PoolLabels, Gauge<f64, AtomicU64>>,
    breakers: Family<BreakerLabels, Gauge>,
    status_retries: Counter,
    scheduler_loop: Histogram,
    commit: Histogram,
    records: Counter,
}

impl Default for MetricsRecorder {
    fn default() -> Self {
        let times: NewTimes = || Histogram::new(exponential_buckets(0.001, 4.0, 12));
        let recorder = Self {
            registry: Arc::new(Mutex::new(Registry::with_prefix("gaai"))),
            runs: Family::default(),
            run_duration: Family::new_with_constructor(times),
            steps: Family::default(),
            step_duration: Family::new_with_constructor(times),
            step_queue: Family::new_with_constructor(times),
            steps_running: Gauge::default(),
            branches_spawned: Family::default(),
            retries: Family::default(),
            pool_slots: Family::default(),
            pool_wait: Family::default(),
            pool_utilisation: Family::default(),
            breakers: Family::default(),
            status_retries: Counter::default(),
            scheduler_loop: Histogram::new(exponential_buckets(1e-6, 4.0, 12)),
            commit: times(),
            records: Counter::default(),
        };
        recorder.register();
        recorder
    }
}

impl MetricsRecorder {
    fn register(&self) {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let it = &mut *registry;
        it.register("runs", "Runs that ended", self.runs.clone());
        let (seconds, help) = (Unit::Seconds, "From the start of a run to its end");
        it.register_with_unit("run_duration", help, seconds.clone(), self.run_duration.clone());
        it.register("steps", "Branches that ended", self.steps.clone());
        let help = "From the first start of a branch to its end";
        it.register_with_unit("step_duration", help, seconds.clone(), self.step_duration.clone());
        let help = "How long a branch could have started and did not";
        it.register_with_unit("step_queue", help, seconds.clone(), self.step_queue.clone());
        it.register("steps_running", "Attempts that run", self.steps_running.clone());
        it.register(
            "branches_spawned",
            "Branches that began",
            self.branches_spawned.clone(),
        );
        it.register("retries", "Attempts after the first", self.retries.clone());
        it.register("pool_slots", "Units of a pool", self.pool_slots.clone());
        let help = "Time that branches waited for a pool";
        it.register_with_unit("pool_wait", help, seconds.clone(), self.pool_wait.clone());
        let help = "Share of a pool that was held over the last run";
        it.register("pool_utilization", help, self.pool_utilisation.clone());
        let help = "How a breaker stands: 0 closed, 1 open, 2 half open";
        it.register("breaker_state", help, self.breakers.clone());
        let help = "One turn of the loop that schedules branches";
        let turns = self.scheduler_loop.clone();
        it.register_with_unit("scheduler_loop", help, seconds.clone(), turns);
        let help = "Commits of statuses that failed and were tried again";
        it.register("status_retries", help, self.status_retries.clone());
        let help = "Time of one commit of statuses";
        it.register_with_unit("journal_commit", help, seconds, self.commit.clone());
        it.register(
            "journal_records",
            "Statuses that were committed",
            self.records.clone(),
        );
    }

    /// All of them in Prometheus' text format.
    pub fn render(&self, out: &mut dyn Write) -> fmt::Result {
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        encode(&mut text, &registry)?;
        out.write_str(&text)
    }

    pub(super) fn run_ended(&self, workflow: &str, status: &'static str, took: Duration) {
        let workflow = workflow.to_owned();
        let labels = WorkflowLabels {
            workflow: workflow.clone(),
        };
        self.run_duration
            .get_or_create(&labels)
            .observe(took.as_secs_f64());
        self.runs.get_or_create(&RunLabels { workflow, status }).inc();
    }

    pub(super) fn attempt_began(&self, workflow: &str, attempt: u32) {
        self.steps_running.inc();
        let labels = WorkflowLabels {
            workflow: workflow.to_owned(),
        };
        let counter = if attempt == 1 {
            &self.branches_spawned
        } else {
            &self.retries
        };
        counter.get_or_create(&labels).inc();
    }

    pub(super) fn attempt_ended(&self) {
        self.steps_running.dec();
    }

    pub(super) fn step_ended(&self, workflow: &str, status: &'static str, times: Times) {
        let workflow = workflow.to_owned();
        let labels = WorkflowLabels {
            workflow: workflow.clone(),
        };
        self.step_queue
            .get_or_create(&labels)
            .observe(times.queued.as_secs_f64());
        if status != "skipped" {
            let took = times.ended.saturating_sub(times.started);
            self.step_duration
                .get_or_create(&labels)
                .observe(took.as_secs_f64());
        }
        let labels = StepLabels {
            workflow,
            r#type: "branch",
            status,
        };
        self.steps.get_or_create(&labels).inc();
    }

    pub(super) fn pool_slots(&self, pool: &str, seen: &PoolUse) {
        for (state, units) in [("used", seen.held), ("total", seen.size)] {
            let pool = pool.to_owned();
            let gauge = self.pool_slots.get_or_create_owned(&SlotLabels { pool, state });
            gauge.set(i64::try_from(units).unwrap_or(i64::MAX));
        }
    }

    pub(super) fn pool_ended(&self, pool: &str, seen: &PoolUse) {
        self.pool_slots(pool, seen);
        let labels = PoolLabels {
            pool: pool.to_owned(),
        };
        let waited = Duration::from_micros(seen.waited_us).as_secs_f64();
        self.pool_wait.get_or_create(&labels).inc_by(waited);
        self.pool_utilisation
            .get_or_create(&labels)
            .set(seen.utilisation());
    }

    pub(super) fn breaker_stands(&self, key: &str, stance: Stance) {
        let breaker = key.to_owned();
        let gauge = self.breakers.get_or_create_owned(&BreakerLabels { breaker });
        gauge.set(match stance {
            Stance::Closed => 0,
            Stance::Open => 1,
            Stance::HalfOpen => 2,
        });
    }

    pub(super) fn turned(&self, took: Duration) {
        self.scheduler_loop.observe(took.as_secs_f64());
    }

    pub(super) fn status_retried(&self) {
        self.status_retries.inc();
    }

    pub(super) fn committed(&self, records: usize, took: Duration) {
        self.commit.observe(took.as_secs_f64());
        self.records.inc_by(records as u64);
    }
}

impl fmt::Debug for MetricsRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricsRecorder").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_has_the_names_and_no_ids() {
        let metrics = MetricsRecorder::default();
        metrics.attempt_began("release", 1);
        metrics.attempt_began("release", 2);
        metrics.attempt_ended();
        metrics.step_ended("release", "succeeded", Times::default());
        metrics.run_ended("release", "succeeded", Duration::from_secs(2));
        let mut text = String::new();
        metrics.clone().render(&mut text).unwrap();
        for line in [
            "gaai_runs_total{workflow=\"release\",status=\"succeeded\"} 1",
            "gaai_run_duration_seconds_sum{workflow=\"release\"} 2.0",
            "gaai_steps_total{workflow=\"release\",type=\"branch\",status=\"succeeded\"} 1",
            "gaai_steps_running 1",
            "gaai_branches_spawned_total{workflow=\"release\"} 1",
            "gaai_retries_total{workflow=\"release\"} 1",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
