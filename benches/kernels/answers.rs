//! The numbers of an answer by which it is compared with those of others.

use gaai::algorithms::{Outcome, Values};
use gaai::graph::Csr;

use crate::work::Answer;

/// Numbers of the summary.
pub(crate) fn summary(outcome: &Outcome, names: &[&'static str]) -> Answer {
    let value = |name: &str| outcome.summary.iter().find(|it| it.0 == name).map(|it| it.2);
    names
        .iter()
        .filter_map(|name| Some((*name, value(name)?)))
        .collect()
}

/// The greatest value of a column of vertices.
pub(crate) fn greatest(outcome: &Outcome, column: &str) -> Answer {
    let most = numbers(outcome, column).into_iter().fold(0.0, f64::max);
    Answer::from([("greatest", most)])
}

/// The greatest score as a share of all: libraries scale their scores in different ways.
pub(crate) fn peak(outcome: &Outcome, column: &str) -> Answer {
    let scores = numbers(outcome, column);
    let most = scores.iter().copied().fold(0.0, f64::max);
    let mut answer = summary(outcome, &["iterations"]);
    answer.insert("greatest_share", most / scores.iter().sum::<f64>());
    answer
}

/// The sums of columns of vertices, by the names of the columns.
pub(crate) fn sums(outcome: &Outcome, columns: &[&'static str]) -> Answer {
    let sum = |name: &&'static str| (*name, numbers(outcome, name).iter().sum());
    columns.iter().map(sum).collect()
}

/// How many communities there are, and their modularity by its definition.
pub(crate) fn communities(outcome: &Outcome, graph: &Csr) -> Answer {
    let mut answer = summary(outcome, &["communities", "iterations"]);
    let Some(Values::Groups(of)) = outcome.vertex_column("community").map(|it| &it.values) else {
        return answer;
    };
    let mut ends = vec![0.0; of.len()];
    let mut inside = 0_u64;
    for v in 0..graph.vertex_count() {
        // Answers are in the order of the files, which the graph need not have.
        let own = of[graph.number(v) as usize];
        let list = graph.out.neighbours(v);
        ends[own as usize] += list.len() as f64;
        inside += list
            .iter()
            .filter(|it| of[graph.number(**it) as usize] == own)
            .count() as u64;
    }
    let entries = graph.entry_count() as f64;
    let chance: f64 = ends.iter().map(|it| (it / entries).powi(2)).sum();
    answer.insert("modularity", inside as f64 / entries - chance);
    answer
}

fn numbers(outcome: &Outcome, column: &str) -> Vec<f64> {
    match outcome.vertex_column(column).map(|it| &it.values) {
        Some(Values::Numbers(values)) => values.clone(),
        Some(Values::Integers(values)) => values.iter().map(|it| *it as f64).collect(),
        _ => Vec::new(),
    }
}
