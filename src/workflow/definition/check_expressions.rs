//! Rules for what expressions name: it must be there, and be known by the time it is read.

use std::collections::BTreeMap;

use super::check::Check;
use super::kind::{ScriptConfig, StepKind};
use super::order::Order;
use super::step::Step;
use crate::workflow::expression::{Expression, Path, Reference, Segment, StepField, Template, ValueTemplate};
use crate::workflow::near::near_or_all;
use crate::workflow::yaml::At;

/// Where an expression stands decides what it may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A value of `env`: secrets may stand here and nowhere else.
    Environment,
    /// Read once a step, before its items are known.
    Once,
    /// Read for each item.
    Each,
}

/// Whose expression it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    /// A step, before it runs.
    Step(usize),
    /// A handler of a step, when the step has ended.
    StepHandler(usize),
    /// The environment of the workflow.
    Workflow,
    /// A handler of the workflow, when all has ended.
    WorkflowHandler,
}

/// An expression, its place, and the way to it.
struct Use<'a> {
    way: Vec<At<'a>>,
    place: Place,
    expression: &'a Expression,
}

impl<'a> Check<'a, '_, '_> {
    /// Without an order, because there is a cycle, nothing is said of what is read too early.
    pub(super) fn expressions(&mut self, order: Option<&Order>) {
        let workflow = self.workflow;
        let mut uses = Vec::new();
        environment(&mut uses, &[], &workflow.env);
        self.judge(Owner::Workflow, &uses, order);
        for (key, handler) in workflow.handlers() {
            let mut uses = Vec::new();
            script(&mut uses, &[At::Key(key)], handler);
            self.judge(Owner::WorkflowHandler, &uses, order);
        }
        for (at, step) in workflow.steps.iter().enumerate() {
            self.judge(Owner::Step(at), &of_step(step), order);
            for (key, handler) in step.handlers() {
                let mut uses = Vec::new();
                script(&mut uses, &[At::Key(key)], handler);
                self.judge(Owner::StepHandler(at), &uses, order);
            }
        }
    }

