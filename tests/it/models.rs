//! Runs with a model: what it writes well is printed, what it makes up is not, and a run never depends on it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use gaai::app::{self, Asked, Finished};
use gaai::llm::scripted::{Scripted, gives};
use gaai::llm::{LlmError, Model, Request};
use gaai::model::event::RunState;
use gaai::model::fact::Claim;
use gaai::model::report::RunReport;
use gaai::pipeline::{Effort, ModelRequest};

use super::model_case::Case;

/// Carries out a run of the fraud demo in `place` that asks `model`.
fn run(place: &Path, id: &str, model: Option<Arc<dyn Model>>, models: ModelRequest) -> Finished {
    let asked = Asked {
        graph: "demo:fraud".to_owned(),
        models,
        ..Asked::default()
    };
    carried_out(asked, place, id, model)
}

/// Carries out what is asked in `place` with `model`.
pub(super) fn carried_out(asked: Asked, place: &Path, id: &str, model: Option<Arc<dyn Model>>) -> Finished {
    let case = Case {
        asked,
        ..Case::new(place, id, model)
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(case.run())
}

pub(super) fn index(finished: &Finished) -> Arc<RunReport> {
    finished.end.as_ref().unwrap().index.clone().unwrap()
}

/// Every claim of all reports and of the summary.
pub(super) fn claims(index: &RunReport) -> Vec<Claim> {
    let mut all = Vec::new();
    for (_, report) in &index.reports {
        for finding in report.findings.iter().chain(&report.null_findings) {
            all.extend(gaai::agents::findings::claims(finding).cloned());
        }
    }
    all.extend(index.executive.iter().flat_map(|it| it.claims().cloned()));
    all
}

/// The list in the block `label` of a prompt.
pub(super) fn block(request: &Request, label: &str) -> Vec<Value> {
    let text: String = request.messages.iter().map(|it| it.text.as_str()).collect();
    list(&text, label)
}

/// The list in the block `label` of a text; none where there is no such block.
pub(super) fn list(text: &str, label: &str) -> Vec<Value> {
    let begin = format!("```json {label}");
    let Some((_, rest)) = text.split_once(&begin) else {
        return Vec::new();
    };
    let (_, rest) = rest.split_once('\n').unwrap();
    let (list, _) = rest.split_once("\n```").unwrap();
    serde_json::from_str(list).unwrap()
}

/// What the findings' sentences say already, in other words: what a competent model would do.
pub(super) fn reworded(sentence: &str) -> String {
    let mut words: Vec<String> = sentence.split(' ').map(str::to_owned).collect();
    for word in &mut words {
        *word = match word.as_str() {
            "within" => "in".to_owned(),
            "largest" => "biggest".to_owned(),
            other => other.to_owned(),
        };
    }
    words.join(" ")
}

/// Sentences for every finding that it is shown, made by `write` from a finding's sentences and citations.
fn writer(write: fn(&Value) -> Vec<String>) -> Arc<dyn Model> {
    Arc::new(Scripted::by("test/writer", move |request| {
        let answer = match request.prompt.split(' ').next().unwrap_or_default() {
            "findings/write" => {
                let findings = block(request, "findings");
                let prose = findings.iter().map(|it| {
                    json!({
                        "finding": it["finding"], "headline": "", "so_what": "", "action": "",
                        "claims": write(it).into_iter().take(4).collect::<Vec<String>>(),
                    })
                });
                json!({ "findings": prose.collect::<Vec<Value>>() })
            }
            "findings/mend" => {
                // It insists.
                let again = block(request, "rejected").into_iter();
                let again = again.map(|it| json!({ "place": it["place"], "text": it["text"] }));
                json!({ "sentences": again.collect::<Vec<Value>>() })
            }
            "summary/write" => {
                let findings = block(request, "findings");
                let sentences = findings.iter().flat_map(write).take(5).collect::<Vec<String>>();
                json!({ "sentences": sentences, "recommendations": [] })
            }
            other => {
                return Err(LlmError::Unusable {
                    reason: format!("nothing to say to {other}"),
                });
            }
        };
        gives(&answer)
    }))
}

#[test]
fn most_of_what_a_competent_model_writes_is_printed_and_all_of_it_is_verified() {
    let place = tempfile::tempdir().unwrap();
    let competent = writer(|finding| {
        let own = finding["sentences"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let headline = finding["headline"].as_str().map(str::to_owned);
        let cites = |it: &&str| it.contains("{F");
        own.iter()
            .filter_map(Value::as_str)
            .filter(cites)
            .map(reworded)
            .chain(headline)
            .collect()
    });
    let finished = run(
        place.path(),
        "competent",
        Some(competent),
        ModelRequest::default(),
    );
    assert_eq!(finished.state, RunState::Succeeded);
    let index = index(&finished);
    let by_model = claims(&index).iter().filter(|it| it.by_model).count();
    let dropped = index.verdict.dropped.len();
    assert!(by_model >= 12, "{by_model} of the model's claims");
    assert!(
        by_model * 5 >= (by_model + dropped) * 4,
        "{by_model} stand, {dropped} were dropped: {:#?}",
        index.verdict.dropped
    );
    assert!(index.executive.is_some());
    let verified = app::verify(&finished.directory).unwrap();
    assert!(verified.mismatches.is_empty(), "{verified:?}");
}

#[test]
fn no_planted_falsehood_is_printed() {
    let place = tempfile::tempdir().unwrap();
    let liar = writer(|finding| {
        let cite = |at: usize| finding["facts"][at]["cite"].as_str().unwrap_or("{F1}").to_owned();
        let (one, two) = (cite(0), cite(1));
        vec![
            format!("{one} of 1,234 accounts are planted."),
            format!("The ring of {{F999}} is planted by {one}."),
            format!("{one} is more than {two} times planted."),
            format!("Mallory planted {one} <img src=x onerror=alert(1)> in the data."),
        ]
    });
    let finished = run(place.path(), "liar", Some(liar), ModelRequest::default());
    assert_eq!(finished.state, RunState::Succeeded);
    let index = index(&finished);
    assert_eq!(claims(&index).iter().filter(|it| it.by_model).count(), 0);
    assert!(!index.verdict.dropped.is_empty());
    // Reasons name what was wrong; the sentences themselves are nowhere.
    for entry in std::fs::read_dir(finished.directory.join("reports")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!text.contains("planted") && !text.contains("onerror"), "{text}");
    }
}

#[test]
fn without_the_model_the_rules_answers_stand() {
    let place = tempfile::tempdir().unwrap();
    let silent: Arc<dyn Model> = Arc::new(Scripted::by("test/silent", |_| {
        Err(LlmError::Failed {
            host: "nowhere".to_owned(),
            status: 500,
            detail: "no".to_owned(),
        })
    }));
    let with = run(place.path(), "silent", Some(silent), ModelRequest::default());
    let without = run(place.path(), "none", None, ModelRequest::default());
    assert_eq!(with.state, RunState::Succeeded);
    assert_eq!(claims(&index(&with)), claims(&index(&without)));
    assert!(
        index(&with)
            .quality
            .iter()
            .any(|it| it.contains("what the rules give stands"))
    );
}

/// Names and bytes of a run's reports, the block of run facts aside.
pub(super) fn reports(finished: &Finished) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(finished.directory.join("reports")).unwrap() {
        let path = entry.unwrap().path();
        let format = gaai::report::Format::named(path.extension().unwrap().to_str().unwrap()).unwrap();
        let bytes = gaai::report::without_run_facts(&std::fs::read(&path).unwrap(), format);
        found.push((path.file_name().unwrap().into(), bytes));
    }
    found.sort();
    found
}

