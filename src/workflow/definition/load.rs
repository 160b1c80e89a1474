//! From the text of a file to a workflow that was checked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::check::Check;
use super::step::Step;
use super::workflow::Workflow;
use crate::workflow::yaml::{
    At, Fault, Faults, NodeId, Report, Tree, decode, decode_with_left_out, mended, parse,
};

/// Bytes of a file at most.
const LARGEST: usize = 32 << 20;

/// A workflow and what its author may want to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The workflow; all rules hold.
    pub workflow: Workflow,
    /// What is allowed and probably not meant, in the order of the file.
    pub warnings: Vec<Fault>,
}

/// The workflow that `text` describes, or all that is wrong with it.
///
/// `file_name` names the text in messages and, without its extension, a workflow that has no name. Text of more
/// than 32 MiB is refused unread. Leading tabs count as two spaces each, with a warning.
pub fn load(text: &str, file_name: &str) -> Result<Loaded, Faults> {
    if text.len() > LARGEST {
        let mut report = Report::new(file_name, "", "");
        report.fault(
            (0, 0),
            format!("the file is larger than {} MiB", LARGEST >> 20),
            None,
        );
        report.finish()?;
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut report = Report::new(file_name, text, text);
    let plain = parse(text, &mut report);
    match mended(text) {
        Some((mended, line)) if plain.is_none() => {
            let mut report = Report::new(file_name, text, &mended);
            let tree = parse(&mended, &mut report);
            let hint = format!("`gaai workflow fmt {file_name}` makes each two spaces");
            let start = mended.split_inclusive('\n').take(line - 1).map(str::len).sum();
            report.warning(
                (start, start),
                "tabs indent from here on, which YAML does not allow",
                Some(hint),
            );
            read(tree, file_name, report)
        }
        _ => read(plain, file_name, report),
    }
}

/// The names and values that `text` holds: variables for a run. JSON is YAML.
///
/// # Errors
/// All that is wrong with the text.
pub fn values(text: &str, file_name: &str) -> Result<BTreeMap<String, Value>, Faults> {
    let mut report = Report::new(file_name, text, text);
    let values = parse(text, &mut report).and_then(|mut tree| {
        let root = tree.root();
        decode(&mut tree, root, &mut report)
    });
    report.finish()?;
    Ok(values.unwrap_or_default())
}

fn read(tree: Option<Tree>, file_name: &str, mut report: Report<'_>) -> Result<Loaded, Faults> {
    let mut workflow = Workflow::default();
    if let Some(mut tree) = tree {
        let root = tree.root();
        let steps = tree.find(root, &[At::Key("steps")]);
        match decode_with_left_out(&mut tree, root, "steps", &mut report) {
            Some(head) => workflow = head,
            None => return report.finish().map(|warnings| Loaded { workflow, warnings }),
        }
        if workflow.name.is_empty() {
            workflow.name = stem(file_name);
        }
        let (nodes, lost) = read_steps(&mut tree, root, steps, &mut workflow.steps, &mut report);
        let positions = positions(&workflow);
        let check = Check {
            workflow: &workflow,
            tree: &tree,
            nodes: &nodes,
            lost: &lost,
            positions,
            report: &mut report,
        };
        check.all();
    }
    report.finish().map(|warnings| Loaded { workflow, warnings })
}

/// Reads steps one by one: their nodes, and the ids of those that could not be read.
fn read_steps(
    tree: &mut Tree,
    root: NodeId,
    list: NodeId,
    steps: &mut Vec<Step>,
    report: &mut Report<'_>,
) -> (Vec<NodeId>, BTreeSet<String>) {
    let (mut nodes, mut lost) = (Vec::new(), BTreeSet::new());
    if list == root {
        return (nodes, lost);
    }
    if !tree.is_list_or_empty(list) {
        report.fault(
            tree.bytes(list),
            "`steps` is a list",
            Some("begin each step with `- id: …`".to_owned()),
        );
        lost.insert(String::new());
    }
    for node in tree.elements(list) {
        let id = tree
            .entry(node, "id")
            .and_then(|it| tree.text(it.1))
            .unwrap_or("")
            .to_owned();
        match decode(tree, node, report) {
            Some(step) => {
                steps.push(step);
                nodes.push(node);
            }
            None => {
                lost.insert(id);
            }
        }
    }
    (nodes, lost)
}

fn positions(workflow: &Workflow) -> BTreeMap<&str, usize> {
    let mut positions = BTreeMap::new();
    for (at, step) in workflow.steps.iter().enumerate() {
        positions.entry(step.id.0.as_str()).or_insert(at);
    }
    positions
}

fn stem(file_name: &str) -> String {
    let stem = Path::new(file_name).file_stem().and_then(|it| it.to_str());
    stem.filter(|it| !it.is_empty()).unwrap_or("workflow").to_owned()
}
