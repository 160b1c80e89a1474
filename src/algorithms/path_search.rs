//! One shortest path from some vertices to others, from both ends or led by an estimate.
//!
//! One workspace serves many searches: a search clears what the one before it reached.
//!
//! Law: an estimate never exceeds what is left to go, so a target that is taken from the heap has its
//! distance. Estimates may fall faster than the way grows by a rounding error; a vertex is then opened
//! again. Lengths are added from the source on. A shorter way replaces a longer one, an equal one does
//! not, and of vertices that are equally promising the smallest is taken, so that the path is one and the
//! same every time.
//!
//! Cost: O((r + e) log r) for r vertices reached and e entries that leave them; 12 bytes a vertex, and 24
//! for each time a vertex is opened. Sources: Hart, Nilsson & Raphael 1968 (A*); Pohl 1971 (from both ends).

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::control::{Control, KernelError};
use super::pace::Pace;
use crate::graph::{Adjacency, Csr, NO_VERTEX};

/// A path: its vertices from source to target and the distance of each from the source.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Path {
    pub(super) vertices: Vec<u32>,
    pub(super) distances: Vec<f64>,
}

impl Path {
    /// Sum of the weights of its edges.
    pub(super) fn length(&self) -> f64 {
        self.distances.last().copied().unwrap_or(0.0)
    }
}

/// A heap entry; the greatest has the least `key`, and among equals the smallest vertex.
#[derive(PartialEq)]
struct Open {
    key: f64,
    length: f64,
    vertex: u32,
}

impl Eq for Open {}

impl Ord for Open {
    fn cmp(&self, other: &Self) -> Ordering {
        let nearer = other.key.total_cmp(&self.key);
        nearer.then(other.vertex.cmp(&self.vertex))
    }
}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The workspace of a search in one direction.
pub(super) struct PathSearch {
    length: Vec<f64>,
    parent: Vec<u32>,
    reached: Vec<u32>,
    heap: BinaryHeap<Open>,
    /// Vertices taken from the heap by the last search.
    pub(super) settled: usize,
}

impl PathSearch {
    /// A workspace for graphs of `n` vertices.
    pub(super) fn new(n: u32) -> Self {
        Self {
            length: vec![f64::INFINITY; n as usize],
            parent: vec![NO_VERTEX; n as usize],
            reached: Vec::new(),
            heap: BinaryHeap::new(),
            settled: 0,
        }
    }

    fn clear(&mut self) {
        for v in self.reached.drain(..) {
            self.length[v as usize] = f64::INFINITY;
            self.parent[v as usize] = NO_VERTEX;
        }
        self.heap.clear();
        self.settled = 0;
    }

    /// The vertices of the shortest path along `lists` from one of `sources`, which are `begin` away from
    /// where lengths are counted from, to the nearest vertex that `estimate` calls a target by answering
    /// `None`.
    ///
    /// `estimate` answers at most what is left to go, infinity where no target is reached; `may` says
    /// whether the edge from one vertex to another may be used.
    pub(super) fn led(
        &mut self,
        lists: &Adjacency,
        sources: &[u32],
        begin: f64,
        estimate: impl Fn(u32) -> Option<f64>,
        may: impl Fn(u32, u32) -> bool,
        pace: &mut Pace<'_>,
    ) -> Result<Option<Vec<u32>>, KernelError> {
        self.clear();
        for &source in sources {
            self.open(source, begin, NO_VERTEX, estimate(source).unwrap_or(0.0));
        }
        while let Some(open) = self.heap.pop() {
            if open.length > self.length[open.vertex as usize] {
                continue; // a shorter way was found after this entry was made
            }
            self.settled += 1;
            if estimate(open.vertex).is_none() {
                return Ok(Some(self.way_to(open.vertex)));
            }
            for piece in pace.pieces(lists.range(open.vertex)) {
                for at in piece? {
                    let vertex = lists.targets[at];
                    let length = open.length + lists.weight(at);
                    if length < self.length[vertex as usize] && may(open.vertex, vertex) {
                        self.open(vertex, length, open.vertex, estimate(vertex).unwrap_or(0.0));
                    }
                }
            }
        }
        Ok(None)
    }

    #[inline]
    fn open(&mut self, vertex: u32, length: f64, parent: u32, estimate: f64) {
        let known = self.length[vertex as usize];
        if length >= known || estimate == f64::INFINITY {
            return;
        }
        if known == f64::INFINITY {
            self.reached.push(vertex);
        }
        self.length[vertex as usize] = length;
        self.parent[vertex as usize] = parent;
        self.heap.push(Open {
            key: length + estimate,
            length,
            vertex,
        });
    }

