//! Small random graphs for the tests of the kernels: every rule of a projection occurs.

use proptest::prelude::*;

use super::control::{Control, KernelError};
use super::outcome::{Outcome, Values};
use super::registry::{Algorithm, Inputs};
use crate::graph::{Csr, Direction, EdgeList, ParallelEdges, ProjectionRules, build, generate};

/// A graph of `n` vertices from (source, target) pairs: directed as given or read both ways, every
/// edge kept.
pub(super) fn graph_of(n: u32, pairs: &[(u32, u32)], directed: bool) -> Csr {
    let edges = EdgeList {
        sources: pairs.iter().map(|it| it.0).collect(),
        targets: pairs.iter().map(|it| it.1).collect(),
        ..EdgeList::default()
    };
    build(n, edges, keep_all(directed))
}

/// Rules that keep parallel edges and self-loops.
pub(super) fn keep_all(directed: bool) -> ProjectionRules {
    ProjectionRules {
        direction: if directed {
            Direction::Directed
        } else {
            Direction::Undirected
        },
        parallel: ParallelEdges::Keep,
        self_loops: true,
    }
}

/// Up to `n` vertices, up to `3 n` edges, directed or not, with parallel edges and self-loops; weights,
/// where there are some, are 1 to 4, so that sums are exact and paths of equal length occur.
pub(super) fn any_graph(n: u32) -> impl Strategy<Value = Csr> {
    (1..=n).prop_flat_map(|n| {
        let rows = prop::collection::vec((0..n, 0..n, 1_u8..5), 0..=3 * n as usize);
        (rows, any::<(bool, bool, bool, bool)>()).prop_map(
            move |(rows, (directed, weighted, merged, self_loops))| {
                let edges = EdgeList {
                    sources: rows.iter().map(|it| it.0).collect(),
                    targets: rows.iter().map(|it| it.1).collect(),
                    weights: weighted.then(|| rows.iter().map(|it| f64::from(it.2)).collect()),
                    times: None,
                };
                let parallel = if merged {
                    ParallelEdges::Smallest
                } else {
                    ParallelEdges::Keep
                };
                let rules = ProjectionRules {
                    parallel,
                    self_loops,
                    ..keep_all(directed)
                };
                build(n, edges, rules)
            },
        )
    })
}

/// What `algorithm` answers without sources or items.
pub(super) fn run(algorithm: &Algorithm, graph: &Csr) -> Result<Outcome, KernelError> {
    algorithm.run(graph, &Inputs::default(), &Control::default())
}

/// What `algorithm` answers in a pool of `threads` threads.
pub(super) fn run_with_threads(
    algorithm: &Algorithm,
    graph: &Csr,
    inputs: &Inputs,
    threads: usize,
) -> Result<Outcome, KernelError> {
    on_threads(threads, || algorithm.run(graph, inputs, &Control::default()))
}

/// What `work` answers in a pool of `threads` threads.
pub(super) fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    pool.install(work)
}

/// A weighted graph that needs several blocks and has hubs: 4096 vertices, 16384 edges, self-loops.
pub(super) fn skewed(direction: Direction) -> Csr {
    let list = generate::weighted(generate::rmat(12, 4, 5), 1, 9, 6);
    let rules = ProjectionRules {
        direction,
        parallel: ParallelEdges::Sum,
        self_loops: true,
    };
    build(1 << 12, list, rules)
}

/// A column of whole numbers or vertices, as whole numbers.
pub(super) fn integers(values: &Values) -> Vec<u64> {
    match values {
        Values::Integers(values) => values.clone(),
        Values::Vertices(values) | Values::Groups(values) => values.iter().map(|it| u64::from(*it)).collect(),
        Values::Flags(values) => values.iter().map(|it| u64::from(*it)).collect(),
        Values::Numbers(_) | Values::Times(_) | Values::Lists { .. } | Values::Vectors { .. } => {
            panic!("not whole numbers")
        }
    }
}

/// A column of real numbers.
pub(super) fn numbers(values: &Values) -> Vec<f64> {
    match values {
        Values::Numbers(values) => values.clone(),
        _ => panic!("not real numbers"),
    }
}

/// The vectors of the vertex column `name`.
pub(super) fn vectors<'a>(outcome: &'a Outcome, name: &str) -> Vec<&'a [f32]> {
    match &outcome.vertex_column(name).unwrap().values {
        Values::Vectors { width, values } => values.chunks(*width).collect(),
        _ => panic!("not vectors"),
    }
}

/// The cosine of the angle between two vectors.
pub(super) fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(x * y)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// The vertex column `name` as whole numbers.
pub(super) fn integer_column(outcome: &Outcome, name: &str) -> Vec<u64> {
    integers(&outcome.vertex_column(name).unwrap().values)
}

/// The vertex column `name` as real numbers.
pub(super) fn number_column(outcome: &Outcome, name: &str) -> Vec<f64> {
    numbers(&outcome.vertex_column(name).unwrap().values)
}

/// Distances from each vertex to each, infinite where there is no path, by Floyd & Warshall.
pub(super) fn all_distances(graph: &Csr, weighted: bool) -> Vec<Vec<f64>> {
    let n = graph.vertex_count() as usize;
    let mut table = vec![vec![f64::INFINITY; n]; n];
    for (v, row) in table.iter_mut().enumerate() {
        row[v] = 0.0;
        for index in graph.out.range(v as u32) {
            let u = graph.out.targets[index] as usize;
            let step = if weighted { graph.out.weight(index) } else { 1.0 };
            row[u] = row[u].min(step);
        }
    }
    for middle in 0..n {
        for v in 0..n {
            for u in 0..n {
                table[v][u] = table[v][u].min(table[v][middle] + table[middle][u]);
            }
        }
    }
    table
}
