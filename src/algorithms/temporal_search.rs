//! The search behind [`super::temporal_cycles`]: from one edge, all ways back to its source in time.
//!
//! Law: marks only ever exclude what cannot return. `latest` and `hops` are computed by a walk that may
//! be too generous about length, never too strict, so that the search forward finds every cycle.

use super::control::KernelError;
use super::pace::Pace;
use super::temporal_cycles::TemporalCyclesConfig;
use super::time_order::{TimeOrder, TimedEdge};

/// What a cycle must keep to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    min_length: usize,
    max_length: usize,
    window: i64,
    weight_ratio: f64,
    max_cycles: u64,
}

impl Limits {
    /// The limits that the parameters set.
    pub(super) fn of(config: &TemporalCyclesConfig) -> Self {
        Self {
            min_length: config.min_length as usize,
            max_length: config.max_length as usize,
            window: config.window_ms,
            weight_ratio: config.weight_ratio,
            max_cycles: config.max_cycles,
        }
    }
}

/// A cycle: its edges in the order of travel; the last one's other end is its first vertex.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found(Vec<TimedEdge>);

impl Found {
    /// Vertices in the order of travel.
    pub(super) fn members(&self) -> impl Iterator<Item = u32> + '_ {
        let (last, rest) = self
            .0
            .split_last()
            .map_or((None, &[][..]), |(last, rest)| (Some(last), rest));
        last.into_iter().chain(rest).map(|it| it.other)
    }

    /// (row, source, weight) of each edge.
    pub(super) fn edges(&self) -> impl Iterator<Item = (u32, u32, f64)> + '_ {
        self.members()
            .zip(&self.0)
            .map(|(v, edge)| (edge.row, v, edge.weight))
    }

    /// Number of edges.
    pub(super) fn length(&self) -> u64 {
        self.0.len() as u64
    }

    /// Time of the first edge.
    pub(super) fn start(&self) -> i64 {
        self.0.first().map_or(0, |it| it.time)
    }

    /// Milliseconds from the first to the last edge.
    pub(super) fn duration(&self) -> u64 {
        self.0.last().map_or(0, |it| it.time.abs_diff(self.start()))
    }

    /// Smallest weight.
    pub(super) fn least_weight(&self) -> f64 {
        self.0.iter().map(|it| it.weight).fold(f64::INFINITY, f64::min)
    }

    /// Greatest weight.
    pub(super) fn greatest_weight(&self) -> f64 {
        self.0
            .iter()
            .map(|it| it.weight)
            .fold(f64::NEG_INFINITY, f64::max)
    }

    /// Sum of the weights in the order of travel.
    pub(super) fn total_weight(&self) -> f64 {
        self.0.iter().map(|it| it.weight).sum()
    }
}

/// How a vertex leads back to the source of the start edge.
#[derive(Clone, Copy)]
struct Mark {
    /// Fewest edges back; 0 where there is no way.
    hops: u32,
    /// Whether the path under way passes it.
    on_path: bool,
    /// The latest moment to leave it.
    latest: i64,
}

const UNMARKED: Mark = Mark {
    hops: 0,
    on_path: false,
    latest: i64::MIN,
};

/// Reads that the searches for a time in some lists take.
const SEARCHES: usize = 64;

/// The workspace of a search; between start edges every vertex is unmarked.
pub(super) struct Search<'a> {
    out: &'a TimeOrder,
    into: &'a TimeOrder,
    limits: Limits,
    marks: Vec<Mark>,
    marked: Vec<u32>,
    frontier: Vec<u32>,
    next: Vec<u32>,
    path: Vec<TimedEdge>,
    /// For each edge of the path the edges that may follow it and have not been tried.
    open: Vec<&'a [TimedEdge]>,
}

impl<'a> Search<'a> {
    /// A search in a graph of `n` vertices.
    pub(super) fn new(out: &'a TimeOrder, into: &'a TimeOrder, n: u32, limits: Limits) -> Self {
        Self {
            out,
            into,
            limits,
            marks: vec![UNMARKED; n as usize],
            marked: Vec::new(),
            frontier: Vec::new(),
            next: Vec::new(),
            path: Vec::new(),
            open: Vec::new(),
        }
    }

    /// The cycles whose earliest edge is one of `starts`, one more than the limit at most.
    pub(super) fn cycles(
        &mut self,
        starts: &[(u32, TimedEdge)],
        pace: &mut Pace<'_>,
    ) -> Result<Vec<Found>, KernelError> {
        let mut found = Vec::new();
        for &(source, first) in starts {
            // Searches in three lists.
            pace.step(SEARCHES)?;
            let end = first.time.saturating_add(self.limits.window);
            let returns = !self.into.between(source, first.time, end).is_empty();
            if first.other == source || !returns || self.out.between(first.other, first.time, end).is_empty()
            {
                continue;
            }
            self.mark_back(source, first, end, pace)?;
            if self.leads_back(first) {
                self.follow(source, first, end, &mut found, pace)?;
            }
            for v in self.marked.drain(..) {
                self.marks[v as usize] = UNMARKED;
            }
            if found.len() as u64 > self.limits.max_cycles {
                break;
            }
        }
        Ok(found)
    }

