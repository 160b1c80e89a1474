//! Communities by modularity: Louvain, repeated until it finds no more, with connected communities.
//!
//! Vertices move to the neighbouring community that gains most modularity, in a queue that a move
//! refills with the neighbours it concerns; communities then become the vertices of a smaller graph
//! and move in turn. When nothing moves any more, communities that fell apart are split (which never
//! lowers modularity) and everything starts again from there, until a round gains nothing.
//!
//! Convention: direction is ignored (a reciprocal pair counts as both its edges), parallel edges add
//! up, a self-loop of weight `w` adds `2 w` to its vertex's strength. Weights must not be negative.
//! A vertex without edges is a community of its own.
//!
//! Cost: about 20 visits of each edge end where the tolerance holds, up to 60 where it does not; 200
//! bytes a vertex and 72 an edge at worst; one thread, but for modularity and the counts of neighbours,
//! as moves depend on their order and the answer must not depend on threads.
//!
//! Not for: communities smaller than about √m edges at resolution 1, which modularity cannot see.

use super::control::{Control, KernelError};
pub use super::divisions::DivisionConfig;
use super::divisions::{self, Round, Start};
use super::layers::Layer;
use super::local_moving::move_vertices;
use super::modularity::renumber;
use super::outcome::Outcome;
use super::registry::{AttributeUse, Extent, Info, Inputs, ParallelEdges, Work};
use crate::graph::Csr;

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "louvain",
    aliases: &["community_detection", "communities"],
    special_cases: &[],
    title: "Louvain communities",
    summary: "Finds communities with many more edges inside than chance would put there.",
    convention: "Direction is ignored and weights, where there are some, count. Communities are connected and \
                 named by their smallest member; a vertex without edges is a community of its own. Other \
                 partitions may have nearly the same modularity.",
    source: "Blondel et al., J. Stat. Mech. P10008, 2008; queue and connectedness after Traag et al., Sci. Rep. 9, 2019.",
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
    steps_a_second: 1.0e8,
};

/// Upper bounds of what it takes on a graph of this size.
pub fn work(config: &DivisionConfig, size: Extent) -> Work {
    config.work(size, 60)
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

/// One round: moves vertices, then communities as vertices, and so on until nothing moves.
pub(super) fn climb(
    lowest: &Layer<'_>,
    start: Start<'_>,
    community: &mut [u32],
    max_levels: u32,
    control: &Control,
) -> Result<Round, KernelError> {
    let Start { order, rule, rounds } = start;
    // The lowest level goes on from the round before; further up every vertex begins alone.
    let moves = move_vertices(lowest, order, community, rule, control)?;
    if rounds > 0 && moves.gained < rule.least {
        return Ok(Round::settled());
    }
    let mut count = renumber(community);
    // The community of each vertex of the layer below.
    let mut division = community.to_vec();
    let mut below: Option<Layer<'_>> = None;
    for level in 1..max_levels {
        let layer = below
            .as_ref()
            .unwrap_or(lowest)
            .merged(&division, count, control)?;
        division = (0..count).collect();
        let moves = move_vertices(&layer, None, &mut division, rule, control)?;
        if !moves.any {
            return Ok(Round::of(level));
        }
        count = renumber(&mut division);
        community
            .iter_mut()
            .for_each(|own| *own = division[*own as usize]);
        below = Some(layer);
    }
    Ok(Round::of(max_levels))
}
