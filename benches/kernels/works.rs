//! What is measured. Works on the same shape of a graph stand together, since one graph is held at a time.

use gaai::algorithms::Outcome;
use gaai::graph::Csr;
use serde_json::{Value, json};

use crate::answers::{communities, greatest, peak, summary, sums};
use crate::work::{Answer, Given, Shape, Work};

const SMALL: &[&str] = &["rmat18"];
const MIDDLE: &[&str] = &["rmat18", "rmat20"];
const LARGE: &[&str] = &["rmat22", "urand20", "grid2000"];
const COMMUNITIES: &[&str] = &["rmat18", "planted18"];
const QUADRATIC: &[&str] = &["rmat12"];

/// A work with one run on the graphs of [`SMALL`].
const fn work(
    name: &'static str,
    algorithm: &'static str,
    shape: Shape,
    parameters: fn() -> Value,
    answer: fn(&Outcome, &Csr) -> Answer,
) -> Work {
    Work {
        name,
        algorithm,
        shape,
        given: Given::Nothing,
        graphs: SMALL,
        large: &[],
        parameters,
        answer,
    }
}

impl Work {
    /// On `graphs`, and with `--full` on `large`.
    const fn on(self, graphs: &'static [&'static str], large: &'static [&'static str]) -> Self {
        Self {
            graphs,
            large,
            ..self
        }
    }

    const fn given(self, given: Given) -> Self {
        Self { given, ..self }
    }
}

fn defaults() -> Value {
    json!({})
}

