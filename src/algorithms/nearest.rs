//! Nearest points by a tree of boxes (k-d tree), exact whatever the number of dimensions.
//!
//! The widest side of a box is halved at its median until few points are left; a search goes into the
//! nearer half first and passes over boxes that lie farther than what it has found. Ties go to the smaller
//! number, in boxes too, so that thousands of equal points cost no more than others.
//!
//! Law: the answer is that of comparing with every point, bit for bit.
//! Cost: O(n log n) to build; a search O(log n) where points spread over few dimensions, O(n) at worst.
//! Memory: 8 bytes a point and dimension for points, a quarter more for boxes.
//! Source: Friedman, Bentley & Finkel, ACM TOMS 3, 1977.

use super::control::{Control, KernelError};
use super::pace::{self, Pace};
use super::sort::least_first;

/// Points of a leaf at most; their distances are computed side by side.
const LEAF: usize = 32;

/// Points in a tree of boxes.
pub(super) struct Tree {
    /// Numbers of a point.
    width: usize,
    /// Numbers of the points, leaf by leaf.
    order: Vec<u32>,
    /// Coordinates, leaf by leaf, within a leaf dimension by dimension.
    leaves: Vec<f64>,
    nodes: Vec<Node>,
    /// Least and greatest coordinates of each node's box, dimension by dimension.
    boxes: Vec<(f64, f64)>,
}

struct Node {
    begin: usize,
    end: usize,
    /// The second child; the first stands right behind. 0 for a leaf.
    second: usize,
    /// The smallest number in it.
    first_number: u32,
}

/// The nearest points found so far, nearest first.
pub(super) struct Nearest {
    most: usize,
    found: Vec<(f64, u32)>,
    /// Boxes to visit: a node, how far it is.
    open: Vec<(f64, usize)>,
}

impl Nearest {
    /// Room for the `most` nearest points.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            found: Vec::with_capacity(most + 1),
            open: Vec::new(),
        }
    }

    fn is_behind(&self, point: (f64, u32)) -> bool {
        match self.found.last() {
            Some(last) if self.found.len() == self.most => !is_before(point, *last),
            _ => self.most == 0,
        }
    }

    fn offer(&mut self, point: (f64, u32)) {
        if !self.is_behind(point) {
            let at = self.found.partition_point(|it| is_before(*it, point));
            self.found.insert(at, point);
            self.found.truncate(self.most);
        }
    }
}

