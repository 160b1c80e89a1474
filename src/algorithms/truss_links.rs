//! The links of a graph with the triangles that they close, and how they are peeled off.
//!
//! Links are counted and kept by the ranks of [`Upward`]. The triangles of a link are found by marking the list of
//! its end with more neighbours, once for all links there that go at the same time, and looking the other
//! end's list through for marks; where a list is short, its members are searched for instead. Lists lose the links
//! that are gone.
//!
//! Cost: O(m √m) time, the count of triangles divided by the threads; 37 bytes a link and 20 a vertex beyond
//! [`Upward`]. Source: Kabir & Madduri, Shared-memory graph truss decomposition, HiPC 2017 (levels).

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use super::chunks::in_any_order;
use super::control::{Control, KernelError};
use super::pace::{self, Pace};
use super::upward::{Upward, closing};

/// Vertices whose triangles are counted at a time.
const CHUNK: usize = 32;

/// How often each link is in a triangle; a link's number is its place in `upward.above`.
pub(super) fn supports(upward: &Upward, control: &Control) -> Result<Vec<u32>, KernelError> {
    /// What a thread counts with; `mark` and `own` are 0 between vertices.
    struct Workspace {
        /// The place of each vertex in the list of the lowest corner, from 1.
        mark: Vec<u32>,
        /// Places in a list at which a triangle closes.
        closed: Vec<u32>,
        /// Triangles of each link of the lowest corner.
        own: Vec<u32>,
    }
    let (n, longest) = (upward.vertex_count(), upward.longest());
    let support: Vec<AtomicU32> = (0..upward.above.len()).map(|_| AtomicU32::new(0)).collect();
    // Whole numbers, so that threads may add in any order.
    let add = |link: usize, count: u32| support[link].fetch_add(count, Ordering::Relaxed);
    let fresh = || Workspace {
        mark: vec![0; n as usize],
        closed: vec![0; longest],
        own: vec![0; longest],
    };
    let count = |a: u32, Workspace { mark, closed, own }: &mut Workspace| {
        let around = upward.range(a);
        for (place, b) in (1..).zip(&upward.above[around.clone()]) {
            mark[*b as usize] = place;
        }
        for (place, b) in upward.above[around.clone()].iter().enumerate() {
            control.check()?;
            let list = upward.range(*b);
            let found = closing(&upward.above[list.clone()], mark, closed);
            for at in &closed[..found] {
                let link = list.start + *at as usize;
                add(link, 1);
                own[mark[upward.above[link] as usize] as usize - 1] += 1;
            }
            own[place] += found as u32;
        }
        for (link, own) in around.zip(own) {
            add(link, std::mem::take(own));
            mark[upward.above[link] as usize] = 0;
        }
        Ok(())
    };
    in_any_order(n as usize, CHUNK, control, fresh, |workspace, ranks| {
        ranks.into_iter().try_for_each(|a| count(a as u32, workspace))
    })?;
    Ok(support.into_iter().map(AtomicU32::into_inner).collect())
}

/// The links at each vertex that are left, and what was found of the others.
pub(super) struct Peeling<'a> {
    upward: &'a Upward,
    control: &'a Control,
    pace: Pace<'a>,
    /// The end of each link with more rank; `upward.above` has the other.
    lower: Vec<u32>,
    /// Links at each vertex, and the place of its list in `members`.
    lists: Vec<(usize, u32)>,
    /// The other ends of links, ascending, by the vertex.
    members: Vec<u32>,
    /// Numbers of links, parallel to `members`.
    links: Vec<u32>,
    /// Links in each list that are gone.
    gone_at: Vec<u32>,
    is_gone: Vec<bool>,
    /// Triangles of each link that lost none of theirs.
    support: Vec<u32>,
    /// The truss number of each link whose turn has come; 0 for the others.
    truss: Vec<u32>,
    /// The link of each vertex with the one whose list is marked, from 1; all 0 in between.
    mark: Vec<u32>,
    /// Places in a list at which a triangle closes.
    closed: Vec<u32>,
    /// The two other links of each triangle of a link.
    triangles: Vec<(u32, u32)>,
}

