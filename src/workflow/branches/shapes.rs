//! The shapes of runs that are measured one after the other against beside each other.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::branch::{Branch, Successors};
use super::context::ProcessingContext;
use super::error::ProcessorError;
use super::processor::EnhancedParallelProcessor;
use super::report::RunReport;
use crate::model::id::RunId;

/// How the branches of a run depend on each other. All take the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Each waits for the one before it.
    Chain,
    /// One, then all but two beside each other, then one that waits for these.
    Diamond,
    /// None waits for any.
    Wide,
    /// Three chains of different lengths begin after one branch and are joined.
    Mixed,
}

impl Shape {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Chain, Self::Diamond, Self::Wide, Self::Mixed];

    /// So many branches, at least three, with work that takes `each`.
    pub fn branches(self, count: usize, each: Duration) -> Vec<Branch> {
        let count = count.max(3);
        let name = |place: usize| format!("b{place}");
        (0..count)
            .map(|place| Branch {
                after: self.before(place, count).into_iter().map(name).collect(),
                expected: each,
                ..Branch::new(name(place), move |_| async move {
                    sleep(each).await;
                    Ok(Successors::none())
                })
            })
            .collect()
    }

    /// The places that one waits for.
    fn before(self, place: usize, count: usize) -> Vec<usize> {
        let last = count - 1;
        match self {
            Self::Chain => place.checked_sub(1).into_iter().collect(),
            Self::Wide => Vec::new(),
            _ if place == 0 => Vec::new(),
            Self::Diamond if place == last => (1..last).collect(),
            Self::Diamond => vec![0],
            Self::Mixed if place == last => (1..last).collect(),
            // Half of them in one chain, the others in two.
            Self::Mixed if place <= last / 2 => vec![place - 1],
            Self::Mixed => {
                let first = last / 2 + 1;
                vec![place.checked_sub(2).filter(|it| *it >= first).unwrap_or(0)]
            }
        }
    }

    /// The longest way through, in branches.
    pub fn critical_path(self, count: usize) -> usize {
        let count = count.max(3);
        let mut ways: Vec<usize> = Vec::with_capacity(count);
        for place in 0..count {
            let before = self.before(place, count).into_iter().map(|it| ways[it]).max();
            ways.push(before.unwrap_or(0) + 1);
        }
        ways.into_iter().max().unwrap_or(0)
    }

    /// Runs the shape with `jobs` at once; one job is the sequential engine. The report has the time it took.
    pub async fn run(self, count: usize, each: Duration, jobs: usize) -> Result<RunReport, ProcessorError> {
        let mut context = ProcessingContext::new(RunId::from("shape"), "shape");
        context.settings.parallel_enabled = jobs > 1;
        context.settings.max_concurrent_branches = jobs;
        let processor = EnhancedParallelProcessor::new(Arc::new(context));
        processor
            .process_workflow_parallel(self.branches(count, each))
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_ways_are_known() {
        let ways = Shape::ALL.map(|it| it.critical_path(12));
        assert_eq!(ways, [12, 3, 1, 7]);
    }
}
