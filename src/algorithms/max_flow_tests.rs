//! Flows are conserved and as large as the smallest of all cuts.

use proptest::prelude::*;

use super::*;
use crate::algorithms::random_graphs::{
    any_graph, graph_of, integer_column, integers, keep_all, number_column, numbers,
};
use crate::graph::{EdgeList, build, generate};

fn answer(graph: &Csr, sources: &[u32], targets: &[u32]) -> Result<Outcome, KernelError> {
    let inputs = Inputs {
        sources: sources.to_vec(),
        targets: targets.to_vec(),
        ..Inputs::default()
    };
    run(graph, &MaxFlowConfig::default(), &inputs, &Control::default())
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + a.abs())
}

/// Capacity of the edges out of the vertices whose bit is set.
fn cut(graph: &Csr, side: u32) -> f64 {
    let is_in = |v: u32| side >> v & 1 == 1;
    let mut sum = 0.0;
    for v in (0..graph.vertex_count()).filter(|v| is_in(*v)) {
        for at in graph.out.range(v).filter(|at| !is_in(graph.out.targets[*at])) {
            sum += graph.out.weight(at);
        }
    }
    sum
}

/// The smallest of all cuts, and the vertices on the source side of all of them.
fn by_all_cuts(graph: &Csr, sources: u32, targets: u32) -> (f64, u32) {
    let n = graph.vertex_count();
    let sides = (0..1_u32 << n).filter(|side| side & sources == sources && side & targets == 0);
    let cuts: Vec<(f64, u32)> = sides.map(|side| (cut(graph, side), side)).collect();
    let least = cuts.iter().map(|it| it.0).fold(f64::INFINITY, f64::min);
    let smallest = cuts.iter().filter(|it| close(it.0, least));
    (least, smallest.fold(u32::MAX, |common, it| common & it.1))
}

/// Checks what a flow must keep to, and that it fills the cut; answers its value.
fn checked(graph: &Csr, outcome: &Outcome, sources: u32, targets: u32) -> f64 {
    let column = |name: &str| &outcome.row_column(name).unwrap().values;
    let (from, to) = (integers(column("from")), integers(column("to")));
    let (flow, capacity) = (numbers(column("flow")), numbers(column("capacity")));
    let is_cut = integers(column("is_cut"));
    let mut balance = vec![0.0; graph.vertex_count() as usize];
    let mut cut = 0.0;
    for at in 0..from.len() {
        assert!(flow[at] > 0.0 && flow[at] <= capacity[at] && from[at] != to[at]);
        balance[from[at] as usize] -= flow[at];
        balance[to[at] as usize] += flow[at];
        cut += if is_cut[at] == 1 { capacity[at] } else { 0.0 };
    }
    let mut value = 0.0;
    for (v, sum) in balance.iter().enumerate() {
        if targets >> v & 1 == 1 {
            value += sum;
        } else if sources >> v & 1 == 0 {
            assert!(
                sum.abs() <= 1e-9 * (1.0 + outcome.summary[0].2),
                "{v} keeps {sum}"
            );
        }
    }
    assert!(
        close(value, outcome.summary[0].2) && close(value, cut),
        "{value} is not {cut}"
    );
    value
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn the_flow_is_the_smallest_cut(graph in any_graph(8), ends in prop::collection::vec(0_u32..8, 3)) {
        let n = graph.vertex_count();
        let target = ends[0] % n;
        let mut from: Vec<u32> = ends[1..].iter().map(|it| it % n).filter(|it| *it != target).collect();
        from.sort_unstable();
        from.dedup();
        if !from.is_empty() {
            let outcome = answer(&graph, &from, &[target]).unwrap();
            let bits = from.iter().fold(0, |bits, v| bits | 1 << v);
            let value = checked(&graph, &outcome, bits, 1 << target);
            let (least, side) = by_all_cuts(&graph, bits, 1 << target);
            prop_assert_eq!(value, least);
            let found = integer_column(&outcome, "source_side");
            let expected: Vec<u64> = (0..n).map(|v| u64::from(side >> v & 1)).collect();
            prop_assert_eq!(found, expected);
        }
    }

    /// Capacities that no binary number holds, of very different sizes.
    #[test]
    fn real_capacities_end_in_a_flow_that_fills_its_cut(
        rows in prop::collection::vec((0_u32..7, 0_u32..7, -8_i32..8, 0.1_f64..1.0), 0..40),
        directed in any::<bool>(),
    ) {
        let edges = EdgeList {
            sources: rows.iter().map(|it| it.0).collect(),
            targets: rows.iter().map(|it| it.1).collect(),
            weights: Some(rows.iter().map(|it| it.3 * 10_f64.powi(it.2)).collect()),
            times: None,
        };
        let graph = build(7, edges, keep_all(directed));
        let outcome = answer(&graph, &[0], &[5, 6]).unwrap();
        let value = checked(&graph, &outcome, 1, 0b110_0000);
        let (least, _) = by_all_cuts(&graph, 1, 0b110_0000);
        prop_assert!(close(value, least), "{} is not {}", value, least);
    }
}

#[test]
fn a_grid_lets_through_what_its_corner_does() {
    let graph = build(400, generate::grid(20, 20), keep_all(false));
    let outcome = answer(&graph, &[0], &[399]).unwrap();
    assert_eq!(outcome.summary[0].2, 2.0);
    // From the whole left side to the whole right side every row is a way.
    let side = |column: u32| -> Vec<u32> { (0..20).map(|row| row * 20 + column).collect() };
    let outcome = answer(&graph, &side(0), &side(19)).unwrap();
    assert_eq!((outcome.summary[0].2, outcome.summary[1].2), (20.0, 20.0));
    assert!(number_column(&outcome, "through").iter().all(|it| *it <= 20.0));
}

#[test]
fn the_cut_is_the_one_nearest_to_the_sources() {
    let outcome = answer(&graph_of(4, &[(0, 1), (1, 2), (2, 3)], true), &[0], &[3]).unwrap();
    assert_eq!(integer_column(&outcome, "source_side"), [1, 0, 0, 0]);
    assert_eq!(number_column(&outcome, "through"), [1.0; 4]);
}

#[test]
fn a_source_that_is_a_target_is_refused() {
    let graph = graph_of(3, &[(0, 1)], true);
    assert!(matches!(
        answer(&graph, &[0, 1], &[1]),
        Err(KernelError::NotApplicable { .. })
    ));
    assert!(matches!(
        answer(&graph, &[0], &[]),
        Err(KernelError::Parameter { .. })
    ));
    // Nothing leads there.
    assert_eq!(answer(&graph, &[0], &[2]).unwrap().summary[0].2, 0.0);
}
