//! What a run would do: templates with time, memory and cost, and what would be refused. Runs nothing
//! and writes nothing.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use serde::Serialize;

use super::models::ModelKeys;
use super::parts;
use super::running::policy;
use crate::engine::{Embedded, Engine};
use crate::flow::{Cancel, Flow};
use crate::model::{
    id::RunId,
    template::{Estimate, Rejection, Template},
    use_case::UseCase,
};
use crate::pipeline::{
    Artefacts, Desk, Models, Orchestrator, Outline, PipelineError, PlannedCalls, RunRequest, Setting,
    planned_calls,
};
use crate::trace::{Clock, EventSink, Sinks};

/// A plan.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The graph.
    pub graph: String,
    /// The vertical and why.
    pub vertical: String,
    /// The questions.
    pub use_cases: Vec<UseCase>,
    /// What would run, each with its estimate.
    pub templates: Vec<Planned>,
    /// Patterns that do not fit the schema.
    pub rejected: Vec<Rejection>,
    /// Templates that the budget refuses, with the reason.
    pub refused: Vec<(String, String)>,
    /// Bytes that executions may take together.
    pub budget_memory_bytes: u64,
    /// What models would be asked.
    pub models: Vec<PlannedCalls>,
}

/// A template with its estimate.
#[derive(Clone, Debug, Serialize)]
pub struct Planned {
    /// What would run.
    pub template: Template,
    /// What it would take.
    pub estimate: Estimate,
}

/// What the stages before the executions find, with the engine and the models that the rest would have.
pub(super) struct Outlined {
    pub(super) outline: Outline,
    engine: Embedded,
    models: Models,
}

/// Performs the stages before the executions, by rules alone, and writes nothing.
pub(super) async fn outline(
    request: &RunRequest,
    clock: Clock,
    keys: &ModelKeys,
) -> Result<Outlined, PipelineError> {
    // What is only planned records nothing either.
    let mut request = request.clone();
    request.models.record = None;
    let request = &request;
    let mut opened = parts::open(request, &request.effort, keys)?;
    // Nor does it ask anybody.
    let models = std::mem::take(&mut opened.models);
    opened.check_core(request).await?;
    let scratch = Artefacts::nowhere();
    let sink: Arc<dyn EventSink> = Arc::new(Sinks(Vec::new()));
    let flow = Flow::new(
        policy(request, &models),
        Arc::clone(&sink),
        clock,
        Cancel::default(),
    );
    let engine = opened.engine.clone();
    let desk = Desk {
        flow,
        artefacts: scratch,
        sink: Arc::clone(&sink),
        handed: Arc::default(),
    };
    let setting = Setting {
        request: request.clone(),
        graph: request.name.clone(),
        run: RunId::default(),
        directory: std::path::PathBuf::new(),
        started_ms: 0,
        formats: Vec::new(),
    };
    let orchestrator = Orchestrator::new(setting, opened.parts(sink), desk, Arc::default(), BTreeMap::new());
    Ok(Outlined {
        outline: orchestrator.outline().await?,
        engine,
        models,
    })
}

/// Makes the plan of `request`.
pub async fn plan(request: &RunRequest, clock: Clock, keys: &ModelKeys) -> Result<Plan, PipelineError> {
    let Outlined {
        outline,
        engine,
        models,
    } = outline(request, clock, keys).await?;
    let mut templates = Vec::new();
    let mut refused = Vec::new();
    for template in &outline.plan.templates {
        let estimate = engine.estimate(template, &outline.schema.census);
        let (algorithm, projection) = (&template.algorithm, &template.projection);
        let checked = engine
            .budget()
            .check(algorithm, projection, &outline.schema.census, &estimate);
        if let Err(error) = checked {
            refused.push((template.id.0.clone(), error.to_string()));
        }
        templates.push(Planned {
            template: template.clone(),
            estimate,
        });
    }
    let resolved = &outline.choice.resolved;
    Ok(Plan {
        models: planned_calls(&models, &outline),
        graph: request.name.clone(),
        vertical: format!("{} ({})", resolved.vertical.name, resolved.reason),
        use_cases: outline.use_cases.as_ref().clone(),
        templates,
        rejected: outline.plan.rejected.clone(),
        refused,
        budget_memory_bytes: engine.budget().memory_bytes,
    })
}

/// Prints a plan for people.
pub fn write_plan(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "Plan for {}\nVertical: {}\n", plan.graph, plan.vertical)?;
    writeln!(out, "Questions")?;
    for use_case in &plan.use_cases {
        writeln!(
            out,
            "  {}. {} [{}]\n     {}",
            use_case.rank, use_case.title, use_case.id, use_case.rank_reason
        )?;
    }
    writeln!(
        out,
        "\n{:<34} {:>10} {:>10} {:>9} {:>7}",
        "Template", "time", "memory", "edges", "cost"
    )?;
    let mut total_ms = 0;
    for Planned { template, estimate } in &plan.templates {
        total_ms += estimate.time_ms;
        writeln!(
            out,
            "{:<34} {:>10} {:>10} {:>9} {:>7}",
            template.id.0,
            format!("{} ms", estimate.time_ms.max(1)),
            mebibytes(estimate.memory_bytes),
            estimate.edges,
            format!("${:.2}", estimate.cost_usd),
        )?;
        writeln!(out, "    {}", template.reason)?;
    }
    writeln!(
        out,
        "\n{} templates, about {total_ms} ms on one core; memory budget {}",
        plan.templates.len(),
        mebibytes(plan.budget_memory_bytes)
    )?;
    write_models(&plan.models, out)?;
    for rejection in &plan.rejected {
        writeln!(
            out,
            "not possible: {} for {}: {}",
            rejection.pattern, rejection.use_case, rejection.reason
        )?;
    }
    for (template, reason) in &plan.refused {
        writeln!(out, "refused: {template}: {reason}")?;
    }
    writeln!(out, "Nothing was run.")
}

/// What models would be asked, stage by stage, and in all.
fn write_models(models: &[PlannedCalls], out: &mut dyn Write) -> io::Result<()> {
    if models.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n{:<14} {:<34} {:>6} {:>9} {:>9}",
        "Model for", "", "calls", "tokens", "cost"
    )?;
    let price = |usd: Option<f64>| usd.map_or_else(|| "unknown".to_owned(), |it| format!("${it:.4}"));
    for it in models {
        let (role, tokens) = (it.role.as_str(), it.prompt_tokens + it.reply_tokens);
        writeln!(
            out,
            "{role:<14} {:<34} {:>6} {tokens:>9} {:>9}",
            it.model,
            it.calls,
            price(it.usd)
        )?;
    }
    let tokens: u64 = models.iter().map(|it| it.prompt_tokens + it.reply_tokens).sum();
    let all = models.iter().map(|it| it.usd).sum::<Option<f64>>();
    writeln!(
        out,
        "about {tokens} tokens, {} in all; answers that have to be asked for again cost more\n",
        price(all)
    )
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / 1_048_576.0)
}
