//! Orders the stages of a run. There is no barrier between executions and reports: one `join_all`
//! runs over the chains of execution and report.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, join, join_all};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use super::error::PipelineError;
use super::heard::Heard;
use super::models::Models;
use super::reports::failed;
use super::request::RunRequest;
use super::stage::{Desk, Made};
use crate::agents::adviser::Adviser;
use crate::agents::prose::WordBook;
use crate::agents::vertical::{Resolved, VerticalChoice};
use crate::assets::Assets;
use crate::engine::Engine;
use crate::flow::{Attempt, Ended, Halt, Remedy, SkipReason};
use crate::llm::Role;
use crate::model::{
    document::Document,
    event::RunState,
    execution::Execution,
    id::{ContentHash, RunId, TemplateId},
    report::{Failure, Report, RunReport},
    requirements::Requirements,
    schema::Schema,
    template::TemplatePlan,
    use_case::UseCase,
    vertical::Vertical,
};
use crate::report::{Format, Renderer};
use crate::source::GraphSource;

/// What a run works with.
pub struct Parts {
    /// Where the graph comes from.
    pub source: Arc<dyn GraphSource>,
    /// Where kernels run.
    pub engine: Arc<dyn Engine>,
    /// Layouts and verticals.
    pub assets: Assets,
    /// Draws the reports.
    pub renderer: Renderer,
    /// What the run is about, as read.
    pub documents: Vec<Document>,
    /// The verticals that there are.
    pub verticals: Vec<Vertical>,
    /// The one that is wanted.
    pub wanted: VerticalChoice,
    /// The models that stages may ask.
    pub models: Models,
}

/// What a run is.
#[derive(Clone, Debug)]
pub struct Setting {
    /// What was asked for.
    pub request: RunRequest,
    /// The graph's name in reports.
    pub graph: String,
    /// The run.
    pub run: RunId,
    /// Its directory.
    pub directory: PathBuf,
    /// When it began, in milliseconds since 1970-01-01 UTC.
    pub started_ms: i64,
    /// Formats that reports are written in.
    pub formats: Vec<Format>,
}

/// The vertical stage's artefact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The documents as read.
    pub documents: Vec<Document>,
    /// The vertical and why.
    pub resolved: Resolved,
    /// SHA-256 of the assets used.
    pub assets: Vec<(String, ContentHash)>,
}

/// How a run ended.
#[derive(Debug)]
pub struct RunEnd {
    /// Its state.
    pub state: RunState,
    /// The index of its reports, where it came that far.
    pub index: Option<Arc<RunReport>>,
    /// What failed.
    pub failures: Vec<Failure>,
    /// Whether something of it was a defect of gaai.
    pub has_defect: bool,
    /// Whether taking it up again may make more than there is.
    pub may_resume: bool,
}

/// Performs one run.
#[derive(Clone)]
pub struct Orchestrator {
    pub(super) setting: Arc<Setting>,
    pub(super) parts: Arc<Parts>,
    pub(super) desk: Desk,
    pub(super) heard: Arc<Heard>,
    /// Files that an earlier process wrote, with the hash of their bytes.
    pub(super) written: Arc<BTreeMap<String, ContentHash>>,
    /// The words that a model's sentences may use, once a stage has asked for them.
    pub(super) book: Arc<OnceCell<Arc<WordBook>>>,
}

type SharedExecution = Shared<BoxFuture<'static, Result<Made<Execution>, Ended>>>;

/// What the stages before the executions made.
#[derive(Clone)]
pub(super) struct Ground {
    pub(super) choice: Made<Choice>,
    pub(super) schema: Made<Schema>,
    pub(super) requirements: Made<Requirements>,
    pub(super) use_cases: Made<Vec<UseCase>>,
    pub(super) plan: Made<TemplatePlan>,
}

impl Ground {
    /// What a plan knows of it.
    pub(super) fn outline(&self) -> Outline {
        Outline {
            choice: Arc::clone(&self.choice.value),
            schema: Arc::clone(&self.schema.value),
            requirements: Arc::clone(&self.requirements.value),
            use_cases: Arc::clone(&self.use_cases.value),
            plan: Arc::clone(&self.plan.value),
        }
    }
}

/// What a plan is made of.
#[derive(Clone, Debug)]
pub struct Outline {
    /// Documents and vertical.
    pub choice: Arc<Choice>,
    /// What is in the graph.
    pub schema: Arc<Schema>,
    /// What the documents ask for.
    pub requirements: Arc<Requirements>,
    /// The questions.
    pub use_cases: Arc<Vec<UseCase>>,
    /// The templates.
    pub plan: Arc<TemplatePlan>,
}

