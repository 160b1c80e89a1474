//! Whether the machine has room for one more task: thresholds, and memory reserved for what just started.
//!
//! A task that was admitted a moment ago has not touched its memory yet, so the free memory that the machine
//! tells counts it as free. Each admission therefore reserves what its task needs; what the task is seen to use
//! is taken off the reservation, because the machine no longer tells it as free.
//!
//! A sensor that is missing admits, with a warning once: a machine that cannot be measured must still work.
//! Names and texts of the refusals are those of the batch executor this follows.
//!
//! Law: the memory reserved for tasks that are not seen to use it is never more than the free memory told.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::process::{Gauge, MachineState};

/// Bytes of a gigabyte in thresholds and texts.
const GIGABYTE: f64 = (1_u64 << 30) as f64;

/// What says that the processors are too busy for one more task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CpuGate {
    /// The use of the whole machine, whoever causes it.
    #[default]
    SystemUse,
    /// Tasks stalled for want of a processor; where the system does not tell that, the use by our own control
    /// group; where there is none either, the use of the whole machine. For those who wait for room: on a
    /// machine that others keep busy, its use never falls.
    Pressure,
}

/// When there is no room.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Percent of the processors (or of stalled time, by [`CpuGate`]) above which nothing starts.
    pub cpu_percent: f64,
    /// Gigabytes of memory that must be free, and that each admission reserves.
    pub memory_gb: f64,
    /// How the processors are judged.
    pub cpu_gate: CpuGate,
}

impl Default for Thresholds {
    /// At most 80 % of the processors used, at least 4 GB free.
    fn default() -> Self {
        Self {
            cpu_percent: 80.0,
            memory_gb: 4.0,
            cpu_gate: CpuGate::SystemUse,
        }
    }
}

/// Why there was no room. [`fmt::Display`] gives the text of the failed task, [`Self::reason`] its second half.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("Insufficient system resources: {}", self.reason())]
pub enum Shortage {
    /// The processors are used too much.
    Cpu {
        /// Percent in use.
        percent: f64,
        /// Percent that may be.
        threshold: f64,
    },
    /// Tasks stall too often for want of a processor.
    Pressure {
        /// Percent of time.
        percent: f64,
        /// Percent that may be.
        threshold: f64,
    },
    /// Too little memory is free.
    Memory {
        /// Gigabytes free that are not reserved.
        available_gb: f64,
        /// Gigabytes needed.
        required_gb: f64,
    },
}

impl Shortage {
    /// What is short, with the figures.
    pub fn reason(&self) -> String {
        match self {
            Self::Cpu { percent, threshold } => {
                format!("CPU usage too high: {percent:.1}% (threshold: {threshold:.1}%)")
            }
            Self::Pressure { percent, threshold } => {
                format!("CPU pressure too high: {percent:.1}% (threshold: {threshold:.1}%)")
            }
            Self::Memory {
                available_gb,
                required_gb,
            } => format!("Insufficient memory: {available_gb:.1}GB available (required: {required_gb:.1}GB)"),
        }
    }
}

/// What the machine does, in the units of the thresholds. `None` is a sensor that is not there.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct SystemStats {
    /// Use of all processors, 0 to 100.
    pub cpu_percent: Option<f64>,
    /// Gigabytes that can be had.
    pub memory_available_gb: Option<f64>,
    /// Gigabytes in all.
    pub memory_total_gb: Option<f64>,
    /// Percent of all that cannot be had.
    pub memory_used_percent: Option<f64>,
}

/// Bytes that tasks were promised and are not yet seen to use.
type Promised = Arc<Mutex<u64>>;

fn locked(promised: &Promised) -> MutexGuard<'_, u64> {
    // It is changed in one step, so it is whole even if a thread panicked with it.
    promised.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says whether one more task may start, and keeps its memory for it. Clones count together.
#[derive(Clone, Debug)]
pub struct ResourceManager {
    thresholds: Thresholds,
    gauge: Gauge,
    promised: Promised,
    has_warned: Arc<AtomicBool>,
}

impl ResourceManager {
    /// Judges the machine that `gauge` shows by its whole use of processors and its free memory.
    pub fn new(cpu_threshold_percent: f64, memory_required_gb: f64, gauge: Gauge) -> Self {
        let thresholds = Thresholds {
            cpu_percent: cpu_threshold_percent,
            memory_gb: memory_required_gb,
            ..Thresholds::default()
        };
        Self::with_thresholds(thresholds, gauge)
    }

    /// Judges the machine that `gauge` shows.
    pub fn with_thresholds(thresholds: Thresholds, gauge: Gauge) -> Self {
        Self {
            thresholds,
            gauge,
            promised: Promised::default(),
            has_warned: Arc::default(),
        }
    }

    /// Whether a task could start now. Nothing is reserved: who then starts one asks [`Self::admit`].
    ///
    /// # Errors
    /// What is short: above the threshold of the processors, or below that of memory; at either there is room.
    pub fn check_resources(&self) -> Result<(), Shortage> {
        self.judge(self.needed(None), *locked(&self.promised))
    }

