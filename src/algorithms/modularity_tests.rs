//! Laws of modularity, merged layers and splitting.

use proptest::prelude::*;

use super::super::random_graphs::{any_graph, graph_of, on_threads, skewed};
use super::*;
use crate::graph::{Csr, Direction};

/// Modularity by its definition, a sum over all pairs of vertices.
fn by_pairs(graph: &Csr, community: &[u32], resolution: f64) -> f64 {
    let n = graph.vertex_count() as usize;
    let mut matrix = vec![vec![0.0; n]; n];
    for u in 0..graph.vertex_count() {
        for index in graph.out.range(u) {
            let v = graph.out.targets[index];
            matrix[u as usize][v as usize] += graph.out.weight(index);
            if graph.directed || u == v {
                matrix[v as usize][u as usize] += graph.out.weight(index);
            }
        }
    }
    let strength: Vec<f64> = matrix.iter().map(|row| row.iter().sum()).collect();
    let total: f64 = strength.iter().sum();
    let pairs = (0..n).flat_map(|u| (0..n).map(move |v| (u, v)));
    let within = pairs.filter(|(u, v)| community[*u] == community[*v]);
    let excess = |(u, v): (usize, usize)| matrix[u][v] - resolution * strength[u] * strength[v] / total;
    if total == 0.0 {
        0.0
    } else {
        within.map(excess).sum::<f64>() / total
    }
}

/// Connected parts by spreading the smallest number until nothing changes.
fn by_spreading(graph: &Csr, community: &[u32]) -> Vec<u32> {
    let mut part: Vec<u32> = (0..graph.vertex_count()).collect();
    loop {
        let before = part.clone();
        for u in 0..graph.vertex_count() {
            for v in graph.out.neighbours(u) {
                if community[u as usize] == community[*v as usize] {
                    let least = part[u as usize].min(part[*v as usize]);
                    (part[u as usize], part[*v as usize]) = (least, least);
                }
            }
        }
        if part == before {
            return part;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn merging_keeps_modularity_and_pairs_confirm_it(graph in any_graph(12), resolution in 0.2..3.0_f64) {
        let control = Control::default();
        let layer = Layer::of(&graph, &control).unwrap();
        let community: Vec<u32> = (0..graph.vertex_count()).map(|v| v % 3).collect();
        let wanted = by_pairs(&graph, &community, resolution);
        let merged = layer.merged(&community, 3, &control).unwrap();
        let found = |layer: &Layer<'_>, community: &[u32]| modularity(layer, community, resolution, &control).unwrap();
        prop_assert!((found(&layer, &community) - wanted).abs() < 1e-12);
        prop_assert!((found(&merged, &[0, 1, 2]) - wanted).abs() < 1e-12);
        prop_assert!((merged.total - layer.total).abs() < 1e-9);
    }

    #[test]
    fn splitting_finds_the_connected_parts(graph in any_graph(24), labels in 1_u32..5) {
        let control = Control::default();
        let layer = Layer::of(&graph, &control).unwrap();
        let labels = labels.min(graph.vertex_count());
        let mut community: Vec<u32> = (0..graph.vertex_count()).map(|v| (v * v / 3) % labels).collect();
        let parts = by_spreading(&graph, &community);
        split(&layer, &mut community, &control).unwrap();
        prop_assert_eq!(community, parts);
    }
}

#[test]
fn a_disconnected_community_is_split() {
    let path = graph_of(5, &[(0, 1), (2, 3), (3, 4)], false);
    let control = Control::default();
    let mut community = vec![0, 0, 0, 4, 0];
    split(&Layer::of(&path, &control).unwrap(), &mut community, &control).unwrap();
    assert_eq!(community, [0, 0, 2, 3, 4]);
}

#[test]
fn threads_change_no_bit_and_ranges_cover_every_vertex_once() {
    let graph = skewed(Direction::Directed);
    let control = Control::default();
    let layer = Layer::of(&graph, &control).unwrap();
    let ranges = layer.even_ranges();
    let covered: Vec<u32> = ranges.iter().cloned().flatten().collect();
    assert_eq!(covered, (0..graph.vertex_count()).collect::<Vec<_>>());
    let community: Vec<u32> = (0..graph.vertex_count()).map(|v| v % 7).collect();
    let found = |threads| {
        let bits = || modularity(&layer, &community, 1.0, &control).unwrap().to_bits();
        on_threads(threads, bits)
    };
    assert_eq!([2, 3, 8].map(found), [found(1); 3]);
}
