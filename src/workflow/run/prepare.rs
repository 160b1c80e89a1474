//! From a step to the work of one attempt: templates filled in, the environment put together.

use std::collections::BTreeMap;
use std::ffi::OsString;

use serde_json::Value;

use super::ground::{Call, CalledWork, Work};
use super::runner::Runner;
use super::script::{self, Script};
use super::sheet::{Sheet, View, plain};
use super::unit::Unit;
use crate::flow::TaskIndex;
use crate::process::Command;
use crate::workflow::definition::{Log, ScriptConfig, Step, StepKind};
use crate::workflow::expression::{Template, ValueTemplate};

/// Bytes of outputs of others that a script finds in its environment: of one, and of all together.
const MOST_OF_ONE: usize = 32 << 10;
const MOST_HANDED: usize = 128 << 10;

/// Where attempts write their outputs, in a run's directory.
pub(super) const OUTPUTS: &str = "outputs";

impl Runner {
    /// The work of an attempt, or why it cannot begin.
    pub(super) fn work(&mut self, task: TaskIndex, attempt: u32) -> Result<Work, String> {
        if let Some(fault) = self.entries[task.place()].fault.take() {
            return Err(fault);
        }
        if let Some(heard) = self.parts.get_mut(&task).and_then(|it| it.heard.take()) {
            return Ok(Work::Parts(heard));
        }
        let entry = &self.entries[task.place()];
        let sheet = &self.sheets[entry.unit.sheet()];
        let view = &sheet.view(entry.unit.item(), Default::default());
        match &entry.unit {
            Unit::Handler {
                place, config, after, ..
            } => {
                let step = place.map(|it| sheet.step(it));
                let mut script = self.script(&entry.name, config, step, attempt, view)?;
                // A handler learns how that which it belongs to ended.
                script.tell("GAAI_OUTCOME", after.state.name().to_owned());
                script.tell("GAAI_ERROR", after.error.clone());
                Ok(Work::Script(Box::new(script)))
            }
            Unit::Step { place, .. } | Unit::Item { place, .. } => {
                self.work_of_step(&entry.name, sheet.step(*place), attempt, view)
            }
        }
    }

    fn work_of_step(&self, name: &str, step: &Step, attempt: u32, view: &View<'_>) -> Result<Work, String> {
        let render = |template: &Template| render(template, view);
        let call = |work| {
            let step = name.to_owned();
            Work::Call(Call { step, work })
        };
        match &step.kind {
            StepKind::Script(config) => {
                let mut script = self.script(name, config, Some(step), attempt, view)?;
                self.add_outputs(&mut script, step, attempt, view)?;
                add_inputs(&mut script, step, view.sheet);
                Ok(Work::Script(Box::new(script)))
            }
            StepKind::Condition(config) => {
                let held = config.expression.holds(view);
                held.map(Work::Decided)
                    .map_err(|error| format!("it cannot be decided: {error}"))
            }
            StepKind::Agent(config) => {
                CalledWork::agent(config, render, values(&config.parameters, view)?).map(call)
            }
            StepKind::Analysis(config) => {
                CalledWork::analysis(config, render, values(&config.parameters, view)?).map(call)
            }
            StepKind::Workflow(_) | StepKind::Service(_) => Err("it has no parts to run".to_owned()),
        }
    }

