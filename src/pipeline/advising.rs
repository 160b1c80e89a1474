//! What a model adds to each stage, where there is one: the stage's rules have answered before it is asked.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::orchestrator::{Choice, Ground, Orchestrator};
use super::redone::redone;
use super::reports::Found;
use super::stage::computed;
use super::stages::taught;
use super::told::withheld;
use crate::agents::{
    adviser::Adviser,
    choose_templates, choose_vertical, describe_schema, draft_vertical,
    propose_use_cases::{self, Grounds},
    prose::WordBook,
    quality::{self, Note},
    quality_findings, read_requirements, summary, use_cases, vertical,
    write_findings::{self, Judge},
};
use crate::flow::{Attempt, Failure};
use crate::llm::{LlmError, Role};
use crate::model::{
    document::Document,
    event::Event,
    id::ContentHash,
    report::{Report, RunReport},
    requirements::Requirements,
    schema::{Census, Schema},
    template::TemplatePlan,
    use_case::UseCase,
    vertical::Vertical,
};

/// Where a vertical that a model drafted is written, in the run's directory.
const DRAFT: &str = "drafts/vertical.toml";

impl Orchestrator {
    /// The choice with a vertical of the model's where the rules were not sure. A drafted one is written for
    /// review, and used only if the request says so.
    pub(super) async fn chosen(
        &self,
        attempt: &Attempt,
        mut choice: Choice,
        census: &Census,
    ) -> Result<Choice, Failure> {
        let Some(adviser) = self.adviser(Role::Vertical, attempt) else {
            return Ok(choice);
        };
        if !matches!(self.parts.wanted, vertical::VerticalChoice::Auto) {
            return Ok(choice);
        }
        let (verticals, documents) = (&self.parts.verticals, &self.parts.documents);
        let picked = choose_vertical::choose(&adviser, choice.resolved, verticals, census, documents)
            .await
            .map_err(|error| unadvised(&error))?;
        choice.resolved = picked.resolved;
        let mut notes = picked.notes;
        if picked.none_fits {
            let (drafted, more) = draft_vertical::draft(&adviser, verticals, census, documents)
                .await
                .map_err(|error| unadvised(&error))?;
            notes.extend(more);
            if let Some(drafted) = drafted {
                self.write(DRAFT, drafted.text.as_bytes())?;
                if self.setting.request.models.accept_vertical {
                    choice.resolved.reason = format!(
                        "No vertical fits, so that a model drafted {}, which was accepted.",
                        drafted.name
                    );
                    let generic = verticals.iter().find(|it| it.name == vertical::GENERIC);
                    choice.resolved.vertical = match generic {
                        Some(generic) => vertical::merged(&drafted.vertical, generic),
                        None => drafted.vertical,
                    };
                    let hash = ContentHash::of(drafted.text.as_bytes());
                    choice.assets.push((DRAFT.to_owned(), hash));
                } else {
                    notes.push(Note::remark(format!(
                        "the model drafted the vertical {} in {DRAFT}; read it, and use it with --vertical or \
                         --accept-vertical",
                        drafted.name
                    )));
                }
            }
        }
        self.advised(attempt, notes)?;
        Ok(choice)
    }

    /// The schema with domain and roles of the model's.
    pub(super) async fn described(
        &self,
        attempt: &Attempt,
        choice: &Choice,
        schema: Schema,
    ) -> Result<Schema, Failure> {
        let Some(adviser) = self.adviser(Role::Schema, attempt) else {
            return Ok(schema);
        };
        let book = self.word_book(choice, &schema.census).await?;
        let (core, book) = (&self.setting.request.core_collections, &book);
        self.held(
            attempt,
            adviser,
            schema,
            quality::check_schema,
            |adviser, schema| {
                async move { describe_schema::describe(&adviser, schema, core, book).await }.boxed()
            },
        )
        .await
    }

    /// The requirements with what else the model reads in the documents.
    pub(super) async fn read_further(
        &self,
        attempt: &Attempt,
        documents: &[Document],
        vertical: &Vertical,
        requirements: Requirements,
    ) -> Result<Requirements, Failure> {
        let Some(adviser) = self.adviser(Role::Requirements, attempt) else {
            return Ok(requirements);
        };
        self.held(
            attempt,
            adviser,
            requirements,
            quality::check_requirements,
            |adviser, read| {
                async move { read_requirements::read(&adviser, read, documents, vertical).await }.boxed()
            },
        )
        .await
    }

    /// The use cases with questions of the model's.
    pub(super) async fn proposed(
        &self,
        attempt: &Attempt,
        choice: &Choice,
        schema: &Schema,
        requirements: &Requirements,
        use_cases: Vec<UseCase>,
    ) -> Result<Vec<UseCase>, Failure> {
        let Some(adviser) = self.adviser(Role::UseCases, attempt) else {
            return Ok(use_cases);
        };
        let book = self.word_book(choice, &schema.census).await?;
        let grounds = Grounds {
            requirements,
            schema,
            vertical: &choice.resolved.vertical,
            book: &book,
            max: use_cases::DEFAULT_MAX,
        };
        let check = |it: &Vec<UseCase>| quality::check_use_cases(it);
        self.held(attempt, adviser, use_cases, check, |adviser, use_cases| {
            async move { propose_use_cases::propose(&adviser, use_cases, grounds).await }.boxed()
        })
        .await
    }

