//! What is measured: a kernel of the registry with its parameters, the graph it runs on, and the numbers
//! by which its answer is compared with those of others.

use std::collections::BTreeMap;

use anyhow::bail;
use gaai::algorithms::{Algorithm, Inputs, Outcome, Values};
use gaai::graph::Csr;
use serde_json::{Value, json};

/// How the files of a graph are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The directed list.
    Directed,
    /// The undirected list.
    Undirected,
    /// The undirected list, with weights.
    Weighted,
    /// The undirected list read from the smaller to the larger end: no cycles.
    Acyclic,
    /// The undirected list without vertices that have no edge.
    Compact,
}

/// Where searches begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Starts {
    /// The question has no start.
    None,
    /// One search from each of the first so many ends of edges, timed each.
    Each(usize),
    /// One question, from the first to the last of the first ends.
    Pair,
}

/// One piece of work.
pub(crate) struct Work {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// The kernel's name in the registry.
    pub(crate) algorithm: &'static str,
    /// What it runs on.
    pub(crate) shape: Shape,
    /// Where it starts.
    pub(crate) starts: Starts,
    /// The graphs on which it runs unless others are named.
    pub(crate) graphs: &'static [&'static str],
    /// Graphs that `--full` adds.
    pub(crate) large: &'static [&'static str],
    parameters: fn() -> Value,
    answer: fn(&Outcome, &Csr) -> Answer,
}

/// Numbers by which answers are compared; see `benches/peers/suite.py` for their meaning.
pub(crate) type Answer = BTreeMap<&'static str, f64>;

impl Work {
    /// The algorithm, or why there is none.
    pub(crate) fn algorithm(&self) -> anyhow::Result<Algorithm> {
        let Ok(info) = Algorithm::find(self.algorithm) else {
            bail!("no kernel yet");
        };
        let mut parameters = BTreeMap::new();
        if let Value::Object(given) = (self.parameters)() {
            parameters.extend(given);
        }
        // The kernel takes vertex numbers from its inputs; the parameters must not be empty.
        let named = info.parameters.iter().map(|it| it.name);
        for name in named.filter(|it| self.starts != Starts::None && ["sources", "targets"].contains(it)) {
            parameters.insert(name.to_owned(), json!([format!("{name} by number")]));
        }
        Ok(Algorithm::from_parameters(self.algorithm, &parameters)?)
    }

    /// What the kernel gets beside the graph, once for each run it needs.
    pub(crate) fn inputs(&self, ends: &[u32]) -> Vec<Inputs> {
        match self.starts {
            Starts::None => vec![Inputs::default()],
            Starts::Pair => vec![Inputs {
                sources: ends.first().copied().into_iter().collect(),
                targets: ends.last().copied().into_iter().collect(),
                ..Inputs::default()
            }],
            Starts::Each(count) => {
                let one = |v: &u32| Inputs {
                    sources: vec![*v],
                    ..Inputs::default()
                };
                ends.iter().take(count).map(one).collect()
            }
        }
    }

    /// The numbers to compare.
    pub(crate) fn answer(&self, outcome: &Outcome, graph: &Csr) -> Answer {
        (self.answer)(outcome, graph)
    }
}

const SMALL: &[&str] = &["rmat18"];
const MIDDLE: &[&str] = &["rmat18", "rmat20"];
const LARGE: &[&str] = &["rmat22", "urand20"];
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
        starts: Starts::None,
        graphs: SMALL,
        large: &[],
        parameters,
        answer,
    }
}

fn defaults() -> Value {
    json!({})
}