/// A number that is in the order of all numbers what `value` is: negative ones turn their bits round.
fn rank(value: f64) -> i64 {
    let bits = value.to_bits() as i64;
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

fn is_before(a: (f64, u32), b: (f64, u32)) -> bool {
    a.0 < b.0 || (a.0 == b.0 && a.1 < b.1)
}

impl Tree {
    /// A tree of the points whose coordinates stand in `points`, `width` each; fails only when cancelled.
    pub(super) fn new(points: &[f64], width: usize, control: &Control) -> Result<Self, KernelError> {
        let count = points.len() / width;
        let mut tree = Self {
            width,
            order: (0..count as u32).collect(),
            leaves: Vec::with_capacity(points.len()),
            nodes: Vec::new(),
            boxes: Vec::new(),
        };
        if count > 0 {
            let mut order = std::mem::take(&mut tree.order);
            tree.split(points, &mut order, 0, control)?;
            tree.order = order;
        }
        Ok(tree)
    }

    /// Adds the node of the points in `order`, which stand from `begin` on, and those below it.
    fn split(
        &mut self,
        points: &[f64],
        order: &mut [u32],
        begin: usize,
        control: &Control,
    ) -> Result<(), KernelError> {
        control.check()?;
        let node = self.nodes.len();
        let at = |number: u32, dimension: usize| points[number as usize * self.width + dimension];
        let mut widest = (0.0, 0);
        for dimension in 0..self.width {
            let mut bounds = (f64::INFINITY, f64::NEG_INFINITY);
            for part in order.chunks(pace::ENTRIES) {
                control.check()?;
                let values = part.iter().map(|it| at(*it, dimension));
                bounds = values.fold(bounds, |(low, high), it| (it.min(low), it.max(high)));
            }
            self.boxes.push(bounds);
            if bounds.1 - bounds.0 > widest.0 {
                widest = (bounds.1 - bounds.0, dimension);
            }
        }
        self.nodes.push(Node {
            begin,
            end: begin + order.len(),
            second: 0,
            first_number: order.iter().copied().min().unwrap_or(0),
        });
        if order.len() <= LEAF {
            order.sort_unstable();
            for dimension in 0..self.width {
                let values = order
                    .iter()
                    .map(|it| points[*it as usize * self.width + dimension]);
                self.leaves.extend(values);
            }
            return Ok(());
        }
        let middle = order.len() / 2;
        // Among equal points the smaller numbers come first, so that a search meets them first.
        least_first(order, middle, control, |it| (rank(at(*it, widest.1)), *it))?;
        let (first, second) = order.split_at_mut(middle);
        self.split(points, first, begin, control)?;
        self.nodes[node].second = self.nodes.len();
        self.split(points, second, begin + middle, control)
    }

    /// Numbers of the points in an order in which neighbours stand close together.
    pub(super) fn order(&self) -> &[u32] {
        &self.order
    }

    /// The points nearest to `point`, the one called `own` left out: squared distance and number, nearest
    /// first, ties by number.
    pub(super) fn nearest<'a>(
        &self,
        point: &[f64],
        own: u32,
        nearest: &'a mut Nearest,
        pace: &mut Pace<'_>,
    ) -> Result<&'a [(f64, u32)], KernelError> {
        nearest.found.clear();
        nearest.open.clear();
        if !self.nodes.is_empty() {
            nearest.open.push((0.0, 0));
        }
        while let Some((distance, node)) = nearest.open.pop() {
            let Node {
                second, first_number, ..
            } = self.nodes[node];
            if nearest.is_behind((distance, first_number)) {
                continue;
            }
            pace.step(self.width * if second == 0 { LEAF } else { 2 })?;
            if second == 0 {
                self.visit(node, point, own, nearest);
                continue;
            }
            let reach = |node: usize| (self.to_box(node, point), node);
            let (mut near, mut far) = (reach(node + 1), reach(second));
            let place = |it: (f64, usize)| (it.0, self.nodes[it.1].first_number);
            if is_before(place(far), place(near)) {
                std::mem::swap(&mut near, &mut far);
            }
            nearest.open.extend([far, near]);
        }
        Ok(&nearest.found)
    }

    /// Offers the points of a leaf.
    fn visit(&self, node: usize, point: &[f64], own: u32, nearest: &mut Nearest) {
        let Node { begin, end, .. } = self.nodes[node];
        let count = end - begin;
        let mut distances = [0.0_f64; LEAF];
        let columns = self.leaves[begin * self.width..end * self.width].chunks(count);
        for (values, own) in columns.zip(point) {
            for (distance, value) in distances.iter_mut().zip(values) {
                *distance += (own - value) * (own - value);
            }
        }
        for (distance, number) in distances.iter().zip(&self.order[begin..end]) {
            if *number != own {
                nearest.offer((*distance, *number));
            }
        }
    }

    /// The squared distance to a node's box; sums in the order of the distance to a point, so that rounding
    /// never lifts it above that of a point inside.
    fn to_box(&self, node: usize, point: &[f64]) -> f64 {
        let bounds = &self.boxes[node * self.width..(node + 1) * self.width];
        let outside = |((low, high), own): (&(f64, f64), &f64)| (low - own).max(own - high).max(0.0);
        bounds.iter().zip(point).map(outside).map(|it| it * it).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_sorting(points: &[f64], width: usize, own: usize, most: usize) -> Vec<(f64, u32)> {
        let at = |it: usize| &points[it * width..(it + 1) * width];
        let distance = |it: usize| {
            at(own)
                .iter()
                .zip(at(it))
                .map(|(a, b)| (a - b) * (a - b))
                .sum::<f64>()
        };
        let others = (0..points.len() / width).filter(|it| *it != own);
        let mut all: Vec<(f64, u32)> = others.map(|it| (distance(it), it as u32)).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        all.truncate(most);
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn a_full_sort_finds_the_same(
            width in 1_usize..6,
            coarse in prop::collection::vec(-3_i8..4, 6..1500),
            shift in prop::sample::select(vec![0.0, 0.37]),
            most in 1_usize..12,
        ) {
            // Few different values, so that many points are equal.
            let count = coarse.len() / width;
            let points: Vec<f64> = coarse[..count * width]
                .iter()
                .zip(0..)
                .map(|(it, at)| f64::from(*it) + shift * f64::from(at % 7))
                .collect();
            let tree = Tree::new(&points, width, &Control::default()).unwrap();
            let mut nearest = Nearest::new(most);
            for own in (0..count).step_by(7) {
                let point = &points[own * width..(own + 1) * width];
                let found = tree.nearest(point, own as u32, &mut nearest, &mut Pace::new(&Control::default())).unwrap();
                prop_assert_eq!(found, by_sorting(&points, width, own, most));
            }
        }
    }

    #[test]
    fn equal_points_cost_no_more_than_others() {
        let points = vec![1.0; 200_000];
        let tree = Tree::new(&points, 1, &Control::default()).unwrap();
        let mut nearest = Nearest::new(3);
        for own in 0..200_000 {
            let found = tree
                .nearest(&[1.0], own, &mut nearest, &mut Pace::new(&Control::default()))
                .unwrap();
            assert_eq!(found.len(), 3);
            assert!(found[2].1 <= 3);
        }
    }
}
