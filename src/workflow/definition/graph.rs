//! The steps and what they wait for, as text, Mermaid, DOT or JSON.

use serde::Serialize;
use serde_json::{Value, json};

use super::order::Order;
use super::step::Step;
use super::workflow::Workflow;

/// How a graph is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum GraphFormat {
    /// Groups and their steps, for people.
    #[default]
    Text,
    /// For Markdown pages.
    Mermaid,
    /// For Graphviz.
    Dot,
    /// For programs.
    Json,
}

impl GraphFormat {
    /// All of them with their names.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Text, "text"),
        (Self::Mermaid, "mermaid"),
        (Self::Dot, "dot"),
        (Self::Json, "json"),
    ];
}

/// The graph of a workflow's steps.
pub fn graph(workflow: &Workflow, order: &Order, format: GraphFormat) -> String {
    match format {
        GraphFormat::Text => text(workflow, order),
        GraphFormat::Mermaid => mermaid(workflow, order),
        GraphFormat::Dot => dot(workflow, order),
        GraphFormat::Json => format!("{:#}\n", value(workflow, order)),
    }
}

fn text(workflow: &Workflow, order: &Order) -> String {
    let groups = order.groups();
    let version = workflow
        .version
        .as_ref()
        .map_or_else(String::new, |it| format!(" {it}"));
    let counts = format!("{} steps in {} groups", workflow.steps.len(), groups.len());
    let mut text = format!("{}{version}: {counts}\n", workflow.name);
    let width = workflow.steps.iter().map(|it| it.id.0.len()).max().unwrap_or(0);
    for (number, group) in groups.iter().enumerate() {
        text.push_str(&format!("group {number}\n"));
        for &at in group {
            let step = &workflow.steps[at];
            let line = format!(
                "  {:width$}  {:9}  {}",
                step.id.0,
                step.kind.name(),
                notes(workflow, order, at)
            );
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text
}

fn notes(workflow: &Workflow, order: &Order, at: usize) -> String {
    let step = &workflow.steps[at];
    let mut notes = Vec::new();
    let before: Vec<&str> = order
        .predecessors(at)
        .iter()
        .map(|it| workflow.steps[*it].id.0.as_str())
        .collect();
    if !before.is_empty() {
        notes.push(format!("after {}", before.join(", ")));
    }
    notes.extend(
        step.weights()
            .iter()
            .map(|(pool, weight)| format!("{weight} of {pool}")),
    );
    if let Some(condition) = &step.condition {
        notes.push(format!("if {condition}"));
    }
    if !step.parallel.enabled {
        notes.push("alone".to_owned());
    }
    notes.join("; ")
}

/// Edges by the positions of their steps, in the order of the file.
fn edges(order: &Order, steps: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..steps).flat_map(|step| order.predecessors(step).iter().map(move |before| (*before, step)))
}

fn mermaid(workflow: &Workflow, order: &Order) -> String {
    // Names of nodes are numbers: an id such as `end` is a word of Mermaid's own.
    let escaped = |text: &str| {
        let text = text
            .replace('#', "#35;")
            .replace('&', "#amp;")
            .replace('"', "#quot;");
        text.replace('<', "#lt;")
            .replace('>', "#gt;")
            .replace('\n', "<br/>")
    };
    let mut text = "flowchart TD\n".to_owned();
    for (at, step) in workflow.steps.iter().enumerate() {
        text.push_str(&format!("  s{at}[\"{}\"]\n", escaped(&label(step))));
    }
    for (before, step) in edges(order, workflow.steps.len()) {
        text.push_str(&format!("  s{before} --> s{step}\n"));
    }
    text
}

fn dot(workflow: &Workflow, order: &Order) -> String {
    let quoted = |text: &str| {
        format!(
            "\"{}\"",
            text.replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n")
        )
    };
    let mut text = format!(
        "digraph {} {{\n  rankdir=TB;\n  node [shape=box];\n",
        quoted(&workflow.name)
    );
    for step in &workflow.steps {
        text.push_str(&format!(
            "  {} [label={}];\n",
            quoted(&step.id.0),
            quoted(&label(step))
        ));
    }
    for group in order.groups().iter().filter(|it| it.len() > 1) {
        let members: Vec<String> = group.iter().map(|it| quoted(&workflow.steps[*it].id.0)).collect();
        text.push_str(&format!("  {{ rank=same; {} }}\n", members.join("; ")));
    }
    for (before, step) in edges(order, workflow.steps.len()) {
        let (before, step) = (&workflow.steps[before].id.0, &workflow.steps[step].id.0);
        text.push_str(&format!("  {} -> {};\n", quoted(before), quoted(step)));
    }
    text.push_str("}\n");
    text
}

/// The title, and in a line of its own the id where it says something else.
fn label(step: &Step) -> String {
    let title: String = step
        .title()
        .chars()
        .map(|it| if it.is_control() { ' ' } else { it })
        .collect();
    if title == step.id.0 {
        title
    } else {
        format!("{title}\n{}", step.id.0)
    }
}

fn value(workflow: &Workflow, order: &Order) -> Value {
    let id = |at: &usize| workflow.steps[*at].id.0.clone();
    let steps: Vec<Value> = workflow
        .steps
        .iter()
        .enumerate()
        .map(|(at, step)| {
            json!({
                "id": step.id,
                "name": step.title(),
                "type": step.kind.name(),
                "parallelGroup": order.level(at),
                "after": order.predecessors(at).iter().map(id).collect::<Vec<_>>(),
                "resources": step.weights(),
            })
        })
        .collect();
    json!({
        "name": workflow.name,
        "version": workflow.version,
        "totalGroups": order.level_count(),
        "steps": steps,
    })
}
