//! Rules for one step: its command, its type's keys, its numbers.

use std::num::NonZeroU32;
use std::time::Duration;

use regex::Regex;

use super::check::Check;
use super::kind::{ScriptConfig, StepKind};
use super::policy::Retry;
use super::pool::{FailFast, Pool, PoolScope, SlotPool};
use super::quantity::bounded;
use super::service::Probe;
use super::step::Step;
use crate::workflow::expression::{Template, ValueTemplate};
use crate::workflow::near::near_or_all;
use crate::workflow::yaml::At;

/// Attempts of a step at most.
const MOST_ATTEMPTS: u32 = u16::MAX as u32;

/// Names that expressions know already.
const RESERVED: [&str; 9] = [
    "steps",
    "variables",
    "variable",
    "env",
    "secrets",
    "workflow",
    "run",
    "index",
    "null",
];

impl Check<'_, '_, '_> {
    pub(super) fn step(&mut self, at: usize) {
        let step = &self.workflow.steps[at];
        self.kind(at, step);
        self.weights(at, step);
        self.only_for_services(at, step);
        if let Some(retry) = &step.retry {
            for (way, message) in retry_faults(retry) {
                self.fault(at, &[At::Key("retry"), At::Key(way)], message, None);
            }
        }
        if let Some(cpu) = step
            .limits
            .as_ref()
            .and_then(|it| it.cpu)
            .filter(|it| !(*it > 0.0 && *it <= 4096.0))
        {
            let message = format!("`{cpu}` is no number of cores");
            self.fault(
                at,
                &[At::Key("limits"), At::Key("cpu")],
                message,
                Some("write `0.5` or `2`".to_owned()),
            );
        }
        for (key, handler) in step.handlers() {
            self.command(at, &[At::Key(key)], handler);
        }
        self.items(at, step);
    }

    fn kind(&mut self, at: usize, step: &Step) {
        let config = At::Key("config");
        match &step.kind {
            StepKind::Script(script) | StepKind::Service(script) => self.command(at, &[config], script),
            StepKind::Agent(agent) if agent.agent.is_none() && agent.prompt.is_none() => {
                self.fault(
                    at,
                    &[config],
                    "an agent step needs `agent` or `prompt`".to_owned(),
                    None,
                );
            }
            StepKind::Agent(agent) if agent.agent.as_deref().and_then(no_step).is_some() => {
                let name = agent.agent.as_deref().unwrap_or_default();
                let message = format!(
                    "the agent `{name}` cannot be a step: {}",
                    no_step(name).unwrap_or_default()
                );
                self.fault(at, &[config, At::Key("agent")], message, Some(AGENTS.to_owned()));
            }
            StepKind::Analysis(analysis) if analysis.template.is_some() == analysis.algorithm.is_some() => {
                self.fault(
                    at,
                    &[config],
                    "an analysis has either a `template` or an `algorithm`".to_owned(),
                    None,
                );
            }
            StepKind::Condition(condition) => {
                for (key, list) in [("onTrue", &condition.on_true), ("onFalse", &condition.on_false)] {
                    for (index, name) in list.0.iter().enumerate() {
                        self.named_step(at, &[config, At::Key(key), At::Index(index)], name, "chooses");
                    }
                }
                let both = condition
                    .on_true
                    .0
                    .iter()
                    .find(|it| condition.on_false.0.contains(it));
                if let Some(both) = both {
                    let message = format!("`{both}` stands in `onTrue` and in `onFalse`");
                    self.fault(
                        at,
                        &[config, At::Key("onFalse")],
                        message,
                        Some("let it depend on this step instead".to_owned()),
                    );
                }
            }
            StepKind::Agent(_) | StepKind::Analysis(_) | StepKind::Workflow(_) => {}
        }
    }

    /// A command is a program, not a line, unless a shell reads it.
    pub(super) fn command(&mut self, at: usize, way: &[At<'_>], script: &ScriptConfig) {
        if let Some((key, message, hint)) = command_fault(script) {
            let way: Vec<At<'_>> = way.iter().copied().chain([At::Key(key)]).collect();
            self.fault(at, &way, message, Some(hint));
        }
    }

    fn weights(&mut self, at: usize, step: &Step) {
        let pools = &self.workflow.parallel.resources;
        if pools.is_empty() {
            return;
        }
        let single = step.parallel.resource.iter().map(|pool| {
            (
                vec![At::Key("parallel"), At::Key("resource")],
                pool,
                NonZeroU32::MIN,
            )
        });
        let weighted = step
            .resources
            .iter()
            .map(|(pool, weight)| (vec![At::Key("resources"), At::Key(pool.as_str())], pool, *weight));
        for (mut way, pool, weight) in single.chain(weighted) {
            match pools.get(pool) {
                None => {
                    if let [At::Key("resources"), At::Key(pool)] = way.as_slice() {
                        way = vec![At::Key("resources"), At::KeyOf(pool)];
                    }
                    let hint = near_or_all(pool, pools.keys().map(String::as_str));
                    self.fault(at, &way, format!("there is no pool `{pool}`"), Some(hint));
                }
                Some(found) if u64::from(weight.get()) > found.largest_weight() => {
                    let message = format!(
                        "{weight} of pool `{pool}` can never be had: it has {}",
                        found.largest_weight()
                    );
                    self.fault(at, &way, message, Some("the step would wait for ever".to_owned()));
                }
                Some(_) => {}
            }
        }
    }

    fn only_for_services(&mut self, at: usize, step: &Step) {
        let given = [
            ("readiness", step.readiness.is_some()),
            ("liveness", step.liveness.is_some()),
            ("startup", step.startup.is_some()),
            ("restart", step.restart.is_some()),
            ("watch", !step.watch.is_empty()),
            ("pool", step.pool.is_some()),
        ];
        if !step.kind.is_service() {
            if step.stop.as_ref().is_some_and(|it| it.signal.is_some()) {
                let message = "`signal` is for services: a step is asked to end with TERM".to_owned();
                let hint = Some("leave it out; `grace` holds for steps too".to_owned());
                self.fault(at, &[At::Key("stop"), At::KeyOf("signal")], message, hint);
            }
            for (key, _) in given.into_iter().filter(|it| it.1) {
                let message = format!("`{key}` is for services, and `{}` is none", step.id.0);
                self.fault(
                    at,
                    &[At::KeyOf(key)],
                    message,
                    Some("write `type: service`, or leave it out".to_owned()),
                );
            }
            return;
        }
        if step.retry.is_some() {
            let hint = Some("say so under `restart`".to_owned());
            self.fault(
                at,
                &[At::KeyOf("retry")],
                "a service is restarted, not retried".to_owned(),
                hint,
            );
        }
        if step.for_each.is_some() {
            self.fault(
                at,
                &[At::KeyOf("forEach")],
                "a service runs once".to_owned(),
                None,
            );
        }
        for (key, probe) in [("readiness", &step.readiness), ("liveness", &step.liveness)] {
            if let Some(problem) = probe.as_ref().and_then(probe_fault) {
                self.fault(at, &[At::Key(key)], problem, None);
            }
        }
    }

    fn items(&mut self, at: usize, step: &Step) {
        let Some(for_each) = &step.for_each else { return };
        let is_list = match &for_each.items {
            ValueTemplate::List(_) => true,
            ValueTemplate::Text(template) => template.whole().is_some(),
            ValueTemplate::Value(_) | ValueTemplate::Map(_) => false,
        };
        if !is_list {
            let hint = "write a list, or one `{{ … }}` that gives one".to_owned();
            let way = [At::Key("forEach"), At::Key("items")];
            self.fault(at, &way, "`items` is no list".to_owned(), Some(hint));
        }
        if let Some(name) = &for_each.name {
            let is_name = name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_')
                && name.starts_with(|it: char| it.is_ascii_alphabetic());
            if !is_name || RESERVED.contains(&name.as_str()) {
                let message = format!("an item cannot be called `{name}`");
                self.fault(
                    at,
                    &[At::Key("forEach"), At::Key("as")],
                    message,
                    Some("write `file` or another word".to_owned()),
                );
            }
        }
    }

    pub(super) fn pools(&mut self) {
        let parallel = &self.workflow.parallel;
        if parallel.keep_going && parallel.fail_fast == FailFast::CancelAll {
            let message = "`keepGoing` and `failFast: cancelAll` contradict each other".to_owned();
            let way = [At::Key("parallel"), At::Key("failFast")];
            self.fault_at(&way, message, Some("leave one of them out".to_owned()));
        }
        let pools = &parallel.resources;
        for (name, pool) in pools {
            if let Some(message) = pool_fault(pool) {
                self.fault_at(
                    &[At::Key("parallel"), At::Key("resources"), At::Key(name)],
                    message,
                    None,
                );
            }
            if let Pool::Slots(slots) = pool
                && slots.adaptive.is_some()
                && slots.scope == PoolScope::Host
            {
                let way = [At::Key("parallel"), At::Key("resources"), At::Key(name)];
                let size = slots.initial();
                let message = format!("a pool of the host follows no load: `{name}` keeps its {size} slots");
                let hint = format!("write `{name}: {{ slots: {size}, scope: host }}`");
                self.warn_at(&way, message, Some(hint));
            }
        }
        if !pools.is_empty() {
            return;
        }
        for (at, step) in self.workflow.steps.iter().enumerate() {
            for pool in step.weights().into_keys() {
                let node = self
                    .tree
                    .find(self.nodes[at], &[At::Key("parallel"), At::Key("resource")]);
                let hint = format!("declare it: `parallel.resources.{pool}`");
                let message = format!("pool `{pool}` is not declared and limits nothing");
                self.report.warning(self.tree.bytes(node), message, Some(hint));
            }
        }
    }
}

