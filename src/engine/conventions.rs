//! The conventions that change an answer, as sentences for the report: of the projection, then of
//! the algorithm.

use crate::algorithms::Algorithm;
use crate::graph::{Direction, ParallelEdges};
use crate::model::template::{EdgeFilter, Projection};
use crate::source::LoadedGraph;

/// What was seen of `graph` and how it was read, in sentences.
pub(super) fn conventions<L>(
    algorithm: &Algorithm,
    projection: &Projection,
    graph: &LoadedGraph<L>,
) -> Vec<String> {
    let rules = projection.rules;
    let mut sentences = vec![
        match rules.direction {
            Direction::Directed => "Edges are read as stored; a pair linked both ways has two edges.",
            Direction::Reversed => {
                "Edges are read against their stored direction; a pair linked both ways has two edges."
            }
            Direction::Undirected => "Edges are read both ways; a pair linked both ways has parallel edges.",
        }
        .to_owned(),
        match rules.parallel {
            ParallelEdges::Keep => "Each parallel edge counts.".to_owned(),
            ParallelEdges::Smallest if projection.weight.is_none() => {
                counted("Parallel edges count as one", graph.merged, "merged")
            }
            ParallelEdges::Smallest => counted(
                "Parallel edges count as one, with the smallest weight",
                graph.merged,
                "merged",
            ),
            ParallelEdges::Sum => counted(
                "Parallel edges count as one, with the sum of their weights",
                graph.merged,
                "merged",
            ),
        },
        if rules.self_loops {
            "Edges from a vertex to itself are kept.".to_owned()
        } else {
            let rule = "Edges from a vertex to itself are left out";
            counted(rule, graph.self_loops_left_out, "left out")
        },
    ];
    sentences.push(match &projection.weight {
        Some(weight) => format!("An edge weighs its `{weight}`."),
        None => "Every edge weighs 1.".to_owned(),
    });
    if let Some(time) = &projection.time {
        sentences.push(format!("An edge's time is its `{time}`."));
    }
    sentences.extend(projection.filters.iter().map(filter));
    sentences.push(algorithm.info().convention.to_owned());
    sentences
}

/// A rule with the number of edges that it met.
fn counted(rule: &str, edges: u64, fate: &str) -> String {
    match edges {
        0 => format!("{rule}."),
        1 => format!("{rule}; 1 was {fate}."),
        _ => format!("{rule}; {edges} were {fate}."),
    }
}

fn filter(filter: &EdgeFilter) -> String {
    let mut bounds = Vec::new();
    if let Some(least) = filter.at_least {
        bounds.push(format!("at least {least}"));
    }
    if let Some(limit) = filter.below {
        bounds.push(format!("below {limit}"));
    }
    if let Some(text) = &filter.equals {
        bounds.push(format!("`{text}`"));
    }
    format!(
        "Only edges whose `{}` is {} are seen.",
        filter.attribute,
        bounds.join(" and ")
    )
}
