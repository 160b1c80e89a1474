//! The conventions that change an answer, as sentences for the report: of the projection, then of
//! the algorithm.

use crate::algorithms::Algorithm;
use crate::graph::{Direction, ParallelEdges};
use crate::model::template::{EdgeFilter, Projection};

/// What was seen and how it was read, in sentences.
pub(super) fn conventions(algorithm: &Algorithm, projection: &Projection) -> Vec<String> {
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
                "Parallel edges count as one.".to_owned()
            }
            ParallelEdges::Smallest => "Parallel edges count as one, with the smallest weight.".to_owned(),
            ParallelEdges::Sum => "Parallel edges count as one, with the sum of their weights.".to_owned(),
        },
        if rules.self_loops {
            "Edges from a vertex to itself are kept.".to_owned()
        } else {
            "Edges from a vertex to itself are left out.".to_owned()
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
