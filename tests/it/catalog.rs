//! The catalog: what it says of finished, failed and interrupted runs, and that it can be deleted.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use gaai::algorithms::{Algorithm, Exactness, Quantity};
use gaai::catalog::{
    CatalogError, CatalogStore, SqlCatalog, lineage, of_directory, rebuild, show, write_json, write_lineage,
    write_runs, write_show,
};
use gaai::model::catalog::TaskStatus;
use gaai::model::document::{Citation, Document, Passage, PassageKind};
use gaai::model::event::{Event, RunState, Stage, TaskId};
use gaai::model::execution::Execution;
use gaai::model::fact::{Claim, Derivation, Fact, FactValue};
use gaai::model::finding::{Evidence, Finding};
use gaai::model::id::{ContentHash, FindingId, RunId};
use gaai::model::report::{Report, Verdict};
use gaai::model::requirements::{Objective, Priority, Requirements};
use gaai::model::template::{Assignment, Estimate, Projection, Template, TemplatePlan};
use gaai::model::use_case::{Feasibility, UseCase};
use gaai::model::vertical::{Detector, Severity, Vertical};
use gaai::trace::{Clock, Durability, EventSink, JOURNAL, Journal};
use serde::Serialize;

const QUOTE: &str = "Which stations cut others off when they close?";

fn citation() -> Citation {
    Citation {
        document: "D1".into(),
        name: "brief.md".to_owned(),
        passage: 1,
        line: 3,
        quote: QUOTE.to_owned(),
    }
}

fn document() -> Document {
    let text = format!("# Brief\n\n{QUOTE}\n");
    Document {
        id: "D1".into(),
        name: "brief.md".to_owned(),
        hash: ContentHash::of(text.as_bytes()),
        passages: vec![Passage {
            index: 1,
            kind: PassageKind::Sentence,
            headings: vec!["Brief".to_owned()],
            start: 9,
            end: 9 + QUOTE.len(),
            line: 3,
            text: QUOTE.to_owned(),
        }],
        text,
    }
}

fn requirements() -> Requirements {
    Requirements {
        title: "Brief".to_owned(),
        objectives: vec![Objective {
            id: "critical_points".into(),
            topic: Some("critical_points".to_owned()),
            title: "Critical points".to_owned(),
            text: QUOTE.to_owned(),
            priority: Priority::High,
            limit: None,
            unit: None,
            cues: Vec::new(),
            needs: Vec::new(),
            source: citation(),
        }],
        ..Requirements::default()
    }
}

fn use_case(id: &str, rank: u32, serves: &[&str]) -> UseCase {
    UseCase {
        id: id.into(),
        title: id.to_owned(),
        question: format!("What about {id}?"),
        serves: serves.iter().map(|it| (*it).into()).collect(),
        patterns: Vec::new(),
        feasibility: Feasibility::Fully {
            reason: String::new(),
        },
        rank,
        rank_reason: String::new(),
        limit: None,
    }
}

fn template(id: &str, algorithm: &str) -> Template {
    Template {
        id: id.into(),
        use_cases: Vec::new(),
        algorithm: Algorithm::from_parameters(algorithm, &std::collections::BTreeMap::new()).unwrap(),
        projection: Projection::default(),
        reason: format!("{algorithm} answers it"),
    }
}

/// Two use cases share the first template; the second has one of its own.
fn plan() -> TemplatePlan {
    let assign = |use_case: &str, template: &str| Assignment {
        use_case: use_case.into(),
        pattern: "p".to_owned(),
        template: template.into(),
        unit: String::new(),
        threshold: None,
        from_brief: Vec::new(),
        unapplied: Vec::new(),
    };
    TemplatePlan {
        templates: vec![template("wcc-1", "wcc"), template("degree-2", "degree")],
        assignments: vec![
            assign("critical_points", "wcc-1"),
            assign("hubs", "wcc-1"),
            assign("hubs", "degree-2"),
        ],
        rejected: Vec::new(),
    }
}

fn execution(id: &str) -> Execution {
    Execution {
        template: id.into(),
        engine: "embedded".to_owned(),
        graph_hash: ContentHash::of(b"graph"),
        vertices: 302,
        edges: 812,
        exclusions: Vec::new(),
        conventions: Vec::new(),
        exactness: Exactness::Exact,
        summary: Vec::new(),
        tables: Vec::new(),
        estimate: Estimate {
            vertices: 302,
            edges: 812,
            memory_bytes: 1,
            operations: 1,
            time_ms: 1,
            cost_usd: 0.0,
            basis: String::new(),
        },
    }
}

