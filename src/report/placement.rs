//! Where vertices of a small graph stand on the page, by stress majorisation.
//!
//! Law: drawn distance approaches distance in hops; components are placed on their own and packed
//! in rows, greatest first. Uses +, -, ×, ÷ and √ only, which IEEE 754 rounds exactly, so the same
//! graph gives the same positions on every machine. Cost: O(sweeps × n²) per component; meant for
//! at most 200 vertices.
//!
//! Source: Gansner, Koren and North, "Graph drawing by stress majorization" (2004), in its
//! one-vertex-at-a-time form.

use std::collections::VecDeque;

/// Distance between neighbours, in units of the drawing.
const STEP: f64 = 46.0;
const SWEEPS: usize = 120;

/// Positions of `count` vertices joined by `edges`, the box's least corner at (0, 0), and its size.
///
/// `width` is how wide the rows of components may become. Edges whose ends do not exist and edges
/// from a vertex to itself are passed over.
pub(super) fn place(count: usize, edges: &[(u32, u32)], width: f64) -> (Vec<(f64, f64)>, (f64, f64)) {
    let mut neighbours = vec![Vec::new(); count];
    for (u, v) in edges.iter().map(|(u, v)| (*u as usize, *v as usize)) {
        if u != v && u < count && v < count {
            neighbours[u].push(v);
            neighbours[v].push(u);
        }
    }
    for list in &mut neighbours {
        list.sort_unstable();
        list.dedup();
    }
    let mut parts = components(&neighbours);
    // Stable: components of one size stay in the order of their first vertex.
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    let mut positions = vec![(0.0, 0.0); count];
    let size = pack(&parts, &neighbours, width, &mut positions);
    (positions, size)
}

fn components(neighbours: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut seen = vec![false; neighbours.len()];
    let mut parts = Vec::new();
    for start in 0..neighbours.len() {
        if seen[start] {
            continue;
        }
        seen[start] = true;
        let mut part = vec![start];
        let mut at = 0;
        while at < part.len() {
            for &next in &neighbours[part[at]] {
                if !seen[next] {
                    seen[next] = true;
                    part.push(next);
                }
            }
            at += 1;
        }
        parts.push(part);
    }
    parts
}

/// Places each component and puts them in rows; gives the size of the whole.
fn pack(
    parts: &[Vec<usize>],
    neighbours: &[Vec<usize>],
    width: f64,
    positions: &mut [(f64, f64)],
) -> (f64, f64) {
    const GAP: f64 = 40.0;
    let (mut x, mut y, mut row_height) = (0.0_f64, 0.0_f64, 0.0_f64);
    let mut widest = 0.0_f64;
    for part in parts {
        let mut local = relax(part, neighbours);
        let (low, high) = bounds(&local);
        // Pages are read across: the longer side lies.
        if high.1 - low.1 > high.0 - low.0 {
            local.iter_mut().for_each(|it| *it = (it.1, it.0));
        }
        let (low, high) = bounds(&local);
        let (w, h) = (high.0 - low.0, high.1 - low.1);
        if x > 0.0 && x + w > width {
            x = 0.0;
            y += row_height + GAP;
            row_height = 0.0;
        }
        for (vertex, at) in part.iter().zip(&local) {
            positions[*vertex] = (x + at.0 - low.0, y + at.1 - low.1);
        }
        widest = widest.max(x + w);
        row_height = row_height.max(h);
        x += w + GAP;
    }
    (widest, y + row_height)
}

fn bounds(points: &[(f64, f64)]) -> ((f64, f64), (f64, f64)) {
    let first = points.first().copied().unwrap_or_default();
    points.iter().fold((first, first), |(low, high), it| {
        (
            (low.0.min(it.0), low.1.min(it.1)),
            (high.0.max(it.0), high.1.max(it.1)),
        )
    })
}

