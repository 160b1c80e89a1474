//! Child processes and what this machine allows them.
//!
//! Children are started without copying this process, held as whole trees, stopped to the last member.
//!
//! A [`Command`] is plain data; a [`Spawner`] starts it and gives a [`Child`]. Laws:
//!
//! * **Nothing is inherited** but what the command names: environment, directory, three open files.
//! * **No pipe**: a child prints into anonymous memory or into files, so it can neither block on a reader nor, through a
//!   descendant that keeps its output open, block the wait. What it prints is bounded ([`Bounds`]).
//! * **No child survives**: when its leader ends, is stopped or dropped, the rest of the tree is killed; when gaai dies,
//!   even by `kill -9`, a guardian process kills every tree that was left.
//! * **Spawning costs the same however large this process is**: no code runs between fork and exec. What must run
//!   there (limits, groups) runs in a launcher, which is this same program started with other words ([`entered`]).
//! * **A limit says who keeps it**: [`Child::enforcement`] names the rung of the ladder that is in force.
//!
//! The room knows nothing of workflows, reads no environment and prints nothing of its own.
//!
//! Run on Linux only. The branches for other Unixes and for Windows (job objects) were written against the documentation
//! and never run: there, limits are not enforced and descendants that leave their group are not found.

mod child;
mod command;
mod confine;
mod descriptors;
mod entry;
mod error;
mod exit;
mod interpreter;
mod output;
mod own_group;
mod printed;
mod resolve;
mod sampler;
mod sensors;
mod slots;
mod spawner;
mod watch;

#[cfg(target_os = "linux")]
mod adopted;
#[cfg(target_os = "linux")]
mod launcher;
#[cfg(target_os = "linux")]
mod marked;
#[cfg(target_os = "linux")]
mod resident;

#[cfg_attr(not(target_os = "linux"), path = "cgroup_absent.rs")]
mod cgroup;
#[cfg_attr(windows, path = "guardian_absent.rs")]
mod guardian;
#[cfg_attr(not(target_os = "linux"), path = "kin_absent.rs")]
mod kin;
#[cfg_attr(windows, path = "tree_windows.rs")]
mod tree;

pub use child::Child;
pub use command::{Bounds, Command, Input, Limits, Output};
pub use confine::{CgroupPlaces, Enforcement, Rung};
pub use descriptors::{OpenFiles, raise_open_files};
pub use entry::entered;
pub use error::ProcessError;
pub use exit::{Ending, Exit, signal_name};
pub use interpreter::{Interpreters, Runner};
pub use output::{Channel, Printing};
pub use printed::Printed;
pub use sampler::{Gauge, Sampler};
pub use sensors::{MachineState, Sensors};
pub use slots::{Claim, HeldSlots, MOST_SLOTS, SlotError, SlotHolder, SlotPool};
pub use spawner::{Settings, Spawner};
