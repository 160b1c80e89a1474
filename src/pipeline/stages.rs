//! The work of each stage up to the executions: inputs to an agent, its output checked.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::orchestrator::{Choice, Ground, Orchestrator, Parts};
use super::stage::{Made, computed};
use crate::agents::{
    quality::{self, Consequence},
    quality_findings, requirements, schema, templates, use_cases,
    vertical::{self, VerticalChoice},
};
use crate::assets::Assets;
use crate::engine::{EngineError, ResultTables};
use crate::flow::{Attempt, Ended, Failure, Pool, Remedy, TaskSpec};
use crate::llm::Role;
use crate::model::{
    event::{Event, Stage, TaskId},
    execution::Execution,
    id::ContentHash,
    requirements::Requirements,
    schema::Schema,
    template::{Template, TemplatePlan},
    use_case::UseCase,
    vertical::Vertical,
};
use crate::source::SourceError;

impl Orchestrator {
    /// Takes the census and resolves the vertical.
    pub(super) fn vertical(&self) -> BoxFuture<'static, Result<Made<Choice>, Ended>> {
        let spec = TaskSpec {
            pool: Pool::Io,
            ..TaskSpec::new("vertical", Stage::Vertical)
        };
        let this = self.clone();
        self.desk.stage(spec, Vec::new(), move |attempt| {
            this.clone().choose(attempt).boxed()
        })
    }

    async fn choose(self, attempt: Attempt) -> Result<Choice, Failure> {
        let census = self
            .parts
            .source
            .census(attempt.control())
            .await
            .map_err(|error| source_failure(&error))?;
        let (parts, wanted) = (Arc::clone(&self.parts), census.clone());
        let choice = computed(move || {
            let mut assets = asset_hashes(&parts.assets)?;
            if let VerticalChoice::File { path, text } = &parts.wanted {
                assets.push((path.display().to_string(), ContentHash::of(text.as_bytes())));
            }
            let resolved = vertical::resolve(&parts.wanted, &parts.verticals, &census, &parts.documents)
                .map_err(Failure::give_up)?;
            Ok(Choice {
                documents: parts.documents.clone(),
                resolved,
                assets,
            })
        })
        .await?;
        let choice = self.chosen(&attempt, choice, &wanted).await?;
        self.note(
            &attempt,
            &quality::check_choice(&choice.resolved.vertical, &choice.documents),
        )?;
        Ok(choice)
    }

    /// Says what the census means.
    pub(super) fn schema(&self, choice: &Made<Choice>) -> BoxFuture<'static, Result<Made<Schema>, Ended>> {
        let spec = TaskSpec {
            pool: self.parts.models.pool(Role::Schema),
            ..TaskSpec::new("schema", Stage::Schema).after([&choice.task])
        };
        let (this, choosing) = (self.clone(), Arc::clone(&choice.value));
        self.desk.stage(spec, vec![choice.handed()], move |attempt| {
            let (this, choice) = (this.clone(), Arc::clone(&choosing));
            async move {
                let census = this
                    .parts
                    .source
                    .census(attempt.control())
                    .await
                    .map_err(|error| source_failure(&error))?;
                let core = this.setting.request.core_collections.clone();
                let chosen = Arc::clone(&choice);
                let schema = computed(move || {
                    schema::analyse(&census, &chosen.resolved.vertical, &core).map_err(Failure::give_up)
                })
                .await?;
                let schema = this.described(&attempt, &choice, schema).await?;
                this.note(&attempt, &quality::check_schema(&schema))?;
                Ok(schema)
            }
            .boxed()
        })
    }

    /// Reads what the documents ask for.
    pub(super) fn requirements(
        &self,
        choice: &Made<Choice>,
    ) -> BoxFuture<'static, Result<Made<Requirements>, Ended>> {
        let spec = TaskSpec {
            pool: self.parts.models.pool(Role::Requirements),
            ..TaskSpec::new("requirements", Stage::Requirements).after([&choice.task])
        };
        let (this, choosing) = (self.clone(), Arc::clone(&choice.value));
        self.desk.stage(spec, vec![choice.handed()], move |attempt| {
            let (this, choice) = (this.clone(), Arc::clone(&choosing));
            async move {
                let (parts, chosen) = (Arc::clone(&this.parts), Arc::clone(&choice));
                let requirements = computed(move || {
                    let vertical = taught(&chosen, &parts)?;
                    Ok(requirements::extract(&chosen.documents, &vertical))
                })
                .await?;
                let vertical = &choice.resolved.vertical;
                let requirements = this
                    .read_further(&attempt, &choice.documents, vertical, requirements)
                    .await?;
                this.note(&attempt, &quality::check_requirements(&requirements))?;
                Ok(requirements)
            }
            .boxed()
        })
    }

    /// Proposes and ranks use cases.
    pub(super) fn use_cases(
        &self,
        choice: &Made<Choice>,
        schema: &Made<Schema>,
        requirements: &Made<Requirements>,
    ) -> BoxFuture<'static, Result<Made<Vec<UseCase>>, Ended>> {
        let spec = TaskSpec::new("use_cases", Stage::UseCases).after([&schema.task, &requirements.task]);
        let inputs = vec![choice.handed(), schema.handed(), requirements.handed()];
        let this = self.clone();
        let values = (
            Arc::clone(&choice.value),
            Arc::clone(&schema.value),
            Arc::clone(&requirements.value),
        );
        self.desk.stage(spec, inputs, move |attempt| {
            let (this, (choice, schema, requirements)) = (this.clone(), values.clone());
            async move {
                let (asked, known, chosen) = (requirements.clone(), schema.clone(), choice.clone());
                let use_cases = computed(move || {
                    let limit = use_cases::DEFAULT_MAX;
                    Ok(use_cases::propose(
                        &asked,
                        &known,
                        &chosen.resolved.vertical,
                        limit,
                    ))
                })
                .await?;
                let use_cases = this
                    .proposed(&attempt, &choice, &schema, &requirements, use_cases)
                    .await?;
                this.note(&attempt, &quality::check_use_cases(&use_cases))?;
                Ok(use_cases)
            }
            .boxed()
        })
    }

    /// Turns use cases into validated templates.
    pub(super) fn templates(
        &self,
        choice: &Made<Choice>,
        schema: &Made<Schema>,
        requirements: &Made<Requirements>,
        use_cases: &Made<Vec<UseCase>>,
    ) -> BoxFuture<'static, Result<Made<TemplatePlan>, Ended>> {
        let spec = TaskSpec::new("templates", Stage::Templates).after([&use_cases.task]);
        let inputs = vec![
            choice.handed(),
            schema.handed(),
            requirements.handed(),
            use_cases.handed(),
        ];
        let this = self.clone();
        let values = (
            Arc::clone(&choice.value),
            Arc::clone(&schema.value),
            Arc::clone(&requirements.value),
            Arc::clone(&use_cases.value),
        );
        self.desk.stage(spec, inputs, move |attempt| {
            let (this, (choice, schema, requirements, use_cases)) = (this.clone(), values.clone());
            async move {
                let limit = this.setting.request.max_templates;
                let (asked, known, chosen) = (use_cases.clone(), schema.clone(), choice.clone());
                let plan = computed(move || {
                    let vertical = &chosen.resolved.vertical;
                    Ok(templates::generate(
                        &asked,
                        &known,
                        vertical,
                        &requirements,
                        limit,
                    ))
                })
                .await?;
                let plan = this.tuned(&attempt, &choice, &schema, &use_cases, plan).await?;
                this.note(&attempt, &quality_findings::check_plan(&plan))?;
                Ok(plan)
            }
            .boxed()
        })
    }

    /// Runs one template.
    pub(super) fn execution(
        &self,
        ground: &Ground,
        template: &Template,
    ) -> BoxFuture<'static, Result<Made<Execution>, Ended>> {
        let estimate = self.parts.engine.estimate(template, &ground.schema.value.census);
        let spec = TaskSpec {
            expected: std::time::Duration::from_millis(estimate.time_ms),
            ..TaskSpec::new(format!("execution:{}", template.id), Stage::Execution).after([&ground.plan.task])
        };
        let (this, template) = (self.clone(), Arc::new(template.clone()));
        let directory = self.setting.directory.clone();
        let may_stand = Box::new(move |execution: &Execution| {
            ResultTables::check(&directory, execution).map_err(|error| error.to_string())
        });
        let inputs = vec![ground.plan.handed()];
        self.desk
            .stage_with_files(spec, inputs, may_stand, move |attempt| {
                let (this, template) = (this.clone(), Arc::clone(&template));
                async move {
                    let directory = this.setting.directory.clone();
                    let engine = &this.parts.engine;
                    let execution = engine
                        .execute(&template, &directory, attempt.control())
                        .await
                        .map_err(|error| engine_failure(&error))?;
                    let (execution, notes) = computed(move || {
                        let tables = ResultTables::open(&directory, &execution).map_err(Failure::give_up)?;
                        let notes = quality_findings::check_execution(&execution, &tables);
                        Ok((execution, notes))
                    })
                    .await?;
                    this.note(&attempt, &notes)?;
                    Ok(execution)
                }
                .boxed()
            })
    }

    /// Writes down what a check noticed; an output that cannot stand is sent back to its stage.
    pub(super) fn note(&self, attempt: &Attempt, notes: &[quality::Note]) -> Result<(), Failure> {
        let faults: Vec<&str> = notes
            .iter()
            .filter(|it| it.consequence == Consequence::SendBack)
            .map(|it| it.text.as_str())
            .collect();
        self.desk.record(&Event::QualityChecked {
            task: attempt.task().clone(),
            notes: notes.iter().map(|it| it.text.clone()).collect(),
            sent_back: !faults.is_empty(),
        })?;
        if faults.is_empty() {
            return Ok(());
        }
        Err(Failure {
            reason: format!("its output was sent back: {}", faults.join("; ")),
            remedy: Remedy::Retry,
        })
    }
}

