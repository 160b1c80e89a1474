//! One attempt at a module: its process from start to end, however that comes about.

use std::time::Duration;

use tokio::time::sleep;

use super::prepared::refused;
use super::result::Failed;
use crate::flow::Stop;
use crate::process::{Channel, Command, Spawner};
use crate::workflow::Reservation;

/// Bytes of a failed module's last words.
const LAST_WORDS: usize = 2000;

/// Between two looks at the memory that a module has come to use.
const LOOK: Duration = Duration::from_secs(1);

/// An attempt that is about to begin.
pub(super) struct Attempt {
    pub(super) spawner: Spawner,
    pub(super) command: Command,
    /// The memory kept for it.
    pub(super) reservation: Option<Reservation>,
    /// Time between asking it to end and killing it.
    pub(super) grace: Duration,
}

/// An attempt that ended.
pub(super) struct Ended {
    /// Why it failed; `None` is a success.
    pub(super) failed: Option<Failed>,
    /// Kept until the end was heard of: until then the attempt counts as running.
    pub(super) reservation: Option<Reservation>,
}

impl Attempt {
    /// Runs to the end. Nobody it started is left then.
    pub(super) async fn run(mut self, stop: Stop) -> Ended {
        Ended {
            failed: self.failure(stop).await,
            reservation: self.reservation,
        }
    }

    async fn failure(&mut self, mut stop: Stop) -> Option<Failed> {
        let mut child = match self.spawner.spawn(&self.command) {
            Ok(child) => child,
            Err(error) => return Some(refused(&error)),
        };
        let exit = loop {
            tokio::select! {
                biased;
                exit = child.wait() => break exit,
                _ = stop.told() => break child.stop_until(self.grace, stop.insisted()).await,
                () = sleep(LOOK), if self.reservation.is_some() => {
                    if let Some(reservation) = &mut self.reservation {
                        reservation.observe(child.resident());
                    }
                }
            }
        };
        let said = || child.printed(Channel::Stderr).last_lines(LAST_WORDS);
        if exit.is_success() {
            return None;
        }
        Failed::of(exit, &said())
    }
}