pub(crate) const WORKS: &[Work] = &[
    work(
        "pagerank20",
        "pagerank",
        Shape::Directed,
        || json!({"tolerance": 0, "max_iterations": 20}),
        |it, _| peak(it, "score"),
    )
    .on(MIDDLE, LARGE),
    work(
        "pagerank",
        "pagerank",
        Shape::Directed,
        || json!({"tolerance": 1e-6}),
        |it, _| peak(it, "score"),
    )
    .on(MIDDLE, LARGE),
    work(
        "personalised_pagerank",
        "pagerank",
        Shape::Directed,
        || json!({"tolerance": 1e-6}),
        |it, _| peak(it, "score"),
    )
    .given(Given::Together(16)),
    work(
        "hits",
        "hits",
        Shape::Directed,
        || json!({"tolerance": 1e-8}),
        |it, _| peak(it, "authority"),
    ),
    work(
        "katz",
        "katz",
        Shape::Directed,
        || json!({"attenuation": 0.001}),
        |it, _| peak(it, "score"),
    ),
    work("wcc", "wcc", Shape::Directed, defaults, |it, _| {
        summary(it, &["components", "largest"])
    })
    .on(MIDDLE, LARGE),
    work("scc", "scc", Shape::Directed, defaults, |it, _| {
        summary(it, &["components", "largest"])
    })
    .on(MIDDLE, &[]),
    work("dominators", "dominators", Shape::Directed, defaults, |it, _| {
        summary(it, &["reached"])
    })
    .given(Given::Each(1)),
    work("degree", "degree", Shape::Directed, defaults, |it, _| {
        sums(it, &["degree", "distinct"])
    })
    .on(MIDDLE, &[]),
    work(
        "reciprocity",
        "reciprocity",
        Shape::Directed,
        defaults,
        |it, _| summary(it, &["reciprocity"]),
    ),
    work(
        "reachability",
        "reachability",
        Shape::Directed,
        defaults,
        |it, _| summary(it, &["reachable_pairs"]),
    )
    .on(QUADRATIC, &[]),
    work(
        "cycles",
        "cycles",
        Shape::Directed,
        || json!({"max_length": 3, "max_cycles": 1 << 24}),
        |it, _| summary(it, &["cycles"]),
    )
    .on(QUADRATIC, &[]),
    work(
        "eigenvector",
        "eigenvector",
        Shape::Undirected,
        || json!({"tolerance": 1e-6}),
        |it, _| peak(it, "score"),
    ),
    work("bfs", "bfs", Shape::Undirected, defaults, |it, _| {
        summary(it, &["reached", "farthest"])
    })
    .on(MIDDLE, LARGE)
    .given(Given::Each(16)),
    work("triangles", "triangles", Shape::Undirected, defaults, |it, _| {
        summary(it, &["triangles", "transitivity"])
    })
    .on(SMALL, &["rmat20"]),
    work("lcc", "triangles", Shape::Undirected, defaults, |it, _| {
        summary(it, &["mean_clustering"])
    }),
    work("k_core", "k_core", Shape::Undirected, defaults, |it, _| {
        summary(it, &["degeneracy"])
    })
    .on(MIDDLE, &[]),
    // Every link's number is found; few are listed.
    work(
        "k_truss",
        "k_truss",
        Shape::Undirected,
        || json!({"min_truss": 1 << 20}),
        |it, _| summary(it, &["max_truss", "innermost"]),
    )
    .on(&["rmat12", "rmat18"], &[]),
    work(
        "k1_colouring",
        "k1_colouring",
        Shape::Undirected,
        defaults,
        |it, _| summary(it, &["colours"]),
    ),
    work(
        "articulation",
        "articulation",
        Shape::Undirected,
        defaults,
        |it, _| summary(it, &["articulation_points", "bridges"]),
    ),
    work(
        "biconnected",
        "biconnected",
        Shape::Undirected,
        defaults,
        |it, _| summary(it, &["components"]),
    ),
    work("diameter", "diameter", Shape::Undirected, defaults, |it, _| {
        summary(it, &["diameter_least", "diameter_most", "searches"])
    }),
    work(
        "degree_assortativity",
        "degree_assortativity",
        Shape::Undirected,
        defaults,
        |it, _| summary(it, &["assortativity"]),
    ),
    work(
        "attribute_assortativity",
        "attribute_assortativity",
        Shape::Undirected,
        defaults,
        |it, _| summary(it, &["assortativity"]),
    )
    .on(COMMUNITIES, &[])
    .given(Given::Groups(512)),
    work(
        "partition_quality",
        "partition_quality",
        Shape::Undirected,
        defaults,
        |it, _| summary(it, &["modularity"]),
    )
    .on(COMMUNITIES, &[])
    .given(Given::Groups(512)),
    work(
        "power_law",
        "degree_distribution",
        Shape::Undirected,
        defaults,
        |it, _| summary(it, &["exponent", "tail_from"]),
    ),
    // Its edges do not matter.
    work(
        "knn",
        "knn",
        Shape::Undirected,
        || json!({"scale": "none"}),
        |it, _| summary(it, &["mean_distance"]),
    )
    .given(Given::Points(3)),
    work("louvain", "louvain", Shape::Undirected, defaults, communities).on(COMMUNITIES, &[]),
    work("leiden", "leiden", Shape::Undirected, defaults, communities).on(COMMUNITIES, &[]),
    work(
        "label_propagation",
        "label_propagation",
        Shape::Undirected,
        || json!({"max_iterations": 10, "synchronous": false}),
        communities,
    )
    .on(COMMUNITIES, &[]),
    work(
        "betweenness",
        "betweenness",
        Shape::Undirected,
        defaults,
        |it, _| greatest(it, "betweenness"),
    )
    .on(QUADRATIC, &["rmat14"]),
    work(
        "all_pairs",
        "all_pairs_shortest_paths",
        Shape::Undirected,
        || json!({"max_pairs": 1 << 26}),
        |it, _| summary(it, &["pairs", "diameter"]),
    )
    .on(QUADRATIC, &[]),
    work("closeness", "closeness", Shape::Undirected, defaults, |it, _| {
        greatest(it, "harmonic")
    })
    .on(QUADRATIC, &["rmat14"]),
    work(
        "node_similarity",
        "node_similarity",
        Shape::Undirected,
        || json!({"max_holders": 0}),
        |it, _| summary(it, &["pairs", "mean_similarity"]),
    )
    .on(QUADRATIC, &[]),
    work(
        "link_prediction",
        "link_prediction",
        Shape::Undirected,
        || json!({"max_neighbours": 0}),
        |it, _| greatest(it, "best_score"),
    )
    .on(QUADRATIC, &[]),
    // Its vertices are sampled, so those without an edge must not be among them; answers differ.
    work(
        "betweenness16",
        "betweenness",
        Shape::Compact,
        || json!({"samples": 16}),
        |_, _| Answer::new(),
    ),
    work(
        "random_walks",
        "random_walks",
        Shape::Compact,
        || json!({"walks_per_vertex": 1, "max_walks": 1 << 20}),
        |it, _| summary(it, &["steps"]),
    )
    .on(QUADRATIC, &[]),
    // The window is NetworKit's.
    work(
        "node2vec",
        "node2vec",
        Shape::Compact,
        || json!({"window": 10}),
        |it, _| summary(it, &["pairs"]),
    )
    .on(QUADRATIC, &[]),
    work("sssp", "sssp", Shape::Weighted, defaults, |it, _| {
        summary(it, &["reached", "farthest"])
    })
    .on(MIDDLE, &["rmat22", "grid2000"])
    .given(Given::Each(4)),
    work(
        "bellman_ford",
        "bellman_ford",
        Shape::Weighted,
        defaults,
        |it, _| summary(it, &["reached"]),
    )
    .given(Given::Each(1)),
    work(
        "shortest_path",
        "shortest_path",
        Shape::Weighted,
        defaults,
        |it, _| summary(it, &["length"]),
    )
    .on(SMALL, &["grid2000"])
    .given(Given::Pairs(8)),
    work(
        "k_shortest_paths",
        "k_shortest_paths",
        Shape::Weighted,
        defaults,
        |it, _| summary(it, &["shortest", "longest"]),
    )
    .given(Given::Pairs(1)),
    work("max_flow", "max_flow", Shape::Weighted, defaults, |it, _| {
        summary(it, &["value"])
    })
    .given(Given::Pairs(1)),
    work("mst", "spanning_forest", Shape::Weighted, defaults, |it, _| {
        summary(it, &["weight", "edges"])
    }),
    work(
        "topological_order",
        "topological_order",
        Shape::Acyclic,
        defaults,
        |it, _| summary(it, &["unordered"]),
    ),
];