impl<'a> Peeling<'a> {
    /// Nothing gone yet; the lists of `upward` are sorted.
    pub(super) fn new(
        upward: &'a Upward,
        support: Vec<u32>,
        control: &'a Control,
    ) -> Result<Self, KernelError> {
        let (n, m) = (upward.vertex_count(), support.len());
        let mut peeling = Peeling {
            upward,
            control,
            pace: Pace::new(control),
            lower: Vec::with_capacity(m),
            lists: Vec::with_capacity(n as usize),
            members: vec![0; 2 * m],
            links: vec![0; 2 * m],
            gone_at: vec![0; n as usize],
            is_gone: vec![false; m],
            support,
            truss: vec![0; m],
            mark: vec![0; n as usize],
            closed: Vec::new(),
            triangles: Vec::new(),
        };
        let mut degree = vec![0_usize; n as usize];
        for a in 0..n {
            let list = &upward.above[upward.range(a)];
            peeling.pace.step(list.len())?;
            degree[a as usize] += list.len();
            list.iter().for_each(|b| degree[*b as usize] += 1);
        }
        peeling.closed = vec![0; degree.iter().copied().max().unwrap_or(0)];
        let mut begin = 0;
        for degree in degree {
            peeling.lists.push((begin, 0));
            begin += degree;
        }
        // Those above come first in each list, then those below, as the lists of these are read.
        for a in 0..n {
            peeling.pace.step(upward.range(a).len())?;
            for link in upward.range(a) {
                peeling.lower.push(a);
                peeling.enter(a, upward.above[link], link as u32);
            }
        }
        for a in 0..n {
            peeling.pace.step(upward.range(a).len())?;
            for link in upward.range(a) {
                peeling.enter(upward.above[link], a, link as u32);
            }
        }
        Ok(peeling)
    }

    fn enter(&mut self, v: u32, other: u32, link: u32) {
        let (begin, length) = &mut self.lists[v as usize];
        let at = *begin + *length as usize;
        (self.members[at], self.links[at]) = (other, link);
        *length += 1;
    }

    fn list(&self, v: u32) -> Range<usize> {
        let (begin, length) = self.lists[v as usize];
        begin..begin + length as usize
    }

    /// The truss number of each link.
    pub(super) fn run(mut self) -> Result<Vec<u32>, KernelError> {
        let m = self.support.len();
        self.control.expect(m as u64);
        let mut left: Vec<u32> = (0..m as u32).collect();
        let (mut turn, mut next) = (Vec::new(), Vec::new());
        loop {
            let before = left.len();
            let truss = &self.truss;
            let mut level = u32::MAX;
            keep(&mut left, self.control, |link| {
                let stays = truss[link as usize] == 0;
                if stays {
                    level = level.min(self.support[link as usize]);
                }
                stays
            })?;
            self.control.advance((before - left.len()) as u64);
            if left.is_empty() {
                return Ok(self.truss);
            }
            let (support, truss) = (&self.support, &mut self.truss);
            keep(&mut left, self.control, |link| {
                let stays = support[link as usize] > level;
                if !stays {
                    truss[link as usize] = level + 2;
                    turn.push(link);
                }
                stays
            })?;
            self.control.advance(turn.len() as u64);
            while !turn.is_empty() {
                // Links at one vertex together, so that its list is marked once for them.
                let upward = self.upward;
                let upper = |link: &u32| upward.above[*link as usize];
                turn.sort_unstable_by_key(|link| (upper(link), *link));
                for group in turn.chunk_by(|a, b| upper(a) == upper(b)) {
                    self.remove(upper(&group[0]), group, level, &mut next)?;
                }
                turn.clear();
                std::mem::swap(&mut turn, &mut next);
            }
        }
    }