    /// The plan with parameters and omissions of the model's.
    pub(super) async fn tuned(
        &self,
        attempt: &Attempt,
        choice: &Choice,
        schema: &Schema,
        use_cases: &[UseCase],
        plan: TemplatePlan,
    ) -> Result<TemplatePlan, Failure> {
        let Some(adviser) = self.adviser(Role::Templates, attempt) else {
            return Ok(plan);
        };
        let book = self.word_book(choice, &schema.census).await?;
        let bounds = choose_templates::Bounds {
            schema,
            vertical: &choice.resolved.vertical,
            book: &book,
        };
        self.held(
            attempt,
            adviser,
            plan,
            quality_findings::check_plan,
            |adviser, plan| {
                async move { choose_templates::choose(&adviser, plan, use_cases, bounds).await }.boxed()
            },
        )
        .await
    }

    /// The report with the model's sentences that hold.
    pub(super) async fn worded(
        &self,
        attempt: &Attempt,
        ground: &Ground,
        found: Found,
    ) -> Result<Report, Failure> {
        let Found { report, tables } = found;
        let Some(adviser) = self.adviser(Role::Findings, attempt) else {
            return Ok(report);
        };
        let census = &ground.schema.value.census;
        let book = self.word_book(&ground.choice.value, census).await?;
        let judge = Judge {
            book: &book,
            tables: &tables,
            census,
            vertical: &ground.choice.value.resolved.vertical,
        };
        self.held(
            attempt,
            adviser,
            report,
            quality_findings::check_report,
            |adviser, report| async move { write_findings::write(&adviser, report, judge).await }.boxed(),
        )
        .await
    }

    /// The index with the model's summary, as far as it holds, and what is to be known of all its advice. Once
    /// the run was halted no model is asked any more, until it is taken up.
    pub(super) async fn summarised(
        &self,
        attempt: &Attempt,
        ground: &Ground,
        mut index: RunReport,
    ) -> Result<RunReport, Failure> {
        let adviser = self.adviser(Role::Summary, attempt);
        let is_halted = self.desk.flow.halt().is_some();
        if let Some(adviser) = adviser.as_ref().filter(|_| is_halted) {
            self.desk
                .record(&withheld(attempt.task(), adviser.model.name()))?;
        } else if let Some(adviser) = adviser {
            let census = &ground.schema.value.census;
            let book = self.word_book(&ground.choice.value, census).await?;
            let book = &book;
            let check = quality_findings::check_index;
            let write =
                |adviser: Adviser, index| async move { summary::write(&adviser, index, book).await }.boxed();
            index = self.held(attempt, adviser, index, check, write).await?;
        }
        index.quality.extend(self.heard.advice());
        Ok(index)
    }

    /// What the rules gave, with what the model adds through `advise` and `check` lets stand.
    async fn held<'f, T: Clone + PartialEq>(
        &self,
        attempt: &Attempt,
        adviser: Adviser,
        rules: T,
        check: impl Fn(&T) -> Vec<Note>,
        advise: impl Fn(Adviser, T) -> BoxFuture<'f, Result<(T, Vec<Note>), LlmError>>,
    ) -> Result<T, Failure> {
        let held = redone(adviser, rules, check, advise).await;
        let held = held.map_err(|error| unadvised(&error))?;
        for faults in held.sent_back {
            self.desk.record(&Event::QualityChecked {
                task: attempt.task().clone(),
                notes: faults,
                sent_back: true,
            })?;
        }
        self.advised(attempt, held.notes)?;
        Ok(held.value)
    }

    /// Writes down what is to be known of how the model advised a task.
    fn advised(&self, attempt: &Attempt, notes: Vec<Note>) -> Result<(), Failure> {
        self.desk.record(&Event::ModelAdvised {
            task: attempt.task().clone(),
            notes: notes.into_iter().map(|it| it.text).collect(),
        })
    }

    /// The words that a model's sentences may use: the same for every stage and report, and made once.
    async fn word_book(&self, choice: &Choice, census: &Census) -> Result<Arc<WordBook>, Failure> {
        let make = || {
            let (parts, choice, census) = (Arc::clone(&self.parts), choice.clone(), census.clone());
            computed(move || {
                let vertical = taught(&choice, &parts)?;
                Ok(Arc::new(WordBook::new(&vertical, &choice.documents, &census)))
            })
        };
        self.book.get_or_try_init(make).await.cloned()
    }
}

/// A model's error that ends the stage: its recording does not fit, or cannot be written.
fn unadvised(error: &LlmError) -> Failure {
    Failure::give_up(format!("failed to ask the model: {error}"))
}