fn report(use_case: &UseCase) -> Report {
    let claim = |text: &str| Claim {
        id: "critical_points.1.1".into(),
        text: text.to_owned(),
        facts: vec!["F1".into()],
        by_model: false,
    };
    let finding = Finding {
        id: "critical_points.1".into(),
        pattern: "p".to_owned(),
        template: "wcc-1".into(),
        title: "Cut points".to_owned(),
        headline: claim("{F1} stations cut others off."),
        claims: Vec::new(),
        so_what: None,
        severity: Severity::High,
        severity_reason: claim("Because."),
        action: None,
        detector: Detector::default(),
        evidence: Evidence::default(),
        instances: Vec::new(),
        alert: true,
        found: true,
        tags: Vec::new(),
        caveats: Vec::new(),
        chart: None,
        picture: None,
    };
    let fact = Fact {
        id: "F1".into(),
        name: "hits".to_owned(),
        value: FactValue::Integer(38),
        quantity: Quantity::Count,
        unit: String::new(),
        execution: Some("wcc-1".into()),
        derivation: Derivation::Summary {
            name: "hits".to_owned(),
        },
    };
    Report {
        graph: "london".to_owned(),
        brief: "Brief".to_owned(),
        vertical: "generic 1".to_owned(),
        use_case: use_case.clone(),
        findings: vec![finding],
        null_findings: Vec::new(),
        facts: vec![fact],
        templates: Vec::new(),
        executions: Vec::new(),
        failures: Vec::new(),
        verdict: Verdict {
            verified: 2,
            dropped: Vec::new(),
        },
        lineage: gaai::model::report::Lineage::default(),
    }
}

#[derive(Serialize)]
struct Briefs {
    documents: Vec<Document>,
    resolved: Resolved,
}

#[derive(Serialize)]
struct Resolved {
    vertical: Vertical,
}

/// Writes a run directory as a run would.
struct Recorder {
    directory: PathBuf,
    journal: Journal,
}

impl Recorder {
    fn new(directory: PathBuf, run: &str, started_ms: i64) -> Self {
        fs::create_dir_all(directory.join("artefacts")).unwrap();
        let now = AtomicI64::new(started_ms * 1000);
        let clock: Clock = Arc::new(move || now.fetch_add(1000, Ordering::Relaxed));
        let journal = Journal::create(&directory, Durability::None, clock).unwrap();
        let recorder = Self { directory, journal };
        recorder.say(Event::RunStarted {
            run: run.into(),
            version: "0.1.0".to_owned(),
            request: r#"{"name": "london"}"#.to_owned(),
            inputs: ContentHash::of(b"inputs"),
        });
        recorder
    }

    fn say(&self, event: Event) {
        self.journal.record(&event).unwrap();
    }

    fn begin(&self, task: &str, stage: Stage) -> TaskId {
        let task = TaskId::from(task);
        let after = Vec::new();
        self.say(Event::TaskQueued {
            task: task.clone(),
            stage,
            after,
        });
        self.say(Event::TaskStarted {
            task: task.clone(),
            attempt: 1,
        });
        task
    }

    fn finish<T: Serialize>(&self, task: &str, stage: Stage, output: &T) {
        let task = self.begin(task, stage);
        let bytes = serde_json::to_vec_pretty(output).unwrap();
        let artefact = ContentHash::of(&bytes);
        fs::write(
            self.directory.join("artefacts").join(format!("{artefact}.json")),
            bytes,
        )
        .unwrap();
        self.say(Event::TaskFinished {
            task,
            artefact,
            elapsed_us: 1500,
        });
    }

    fn plan(&self) {
        let briefs = Briefs {
            documents: vec![document()],
            resolved: Resolved {
                vertical: Vertical {
                    name: "generic".to_owned(),
                    version: 1,
                    ..Vertical::default()
                },
            },
        };
        self.finish("vertical", Stage::Vertical, &briefs);
        self.finish("requirements", Stage::Requirements, &requirements());
        let use_cases = [
            use_case("critical_points", 1, &["critical_points"]),
            use_case("hubs", 2, &[]),
        ];
        self.finish("use_cases", Stage::UseCases, &use_cases);
        self.finish("templates", Stage::Templates, &plan());
    }
}

