//! The controller against models of a machine, second by second in virtual time.

use proptest::prelude::*;

use super::*;

fn count(value: u32) -> NonZeroU32 {
    NonZeroU32::new(value).unwrap()
}

fn policy(min: u32, max: u32) -> AdaptivePolicy {
    AdaptivePolicy::new(count(min), count(max))
}

/// A machine whose tasks only compute, seen through an average that is late.
struct Computing {
    cores: f64,
    /// Cores that somebody else keeps busy.
    taken: f64,
    /// Seconds of a core that a task takes.
    task_seconds: f64,
    /// Percent of stalled time that is there in any case.
    noise: f64,
    /// As the kernel keeps it: brought up to date every other second, weighed over ten.
    average: f64,
    /// Part of the tasks that is done but not yet reported as whole ones.
    unreported: f64,
    second: u64,
}

impl Computing {
    fn new(cores: f64, taken: f64, task_seconds: f64, noise: f64) -> Self {
        Self {
            cores,
            taken,
            task_seconds,
            noise,
            average: noise,
            unreported: 0.0,
            second: 0,
        }
    }

    /// One second with so many tasks running.
    fn step(&mut self, running: u32) -> Signals {
        self.second += 1;
        let running = f64::from(running);
        let wanted = running + self.taken;
        // Processors are shared evenly among all that want one.
        let got = running * (self.cores / wanted).min(1.0);
        let stalled = if wanted > self.cores { 100.0 } else { self.noise };
        if self.second.is_multiple_of(2) {
            let kept = (-2.0_f64 / 10.0).exp();
            self.average = self.average * kept + stalled * (1.0 - kept);
        }
        self.unreported += got / self.task_seconds;
        let completed = self.unreported.floor();
        self.unreported -= completed;
        Signals {
            cpu_pressure: Some(self.average),
            memory_pressure: Some(0.0),
            completed: completed as u32,
            is_waiting: true,
            ..Signals::default()
        }
    }
}

/// The sizes of each second, with signals from `step`, which is told the size.
fn sizes(adaptive: &mut Adaptive, seconds: u64, mut step: impl FnMut(u32) -> Signals) -> Vec<u32> {
    let start = adaptive.seen.back().map_or(Duration::ZERO, |it| it.at);
    (1..=seconds)
        .map(|second| {
            let signals = step(adaptive.size());
            adaptive.observe(&signals, start + Duration::from_secs(second))
        })
        .collect()
}

fn sleeping(size: u32) -> Signals {
    Signals {
        cpu_pressure: Some(0.0),
        memory_pressure: Some(0.0),
        completed: size * 10,
        is_waiting: true,
        ..Signals::default()
    }
}

fn burnt(_: u32) -> Signals {
    Signals {
        cpu_pressure: Some(100.0),
        is_waiting: true,
        ..Signals::default()
    }
}

