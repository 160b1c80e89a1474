//! Communities by modularity: Leiden, repeated until it finds no more.
//!
//! As Louvain does, vertices move to the neighbouring community that gains most modularity. What
//! becomes a vertex of the smaller graph is then not the community but each of its well-connected
//! parts (the refinement), so that a part that was wrongly put into a community can leave it
//! again. Rounds start from the communities of the one before until a round gains nothing.
//!
//! Convention: that of [`super::louvain`]. Communities are connected always; where the tolerance does
//! not hold, they are well connected, and no part of theirs that became a vertex gains by moving.
//!
//! Cost: about 25 visits of each edge end where the tolerance holds, up to 120 where it does not; 200
//! bytes a vertex and 72 an edge at worst; one thread, but for modularity and the counts of neighbours.
//!
//! Not for: communities smaller than about √m edges at resolution 1, which modularity cannot see.

use super::control::{Control, KernelError};
pub use super::divisions::DivisionConfig;
use super::divisions::{self, Round, Start};
use super::layers::Layer;
use super::local_moving::move_vertices;
use super::modularity::renumber;
use super::outcome::Outcome;
use super::refinement::refine;
use super::registry::{AttributeUse, Extent, Info, Inputs, ParallelEdges, Work};
use crate::graph::Csr;

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "leiden",
    aliases: &["leiden_communities"],
    special_cases: &[],
    title: "Leiden communities",
    summary: "Finds well-connected communities with many more edges inside than chance would put there.",
    convention: "Direction is ignored and weights, where there are some, count. Communities are connected and \
                 named by their smallest member; a vertex without edges is a community of its own. Other \
                 partitions may have nearly the same modularity.",
    source: "Traag, Waltman and van Eck, Sci. Rep. 9, 2019; greedy refinement after Sahu, arXiv:2312.13936.",
    parameters: &divisions::PARAMETERS,
    columns: &divisions::COLUMNS,
    rows: None,
    order: &[],
    summary_values: &divisions::SUMMARY,
    needs_times: false,
    parallel: ParallelEdges::Sum,
    uses_weights: true,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 5.0e7,
};

/// Upper bounds of what it takes on a graph of this size.
pub fn work(config: &DivisionConfig, size: Extent) -> Work {
    config.work(size, 120)
}

/// Finds the communities.
///
/// # Errors
///
/// [`KernelError::NegativeWeight`].
pub fn run(
    graph: &Csr,
    config: &DivisionConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    divisions::run(graph, config, control, |layer, start, community| {
        climb(layer, start, community, config.max_levels, control)
    })
}

/// One round: moves vertices, then well-connected parts of communities as vertices, and so on until
/// every community is one vertex.
fn climb(
    lowest: &Layer<'_>,
    start: Start<'_>,
    community: &mut [u32],
    max_levels: u32,
    control: &Control,
) -> Result<Round, KernelError> {
    let rule = start.rule;
    // Which vertex of the layer each vertex of the graph is part of.
    let mut within: Vec<u32> = (0..lowest.vertex_count()).collect();
    let mut merged: Option<Layer<'_>> = None;
    let mut division = community.to_vec();
    let mut levels = 0;
    // A part that only the order of visits made is not made again in the next round.
    let falling = start.rounds % 2 == 1;
    loop {
        let layer = merged.as_ref().unwrap_or(lowest);
        let order = start.order.filter(|_| levels == 0);
        let moves = move_vertices(layer, order, &mut division, rule, control)?;
        if levels == 0 && start.rounds > 0 && moves.gained < rule.least {
            community.copy_from_slice(&division);
            return Ok(Round::settled());
        }
        let count = renumber(&mut division);
        levels += 1;
        if count == layer.vertex_count() || levels == max_levels {
            break;
        }
        let mut part = refine(layer, &division, rule.resolution, falling, control)?;
        let parts = renumber(&mut part);
        if parts == layer.vertex_count() {
            // Where moving was cut short a community may have no two parts that belong together.
            break;
        }
        let above = layer.merged(&part, parts, control)?;
        within.iter_mut().for_each(|it| *it = part[*it as usize]);
        let mut lifted = vec![0; parts as usize];
        for (it, own) in part.iter().zip(&division) {
            lifted[*it as usize] = *own;
        }
        division = lifted;
        merged = Some(above);
    }
    for (own, it) in community.iter_mut().zip(&within) {
        *own = division[*it as usize];
    }
    Ok(Round::of(levels))
}

#[cfg(test)]
#[path = "leiden_tests.rs"]
mod tests;