/// A use case's report, or why there is none, and what failed on the way.
pub(super) struct Chain {
    pub(super) report: Option<Made<Report>>,
    pub(super) ended: Vec<Ended>,
}

impl Orchestrator {
    /// Puts a run together.
    pub fn new(
        setting: Setting,
        parts: Parts,
        desk: Desk,
        heard: Arc<Heard>,
        written: BTreeMap<String, ContentHash>,
    ) -> Self {
        Self {
            setting: Arc::new(setting),
            parts: Arc::new(parts),
            desk,
            heard,
            written: Arc::new(written),
            book: Arc::default(),
        }
    }

    /// Performs all stages. An error means that nothing usable was made; what failed on the way to
    /// something usable is in the answer.
    pub async fn run(&self) -> Result<RunEnd, PipelineError> {
        let ground = self.ground().await.map_err(|ended| self.broken(&ended))?;
        let executions = self.executions(&ground);
        let chains = join_all(self.chains(&ground, &executions)).await;
        let ended: Vec<Ended> = chains.iter().flat_map(|it| it.ended.clone()).collect();
        let mut failures: Vec<Failure> = ended.iter().map(failed).collect();
        if chains.is_empty() && !ground.use_cases.value.is_empty() {
            failures.push(Failure {
                what: "reports".to_owned(),
                reason: "no question has a template that runs on this graph; the coverage says why"
                    .to_owned(),
            });
        }
        let index = self
            .index(&ground, &chains, failures)
            .await
            .map_err(|ended| self.broken(&ended))?;
        let has_report = chains.iter().any(|it| it.report.is_some());
        let failures = index.value.failures.clone();
        let is_usable = has_report || ground.use_cases.value.is_empty();
        let halt = self.desk.flow.halt();
        let is_withheld = !self.heard.withheld().is_empty();
        let is_whole = failures.is_empty() && !is_withheld;
        let state = match state_of(&ended, halt, is_usable, is_whole) {
            // The rules did what the model was not paid for; the run says that its budget ended it.
            RunState::Succeeded | RunState::PartiallySucceeded if is_withheld => RunState::Stopped,
            state => state,
        };
        let may_mend = halt.is_some() || ended.iter().any(may_resume);
        Ok(RunEnd {
            state,
            may_resume: is_withheld || !failures.is_empty() && may_mend,
            failures,
            has_defect: ended.iter().any(|it| remedy(it) == Some(Remedy::Defect)),
            index: Some(index.value),
        })
    }

    /// The stages up to the plan; what `gaai plan` does.
    pub async fn outline(&self) -> Result<Outline, PipelineError> {
        let ground = self.ground().await.map_err(|ended| self.broken(&ended))?;
        Ok(ground.outline())
    }

    async fn ground(&self) -> Result<Ground, Ended> {
        let choice = self.vertical().await?;
        let (schema, requirements) = join(self.schema(&choice), self.requirements(&choice)).await;
        let (schema, requirements) = (schema?, requirements?);
        let use_cases = self.use_cases(&choice, &schema, &requirements).await?;
        let plan = self
            .templates(&choice, &schema, &requirements, &use_cases)
            .await?;
        Ok(Ground {
            choice,
            schema,
            requirements,
            use_cases,
            plan,
        })
    }

    /// One execution per template, queued now; several use cases may wait for the same one.
    fn executions(&self, ground: &Ground) -> BTreeMap<TemplateId, SharedExecution> {
        let mut executions = BTreeMap::new();
        for template in &ground.plan.value.templates {
            let execution = self.execution(ground, template).boxed().shared();
            executions.insert(template.id.clone(), execution);
        }
        executions
    }

