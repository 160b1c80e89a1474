//! From a step to the work of one attempt: templates filled in, the environment put together.

use std::collections::BTreeMap;
use std::ffi::OsString;

use serde_json::Value;

use super::ground::{Call, CalledWork, Work};
use super::runner::Runner;
use super::script::{self, Script};
use super::sheet::View;
use super::unit::Unit;
use crate::flow::TaskIndex;
use crate::process::Command;
use crate::workflow::definition::{Log, ScriptConfig, Step, StepKind};
use crate::workflow::expression::{Template, ValueTemplate};

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
        let standing = Default::default();
        self.with_view(sheet, entry.unit.item(), standing, |view| match &entry.unit {
            Unit::Handler { place, config, .. } => {
                let step = place.map(|it| sheet.step(it));
                let mut script = self.script(&entry.name, config, step, attempt, view)?;
                self.add_outcome(&mut script, task);
                Ok(Work::Script(Box::new(script)))
            }
            Unit::Step { place, .. } | Unit::Item { place, .. } => {
                self.work_of_step(&entry.name, sheet.step(*place), attempt, view)
            }
        })
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
        let told = [
            ("GAAI_RUN_ID", view.sheet.run.clone()),
            ("GAAI_STEP_ID", name.to_owned()),
            ("GAAI_ATTEMPT", attempt.to_string()),
            ("WORKFLOW_ID", view.sheet.workflow.name.clone()),
            ("WORKFLOW_CURRENT_STEP_ID", name.to_owned()),
        ];
        command
            .environment
            .extend(told.map(|(key, value)| (key.into(), value.into())));
        if let Some(key) = step.and_then(|it| it.idempotency_key.as_ref()) {
            command
                .environment
                .insert("GAAI_IDEMPOTENCY_KEY".into(), render(key, view)?.into());
        }
        (command.limits, command.bounds) = script::limits(step.and_then(|it| it.limits.as_ref()));
        Ok(Script {
            step: name.to_owned(),
            command,
            grace: self.grace(step),
            outputs: Vec::new(),
            // What holds secrets is masked before it is written, which takes its end.
            prints_to_log: step.is_some_and(|it| it.log == Log::File) && self.ground.mask.is_empty(),
            output_file: None,
            artifacts: Vec::new(),
        })
    }

    fn grace(&self, step: Option<&Step>) -> std::time::Duration {
        let of_step = step.and_then(|it| it.stop.as_ref()).and_then(|it| it.grace);
        let of_file = self.sheets[0].workflow.defaults.stop_grace;
        of_step
            .or(of_file)
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
        let file = self.ground.directory.join("outputs").join(name);
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
        }
        script
            .command
            .environment
            .insert("GAAI_OUTPUT".into(), file.clone().into());
        script.output_file = Some(file);
        Ok(())
    }

    /// A handler learns how that which it belongs to ended.
    fn add_outcome(&self, script: &mut Script, task: TaskIndex) {
        let Unit::Handler { sheet, place, .. } = &self.entries[task.place()].unit else {
            return;
        };
        let sheet = &self.sheets[*sheet];
        let record = place.map(|it| &sheet.records[it]);
        let failed = || {
            sheet
                .records
                .iter()
                .find(|it| it.state().is_some() && !it.is_success())
        };
        let record = record.or_else(failed);
        let outcome = record
            .and_then(|it| it.state())
            .map_or("succeeded", |it| it.name());
        let error = record
            .and_then(|it| it.end.as_ref()?.error.clone())
            .unwrap_or_default();
        let told = [("GAAI_OUTCOME", outcome.to_owned()), ("GAAI_ERROR", error)];
        script
            .command
            .environment
            .extend(told.map(|(key, value)| (key.into(), value.into())));
    }
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