    /// Reserves memory for a task that starts now: `memory` bytes, or what the threshold says.
    ///
    /// The threshold's memory must be free even if the task needs less.
    ///
    /// # Errors
    /// As [`Self::check_resources`]; nothing is reserved then.
    pub fn admit(&self, memory: Option<u64>) -> Result<Reservation, Shortage> {
        let needed = self.needed(memory);
        let mut promised = locked(&self.promised);
        self.judge(needed.max(self.needed(None)), *promised)?;
        *promised = promised.saturating_add(needed);
        Ok(Reservation {
            promised: Arc::clone(&self.promised),
            memory: needed,
            outstanding: needed,
        })
    }

    /// What the machine does now.
    pub fn get_system_stats(&self) -> SystemStats {
        let state = self.gauge.state();
        let gigabytes = |it: u64| it as f64 / GIGABYTE;
        let memory = state.memory_total.zip(state.memory_available);
        SystemStats {
            cpu_percent: state.cpu_percent,
            memory_available_gb: state.memory_available.map(gigabytes),
            memory_total_gb: state.memory_total.map(gigabytes),
            memory_used_percent: memory
                .filter(|(total, _)| *total > 0)
                .map(|(total, available)| total.saturating_sub(available) as f64 / total as f64 * 100.0),
        }
    }

    fn needed(&self, memory: Option<u64>) -> u64 {
        // A cast cuts what is below zero, too large or no number.
        memory.unwrap_or((self.thresholds.memory_gb * GIGABYTE) as u64)
    }