    /// One chain per use case that has templates: its executions, then its report.
    fn chains(
        &self,
        ground: &Ground,
        executions: &BTreeMap<TemplateId, SharedExecution>,
    ) -> Vec<BoxFuture<'static, Chain>> {
        let mut chains = Vec::new();
        for use_case in ground.use_cases.value.iter() {
            let assigned = ground
                .plan
                .value
                .assignments
                .iter()
                .filter(|it| it.use_case == use_case.id);
            let mut mine: Vec<TemplateId> = assigned.map(|it| it.template.clone()).collect();
            mine.sort();
            mine.dedup();
            let waits: Vec<SharedExecution> =
                mine.iter().filter_map(|it| executions.get(it).cloned()).collect();
            if waits.is_empty() {
                continue;
            }
            let (this, ground, use_case) = (self.clone(), ground.clone(), use_case.clone());
            chains.push(async move { this.chain(&ground, use_case, waits).await }.boxed());
        }
        chains
    }

    async fn chain(&self, ground: &Ground, use_case: UseCase, waits: Vec<SharedExecution>) -> Chain {
        let mut chain = Chain {
            report: None,
            ended: Vec::new(),
        };
        let mut executions = Vec::new();
        for execution in join_all(waits).await {
            match execution {
                Ok(execution) => executions.push(execution),
                Err(ended) => chain.ended.push(ended),
            }
        }
        if !executions.is_empty() {
            match self.report(ground, &use_case, executions, &chain.ended).await {
                Ok(report) => chain.report = Some(report),
                Err(ended) => chain.ended.push(ended),
            }
        }
        chain
    }

    /// The model that `role` may ask in this attempt.
    pub(super) fn adviser(&self, role: Role, attempt: &Attempt) -> Option<Adviser> {
        self.parts.models.adviser(role, attempt, &self.desk.sink)
    }

    fn broken(&self, ended: &Ended) -> PipelineError {
        match ended {
            Ended::Cancelled { .. } => PipelineError::Cancelled,
            Ended::Skipped { reason, .. } => match reason {
                SkipReason::RunTimedOut => self.timed_out(),
                SkipReason::Cancelled | SkipReason::NotApproved => PipelineError::Cancelled,
                SkipReason::UpstreamFailed(_)
                | SkipReason::NotTriggered(_)
                | SkipReason::GroupFailed(_)
                | SkipReason::RunFailing(_)
                | SkipReason::Condition
                | SkipReason::QueueTimedOut
                | SkipReason::Unrecorded => self.failed(ended),
            },
            Ended::RunTimedOut { .. } => self.timed_out(),
            Ended::Failed { failure, .. } if failure.remedy == Remedy::Refused => {
                PipelineError::Refused(failure.reason.clone())
            }
            Ended::Failed { failure, .. } if failure.remedy == Remedy::Defect => PipelineError::Defect {
                reason: ended.to_string(),
            },
            Ended::Failed { .. } | Ended::TimedOut { .. } => self.failed(ended),
        }
    }

    fn timed_out(&self) -> PipelineError {
        PipelineError::TimedOut {
            limit: self.setting.request.effort.timeout().unwrap_or_default(),
        }
    }

    fn failed(&self, ended: &Ended) -> PipelineError {
        let unrecorded = self.desk.flow.unrecorded();
        PipelineError::Stage {
            may_resume: unrecorded.is_some() || may_resume(ended),
            reason: unrecorded.unwrap_or_else(|| ended.to_string()),
        }
    }
}

/// The first state of the table that applies.
fn state_of(ended: &[Ended], halt: Option<Halt>, is_usable: bool, is_whole: bool) -> RunState {
    // A halt that came when everything had been made changed nothing.
    let halt = halt.filter(|_| !is_whole);
    match halt {
        Some(Halt::Cancelled | Halt::NotApproved) => return RunState::Cancelled,
        Some(Halt::TimedOut) => return RunState::TimedOut,
        Some(Halt::Unrecorded) => return RunState::Failed,
        None => {}
    }
    if ended.iter().any(|it| remedy(it) == Some(Remedy::Refused)) {
        RunState::Stopped
    } else if !is_usable {
        RunState::Failed
    } else if !is_whole {
        RunState::PartiallySucceeded
    } else {
        RunState::Succeeded
    }
}

/// Whether a task that ended so may go well when the run is taken up again.
fn may_resume(ended: &Ended) -> bool {
    match ended {
        Ended::Failed { failure, .. } => match failure.remedy {
            Remedy::Retry | Remedy::Mend | Remedy::Cancelled | Remedy::Refused => true,
            Remedy::GiveUp | Remedy::Defect => false,
        },
        Ended::Skipped { reason, .. } => match reason {
            // What it waited for says whether more can come of it.
            SkipReason::UpstreamFailed(_)
            | SkipReason::NotTriggered(_)
            | SkipReason::GroupFailed(_)
            | SkipReason::RunFailing(_)
            | SkipReason::Condition => false,
            SkipReason::Cancelled
            | SkipReason::QueueTimedOut
            | SkipReason::RunTimedOut
            | SkipReason::NotApproved
            | SkipReason::Unrecorded => true,
        },
        Ended::Cancelled { .. } | Ended::TimedOut { .. } | Ended::RunTimedOut { .. } => true,
    }
}

fn remedy(ended: &Ended) -> Option<Remedy> {
    match ended {
        Ended::Failed { failure, .. } => Some(failure.remedy),
        Ended::Skipped { .. }
        | Ended::Cancelled { .. }
        | Ended::TimedOut { .. }
        | Ended::RunTimedOut { .. } => None,
    }
}

#[cfg(test)]
#[path = "orchestrator_tests.rs"]
mod tests;
