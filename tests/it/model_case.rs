//! A run with a model of the test's own, begun or taken up as a face does it.

use std::path::Path;
use std::sync::Arc;

use gaai::app::{self, Asked, Begin, Face, Finished, ModelKeys, TraceExport};
use gaai::config::Project;
use gaai::flow::Cancel;
use gaai::llm::Model;
use gaai::model::id::RunId;

/// What a run in `place` is made with.
pub(super) struct Case<'a> {
    pub(super) place: &'a Path,
    pub(super) id: &'a str,
    pub(super) keys: ModelKeys,
    pub(super) asked: Asked,
    pub(super) cancel: Cancel,
}

impl<'a> Case<'a> {
    pub(super) fn new(place: &'a Path, id: &'a str, model: Option<Arc<dyn Model>>) -> Self {
        Self {
            place,
            id,
            keys: ModelKeys {
                model,
                ..ModelKeys::default()
            },
            asked: Asked {
                graph: "demo:fraud".to_owned(),
                ..Asked::default()
            },
            cancel: Cancel::default(),
        }
    }

    /// With so many tokens to spend, and replies kept in the place.
    pub(super) fn within(mut self, tokens: Option<u64>) -> Self {
        self.asked.effort.budget_tokens = tokens;
        self.asked.effort.cache = Some(self.place.join("cache"));
        self
    }

    fn face(&self) -> Face {
        Face {
            clock: Arc::new(|| 1_700_000_000_000_000),
            observers: Vec::new(),
            cancel: self.cancel.clone(),
            approve: None,
            models: self.keys.clone(),
        }
    }

    /// Carries the run to its end.
    pub(super) async fn run(self) -> Finished {
        let face = self.face();
        let begin = Begin {
            request: app::request(self.asked, &Project::default(), self.place).unwrap(),
            run: Some(RunId(self.id.to_owned())),
            output: self.place.join("output"),
        };
        let running = app::begin(begin, &face).await.unwrap();
        running.finish(TraceExport::All).await.unwrap()
    }

    /// Takes the run up again.
    pub(super) async fn resume(self) -> Finished {
        let directory = self.place.join("output").join(self.id);
        let running = app::resume(&directory, &self.asked.effort, &self.face()).unwrap();
        running.finish(TraceExport::All).await.unwrap()
    }
}
