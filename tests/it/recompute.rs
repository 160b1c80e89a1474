//! A script that shares no code with gaai computes the facts of a run again.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use gaai::algorithms::{Algorithm, Control, Quantity};
use gaai::engine::{Cpu, Embedded, Engine, EngineOptions, FactContext, ResultTables, evaluate};
use gaai::graph::{Direction, ProjectionRules};
use gaai::model::{
    execution::Execution,
    fact::{Derivation, Fact, FactValue},
    schema::Census,
    template::{Projection, Template},
};
use gaai::source::FileSource;

use super::peers::python;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn template(id: &str, algorithm: &str, parameters: serde_json::Value) -> Template {
    let parameters = serde_json::from_value(parameters).unwrap();
    Template {
        id: id.into(),
        use_cases: Vec::new(),
        algorithm: Algorithm::from_parameters(algorithm, &parameters).unwrap(),
        projection: Projection {
            vertices: vec!["stations".to_owned()],
            edges: vec!["connections".to_owned()],
            rules: ProjectionRules {
                direction: Direction::Undirected,
                ..ProjectionRules::default()
            },
            weight: Some("minutes".to_owned()),
            attributes: vec!["zone".to_owned()],
            ..Projection::default()
        },
        reason: String::new(),
    }
}

/// Facts of every kind that reads tables; `{"table": "vertices"}` is put in where none is named.
const FACTS: [(&str, &str); 30] = [
    (
        "betweenness-1",
        r#"{"rows": {"filter": [{"column": "betweenness", "above": 0}]}}"#,
    ),
    (
        "betweenness-1",
        r#"{"rows": {"filter": [{"column": "betweenness", "at_least_quantile": 0.95}]}}"#,
    ),
    (
        "betweenness-1",
        r#"{"rows": {"filter": [{"column": "betweenness", "at_least_medians": 4}]}}"#,
    ),
    (
        "betweenness-1",
        r#"{"rows": {"filter": [{"column": "@zone", "equals": "2"}]}}"#,
    ),
    (
        "betweenness-1",
        r#"{"rows": {"filter": [{"column": "@zone", "differs": "2"}, {"column": "label", "differs": "Bank"}]}}"#,
    ),
    (
        "betweenness-1",
        r#"{"aggregate": {"column": "betweenness", "measure": "sum"}}"#,
    ),
    (
        "betweenness-1",
        r#"{"aggregate": {"column": "betweenness", "measure": "mean"}}"#,
    ),
    (
        "betweenness-1",
        r#"{"aggregate": {"column": "betweenness", "measure": {"quantile": 0.9}}}"#,
    ),
    (
        "betweenness-1",
        r#"{"aggregate": {"column": "betweenness", "measure": "gini"}}"#,
    ),
    (
        "betweenness-1",
        r#"{"aggregate": {"column": "betweenness", "measure": "hhi"}}"#,
    ),
    (
        "betweenness-1",
        r#"{"aggregate": {"column": "betweenness", "measure": {"top_share": 10}}}"#,
    ),
    (
        "betweenness-1",
        r#"{"aggregate": {"column": "@zone", "measure": "distinct"}}"#,
    ),
    (
        "betweenness-1",
        r#"{"nth": {"order_by": "betweenness", "nth": 1, "column": "label"}}"#,
    ),
    (
        "betweenness-1",
        r#"{"nth": {"order_by": "betweenness", "nth": 3, "column": "betweenness"}}"#,
    ),
    (
        "betweenness-1",
        r#"{"nth": {"order_by": "betweenness", "nth": 7, "column": "key", "descending": false}}"#,
    ),
    (
        "betweenness-1",
        r#"{"top": {"order_by": "betweenness", "count": 10, "column": "label"}}"#,
    ),
    (
        "betweenness-1",
        r#"{"top": {"order_by": "label", "count": 5, "column": "betweenness", "descending": false}}"#,
    ),
    ("betweenness-1", r#"{"groups": {"by": "@zone", "min_rows": 20}}"#),
    (
        "betweenness-1",
        r#"{"nth_group": {"by": "@zone", "nth": 2, "want": "name"}}"#,
    ),
    (
        "betweenness-1",
        r#"{"nth_group": {"by": "@zone", "nth": 1, "want": "size", "sum": "betweenness"}}"#,
    ),
    (
        "betweenness-1",
        r#"{"ratio": {"numerator": "F1", "denominator": "F2"}}"#,
    ),
    (
        "degree-1",
        r#"{"aggregate": {"column": "degree", "measure": "max"}}"#,
    ),
    (
        "degree-1",
        r#"{"aggregate": {"column": "degree", "measure": "min"}}"#,
    ),
    (
        "degree-1",
        r#"{"aggregate": {"column": "degree", "measure": {"quantile": 0.5}}}"#,
    ),
    (
        "degree-1",
        r#"{"top": {"order_by": "degree", "count": 6, "column": "label", "filter": [{"column": "degree", "at_most": 5}]}}"#,
    ),
    (
        "degree-1",
        r#"{"nth_group": {"by": "degree", "nth": 1, "want": "size"}}"#,
    ),
    ("wcc-1", r#"{"groups": {"by": "component"}}"#),
    (
        "wcc-1",
        r#"{"nth_group": {"by": "component", "nth": 1, "want": "label"}}"#,
    ),
    (
        "wcc-1",
        r#"{"nth_group": {"by": "component", "nth": 1, "want": "members", "filter": [{"column": "@zone", "equals": "6"}]}}"#,
    ),
    ("wcc-1", r#"{"summary": {"name": "components"}}"#),
];

fn derivation(json: &str) -> Derivation {
    let mut json: serde_json::Value = serde_json::from_str(json).unwrap();
    let (kind, want) = json.as_object_mut().unwrap().iter_mut().next().unwrap();
    if !matches!(kind.as_str(), "ratio" | "summary") {
        want["table"] = "vertices".into();
    }
    serde_json::from_value(json).unwrap()
}

fn facts(run: &Path, executions: &[Execution]) -> Vec<Fact> {
    let mut known = BTreeMap::new();
    let mut facts = Vec::new();
    for (number, (template, json)) in FACTS.iter().enumerate() {
        let execution = executions.iter().find(|it| it.template.0 == *template).unwrap();
        let tables = ResultTables::open(run, execution).unwrap();
        let derivation = derivation(json);
        let context = FactContext {
            tables: Some(&tables),
            census: &Census::default(),
            known: &known,
        };
        let value = evaluate(&derivation, &context).unwrap();
        let id = format!("F{}", number + 1);
        known.insert(id.clone(), value.clone());
        facts.push(Fact {
            id: id.as_str().into(),
            name: format!("fact {}", number + 1),
            value,
            quantity: Quantity::Score,
            unit: String::new(),
            execution: Some(execution.template.clone()),
            derivation,
        });
    }
    facts
}

/// Whether the script agrees with the facts, and what it printed.
fn agrees(python: &Path, run: &Path, facts: &[Fact], executions: &[Execution]) -> (bool, String) {
    let report = run.join("report.json");
    let json = serde_json::json!({"report": {"facts": facts, "executions": executions}});
    std::fs::write(&report, json.to_string()).unwrap();
    let output = Command::new(python)
        .arg(Path::new(ROOT).join("tests/recompute.py"))
        .args([run, &report])
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

#[tokio::test]
async fn a_script_of_its_own_computes_the_same_facts() {
    let Some(python) = python() else { return };
    let directory = tempfile::tempdir().unwrap();
    let run = directory.path();
    let source = FileSource::open(&Path::new(ROOT).join("tests/data/london"), "london").unwrap();
    let engine = Embedded::new(Arc::new(source), Cpu::new(2).unwrap(), EngineOptions::default());
    let templates = [
        template(
            "betweenness-1",
            "betweenness",
            serde_json::json!({"weighted": true}),
        ),
        template("degree-1", "degree", serde_json::json!({})),
        template("wcc-1", "wcc", serde_json::json!({})),
    ];
    let mut executions = Vec::new();
    for template in &templates {
        executions.push(engine.execute(template, run, &Control::default()).await.unwrap());
    }
    let facts = facts(run, &executions);
    let (agreed, text) = agrees(&python, run, &facts, &executions);
    assert!(
        agreed && text.contains("30 of 30 facts computed again, 0 differ"),
        "{text}"
    );
    // The script must be able to disagree: each fact in turn is told wrong.
    for at in [0, 5, 12, 15, 29] {
        let mut wrong = facts.clone();
        wrong[at].value = match &facts[at].value {
            FactValue::Integer(value) => FactValue::Integer(value + 1),
            FactValue::Number(value) => FactValue::Number(value * 1.001),
            FactValue::Text(_) | FactValue::List(_) => FactValue::Text("Nowhere".to_owned()),
        };
        let (agreed, text) = agrees(&python, run, &wrong, &executions);
        assert!(!agreed && text.contains(&format!("F{} ", at + 1)), "{text}");
    }
}