pub(crate) const WORKS: &[Work] = &[
    Work {
        graphs: MIDDLE,
        large: LARGE,
        ..work(
            "pagerank20",
            "pagerank",
            Shape::Directed,
            || json!({"tolerance": 0, "max_iterations": 20}),
            |it, _| peak(it, "score"),
        )
    },
    Work {
        graphs: MIDDLE,
        large: LARGE,
        ..work(
            "pagerank",
            "pagerank",
            Shape::Directed,
            || json!({"tolerance": 1e-6}),
            |it, _| peak(it, "score"),
        )
    },
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
    Work {
        graphs: MIDDLE,
        large: &["rmat22", "urand20", "grid2000"],
        ..work("wcc", "wcc", Shape::Directed, defaults, |it, _| {
            summary(it, &["components", "largest"])
        })
    },
    Work {
        graphs: MIDDLE,
        ..work("scc", "scc", Shape::Directed, defaults, |it, _| {
            summary(it, &["components", "largest"])
        })
    },
    Work {
        starts: Starts::Each(1),
        ..work("dominators", "dominators", Shape::Directed, defaults, |it, _| {
            summary(it, &["reached"])
        })
    },
    work(
        "eigenvector",
        "eigenvector",
        Shape::Undirected,
        || json!({"tolerance": 1e-6}),
        |it, _| peak(it, "score"),
    ),
    Work {
        graphs: MIDDLE,
        large: &["rmat22", "urand20", "grid2000"],
        starts: Starts::Each(16),
        ..work("bfs", "bfs", Shape::Undirected, defaults, |it, _| {
            summary(it, &["reached", "farthest"])
        })
    },
    Work {
        large: &["rmat20"],
        ..work("triangles", "triangles", Shape::Undirected, defaults, |it, _| {
            summary(it, &["triangles", "transitivity"])
        })
    },
    work("lcc", "triangles", Shape::Undirected, defaults, |it, _| {
        summary(it, &["mean_clustering"])
    }),
    Work {
        graphs: MIDDLE,
        ..work("k_core", "k_core", Shape::Undirected, defaults, |it, _| {
            summary(it, &["degeneracy"])
        })
    },
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
    Work {
        graphs: COMMUNITIES,
        ..work("louvain", "louvain", Shape::Undirected, defaults, communities)
    },
    Work {
        graphs: COMMUNITIES,
        ..work("leiden", "leiden", Shape::Undirected, defaults, communities)
    },
    Work {
        graphs: COMMUNITIES,
        ..work(
            "label_propagation",
            "label_propagation",
            Shape::Undirected,
            || json!({"max_iterations": 10, "synchronous": false}),
            communities,
        )
    },
    Work {
        graphs: QUADRATIC,
        large: &["rmat14"],
        ..work(
            "betweenness",
            "betweenness",
            Shape::Undirected,
            defaults,
            |it, _| greatest(it, "betweenness"),
        )
    },
    Work {
        graphs: QUADRATIC,
        ..work(
            "all_pairs",
            "all_pairs_shortest_paths",
            Shape::Undirected,
            || json!({"max_pairs": 1 << 26}),
            |it, _| summary(it, &["pairs", "diameter"]),
        )
    },
    Work {
        graphs: QUADRATIC,
        large: &["rmat14"],
        ..work("closeness", "closeness", Shape::Undirected, defaults, |it, _| {
            greatest(it, "harmonic")
        })
    },
    work(
        "node_similarity",
        "node_similarity",
        Shape::Undirected,
        defaults,
        |_, _| Answer::new(),
    ),
    // Its vertices are sampled, so those without an edge must not be among them; answers differ.
    work(
        "betweenness16",
        "betweenness",
        Shape::Compact,
        || json!({"samples": 16}),
        |_, _| Answer::new(),
    ),
    Work {
        graphs: MIDDLE,
        large: &["rmat22", "grid2000"],
        starts: Starts::Each(4),
        ..work("sssp", "sssp", Shape::Weighted, defaults, |it, _| {
            summary(it, &["reached", "farthest"])
        })
    },
    Work {
        starts: Starts::Each(1),
        ..work(
            "bellman_ford",
            "bellman_ford",
            Shape::Weighted,
            defaults,
            |it, _| summary(it, &["reached"]),
        )
    },
    Work {
        starts: Starts::Pair,
        ..work("max_flow", "max_flow", Shape::Weighted, defaults, |it, _| {
            summary(it, &["value"])
        })
    },
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

fn summary(outcome: &Outcome, names: &[&'static str]) -> Answer {
    let value = |name: &str| outcome.summary.iter().find(|it| it.0 == name).map(|it| it.2);
    names
        .iter()
        .filter_map(|name| Some((*name, value(name)?)))
        .collect()
}

fn numbers<'a>(outcome: &'a Outcome, column: &str) -> &'a [f64] {
    match outcome.vertex_column(column).map(|it| &it.values) {
        Some(Values::Numbers(values)) => values,
        _ => &[],
    }
}

fn greatest(outcome: &Outcome, column: &str) -> Answer {
    let most = numbers(outcome, column).iter().copied().fold(0.0, f64::max);
    Answer::from([("greatest", most)])
}

/// The greatest score as a share of all: libraries scale their scores in different ways.
fn peak(outcome: &Outcome, column: &str) -> Answer {
    let scores = numbers(outcome, column);
    let most = scores.iter().copied().fold(0.0, f64::max);
    let mut answer = summary(outcome, &["iterations"]);
    answer.insert("greatest_share", most / scores.iter().sum::<f64>());
    answer
}

/// How many communities there are, and their modularity by its definition.
fn communities(outcome: &Outcome, graph: &Csr) -> Answer {
    let mut answer = summary(outcome, &["communities", "iterations"]);
    let Some(Values::Groups(of)) = outcome.vertex_column("community").map(|it| &it.values) else {
        return answer;
    };
    let mut ends = vec![0.0; of.len()];
    let mut inside = 0_u64;
    for v in 0..graph.vertex_count() {
        // Answers are in the order of the files, which the graph need not have.
        let own = of[graph.number(v) as usize];
        let list = graph.out.neighbours(v);
        ends[own as usize] += list.len() as f64;
        inside += list
            .iter()
            .filter(|it| of[graph.number(**it) as usize] == own)
            .count() as u64;
    }
    let entries = graph.entry_count() as f64;
    let chance: f64 = ends.iter().map(|it| (it / entries).powi(2)).sum();
    answer.insert("modularity", inside as f64 / entries - chance);
    answer
}