/// Hops between all pairs of a component, row by row, in the order of `part`.
fn hops(part: &[usize], neighbours: &[Vec<usize>]) -> Vec<f64> {
    let mut index = vec![usize::MAX; neighbours.len()];
    for (at, vertex) in part.iter().enumerate() {
        index[*vertex] = at;
    }
    let n = part.len();
    let mut table = vec![0.0; n * n];
    for source in 0..n {
        let mut reached = vec![u32::MAX; n];
        reached[source] = 0;
        let mut queue = VecDeque::from([source]);
        while let Some(at) = queue.pop_front() {
            for next in neighbours[part[at]].iter().map(|it| index[*it]) {
                if reached[next] == u32::MAX {
                    reached[next] = reached[at] + 1;
                    queue.push_back(next);
                }
            }
        }
        for (target, steps) in reached.iter().enumerate() {
            table[source * n + target] = f64::from(*steps);
        }
    }
    table
}

/// Moves one vertex after another to where its distances to all others fit best.
fn relax(part: &[usize], neighbours: &[Vec<usize>]) -> Vec<(f64, f64)> {
    let n = part.len();
    let hops = hops(part, neighbours);
    let mut at = start(n);
    for _ in 0..SWEEPS {
        for i in 0..n {
            let (mut x, mut y, mut total) = (0.0, 0.0, 0.0);
            for j in 0..n {
                if i == j {
                    continue;
                }
                let wanted = hops[i * n + j] * STEP;
                let weight = 1.0 / (wanted * wanted);
                let (dx, dy) = (at[i].0 - at[j].0, at[i].1 - at[j].1);
                let drawn = (dx * dx + dy * dy).sqrt().max(1e-6);
                x += weight * (at[j].0 + wanted * dx / drawn);
                y += weight * (at[j].1 + wanted * dy / drawn);
                total += weight;
            }
            if total > 0.0 {
                at[i] = (x / total, y / total);
            }
        }
    }
    at
}

/// Scattered first positions, from a linear congruential generator with a fixed seed: vertices in
/// line or on one spot could never leave it.
fn start(n: usize) -> Vec<(f64, f64)> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1_u64 << 24) as f64
    };
    let side = (n as f64).sqrt() * STEP;
    (0..n).map(|_| (next() * side, next() * side)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
        ((a.0 - b.0).powi(2) + (a.1 - b.1).powi(2)).sqrt()
    }

    #[test]
    fn a_path_is_drawn_long_and_straight() {
        let edges: Vec<(u32, u32)> = (0..9).map(|it| (it, it + 1)).collect();
        let (at, _) = place(10, &edges, 800.0);
        assert!(distance(at[0], at[9]) > 8.0 * STEP);
    }

    #[test]
    fn a_ring_is_drawn_round() {
        let edges: Vec<(u32, u32)> = (0..8).map(|it| (it, (it + 1) % 8)).collect();
        let (at, (w, h)) = place(8, &edges, 800.0);
        assert!((w / h - 1.0).abs() < 0.15, "{w} × {h}");
        assert!(distance(at[0], at[4]) > distance(at[0], at[1]) * 1.8);
    }

    #[test]
    fn no_vertex_and_edges_without_ends_are_harmless() {
        assert_eq!(place(0, &[], 100.0).0, []);
        let (at, _) = place(2, &[(0, 0), (0, 9), (7, 1)], 100.0);
        assert!(distance(at[0], at[1]) > 1.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// Positions are finite, within the box, and no two vertices share a spot.
        #[test]
        fn vertices_stand_apart_within_the_box(n in 1usize..25, edges in prop::collection::vec((0u32..25, 0u32..25), 0..60)) {
            let (at, (w, h)) = place(n, &edges, 600.0);
            for (i, a) in at.iter().enumerate() {
                prop_assert!((-1e-9..=w + 1e-9).contains(&a.0) && (-1e-9..=h + 1e-9).contains(&a.1));
                for b in &at[..i] {
                    prop_assert!(distance(*a, *b) > 1.0);
                }
            }
        }
    }
}
