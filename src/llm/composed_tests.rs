//! All layers around a model at once, in the order in which a run stacks them.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::scripted::{Scripted, says};
use super::*;
use crate::model::usage::Usage;

#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema, garde::Validate)]
struct Pick {
    #[garde(length(max = 80))]
    who: String,
}

const PRICE: Price = Price {
    prompt: 2.0,
    reply: 8.0,
};

/// A first model that is down, and a second that names nobody before it is shown the fault.
struct Run {
    second: Arc<Scripted>,
    ledger: Arc<Ledger>,
    model: Arc<dyn Model>,
}

fn names(salt: &str) -> Pseudonyms {
    Pseudonyms::for_values(["alice", "bob-17"], salt)
}

/// Recorder around the cache around redaction around fallback around budgets: cache and recordings hold
/// values, so that they serve a run with another salt too.
fn run(recordings: &Path, cache: &Path, salt: &str) -> Run {
    let down = Scripted::by("a/1", |_| {
        Err(LlmError::LeftAlone {
            host: "localhost".to_owned(),
            rest: Duration::from_secs(30),
        })
    });
    let own = names(salt).redact("bob-17");
    let second = Arc::new(Scripted::by("b/2", move |request| match request.messages.len() {
        2 => says("Nobody comes to mind."),
        _ => says(format!("```json\n{{\"who\": \"{own}\"}}\n```")),
    }));
    let budget = Budget {
        tokens: Some(10_000),
        usd: Some(1.0),
        time: None,
    };
    let ledger = Ledger::new(budget, Arc::new(|| Duration::ZERO));
    let within =
        |it: Arc<dyn Model>| -> Arc<dyn Model> { Arc::new(Budgeted::new(it, Some(PRICE), ledger.clone())) };
    let both = Fallback::new(
        within(Arc::new(down)),
        vec![within(second.clone())],
        Duration::from_secs(60),
    );
    let redacted = Redacted::new(Arc::new(both), Arc::new(names(salt)));
    let cached = Cached::new(Arc::new(redacted), cache);
    let model = Arc::new(Recorder::open(Arc::new(cached), recordings).unwrap());
    Run {
        second,
        ledger,
        model,
    }
}

async fn ask(model: &dyn Model) -> Answered<Pick> {
    let prompt = "---\nid = \"findings/pick\"\nversion = 1\noutput = \"Pick\"\nvariables = [\"people\"]\n---\nPick one.\n=== user\n{{people}}\n";
    let data = Data::list("people", [json!({"who": "alice"}), json!({"who": "bob-17"})], 500).unwrap();
    let rendered = Prompt::parse("pick.md", prompt)
        .unwrap()
        .render([("people", data.into())])
        .unwrap();
    let question = Question {
        narrow: vec![Narrow::Choices {
            pointer: "/properties/who".to_owned(),
            words: vec!["alice".to_owned(), "bob-17".to_owned()],
        }],
        role: Role::Findings,
        prompt: rendered.id,
        messages: rendered.messages,
        form: "pick",
        max_tokens: 300,
        most_tokens: 600,
        less: None,
        temperature: 0.0,
        seed: 0,
        check: None,
        told: None,
    };
    answer(model, &question, &Modes::default()).await.unwrap()
}

#[tokio::test]
async fn a_run_is_paid_for_once_and_replayed_without_a_model() {
    let (recordings, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = run(recordings.path(), cache.path(), "one");
    let answered = ask(first.model.as_ref()).await;
    assert_eq!(answered.value.who, "bob-17");
    let spent = first.ledger.spent();
    assert_eq!(spent.usage.tokens(), answered.effort.usage.tokens());
    assert!(spent.usd.unwrap() > 0.0);
    for request in first.second.asked() {
        assert_eq!(
            names("one").left_in(&serde_json::to_string(&request).unwrap()),
            Vec::<&str>::new()
        );
    }

    let replayer = Replayer::open("a/1", recordings.path()).unwrap();
    let replayed = ask(&replayer).await;
    assert_eq!(replayed.value, answered.value);
    assert_eq!(replayed.effort.steps, answered.effort.steps);
    assert_eq!(
        (replayed.effort.usage, replayed.effort.saved),
        (Usage::default(), answered.effort.usage)
    );

    let other = tempfile::tempdir().unwrap();
    let resumed = run(other.path(), cache.path(), "another");
    let again = ask(resumed.model.as_ref()).await;
    assert_eq!(again.value, answered.value);
    assert!(resumed.second.asked().is_empty());
    assert_eq!(resumed.ledger.spent().usage.tokens(), 0);
    assert_eq!(again.effort.saved.tokens(), answered.effort.usage.tokens());
    assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 2);
}
