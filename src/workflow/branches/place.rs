//! Branches become tasks of the scheduler: all of a list, or none with the reason.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::branch::Branch;
use super::performer::{Entry, Performer, What};
use super::report::BranchEnd;
use super::trees::TreeId;
use crate::flow::{Demand, Dependency, Scheduler, Task, TaskIndex, Terms, Trigger};
use crate::limits::Retry;

impl Performer {
    /// Whether all of the list can be placed in the tree; what is wrong otherwise.
    pub(super) fn check(&self, branches: &[Branch], tree: TreeId, flow: &Scheduler) -> Result<(), String> {
        let parts = self.trees.parts(tree);
        let mut names = BTreeSet::new();
        let mut count = flow.len() as u64;
        for branch in branches {
            let name = &branch.name;
            let fault = |what: String| Err(format!("branch `{name}`: {what}"));
            if let Some(unknown) = branch.after.iter().find(|it| !names.contains(it.as_str())) {
                return fault(format!("it waits for `{unknown}`, which is not given before it"));
            }
            if !names.insert(name.as_str()) {
                return fault("another one of the same list has this name".to_owned());
            }
            let mut inside = parts.clone();
            for (pool, units) in &branch.owns {
                if let Some(what) = self.pools.fault(pool, *units, &parts, true) {
                    return fault(what);
                }
            }
            self.pools.pretend(&branch.owns, &mut inside);
            for (pool, units) in &branch.takes {
                if let Some(what) = self.pools.fault(pool, *units, &inside, false) {
                    return fault(what);
                }
            }
            count += u64::from(branch.times) * (1 + u64::from(!branch.owns.is_empty()));
        }
        if count >= u64::from(u32::MAX) {
            return Err(format!("{count} branches are more than a run can have"));
        }
        Ok(())
    }

    /// Adds the branches, which were checked, to the tree.
    pub(super) fn place(
        &mut self,
        branches: Vec<Branch>,
        tree: TreeId,
        flow: &mut Scheduler,
    ) -> Result<(), String> {
        let wanted: BTreeSet<String> = branches.iter().flat_map(|it| it.after.iter().cloned()).collect();
        let mut named: BTreeMap<String, Vec<TaskIndex>> = BTreeMap::new();
        for branch in branches {
            let after = branch.after.iter().filter_map(|it| named.get(it)).flatten();
            let after = after.map(|it| Dependency::on(*it)).collect();
            let branch = Arc::new(branch);
            let task = self.task(&branch, after, tree, branch.owns.is_empty(), flow);
            let is_wanted = wanted.contains(&branch.name);
            let mut places = Vec::new();
            for index in 0..branch.times {
                let what = if branch.owns.is_empty() {
                    What::Branch(Arc::clone(&branch), index)
                } else {
                    What::Owner(Arc::clone(&branch), index)
                };
                let place = self.add(&task, what, tree, flow)?;
                if is_wanted {
                    places.push(place);
                }
            }
            if is_wanted {
                named.insert(branch.name.clone(), places);
            }
        }
        Ok(())
    }

    /// Adds one of a branch's times to the tree that has its parts.
    pub(super) fn place_one(&mut self, branch: Arc<Branch>, index: u32, tree: TreeId, flow: &mut Scheduler) {
        let task = self.task(&branch, Vec::new(), tree, true, flow);
        let what = What::Branch(Arc::clone(&branch), index);
        if let Err(error) = self.add(&task, what, tree, flow) {
            self.refuse(&branch, index..index + 1, tree, error);
        }
    }

    /// Adds the branch that joins others, all of which are over; `lost` is the first that ended badly.
    pub(super) fn join(
        &mut self,
        branch: Arc<Branch>,
        tree: TreeId,
        lost: Option<TaskIndex>,
        has_success: bool,
        flow: &mut Scheduler,
    ) {
        let hinders = match branch.trigger {
            Trigger::All => lost,
            Trigger::Any => lost.filter(|_| !has_success),
            Trigger::Decided => None,
        };
        // On one that ended badly it waits in vain, and the scheduler says so.
        let after = hinders.map(Dependency::on).into_iter().collect();
        let owns = !branch.owns.is_empty();
        let mut task = self.task(&branch, after, tree, !owns, flow);
        task.trigger = Trigger::All;
        let what = if owns { What::Owner } else { What::Branch };
        for index in 0..branch.times {
            if let Err(error) = self.add(&task, what(Arc::clone(&branch), index), tree, flow) {
                return self.refuse(&branch, index..branch.times, tree, error);
            }
        }
    }

    /// Counts those times of a branch that the scheduler has no room for as failed.
    fn refuse(&mut self, branch: &Branch, times: Range<u32>, tree: TreeId, error: String) {
        if let Some(tree) = self.trees.get_mut(tree) {
            tree.sum.counts.failed += u64::from(times.end - times.start);
            let (name, end) = (branch.label(times.start), format!("failed: {error}"));
            tree.sum.name(|| BranchEnd { name, end });
        }
    }

    fn add(
        &mut self,
        task: &Task,
        what: What,
        tree: TreeId,
        flow: &mut Scheduler,
    ) -> Result<TaskIndex, String> {
        let index = flow.add(task).map_err(|it| it.to_string())?;
        debug_assert_eq!(index.place(), self.entries.len());
        self.entries.push(Entry { what, tree });
        self.trees.enter(tree, 1);
        Ok(index)
    }

    /// The branch's task, or the one that holds the parts which it is to own.
    fn task(
        &mut self,
        branch: &Branch,
        after: Vec<Dependency>,
        tree: TreeId,
        is_branch: bool,
        flow: &mut Scheduler,
    ) -> Task {
        let settings = &self.context.settings;
        let is_parallel = settings.parallel_enabled;
        let parts = self.trees.parts(tree);
        let takes = if is_branch { &branch.takes } else { &branch.owns };
        let terms = Terms {
            retry: Retry {
                max_attempts: if is_branch { branch.retry.max_attempts } else { 1 },
                ..branch.retry
            },
            retries_timeouts: branch.retries_timeouts,
            attempt_timeout: is_branch.then(|| branch.timeout.unwrap_or(settings.branch_timeout)),
            queue_timeout: branch.queue_timeout,
            continue_on_error: branch.continue_on_error,
            isolate_errors: true,
            ..Terms::default()
        };
        let breaker = branch.breaker.as_deref().filter(|_| is_branch);
        Task {
            after,
            trigger: branch.trigger,
            demand: Demand {
                slot: is_branch,
                units: self.pools.units(takes, &parts),
                breaker: breaker.map(|key| self.pools.breaker(key, flow)),
                ..Demand::default()
            },
            // One after the other means in the order given.
            priority: if is_parallel { branch.priority } else { 0 },
            expected: if is_parallel {
                branch.expected
            } else {
                Duration::ZERO
            },
            terms,
            ..Task::default()
        }
    }
}