/// The agents that can be steps.
const AGENTS: &str = "`requirements`, `schema`, `useCases` and `templates` can";

/// Why one of our agents cannot be a step; `None` of the others, and of those that the program around may have.
fn no_step(agent: &str) -> Option<&'static str> {
    match agent {
        "orchestrator" => Some("it performs a whole run; write a script step with `gaai run`"),
        "execution" => Some("write a step of `type: analysis`"),
        "reporting" => Some("it tells of the findings of a whole run; write a script step with `gaai run`"),
        _ => None,
    }
}

/// The key at fault, what is wrong, and what to write.
pub(super) fn command_fault(script: &ScriptConfig) -> Option<(&'static str, String, String)> {
    let command = script.command.as_str();
    if command.trim().is_empty() {
        return Some((
            "command",
            "`command` is empty".to_owned(),
            "name a program".to_owned(),
        ));
    }
    if script.shell {
        return script.command.literal().is_none().then(|| {
            let message = "a value within a shell line would be read by the shell".to_owned();
            let hint = "give it to `env` and write `\"$NAME\"` in the line".to_owned();
            ("command", message, hint)
        });
    }
    let is_line = script.args.is_empty()
        && script
            .command
            .literal()
            .is_some_and(|it| it.trim().contains([' ', '\n']));
    is_line.then(|| {
        let mut words = command.split_whitespace();
        let program = words.next().unwrap_or("");
        let arguments: Vec<String> = words.map(|it| format!("{it:?}")).collect();
        let plain = !command.contains(['\'', '"', '|', '&', ';', '<', '>', '$', '`', '*', '\n']);
        let split = format!(
            "write `command: {program}` and `args: [{}]`, or `shell: true`",
            arguments.join(", ")
        );
        let hint = if plain {
            split
        } else {
            "write `shell: true`, or the words as `args`".to_owned()
        };
        (
            "command",
            format!("`{}` is a line, not a program", first_line(&script.command)),
            hint,
        )
    })
}

