//! The embedded engine: loads, admission, refusals, cancellation, and the same bytes at any size.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::future::join_all;
use proptest::prelude::*;

use super::admission::Admission;
use super::doubles::{CountingSource, large_graph, small_graph};
use super::estimate::{Size, loaded_bytes};
use super::{
    Budget, Cpu, Embedded, Engine, EngineError, EngineOptions, LoadInfo, Remedy, ResultTables, estimate,
    neighbourhood, projection_hash,
};
use crate::algorithms::{Algorithm, Control, KernelError};
use crate::graph::Direction;
use crate::model::{
    id::ContentHash,
    template::{EdgeFilter, Projection, Template},
};
use crate::source::GraphSource;

fn algorithm(name: &str) -> Algorithm {
    Algorithm::from_parameters(name, &Default::default()).unwrap()
}

fn template(name: &str, source: &CountingSource, id: &str) -> Template {
    Template {
        id: id.into(),
        use_cases: Vec::new(),
        algorithm: algorithm(name),
        projection: source.projection(),
        reason: String::new(),
    }
}

fn engine(source: &Arc<CountingSource>, threads: usize, options: EngineOptions) -> Embedded {
    let source: Arc<dyn GraphSource> = source.clone();
    Embedded::new(source, Cpu::new(threads).unwrap(), options)
}

fn budget(memory_bytes: u64) -> EngineOptions {
    EngineOptions {
        memory_bytes: Some(memory_bytes),
        ..EngineOptions::default()
    }
}

#[tokio::test]
async fn templates_of_one_projection_share_one_load() {
    let run = tempfile::tempdir().unwrap();
    let source = Arc::new(CountingSource::new(large_graph(300)));
    let seen = Arc::new(std::sync::Mutex::new(Vec::<LoadInfo>::new()));
    let told = Arc::clone(&seen);
    let engine =
        engine(&source, 2, EngineOptions::default()).with_load_observer(Arc::new(move |load: &LoadInfo| {
            told.lock().unwrap().push(load.clone())
        }));
    let templates = [
        template("degree", &source, "degree-1"),
        template("wcc", &source, "wcc-1"),
        template("pagerank", &source, "pagerank-1"),
    ];
    let control = Control::default();
    let executions = join_all(
        templates
            .iter()
            .map(|it| engine.execute(it, run.path(), &control)),
    )
    .await;
    assert_eq!(source.loads(), 1);
    for (execution, template) in executions.into_iter().zip(&templates) {
        let execution = execution.unwrap();
        assert_eq!(execution.template, template.id);
        assert_eq!(execution.vertices, 300);
        assert_eq!(execution.graph_hash, ContentHash::of(b"large graph"));
        assert!(
            execution
                .conventions
                .iter()
                .any(|it| it == template.algorithm.info().convention)
        );
        ResultTables::check(run.path(), &execution).unwrap();
        let tables = ResultTables::open(run.path(), &execution).unwrap();
        assert_eq!(tables.table("vertices").unwrap().rows, 300);
        assert_eq!(tables.summary, execution.summary);
    }
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].projection, projection_hash(&source.projection()).unwrap());
    assert_eq!(
        (seen[0].vertices, seen[0].bytes),
        (300, loaded_bytes(&large_graph(300)))
    );
    // A later execution finds the graph where the first left it.
    engine.execute(&templates[0], run.path(), &control).await.unwrap();
    assert_eq!(source.loads(), 1);
}

#[tokio::test]
async fn executions_are_equal_bytes_at_any_number_of_threads() {
    let source = Arc::new(CountingSource::new(large_graph(400)));
    let mut executions = Vec::new();
    for threads in [1, 2, 8] {
        let run = tempfile::tempdir().unwrap();
        let engine = engine(&source, threads, EngineOptions::default());
        let mut found = Vec::new();
        for name in [
            "degree",
            "pagerank",
            "label_propagation",
            "betweenness",
            "triangles",
        ] {
            let template = template(name, &source, &format!("{name}-1"));
            found.push(
                engine
                    .execute(&template, run.path(), &Control::default())
                    .await
                    .unwrap(),
            );
        }
        executions.push(found);
    }
    // Each execution names the SHA-256 of its tables.
    assert_eq!(executions[0], executions[1]);
    assert_eq!(executions[0], executions[2]);
}

