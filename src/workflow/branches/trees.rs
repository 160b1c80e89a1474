//! Trees: the branches of one list with all that they lead to, until all of them are over.
//!
//! A tree counts what is open in it. When nothing is, what was waiting for that happens, and the tree
//! counts in the one around it. So a join waits for whole trees and nothing is kept for each of its branches.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::oneshot;
use tracing::Span;

use super::branch::Branch;
use super::pools::Part;
use super::report::Sum;
use crate::flow::{Outcome, TaskIndex};

/// A tree of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TreeId(u32);

/// What happens when all of a tree is over.
pub(super) enum Close {
    /// Whoever asked is told.
    Reply(oneshot::Sender<Sum>),
    /// The branch that joins the others starts.
    Join(Arc<Branch>),
    /// The parts of pools are given back by the task that holds them.
    GiveBack(oneshot::Sender<Outcome>),
}

pub(super) struct Tree {
    pub(super) parent: Option<TreeId>,
    /// Tasks and trees in it that are not over.
    open: u64,
    pub(super) sum: Sum,
    /// The first task that did not end well, if one did not.
    pub(super) lost: Option<TaskIndex>,
    pub(super) has_success: bool,
    pub(super) parts: Vec<Part>,
    pub(super) close: Close,
    pub(super) span: Span,
}

/// The trees of a run that are open.
#[derive(Default)]
pub(super) struct Trees {
    open: BTreeMap<TreeId, Tree>,
    made: u32,
}

impl Trees {
    /// Opens a tree, which counts in the one around it until it is closed. It is itself held open by
    /// one more until [`Trees::leave`] is said of it, so that it can be filled.
    pub(super) fn begin(&mut self, parent: Option<TreeId>, close: Close, span: Span) -> TreeId {
        let id = TreeId(self.made);
        self.made += 1;
        if let Some(parent) = parent {
            self.enter(parent, 1);
        }
        let tree = Tree {
            parent,
            open: 1,
            sum: Sum::default(),
            lost: None,
            has_success: false,
            parts: Vec::new(),
            close,
            span,
        };
        self.open.insert(id, tree);
        id
    }

    pub(super) fn get(&self, id: TreeId) -> Option<&Tree> {
        self.open.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: TreeId) -> Option<&mut Tree> {
        self.open.get_mut(&id)
    }

    pub(super) fn enter(&mut self, id: TreeId, count: u64) {
        if let Some(tree) = self.open.get_mut(&id) {
            tree.open += count;
        }
    }

    /// One in it is over; the tree if that was the last.
    pub(super) fn leave(&mut self, id: TreeId) -> Option<Tree> {
        let tree = self.open.get_mut(&id)?;
        tree.open -= 1;
        if tree.open > 0 {
            return None;
        }
        let tree = self.open.remove(&id)?;
        if let Some(parent) = tree.parent.and_then(|it| self.open.get_mut(&it)) {
            parent.lost = parent.lost.or(tree.lost);
            parent.has_success |= tree.has_success;
        }
        Some(tree)
    }

    /// The parts of pools that branches in it have, the innermost last.
    pub(super) fn parts(&self, id: TreeId) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut around = Some(id);
        while let Some(tree) = around.and_then(|it| self.open.get(&it)) {
            parts.splice(0..0, tree.parts.iter().copied());
            around = tree.parent;
        }
        parts
    }

    /// Trees that are open.
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }
}
