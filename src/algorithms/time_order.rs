//! The edges of each vertex in the order of their times, for walks that follow time.
//!
//! Cost: O(m log d) time once; 24 bytes an entry.

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
    /// The edges of `lists` by time, self-loops included; `None` where they have no times.
    pub(super) fn new(lists: &Adjacency) -> Option<Self> {
        let (times, rows) = (lists.times.as_ref()?, lists.rows.as_ref()?);
        let entry = |index: usize| TimedEdge {
            time: times[index],
            row: rows[index],
            other: lists.targets[index],
            weight: lists.weight(index),
        };
        let mut edges: Vec<TimedEdge> = (0..lists.targets.len()).map(entry).collect();
        for ends in lists.offsets.windows(2) {
            edges[ends[0] as usize..ends[1] as usize].sort_unstable_by_key(|it| (it.time, it.row));
        }
        Some(Self {
            offsets: lists.offsets.clone(),
            edges,
        })
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