    /// Marks every vertex from which `source` can be reached by `end` over edges not before `first`.
    fn mark_back(
        &mut self,
        source: u32,
        first: TimedEdge,
        end: i64,
        pace: &mut Pace<'_>,
    ) -> Result<(), KernelError> {
        self.marks[source as usize].latest = end;
        self.marked.push(source);
        self.frontier.clear();
        self.frontier.push(source);
        for hops in 1..self.limits.max_length as u32 {
            let mut frontier = std::mem::take(&mut self.frontier);
            for v in frontier.drain(..) {
                let into = self.into;
                let edges = into.between(v, first.time, self.marks[v as usize].latest);
                pace.step(edges.len())?;
                // The latest first: of parallel edges it alone tells something new.
                for edge in edges.iter().rev() {
                    self.mark(edge.other, edge.time, hops, source);
                }
            }
            self.frontier = std::mem::replace(&mut self.next, frontier);
        }
        self.frontier.clear();
        Ok(())
    }

    /// Notes that `v` may be left as late as `time` to return in `hops` edges.
    fn mark(&mut self, v: u32, time: i64, hops: u32, source: u32) {
        let mark = &mut self.marks[v as usize];
        if v == source || time <= mark.latest {
            return;
        }
        mark.latest = time;
        if mark.hops == 0 {
            mark.hops = hops;
            self.marked.push(v);
        }
        // A vertex may stand in the frontier twice when it is found again later; the marks agree.
        self.next.push(v);
    }

    /// Whether what arrives over `edge`, as the last of the path, may still return in time.
    fn leads_back(&self, edge: TimedEdge) -> bool {
        let mark = self.marks[edge.other as usize];
        let left = self.limits.max_length - self.path.len() - 1;
        mark.hops > 0 && mark.hops as usize <= left && edge.time <= mark.latest && !mark.on_path
    }

    /// Depth-first along the marks, in order of (time, row) at every step.
    fn follow(
        &mut self,
        source: u32,
        first: TimedEdge,
        end: i64,
        found: &mut Vec<Found>,
        pace: &mut Pace<'_>,
    ) -> Result<(), KernelError> {
        self.enter(first, end);
        while let Some(options) = self.open.last_mut() {
            let Some((edge, rest)) = options.split_first() else {
                self.open.pop();
                if let Some(left) = self.path.pop() {
                    self.marks[left.other as usize].on_path = false;
                }
                continue;
            };
            *options = rest;
            pace.step(0)?;
            if edge.other == source {
                self.close(*edge, found);
                if found.len() as u64 > self.limits.max_cycles {
                    self.abandon();
                }
            } else if self.leads_back(*edge) && self.keeps_ratio(*edge) {
                self.enter(*edge, end);
            }
        }
        Ok(())
    }

    fn enter(&mut self, edge: TimedEdge, end: i64) {
        self.marks[edge.other as usize].on_path = true;
        self.path.push(edge);
        self.open.push(self.out.between(edge.other, edge.time, end));
    }

    /// Ends the search of a full answer; the marks are cleared with those of its start edge.
    fn abandon(&mut self) {
        self.open.clear();
        self.path.clear();
    }

    /// Lists the path with `last` as its end, if it keeps to the limits.
    fn close(&self, last: TimedEdge, found: &mut Vec<Found>) {
        let length = self.path.len() + 1;
        let first = self.path[0];
        // All at one instant: the cycle could begin anywhere, so it belongs to its smallest row.
        let begins_here =
            last.time > first.time || self.path.iter().chain([&last]).all(|it| it.row >= first.row);
        if (self.limits.min_length..=self.limits.max_length).contains(&length)
            && begins_here
            && self.keeps_ratio(last)
        {
            found.push(Found(self.path.iter().chain([&last]).copied().collect()));
        }
    }

    /// Whether the weights of the path and of `edge` are within the ratio. More edges never widen it.
    fn keeps_ratio(&self, edge: TimedEdge) -> bool {
        if self.limits.weight_ratio == 0.0 {
            return true;
        }
        let weights = || self.path.iter().chain([&edge]).map(|it| it.weight);
        let least = weights().fold(f64::INFINITY, f64::min);
        let greatest = weights().fold(f64::NEG_INFINITY, f64::max);
        least >= self.limits.weight_ratio * greatest
    }
}
