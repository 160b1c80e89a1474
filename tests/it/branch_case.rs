//! Branches and runs of the tests of the branch processor.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gaai::model::id::RunId;
use gaai::workflow::branches::{
    Branch, BranchFailure, EnhancedParallelProcessor, ProcessingContext, RunReport, Successors,
};
use tokio::time::sleep;

pub(crate) fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

pub(crate) fn context(jobs: usize) -> ProcessingContext {
    let mut context = ProcessingContext::new(RunId::from("run"), "tests");
    context.settings.max_concurrent_branches = jobs;
    context
}

pub(crate) async fn run(context: ProcessingContext, branches: Vec<Branch>) -> RunReport {
    let processor = EnhancedParallelProcessor::new(Arc::new(context));
    processor.process_workflow_parallel(branches).await.unwrap()
}

pub(crate) fn nap(name: &str, ms: u64) -> Branch {
    Branch::new(name, move |_| async move {
        sleep(millis(ms)).await;
        Ok(Successors::none())
    })
}

pub(crate) fn failing(name: &str) -> Branch {
    Branch::new(name, |_| async { Err(BranchFailure::lasting("no such file")) })
}

pub(crate) fn takes(pool: &str, units: u64, branch: Branch) -> Branch {
    Branch {
        takes: vec![(pool.to_owned(), units)],
        ..branch
    }
}

pub(crate) fn owns(pool: &str, units: u64, branch: Branch) -> Branch {
    Branch {
        owns: vec![(pool.to_owned(), units)],
        ..branch
    }
}

/// How many do something at once, now and at most.
#[derive(Clone, Default)]
pub(crate) struct Count(Arc<(AtomicUsize, AtomicUsize)>);

pub(crate) struct Counted(Count);

impl Count {
    pub(crate) fn enter(&self) -> Counted {
        let now = self.0.0.fetch_add(1, Ordering::Relaxed) + 1;
        self.0.1.fetch_max(now, Ordering::Relaxed);
        Counted(self.clone())
    }

    pub(crate) fn now(&self) -> usize {
        self.0.0.load(Ordering::Relaxed)
    }

    pub(crate) fn peak(&self) -> usize {
        self.0.1.load(Ordering::Relaxed)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}