#[tokio::test]
async fn what_cannot_fit_is_refused_before_anything_is_loaded() {
    let run = tempfile::tempdir().unwrap();
    let source = Arc::new(CountingSource::new(small_graph()));
    let engine = engine(&source, 1, budget(600));
    let error = engine
        .execute(
            &template("wcc", &source, "wcc-1"),
            run.path(),
            &Control::default(),
        )
        .await
        .unwrap_err();
    assert_eq!(error.remedy(), Remedy::Refused);
    let text = error.to_string();
    assert_eq!(text.matches(", or ").count(), 2, "three ways out: {text}");
    assert!(
        text.contains("--budget-memory") && text.contains("the budget is 600B"),
        "{text}"
    );
    assert_eq!(source.loads(), 0);
    assert!(!run.path().join("results").exists());
}

#[test]
fn what_takes_too_long_is_refused_with_the_sample_named_first() {
    let source = CountingSource::new(large_graph(200));
    let (exact, census, projection) = (algorithm("betweenness"), source.counted(), source.projection());
    let mut expected = estimate(&exact, &projection, &census);
    let budget = Budget {
        memory_bytes: u64::MAX,
        time_ms: Some(60_000),
    };
    assert!(budget.check(&exact, &projection, &census, &expected).is_ok());
    expected.time_ms = 90_500;
    let error = budget.check(&exact, &projection, &census, &expected).unwrap_err();
    assert_eq!(error.remedy(), Remedy::Refused);
    insta::assert_snapshot!(
        error,
        @"it takes about 91 s and the budget is 60 s; sample it alone with `gaai algo run betweenness --param samples=256` (an error bound is printed), or leave rows that the question does not need out of the files of edges, or allow it with `--budget-time 91s`"
    );
}

/// "About 61 s and the budget is 61 s" would tell nobody why.
#[test]
fn a_budget_of_time_never_reads_like_what_did_not_fit() {
    let told = |needed_ms, budget_ms| {
        let hint = String::new();
        EngineError::Time {
            needed_ms,
            budget_ms,
            hint,
        }
        .to_string()
    };
    for (needed, budget, expected) in [
        (60_600, 60_500, "it takes about 61 s and the budget is 60.5 s; "),
        (60_502, 60_501, "it takes about 61 s and the budget is 60.501 s; "),
        (61_500, 61_000, "it takes about 62 s and the budget is 61 s; "),
        (1_501, 1_500, "it takes about 1501 ms and the budget is 1500 ms; "),
    ] {
        assert_eq!(told(needed, budget), expected);
    }
}

#[test]
fn a_bound_that_is_no_number_has_no_hash() {
    let mut projection = Projection::default();
    projection.filters.push(EdgeFilter {
        attribute: "amount".to_owned(),
        at_least: Some(f64::INFINITY),
        below: None,
        equals: None,
    });
    let text = projection_hash(&projection).unwrap_err().to_string();
    assert!(text.contains("the filter on `amount` has a bound"), "{text}");
}

#[test]
fn a_weight_that_is_no_probability_is_named_by_the_ends_of_its_edge() {
    let row = KernelError::NoProbability {
        from: 2,
        to: 3,
        weight: 1.5,
    };
    let text = super::embedded::named(row, &small_graph()).to_string();
    assert!(
        text.starts_with("the edge shops/s0 → shops/s1 weighs 1.5, which is no probability; unset"),
        "{text}"
    );
}

#[test]
fn a_negative_weight_is_named_by_the_ends_of_its_edge() {
    let row = KernelError::NegativeWeight {
        from: 2,
        to: 3,
        weight: -2.0,
    };
    let text = super::embedded::named(row, &small_graph()).to_string();
    assert!(
        text.starts_with("the edge shops/s0 → shops/s1 has the negative weight -2"),
        "{text}"
    );
}

