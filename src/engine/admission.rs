//! Admits executions by bytes and keeps loaded graphs while somebody may use them again.
//!
//! Law: what admitted executions and loaded graphs are reckoned to hold never exceeds the budget.
//! An execution gets its graph's and its own bytes in one step or waits, so that no two can hold
//! what the other needs. A graph that nobody uses stays until its bytes are wanted; the one unused
//! for longest goes first.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OnceCell};
use tokio::time::timeout;

use super::error::EngineError;
use crate::algorithms::Control;
use crate::model::id::ContentHash;
use crate::source::LoadedGraph;

/// How often a waiter looks whether it should stop.
const LOOK: Duration = Duration::from_millis(50);

/// The bytes of one engine.
#[derive(Debug)]
pub(super) struct Admission {
    budget: u64,
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct State {
    used: u64,
    /// Counts admissions; orders graphs by last use without a clock.
    turn: u64,
    graphs: BTreeMap<ContentHash, Slot>,
}

type GraphCell = Arc<OnceCell<Arc<LoadedGraph>>>;

#[derive(Debug)]
struct Slot {
    cell: GraphCell,
    bytes: u64,
    users: usize,
    last_turn: u64,
}

/// An admitted execution; dropping it gives its bytes back.
#[derive(Debug)]
pub(super) struct Ticket {
    admission: Arc<Admission>,
    projection: ContentHash,
    /// Where the graph is, or will be once one of its users has loaded it.
    pub(super) cell: GraphCell,
    working: u64,
}

impl Admission {
    pub(super) fn new(budget: u64) -> Arc<Self> {
        Arc::new(Self {
            budget,
            state: Mutex::default(),
            freed: Notify::new(),
        })
    }

    /// Waits until the graph of `projection` (`graph` bytes unless it is here already) and
    /// `working` bytes fit. The caller has checked that they fit into the budget alone.
    pub(super) async fn admit(
        self: &Arc<Self>,
        projection: &ContentHash,
        graph: u64,
        working: u64,
        control: &Control,
    ) -> Result<Ticket, EngineError> {
        loop {
            let mut freed = std::pin::pin!(self.freed.notified());
            // Registered before looking, or bytes freed in between would wake nobody.
            freed.as_mut().enable();
            control.check()?;
            if let Some(ticket) = self.try_admit(projection, graph, working) {
                return Ok(ticket);
            }
            // Nobody wakes a waiter for its own wish to stop, so it looks for it now and then.
            let _ = timeout(LOOK, freed).await;
        }
    }

    fn try_admit(self: &Arc<Self>, projection: &ContentHash, graph: u64, working: u64) -> Option<Ticket> {
        let mut state = self.lock();
        let graph = if state.graphs.contains_key(projection) {
            0
        } else {
            graph
        };
        let needed = graph.saturating_add(working);
        while state.used.saturating_add(needed) > self.budget {
            if !state.evict(projection) {
                // Alone it is let in: reckoned sizes may have grown since the budget was checked.
                if state.users() > 0 {
                    return None;
                }
                break;
            }
        }
        state.used = state.used.saturating_add(needed);
        state.turn += 1;
        let turn = state.turn;
        let slot = state.graphs.entry(projection.clone()).or_insert_with(|| Slot {
            cell: Arc::default(),
            bytes: graph,
            users: 0,
            last_turn: turn,
        });
        slot.users += 1;
        slot.last_turn = turn;
        let cell = Arc::clone(&slot.cell);
        Some(Ticket {
            admission: Arc::clone(self),
            projection: projection.clone(),
            cell,
            working,
        })
    }

    /// Graphs that are loaded or being loaded, and the bytes reckoned with.
    #[cfg(test)]
    pub(super) fn held(&self) -> (usize, u64) {
        let state = self.lock();
        (state.graphs.len(), state.used)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change of the state is complete before anything in it could panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn users(&self) -> usize {
        self.graphs.values().map(|it| it.users).sum()
    }

    /// Drops the unused graph that was used least recently, `wanted` aside; whether there was one.
    fn evict(&mut self, wanted: &ContentHash) -> bool {
        let oldest = self
            .graphs
            .iter()
            .filter(|(projection, slot)| slot.users == 0 && *projection != wanted)
            .min_by_key(|(_, slot)| slot.last_turn)
            .map(|(projection, _)| projection.clone());
        match oldest.and_then(|it| self.graphs.remove(&it)) {
            Some(slot) => {
                self.used = self.used.saturating_sub(slot.bytes);
                true
            }
            None => false,
        }
    }
}

impl Ticket {
    /// Replaces the reckoned size of the graph by its true one.
    pub(super) fn settle(&self, bytes: u64) {
        let mut state = self.admission.lock();
        let Some(slot) = state.graphs.get_mut(&self.projection) else {
            return;
        };
        let reckoned = std::mem::replace(&mut slot.bytes, bytes);
        state.used = state.used.saturating_sub(reckoned).saturating_add(bytes);
        drop(state);
        self.admission.freed.notify_waiters();
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.admission.lock();
        state.used = state.used.saturating_sub(self.working);
        if let Some(slot) = state.graphs.get_mut(&self.projection) {
            slot.users -= 1;
            if slot.users == 0 && slot.cell.get().is_none() {
                // It could not be loaded; nothing is there to be used again.
                let bytes = slot.bytes;
                state.graphs.remove(&self.projection);
                state.used = state.used.saturating_sub(bytes);
            }
        }
        drop(state);
        self.admission.freed.notify_waiters();
    }
}
