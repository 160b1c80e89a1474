//! The edges of each vertex in the order of their times, for walks that follow time.
//!
//! Cost: O(m log d) time once; 24 bytes an entry.

use super::control::{Control, KernelError};
use super::pace::{self, Pace};
use super::sort::sort_by_key;
use crate::graph::Adjacency;

/// One edge as seen from one of its ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TimedEdge {
    /// When, in milliseconds since 1970-01-01 UTC.
    pub(super) time: i64,
    /// Row in the projection's edge list.
    pub(super) row: u32,
    /// The other end.
    pub(super) other: u32,
    /// Its weight; 1 when unweighted.
    pub(super) weight: f64,
}

/// For each vertex its edges by (time, row).
pub(super) struct TimeOrder {
    offsets: Vec<u32>,
    edges: Vec<TimedEdge>,
}

impl TimeOrder {
    /// The edges of `lists` by time, self-loops included; `None` where they have no times. Fails only when
    /// the run is cancelled.
    pub(super) fn new(lists: &Adjacency, control: &Control) -> Result<Option<Self>, KernelError> {
        let (Some(times), Some(rows)) = (&lists.times, &lists.rows) else {
            return Ok(None);
        };
        let entry = |index: usize| TimedEdge {
            time: times[index],
            row: rows[index],
            other: lists.targets[index],
            weight: lists.weight(index),
        };
        let mut edges: Vec<TimedEdge> = Vec::with_capacity(lists.targets.len());
        let mut pace = Pace::new(control);
        for piece in pace.pieces(0..lists.targets.len()) {
            edges.extend(piece?.map(entry));
        }
        let when = |it: &TimedEdge| (it.time, it.row);
        for ends in lists.offsets.windows(2) {
            let own = &mut edges[ends[0] as usize..ends[1] as usize];
            if own.len() > pace::ENTRIES {
                sort_by_key(own, control, when)?;
            } else {
                // Each entry costs some comparisons.
                pace.step(4 * own.len())?;
                own.sort_unstable_by_key(when);
            }
        }
        Ok(Some(Self {
            offsets: lists.offsets.clone(),
            edges,
        }))
    }

    /// The edges of `v`, by (time, row).
    pub(super) fn of(&self, v: u32) -> &[TimedEdge] {
        &self.edges[self.offsets[v as usize] as usize..self.offsets[v as usize + 1] as usize]
    }

    /// Those of them from time `first` to time `last`, both included.
    pub(super) fn between(&self, v: u32, first: i64, last: i64) -> &[TimedEdge] {
        let edges = self.of(v);
        let begin = edges.partition_point(|it| it.time < first);
        let length = edges[begin..].partition_point(|it| it.time <= last);
        &edges[begin..begin + length]
    }
}