/// One run of which a template failed, one that was killed while it ran the first.
fn write_output(output: &Path) {
    let run = Recorder::new(output.join("run-1"), "run-1", 1_700_000_000_000);
    run.plan();
    run.finish("execution:wcc-1", Stage::Execution, &execution("wcc-1"));
    let task = run.begin("execution:degree-2", Stage::Execution);
    run.say(Event::TaskFailed {
        task,
        attempt: 1,
        reason: "it needs 9 bytes and the budget is 1".to_owned(),
        elapsed_us: 10,
    });
    let task = TaskId::from("report:hubs");
    let (stage, after) = (Stage::Report, Vec::new());
    run.say(Event::TaskQueued {
        task: task.clone(),
        stage,
        after,
    });
    run.say(Event::TaskSkipped {
        task,
        reason: "upstreamFailed: `execution:degree-2` gave no result".to_owned(),
    });
    run.finish(
        "report:critical_points",
        Stage::Report,
        &report(&use_case("critical_points", 1, &[])),
    );
    run.say(Event::RunFinished {
        state: RunState::PartiallySucceeded,
    });

    let killed = Recorder::new(output.join("run-2"), "run-2", 1_700_000_060_000);
    killed.plan();
    killed.begin("execution:wcc-1", Stage::Execution);
}

/// Everything the catalog can be asked, as one text.
async fn answers(store: &dyn CatalogStore) -> String {
    let mut out = Vec::new();
    write_runs(&store.runs().await.unwrap(), &mut out).unwrap();
    write_json(&store.runs().await.unwrap(), &mut out).unwrap();
    for run in ["run-1", "run-2"] {
        let record = show(store, &RunId::from(run)).await.unwrap();
        write_show(&record, &mut out).unwrap();
        write_json(&record, &mut out).unwrap();
        for finding in &record.findings {
            let chain = lineage(&record, &finding.id).unwrap();
            write_lineage(&chain, &mut out).unwrap();
            write_json(&chain, &mut out).unwrap();
        }
    }
    String::from_utf8(out).unwrap()
}

#[tokio::test]
async fn a_deleted_catalog_is_rebuilt_to_the_same_answers() {
    let root = tempfile::tempdir().unwrap();
    let (output, file) = (root.path().join("output"), root.path().join("catalog.db"));
    write_output(&output);
    let live = SqlCatalog::open(&file).await.unwrap();
    for run in ["run-2", "run-1", "run-1"] {
        live.put(&of_directory(&output.join(run)).unwrap()).await.unwrap();
    }
    let before = answers(&live).await;
    drop(live);
    for name in ["catalog.db", "catalog.db-wal", "catalog.db-shm"] {
        // The last connection takes the other two along if it can.
        let _ = fs::remove_file(root.path().join(name));
    }
    let rebuilt = SqlCatalog::open(&file).await.unwrap();
    assert!(rebuilt.runs().await.unwrap().is_empty());
    let report = rebuild(&rebuilt, &output).await.unwrap();
    assert_eq!(report.recorded, [RunId::from("run-1"), RunId::from("run-2")]);
    assert_eq!(answers(&rebuilt).await, before);
}

#[tokio::test]
async fn failures_and_interruptions_are_kept() {
    let root = tempfile::tempdir().unwrap();
    write_output(root.path());
    let store = SqlCatalog::in_memory().await.unwrap();
    rebuild(&store, root.path()).await.unwrap();
    let first = show(&store, &"run-1".into()).await.unwrap();
    let statuses: Vec<_> = first.executions.iter().map(|it| it.outcome.status).collect();
    assert_eq!(statuses, [TaskStatus::Finished, TaskStatus::Failed]);
    assert_eq!(
        first.executions[1].outcome.reason,
        "it needs 9 bytes and the budget is 1"
    );
    assert_eq!(first.reports[1].outcome.status, TaskStatus::Skipped);
    assert_eq!(first.head.vertical, "generic 1");
    let second = show(&store, &"run-2".into()).await.unwrap();
    assert_eq!(second.head.state, None);
    assert_eq!(second.executions[0].outcome.status, TaskStatus::Interrupted);
    let lines = store.runs().await.unwrap();
    assert_eq!(
        (lines[1].executions, lines[1].unfinished, lines[1].findings),
        (2, 1, 1)
    );
}