    fn judge(&self, needed: u64, promised: u64) -> Result<(), Shortage> {
        let state = self.gauge.state();
        self.warn_of_missing(&state);
        let threshold = self.thresholds.cpu_percent;
        match self.busy(&state) {
            Some((percent, true)) if percent > threshold => {
                return Err(Shortage::Pressure { percent, threshold });
            }
            Some((percent, false)) if percent > threshold => {
                return Err(Shortage::Cpu { percent, threshold });
            }
            Some(_) | None => {}
        }
        let free = state.memory_available.map(|it| it.saturating_sub(promised));
        match free {
            Some(free) if free < needed => Err(Shortage::Memory {
                available_gb: free as f64 / GIGABYTE,
                required_gb: needed as f64 / GIGABYTE,
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// The percentage that the gate goes by, and whether it is a pressure.
    fn busy(&self, state: &MachineState) -> Option<(f64, bool)> {
        let used = state.cpu_percent.map(|it| (it, false));
        match self.thresholds.cpu_gate {
            CpuGate::SystemUse => used,
            CpuGate::Pressure => state
                .cpu_pressure
                .map(|it| (it, true))
                .or(state.own_cpu_percent.map(|it| (it, false)))
                .or(used),
        }
    }

    fn warn_of_missing(&self, state: &MachineState) {
        let missing = match (self.busy(state), state.memory_available) {
            (Some(_), Some(_)) => return,
            (None, Some(_)) => "the use of processors",
            (Some(_), None) => "the free memory",
            (None, None) => "the use of processors and the free memory",
        };
        if !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!("this system does not tell {missing}; tasks start without a look at it");
        }
    }
}

/// Memory kept for one task until this is dropped.
#[must_use]
pub struct Reservation {
    promised: Promised,
    memory: u64,
    outstanding: u64,
}

impl Reservation {
    /// Takes off what the task uses now, in bytes: the machine tells that as used itself. Less than before
    /// puts some back.
    pub fn observe(&mut self, used: u64) {
        self.keep(self.memory.saturating_sub(used));
    }

    fn keep(&mut self, outstanding: u64) {
        let mut promised = locked(&self.promised);
        // The sum saturates when all tasks together are promised more than can be counted.
        *promised = promised
            .saturating_sub(self.outstanding)
            .saturating_add(outstanding);
        self.outstanding = outstanding;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.keep(0);
    }
}

impl fmt::Debug for Reservation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Reservation({} of {} bytes)",
            self.outstanding, self.memory
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GB: u64 = 1 << 30;

    fn machine(cpu_percent: f64, available: u64) -> MachineState {
        MachineState {
            cpu_percent: Some(cpu_percent),
            memory_total: Some(16 * GB),
            memory_available: Some(available),
            ..MachineState::default()
        }
    }

    fn manager(state: MachineState) -> ResourceManager {
        ResourceManager::with_thresholds(Thresholds::default(), Gauge::showing(state))
    }

    fn refusal(manager: &ResourceManager) -> String {
        manager.check_resources().unwrap_err().to_string()
    }

    #[test]
    fn refusals_say_what_is_short_in_the_words_of_the_guide() {
        let busy = manager(machine(95.0, 8 * GB));
        assert_eq!(
            refusal(&busy),
            "Insufficient system resources: CPU usage too high: 95.0% (threshold: 80.0%)"
        );
        let full = manager(machine(10.0, 5 * GB / 2));
        assert_eq!(
            full.check_resources().unwrap_err().reason(),
            "Insufficient memory: 2.5GB available (required: 4.0GB)"
        );
        assert!(refusal(&full).starts_with("Insufficient system resources: "));
    }

    #[test]
    fn at_the_thresholds_there_is_room() {
        assert_eq!(manager(machine(80.0, 4 * GB)).check_resources(), Ok(()));
        assert!(manager(machine(80.1, 4 * GB)).check_resources().is_err());
        assert!(manager(machine(80.0, 4 * GB - 1)).check_resources().is_err());
    }

    #[test]
    fn a_machine_that_tells_nothing_admits() {
        let manager = manager(MachineState::default());
        assert_eq!(manager.check_resources(), Ok(()));
        assert!(manager.admit(None).is_ok());
        assert!(manager.has_warned.load(Ordering::Relaxed));
        let stats = manager.get_system_stats();
        assert_eq!((stats.cpu_percent, stats.memory_used_percent), (None, None));
    }

    #[test]
    fn stats_are_in_gigabytes_and_percent() {
        let stats = manager(machine(12.5, 4 * GB)).get_system_stats();
        let expected = SystemStats {
            cpu_percent: Some(12.5),
            memory_available_gb: Some(4.0),
            memory_total_gb: Some(16.0),
            memory_used_percent: Some(75.0),
        };
        assert_eq!(stats, expected);
    }

    /// Where others keep the machine busy its use never falls, but our tasks may still not have to wait.
    #[test]
    fn the_gate_of_pressure_looks_past_a_busy_machine() {
        let thresholds = Thresholds {
            cpu_gate: CpuGate::Pressure,
            ..Thresholds::default()
        };
        let with = |pressure, own| {
            let state = MachineState {
                cpu_pressure: pressure,
                own_cpu_percent: own,
                ..machine(100.0, 8 * GB)
            };
            ResourceManager::with_thresholds(thresholds, Gauge::showing(state)).check_resources()
        };
        assert_eq!(with(Some(30.0), Some(99.0)), Ok(()));
        let pressed = with(Some(85.0), None).unwrap_err();
        assert_eq!(
            pressed.reason(),
            "CPU pressure too high: 85.0% (threshold: 80.0%)"
        );
        assert_eq!(with(None, Some(50.0)), Ok(()));
        assert!(matches!(with(None, None), Err(Shortage::Cpu { .. })));
    }

    #[test]
    fn ten_starts_do_not_count_the_same_free_memory() {
        let manager = manager(machine(10.0, 13 * GB));
        let admitted: Vec<_> = (0..10).filter_map(|_| manager.clone().admit(None).ok()).collect();
        assert_eq!(admitted.len(), 3);
        drop(admitted);
        assert_eq!(*locked(&manager.promised), 0);
    }

    #[test]
    fn what_a_task_is_seen_to_use_is_counted_once() {
        let gauge = Gauge::showing(machine(10.0, 9 * GB));
        let manager = ResourceManager::new(80.0, 4.0, gauge.clone());
        let mut first = manager.admit(None).unwrap();
        let second = manager.admit(None).unwrap();
        assert!(manager.admit(None).is_err());
        // The first grew to 3 GB, which the machine tells too.
        gauge.set(machine(10.0, 6 * GB));
        first.observe(3 * GB);
        assert_eq!(*locked(&manager.promised), 5 * GB);
        drop(second);
        assert!(manager.admit(None).is_ok());
        first.observe(5 * GB);
        assert_eq!(*locked(&manager.promised), 0);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Admit(Option<u64>),
        Observe { nth: usize, used: u64 },
        Drop { nth: usize },
        Free(u64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            prop::option::of(0..6 * GB).prop_map(Step::Admit),
            (0..6_usize, 0..8 * GB).prop_map(|(nth, used)| Step::Observe { nth, used }),
            (0..6_usize).prop_map(|nth| Step::Drop { nth }),
            (0..32 * GB).prop_map(Step::Free),
        ];
        prop::collection::vec(step, 0..60)
    }

    proptest! {
        #[test]
        fn no_memory_is_promised_twice(steps in steps()) {
            let gauge = Gauge::showing(machine(0.0, 16 * GB));
            let manager = ResourceManager::new(80.0, 1.0, gauge.clone());
            let mut held: Vec<Reservation> = Vec::new();
            for step in steps {
                match step {
                    Step::Admit(memory) => {
                        if let Ok(reservation) = manager.admit(memory) {
                            held.push(reservation);
                            let sum: u64 = held.iter().map(|it| it.outstanding).sum();
                            prop_assert!(Some(sum) <= gauge.state().memory_available);
                        }
                    }
                    Step::Observe { nth, used } => {
                        if let Some(it) = held.get_mut(nth) {
                            it.observe(used);
                        }
                    }
                    Step::Drop { nth } if nth < held.len() => drop(held.swap_remove(nth)),
                    Step::Drop { .. } => {}
                    Step::Free(available) => gauge.set(machine(0.0, available)),
                }
                let sum: u64 = held.iter().map(|it| it.outstanding).sum();
                prop_assert_eq!(*locked(&manager.promised), sum);
            }
        }
    }
}