    fn judge(&mut self, owner: Owner, uses: &[Use<'a>], order: Option<&Order>) {
        for found in uses {
            for path in found.expression.paths() {
                let Some((message, hint)) = self.fault_of(owner, found.place, path, order) else {
                    continue;
                };
                match owner {
                    Owner::Step(at) | Owner::StepHandler(at) => {
                        self.fault(at, &found.way, message, Some(hint))
                    }
                    Owner::Workflow | Owner::WorkflowHandler => {
                        self.fault_at(&found.way, message, Some(hint))
                    }
                }
            }
        }
    }

    fn fault_of(
        &self,
        owner: Owner,
        place: Place,
        path: &Path,
        order: Option<&Order>,
    ) -> Option<(String, String)> {
        match &path.reference {
            Reference::Step { id, field } => self.step_fault(owner, id, *field, &path.way, order),
            Reference::Variable(name) => {
                let variables = &self.workflow.variables;
                (!variables.contains_key(name)).then(|| {
                    let hint = match variables.is_empty() {
                        true => format!("declare it: `variables: {{ {name}: … }}`"),
                        false => near_or_all(name, variables.keys().map(String::as_str)),
                    };
                    (format!("there is no variable `{name}`"), hint)
                })
            }
            Reference::Secret(name) if place != Place::Environment => {
                let hint = "others can see it there; give it to `env`".to_owned();
                Some((format!("secret `{name}` may stand in `env` only"), hint))
            }
            Reference::Secret(name) => {
                let secrets = &self.workflow.secrets;
                (!secrets.contains_key(name)).then(|| {
                    let hint = near_or_all(name, secrets.keys().map(String::as_str));
                    (format!("there is no secret `{name}`"), hint)
                })
            }
            Reference::Index => self.item_fault(owner, place, "index"),
            Reference::Item(name) => self.item_fault(owner, place, name),
            Reference::Environment(_)
            | Reference::WorkflowId
            | Reference::WorkflowName
            | Reference::WorkflowVersion
            | Reference::RunId => None,
        }
    }

    fn item_fault(&self, owner: Owner, place: Place, name: &str) -> Option<(String, String)> {
        let items = match owner {
            Owner::Step(at) | Owner::StepHandler(at) => self.workflow.steps[at].for_each.as_ref(),
            Owner::Workflow | Owner::WorkflowHandler => None,
        };
        let own = items.map_or("item", |it| it.item_name());
        if name != "index" && name != own {
            let mut known = vec!["steps", "variables", "env", "secrets", "workflow", "run"];
            if items.is_some() {
                known.extend(["index", own]);
            }
            let hint = near_or_all(name, known);
            return Some((
                format!("nothing is called `{name}`"),
                format!("{hint}; texts stand in quotes"),
            ));
        }
        match (items, place) {
            (None, _) => Some((
                format!("there is no `{name}` without `forEach`"),
                "add `forEach`".to_owned(),
            )),
            (Some(_), Place::Once) => Some((
                format!("there is no `{name}` yet: this is read once, before the items"),
                "use it in `config`".to_owned(),
            )),
            (Some(_), Place::Each | Place::Environment) => None,
        }
    }

    fn step_fault(
        &self,
        owner: Owner,
        id: &str,
        field: StepField,
        way: &[Segment],
        order: Option<&Order>,
    ) -> Option<(String, String)> {
        let Some(&named) = self.positions.get(id) else {
            let is_lost = self.lost.contains(id);
            return (!is_lost).then(|| (format!("there is no step `{id}`"), self.near_step(id)));
        };
        let (reader, is_known) = match owner {
            Owner::Workflow => {
                let hint = "move it to the `env` of a step".to_owned();
                return Some(("no step has run when this is read".to_owned(), hint));
            }
            Owner::WorkflowHandler => (None, true),
            Owner::StepHandler(at) if at == named => (None, true),
            Owner::Step(at) if at == named => {
                return Some((
                    format!("step `{id}` reads what it has yet to do"),
                    "read another step".to_owned(),
                ));
            }
            Owner::Step(at) | Owner::StepHandler(at) => {
                (Some(at), order.is_none_or(|it| it.is_after(at, named)))
            }
        };
        if let Some(reader) = reader.filter(|_| !is_known) {
            let message = format!(
                "step `{}` does not wait for `{id}`, so nothing is known of it",
                self.id(reader)
            );
            return Some((message, format!("add `{id}` to `dependsOn`")));
        }
        match (field, way.first()) {
            (StepField::Outputs, Some(Segment::Key(output))) => {
                output_fault(&self.workflow.steps[named], output)
            }
            _ => None,
        }
    }
}

fn output_fault(step: &Step, output: &str) -> Option<(String, String)> {
    let id = &step.id.0;
    let is_list = step.for_each.is_some();
    let has_it = match &step.kind {
        // Whatever its items do, a list leaves the list of what they gave.
        _ if is_list => output == "results",
        StepKind::Condition(_) => output == "result",
        StepKind::Script(_) | StepKind::Service(_) => step.outputs.iter().any(|it| it == output),
        // Agents, analyses and workflows have outputs of their own besides.
        StepKind::Agent(_) | StepKind::Analysis(_) | StepKind::Workflow(_) => true,
    };
    (!has_it).then(|| {
        let hint = match (&step.kind, step.outputs.is_empty()) {
            _ if is_list => "it has `results`, one for each item".to_owned(),
            (StepKind::Condition(_), _) => "it has `result`".to_owned(),
            (_, true) => format!("declare it there: `outputs: [{output}]`"),
            (_, false) => near_or_all(output, step.outputs.iter().map(String::as_str)),
        };
        (format!("step `{id}` has no output `{output}`"), hint)
    })
}

fn of_step(step: &Step) -> Vec<Use<'_>> {
    let mut uses = Vec::new();
    let config = At::Key("config");
    match &step.kind {
        StepKind::Script(it) | StepKind::Service(it) => script(&mut uses, &[config], it),
        StepKind::Agent(it) => {
            let single = [("prompt", it.prompt.as_ref()), ("model", it.model.as_ref())];
            texts(&mut uses, &[config], &single);
            values(&mut uses, &[config, At::Key("parameters")], &it.parameters);
        }
        StepKind::Analysis(it) => {
            let single = [
                ("graph", Some(&it.graph)),
                ("template", it.template.as_ref()),
                ("algorithm", it.algorithm.as_ref()),
            ];
            texts(&mut uses, &[config], &single);
            values(&mut uses, &[config, At::Key("parameters")], &it.parameters);
        }
        StepKind::Condition(it) => uses.push(Use {
            way: vec![config, At::Key("expression")],
            place: Place::Each,
            expression: it.expression.expression(),
        }),
        StepKind::Workflow(it) => {
            texts(&mut uses, &[config], &[("path", Some(&it.path))]);
            values(&mut uses, &[config, At::Key("variables")], &it.variables);
        }
    }
    if let Some(condition) = &step.condition {
        uses.push(Use {
            way: vec![At::Key("condition")],
            place: Place::Once,
            expression: condition.expression(),
        });
    }
    if let Some(for_each) = &step.for_each {
        value(
            &mut uses,
            vec![At::Key("forEach"), At::Key("items")],
            Place::Once,
            &for_each.items,
        );
    }
    texts(
        &mut uses,
        &[],
        &[("idempotencyKey", step.idempotency_key.as_ref())],
    );
    for (index, artifact) in step.artifacts.iter().enumerate() {
        text(
            &mut uses,
            vec![At::Key("artifacts"), At::Index(index)],
            Place::Each,
            artifact,
        );
    }
    uses
}