#[tokio::test]
async fn a_finding_leads_back_to_the_passage_that_asked_for_it() {
    let root = tempfile::tempdir().unwrap();
    write_output(root.path());
    let record = of_directory(&root.path().join("run-1")).unwrap();
    let chain = lineage(&record, &"critical_points.1".into()).unwrap();
    let mut text = Vec::new();
    write_lineage(&chain, &mut text).unwrap();
    let text = String::from_utf8(text)
        .unwrap()
        .replace(&document().hash.0, "<hash>");
    insta::assert_snapshot!(text, @r"
    Finding critical_points.1 of run run-1
      38 stations cut others off.
      report      critical_points  finished in 1.5 ms, 2 claims verified, 0 dropped
      execution   wcc-1  finished in 1.5 ms, embedded engine, 302 vertices, 812 edges
      template    wcc-1  wcc answers it
      use case    critical_points  What about critical_points?
      requirement critical_points  Which stations cut others off when they close?
      passage     brief.md, line 3: Which stations cut others off when they close?
      document    D1  brief.md  sha256 <hash>
    ");
    let unknown = lineage(&record, &FindingId::from("x")).unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "there is no finding `x`; run run-1 has critical_points.1"
    );
}

#[tokio::test]
async fn the_runs_are_listed_with_their_states() {
    let root = tempfile::tempdir().unwrap();
    write_output(root.path());
    let store = SqlCatalog::in_memory().await.unwrap();
    rebuild(&store, root.path()).await.unwrap();
    let mut text = Vec::new();
    write_runs(&store.runs().await.unwrap(), &mut text).unwrap();
    insta::assert_snapshot!(String::from_utf8(text).unwrap(), @r"
    RUN    STARTED               STATE               EXECUTIONS  REPORTS  FINDINGS  GRAPH
    run-2  2023-11-14T22:14:20Z  interrupted                0/1        0         0  london
    run-1  2023-11-14T22:13:20Z  partiallySucceeded         1/2        1         1  london
    ");
}

/// Every edge joins things that the record has (passages aside, which stand in the citations).
#[test]
fn no_edge_hangs_in_the_air() {
    use gaai::model::catalog::NodeKind;
    let root = tempfile::tempdir().unwrap();
    write_output(root.path());
    let record = of_directory(&root.path().join("run-1")).unwrap();
    let exists = |node: &gaai::model::catalog::Node| match node.kind {
        NodeKind::Document => record.documents.iter().any(|it| it.id.0 == node.id),
        NodeKind::Passage => node.id == "D1#1",
        NodeKind::Requirement => record.requirements.iter().any(|it| it.id.0 == node.id),
        NodeKind::UseCase => record.use_cases.iter().any(|it| it.id.0 == node.id),
        NodeKind::Template => record.templates.iter().any(|it| it.id.0 == node.id),
        NodeKind::Execution => record.executions.iter().any(|it| it.template.0 == node.id),
        NodeKind::Report => record.reports.iter().any(|it| it.use_case.0 == node.id),
        NodeKind::Finding => record.findings.iter().any(|it| it.id.0 == node.id),
    };
    assert_eq!(record.edges.len(), 13);
    for edge in &record.edges {
        assert!(exists(&edge.from) && exists(&edge.to), "{edge:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_named_and_stops_nothing() {
    let root = tempfile::tempdir().unwrap();
    write_output(root.path());
    let broken = root.path().join("run-0");
    fs::create_dir(&broken).unwrap();
    fs::write(broken.join(JOURNAL), "{}\n{}\n").unwrap();
    let artefacts = fs::read_dir(root.path().join("run-1/artefacts")).unwrap();
    artefacts.for_each(|it| fs::write(it.unwrap().path(), b"altered").unwrap());
    let store = SqlCatalog::in_memory().await.unwrap();
    let rebuilt = rebuild(&store, root.path()).await.unwrap();
    assert_eq!(rebuilt.recorded.len(), 2);
    assert_eq!(rebuilt.refused.len(), 1);
    let record = show(&store, &"run-1".into()).await.unwrap();
    assert_eq!(record.gaps.len(), 6);
    assert!(record.gaps[0].contains("its content does not match its name"));
    // What the journal says is kept all the same.
    assert_eq!(record.executions.len(), 2);
    let missing = show(&store, &"nowhere".into()).await;
    assert!(matches!(missing, Err(CatalogError::Unknown { what: "run", .. })));
}