proptest! {
    #[test]
    fn computing_tasks_settle_at_the_free_cores(
        cores in 1..33_u32, taken in 0..33_u32, start in 1..64_u32, millis in 5..8_000_u32, noise in 0.0..12.0_f64,
    ) {
        let taken = taken % cores;
        let free = cores - taken;
        let task_seconds = f64::from(millis) / 1000.0;
        let mut machine = Computing::new(f64::from(cores), f64::from(taken), task_seconds, noise);
        let mut adaptive = Adaptive::new(policy(1, 64), start);
        let sizes = sizes(&mut adaptive, 1_200, |it| machine.step(it));
        let settled = &sizes[600..];
        prop_assert!(
            settled.iter().all(|it| it.abs_diff(free) <= 1),
            "{free} free cores: {sizes:?}",
        );
    }

    #[test]
    fn sleeping_tasks_settle_at_the_highest_size(max in 1..200_u32, start in 1..200_u32) {
        let mut adaptive = Adaptive::new(policy(1, max), start);
        let sizes = sizes(&mut adaptive, 400, sleeping);
        prop_assert!(sizes[200..].iter().all(|it| *it == max), "{sizes:?}");
    }

    /// While somebody else burns all processors the size stays at least `min`; when that ends it comes back.
    #[test]
    fn another_process_that_burns_the_processors_does_not_starve_us(
        min in 1..8_u32, cores in 8..17_u32, start in 1..32_u32,
    ) {
        let mut adaptive = Adaptive::new(policy(min, 32), start);
        let burning = sizes(&mut adaptive, 300, burnt);
        prop_assert!(burning.iter().all(|it| *it >= min), "{burning:?}");
        prop_assert_eq!(burning.last(), Some(&min));
        let mut machine = Computing::new(f64::from(cores), 0.0, 0.1, 0.0);
        let freed = sizes(&mut adaptive, 600, |it| machine.step(it));
        prop_assert!(freed[300..].iter().all(|it| it.abs_diff(cores) <= 1), "{freed:?}");
    }

    /// Whatever is reported and when: within the bounds, up by one at most and never twice within a second,
    /// down only for a reason.
    #[test]
    fn the_size_stays_in_its_bounds(
        min in 1..20_u32, max in 1..40_u32, start: u32,
        reports in prop::collection::vec(
            (
                (0..3_000_u64, 0..20_u32, 0..5_u32),
                (prop::option::of(0.0..100.0_f64), prop::option::of(0.0..30.0_f64), prop::option::of(0.0..100.0_f64)),
                (any::<bool>(), any::<bool>()),
            ),
            0..200,
        ),
    ) {
        let bounds = min..=max.max(min);
        let mut adaptive = Adaptive::new(policy(min, max), start);
        prop_assert!(bounds.contains(&adaptive.size()));
        let (mut now, mut grown) = (Duration::ZERO, None);
        for ((millis, completed, overloaded), (cpu, memory, used), (is_memory_short, is_waiting)) in reports {
            now += Duration::from_millis(millis);
            let signals = Signals {
                cpu_pressure: cpu,
                memory_pressure: memory,
                cpu_percent: used,
                is_memory_short,
                completed,
                overloaded: overloaded.saturating_sub(3),
                is_waiting,
            };
            let before = adaptive.size();
            let after = adaptive.observe(&signals, now);
            prop_assert!(bounds.contains(&after));
            if after > before {
                prop_assert!(after == before + 1 && is_waiting && !is_memory_short);
                prop_assert!(cpu.is_none_or(|it| it < 20.0) && memory.is_none_or(|it| it < 5.0));
                prop_assert!(grown.is_none_or(|it| now - it >= PACE));
                grown = Some(now);
            }
            if after < before {
                let is_pressed = cpu.is_some_and(|it| it >= 20.0)
                    || memory.is_some_and(|it| it >= 5.0)
                    || used.is_some_and(|it| it >= BUSY_PERCENT);
                prop_assert!(is_pressed || is_memory_short || signals.overloaded > 0);
            }
            prop_assert!(adaptive.seen.len() <= MOST_KEPT);
        }
    }
}

#[test]
fn overload_takes_a_quarter_each_time() {
    let mut adaptive = Adaptive::new(policy(1, 64), 16);
    let overloaded = Signals {
        overloaded: 1,
        is_waiting: true,
        ..sleeping(16)
    };
    assert_eq!(sizes(&mut adaptive, 5, |_| overloaded), [12, 9, 6, 4, 3]);
}

#[test]
fn short_memory_shrinks_before_anything_else() {
    let mut adaptive = Adaptive::new(policy(2, 64), 8);
    let short = Signals {
        is_memory_short: true,
        ..sleeping(8)
    };
    assert_eq!(sizes(&mut adaptive, 4, |_| short), [6, 4, 3, 2]);
}

#[test]
fn nobody_waiting_is_no_reason_to_grow() {
    let mut adaptive = Adaptive::new(policy(1, 64), 4);
    let idle = Signals {
        is_waiting: false,
        ..sleeping(4)
    };
    assert_eq!(sizes(&mut adaptive, 3, |_| idle), [4, 4, 4]);
}

#[test]
fn a_throughput_that_fell_holds_the_size() {
    let mut adaptive = Adaptive::new(policy(1, 64), 4);
    let per_second = |completed| Signals {
        completed,
        ..sleeping(1)
    };
    let steady = sizes(&mut adaptive, 20, |_| per_second(100));
    assert_eq!(steady.last(), Some(&24));
    // 50 of 1,000 a window are within a tenth, 150 are not.
    let falling = sizes(&mut adaptive, 8, |_| per_second(50));
    assert_eq!(falling, [25, 26, 26, 26, 26, 26, 26, 26]);
}

#[test]
fn without_a_sensor_of_pressure_full_use_holds_the_size() {
    let mut adaptive = Adaptive::new(policy(1, 64), 4);
    let used = |percent| Signals {
        cpu_pressure: None,
        cpu_percent: Some(percent),
        ..sleeping(4)
    };
    assert_eq!(sizes(&mut adaptive, 2, |_| used(95.0)), [4, 4]);
    assert_eq!(sizes(&mut adaptive, 2, |_| used(40.0)), [5, 6]);
}
