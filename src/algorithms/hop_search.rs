//! Hops and parents from the nearest source, breadth-first in both directions.
//!
//! A level with few edges out is left edge by edge (push). A level with many is found from the other
//! side (pull): every vertex that is not met yet looks for a member of it among those that point to it,
//! and stops at the first. On graphs with hubs most edges are never looked at.
//!
//! Law: levels are unique, and of several parents the smallest counts, so that the answer does not
//! depend on how a level was left, nor on threads.
//!
//! Cost: O(n + m) time, pulls on all threads; 8 bytes and 2 bits a vertex.
//! Source: Beamer, Asanović and Patterson, SC 2012.

use rayon::prelude::*;

use super::blocks::BLOCK;
use super::control::{Control, KernelError};
use crate::graph::{Csr, NO_VERTEX, Neighbourhoods};

/// The level of a vertex that no source reaches.
pub(super) const UNREACHED: u32 = u32::MAX;

/// A level is pulled when its edges out are more than this part of those not yet left.
const PULL_ABOVE: u64 = 15;

/// Levels are pushed again when one has fewer than this part of the vertices and they become smaller.
const PUSH_BELOW: usize = 18;

/// Vertices in a word of a set.
const WORD: usize = 64;

/// Vertices between two looks at whether to stop while pushing.
const CHECK_EVERY: usize = 1 << 12;

/// What a search found.
pub(super) struct Hops {
    /// Fewest steps from a source by vertex, or [`UNREACHED`].
    pub(super) level: Vec<u32>,
    /// The smallest vertex before it on a shortest path; [`NO_VERTEX`] for sources and where there is none.
    pub(super) parent: Vec<u32>,
    /// Vertices reached, sources included.
    pub(super) reached: usize,
    /// The greatest level; 0 without a source.
    pub(super) farthest: u32,
}

/// Searches from `sources` along the edges of `graph`.
pub(super) fn search<L: Neighbourhoods>(
    graph: &Csr<L>,
    sources: &[u32],
    control: &Control,
) -> Result<Hops, KernelError> {
    let n = graph.vertex_count() as usize;
    let mut found = Hops {
        level: vec![UNREACHED; n],
        parent: vec![NO_VERTEX; n],
        reached: 0,
        farthest: 0,
    };
    let mut frontier: Vec<u32> = Vec::new();
    for &source in sources {
        if found.level[source as usize] == UNREACHED {
            found.level[source as usize] = 0;
            frontier.push(source);
        }
    }
    let mut edges_left = graph.entry_count();
    let mut depth = 0;
    while !frontier.is_empty() {
        found.reached += frontier.len();
        found.farthest = depth;
        let edges_out: u64 = frontier.iter().map(|v| graph.out.degree(*v) as u64).sum();
        edges_left -= edges_out;
        if edges_out > edges_left / PULL_ABOVE {
            (frontier, depth) = pull_levels(graph, &frontier, depth, &mut found, control)?;
        } else {
            frontier = push(graph, &frontier, depth, &mut found, control)?;
            depth += 1;
        }
    }
    Ok(found)
}

/// Leaves the level `depth` edge by edge; returns the next one.
fn push<L: Neighbourhoods>(
    graph: &Csr<L>,
    frontier: &[u32],
    depth: u32,
    found: &mut Hops,
    control: &Control,
) -> Result<Vec<u32>, KernelError> {
    let mut next = Vec::new();
    for part in frontier.chunks(CHECK_EVERY) {
        control.check()?;
        for &v in part {
            for u in graph.out.list(v) {
                let level = &mut found.level[u as usize];
                if *level == UNREACHED {
                    *level = depth + 1;
                    found.parent[u as usize] = v;
                    next.push(u);
                } else if *level == depth + 1 && v < found.parent[u as usize] {
                    found.parent[u as usize] = v;
                }
            }
        }
    }
    Ok(next)
}

