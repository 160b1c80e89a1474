//! A child that runs: waited for, read, stopped, and never left behind.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::cgroup::Cgroup;
use super::spawner::{Held, Inner};
use super::tree::{Force, Status};
use super::watch::Watch;
use super::{Bounds, Channel, Ending, Enforcement, Exit, Printed, Printing};

/// How long what was killed may take to go. A process in the midst of a device's work dies later; the spawner keeps it.
const TO_GO: Duration = Duration::from_secs(5);

/// A running child and all its descendants. Dropped, they are killed.
#[derive(Debug)]
pub struct Child {
    spawner: Arc<Inner>,
    held: Option<Held>,
    exit: Option<Exit>,
    ending: Ending,
    watch: Watch,
    printing: Printing,
    enforcement: Enforcement,
    id: u32,
}

impl Child {
    pub(super) fn new(
        spawner: Arc<Inner>,
        held: Held,
        printing: Printing,
        enforcement: Enforcement,
        bounds: Bounds,
        watched: Option<u64>,
    ) -> Self {
        Self {
            id: held.tree.number(),
            spawner,
            held: Some(held),
            exit: None,
            ending: Ending::Own,
            watch: Watch::new(bounds, watched),
            printing,
            enforcement,
        }
    }

    /// The leader's process number; its group has the same.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Who enforces its limits.
    pub fn enforcement(&self) -> Enforcement {
        self.enforcement
    }

    /// Bytes that the members of its group have in memory, as they were at most half a second ago; 0 where that cannot
    /// be known.
    pub fn resident(&self) -> u64 {
        self.spawner.kin.resident(self.id)
    }

    /// What it prints, for a reader beside the one who waits.
    pub fn printing(&self) -> Printing {
        self.printing.clone()
    }

    /// What it printed so far to `channel`, its middle left out beyond the bound; nothing where it cannot be read.
    pub fn printed(&self, channel: Channel) -> Printed {
        self.printing.printed(channel).unwrap_or_default()
    }

    /// Waits until the leader has ended and nobody of its tree is left.
    ///
    /// Bounds on output and the watchdog's limit are kept while this is awaited. May be dropped and called again; after
    /// the end it gives the same answer each time.
    pub async fn wait(&mut self) -> Exit {
        let Some(held) = &mut self.held else {
            return self.known();
        };
        let status = loop {
            tokio::select! {
                biased;
                status = held.tree.ended() => break Some(status),
                () = sleep(self.watch.pause()) => {}
            }
            let group = self.id;
            let resident = || self.spawner.kin.resident(group);
            if let Some(ending) = self.watch.look(&self.printing, held.cgroup.as_ref(), resident) {
                self.ending = ending;
                held.tree.signal(Force::Final);
                break timeout(TO_GO, held.tree.ended()).await.ok();
            }
        };
        self.finish(status).await
    }

    /// Asks every member of the group to end, kills after `grace` those that are left, and waits until they are gone.
    ///
    /// With a grace of zero they are killed at once. A child that ended by itself keeps its own ending.
    pub async fn stop(&mut self, grace: Duration) -> Exit {
        let Some(held) = &mut self.held else {
            return self.known();
        };
        // None is beyond all time.
        let end = Instant::now().checked_add(grace);
        let mut status = timeout(Duration::ZERO, held.tree.ended()).await.ok();
        if status.is_none() {
            self.ending = Ending::Stopped;
            if !grace.is_zero() {
                held.tree.signal(Force::Gentle);
                status = timeout(grace, held.tree.ended()).await.ok();
            }
            // What the leader leaves behind has the rest of the grace to end by itself.
            let mut pause = Duration::from_millis(1);
            while status.is_some()
                && end.is_none_or(|it| Instant::now() < it)
                && !self.spawner.is_empty(&mut held.tree)
            {
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_millis(50));
            }
        }
        if status.is_none() {
            held.tree.signal(Force::Final);
            status = timeout(TO_GO, held.tree.ended()).await.ok();
        }
        self.finish(status).await
    }

    /// [`Child::stop`], but kills as soon as `enough` returns.
    pub async fn stop_until(&mut self, grace: Duration, enough: impl Future<Output = ()>) -> Exit {
        tokio::select! {
            biased;
            () = enough => {}
            exit = self.stop(grace) => return exit,
        }
        self.stop(Duration::ZERO).await
    }

    /// Clears what the leader left and settles how the child ended.
    async fn finish(&mut self, status: Option<Status>) -> Exit {
        let (code, signal) = status.map_or((None, None), |it| (it.code, it.signal));
        if let Some(held) = &mut self.held {
            let starved = held.cgroup.as_ref().is_some_and(Cgroup::ran_out_of_memory);
            if self.ending == Ending::Own && code != Some(0) && starved {
                self.ending = Ending::OutOfMemory;
            }
            let end = Instant::now() + TO_GO;
            let mut pause = Duration::from_millis(1);
            while !self.spawner.clear(held) {
                if Instant::now() >= end {
                    tracing::warn!(process.id = self.id, "members of a killed tree are still there");
                    break;
                }
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_millis(20));
            }
        }
        if let Some(held) = self.held.take() {
            self.spawner.keep(held);
        }
        let printed = self.printing.trim();
        if self.ending == Ending::Own && self.watch.is_too_much(printed) {
            // It ended between two looks.
            self.ending = Ending::OutputTooLarge;
        }
        let ending = self.ending;
        *self.exit.insert(Exit { code, signal, ending })
    }

    /// How it ended; it has.
    fn known(&self) -> Exit {
        self.exit.unwrap_or(Exit {
            code: None,
            signal: None,
            ending: self.ending,
        })
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if let Some(mut held) = self.held.take() {
            self.spawner.clear(&mut held);
            self.spawner.keep(held);
        }
    }
}
