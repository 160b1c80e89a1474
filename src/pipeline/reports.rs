//! The report of a use case and the index of a run: found, verified, assembled, drawn, written.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::artefacts::write_whole;
use super::orchestrator::{Chain, Ground, Orchestrator};
use super::stage::{Input, Made, MayStand, computed, failure};
use super::stages::engine_failure;
use crate::agents::{coverage, findings, quality_findings, reports};
use crate::engine::ResultTables;
use crate::flow::{Attempt, Ended, Failure, Remedy, TaskSpec};
use crate::llm::Role;
use crate::model::{
    event::{Event, Stage},
    execution::Execution,
    finding::Finding,
    id::{ContentHash, TemplateId},
    report::{Failure as Failed, Lineage, Report, RunReport},
    use_case::UseCase,
};
use crate::report::Links;
use crate::source::LoadedGraph;

/// The task that draws the index.
pub(super) const INDEX: &str = "index";

/// The loaded projections of a report's templates, for its pictures.
type Loaded = BTreeMap<TemplateId, Arc<LoadedGraph>>;

impl Orchestrator {
    /// Finds, verifies and draws the report of one use case from what its executions gave.
    pub(super) fn report(
        &self,
        ground: &Ground,
        use_case: &UseCase,
        executions: Vec<Made<Execution>>,
        ended: &[Ended],
    ) -> BoxFuture<'static, Result<Made<Report>, Ended>> {
        let mut inputs: Vec<Input> = executions.iter().map(Made::handed).collect();
        inputs.extend([
            ground.choice.handed(),
            ground.schema.handed(),
            ground.requirements.handed(),
            ground.plan.handed(),
        ]);
        let spec = TaskSpec {
            pool: self.parts.models.pool(Role::Findings),
            ..TaskSpec::new(format!("report:{}", use_case.id), Stage::Report)
                .after(executions.iter().map(|it| &it.task))
        };
        let material = Arc::new(Material {
            ground: ground.clone(),
            use_case: use_case.clone(),
            executions,
            failures: ended.iter().map(failed).collect(),
        });
        let this = self.clone();
        let may_stand = self.drawn(&stem(use_case), |report: &Report| &report.failures);
        self.desk
            .stage_with_files(spec, inputs, may_stand, move |attempt| {
                let (this, material) = (this.clone(), Arc::clone(&material));
                async move { this.draw_report(&attempt, material).await }.boxed()
            })
    }

    async fn draw_report(self, attempt: &Attempt, material: Arc<Material>) -> Result<Report, Failure> {
        let (loaded, missing) = self.loaded(attempt, &material).await?;
        let (this, finding) = (self.clone(), Arc::clone(&material));
        let found = computed(move || this.find(&finding, &loaded, missing)).await?;
        let report = self.worded(attempt, &material.ground, found).await?;
        self.note(attempt, &quality_findings::check_report(&report))?;
        let volatile = self.volatile(&report.executions);
        let this = self.clone();
        computed(move || {
            let links = Links::to(&stem(&report.use_case));
            for format in &this.setting.formats {
                let bytes = this
                    .parts
                    .renderer
                    .render_report(&report, &volatile, &links, *format)
                    .map_err(Failure::give_up)?;
                this.write(&format!("reports/{}.{}", links.stem, format.extension()), &bytes)?;
            }
            Ok(report)
        })
        .await
    }

    /// The projections that the executions ran on. One that cannot be had costs only its picture, and
    /// the report says so; but a stop is no reason to leave a picture out for good.
    async fn loaded(&self, attempt: &Attempt, material: &Material) -> Result<(Loaded, Vec<Failed>), Failure> {
        let (mut loaded, mut missing) = (Loaded::new(), Vec::new());
        for template in &material.ground.plan.value.templates {
            if material
                .executions
                .iter()
                .all(|it| it.value.template != template.id)
            {
                continue;
            }
            match self
                .parts
                .engine
                .projection(&template.projection, attempt.control())
                .await
            {
                Ok(graph) => {
                    loaded.insert(template.id.clone(), graph);
                }
                Err(error) if error.remedy() == Remedy::Cancelled => return Err(engine_failure(&error)),
                Err(error) => missing.push(Failed {
                    what: format!("picture of {}", template.id),
                    reason: error.to_string(),
                }),
            }
        }
        Ok((loaded, missing))
    }

    /// The findings of a use case, verified against the tables on disk.
    fn find(&self, material: &Material, loaded: &Loaded, missing: Vec<Failed>) -> Result<Found, Failure> {
        let ground = &material.ground;
        let vertical = &ground.choice.value.resolved.vertical;
        let census = &ground.schema.value.census;
        let mut tables = BTreeMap::new();
        for execution in &material.executions {
            let opened =
                ResultTables::open(&self.setting.directory, &execution.value).map_err(Failure::give_up)?;
            tables.insert(execution.value.template.clone(), opened);
        }
        let plan = &ground.plan.value;
        let mut draft = reports::Draft::new(material.use_case.clone(), plan);
        for assignment in plan
            .assignments
            .iter()
            .filter(|it| it.use_case == material.use_case.id)
        {
            let Some(execution) = material
                .executions
                .iter()
                .find(|it| it.value.template == assignment.template)
            else {
                let planned = plan.templates.iter().find(|it| it.id == assignment.template);
                planned.into_iter().for_each(|it| draft.tried(it));
                continue;
            };
            let (Some(template), Some(pattern), Some(tables)) = (
                plan.templates.iter().find(|it| it.id == assignment.template),
                vertical.patterns.iter().find(|it| it.id == assignment.pattern),
                tables.get(&assignment.template),
            ) else {
                return Err(Failure::give_up(format!(
                    "the plan names `{}`, which is not there",
                    assignment.pattern
                )));
            };
            let input = findings::FindingInput {
                use_case: &material.use_case,
                pattern,
                assignment,
                vertical,
                template,
                execution: &execution.value,
                tables,
                census,
                graph: loaded.get(&assignment.template).map(Arc::as_ref),
                number: draft.next_finding(),
                first_fact: draft.next_fact(),
            };
            match findings::find(&input) {
                Ok(result) => draft.add(result, template, &execution.value),
                Err(error) => draft.fail(&pattern.title, &error.to_string()),
            }
        }
        for failure in material.failures.iter().chain(&missing) {
            draft.fail(&failure.what, &failure.reason);
        }
        let context = reports::Context {
            graph: &self.setting.graph,
            brief: &ground.requirements.value.title,
            vertical,
            census,
            lineage: self.lineage(ground),
        };
        Ok(Found {
            report: draft.finish(&context, &tables),
            tables,
        })
    }

    /// Draws the index of the run.
    pub(super) fn index(
        &self,
        ground: &Ground,
        chains: &[Chain],
        failures: Vec<Failed>,
    ) -> BoxFuture<'static, Result<Made<RunReport>, Ended>> {
        let made: Vec<Made<Report>> = chains.iter().filter_map(|it| it.report.clone()).collect();
        let mut inputs: Vec<Input> = made.iter().map(Made::handed).collect();
        inputs.extend([
            ground.choice.handed(),
            ground.requirements.handed(),
            ground.schema.handed(),
            ground.use_cases.handed(),
            ground.plan.handed(),
        ]);
        let spec = TaskSpec {
            is_closing: true,
            ..TaskSpec::new(INDEX, Stage::Index).after(made.iter().map(|it| &it.task))
        };
        let may_stand = self.drawn("index", |index: &RunReport| &index.failures);
        let (this, ground) = (self.clone(), ground.clone());
        let material: Arc<Closing> = Arc::new((ground, made, failures));
        self.desk
            .stage_with_files(spec, inputs, may_stand, move |attempt| {
                let (this, material) = (this.clone(), Arc::clone(&material));
                async move { this.draw_index(&attempt, material).await }.boxed()
            })
    }

    async fn draw_index(self, attempt: &Attempt, material: Arc<Closing>) -> Result<RunReport, Failure> {
        let (this, closing) = (self.clone(), Arc::clone(&material));
        let index = computed(move || Ok(this.summed_up(&closing.0, &closing.1, &closing.2))).await?;
        let index = self.summarised(attempt, &material.0, index).await?;
        self.note(attempt, &quality_findings::check_index(&index))?;
        let this = self.clone();
        computed(move || {
            let executions: Vec<Execution> = index
                .reports
                .iter()
                .flat_map(|(_, report)| report.executions.clone())
                .collect();
            let volatile = this.facts_of_run(&executions, &material.0);
            for format in &this.setting.formats {
                let bytes = this
                    .parts
                    .renderer
                    .render_index(&index, &volatile, *format)
                    .map_err(Failure::give_up)?;
                this.write(&format!("reports/index.{}", format.extension()), &bytes)?;
            }
            Ok(index)
        })
        .await
    }

    fn summed_up(&self, ground: &Ground, made: &[Made<Report>], failures: &[Failed]) -> RunReport {
        let reports: Vec<(String, Report)> = made
            .iter()
            .map(|it| (stem(&it.value.use_case), it.value.as_ref().clone()))
            .collect();
        let resolved = &ground.choice.value.resolved;
        reports::index(reports::IndexInput {
            graph: &self.setting.graph,
            vertical: &resolved.vertical,
            vertical_reason: &resolved.reason,
            requirements: &ground.requirements.value,
            schema: &ground.schema.value,
            use_cases: &ground.use_cases.value,
            plan: &ground.plan.value,
            coverage: coverage::matrix(
                &ground.requirements.value,
                &ground.use_cases.value,
                &ground.plan.value,
                &reports,
            ),
            reports,
            failures: failures.to_vec(),
            lineage: self.lineage(ground),
        })
    }

    /// Whether a report that an earlier process drew may stand: nothing failed in it that may go well
    /// now, and its pages are there as they were written.
    fn drawn<T: 'static>(&self, stem: &str, failures: fn(&T) -> &Vec<Failed>) -> MayStand<T> {
        let (setting, written) = (Arc::clone(&self.setting), Arc::clone(&self.written));
        let stem = stem.to_owned();
        Box::new(move |report| {
            if let Some(failure) = failures(report).first() {
                return Err(format!("it lacks {}, which failed", failure.what));
            }
            for format in &setting.formats {
                let path = format!("reports/{stem}.{}", format.extension());
                let found = fs::read(setting.directory.join(&path)).ok();
                let found = found.map(|bytes| ContentHash::of(&bytes));
                if found.is_none() || found.as_ref() != written.get(&path) {
                    return Err(format!("{path} is not what was written"));
                }
            }
            Ok(())
        })
    }

    /// Writes a file of the run whole, and tells the journal.
    pub(super) fn write(&self, path: &str, bytes: &[u8]) -> Result<(), Failure> {
        write_whole(&self.setting.directory.join(Path::new(path)), bytes).map_err(|error| failure(&error))?;
        self.desk.record(&Event::FileWritten {
            path: path.to_owned(),
            hash: ContentHash::of(bytes),
            bytes: bytes.len() as u64,
        })
    }

    fn lineage(&self, ground: &Ground) -> Lineage {
        let choice = &ground.choice.value;
        let census = &ground.schema.value.census;
        Lineage {
            inputs: census
                .inputs
                .iter()
                .map(|(name, hash)| (name.clone(), hash.clone()))
                .collect(),
            documents: choice
                .documents
                .iter()
                .map(|it| (it.name.clone(), it.hash.clone()))
                .collect(),
            assets: choice.assets.clone(),
            models: self.models_by_role(),
            command: self.setting.request.command(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// Role and name of each model, and of those that may have stood in for them.
    fn models_by_role(&self) -> Vec<(String, String)> {
        let mut named = self.parts.models.names();
        if !named.is_empty() {
            let others = self.setting.request.models.fallbacks.iter();
            named.extend(others.map(|it| ("fallback".to_owned(), it.clone())));
        }
        named
    }
}

/// A report with the tables that its claims are checked against.
pub(super) struct Found {
    pub(super) report: Report,
    pub(super) tables: BTreeMap<TemplateId, ResultTables>,
}

/// What an index is made from: the stages before, the reports, and what failed.
type Closing = (Ground, Vec<Made<Report>>, Vec<Failed>);

/// What a report is made from.
struct Material {
    ground: Ground,
    use_case: UseCase,
    executions: Vec<Made<Execution>>,
    failures: Vec<Failed>,
}

/// File stem of a report: rank and topic, e.g. `1-critical-points`.
fn stem(use_case: &UseCase) -> String {
    let topic: String = use_case
        .id
        .0
        .chars()
        .map(|it| if it.is_ascii_alphanumeric() { it } else { '-' })
        .collect();
    format!("{}-{topic}", use_case.rank)
}

pub(super) fn failed(ended: &Ended) -> Failed {
    Failed {
        what: ended.task().0.clone(),
        reason: ended.reason(),
    }
}

/// Findings of the summary, in the index's order.
pub fn summary_findings(index: &RunReport) -> Vec<(&Report, &Finding)> {
    let all = || {
        index
            .reports
            .iter()
            .flat_map(|(_, it)| it.findings.iter().map(move |finding| (it, finding)))
    };
    index
        .summary
        .iter()
        .filter_map(|id| all().find(|(_, finding)| finding.id == *id))
        .collect()
}
