//! How a run with a model lives: stopped by its budget and taken up again, interrupted, its first model down, its
//! data kept from the model.

use std::collections::BTreeSet;
use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, pending};
use serde_json::{Value, json};
use tokio::sync::Notify;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use gaai::app::Finished;
use gaai::llm::scripted::{Scripted, gives};
use gaai::llm::{LlmError, Model, Pseudonyms, Reply, Request, request_hash};
use gaai::model::event::{AskingStep, Event, RunState};
use gaai::pipeline::ModelRequest;

use super::model_case::Case;
use super::models::{block, claims, index, reports, reworded};
use super::program::gaai;

/// What happened in a run.
fn events(finished: &Finished) -> Vec<Event> {
    let records = gaai::trace::read(&finished.directory).unwrap();
    records.into_iter().map(|it| it.event).collect()
}

/// Sentences of a finding that a competent model would write.
fn sentences(finding: &Value) -> Vec<String> {
    let own = finding["sentences"].as_array().into_iter().flatten();
    let own = own.filter_map(Value::as_str).filter(|it| it.contains("{F"));
    own.map(reworded).take(4).collect()
}

fn prose(findings: &[Value]) -> Value {
    let prose = findings.iter().map(|it| {
        json!({ "finding": it["finding"], "headline": "", "so_what": "", "action": "", "claims": sentences(it) })
    });
    json!({ "findings": prose.collect::<Vec<Value>>() })
}

/// Writes findings and summary, and has nothing to say to other stages.
fn writer() -> Arc<Scripted> {
    Arc::new(Scripted::by("test/writer", |request| {
        match request.prompt.split(' ').next().unwrap_or_default() {
            "findings/write" => gives(&prose(&block(request, "findings"))),
            "findings/mend" => gives(&json!({ "sentences": [] })),
            "summary/write" => {
                let findings = block(request, "findings");
                let sentences: Vec<String> = findings.iter().flat_map(sentences).take(5).collect();
                gives(&json!({ "sentences": sentences, "recommendations": [] }))
            }
            other => Err(LlmError::TooLong {
                detail: other.to_owned(),
            }),
        }
    }))
}

