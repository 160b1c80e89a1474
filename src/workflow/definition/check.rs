//! The rules that a workflow must keep beyond the types of its keys.

use std::collections::{BTreeMap, BTreeSet};

use super::order::Order;
use super::workflow::{ErrorAction, Workflow};
use crate::workflow::near::near_or_all;
use crate::workflow::yaml::{At, NodeId, Report, Tree};

/// A workflow that is being checked, and where its parts stand.
pub(super) struct Check<'a, 'r, 'f> {
    pub(super) workflow: &'a Workflow,
    pub(super) tree: &'a Tree,
    /// The nodes of the workflow's steps, in their order.
    pub(super) nodes: &'a [NodeId],
    /// Ids of steps that could not be read: naming them is no further fault.
    pub(super) lost: &'a BTreeSet<String>,
    pub(super) positions: BTreeMap<&'a str, usize>,
    pub(super) report: &'r mut Report<'f>,
}

impl<'a> Check<'a, '_, '_> {
    /// Checks everything; reports what is wrong.
    pub(super) fn all(mut self) {
        self.head();
        self.ids();
        self.dependencies();
        self.pools();
        self.schedules();
        for at in 0..self.workflow.steps.len() {
            self.step(at);
        }
        match Order::of(self.workflow) {
            Ok(order) => self.expressions(Some(&order)),
            Err(cycle) => {
                self.cycle(&cycle.0);
                self.expressions(None);
            }
        }
    }

