//! How a batch goes about its modules.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use super::result::ErrorKind;
use crate::limits::Retry;
use crate::process::Bounds;

/// What becomes of a module for which the machine has no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnInsufficient {
    /// It fails.
    #[default]
    Fail,
    /// It waits, without a place, until there is room; it fails when nothing but room was missing for `limit`.
    Wait {
        /// How long at most; as long as it takes unless given.
        limit: Option<Duration>,
    },
}

/// How a batch goes about its modules. The default is that of the seed: no limits of time, one attempt, no pauses.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchOptions {
    /// Limit of one attempt at a module, from its start.
    pub timeout: Option<Duration>,
    /// Limit of the whole batch.
    pub batch_timeout: Option<Duration>,
    /// What becomes of a module for which there is no room.
    pub on_insufficient: OnInsufficient,
    /// Attempts at a module and the pauses between them, in which it holds no place.
    pub retry: Retry,
    /// Failures after which there may be another attempt.
    pub retry_on: BTreeSet<ErrorKind>,
    /// Modules that are run to their ends before the next ones are read; all at once unless given.
    pub batch_size: Option<NonZeroUsize>,
    /// The pause before the next ones.
    pub batch_delay: Duration,
    /// Time between asking a module to end and killing it.
    pub stop_grace: Duration,
    /// The directory that holds what modules print, two files for each; nothing is kept unless given.
    pub output: Option<PathBuf>,
    /// How much a module may print, and how much of it is in memory.
    pub bounds: Bounds,
    /// By how much the priority of the modules' processes is lowered, 0 to 19.
    pub nice: u8,
    /// Whether the number of modules at a time follows the machine, from 1 to `max_concurrent`; needs a gauge.
    pub is_adaptive: bool,
}

impl Default for BatchOptions {
    fn default() -> Self {
        let again = [
            ErrorKind::ResourceLimit,
            ErrorKind::Timeout,
            ErrorKind::Exit,
            ErrorKind::Signal,
            ErrorKind::Spawn,
        ];
        Self {
            timeout: None,
            batch_timeout: None,
            on_insufficient: OnInsufficient::Fail,
            retry: Retry {
                max_attempts: 1,
                base: Duration::from_secs(1),
                factor: 2.0,
                jitter: 0.2,
                cap: Duration::from_secs(60),
                asked_cap: Duration::ZERO,
                deadline: Duration::MAX,
            },
            retry_on: BTreeSet::from(again),
            batch_size: None,
            batch_delay: Duration::ZERO,
            stop_grace: Duration::from_secs(10),
            output: None,
            bounds: Bounds::default(),
            nice: 0,
            is_adaptive: false,
        }
    }
}