/// Finds the levels after `depth` from the other side for as long as they are large; returns the last
/// one found, which is not counted as reached yet, and its depth.
fn pull_levels<L: Neighbourhoods>(
    graph: &Csr<L>,
    frontier: &[u32],
    mut depth: u32,
    found: &mut Hops,
    control: &Control,
) -> Result<(Vec<u32>, u32), KernelError> {
    let n = found.level.len();
    let mut members = vec![0_u64; n.div_ceil(WORD)];
    for v in frontier {
        members[*v as usize / WORD] |= 1 << (*v as usize % WORD);
    }
    let mut next = vec![0_u64; members.len()];
    let mut before = frontier.len();
    loop {
        let met = pull(graph, &members, &mut next, depth, found, control)?;
        depth += 1;
        std::mem::swap(&mut members, &mut next);
        if met == 0 || met < before && met < n / PUSH_BELOW {
            return Ok((listed(&members), depth));
        }
        found.reached += met;
        found.farthest = depth;
        before = met;
    }
}

/// Fills `next` with the vertices at one step from `members`, the level `depth`; returns how many.
fn pull<L: Neighbourhoods>(
    graph: &Csr<L>,
    members: &[u64],
    next: &mut [u64],
    depth: u32,
    found: &mut Hops,
    control: &Control,
) -> Result<usize, KernelError> {
    let is_member = |u: u32| members[u as usize / WORD] >> (u as usize % WORD) & 1 == 1;
    let words = next.par_chunks_mut(BLOCK / WORD);
    let levels = found.level.par_chunks_mut(BLOCK);
    let parents = found.parent.par_chunks_mut(BLOCK);
    let blocks = levels.zip(parents).zip(words).enumerate();
    let one = |first: u32, levels: &mut [u32], parents: &mut [u32], words: &mut [u64]| {
        control.check()?;
        words.fill(0);
        let mut met = 0;
        for (at, level) in levels.iter_mut().enumerate().filter(|it| *it.1 == UNREACHED) {
            let mut points_to_it = graph.into.list(first + at as u32);
            if let Some(parent) = points_to_it.find(|u| is_member(*u)) {
                *level = depth + 1;
                parents[at] = parent;
                words[at / WORD] |= 1 << (at % WORD);
                met += 1;
            }
        }
        Ok(met)
    };
    let met: Result<Vec<usize>, KernelError> = blocks
        .map(|(block, ((levels, parents), words))| one((block * BLOCK) as u32, levels, parents, words))
        .collect();
    Ok(met?.into_iter().sum())
}

/// The members of a set, ascending.
fn listed(words: &[u64]) -> Vec<u32> {
    let mut members = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let mut rest = *word;
        while rest != 0 {
            members.push((at * WORD) as u32 + rest.trailing_zeros());
            rest &= rest - 1;
        }
    }
    members
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::pace::Pace;
    use super::super::random_graphs::{any_graph, on_threads, skewed};
    use super::super::shortest_path_tree::parents;
    use super::super::shortest_paths::Distances;
    use super::*;
    use crate::graph::Direction;

    /// Levels and parents by a plain search, edge by edge.
    fn plain(graph: &Csr, sources: &[u32]) -> (Vec<u32>, Vec<u32>) {
        let mut search = Distances::new(graph.vertex_count());
        search
            .search(&graph.out, sources, false, &mut Pace::new(&Control::default()))
            .unwrap();
        let level = |length: &f64| {
            if length.is_finite() {
                *length as u32
            } else {
                UNREACHED
            }
        };
        let levels = search.length.iter().map(level).collect();
        let parents = parents(graph, sources, &search.length, false, &Control::default()).unwrap();
        (levels, parents)
    }

    fn both_ways(graph: &Csr, sources: &[u32]) -> (Vec<u32>, Vec<u32>) {
        let found = search(graph, sources, &Control::default()).unwrap();
        let reached = found.level.iter().filter(|it| **it != UNREACHED);
        assert_eq!(found.reached, reached.clone().count());
        assert_eq!(found.farthest, reached.copied().max().unwrap_or(0));
        (found.level, found.parent)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn a_plain_search_finds_the_same(graph in any_graph(40), second in 0_u32..40) {
            let mut sources = vec![0, second % graph.vertex_count()];
            sources.dedup();
            prop_assert_eq!(both_ways(&graph, &sources), plain(&graph, &sources));
        }
    }

    #[test]
    fn large_levels_are_pulled_with_the_same_answer_at_any_thread_count() {
        for direction in [Direction::Directed, Direction::Undirected] {
            let graph = skewed(direction);
            let expected = plain(&graph, &[7]);
            for threads in [1, 3] {
                assert_eq!(on_threads(threads, || both_ways(&graph, &[7])), expected);
            }
        }
    }
}
