//! Doubles for this room's tests: a small graph, a kernel's answer with every kind of column, and a
//! source that counts its loads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::{BoxFuture, FutureExt};

use crate::algorithms::{Control, Exactness, Outcome, OutputColumn, Quantity, RowTable, Values};
use crate::graph::{
    Column, EdgeList, MISSING, NO_VERTEX, ProjectionRules, Texts, VertexKeys, VertexRange, build,
};
use crate::model::{
    execution::{Execution, ResultTable},
    id::ContentHash,
    schema::{Census, EdgeCollection, Relationship, VertexCollection},
    template::{Estimate, Projection},
};
use crate::source::{GraphSource, LoadedGraph, SourceError};

/// Two people and three shops in a row: `people/p0 → people/p1 → shops/s0 → shops/s1 → shops/s2`.
pub(super) fn small_graph() -> LoadedGraph {
    let edges = EdgeList {
        sources: vec![0, 1, 2, 3],
        targets: vec![1, 2, 3, 4],
        weights: Some(vec![1.0, 2.5, 0.5, 4.0]),
        times: None,
    };
    let text = |it: &[&str]| it.iter().map(|it| (*it).to_owned()).collect::<Vec<String>>();
    LoadedGraph {
        csr: build(5, edges, ProjectionRules::default()),
        keys: VertexKeys {
            ranges: vec![
                VertexRange {
                    collection: "people".to_owned(),
                    range: 0..2,
                },
                VertexRange {
                    collection: "shops".to_owned(),
                    range: 2..5,
                },
            ],
            keys: Arc::new(["p0", "p1", "s0", "s1", "s2"].iter().collect()),
            labels: Arc::new(["Ada", "<b>Bo</b>", "Corner", "s1", "Süd"].iter().collect()),
        },
        attributes: vec![
            (
                "city".to_owned(),
                Column::Text {
                    codes: vec![0, MISSING, 1, 0, 1],
                    values: text(&["Ulm", "Kiel"]),
                },
            ),
            (
                "age".to_owned(),
                Column::Integer(vec![Some(41), Some(-3), None, None, None]),
            ),
            (
                "score".to_owned(),
                Column::Number(vec![Some(0.5), None, None, Some(2.0), None]),
            ),
            (
                "open".to_owned(),
                Column::Boolean(vec![None, None, Some(true), Some(false), None]),
            ),
            (
                "since".to_owned(),
                Column::Time(vec![Some(0), None, Some(1_700_000_000_000), None, None]),
            ),
        ],
        exclusions: vec!["1 edge without a weight was left out".to_owned()],
        self_loops_left_out: 0,
        merged: 0,
        hash: ContentHash::of(b"small graph"),
    }
}

/// An answer about [`small_graph`] with every kind of column.
pub(super) fn full_outcome() -> Outcome {
    let column = |name, quantity, values| OutputColumn {
        name,
        quantity,
        values,
    };
    Outcome {
        vertices: vec![
            column("links", Quantity::Count, Values::Integers(vec![1, 2, 2, 2, 1])),
            column(
                "distance",
                Quantity::Weight,
                Values::Numbers(vec![0.0, 1.0, 3.5, f64::INFINITY, f64::NAN]),
            ),
            column(
                "cut",
                Quantity::Flag,
                Values::Flags(vec![false, true, true, true, false]),
            ),
            column(
                "seen",
                Quantity::Instant,
                Values::Times(vec![Some(0), Some(1), Some(-1), Some(2), Some(3)]),
            ),
            column(
                "group",
                Quantity::Name,
                Values::Vertices(vec![0, 0, 2, 2, NO_VERTEX]),
            ),
            column(
                "place",
                Quantity::Score,
                Values::Vectors {
                    width: 2,
                    values: vec![0.5, -1.0, 0.0, 0.25, 3.0, 0.0, 0.0, 0.0, 1.0, 2.0],
                },
            ),
        ],
        rows: Some(RowTable {
            name: "cycles",
            columns: vec![
                column(
                    "members",
                    Quantity::Name,
                    Values::Lists {
                        offsets: vec![0, 2, 2, 5],
                        members: vec![0, 1, 2, 3, 4],
                    },
                ),
                column("total", Quantity::Weight, Values::Numbers(vec![1.0, 0.0, 4.5])),
            ],
        }),
        summary: vec![
            ("groups", Quantity::Count, 2.0),
            ("residual", Quantity::Score, 1e-9),
            ("undefined", Quantity::Score, f64::NAN),
        ],
        exactness: Exactness::Exact,
    }
}