    /// The vertices on the way to `end`, the source first.
    fn way_to(&self, end: u32) -> Vec<u32> {
        let before = |v: &u32| Some(self.parent[*v as usize]).filter(|it| *it != NO_VERTEX);
        let mut vertices: Vec<u32> = std::iter::successors(Some(end), before).collect();
        vertices.reverse();
        vertices
    }

    /// The shortest entry that is still good.
    fn nearest(&mut self) -> Option<f64> {
        while let Some(open) = self.heap.peek() {
            if open.length == self.length[open.vertex as usize] {
                return Some(open.length);
            }
            self.heap.pop();
        }
        None
    }
}

/// The shortest path from one of `sources` to one of `targets`, searched from both ends in turn, and how
/// many vertices the searches settled.
pub(super) fn from_both_ends(
    graph: &Csr,
    sources: &[u32],
    targets: &[u32],
    control: &Control,
) -> Result<(Option<Path>, usize), KernelError> {
    let n = graph.vertex_count();
    let (mut forth, mut back) = (PathSearch::new(n), PathSearch::new(n));
    sources.iter().for_each(|v| forth.open(*v, 0.0, NO_VERTEX, 0.0));
    targets.iter().for_each(|v| back.open(*v, 0.0, NO_VERTEX, 0.0));
    // Where the two ways meet at the least sum so far; ends that are in both sets meet at once.
    let mut best: (f64, u32) = (f64::INFINITY, NO_VERTEX);
    for &v in sources {
        if back.length[v as usize] == 0.0 && v < best.1 {
            best = (0.0, v);
        }
    }
    let mut pace = Pace::new(control);
    while let (Some(near), Some(far)) = (forth.nearest(), back.nearest()) {
        if near + far >= best.0 {
            break;
        }
        // The side with less open goes on: hubs are then met late.
        if forth.heap.len() <= back.heap.len() {
            settle(&graph.out, &mut forth, &back, &mut best, &mut pace)?;
        } else {
            settle(&graph.into, &mut back, &forth, &mut best, &mut pace)?;
        }
    }
    let settled = forth.settled + back.settled;
    if best.1 == NO_VERTEX {
        return Ok((None, settled));
    }
    let mut vertices = forth.way_to(best.1);
    vertices.extend(back.way_to(best.1).iter().rev().skip(1));
    Ok((Some(measured(&graph.out, without_circles(vertices))), settled))
}

/// Takes the nearest vertex of `own` and notes where its neighbours meet `other`.
fn settle(
    lists: &Adjacency,
    own: &mut PathSearch,
    other: &PathSearch,
    best: &mut (f64, u32),
    pace: &mut Pace<'_>,
) -> Result<(), KernelError> {
    let Some(open) = own.heap.pop() else {
        return Ok(());
    };
    own.settled += 1;
    for piece in pace.pieces(lists.range(open.vertex)) {
        for at in piece? {
            let vertex = lists.targets[at];
            let length = open.length + lists.weight(at);
            if length < own.length[vertex as usize] {
                own.open(vertex, length, open.vertex, 0.0);
                let sum = length + other.length[vertex as usize];
                if sum < best.0 || (sum == best.0 && sum < f64::INFINITY && vertex < best.1) {
                    *best = (sum, vertex);
                }
            }
        }
    }
    Ok(())
}

/// Leaves out what lies between two visits of a vertex: over edges of weight 0 the two ways may cross.
fn without_circles(vertices: Vec<u32>) -> Vec<u32> {
    let mut places: Vec<(u32, usize)> = vertices.iter().copied().zip(0..).collect();
    places.sort_unstable();
    let last = |v: u32| places[places.partition_point(|it| it.0 <= v) - 1].1;
    let mut kept = Vec::with_capacity(vertices.len());
    let mut at = 0;
    while let Some(&v) = vertices.get(at) {
        kept.push(v);
        at = last(v) + 1;
    }
    kept
}

/// The path through `vertices`, over the lightest of parallel edges; lengths added from its start on.
pub(super) fn measured(lists: &Adjacency, vertices: Vec<u32>) -> Path {
    let mut length = 0.0;
    let mut distances = vec![0.0];
    for pair in vertices.windows(2) {
        length += lists.lightest_to(pair[0], pair[1]);
        distances.push(length);
    }
    Path { vertices, distances }
}
