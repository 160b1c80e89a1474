//! Groups arcs by their other end: a counting sort by target, in parallel.
//!
//! Each thread owns a range of targets, reads every arc and keeps those that are its own. That reads
//! the arcs once a thread, in streams, and confines the scattered writes to a range of the memory each.
//! What comes out does not depend on how the targets are divided.
//!
//! Cost: O(n + t m) processor time on t threads, since each reads all arcs: more threads shorten the
//! writing, not the reading. Memory beside the lists: 4 bytes a vertex, and while arcs are counted 4
//! bytes a vertex for each thread that counts, of which there are four at most.

use rayon::prelude::*;

use super::build::{Direction, ProjectionRules};

/// Lists by target.
pub(super) struct Transposed {
    /// `offsets[v]..offsets[v + 1]` are the entries of `v`.
    pub(super) offsets: Vec<u32>,
    /// Sources, each list in the order of the arcs.
    pub(super) targets: Vec<u32>,
    /// Number of the arc of each entry, where asked for.
    pub(super) origins: Option<Vec<u32>>,
}

/// Arcs in parallel arrays or lists, numbered in order.
trait Arcs: Sync {
    /// Number of pieces that can be read apart.
    fn len(&self) -> usize;

    /// Number of arcs; a row that is read both ways counts once.
    fn count(&self) -> usize;

    /// Calls `visit` with (source, target, number) of the arcs of these pieces in order.
    fn each(&self, pieces: std::ops::Range<usize>, visit: impl FnMut(u32, u32, u32));
}

/// The arcs that `rules` make of an edge list; numbers are rows, and pieces are rows too.
struct Rows<'a> {
    sources: &'a [u32],
    targets: &'a [u32],
    rules: ProjectionRules,
}

impl Arcs for Rows<'_> {
    fn len(&self) -> usize {
        self.sources.len()
    }

    fn count(&self) -> usize {
        self.sources.len()
    }

    #[inline]
    fn each(&self, pieces: std::ops::Range<usize>, mut visit: impl FnMut(u32, u32, u32)) {
        let self_loops = self.rules.self_loops;
        let first = pieces.start as u32;
        let rows = self.sources[pieces.clone()].iter().zip(&self.targets[pieces]);
        let rows = rows.zip(first..).filter(|((u, v), _)| self_loops || u != v);
        match self.rules.direction {
            Direction::Directed => rows.for_each(|((u, v), row)| visit(*u, *v, row)),
            Direction::Reversed => rows.for_each(|((u, v), row)| visit(*v, *u, row)),
            Direction::Undirected => rows.for_each(|((u, v), row)| {
                visit(*u, *v, row);
                if u != v {
                    visit(*v, *u, row);
                }
            }),
        }
    }
}

/// The arcs of lists; numbers are places in `targets`, and pieces are lists.
struct Lists<'a> {
    offsets: &'a [u32],
    targets: &'a [u32],
}

impl Arcs for Lists<'_> {
    fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    fn count(&self) -> usize {
        self.targets.len()
    }

    #[inline]
    fn each(&self, pieces: std::ops::Range<usize>, mut visit: impl FnMut(u32, u32, u32)) {
        for v in pieces {
            let (begin, end) = (self.offsets[v], self.offsets[v + 1]);
            let list = &self.targets[begin as usize..end as usize];
            for (place, target) in (begin..end).zip(list) {
                visit(v as u32, *target, place);
            }
        }
    }
}

/// The arcs of an edge list by target, each list in row order; origins are rows.
pub(super) fn by_target(
    vertex_count: u32,
    sources: &[u32],
    targets: &[u32],
    rules: ProjectionRules,
    with_origins: bool,
) -> Transposed {
    let rows = Rows {
        sources,
        targets,
        rules,
    };
    grouped(vertex_count, &rows, with_origins)
}

/// Lists from their other end, in ascending order; entries with the same neighbour keep their order.
/// Origins are places in `targets`.
pub(super) fn transpose(
    vertex_count: u32,
    offsets: &[u32],
    targets: &[u32],
    with_origins: bool,
) -> Transposed {
    grouped(vertex_count, &Lists { offsets, targets }, with_origins)
}

