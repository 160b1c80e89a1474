//! Every algorithm looks often enough whether its run was cancelled, and ends when it sees that it was.
//!
//! Work is counted and not timed: looks, and the entries of lists that are asked for between them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::control::{Control, KernelError};
use super::pace;
use super::random_graphs::{keep_all, on_threads};
use super::registry::{Algorithm, Info, Inputs, ItemCodes, NumberColumn};
use crate::graph::{Csr, EdgeList, build, generate};

const N: u32 = 1 << 12;

const M: u32 = 1 << 18;

/// Looks after which a run is not followed any further: some kernels would take minutes.
const ENOUGH: u64 = 12;

/// Entries that a kernel may read between two looks: fewer than those of one pass over the graph.
const MOST: u64 = 3 * pace::ENTRIES as u64;

/// Threads that may each be about to look when the run is cancelled.
const THREADS: usize = 2;

/// Kernels that find what they seek before they have read the graph.
const EARLY: &[&str] = &["shortest_path", "k_shortest_paths"];

/// Kernels that ask for lists of which they read a few entries.
const UNREAD: &[&str] = &["random_walks", "node2vec"];

/// Hubs, weights and times; the lists of a few vertices are a good part of all.
fn graph() -> Csr {
    let edges = generate::weighted(generate::rmat(N.ilog2(), M / N, 3), 1, 9, 4);
    let times = (0..i64::from(M)).map(|at| at * 7919 % (1 << 20) * 60_000);
    let edges = EdgeList {
        times: Some(times.collect()),
        ..edges
    };
    build(N, edges, keep_all(true))
}

fn inputs() -> Inputs {
    Inputs {
        sources: vec![0],
        targets: vec![N - 1],
        items: vec![ItemCodes {
            name: "item".to_owned(),
            codes: (0..N).map(|v| v * v % 61).collect(),
        }],
        numbers: vec![NumberColumn {
            name: "number".to_owned(),
            values: (0..N).map(|v| f64::from(v * 7919 % N)).collect(),
        }],
    }
}

/// With its defaults, and with the ends that it needs.
fn algorithm(info: &Info) -> Algorithm {
    let ends = [
        json!({"max_pairs": 1 << 24}),
        json!({}),
        json!({"sources": "first"}),
        json!({"sources": "first", "targets": "last"}),
    ];
    let given = |ends: Value| -> BTreeMap<String, Value> { serde_json::from_value(ends).unwrap() };
    ends.into_iter()
        .find_map(|ends| Algorithm::from_parameters(info.name, &given(ends)).ok())
        .unwrap()
}

#[test]
fn every_kernel_looks_often_and_ends_soon_after_the_look_that_sees_it_cancelled() {
    let (graph, inputs) = (graph(), inputs());
    let mut failures = Vec::new();
    for info in Algorithm::all() {
        let algorithm = algorithm(info);
        for last in [ENOUGH, 5, 2] {
            let (answer, looks, longest) = on_threads(THREADS, || {
                let control = Control::cancelled_at(last);
                let answer = algorithm.run(&graph, &inputs, &control);
                (answer, control.looks(), control.longest())
            });
            let mut fail = |what: String| failures.push(format!("{} {what}", info.name));
            if longest > MOST && !UNREAD.contains(&info.name) {
                fail(format!("reads {longest} entries between two looks"));
            }
            if looks >= last {
                if answer != Err(KernelError::Cancelled) {
                    fail(format!("ends with {:?}", answer.map(|_| "an answer")));
                }
                // A thread may have begun another piece before it hears of the others' end.
                if looks >= last + 4 * THREADS as u64 {
                    fail(format!("looks {looks} times when cancelled at look {last}"));
                }
            } else if looks < u64::from(M) / pace::ENTRIES as u64 && !EARLY.contains(&info.name) {
                fail(format!("looks {looks} times only"));
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