fn script<'a>(uses: &mut Vec<Use<'a>>, way: &[At<'a>], script: &'a ScriptConfig) {
    let single = [
        ("command", Some(&script.command)),
        ("workingDirectory", script.working_directory.as_ref()),
    ];
    texts(uses, way, &single);
    for (index, argument) in script.args.iter().enumerate() {
        text(
            uses,
            [way, &[At::Key("args"), At::Index(index)]].concat(),
            Place::Each,
            argument,
        );
    }
    environment(uses, way, &script.env);
}

fn environment<'a>(uses: &mut Vec<Use<'a>>, way: &[At<'a>], variables: &'a BTreeMap<String, Template>) {
    for (name, template) in variables {
        text(
            uses,
            [way, &[At::Key("env"), At::Key(name)]].concat(),
            Place::Environment,
            template,
        );
    }
}

fn texts<'a>(uses: &mut Vec<Use<'a>>, way: &[At<'a>], templates: &[(&'a str, Option<&'a Template>)]) {
    for (key, template) in templates {
        if let Some(template) = template {
            text(uses, [way, &[At::Key(key)]].concat(), Place::Each, template);
        }
    }
}

fn values<'a>(uses: &mut Vec<Use<'a>>, way: &[At<'a>], parameters: &'a BTreeMap<String, ValueTemplate>) {
    for (name, parameter) in parameters {
        value(uses, [way, &[At::Key(name)]].concat(), Place::Each, parameter);
    }
}

fn value<'a>(uses: &mut Vec<Use<'a>>, way: Vec<At<'a>>, place: Place, value: &'a ValueTemplate) {
    for template in value.templates() {
        text(uses, way.clone(), place, template);
    }
}

fn text<'a>(uses: &mut Vec<Use<'a>>, way: Vec<At<'a>>, place: Place, template: &'a Template) {
    uses.extend(template.expressions().map(|expression| Use {
        way: way.clone(),
        place,
        expression,
    }));
}
