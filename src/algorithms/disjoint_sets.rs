//! Disjoint sets of vertices on one thread: trees whose parents are smaller than their children, so that
//! every root is the smallest member of its set.
//!
//! Cost: near a step a call. Source: union-find with path halving, Tarjan and van Leeuwen, J. ACM 31(2), 1984.

/// The smallest vertex known to share the set of `v`.
pub(super) fn root(parent: &mut [u32], mut v: u32) -> u32 {
    while parent[v as usize] != v {
        let above = parent[parent[v as usize] as usize];
        parent[v as usize] = above;
        v = above;
    }
    v
}

/// Makes one set of those of `v` and `u`; returns whether they were two.
pub(super) fn join(parent: &mut [u32], v: u32, u: u32) -> bool {
    let (a, b) = (root(parent, v), root(parent, u));
    parent[a.max(b) as usize] = a.min(b);
    a != b
}
