//! Free prose about real findings: what a competent writer says is printed, what a liar says is not.
//!
//! The sentences in `tests/llm/prose` are about the fraud demo and the London Underground. `competent.json` holds what two
//! writers made of the prompts without having seen a verdict; `falsehoods.json` what a third one made up, each with why it
//! is false; `close_falsehoods.json` what a fourth one made up from the words of true sentences alone.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use gaai::app::{self, Asked};
use gaai::llm::scripted::{Scripted, gives};
use gaai::llm::{LlmError, Model};
use gaai::model::fact::Claim;

use super::models::{block, carried_out, claims, index};

/// Claims of one finding at most in one answer.
const MOST: usize = 4;

/// What became of sentences: those of the model that were printed, and how many were not.
struct Told {
    printed: Vec<Claim>,
    dropped: usize,
}

/// A run about `graph` whose model writes `answer` about each finding that it is shown, and `summary`.
fn told(graph: &str, findings: &[Value], summary: &Value) -> Told {
    let place = tempfile::tempdir().unwrap();
    let mut asked = Asked {
        graph: "demo:fraud".to_owned(),
        ..Asked::default()
    };
    if graph == "london" {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/london");
        asked.graph = data.to_str().unwrap().to_owned();
        asked.documents = vec![data.join("brief.md")];
    }
    let finished = carried_out(
        asked,
        place.path(),
        graph,
        Some(writer(findings.to_vec(), summary.clone())),
    );
    let index = index(&finished);
    let verified = app::verify(&finished.directory).unwrap();
    assert!(verified.mismatches.is_empty(), "{verified:?}");
    Told {
        printed: claims(&index).into_iter().filter(|it| it.by_model).collect(),
        dropped: index.verdict.dropped.len(),
    }
}

/// It writes what it is given and insists when it is asked again.
fn writer(findings: Vec<Value>, summary: Value) -> Arc<dyn Model> {
    Arc::new(Scripted::by("test/writer", move |request| {
        let answer = match request.prompt.split(' ').next().unwrap_or_default() {
            "findings/write" => {
                let shown = block(request, "findings");
                let is_shown = |it: &&Value| shown.iter().any(|shown| shown["finding"] == it["finding"]);
                json!({ "findings": findings.iter().filter(is_shown).collect::<Vec<&Value>>() })
            }
            "findings/mend" => {
                let again = block(request, "rejected").into_iter();
                let again = again.map(|it| json!({ "place": it["place"], "text": it["text"] }));
                json!({ "sentences": again.collect::<Vec<Value>>() })
            }
            "summary/write" => summary.clone(),
            other => {
                return Err(LlmError::Unusable {
                    reason: format!("nothing to say to {other}"),
                });
            }
        };
        gives(&answer)
    }))
}

fn sentences(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/llm/prose")
        .join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn four_of_five_sentences_of_competent_writers_are_printed() {
    let (mut printed, mut dropped) = (0, 0);
    for writer in sentences("competent.json").as_array().unwrap() {
        for graph in ["fraud", "london"] {
            let own = &writer[graph];
            let told = told(graph, own["findings"].as_array().unwrap(), &own["summary"]);
            printed += told.printed.len();
            dropped += told.dropped;
        }
    }
    assert!(printed + dropped >= 120, "{printed} and {dropped}");
    assert!(printed >= 4 * dropped, "{printed} are printed, {dropped} are not");
}

/// The falsehoods in `name` that are printed, of how many.
fn believed(name: &str) -> (Vec<String>, usize) {
    let all = sentences(name);
    let (mut printed, mut of) = (Vec::new(), 0);
    for graph in ["fraud", "london"] {
        let lies = all[graph].as_object().unwrap();
        let text = |it: &Value| it[0].as_str().unwrap().to_owned();
        let most = lies
            .values()
            .map(|it| it.as_array().unwrap().len())
            .max()
            .unwrap();
        for batch in 0..most.div_ceil(MOST) {
            let some = |it: &Value| -> Vec<String> {
                it.as_array()
                    .unwrap()
                    .iter()
                    .skip(batch * MOST)
                    .take(MOST)
                    .map(text)
                    .collect()
            };
            let findings: Vec<Value> = lies
                .iter()
                .filter(|it| it.0 != "summary")
                .map(|(finding, it)| {
                    json!({ "finding": finding, "headline": "", "claims": some(it), "so_what": "", "action": "" })
                })
                .collect();
            let summary = json!({ "sentences": some(&all[graph]["summary"]), "recommendations": [] });
            let told = told(graph, &findings, &summary);
            of += told.printed.len() + told.dropped;
            printed.extend(
                told.printed
                    .into_iter()
                    .map(|it| format!("{graph} {}: {}", it.id, it.text)),
            );
        }
    }
    (printed, of)
}

#[test]
fn no_planted_falsehood_about_real_findings_is_printed() {
    let (printed, of) = believed("falsehoods.json");
    assert!(of >= 150, "{of}");
    assert_eq!(printed, [""; 0]);
}

/// What is said in the words of true sentences alone can still mislead. This is the bound that docs/models.md tells.
#[test]
fn of_falsehoods_in_the_words_of_true_sentences_most_are_caught() {
    let (printed, of) = believed("close_falsehoods.json");
    assert!(of >= 120, "{of}");
    assert!(printed.len() <= 29, "{printed:#?}");
}
