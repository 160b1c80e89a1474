//! The tasks of a flow, packed: rows of numbers, edges in lists, what many tasks share kept once.
//!
//! Law: fewer than 200 bytes a task at 100,000 tasks (`tests/it/flow_room.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::task::{Cause, Demand, Dependency, End, On, Survives, Task, TaskIndex, Terms, Trigger};

/// No task, no edge.
pub(super) const NONE: u32 = u32::MAX;

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It waits for other tasks.
    Waiting,
    /// Its condition is being decided.
    Deciding,
    /// It could start, and waits for what it takes.
    Ready,
    /// An attempt runs.
    Running,
    /// An attempt was told to stop, and has not ended.
    Stopping(Cause),
    /// It failed and pauses before the next attempt.
    Resting,
    /// It is over.
    Over(End),
}

/// A task as the scheduler keeps it.
pub(super) struct Row {
    pub(super) phase: Phase,
    pub(super) trigger: Trigger,
    pub(super) survives: Survives,
    /// Whether one of its dependencies came about as asked.
    pub(super) has_one: bool,
    /// Whether what it starts has said that it serves.
    pub(super) serves: bool,
    pub(super) held: bool,
    pub(super) attempts: u16,
    pub(super) priority: i32,
    /// Longest path to it within its scope, in tasks.
    pub(super) level: u32,
    pub(super) scope: u32,
    pub(super) demand: u32,
    pub(super) terms: u32,
    /// Dependencies that are not decided.
    pub(super) open: u32,
    /// The first dependency that did not come about, and whether it failed.
    pub(super) lost_to: u32,
    pub(super) lost_by_failure: bool,
    /// Head of the list of those that wait for it.
    first_dependant: u32,
    /// Where its dependencies begin in `dependencies`, and how many there are.
    first_dependency: u32,
    pub(super) dependency_count: u32,
    pub(super) expected_us: u64,
    pub(super) remaining_us: u64,
    /// When it became ready; while it rests, when it may go on.
    pub(super) since_us: u64,
    pub(super) started_us: u64,
    pub(super) ended_us: u64,
    pub(super) queued_us: u64,
}

/// One task waits for another.
#[derive(Clone, Copy)]
pub(super) struct Edge {
    pub(super) dependant: u32,
    next: u32,
    pub(super) on: On,
    pub(super) needs_run: bool,
    pub(super) is_decided: bool,
}

/// All of them.
#[derive(Default)]
pub(super) struct Arena {
    rows: Vec<Row>,
    edges: Vec<Edge>,
    dependencies: Vec<u32>,
    demands: Vec<Demand>,
    demand_places: BTreeMap<Demand, u32>,
    terms: Vec<Terms>,
}

/// Terms looked at before a value is kept a second time; flows have few different ones.
const TERMS_COMPARED: usize = 64;

impl Arena {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn row(&self, task: u32) -> &Row {
        &self.rows[task as usize]
    }

    pub(super) fn row_mut(&mut self, task: u32) -> &mut Row {
        &mut self.rows[task as usize]
    }

    pub(super) fn get(&self, task: TaskIndex) -> Option<&Row> {
        self.rows.get(task.place())
    }

    pub(super) fn demand(&self, task: u32) -> &Demand {
        &self.demands[self.row(task).demand as usize]
    }

    pub(super) fn demand_of(&self, place: u32) -> &Demand {
        &self.demands[place as usize]
    }

    pub(super) fn terms(&self, task: u32) -> &Terms {
        &self.terms[self.row(task).terms as usize]
    }

    pub(super) fn dependencies(&self, task: u32) -> &[u32] {
        let row = self.row(task);
        let first = row.first_dependency as usize;
        &self.dependencies[first..first + row.dependency_count as usize]
    }

