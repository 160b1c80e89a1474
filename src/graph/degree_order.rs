//! Numbers vertices by falling degree, so that what kernels read most often lies together.
//!
//! A sweep over all edges reads the values of neighbours at random. Where few vertices hold most
//! edges, most of these reads then fall into few cache lines. Where degrees are alike nothing is gained,
//! and an order that follows the data (a grid by rows, a crawl by hosts) would be lost: such graphs keep
//! their numbers.
//!
//! Source: Balaji and Lucia, IISWC 2018 (hub sorting). Memory while it works: 12 bytes a vertex.

use rayon::prelude::*;

use super::build::EdgeList;

/// Below so many vertices the values of all of them fit a core's own cache, and order gains nothing.
const FEWEST: u32 = 1 << 17;

/// The graph is skewed where this part of the vertices …
const HUBS: u32 = 16;

/// … holds at least one in so many of the edge ends.
const HUB_SHARE: u64 = 3;

/// Numbers the ends of `edges` anew and returns the old number of each vertex; `None` where the numbers
/// stay as they are.
pub(super) fn renumber(vertex_count: u32, edges: &mut EdgeList) -> Option<Vec<u32>> {
    if vertex_count < FEWEST {
        return None;
    }
    let degrees = degrees(vertex_count, edges);
    let order = by_degree(&degrees);
    let ends = |vertices: &[u32]| -> u64 { vertices.iter().map(|v| u64::from(degrees[*v as usize])).sum() };
    if ends(&order[..(vertex_count / HUBS) as usize]) * HUB_SHARE < ends(&order) {
        return None;
    }
    drop(degrees);
    let mut new = vec![0_u32; vertex_count as usize];
    for (number, v) in (0_u32..).zip(&order) {
        new[*v as usize] = number;
    }
    let change = |ends: &mut [u32]| ends.par_iter_mut().for_each(|v| *v = new[*v as usize]);
    change(&mut edges.sources);
    change(&mut edges.targets);
    Some(order)
}

fn degrees(vertex_count: u32, edges: &EdgeList) -> Vec<u32> {
    let count = |ends: &[u32]| {
        let mut degrees = vec![0_u32; vertex_count as usize];
        ends.iter().for_each(|v| degrees[*v as usize] += 1);
        degrees
    };
    let (mut degrees, into) = rayon::join(|| count(&edges.sources), || count(&edges.targets));
    degrees.iter_mut().zip(&into).for_each(|(to, from)| *to += from);
    degrees
}

/// The vertices by falling degree, those of equal degree in their order.
fn by_degree(degrees: &[u32]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..degrees.len() as u32).collect();
    order.par_sort_by_key(|v| std::cmp::Reverse(degrees[*v as usize]));
    order
}

#[cfg(test)]
mod tests {
    use super::super::generate;
    use super::*;

    #[test]
    fn hubs_come_first_and_every_edge_keeps_its_ends() {
        let n = FEWEST;
        let edges = generate::rmat(17, 4, 5);
        let mut renumbered = edges.clone();
        let order = renumber(n, &mut renumbered).unwrap();
        let back = |ends: &[u32]| -> Vec<u32> { ends.iter().map(|v| order[*v as usize]).collect() };
        assert_eq!(back(&renumbered.sources), edges.sources);
        assert_eq!(back(&renumbered.targets), edges.targets);
        let degrees = degrees(n, &renumbered);
        assert!(degrees.is_sorted_by(|a, b| a >= b));
    }

    #[test]
    fn graphs_without_hubs_and_small_ones_keep_their_numbers() {
        let mut even = generate::uniform(FEWEST, 4 * FEWEST, 5);
        assert_eq!(renumber(FEWEST, &mut even), None);
        let mut small = generate::rmat(10, 4, 5);
        assert_eq!(renumber(1 << 10, &mut small), None);
    }
}
