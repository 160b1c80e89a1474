//! Kernels answer the same bytes on compressed lists as on plain ones, at any thread count.

use proptest::prelude::*;
use serde_json::json;

use super::control::{Control, KernelError};
use super::outcome::{Outcome, Values};
use super::random_graphs::{any_graph, graph_of, keep_all, on_threads};
use super::registry::{Algorithm, Info, Inputs, ItemCodes};
use crate::graph::{Csr, build, build_by_degree, generate};

/// The algorithm with a source where it takes one, and few sweeps where it sweeps.
fn made(info: &Info) -> Algorithm {
    let given = [("sources", json!("0")), ("max_iterations", json!(8))];
    let taken = given
        .into_iter()
        .filter(|given| info.parameters.iter().any(|it| it.name == given.0));
    let parameters = taken.map(|(name, value)| (name.to_owned(), value)).collect();
    Algorithm::from_parameters(info.name, &parameters).unwrap()
}

fn inputs(graph: &Csr) -> Inputs {
    Inputs {
        sources: vec![0, graph.vertex_count() / 2],
        items: vec![ItemCodes {
            name: "kind".to_owned(),
            codes: (0..graph.vertex_count()).map(|v| v % 3).collect(),
        }],
        ..Inputs::default()
    }
}

/// Every bit of an answer; what is not a number is equal to itself.
fn bits(outcome: &Result<Outcome, KernelError>) -> String {
    let numbers = |values: &Values| match values {
        Values::Numbers(values) => values.iter().map(|it| it.to_bits()).collect(),
        _ => Vec::new(),
    };
    let columns = outcome.iter().flat_map(|it| &it.vertices);
    let columns: Vec<_> = columns.map(|it| numbers(&it.values)).collect();
    format!("{outcome:?} {columns:?}")
}

fn assert_same_on(graph: &Csr, threads: &[usize]) {
    let packed = graph.clone().compressed(&|| false).unwrap();
    let inputs = inputs(graph);
    for info in Algorithm::on_compressed() {
        let algorithm = made(info);
        let expected = bits(&algorithm.run(graph, &inputs, &Control::default()));
        for threads in threads {
            let run = || algorithm.run_compressed(&packed, &inputs, &Control::default());
            assert_eq!(bits(&on_threads(*threads, run)), expected, "{}", info.name);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn kernels_answer_the_same_on_compressed_lists(graph in any_graph(24)) {
        if !graph.is_weighted() {
            assert_same_on(&graph, &[1, 2]);
        }
    }
}

#[test]
fn many_portions_and_an_order_by_degree_change_no_bit_at_any_thread_count() {
    for directed in [true, false] {
        let rules = keep_all(directed);
        assert_same_on(&build(1 << 12, generate::rmat(12, 8, 5), rules), &[1, 2, 3, 8]);
        let by_degree = build_by_degree(1 << 17, generate::rmat(17, 1, 5), rules);
        assert!(by_degree.order.is_some());
        assert_same_on(&by_degree, &[3]);
    }
}

#[test]
fn other_algorithms_are_refused_by_name() {
    let packed = graph_of(2, &[(0, 1)], true).compressed(&|| false).unwrap();
    let triangles = Algorithm::find("triangles").unwrap();
    assert!(!triangles.runs_compressed());
    let refused = made(triangles).run_compressed(&packed, &Inputs::default(), &Control::default());
    assert_eq!(refused, Err(triangles.not_compressed()));
    let reason = triangles.not_compressed().to_string();
    assert!(
        reason.contains("triangles") && reason.contains("pagerank"),
        "{reason}"
    );
}

#[test]
fn a_cancelled_run_on_compressed_lists_gives_no_answer() {
    let packed = graph_of(2, &[(0, 1)], true).compressed(&|| false).unwrap();
    let control = Control::default();
    control.cancel();
    for info in Algorithm::on_compressed() {
        let stopped = made(info).run_compressed(&packed, &Inputs::default(), &control);
        assert_eq!(stopped, Err(KernelError::Cancelled));
    }
}
