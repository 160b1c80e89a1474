//! A vertical of twenty questions, each with a template and a report of its own, on the London Underground.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Questions of the vertical.
pub(crate) const QUESTIONS: usize = 20;

/// A brief that asks nothing, so that the vertical's questions are asked.
pub(crate) const BRIEF: &str = "We assume that the file is complete.";

/// The graph.
pub(crate) const GRAPH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/london");

/// Writes the vertical to `directory` and gives its file.
pub(crate) fn written(directory: &Path) -> anyhow::Result<PathBuf> {
    let path = directory.join("twenty.toml");
    fs::write(&path, vertical()?)?;
    Ok(path)
}

fn vertical() -> anyhow::Result<String> {
    let mut text = r#"
name = "twenty"
title = "Twenty questions"
version = 1
description = "The same question for twenty settings of one analysis."

[vocabulary]
vertex = "station"
edge = "connection"
"#
    .to_owned();
    for number in 0..QUESTIONS {
        // Other parameters make another template.
        let damping = 0.50 + 0.02 * number as f64;
        write!(
            text,
            r#"
[[topics]]
id = "rank_{number}"
title = "Rank {number}"
question = "Which stations lead by setting {number}?"
proposed = true
cues = [{{ weight = 1.0, any = ["setting {number}"] }}]

[[patterns]]
id = "rank_{number}"
topic = "rank_{number}"
title = "Rank {number}"
why = "PageRank scores a station by the scores of those that lead to it."
algorithm = "pagerank"
parameters = {{ damping = {damping:.2} }}
detector = {{ order_by = "score", most = 20, columns = ["label", "score: Share of a walk's steps"] }}
severity = [{{ level = "info", reason = "A rank is a position, not a fault." }}]
action = {{ what = "Look at {{first}} first.", owner = "operations", effort = "days", effect = "Effort goes where most leads.", check = "Rank again." }}
[[patterns.facts]]
name = "first"
quantity = "name"
derive = {{ nth = {{ table = "vertices", order_by = "score", nth = 1, column = "label" }} }}
[patterns.wording]
headline = "{{first}} leads."
claims = ["The first of all is {{first}}."]
so_what = "What happens there concerns most."
nothing = "There is nothing to rank."
"#
        )?;
    }
    Ok(text)
}