/// An execution with these tables and nothing else of interest.
pub(super) fn execution_of(tables: Vec<ResultTable>) -> Execution {
    Execution {
        template: "test-1".into(),
        engine: "embedded".to_owned(),
        graph_hash: ContentHash::default(),
        vertices: 5,
        edges: 4,
        exclusions: Vec::new(),
        conventions: Vec::new(),
        exactness: Exactness::Exact,
        summary: Vec::new(),
        tables,
        estimate: Estimate {
            vertices: 5,
            edges: 4,
            memory_bytes: 0,
            operations: 0,
            time_ms: 0,
            cost_usd: 0.0,
            basis: String::new(),
        },
    }
}

/// A source of one graph that counts how often it is asked, and fails as often as it is told to.
pub(super) struct CountingSource {
    graph: LoadedGraph,
    pub(super) loads: AtomicUsize,
    pub(super) failures: AtomicUsize,
}

impl CountingSource {
    pub(super) fn new(graph: LoadedGraph) -> Self {
        Self {
            graph,
            loads: AtomicUsize::new(0),
            failures: AtomicUsize::new(0),
        }
    }

    pub(super) fn loads(&self) -> usize {
        self.loads.load(Ordering::SeqCst)
    }

    pub(super) fn counted(&self) -> Census {
        let vertices: Vec<VertexCollection> = self
            .graph
            .keys
            .ranges
            .iter()
            .map(|it| VertexCollection {
                name: it.collection.clone(),
                count: u64::from(it.range.end - it.range.start),
                ..VertexCollection::default()
            })
            .collect();
        let edges = EdgeCollection {
            name: "links".to_owned(),
            count: self.graph.csr.edge_count,
            relationships: vec![Relationship {
                from: vertices[0].name.clone(),
                to: vertices[0].name.clone(),
                count: self.graph.csr.edge_count,
            }],
            ..EdgeCollection::default()
        };
        Census {
            vertices,
            edges: vec![edges],
            ..Census::default()
        }
    }

    /// All of the graph.
    pub(super) fn projection(&self) -> Projection {
        let names = self.graph.keys.ranges.iter().map(|it| it.collection.clone());
        Projection {
            vertices: names.collect(),
            edges: vec!["links".to_owned()],
            ..Projection::default()
        }
    }
}

impl GraphSource for CountingSource {
    fn census<'a>(&'a self, _: &'a Control) -> BoxFuture<'a, Result<Census, SourceError>> {
        async { Ok(self.counted()) }.boxed()
    }

    fn load<'a>(
        &'a self,
        _: &'a Projection,
        control: &'a Control,
    ) -> BoxFuture<'a, Result<LoadedGraph, SourceError>> {
        async {
            self.loads.fetch_add(1, Ordering::SeqCst);
            // Others get the chance to ask for the same graph while it is being loaded.
            tokio::task::yield_now().await;
            if control.is_cancelled() {
                return Err(SourceError::Cancelled);
            }
            let less = |it: usize| it.checked_sub(1);
            if self
                .failures
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
                .is_ok()
            {
                return Err(SourceError::Projection {
                    reason: "asked to fail".to_owned(),
                });
            }
            Ok(self.graph.clone())
        }
        .boxed()
    }
}

/// `n` vertices `nodes/k0 …` and about `4 n` edges that a fixed rule draws.
pub(super) fn large_graph(n: u32) -> LoadedGraph {
    let mut state = 12345_u64;
    let mut next = || {
        // Numerical Recipes' linear congruence; the high bits are good enough to draw edges.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % u64::from(n)) as u32
    };
    let ends: Vec<(u32, u32)> = (0..4 * n).map(|_| (next(), next())).collect();
    let edges = EdgeList {
        sources: ends.iter().map(|it| it.0).collect(),
        targets: ends.iter().map(|it| it.1).collect(),
        ..EdgeList::default()
    };
    let keys: Arc<Texts> = Arc::new((0..n).map(|it| format!("k{it}")).collect());
    LoadedGraph {
        csr: build(n, edges, ProjectionRules::default()),
        keys: VertexKeys {
            ranges: vec![VertexRange {
                collection: "nodes".to_owned(),
                range: 0..n,
            }],
            labels: Arc::clone(&keys),
            keys,
        },
        attributes: Vec::new(),
        exclusions: Vec::new(),
        self_loops_left_out: 0,
        merged: 0,
        hash: ContentHash::of(b"large graph"),
    }
}