    /// Keeps a task, waiting; its dependencies exist.
    pub(super) fn push(&mut self, task: &Task) -> u32 {
        let index = self.rows.len() as u32;
        let demand = self.keep_demand(&task.demand);
        let terms = self.keep_terms(&task.terms);
        let level = task
            .after
            .iter()
            .map(|it| self.row(it.task.0))
            .filter(|it| it.scope == task.scope.0)
            .map(|it| it.level + 1)
            .max()
            .unwrap_or(0);
        let expected_us = micros(task.expected);
        self.rows.push(Row {
            phase: Phase::Waiting,
            trigger: task.trigger,
            survives: task.survives,
            has_one: false,
            serves: false,
            held: task.held,
            attempts: 0,
            priority: task.priority,
            level,
            scope: task.scope.0,
            demand,
            terms,
            open: 0,
            lost_to: NONE,
            lost_by_failure: false,
            first_dependant: NONE,
            first_dependency: self.dependencies.len() as u32,
            dependency_count: task.after.len() as u32,
            expected_us,
            remaining_us: expected_us,
            since_us: 0,
            started_us: 0,
            ended_us: 0,
            queued_us: 0,
        });
        for dependency in &task.after {
            self.link(index, dependency);
        }
        index
    }

    fn link(&mut self, dependant: u32, dependency: &Dependency) {
        let edge = self.edges.len() as u32;
        self.dependencies.push(dependency.task.0);
        let earlier = &mut self.rows[dependency.task.place()];
        let next = std::mem::replace(&mut earlier.first_dependant, edge);
        self.edges.push(Edge {
            dependant,
            next,
            on: dependency.on,
            needs_run: dependency.needs_run,
            is_decided: false,
        });
        self.rows[dependant as usize].open += 1;
    }

    fn keep_demand(&mut self, demand: &Demand) -> u32 {
        if let Some(place) = self.demand_places.get(demand) {
            return *place;
        }
        let place = self.demands.len() as u32;
        self.demands.push(demand.clone());
        self.demand_places.insert(demand.clone(), place);
        place
    }

    fn keep_terms(&mut self, terms: &Terms) -> u32 {
        let first = self.terms.len().saturating_sub(TERMS_COMPARED);
        let known = self.terms[first..].iter().position(|it| it == terms);
        let place = known.map_or(self.terms.len(), |it| first + it);
        if known.is_none() {
            self.terms.push(terms.clone());
        }
        place as u32
    }

    /// Walks over those that wait for `task`; `edge` is [`Arena::first_edge`] or what this gave last.
    pub(super) fn edge(&mut self, edge: u32) -> Option<(&mut Edge, u32)> {
        let edge = self.edges.get_mut(edge as usize)?;
        let next = edge.next;
        Some((edge, next))
    }

    pub(super) fn first_edge(&self, task: u32) -> u32 {
        self.row(task).first_dependant
    }

    /// Makes those before the tasks from `first` on know of the way through these, and gives the ready ones
    /// among them with the way they knew before. Tasks that are over are no longer interested.
    ///
    /// Each task is looked at once, the latest first: by then all that wait for it have their ways.
    pub(super) fn lengthen(&mut self, first: u32) -> BTreeMap<u32, u64> {
        let mut changed = BTreeMap::new();
        let mut earlier = BTreeSet::new();
        let mut fresh = first..self.rows.len() as u32;
        while let Some(later) = fresh.next_back().or_else(|| earlier.pop_last()) {
            let row = self.row(later);
            let through = row.remaining_us;
            let (begin, count) = (row.first_dependency as usize, row.dependency_count as usize);
            for place in begin..begin + count {
                let before = self.dependencies[place];
                let row = self.row_mut(before);
                let longer = row.expected_us.saturating_add(through);
                if longer <= row.remaining_us || matches!(row.phase, Phase::Over(_)) {
                    continue;
                }
                if row.phase == Phase::Ready {
                    changed.entry(before).or_insert(row.remaining_us);
                }
                row.remaining_us = longer;
                if before < first {
                    earlier.insert(before);
                }
            }
        }
        changed
    }

    /// Bytes on the heap, by capacity.
    pub(super) fn bytes(&self) -> usize {
        self.rows.capacity() * size_of::<Row>()
            + self.edges.capacity() * size_of::<Edge>()
            + self.dependencies.capacity() * size_of::<u32>()
            + self.demands.len() * 2 * size_of::<Demand>()
            + self.terms.capacity() * size_of::<Terms>()
    }
}

/// Whole microseconds; the longest there are where that is too long.
pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