#[tokio::test]
async fn a_cancelled_execution_says_so_and_leaves_nothing() {
    let run = tempfile::tempdir().unwrap();
    let source = Arc::new(CountingSource::new(large_graph(300)));
    let engine = engine(&source, 1, EngineOptions::default());
    let control = Control::default();
    control.cancel();
    let template = template("pagerank", &source, "pagerank-1");
    let error = engine.execute(&template, run.path(), &control).await.unwrap_err();
    assert_eq!(error.remedy(), Remedy::Cancelled);
    assert!(!run.path().join("results").exists());
    engine
        .execute(&template, run.path(), &Control::default())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_kernel_stops_soon_after_it_is_cancelled() {
    let run = tempfile::tempdir().unwrap();
    let source = Arc::new(CountingSource::new(large_graph(20_000)));
    let engine = engine(&source, 1, EngineOptions::default());
    let control = Control::default();
    // Exact betweenness of this graph takes minutes; it is cancelled once the kernel has begun.
    let template = template("betweenness", &source, "betweenness-1");
    let cancel = async {
        while control.progress().0 == 0 {
            tokio::task::yield_now().await;
        }
        control.cancel();
    };
    let (ended, ()) =
        futures_util::future::join(engine.execute(&template, run.path(), &control), cancel).await;
    assert_eq!(ended.unwrap_err().remedy(), Remedy::Cancelled);
    assert!(!run.path().join("results").exists());
}

#[tokio::test]
async fn a_load_that_failed_is_tried_again_by_the_next_in_line() {
    let run = tempfile::tempdir().unwrap();
    let source = Arc::new(CountingSource::new(large_graph(50)));
    source.failures.store(1, Ordering::SeqCst);
    let engine = engine(&source, 1, EngineOptions::default());
    let templates = [
        template("degree", &source, "degree-1"),
        template("wcc", &source, "wcc-1"),
    ];
    let control = Control::default();
    let ended = join_all(
        templates
            .iter()
            .map(|it| engine.execute(it, run.path(), &control)),
    )
    .await;
    assert_eq!(ended.iter().filter(|it| it.is_ok()).count(), 1);
    assert_eq!(source.loads(), 2);
    let failed = ended.into_iter().find_map(Result::err).unwrap();
    assert_eq!(failed.to_string(), "asked to fail");
}

#[tokio::test]
async fn graphs_make_room_for_one_another_when_memory_is_short() {
    let run = tempfile::tempdir().unwrap();
    let source = Arc::new(CountingSource::new(large_graph(300)));
    let first = template("degree", &source, "degree-1");
    let mut second = template("degree", &source, "degree-2");
    second.projection.rules.direction = Direction::Reversed;
    let need = Size::of(&first.algorithm, &first.projection, &source.counted()).bytes();
    let control = Control::default();
    for (room, loads) in [(need, 3), (4 * need, 2)] {
        source.loads.store(0, Ordering::SeqCst);
        let engine = engine(&source, 1, budget(room));
        for template in [&first, &second, &first] {
            engine.execute(template, run.path(), &control).await.unwrap();
        }
        assert_eq!(source.loads(), loads, "budget {room}");
    }
}

#[tokio::test]
async fn sources_are_found_by_key_and_unknown_ones_get_near_names() {
    let run = tempfile::tempdir().unwrap();
    let source = Arc::new(CountingSource::new(small_graph()));
    let engine = engine(&source, 1, EngineOptions::default());
    let mut asked = template("degree", &source, "bfs-1");
    let expected = [
        ("shops/s1", None),
        ("p0", None),
        ("cornr", Some("did you mean `shops/s0` (Corner)?")),
        ("zzz", Some("a source is written as `collection/key`")),
    ];
    for (name, problem) in expected {
        let parameters = [("sources".to_owned(), serde_json::json!([name]))].into();
        asked.algorithm = Algorithm::from_parameters("bfs", &parameters).unwrap();
        let ended = engine.execute(&asked, run.path(), &Control::default()).await;
        match (ended, problem) {
            (Ok(_), None) => {}
            (Err(error), Some(problem)) => assert!(error.to_string().contains(problem), "{error}"),
            (ended, problem) => panic!("{name}: {ended:?} and not {problem:?}"),
        }
    }
}

#[tokio::test]
async fn a_direct_run_prints_summary_conventions_and_first_rows() {
    let source = Arc::new(CountingSource::new(small_graph()));
    let engine = engine(&source, 1, EngineOptions::default());
    let run = engine
        .run_direct(&algorithm("wcc"), &source.projection(), &Control::default())
        .await
        .unwrap();
    let mut text = Vec::new();
    run.write_text(2, &mut text).unwrap();
    insta::assert_snapshot!(String::from_utf8(text).unwrap(), @r"
    wcc: 5 vertices, 4 edges
    exact
    components: 1
    largest: 5
    singletons: 0
      1 edge without a weight was left out
      Edges are read as stored; a pair linked both ways has two edges.
      Parallel edges count as one.
      Edges from a vertex to itself are left out.
      Every edge weighs 1.
      Edge direction and weights are ignored. A component is named by its smallest member; a vertex without edges is a component of its own.

    vertices: 2 of 5 rows
    collection  key  label      component  component_label  component_size  @city  @age  @score  @open  @since
    people      p0   Ada        people/p0  Ada              5               Ulm    41    0.5     -      1970-01-01
    people      p1   <b>Bo</b>  people/p0  Ada              5               -      -3    -       -      -
    ");
    let mut json = Vec::new();
    run.write_json(Some(1), &mut json).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["tables"][0]["rows"], 5);
    assert_eq!(json["tables"][0]["values"].as_array().unwrap().len(), 1);
    assert_eq!(json["algorithm"], "wcc");
}

#[tokio::test]
async fn pictures_use_the_graph_that_is_loaded() {
    let source = Arc::new(CountingSource::new(small_graph()));
    let engine = engine(&source, 1, EngineOptions::default());
    let run = tempfile::tempdir().unwrap();
    let control = Control::default();
    let template = template("wcc", &source, "wcc-1");
    engine.execute(&template, run.path(), &control).await.unwrap();
    let graph = engine.projection(&template.projection, &control).await.unwrap();
    assert_eq!(
        neighbourhood(&graph, &["shops/s0".to_owned()], 4).vertices.len(),
        4
    );
    assert_eq!(source.loads(), 1);
}

#[tokio::test]
async fn an_unwritable_run_directory_is_named() {
    let source = Arc::new(CountingSource::new(small_graph()));
    let engine = engine(&source, 1, EngineOptions::default());
    let error = engine
        .execute(
            &template("wcc", &source, "wcc-1"),
            Path::new("/dev/null"),
            &Control::default(),
        )
        .await
        .unwrap_err();
    assert!(matches!(error, EngineError::Table { .. }));
    assert!(
        error
            .to_string()
            .contains("/dev/null/results/wcc-1.vertices.parquet"),
        "{error}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever is asked for at once, all of it is admitted in the end and the budget holds
    /// meanwhile.
    #[test]
    fn admission_never_exceeds_its_budget(asked in proptest::collection::vec((0_u8..4, 1_u64..50, 1_u64..50), 1..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(async {
            let admission = Admission::new(100);
            let control = Control::default();
            let one = |(projection, graph, working): (u8, u64, u64)| {
                let (admission, control) = (&admission, &control);
                async move {
                    let hash = ContentHash::of(&[projection]);
                    let ticket = admission.admit(&hash, graph, working, control).await.unwrap();
                    for _ in 0..3 {
                        tokio::task::yield_now().await;
                        assert!(admission.held().1 <= 100, "{:?}", admission.held());
                    }
                    drop(ticket);
                }
            };
            join_all(asked.iter().copied().map(one)).await;
            // Nothing was loaded into the cells, so nothing is kept.
            assert_eq!(admission.held(), (0, 0));
        });
    }

    /// A loaded graph never holds more than was reckoned for it before.
    #[test]
    fn estimates_bound_what_is_held(n in 1_u32..200) {
        let graph = large_graph(n);
        let source = CountingSource::new(graph.clone());
        let census = source.counted();
        let size = Size::of(&algorithm("degree"), &source.projection(), &census);
        prop_assert!(loaded_bytes(&graph) <= size.graph, "{} > {}", loaded_bytes(&graph), size.graph);
        let estimate = estimate(&algorithm("degree"), &source.projection(), &census);
        prop_assert_eq!(estimate.memory_bytes, size.bytes());
        prop_assert_eq!((estimate.vertices, estimate.edges), (u64::from(n), graph.csr.edge_count));
        prop_assert!(estimate.cost_usd == 0.0);
    }
}
