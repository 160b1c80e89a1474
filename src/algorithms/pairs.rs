//! Pairs of vertices with a score, and what they say about each vertex.

use crate::graph::NO_VERTEX;

/// Scored pairs, as columns of a table of rows.
#[derive(Default)]
pub(super) struct Pairs {
    pub(super) from: Vec<u32>,
    pub(super) to: Vec<u32>,
    pub(super) scores: Vec<f64>,
    /// Neighbours that both have.
    pub(super) common: Vec<u64>,
}

impl Pairs {
    pub(super) fn push(&mut self, from: u32, to: u32, score: f64, common: u32) {
        self.from.push(from);
        self.to.push(to);
        self.scores.push(score);
        self.common.push(u64::from(common));
    }

    /// Adds those of `other` behind.
    pub(super) fn append(&mut self, mut other: Pairs) {
        self.from.append(&mut other.from);
        self.to.append(&mut other.to);
        self.scores.append(&mut other.scores);
        self.common.append(&mut other.common);
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.from.truncate(length);
        self.to.truncate(length);
        self.scores.truncate(length);
        self.common.truncate(length);
    }
}

/// The first partner of each vertex, with its score, and how many it has.
pub(super) struct Leaders {
    /// [`NO_VERTEX`] where it has none.
    pub(super) first: Vec<u32>,
    /// 0 where it has none.
    pub(super) scores: Vec<f64>,
    pub(super) listed: Vec<u64>,
}

impl Leaders {
    /// For each of `n` vertices what the pairs that begin with it say, the best of them first.
    pub(super) fn new(n: u32, from: &[u32], to: &[u32], scores: &[f64]) -> Self {
        let n = n as usize;
        let mut leaders = Leaders {
            first: vec![NO_VERTEX; n],
            scores: vec![0.0; n],
            listed: vec![0; n],
        };
        for ((v, u), score) in from.iter().zip(to).zip(scores) {
            leaders.add(*v, *u, *score);
        }
        leaders
    }

    /// Adds `u` as a partner of `v`, not better than those before.
    pub(super) fn add(&mut self, v: u32, u: u32, score: f64) {
        let v = v as usize;
        if self.listed[v] == 0 {
            (self.first[v], self.scores[v]) = (u, score);
        }
        self.listed[v] += 1;
    }
}
