//! Dominators: through which vertex every path from the roots must go.
//!
//! `d` dominates `v` when every path from a root to `v` passes `d`. The immediate dominators form a tree
//! below a virtual root that has an edge to every root.
//!
//! Cost: near O(n + m) on the graphs we meet (the last step can take O(n²) on adversarial ones) on one
//! thread; 36 bytes a vertex. Source: the semi-NCA algorithm, Georgiadis 2005, after Lengauer & Tarjan
//! 1979, without recursion.

use super::blocks::BLOCK;
use super::control::{Control, KernelError};
use crate::graph::Csr;

/// The tree of immediate dominators of the vertices that the roots reach.
pub(super) struct Dominators {
    /// Vertices by their number in depth-first order; number 0 is the virtual root, and its entry has
    /// no meaning.
    order: Vec<u32>,
    /// Number of the immediate dominator, by number.
    immediate: Vec<u32>,
}

/// Number of a vertex that the search has not met.
const UNSEEN: u32 = u32::MAX;

impl Dominators {
    /// The dominators of `graph` seen from `roots`.
    pub(super) fn new(graph: &Csr, roots: &[u32], control: &Control) -> Result<Self, KernelError> {
        let walk = Walk::new(graph, roots, control)?;
        let count = walk.order.len();
        let mut forest = Forest {
            ancestor: walk.parent.clone(),
            label: (0..count as u32).collect(),
            semi: (0..count as u32).collect(),
            path: Vec::new(),
        };
        for number in (1..count as u32).rev() {
            if (number as usize).is_multiple_of(BLOCK) {
                control.check()?;
            }
            let v = walk.order[number as usize];
            let mut semi = walk.parent[number as usize];
            if roots.binary_search(&v).is_ok() {
                semi = 0;
            }
            for u in graph.into.neighbours(v) {
                let before = walk.number[*u as usize];
                if before != UNSEEN {
                    let label = forest.label_on_path(before, number + 1);
                    semi = semi.min(forest.semi[label as usize]);
                }
            }
            forest.semi[number as usize] = semi;
        }
        let mut immediate = walk.parent;
        for number in 1..count {
            let mut dominator = immediate[number];
            while dominator > forest.semi[number] {
                dominator = immediate[dominator as usize];
            }
            immediate[number] = dominator;
        }
        Ok(Self {
            order: walk.order,
            immediate,
        })
    }

    /// For each of `n` vertices how many others it dominates; 0 where no root leads.
    pub(super) fn dominated(&self, n: u32) -> Vec<u64> {
        let mut below = vec![0_u64; self.order.len()];
        for number in (1..self.order.len()).rev() {
            below[self.immediate[number] as usize] += below[number] + 1;
        }
        let mut by_vertex = vec![0_u64; n as usize];
        for (v, dominated) in self.order.iter().zip(&below).skip(1) {
            by_vertex[*v as usize] = *dominated;
        }
        by_vertex
    }
}

/// The depth-first search from the roots, in preorder.
struct Walk {
    order: Vec<u32>,
    /// Number of the vertex from which each was met, by number; 0 for those met first.
    parent: Vec<u32>,
    /// Number by vertex.
    number: Vec<u32>,
}

impl Walk {
    fn new(graph: &Csr, roots: &[u32], control: &Control) -> Result<Self, KernelError> {
        let mut walk = Self {
            order: vec![0],
            parent: vec![0],
            number: vec![UNSEEN; graph.vertex_count() as usize],
        };
        // Each vertex on the way down, with the index of the next entry to look at.
        let mut path: Vec<(u32, usize)> = Vec::new();
        for &root in roots {
            if walk.number[root as usize] == UNSEEN {
                walk.meet(root, 0);
                path.push((root, graph.out.range(root).start));
            }
            while let Some((v, next)) = path.last_mut() {
                let v = *v;
                if *next == graph.out.range(v).end {
                    path.pop();
                    continue;
                }
                let u = graph.out.targets[*next];
                *next += 1;
                if walk.number[u as usize] == UNSEEN {
                    if walk.order.len().is_multiple_of(BLOCK) {
                        control.check()?;
                    }
                    walk.meet(u, walk.number[v as usize]);
                    path.push((u, graph.out.range(u).start));
                }
            }
        }
        Ok(walk)
    }

    fn meet(&mut self, v: u32, parent: u32) {
        self.number[v as usize] = self.order.len() as u32;
        self.order.push(v);
        self.parent.push(parent);
    }
}

/// The part of the search tree that is linked so far, with compressed paths; all by number.
struct Forest {
    ancestor: Vec<u32>,
    /// The number with the smallest semidominator between here and `ancestor`.
    label: Vec<u32>,
    semi: Vec<u32>,
    path: Vec<u32>,
}

impl Forest {
    /// The number with the smallest semidominator among `number` and its linked ancestors, which are
    /// those from `linked` on.
    fn label_on_path(&mut self, number: u32, linked: u32) -> u32 {
        let mut top = number;
        while self.ancestor[top as usize] >= linked {
            self.path.push(top);
            top = self.ancestor[top as usize];
        }
        while let Some(below) = self.path.pop() {
            let (at, above) = (below as usize, top as usize);
            let best = self.label[above];
            if self.semi[best as usize] < self.semi[self.label[at] as usize] {
                self.label[at] = best;
            }
            self.ancestor[at] = self.ancestor[above];
            top = below;
        }
        self.label[number as usize]
    }
}
