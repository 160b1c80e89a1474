//! The number of modules at a time, where it follows the machine.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::limits::{Adaptive, AdaptivePolicy, Signals};
use crate::process::Gauge;

/// Between two changes.
const PACE: Duration = Duration::from_secs(1);

/// A number from 1 to that of the batch, which it begins with.
pub(super) struct Tuning {
    adaptive: Adaptive,
    gauge: Gauge,
    looked_at: Duration,
    completed: u32,
}

impl Tuning {
    pub(super) fn new(max_concurrent: usize, gauge: Gauge) -> Self {
        let most = u32::try_from(max_concurrent).unwrap_or(u32::MAX);
        let policy = AdaptivePolicy::new(NonZeroU32::MIN, NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN));
        Self {
            adaptive: Adaptive::new(policy, most),
            gauge,
            looked_at: Duration::ZERO,
            completed: 0,
        }
    }

    /// One more module ended.
    pub(super) fn ended(&mut self) {
        self.completed += 1;
    }

    /// The number from `now` on; `None` while it is too early to say another.
    pub(super) fn look(&mut self, now: Duration, is_waiting: bool) -> Option<usize> {
        if now.saturating_sub(self.looked_at) < PACE {
            return None;
        }
        self.looked_at = now;
        let signals = Signals {
            completed: std::mem::take(&mut self.completed),
            is_waiting,
            ..self.gauge.state().signals()
        };
        Some(self.adaptive.observe(&signals, now) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::MachineState;

    #[test]
    fn under_pressure_fewer_run_and_at_rest_as_many_as_allowed() {
        let gauge = Gauge::showing(MachineState {
            cpu_pressure: Some(90.0),
            ..MachineState::default()
        });
        let mut tuning = Tuning::new(8, gauge.clone());
        assert_eq!(tuning.look(Duration::from_millis(900), true), None);
        assert_eq!(tuning.look(Duration::from_secs(1), true), Some(6));
        gauge.set(MachineState::default());
        let last = (30..300)
            .filter_map(|it| tuning.look(Duration::from_secs(it), true))
            .last();
        assert_eq!(last, Some(8));
    }
}