/// The vertical that was chosen, with its example sentences. One that a model drafted has none.
pub(super) fn taught(choice: &Choice, parts: &Parts) -> Result<Vertical, Failure> {
    let resolved = &choice.resolved.vertical;
    vertical::with_examples(resolved, &parts.wanted, &parts.verticals).or_else(|error| {
        match parts.models.by_role.is_empty() {
            true => Err(Failure::give_up(error)),
            false => Ok(resolved.clone()),
        }
    })
}

/// The SHA-256 of every asset, by path: reports depend on them.
fn asset_hashes(assets: &Assets) -> Result<Vec<(String, ContentHash)>, Failure> {
    let mut hashes = Vec::new();
    for path in assets.list("") {
        let asset = assets.get(&path).map_err(Failure::give_up)?;
        hashes.push((path, asset.hash));
    }
    Ok(hashes)
}

fn source_failure(error: &SourceError) -> Failure {
    let remedy = match error {
        SourceError::Cancelled => Remedy::Cancelled,
        SourceError::Defect { .. } => Remedy::Defect,
        SourceError::Memory { .. } => Remedy::Refused,
        SourceError::Unreadable { .. }
        | SourceError::Malformed { .. }
        | SourceError::Unknown { .. }
        | SourceError::Projection { .. } => Remedy::GiveUp,
    };
    Failure {
        reason: error.to_string(),
        remedy,
    }
}

pub(super) fn engine_failure(error: &EngineError) -> Failure {
    Failure {
        reason: error.to_string(),
        remedy: error.remedy(),
    }
}

/// The id of an execution's task.
pub(super) fn execution_task(template: &crate::model::id::TemplateId) -> TaskId {
    TaskId(format!("execution:{template}"))
}