    fn script(
        &self,
        name: &str,
        config: &ScriptConfig,
        step: Option<&Step>,
        attempt: u32,
        view: &View<'_>,
    ) -> Result<Script, String> {
        let program = render(&config.command, view)?;
        let args: Result<Vec<String>, String> = config.args.iter().map(|it| render(it, view)).collect();
        let directory = config
            .working_directory
            .as_ref()
            .map(|it| render(it, view))
            .transpose()?;
        let base = &self.surroundings.base;
        let directory = directory.map_or_else(|| base.clone(), |it| base.join(it));
        let mut command = if config.shell {
            let mut command = Command::new("sh", directory);
            // The values stand behind the text that the shell reads, as $1, $2, …: it never reads them as words of its own.
            command.args = ["-c".to_owned(), program, name.to_owned()]
                .into_iter()
                .map(OsString::from)
                .collect();
            command
        } else {
            Command::new(program, directory)
        };
        command.args.extend(args?.into_iter().map(OsString::from));
        command.environment = script::environment(&view.sheet.environment);
        for (key, template) in &config.env {
            command
                .environment
                .insert(key.into(), render(template, view)?.into());
        }
        (command.limits, command.bounds) = script::limits(step.and_then(|it| it.limits.as_ref()));
        let mut script = Script {
            step: name.to_owned(),
            command,
            grace: self.grace(step, view.sheet),
            outputs: Vec::new(),
            // What holds secrets is masked before it is written, which takes its end.
            prints_to_log: step.is_some_and(|it| it.log == Log::File) && self.ground.mask.is_empty(),
            output_file: None,
            artifacts: Vec::new(),
        };
        script.tell("GAAI_RUN_ID", view.sheet.run.clone());
        script.tell("GAAI_STEP_ID", name.to_owned());
        script.tell("GAAI_ATTEMPT", attempt.to_string());
        script.tell("WORKFLOW_ID", view.sheet.workflow.name.clone());
        script.tell("WORKFLOW_CURRENT_STEP_ID", name.to_owned());
        if let Some(key) = step.and_then(|it| it.idempotency_key.as_ref()) {
            script.tell("GAAI_IDEMPOTENCY_KEY", render(key, view)?);
        }
        Ok(script)
    }

    fn grace(&self, step: Option<&Step>, sheet: &Sheet) -> std::time::Duration {
        let of_step = step.and_then(|it| it.stop.as_ref()).and_then(|it| it.grace);
        let of_file = |it: &Sheet| it.workflow.defaults.stop_grace;
        of_step
            .or(of_file(sheet))
            .or(of_file(&self.sheets[0]))
            .map_or(self.surroundings.stop_grace, |it| it.0)
    }

    fn add_outputs(
        &self,
        script: &mut Script,
        step: &Step,
        attempt: u32,
        view: &View<'_>,
    ) -> Result<(), String> {
        script.outputs = step.outputs.clone();
        let artifacts: Result<Vec<String>, String> =
            step.artifacts.iter().map(|it| render(it, view)).collect();
        script.artifacts = artifacts?;
        if step.outputs.is_empty() {
            return Ok(());
        }
        let name = format!("{}.{attempt}", script.step);
        let file = self.ground.directory.join(OUTPUTS).join(name);
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
        }
        // An attempt of a process that was killed may have left its own.
        script::removed(&file).map_err(|error| format!("{} cannot be removed: {error}", file.display()))?;
        script.tell("GAAI_OUTPUT", file.clone());
        script.output_file = Some(file);
        Ok(())
    }
}

/// Hands a script the outputs of the steps that it waits for, as far as they fit into an environment.
fn add_inputs(script: &mut Script, step: &Step, sheet: &Sheet) {
    let before = sheet.places.of(&step.id.0).map(|it| sheet.order.predecessors(it));
    let mut room = MOST_HANDED;
    for place in before.into_iter().flatten() {
        let ended = sheet.records[*place].end.iter();
        for (name, value) in ended.flat_map(|it| &it.outputs) {
            let text = plain(value);
            if text.len() > MOST_OF_ONE.min(room) || text.contains('\0') {
                continue;
            }
            room -= text.len();
            let key = format!(
                "WORKFLOW_OUTPUT_{}_{}",
                word(&sheet.step(*place).id.0),
                word(name)
            );
            script
                .command
                .environment
                .entry(key.into())
                .or_insert(text.into());
        }
    }
}

/// A name as a part of the name of a variable.
fn word(name: &str) -> String {
    name.chars()
        .map(|it| if it.is_ascii_alphanumeric() { it } else { '_' })
        .collect()
}

pub(super) fn render(template: &Template, view: &View<'_>) -> Result<String, String> {
    template
        .render(view)
        .map_err(|error| format!("`{}` cannot be filled in: {error}", template.as_str()))
}

pub(super) fn value(template: &ValueTemplate, view: &View<'_>) -> Result<Value, String> {
    template
        .value(view)
        .map_err(|error| format!("a value cannot be filled in: {error}"))
}

pub(super) fn values(templates: &BTreeMap<String, ValueTemplate>, view: &View<'_>) -> Result<Value, String> {
    let filled: Result<serde_json::Map<String, Value>, String> = templates
        .iter()
        .map(|(name, template)| Ok((name.clone(), value(template, view)?)))
        .collect();
    filled.map(Value::Object)
}
