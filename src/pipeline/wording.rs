//! Reports and the index put into words by a model, where there is one.

use std::sync::Arc;

use super::orchestrator::{Ground, Orchestrator};
use super::reports::Found;
use super::stage::computed;
use crate::agents::{
    prose::WordBook,
    quality::Note,
    summary, vertical,
    write_findings::{self, Judge},
};
use crate::flow::{Attempt, Failure};
use crate::llm::{LlmError, Role};
use crate::model::report::{Report, RunReport};

impl Orchestrator {
    /// The report with the model's sentences that hold; without a model as it is.
    pub(super) async fn worded(
        &self,
        attempt: &Attempt,
        ground: &Ground,
        found: Found,
    ) -> Result<(Report, Vec<Note>), Failure> {
        let Found { report, tables } = found;
        let Some(adviser) = self.adviser(Role::Findings, attempt) else {
            return Ok((report, Vec::new()));
        };
        let book = self.word_book(ground).await?;
        let judge = Judge {
            book: &book,
            tables: &tables,
            census: &ground.schema.value.census,
            vertical: &ground.choice.value.resolved.vertical,
        };
        write_findings::write(&adviser, report, judge)
            .await
            .map_err(|error| unadvised(&error))
    }

    /// The index with the model's summary, as far as it holds; without a model, and once the run was halted, as
    /// it is.
    pub(super) async fn summarised(
        &self,
        attempt: &Attempt,
        ground: &Ground,
        index: RunReport,
    ) -> Result<(RunReport, Vec<Note>), Failure> {
        let adviser = self.adviser(Role::Summary, attempt);
        let Some(adviser) = adviser.filter(|_| self.desk.flow.state().halt().is_none()) else {
            return Ok((index, Vec::new()));
        };
        let book = self.word_book(ground).await?;
        summary::write(&adviser, index, &book)
            .await
            .map_err(|error| unadvised(&error))
    }

    /// The words that a model's sentences may use.
    async fn word_book(&self, ground: &Ground) -> Result<WordBook, Failure> {
        let (parts, ground) = (Arc::clone(&self.parts), ground.clone());
        computed(move || {
            let choice = &ground.choice.value;
            let vertical =
                vertical::with_examples(&choice.resolved.vertical, &parts.wanted, &parts.verticals)
                    .map_err(Failure::give_up)?;
            let census = &ground.schema.value.census;
            Ok(WordBook::new(&vertical, &choice.documents, census))
        })
        .await
    }
}

/// A model's error that ends the stage: its recording does not fit, or cannot be written.
pub(super) fn unadvised(error: &LlmError) -> Failure {
    Failure::give_up(format!("failed to ask the model: {error}"))
}
