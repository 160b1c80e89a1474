//! Seeded random graphs for tests and benches: uniform, RMAT, grid, planted partition.
//!
//! The same arguments give the same edges on every machine. Edges may repeat and may be
//! self-loops, as in real data; the projection rules decide what becomes of them.
//!
//! Not for: demo graphs, which tell a story (`source` makes those).

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::build::EdgeList;

/// `edges` edges, each end uniform over `0..vertices` (none when there is no vertex).
pub fn uniform(vertices: u32, edges: u32, seed: u64) -> EdgeList {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let mut list = EdgeList::default();
    if vertices > 0 {
        for _ in 0..edges {
            push(
                &mut list,
                random.random_range(0..vertices),
                random.random_range(0..vertices),
            );
        }
    }
    list
}

/// The recursive-matrix graph of Graph500: `2^scale` vertices, `edge_factor` edges a vertex, with
/// quadrant probabilities 0.57, 0.19, 0.19, 0.05. A few vertices hold many edges, many hold none.
///
/// # Panics
///
/// When `scale` is above 30.
pub fn rmat(scale: u32, edge_factor: u32, seed: u64) -> EdgeList {
    assert!(scale <= 30, "vertex numbers are u32");
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let mut list = EdgeList::default();
    for _ in 0..(1_u64 << scale) * u64::from(edge_factor) {
        let (mut source, mut target) = (0_u32, 0_u32);
        for _ in 0..scale {
            let (down, right) = match random.random::<f64>() {
                it if it < 0.57 => (0, 0),
                it if it < 0.76 => (0, 1),
                it if it < 0.95 => (1, 0),
                _ => (1, 1),
            };
            source = 2 * source + down;
            target = 2 * target + right;
        }
        push(&mut list, source, target);
    }
    list
}

/// A grid of `width` by `height` vertices, numbered row by row, with an edge to the right and to
/// the lower neighbour: large diameter, no triangles.
pub fn grid(width: u32, height: u32) -> EdgeList {
    let mut list = EdgeList::default();
    for v in 0..width * height {
        if v % width + 1 < width {
            push(&mut list, v, v + 1);
        }
        if v / width + 1 < height {
            push(&mut list, v, v + width);
        }
    }
    list
}

/// `groups` groups of `size` vertices (group `g` is `g * size..(g + 1) * size`); each vertex begins
/// `inside` edges to its own group and `outside` edges to other groups, ends chosen uniformly.
///
/// # Panics
///
/// When a group has fewer than two vertices, or `outside` is above 0 and there is one group.
pub fn planted_partition(groups: u32, size: u32, inside: u32, outside: u32, seed: u64) -> EdgeList {
    assert!(
        size >= 2 && (groups >= 2 || outside == 0),
        "edges need another end"
    );
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let mut list = EdgeList::default();
    for v in 0..groups * size {
        let (group, place) = (v / size, v % size);
        for _ in 0..inside {
            // Skips over `v` itself, so that every edge has two ends.
            let other = (place + random.random_range(1..size)) % size;
            push(&mut list, v, group * size + other);
        }
        for _ in 0..outside {
            let other = (group + random.random_range(1..groups)) % groups;
            push(&mut list, v, other * size + random.random_range(0..size));
        }
    }
    list
}

/// The same edges with whole weights drawn uniformly from `least..=greatest`. Sums of them are
/// exact, so that tests can compare distances with `==`.
pub fn weighted(edges: EdgeList, least: u32, greatest: u32, seed: u64) -> EdgeList {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let weights = edges
        .sources
        .iter()
        .map(|_| f64::from(random.random_range(least..=greatest)));
    EdgeList {
        weights: Some(weights.collect()),
        ..edges
    }
}

fn push(list: &mut EdgeList, source: u32, target: u32) {
    list.sources.push(source);
    list.targets.push(target);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_graph() {
        assert_eq!(uniform(50, 200, 7), uniform(50, 200, 7));
        assert_ne!(uniform(50, 200, 7), uniform(50, 200, 8));
        // Pinned, so that a new version of the generator cannot change fixtures unseen.
        assert_eq!(uniform(10, 3, 1).sources, [8, 6, 7]);
    }

    #[test]
    fn rmat_concentrates_edges() {
        let edges = rmat(8, 8, 1);
        assert_eq!(edges.sources.len(), 2048);
        let mut degrees = [0.0; 256];
        edges.sources.iter().for_each(|v| degrees[*v as usize] += 1.0);
        degrees.sort_by(f64::total_cmp);
        assert!(crate::graph::stats::gini(&degrees) > 0.5);
    }

    #[test]
    fn a_grid_has_all_its_edges() {
        assert_eq!(grid(4, 3).sources.len(), 3 * 3 + 4 * 2);
        assert_eq!(grid(1, 1).sources.len(), 0);
    }

    #[test]
    fn planted_edges_stay_where_they_were_planted() {
        let edges = planted_partition(4, 10, 5, 1, 3);
        let crossing = edges
            .sources
            .iter()
            .zip(&edges.targets)
            .filter(|(u, v)| *u / 10 != *v / 10);
        assert_eq!((edges.sources.len(), crossing.count()), (240, 40));
        assert!(edges.sources.iter().zip(&edges.targets).all(|(u, v)| u != v));
    }
}
