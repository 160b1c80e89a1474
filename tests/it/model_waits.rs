//! Reports that wait for a model wait together, however few executions may run at once.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::Barrier;

use gaai::app::Asked;
use gaai::llm::scripted::{Scripted, gives};
use gaai::llm::{LlmError, Model, Reply, Request, Role};
use gaai::model::event::RunState;
use gaai::pipeline::Effort;

use super::models::carried_out;

/// Reports of the fraud demo.
const REPORTS: usize = 5;

/// Answers findings only when all reports of the run ask, and everything with nothing to add.
struct Together {
    all: Barrier,
    silent: Scripted,
}

impl Model for Together {
    fn name(&self) -> &str {
        "test/together"
    }

    fn ask<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, LlmError>> {
        async move {
            if request.role == Role::Findings {
                self.all.wait().await;
            }
            self.silent.ask(request).await
        }
        .boxed()
    }
}

#[test]
fn reports_ask_together_where_one_execution_runs_at_a_time() {
    let place = tempfile::tempdir().unwrap();
    let model = Together {
        all: Barrier::new(REPORTS),
        silent: Scripted::by("test/silent", |_| gives(&serde_json::json!({ "findings": [] }))),
    };
    let asked = Asked {
        graph: "demo:fraud".to_owned(),
        effort: Effort {
            max_executions: Some(1),
            // Reports that waited for each other would wait for ever.
            timeout_ms: Some(60_000),
            ..Effort::default()
        },
        ..Asked::default()
    };
    let finished = carried_out(asked, place.path(), "together", Some(Arc::new(model)));
    assert_eq!(finished.state, RunState::Succeeded);
}