/// Names of the requests that were asked about reports and summary.
fn asked(model: &Scripted) -> BTreeSet<String> {
    let asked = model.asked().into_iter();
    let asked = asked.filter(|it| it.prompt.starts_with("findings") || it.prompt.starts_with("summary"));
    asked.map(|it| request_hash(&it).0).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_its_budget_stopped_goes_on_with_a_larger_one_and_pays_for_nothing_twice() {
    let (place, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let undisturbed = writer();
    let whole = Case::new(other.path(), "whole", Some(undisturbed.clone()))
        .run()
        .await;
    assert_eq!(whole.state, RunState::Succeeded);
    let half = Some(whole.summary.model.tokens / 2);

    let first = writer();
    let stopped = Case::new(place.path(), "r", Some(first.clone())).within(half);
    let stopped = stopped.run().await;
    assert_eq!(stopped.state, RunState::Stopped);
    assert!(stopped.may_resume);
    let page = std::fs::read_to_string(stopped.directory.join("reports/index.md")).unwrap();
    assert!(
        page.contains("requests refused") && page.contains("(estimated "),
        "{page}"
    );
    assert!(!asked(&first).is_empty() && asked(&first).len() < asked(&undisturbed).len());
    let paid = stopped.summary.model.tokens;
    assert!(paid > 0 && Some(paid) <= half);

    let none = writer();
    let again = Case::new(place.path(), "r", Some(none.clone())).within(half);
    let again = again.resume().await;
    assert_eq!(again.state, RunState::Stopped);
    assert!(none.asked().is_empty());
    assert_eq!(again.summary.model.tokens, paid);
    assert_eq!(reports(&again), reports(&stopped));

    let second = writer();
    let more = Case::new(place.path(), "r", Some(second.clone())).within(Some(1_000_000));
    let more = more.resume().await;
    assert_eq!(more.state, RunState::Succeeded);
    assert!(asked(&first).is_disjoint(&asked(&second)));
    // The summary that was asked for over fewer sentences is asked for anew, over all of them.
    let both: BTreeSet<String> = asked(&first).union(&asked(&second)).cloned().collect();
    assert!(both.is_superset(&asked(&undisturbed)));
    assert_eq!(claims(&index(&more)), claims(&index(&whole)));
    assert!(!index(&more).quality.iter().any(|it| it.contains("budget")));
}

/// Tells that it was asked, and never answers.
#[derive(Default)]
struct Mute(Notify);

impl Model for Mute {
    fn name(&self) -> &'static str {
        "test/mute"
    }

    fn ask<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Result<Reply, LlmError>> {
        self.0.notify_one();
        pending().boxed()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_cancelled_while_a_model_thinks_ends_and_asks_again_when_it_is_taken_up() {
    let (place, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mute = Arc::new(Mute::default());
    let case = Case::new(place.path(), "r", Some(mute.clone())).within(None);
    let cancel = case.cancel.clone();
    let cancelled = async {
        mute.0.notified().await;
        cancel.cancel();
    };
    let (finished, ()) = futures_util::future::join(case.run(), cancelled).await;
    assert_eq!(finished.state, RunState::Cancelled);
    assert!(finished.may_resume);
    // The provider may have charged what was under way.
    assert!(finished.summary.model.failed > 0 && finished.summary.model.tokens > 0);

    let model = writer();
    let resumed = Case::new(place.path(), "r", Some(model.clone())).within(None);
    let resumed = resumed.resume().await;
    assert_eq!(resumed.state, RunState::Succeeded);
    let whole = Case::new(other.path(), "r", Some(writer())).run().await;
    assert_eq!(reports(&resumed), reports(&whole));
}

/// A server that takes requests and never answers, and a run that asks it.
fn asking_the_mute(place: &Path) -> (TcpListener, Command) {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", server.local_addr().unwrap());
    let words = [
        "run",
        "--graph",
        "demo:fraud",
        "--model",
        "custom/mute",
        "--model-url",
    ];
    let mut command = gaai(place, &words);
    command.arg(url);
    (server, command)
}

#[cfg(unix)]
#[test]
fn the_program_ends_when_it_is_interrupted_while_a_model_thinks() {
    let place = tempfile::tempdir().unwrap();
    let (server, mut command) = asking_the_mute(place.path());
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let interrupting = format!("kill -INT {}", child.id());
    let interrupted = std::thread::spawn(move || {
        let (mut request, _) = server.accept().unwrap();
        request.read_exact(&mut [0; 10]).unwrap();
        let told = Command::new("sh").args(["-c", &interrupting]).status().unwrap();
        (told.success(), request)
    });
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(interrupted.join().unwrap().0);
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(told.contains("gaai resume"), "{told}");
}

#[test]
fn a_model_that_does_not_answer_in_time_costs_its_sentences_and_nothing_else() {
    let place = tempfile::tempdir().unwrap();
    let (_server, mut command) = asking_the_mute(place.path());
    let output = command
        .args(["--run-id", "r"])
        .env("LLM_TIMEOUT", "0.05")
        .env("LLM_MAX_RETRIES", "0")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let index = std::fs::read_to_string(place.path().join("output/r/reports/index.md")).unwrap();
    assert!(index.contains("what the rules give stands"), "{index}");
    let trace = std::fs::read_to_string(place.path().join("output/r/trace/trace.md")).unwrap();
    assert!(trace.contains("custom/mute did not answer"), "{trace}");
}

/// Nobody listens there: a request that was sent would fail in another way.
#[test]
fn budgets_are_given_anew_on_the_command_line_that_takes_a_run_up() {
    let place = tempfile::tempdir().unwrap();
    let told = |words: &[&str]| {
        let output = gaai(place.path(), words).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{words:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let refusals = || {
        let page = std::fs::read_to_string(place.path().join("output/r/reports/index.md")).unwrap();
        let noted = page
            .lines()
            .filter(|it| it.contains("the budget does not allow it"));
        noted.collect::<Vec<&str>>().join("\n")
    };
    let model = ["--model", "custom/m", "--model-url", "http://127.0.0.1:1/v1"];
    let run = [
        "run",
        "--graph",
        "demo:fraud",
        "--run-id",
        "r",
        "--budget-tokens",
        "1",
    ];
    let advice = told(&[&run[..], &model[..]].concat());
    assert!(advice.contains("gaai resume r with a larger limit"), "{advice}");
    assert!(refusals().contains("more than is left of 1)"), "{}", refusals());
    told(&["resume", "r", "--budget-tokens", "2"]);
    assert!(refusals().contains("more than is left of 2)"), "{}", refusals());
    // What is not said stays as it was.
    told(&["resume", "r"]);
    assert!(refusals().contains("more than is left of 2)"), "{}", refusals());
    told(&["resume", "r", "--budget-tokens", "1000000", "--budget-usd", "2"]);
    assert!(
        refusals().contains("the price of custom/m is not known"),
        "{}",
        refusals()
    );
}

#[test]
fn the_environment_names_the_model_of_one_role_too() {
    let place = tempfile::tempdir().unwrap();
    let words = ["plan", "--graph", "demo:fraud", "--model", "findings=env"];
    let output = gaai(place.path(), &words)
        .env("LLM_MODEL", "ollama/llama3.2")
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        told.lines()
            .any(|it| it.starts_with("findings") && it.contains("ollama/llama3.2")),
        "{told}"
    );
}

/// A server of the chat completion protocol that writes findings.
async fn server() -> MockServer {
    let server = MockServer::start().await;
    let answer = |received: &wiremock::Request| {
        let body: Value = received.body_json().unwrap();
        let text: String = body["messages"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|it| it["content"].as_str())
            .collect();
        let answer = match super::models::list(&text, "findings") {
            findings if body.to_string().contains("so_what") => prose(&findings),
            _ => json!({}),
        };
        ResponseTemplate::new(200).set_body_json(json!({
            "model": "up-1",
            "choices": [{
                "message": { "role": "assistant", "content": answer.to_string() },
                "finish_reason": "stop",
            }],
            "usage": { "prompt_tokens": 70, "completion_tokens": 30 },
        }))
    };
    Mock::given(method("POST"))
        .and(path("/v1/chat/completions"))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_model_answers_where_the_first_is_down_and_the_journal_says_who() {
    let place = tempfile::tempdir().unwrap();
    let server = server().await;
    // Bound and left: nobody listens there any more.
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let variables = [
        ("LLM_MAX_RETRIES", "0".to_owned()),
        ("LLM_TEMPERATURE", "0.7".to_owned()),
        ("OLLAMA_BASE_URL", format!("{}/v1", server.uri())),
    ];
    let mut case = Case::new(place.path(), "first", None);
    case.keys.variables = variables.into_iter().map(|it| (it.0.to_owned(), it.1)).collect();
    case.asked.models = ModelRequest {
        default: Some("custom/down".to_owned()),
        base_url: Some(format!("http://{nowhere}/v1")),
        fallbacks: vec!["ollama/up".to_owned()],
        record: Some(place.path().join("tape")),
        ..ModelRequest::default()
    };
    let finished = case.run().await;
    assert_eq!(finished.state, RunState::Succeeded);
    assert!(claims(&index(&finished)).iter().any(|it| it.by_model));
    let page = std::fs::read_to_string(finished.directory.join("reports/index.md")).unwrap();
    assert!(
        page.contains("LLM_TEMPERATURE=0.7") && page.contains("cost unknown)"),
        "{page}"
    );
    let told = events(&finished);
    assert!(told.iter().any(
        |it| matches!(it, Event::ModelSwitched { from, to, reason: Some(_), .. }
        if from == "custom/down" && to == "ollama/up")
    ));
    assert!(
        told.iter().any(
            |it| matches!(it, Event::ModelFailed { model, withheld: false, .. } if model == "custom/down")
        )
    );
    let taken = |wanted: AskingStep| {
        told.iter()
            .any(|it| matches!(it, Event::ModelStepped { step, details, .. } if *step == wanted && !details.is_empty()))
    };
    for step in [AskingStep::Asked, AskingStep::AskedAgain, AskingStep::GaveUp] {
        assert!(taken(step), "{step:?}");
    }
    let answered = |events: &[Event]| -> BTreeSet<String> {
        let names = events.iter().filter_map(|it| match it {
            Event::ModelCalled { model, .. } => Some(model.clone()),
            _ => None,
        });
        names.collect()
    };
    assert_eq!(answered(&told), BTreeSet::from(["ollama/up".to_owned()]));

    let mut again = Case::new(place.path(), "again", None);
    again.asked.models = ModelRequest {
        default: Some("custom/down".to_owned()),
        replay: Some(place.path().join("tape")),
        offline: true,
        ..ModelRequest::default()
    };
    let again = again.run().await;
    assert_eq!(answered(&events(&again)), answered(&told));
    assert_eq!(claims(&index(&again)), claims(&index(&finished)));
}

/// Names that stand for values in what a model was asked.
fn pseudonyms(model: &Scripted) -> BTreeSet<String> {
    let text = serde_json::to_string(&model.asked()).unwrap();
    let names = text.match_indices("name_").map(|(at, _)| {
        let rest = text[at..].chars();
        rest.take_while(|it| it.is_ascii_alphanumeric() || *it == '_')
            .collect()
    });
    names.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_redact_the_model_sees_no_name_of_the_data_and_the_report_has_them() {
    let place = tempfile::tempdir().unwrap();
    let redacted = |id: &'static str, model: &Arc<Scripted>| {
        let mut case = Case::new(place.path(), id, Some(model.clone()));
        case.asked.models.redact = true;
        case
    };
    let model = writer();
    let finished = redacted("all", &model).run().await;
    assert_eq!(finished.state, RunState::Succeeded);
    let index = index(&finished);
    let facts = index.reports.iter().flat_map(|(_, it)| &it.facts);
    let names: Vec<String> = facts.flat_map(|it| it.value.names().to_vec()).collect();
    let known = Pseudonyms::for_values(&names, "any");
    assert!(!asked(&model).is_empty());
    for request in model.asked() {
        let blocks = serde_json::to_string(&request.messages).unwrap();
        assert_eq!(known.left_in(&blocks), Vec::<&str>::new(), "{}", request.prompt);
    }
    let by_model: Vec<_> = claims(&index).into_iter().filter(|it| it.by_model).collect();
    assert!(!by_model.is_empty());
    let page = std::fs::read_to_string(finished.directory.join("reports/index.md")).unwrap();
    assert!(!known.left_in(&page).is_empty());
    assert!(!page.contains("name_"), "{page}");

    // Another run on the same data knows the same names by the same pseudonyms.
    let other = writer();
    let mut fewer = redacted("fewer", &other);
    fewer.asked.max_templates = Some(2);
    fewer.run().await;
    assert!(!pseudonyms(&other).is_empty());
    assert!(pseudonyms(&other).is_subset(&pseudonyms(&model)));
}