    /// Reports a fault of the part of a step that the way leads to.
    pub(super) fn fault(&mut self, step: usize, way: &[At<'_>], message: String, hint: Option<String>) {
        let node = self.tree.find(self.nodes[step], way);
        self.report.fault(self.tree.bytes(node), message, hint);
    }

    /// Reports a fault of the part of the workflow that the way leads to.
    pub(super) fn fault_at(&mut self, way: &[At<'_>], message: String, hint: Option<String>) {
        let node = self.tree.find(self.tree.root(), way);
        self.report.fault(self.tree.bytes(node), message, hint);
    }

    pub(super) fn warn_at(&mut self, way: &[At<'_>], message: String, hint: Option<String>) {
        let node = self.tree.find(self.tree.root(), way);
        self.report.warning(self.tree.bytes(node), message, hint);
    }

    pub(super) fn id(&self, step: usize) -> &'a str {
        &self.workflow.steps[step].id.0
    }

    /// The near id of a step, or all of them.
    pub(super) fn near_step(&self, name: &str) -> String {
        // Of thousands of wrong names no more are told, and looking among thousands of ids takes its time.
        if self.report.is_full() {
            return String::new();
        }
        near_or_all(name, self.positions.keys().copied())
    }

    fn head(&mut self) {
        let top = (0, 0);
        if self.tree.entry(self.tree.root(), "name").is_none() {
            let hint = format!("it is called `{}` after its file", self.workflow.name);
            self.report.warning(top, "the workflow has no `name`", Some(hint));
        }
        match &self.workflow.version {
            None => {
                let hint = "add `version: 1.0.0`".to_owned();
                self.report
                    .warning(top, "the workflow has no `version`", Some(hint));
            }
            Some(version) => {
                if let Some(hint) = mended_version(version) {
                    let message = format!("`{version}` is no version of three numbers");
                    self.fault_at(&[At::Key("version")], message, Some(hint));
                }
            }
        }
        if self.workflow.steps.is_empty() && self.lost.is_empty() {
            self.fault_at(
                &[At::KeyOf("steps")],
                "the workflow has no steps".to_owned(),
                None,
            );
        }
        self.error_rules();
    }

    fn error_rules(&mut self) {
        for (at, rule) in self.workflow.on_error.iter().enumerate() {
            let key = |name| [At::Key("onError"), At::Index(at), At::Key(name)];
            if self.workflow.on_error[..at]
                .iter()
                .any(|it| it.class == rule.class)
            {
                let message = format!("two rules are for the class `{}`", rule.class);
                self.fault_at(
                    &key("class"),
                    message,
                    Some("only the first would count".to_owned()),
                );
            }
            let bounds = [
                ("maxRestarts", rule.max_restarts.is_some()),
                ("window", rule.window.is_some()),
            ];
            let restarts = rule.action == ErrorAction::RestartWorkflow;
            for (name, _) in bounds.into_iter().filter(|it| it.1 && !restarts) {
                let message = format!("`{name}` is for `restartWorkflow`");
                self.fault_at(&key(name), message, Some("leave it out".to_owned()));
            }
            let mut classes = self
                .workflow
                .steps
                .iter()
                .filter_map(|it| it.error_class.as_deref());
            if !classes.clone().any(|it| it == rule.class) {
                let hint = near_or_all(&rule.class, classes.by_ref());
                let message = format!("no step has the `errorClass` `{}`", rule.class);
                self.warn_at(&key("class"), message, Some(hint));
            }
        }
    }

    fn ids(&mut self) {
        for at in 0..self.workflow.steps.len() {
            let id = self.id(at);
            let first = self.positions[id];
            if first != at {
                let node = self.tree.find(self.nodes[first], &[At::Key("id")]);
                let line = self.report.line_of(self.tree.bytes(node).0);
                let hint = format!("the first is in line {line}");
                self.fault(
                    at,
                    &[At::Key("id")],
                    format!("two steps have the id `{id}`"),
                    Some(hint),
                );
            }
        }
    }

    fn dependencies(&mut self) {
        for at in 0..self.workflow.steps.len() {
            let mut named = BTreeSet::new();
            for (index, dependency) in self.workflow.steps[at].depends_on.iter().enumerate() {
                let element = [At::Key("dependsOn"), At::Index(index), At::Key("step")];
                self.named_step(at, &element, &dependency.step, "waits for");
                let Some(&other) = self.positions.get(dependency.step.as_str()) else {
                    continue;
                };
                if !named.insert(other) {
                    let message = format!("`{}` is named twice", dependency.step);
                    self.fault(at, &element, message, None);
                }
                let is_service = self.workflow.steps[other].kind.is_service();
                if let Some(awaited) = dependency
                    .condition
                    .filter(|it| it.is_of_services() && !is_service)
                {
                    let message = format!(
                        "`{}` is no service and never `{}`",
                        dependency.step,
                        awaited.name()
                    );
                    let way = [At::Key("dependsOn"), At::Index(index), At::Key("condition")];
                    self.fault(
                        at,
                        &way,
                        message,
                        Some("write `succeeded` or `completed`".to_owned()),
                    );
                }
                if dependency.stable_for.is_some() && !is_service {
                    let message = format!("`{}` is no service and never stands for a time", dependency.step);
                    let way = [At::Key("dependsOn"), At::Index(index), At::KeyOf("stableFor")];
                    self.fault(at, &way, message, Some("leave `stableFor` out".to_owned()));
                }
            }
        }
    }

    /// Reports a step that is not there or is the one that names it.
    pub(super) fn named_step(&mut self, at: usize, way: &[At<'_>], name: &str, verb: &str) {
        if name == self.id(at) {
            self.fault(at, way, format!("step `{name}` {verb} itself"), None);
        } else if !self.positions.contains_key(name) && !self.lost.contains(name) {
            let hint = self.near_step(name);
            self.fault(at, way, format!("there is no step `{name}`"), Some(hint));
        }
    }

    fn cycle(&mut self, steps: &[usize]) {
        let names: Vec<String> = steps
            .iter()
            .chain(steps.first())
            .map(|it| format!("`{}`", self.id(*it)))
            .collect();
        let message = format!("steps wait for each other: {}", names.join(" → "));
        if let Some(&first) = steps.first() {
            let hint = "the arrow means `waits for`; one of them must go".to_owned();
            self.fault(first, &[At::Key("dependsOn")], message, Some(hint));
        }
    }
}

/// What to write instead of a malformed version; `None` when it is well-formed.
fn mended_version(version: &str) -> Option<String> {
    // Build and pre-release parts follow the three numbers.
    let core = version.split(['-', '+']).next().unwrap_or("");
    let parts: Vec<&str> = core.split('.').collect();
    let is_number = |it: &&str| {
        let digits = !it.is_empty() && it.len() < 10 && it.chars().all(|it| it.is_ascii_digit());
        digits && (it.len() == 1 || !it.starts_with('0'))
    };
    if parts.len() == 3 && parts.iter().all(is_number) {
        return None;
    }
    let mut numbers: Vec<&str> = parts.into_iter().filter(is_number).take(3).collect();
    numbers.resize(3, "0");
    Some(format!("write `{}`", numbers.join(".")))
}