#[test]
fn a_recorded_run_is_replayed_to_the_same_bytes() {
    let place = tempfile::tempdir().unwrap();
    let tape = place.path().join("tape");
    let model = writer(|finding| {
        let own = finding["sentences"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        own.iter().filter_map(Value::as_str).map(reworded).collect()
    });
    let recorded = run(
        place.path(),
        "recorded",
        Some(model),
        ModelRequest {
            record: Some(tape.clone()),
            ..ModelRequest::default()
        },
    );
    let replay = |id: &str| {
        let models = ModelRequest {
            default: Some("custom/writer".to_owned()),
            replay: Some(tape.clone()),
            offline: true,
            ..ModelRequest::default()
        };
        run(place.path(), id, None, models)
    };
    let (first, second) = (replay("first"), replay("second"));
    assert_eq!(reports(&first), reports(&second));
    assert_eq!(claims(&index(&recorded)), claims(&index(&first)));
    // A tape of another run does not fit, and says so.
    for entry in std::fs::read_dir(&tape).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        if text.contains("summary/write") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let lacking = replay("lacking");
    assert_eq!(lacking.state, RunState::Failed);
    let reason = lacking.end.unwrap_err().to_string();
    assert!(reason.contains("no recording answers"), "{reason}");
}

#[test]
fn a_budget_stops_the_asking_and_not_the_report() {
    let place = tempfile::tempdir().unwrap();
    let model = writer(|_| Vec::new());
    let asked = Asked {
        graph: "demo:fraud".to_owned(),
        effort: Effort {
            budget_tokens: Some(5_000),
            ..Effort::default()
        },
        ..Asked::default()
    };
    let finished = carried_out(asked, place.path(), "budget", Some(model));
    assert_eq!(finished.state, RunState::Stopped);
    assert_eq!(reports(&finished).len(), 4 * (index(&finished).reports.len() + 1));
    assert!(index(&finished).quality.iter().any(|it| it.contains("budget")));
}

/// No server stands there, so that asking would fail.
#[test]
fn a_plan_tells_what_models_would_take_and_asks_nobody() {
    let place = tempfile::tempdir().unwrap();
    let words = ["plan", "--graph", "demo:fraud", "--model", "ollama/llama3.2"];
    let told = super::program::expect(place.path(), &words, 0);
    let line = |start: &str| told.lines().find(|it| it.starts_with(start)).map(str::to_owned);
    let findings = line("findings").unwrap();
    assert!(
        findings.contains("ollama/llama3.2") && findings.ends_with("$0.0000"),
        "{told}"
    );
    assert!(line("about ").unwrap().contains("tokens"), "{told}");
    let without = super::program::expect(place.path(), &["plan", "--graph", "demo:fraud"], 0);
    assert!(!without.contains("Model for"), "{without}");
}

#[test]
fn a_key_alone_asks_nobody_and_offline_refuses_to_ask() {
    let place = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| {
        let mut command = super::program::gaai(place.path(), words);
        let command = command
            .env("OPENAI_API_KEY", "sk-x")
            .env("LLM_MODEL", "openai/gpt-4o-mini");
        let output = command.output().unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (code, _) = run(&["run", "--graph", "demo:fraud", "--run-id", "a"]);
    assert_eq!(code, Some(0));
    let journal = std::fs::read_to_string(place.path().join("output/a/journal.jsonl")).unwrap();
    assert!(!journal.contains("model_called") && !journal.contains("sk-x"));
    let (code, told) = run(&["run", "--graph", "demo:fraud", "--model", "env", "--offline"]);
    assert_eq!(code, Some(2));
    assert!(told.contains("--offline opens no socket"), "{told}");
    let (code, told) = run(&["run", "--graph", "demo:fraud", "--model", "opnai/gpt-4o"]);
    assert_eq!(code, Some(2));
    assert!(told.contains("openai"), "{told}");
}