fn first_line(command: &Template) -> String {
    command
        .as_str()
        .trim()
        .lines()
        .next()
        .unwrap_or("")
        .chars()
        .take(60)
        .collect()
}

pub(super) fn retry_faults(retry: &Retry) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    if retry.attempts() > MOST_ATTEMPTS {
        faults.push((
            "maxAttempts",
            format!("{} attempts are more than {MOST_ATTEMPTS}", retry.attempts()),
        ));
    }
    let waits = [
        ("initialDelayMs", retry.initial_delay_ms),
        ("maxDelayMs", retry.max_delay_ms),
    ];
    for (key, wait) in waits {
        if wait.is_some_and(|it| bounded(Duration::from_millis(it)).is_err()) {
            faults.push((key, "a wait of more than 100 years never ends".to_owned()));
        }
    }
    if let Some(backoff) = &retry.backoff {
        if !(1.0..=1000.0).contains(&backoff.factor) {
            faults.push((
                "backoff",
                format!("a factor of {} is not from 1 to 1000", backoff.factor),
            ));
        }
        if backoff.initial > backoff.max {
            faults.push((
                "backoff",
                format!(
                    "the first wait, {}, is longer than the longest, {}",
                    backoff.initial, backoff.max
                ),
            ));
        }
        if retry.initial_delay_ms.is_some() {
            faults.push((
                "initialDelayMs",
                "the first wait is in `backoff` already".to_owned(),
            ));
        }
        if retry.max_delay_ms.is_some() {
            faults.push((
                "maxDelayMs",
                "the longest wait is in `backoff` already".to_owned(),
            ));
        }
    }
    faults
}

fn probe_fault(probe: &Probe) -> Option<String> {
    let asked = [
        probe.http.is_some(),
        probe.tcp.is_some(),
        probe.log.is_some(),
        probe.exec.is_some(),
    ];
    if asked.into_iter().filter(|it| *it).count() != 1 {
        return Some("a probe asks one of `http`, `tcp`, `log` and `exec`".to_owned());
    }
    if let Some((_, message, hint)) = probe.exec.as_ref().and_then(command_fault) {
        return Some(format!("{message}; {hint}"));
    }
    let pattern = probe.log.as_ref()?;
    Regex::new(pattern)
        .is_err()
        .then(|| format!("`{pattern}` is no regular expression"))
}

fn pool_fault(pool: &Pool) -> Option<String> {
    match pool {
        Pool::Rate(pool) => pool
            .per
            .0
            .is_zero()
            .then(|| "a rate needs a period longer than 0".to_owned()),
        Pool::Slots(SlotPool { slots, adaptive, .. }) => {
            let bounds = adaptive.as_ref()?;
            if bounds.min > bounds.max {
                return Some(format!("`min` {} is above `max` {}", bounds.min, bounds.max));
            }
            let slots = slots.filter(|it| *it < bounds.min || *it > bounds.max)?;
            Some(format!(
                "{slots} slots are not between {} and {}",
                bounds.min, bounds.max
            ))
        }
    }
}
