//! What goes in comes out, in fewer bytes.

use proptest::prelude::*;

use super::super::build::{Direction, EdgeList, ParallelEdges, ProjectionRules, build, build_by_degree};
use super::super::generate;
use super::*;

const KEEP: ProjectionRules = ProjectionRules {
    direction: Direction::Directed,
    parallel: ParallelEdges::Keep,
    self_loops: true,
};

fn graph_of(n: u32, pairs: &[(u32, u32)], direction: Direction) -> Csr {
    let edges = EdgeList {
        sources: pairs.iter().map(|it| it.0).collect(),
        targets: pairs.iter().map(|it| it.1).collect(),
        ..EdgeList::default()
    };
    build(n, edges, ProjectionRules { direction, ..KEEP })
}

fn assert_same(plain: &Adjacency, packed: &CompressedAdjacency) {
    assert_eq!(packed.vertex_count(), plain.vertex_count());
    assert_eq!(packed.entry_count(), plain.entry_count());
    assert_eq!(packed.portions(), plain.portions());
    for v in 0..plain.vertex_count() {
        let list = packed.list(v);
        let (least, most) = list.size_hint();
        assert_eq!(list.collect::<Vec<_>>(), plain.neighbours(v), "{v}");
        assert_eq!(packed.degree(v), plain.degree(v));
        assert!(least <= plain.degree(v) && most.is_some_and(|it| it >= plain.degree(v)));
    }
    let most = CompressedAdjacency::most_bytes(u64::from(plain.vertex_count()), plain.entry_count());
    assert!(packed.bytes() <= most, "{} bytes, at most {most}", packed.bytes());
}

/// Lists with numbers of every width: neighbours near one another and far apart.
fn any_lists() -> impl Strategy<Value = Adjacency> {
    let neighbour = prop_oneof![
        0..200_u32,
        16_000..17_000_u32,
        any::<u32>().prop_map(|it| it.saturating_sub(1))
    ];
    let list = prop::collection::vec(neighbour, 0..30);
    prop::collection::vec(list, 0..150).prop_map(|mut lists| {
        let mut offsets = vec![0];
        for list in &mut lists {
            list.sort_unstable();
            offsets.push(offsets[offsets.len() - 1] + list.len() as u32);
        }
        Adjacency {
            offsets,
            targets: lists.concat(),
            ..Adjacency::default()
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn lists_of_any_gaps_come_out_as_they_went_in(plain in any_lists()) {
        for from_itself in [false, true] {
            let packed = CompressedAdjacency::packed(&plain, from_itself, &|| false).unwrap();
            for v in 0..plain.vertex_count() {
                prop_assert_eq!(&packed.list(v).collect::<Vec<_>>(), plain.neighbours(v));
                prop_assert_eq!(packed.degree(v), plain.degree(v));
            }
        }
    }

    #[test]
    fn graphs_come_out_as_they_went_in(
        n in 1..300_u32,
        ends in prop::collection::vec((any::<u32>(), any::<u32>()), 0..600),
        direction in prop_oneof![Just(Direction::Directed), Just(Direction::Undirected)],
    ) {
        let pairs: Vec<_> = ends.iter().map(|(u, v)| (u % n, v % n)).collect();
        let plain = graph_of(n, &pairs, direction);
        let packed = plain.clone().compressed(&|| false).unwrap();
        assert_same(&plain.out, &packed.out);
        assert_same(&plain.into, &packed.into);
        prop_assert_eq!(Arc::ptr_eq(&packed.out, &packed.into), direction == Direction::Undirected);
        prop_assert_eq!((packed.vertex_count(), packed.edge_count), (n, plain.edge_count));
    }

    #[test]
    fn places_beyond_four_gibibytes_are_found_by_their_lower_bits(mark in 0..1_u64 << 40, beyond in 0..u32::MAX) {
        let at = mark + u64::from(beyond);
        prop_assert_eq!(place(mark, at as u32), at);
    }
}

#[test]
fn the_empty_graph_and_lists_of_one_vertex_only() {
    for n in [0, 1, 64, 65] {
        assert_same(
            &Adjacency {
                offsets: vec![0; n + 1],
                ..Adjacency::default()
            },
            &graph_of(n as u32, &[], Direction::Directed)
                .compressed(&|| false)
                .unwrap()
                .out,
        );
    }
    let loops = graph_of(1, &[(0, 0); 20], Direction::Undirected);
    assert_same(&loops.out, &loops.clone().compressed(&|| false).unwrap().out);
}

#[test]
fn a_grid_counts_from_the_vertex_and_hubs_by_degree_from_zero() {
    let rules = ProjectionRules {
        direction: Direction::Undirected,
        ..KEEP
    };
    let grid = build(300 * 300, generate::grid(300, 300), rules)
        .compressed(&|| false)
        .unwrap();
    assert!(grid.out.from_itself);
    let hubs = build_by_degree(1 << 17, generate::rmat(17, 8, 1), KEEP);
    assert!(hubs.order.is_some());
    let plain = hubs.bytes();
    let packed = hubs.compressed(&|| false).unwrap();
    assert!(!packed.out.from_itself);
    assert!(
        packed.bytes() * 9 < plain * 5,
        "{} of {plain} bytes",
        packed.bytes()
    );
}

#[test]
fn what_the_form_cannot_hold_is_refused() {
    let edges = |weights, times| EdgeList {
        sources: vec![0],
        targets: vec![1],
        weights,
        times,
    };
    let refused = |edges| build(2, edges, KEEP).compressed(&|| false).map(|_| ());
    assert_eq!(
        refused(edges(Some(vec![1.0]), None)),
        Err(CompressError::Values { what: "weights" })
    );
    assert_eq!(
        refused(edges(None, Some(vec![1]))),
        Err(CompressError::Values { what: "times" })
    );
}

#[test]
fn lists_that_are_too_long_together_are_refused_and_a_stopped_packing_ends() {
    let half = u32::MAX / 2;
    assert_eq!(super::places(vec![half, half, 3]), Err(CompressError::TooLong));
    assert!(super::places(vec![half, half]).is_ok());
    // Far apart each is counted from a mark of its own.
    let mut apart = vec![0; 2 * super::MARK];
    (apart[0], apart[super::MARK]) = (u32::MAX - 1, u32::MAX - 1);
    assert!(super::places(apart).is_ok());
    let graph = graph_of(2, &[(0, 1)], Direction::Directed);
    assert_eq!(
        graph.compressed(&|| true).map(|_| ()),
        Err(CompressError::Stopped)
    );
}
