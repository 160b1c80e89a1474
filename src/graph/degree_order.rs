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
    let ranking = Ranking::of(&degrees);
    let ends = 2 * edges.sources.len() as u64;
    if ranking.ends_of_first(u64::from(vertex_count / HUBS)) * HUB_SHARE < ends {
        return None;
    }
    let order = ranking.order();
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

/// Vertices with a degree below this are counted instead of sorted; few have more.
const COUNTED: usize = 1 << 16;

/// Vertices by falling degree.
struct Ranking<'a> {
    degrees: &'a [u32],
    /// Those with degrees from [`COUNTED`] on, falling; those of equal degree in their order.
    greatest: Vec<u32>,
    /// How many vertices have each lesser degree.
    counts: Vec<u32>,
}

impl<'a> Ranking<'a> {
    fn of(degrees: &'a [u32]) -> Self {
        let (mut greatest, mut counts) = (Vec::new(), vec![0; COUNTED]);
        for (v, degree) in (0_u32..).zip(degrees) {
            match counts.get_mut(*degree as usize) {
                Some(count) => *count += 1,
                None => greatest.push(v),
            }
        }
        greatest.sort_by_key(|v| std::cmp::Reverse(degrees[*v as usize]));
        Self {
            degrees,
            greatest,
            counts,
        }
    }

    /// Edge ends at the first so many vertices.
    fn ends_of_first(&self, vertices: u64) -> u64 {
        let (mut ends, mut left) = (0, vertices);
        for v in self.greatest.iter().take(vertices as usize) {
            ends += u64::from(self.degrees[*v as usize]);
            left -= 1;
        }
        for (degree, count) in self.counts.iter().enumerate().rev() {
            let taken = left.min(u64::from(*count));
            ends += taken * degree as u64;
            left -= taken;
        }
        ends
    }

    /// The vertices, those of equal degree in their order.
    fn order(self) -> Vec<u32> {
        let mut next = self.counts;
        let mut begin = self.greatest.len() as u32;
        for place in next.iter_mut().rev() {
            let count = std::mem::replace(place, begin);
            begin += count;
        }
        let mut order = self.greatest;
        order.resize(self.degrees.len(), 0);
        for (v, degree) in (0_u32..).zip(self.degrees) {
            if let Some(place) = next.get_mut(*degree as usize) {
                order[*place as usize] = v;
                *place += 1;
            }
        }
        order
    }
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
    fn ranks_are_those_of_a_sort() {
        // Some degrees are beyond those that are counted.
        let degrees: Vec<u32> = (0..5000_u32).map(|v| v * v % 4099 * (1 + v % 23)).collect();
        assert!(degrees.iter().any(|it| *it as usize > COUNTED));
        let mut expected: Vec<u32> = (0..5000).collect();
        expected.sort_by_key(|v| std::cmp::Reverse(degrees[*v as usize]));
        for count in [0, 1, 7, 300, 5000] {
            let ends: u64 = expected[..count]
                .iter()
                .map(|v| u64::from(degrees[*v as usize]))
                .sum();
            assert_eq!(Ranking::of(&degrees).ends_of_first(count as u64), ends);
        }
        assert_eq!(Ranking::of(&degrees).order(), expected);
    }

    #[test]
    fn graphs_without_hubs_and_small_ones_keep_their_numbers() {
        let mut even = generate::uniform(FEWEST, 4 * FEWEST, 5);
        assert_eq!(renumber(FEWEST, &mut even), None);
        let mut small = generate::rmat(10, 4, 5);
        assert_eq!(renumber(1 << 10, &mut small), None);
    }
}
