//! Keeps the latest state of the machine, read by a thread of its own several times a second.
//!
//! Asking for the state costs a lock and a copy, so an admission never waits for a measurement. The uses of
//! processors are those of the last second.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::sensors::{Counters, MachineState, Sensors};

/// Time between two readings.
const TICK: Duration = Duration::from_millis(250);

/// Uses are those of this time, or of as much as has passed since the start.
const WINDOW: Duration = Duration::from_secs(1);

/// The latest state of the machine. Clones show the same.
#[derive(Clone, Debug, Default)]
pub struct Gauge(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    board: Mutex<Board>,
    /// Told of each new state and of the end.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Board {
    state: MachineState,
    is_stopping: bool,
}

impl Gauge {
    /// A gauge that shows `state` until another is set; for decisions that are tested or rehearsed.
    pub fn showing(state: MachineState) -> Self {
        let gauge = Self::default();
        gauge.set(state);
        gauge
    }

    /// The state as of the last reading.
    pub fn state(&self) -> MachineState {
        self.board().state
    }

    /// Shows `state` from now on.
    pub fn set(&self, state: MachineState) {
        self.board().state = state;
        self.0.changed.notify_all();
    }

    /// The state once the use of processors is known, which takes two readings, or after `limit`.
    pub fn first_use(&self, limit: Duration) -> MachineState {
        let unknown = |it: &mut Board| it.state.cpu_percent.is_none() && !it.is_stopping;
        let waited = self.0.changed.wait_timeout_while(self.board(), limit, unknown);
        waited.unwrap_or_else(PoisonError::into_inner).0.state
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        // A state is copied in whole: one written by a thread that panicked is no worse than another.
        self.0.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread that keeps a [`Gauge`] up to date. It ends, and is waited for, when this is stopped or dropped.
#[derive(Debug)]
pub struct Sampler {
    gauge: Gauge,
    thread: Option<JoinHandle<()>>,
}

impl Sampler {
    /// Takes the first reading, without the uses of processors, and starts the thread.
    ///
    /// # Errors
    /// When the system gives us no thread.
    pub fn start(sensors: Sensors) -> io::Result<Self> {
        let gauge = Gauge::showing(sensors.read());
        let (start, own) = (Instant::now(), gauge.clone());
        let mut uses = Uses::default();
        uses.add(Duration::ZERO, sensors.counters());
        let thread = thread::Builder::new()
            .name("gaai-sampler".to_owned())
            .spawn(move || sample(&sensors, &own, uses, start))?;
        Ok(Self {
            gauge,
            thread: Some(thread),
        })
    }

    /// Where the latest state is read.
    pub fn gauge(&self) -> Gauge {
        self.gauge.clone()
    }

    /// Ends the thread and waits for it, for as long as one reading takes.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.gauge.board().is_stopping = true;
        self.gauge.0.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic in it has been printed; the gauge then keeps its last state.
            let _ = thread.join();
        }
    }
}

fn sample(sensors: &Sensors, gauge: &Gauge, mut uses: Uses, start: Instant) {
    loop {
        let stopping = |it: &mut Board| !it.is_stopping;
        let waited = gauge.0.changed.wait_timeout_while(gauge.board(), TICK, stopping);
        if waited.unwrap_or_else(PoisonError::into_inner).0.is_stopping {
            return;
        }
        let mut state = sensors.read();
        uses.add(start.elapsed(), sensors.counters());
        uses.fill_in(&mut state);
        gauge.set(state);
    }
}

/// Counters of the last second or so, the oldest first.
#[derive(Debug, Default)]
struct Uses(VecDeque<(Duration, Counters)>);

impl Uses {
    fn add(&mut self, now: Duration, counters: Counters) {
        self.0.push_back((now, counters));
        // The second from the front is still a whole window back: the front is older than needed.
        while self.0.get(1).is_some_and(|it| now.saturating_sub(it.0) >= WINDOW) {
            self.0.pop_front();
        }
    }

    fn fill_in(&self, state: &mut MachineState) {
        let (Some((from, first)), Some((to, last))) = (self.0.front(), self.0.back()) else {
            return;
        };
        state.cpu_percent = first.machine.zip(last.machine).and_then(|(first, last)| {
            let (busy, all) = (last.0.checked_sub(first.0)?, last.1.checked_sub(first.1)?);
            percent(busy as f64, all as f64)
        });
        let own = first
            .own
            .zip(last.own)
            .and_then(|(first, last)| last.checked_sub(first));
        state.own_cpu_percent = own
            .zip(state.cores)
            .and_then(|(used, cores)| percent(used.as_secs_f64(), (*to - *from).as_secs_f64() * cores));
    }
}

/// `None` of nothing; counts that were read a moment apart may pass 100, which is cut.
fn percent(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| (part / whole * 100.0).clamp(0.0, 100.0))
}

#[cfg(test)]
mod tests {
    use super::super::sensors::tests::{root, write};
    use super::*;

    fn counted(busy: u64, all: u64, own_millis: u64) -> Counters {
        Counters {
            machine: Some((busy, all)),
            own: Some(Duration::from_millis(own_millis)),
        }
    }

    fn filled(uses: &Uses, cores: f64) -> (Option<f64>, Option<f64>) {
        let mut state = MachineState {
            cores: Some(cores),
            ..MachineState::default()
        };
        uses.fill_in(&mut state);
        (state.cpu_percent, state.own_cpu_percent)
    }

    #[test]
    fn uses_are_those_of_the_last_second() {
        let mut uses = Uses::default();
        let millis = Duration::from_millis;
        uses.add(millis(0), counted(0, 0, 0));
        assert_eq!(filled(&uses, 2.0), (None, None));
        uses.add(millis(250), counted(25, 50, 250));
        assert_eq!(filled(&uses, 2.0), (Some(50.0), Some(50.0)));
        // From here on nothing works; a second later all is forgotten.
        for quarter in 2..6 {
            uses.add(millis(quarter * 250), counted(25, quarter * 50, 250));
        }
        assert_eq!(filled(&uses, 2.0), (Some(0.0), Some(0.0)));
        assert_eq!(uses.0.len(), 5);
    }

    #[test]
    fn counters_that_are_missing_or_go_back_tell_nothing() {
        let mut uses = Uses::default();
        uses.add(Duration::ZERO, counted(5, 9, 7));
        uses.add(Duration::from_millis(250), counted(4, 10, 6));
        assert_eq!(filled(&uses, 1.0), (None, None));
        uses.add(Duration::from_millis(500), Counters::default());
        assert_eq!(filled(&uses, 1.0), (None, None));
    }

    #[test]
    fn a_sampler_shows_the_machine_and_ends_when_told() {
        let root = root(&[
            ("proc/stat", "cpu 0 0 0 0 0 0 0 0 0 0\n"),
            ("proc/meminfo", "MemTotal: 4 kB\nMemAvailable: 3 kB\n"),
        ]);
        let sampler = Sampler::start(Sensors::below(root.path())).unwrap();
        let gauge = sampler.gauge();
        assert_eq!(gauge.state().memory_available, Some(3072));
        // Readings before this see no tick at all, which tells no use.
        write(&root, "proc/stat", "cpu 30 0 0 10 0 0 0 0 0 0\n");
        let state = gauge.first_use(Duration::from_secs(60));
        assert_eq!(state.cpu_percent, Some(75.0));
        sampler.stop();
        // Only this one is left: the thread is gone.
        assert_eq!(Arc::strong_count(&gauge.0), 1);
    }
}
