//! The tasks that could start, in the order in which they should, one queue for each kind of demand:
//! where one of a kind finds no room, none of that kind does.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What decides which of those that could start goes first: the least does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    pub(super) priority: Reverse<i32>,
    /// Its expected way to the end.
    pub(super) remaining_us: Reverse<u64>,
    /// Of the tasks of the flow itself, the one that it is or is a part of: parts go where their whole would.
    pub(super) whole: u32,
    /// Itself, in the order of adding.
    pub(super) task: u32,
}

/// Queues by place of the demand.
#[derive(Default)]
pub(super) struct Ready {
    queues: BTreeMap<u32, Queue>,
    len: usize,
}

#[derive(Default)]
struct Queue {
    ranked: BTreeSet<Rank>,
    /// In the order in which they became ready; those that have left are dropped when they come up.
    waiting: VecDeque<(u64, u32)>,
}

impl Ready {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn push(&mut self, demand: u32, rank: Rank, since_us: u64) {
        let queue = self.queues.entry(demand).or_default();
        if queue.ranked.insert(rank) {
            queue.waiting.push_back((since_us, rank.task));
            self.len += 1;
        }
    }

    /// Changes a rank in place: the task has waited as long as it has.
    pub(super) fn reorder(&mut self, demand: u32, old: Rank, new: Rank) {
        if let Some(queue) = self.queues.get_mut(&demand)
            && queue.ranked.remove(&old)
        {
            queue.ranked.insert(new);
        }
    }

    pub(super) fn remove(&mut self, demand: u32, rank: &Rank) -> bool {
        let Some(queue) = self.queues.get_mut(&demand) else {
            return false;
        };
        let was_there = queue.ranked.remove(rank);
        if was_there {
            self.len -= 1;
        }
        if queue.ranked.is_empty() {
            self.queues.remove(&demand);
        }
        was_there
    }

    /// The task of each demand that should go first.
    pub(super) fn heads(&self) -> impl Iterator<Item = Rank> {
        self.queues.values().filter_map(|it| it.ranked.first().copied())
    }

    /// The task of each demand that waits longest, with the time since which it does. `is_ready_since`
    /// says whether a task still waits since that time.
    pub(super) fn longest_waiting(
        &mut self,
        is_ready_since: impl Fn(u32, u64) -> bool,
    ) -> impl Iterator<Item = (u64, u32)> {
        self.queues.values_mut().filter_map(move |queue| {
            while let Some((since_us, task)) = queue.waiting.front().copied() {
                if is_ready_since(task, since_us) {
                    return Some((since_us, task));
                }
                queue.waiting.pop_front();
            }
            None
        })
    }

    /// Bytes on the heap, about: a tree keeps its keys two thirds full.
    pub(super) fn bytes(&self) -> usize {
        self.queues
            .values()
            .map(|it| {
                it.ranked.len() * size_of::<Rank>() * 3 / 2 + it.waiting.capacity() * size_of::<(u64, u32)>()
            })
            .sum()
    }
}