fn grouped(vertex_count: u32, arcs: &impl Arcs, with_origins: bool) -> Transposed {
    let offsets = offsets(vertex_count, arcs);
    let entries = offsets.last().map_or(0, |end| *end as usize);
    let mut targets = vec![0; entries];
    let mut origins = with_origins.then(|| vec![0; entries]);
    let parts = parts(&offsets, rayon::current_num_threads());
    let lengths = || {
        parts
            .iter()
            .map(|it| (offsets[it.end as usize] - offsets[it.start as usize]) as usize)
    };
    let shares = split(&mut targets, lengths());
    let origin_shares: Vec<Option<&mut [u32]>> = match &mut origins {
        Some(origins) => split(origins, lengths()).into_iter().map(Some).collect(),
        None => parts.iter().map(|_| None).collect(),
    };
    let work: Vec<_> = parts.iter().cloned().zip(shares).zip(origin_shares).collect();
    work.into_par_iter().for_each(|((part, targets), origins)| {
        fill(arcs, &offsets, part, targets, origins);
    });
    Transposed {
        offsets,
        targets,
        origins,
    }
}

/// Puts the arcs to the targets of `part` in their places.
fn fill(
    arcs: &impl Arcs,
    offsets: &[u32],
    part: std::ops::Range<u32>,
    targets: &mut [u32],
    origins: Option<&mut [u32]>,
) {
    let first = offsets[part.start as usize];
    let mut next: Vec<u32> = offsets[part.start as usize..part.end as usize]
        .iter()
        .map(|it| it - first)
        .collect();
    let mut place = |target: u32| {
        // Below the start it wraps around to a number beyond every part.
        let next = next.get_mut(target.wrapping_sub(part.start) as usize)?;
        *next += 1;
        Some(*next as usize - 1)
    };
    match origins {
        None => arcs.each(0..arcs.len(), |source, target, _| {
            if let Some(at) = place(target) {
                targets[at] = source;
            }
        }),
        Some(origins) => arcs.each(0..arcs.len(), |source, target, number| {
            if let Some(at) = place(target) {
                targets[at] = source;
                origins[at] = number;
            }
        }),
    }
}

/// Threads that count arcs at a time, at most: each has a counter a vertex, and the estimate of what a
/// graph takes while it is built allows so many.
const COUNTERS: usize = 4;

/// Offsets of lists that hold one entry for each arc to their vertex.
fn offsets(vertex_count: u32, arcs: &impl Arcs) -> Vec<u32> {
    let pieces = arcs.len();
    // Where arcs are few beside vertices, counters would take more time than arcs.
    let worthwhile = arcs.count() / (vertex_count as usize).max(1) + 1;
    let counters = rayon::current_num_threads().min(COUNTERS).min(worthwhile);
    let each = pieces.div_ceil(counters).max(1);
    let counts: Vec<Vec<u32>> = (0..pieces.div_ceil(each))
        .into_par_iter()
        .map(|at| {
            let mut counts = vec![0_u32; vertex_count as usize + 1];
            arcs.each(at * each..pieces.min((at + 1) * each), |_, target, _| {
                counts[target as usize + 1] += 1;
            });
            counts
        })
        .collect();
    let mut counts = counts.into_iter();
    let mut offsets = counts
        .next()
        .unwrap_or_else(|| vec![0; vertex_count as usize + 1]);
    for more in counts {
        offsets.iter_mut().zip(&more).for_each(|(to, from)| *to += from);
    }
    let mut total = 0;
    for offset in &mut offsets {
        total += *offset;
        *offset = total;
    }
    offsets
}

/// `count` ranges of vertices that hold about as many entries each.
fn parts(offsets: &[u32], count: usize) -> Vec<std::ops::Range<u32>> {
    let (n, entries) = (offsets.len() - 1, offsets[offsets.len() - 1] as usize);
    let bound = |part: usize| {
        if part == count {
            return n as u32;
        }
        offsets
            .partition_point(|it| (*it as usize) < entries * part / count)
            .min(n) as u32
    };
    (0..count).map(|part| bound(part)..bound(part + 1)).collect()
}

/// Cuts `values` into consecutive pieces of these lengths.
fn split(values: &mut [u32], lengths: impl Iterator<Item = usize>) -> Vec<&mut [u32]> {
    let mut rest = values;
    lengths
        .map(|length| {
            let (piece, behind) = std::mem::take(&mut rest).split_at_mut(length);
            rest = behind;
            piece
        })
        .collect()
}