    /// Takes the links `group`, all at `b`, away; links that fall to `level` go into `next`.
    fn remove(&mut self, b: u32, group: &[u32], level: u32, next: &mut Vec<u32>) -> Result<(), KernelError> {
        self.tidy(b)?;
        let around = self.list(b);
        let searched: usize = group
            .iter()
            .filter(|link| self.support[**link as usize] > 0)
            .map(|link| self.lists[self.lower[*link as usize] as usize].1 as usize)
            .sum();
        // A search takes about as many steps as its list has bits; marks are set and taken off again.
        let is_marked = searched * around.len().max(1).ilog2() as usize > 2 * around.len();
        if is_marked {
            self.pace.step(around.len())?;
            for at in around.clone() {
                self.mark[self.members[at] as usize] = self.links[at] + 1;
            }
        }
        for &link in group {
            let a = self.lower[link as usize];
            if self.support[link as usize] > 0 {
                self.tidy(a)?;
                match is_marked {
                    true => self.look_through(a)?,
                    false => self.search(a, around.clone())?,
                }
                self.open(level, next);
            }
            self.is_gone[link as usize] = true;
            self.gone_at[a as usize] += 1;
            self.gone_at[b as usize] += 1;
        }
        if is_marked {
            for at in around {
                self.mark[self.members[at] as usize] = 0;
            }
        }
        Ok(())
    }

    /// Finds the triangles of the link from `a` to the vertex whose list is marked.
    fn look_through(&mut self, a: u32) -> Result<(), KernelError> {
        let list = self.list(a);
        self.pace.step(list.len())?;
        let members = &self.members[list.clone()];
        let found = closing(members, &self.mark, &mut self.closed);
        for at in &self.closed[..found] {
            let third = self.mark[members[*at as usize] as usize] - 1;
            self.triangles
                .push((self.links[list.start + *at as usize], third));
        }
        Ok(())
    }

    /// Finds the triangles of the link from `a` to the vertex whose list stands at `around`.
    fn search(&mut self, a: u32, around: Range<usize>) -> Result<(), KernelError> {
        let list = self.list(a);
        self.pace.step(list.len() * 8)?;
        let mut rest = around;
        for at in list {
            let wanted = self.members[at];
            rest.start += self.members[rest.clone()].partition_point(|it| *it < wanted);
            if rest.is_empty() {
                break;
            }
            if self.members[rest.start] == wanted {
                self.triangles.push((self.links[at], self.links[rest.start]));
            }
        }
        Ok(())
    }

    /// Takes the triangles found off the support of their two other links.
    fn open(&mut self, level: u32, next: &mut Vec<u32>) {
        for (one, other) in self.triangles.drain(..) {
            // A triangle that lost a link already holds nothing any more.
            if self.is_gone[one as usize] || self.is_gone[other as usize] {
                continue;
            }
            for link in [one as usize, other as usize] {
                self.support[link] -= 1;
                if self.support[link] == level && self.truss[link] == 0 {
                    self.truss[link] = level + 2;
                    next.push(link as u32);
                }
            }
        }
    }

    /// Leaves links out of the list of `v` that are gone, once they are a quarter of it.
    fn tidy(&mut self, v: u32) -> Result<(), KernelError> {
        let (begin, length) = self.lists[v as usize];
        if self.gone_at[v as usize] * 4 <= length {
            return Ok(());
        }
        self.pace.step(length as usize)?;
        let mut kept = begin;
        for at in self.list(v) {
            if !self.is_gone[self.links[at] as usize] {
                (self.members[kept], self.links[kept]) = (self.members[at], self.links[at]);
                kept += 1;
            }
        }
        self.lists[v as usize].1 = (kept - begin) as u32;
        self.gone_at[v as usize] = 0;
        Ok(())
    }
}

/// Keeps the links that `stays` says so of, in pieces, between which a cancelled run is noticed.
fn keep(
    links: &mut Vec<u32>,
    control: &Control,
    mut stays: impl FnMut(u32) -> bool,
) -> Result<(), KernelError> {
    let mut kept = 0;
    for begin in (0..links.len()).step_by(pace::ENTRIES) {
        control.check()?;
        for at in begin..links.len().min(begin + pace::ENTRIES) {
            links[kept] = links[at];
            kept += usize::from(stays(links[at]));
        }
    }
    links.truncate(kept);
    Ok(())
}
