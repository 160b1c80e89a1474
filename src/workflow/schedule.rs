//! When a workflow runs by itself: a cron pattern in a time zone, what was missed, and what to do while it
//! still runs.
//!
//! A pattern has five fields (minute, hour, day of month, month, day of week, with `L`, `15W`, `MON#2`), or is
//! `@hourly`, `@daily`, `@weekly`, `@monthly` or `@yearly`. When both days are given, either is enough.
//!
//! Where the clocks change, patterns with a fixed minute and hour run once a day all the same: a time that the
//! clocks skip moves to the first instant after the gap, and of a time that comes twice the first counts.
//! Patterns with `*` or `/` in the minute or hour run by the clock on the wall: not within a gap, and twice in
//! an hour that comes twice.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How late a run may start and still be on time.
const ON_TIME: SignedDuration = SignedDuration::from_secs(60);

/// Runs made up for at most, whatever the policy says.
pub const MOST_CAUGHT_UP: usize = 100;

/// Why a schedule cannot be.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// The pattern cannot be read.
    #[error(
        "read the cron pattern `{pattern}`: {problem}; it has five fields: minute, hour, day of month, month, day of week"
    )]
    Pattern {
        /// As it was given.
        pattern: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The pattern names days that do not exist.
    #[error("use the cron pattern `{pattern}`: no such day comes, so it would never run")]
    Never {
        /// As it was given.
        pattern: String,
    },
    /// The time zone is not known.
    #[error("find the time zone `{name}`: {problem}; use a name like Europe/Berlin, or UTC")]
    Zone {
        /// As it was given.
        name: String,
        /// What the database said.
        problem: String,
    },
}

/// What happens to runs that were missed while nobody was there to start them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Catchup {
    /// Nothing: only a run that is on time starts.
    #[default]
    None,
    /// The last one is made up for.
    Latest,
    /// All are made up for, the latest [`MOST_CAUGHT_UP`] if there are more.
    All,
}

/// What happens when a run is due while others of the workflow still run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Overlap {
    /// The new one does not happen.
    #[default]
    Skip,
    /// The new one waits until there is room.
    Queue,
    /// Those that run are cancelled, then the new one starts.
    CancelRunning,
}

/// What to do with a run that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Start it.
    Start,
    /// Let it wait.
    Queue,
    /// Cancel the oldest so many, at least one, and start it when they have ended.
    Cancel {
        /// How many.
        oldest: u32,
    },
    /// Leave it out, for there is no room.
    Skip,
    /// Leave it out, for too many wait already.
    QueueFull,
}

/// The runs of a workflow at the moment another one is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occupancy {
    /// Runs that have started and not ended.
    pub running: u32,
    /// Runs that may run together; 0 counts as 1.
    pub limit: u32,
    /// Runs that wait.
    pub waiting: u32,
    /// Runs that may wait.
    pub most_waiting: u32,
}

impl Overlap {
    /// What to do with one more run.
    pub fn decide(self, now: Occupancy) -> Decision {
        let limit = now.limit.max(1);
        let is_free = now.running < limit;
        match self {
            // Those that wait came first.
            Self::Queue if is_free && now.waiting == 0 => Decision::Start,
            Self::Queue if now.waiting < now.most_waiting => Decision::Queue,
            Self::Queue => Decision::QueueFull,
            Self::Skip | Self::CancelRunning if is_free => Decision::Start,
            Self::Skip => Decision::Skip,
            Self::CancelRunning => Decision::Cancel {
                oldest: now.running - limit + 1,
            },
        }
    }
}

/// Runs that are due.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// When they were to start, the oldest first.
    pub runs: Vec<Timestamp>,
    /// Whether older ones were left out by the policy.
    pub has_left_out: bool,
}

/// A pattern in a time zone.
#[derive(Clone, Debug)]
pub struct Schedule {
    cron: Cron,
    zone: TimeZone,
}

impl Schedule {
    /// The schedule of a pattern, in a time zone of the system's database.
    ///
    /// # Errors
    /// [`ScheduleError`] when the pattern cannot be read or never comes, or the zone is not known.
    pub fn new(pattern: &str, zone: &str) -> Result<Self, ScheduleError> {
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build();
        let cron = parser.parse(pattern).map_err(|error| ScheduleError::Pattern {
            pattern: pattern.to_owned(),
            problem: sentence_part(&error.to_string()),
        })?;
        let zone = TimeZone::get(zone).map_err(|error| ScheduleError::Zone {
            name: zone.to_owned(),
            problem: error.to_string(),
        })?;
        let schedule = Self { cron, zone };
        if schedule.next_after(Timestamp::UNIX_EPOCH).is_none() {
            let pattern = pattern.to_owned();
            return Err(ScheduleError::Never { pattern });
        }
        Ok(schedule)
    }

    /// The first run after `instant`; `None` at the end of the calendar.
    pub fn next_after(&self, instant: Timestamp) -> Option<Timestamp> {
        let from = instant.to_zoned(self.zone.clone());
        let next = self.cron.find_next_occurrence(&from, false).ok()?;
        Some(next.timestamp())
    }

    /// What is to be started at `now`, when all up to `last` (the last run, or the moment the schedule was
    /// made) is dealt with.
    pub fn due(&self, last: Timestamp, now: Timestamp, catchup: Catchup) -> Due {
        let most = match catchup {
            Catchup::None | Catchup::Latest => 1,
            Catchup::All => MOST_CAUGHT_UP,
        };
        // One more than is wanted tells whether any are left out.
        let mut runs: Vec<_> = self
            .before(now)
            .take_while(|it| *it > last)
            .take(most + 1)
            .collect();
        let mut has_left_out = runs.len() > most;
        runs.truncate(most);
        if catchup == Catchup::None {
            let found = runs.len();
            runs.retain(|it| now.duration_since(*it) <= ON_TIME);
            has_left_out |= runs.len() < found;
        }
        runs.reverse();
        Due { runs, has_left_out }
    }

    /// Runs up to and including `now`, the latest first.
    fn before(&self, now: Timestamp) -> impl Iterator<Item = Timestamp> {
        let mut from = Some((now.to_zoned(self.zone.clone()), true));
        std::iter::from_fn(move || {
            let (at, inclusive) = from.take()?;
            let found = self.cron.find_previous_occurrence(&at, inclusive).ok()?;
            let run = found.timestamp();
            from = Some((found, false));
            Some(run)
        })
    }
}

/// The parser's sentence as a part of ours.
fn sentence_part(text: &str) -> String {
    let mut letters = text.trim_end_matches('.').chars();
    letters
        .next()
        .map(|it| it.to_ascii_lowercase())
        .into_iter()
        .chain(letters)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BERLIN: &str = "Europe/Berlin";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn schedule(pattern: &str, zone: &str) -> Schedule {
        Schedule::new(pattern, zone).unwrap()
    }

    /// The next runs after an instant, on the clock of the zone.
    fn runs(pattern: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
        let schedule = schedule(pattern, zone);
        let mut now = at(after);
        std::iter::repeat_with(|| {
            now = schedule.next_after(now).unwrap();
            now.to_zoned(schedule.zone.clone())
                .strftime("%d %H:%M %z")
                .to_string()
        })
        .take(count)
        .collect()
    }

    #[test]
    fn a_time_that_the_clocks_skip_runs_right_after_the_gap() {
        let found = runs("30 2 * * *", BERLIN, "2026-03-28T00:00:00Z", 3);
        assert_eq!(found, ["28 02:30 +0100", "29 03:00 +0200", "30 02:30 +0200"]);
    }

    #[test]
    fn a_time_that_comes_twice_runs_the_first_time() {
        let found = runs("30 2 * * *", BERLIN, "2026-10-24T00:00:00Z", 3);
        assert_eq!(found, ["24 02:30 +0200", "25 02:30 +0200", "26 02:30 +0100"]);
    }

    #[test]
    fn intervals_follow_the_clock_on_the_wall() {
        let skipped = runs("*/30 * * * *", BERLIN, "2026-03-29T00:10:00Z", 3);
        assert_eq!(skipped, ["29 01:30 +0100", "29 03:00 +0200", "29 03:30 +0200"]);
        let repeated = runs("0 * * * *", BERLIN, "2026-10-24T23:30:00Z", 3);
        assert_eq!(repeated, ["25 02:00 +0200", "25 02:00 +0100", "25 03:00 +0100"]);
    }

    #[test]
    fn the_last_day_comes_in_december_too() {
        let found = runs("0 3 L * *", "UTC", "2026-11-01T00:00:00Z", 3);
        assert_eq!(found, ["30 03:00 +0000", "31 03:00 +0000", "31 03:00 +0000"]);
    }

    #[test]
    fn a_leap_day_is_waited_for() {
        let next = schedule("0 0 29 2 *", "UTC").next_after(at("2096-03-01T00:00:00Z"));
        assert_eq!(next, Some(at("2104-02-29T00:00:00Z")));
    }

    #[test]
    fn what_cannot_be_is_refused_with_what_to_do() {
        for (pattern, zone, part) in [
            ("0 3 * *", "UTC", "it has five fields"),
            ("0 0 3 * * *", "UTC", "it has five fields"),
            ("61 * * * *", "UTC", "out of bounds"),
            ("0 0 30 2 *", "UTC", "it would never run"),
            ("@reboot", "UTC", "it has five fields"),
            ("0 3 * * *", "Europe/Berlim", "use a name like Europe/Berlin"),
        ] {
            let error = Schedule::new(pattern, zone).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn catching_up_makes_none_one_or_all() {
        let daily = schedule("0 3 * * *", "UTC");
        let last = at("2026-11-18T03:00:00Z");
        let late = at("2026-11-21T09:00:00Z");
        let days = |days: &[i8]| -> Vec<Timestamp> {
            days.iter()
                .map(|it| at(&format!("2026-11-{it}T03:00:00Z")))
                .collect()
        };
        let due = |catchup, now| daily.due(last, now, catchup);
        let expected = |runs, has_left_out| Due { runs, has_left_out };
        assert_eq!(due(Catchup::None, late), expected(Vec::new(), true));
        assert_eq!(due(Catchup::Latest, late), expected(days(&[21]), true));
        assert_eq!(due(Catchup::All, late), expected(days(&[19, 20, 21]), false));
        // On time, if not to the second, all policies agree.
        let on_time = at("2026-11-19T03:00:00.250Z");
        for catchup in [Catchup::None, Catchup::Latest, Catchup::All] {
            assert_eq!(due(catchup, on_time), expected(days(&[19]), false));
            assert_eq!(due(catchup, at("2026-11-19T02:59:59Z")), Due::default());
            // A clock that was set back makes nothing due.
            assert_eq!(due(catchup, at("2026-11-01T00:00:00Z")), Due::default());
        }
    }

    #[test]
    fn no_more_than_a_bounded_number_is_made_up_for() {
        let minutely = schedule("* * * * *", "UTC");
        let due = minutely.due(
            at("2020-01-01T00:00:00Z"),
            at("2026-01-01T00:00:00Z"),
            Catchup::All,
        );
        assert_eq!(due.runs.len(), MOST_CAUGHT_UP);
        assert_eq!(due.runs.last(), Some(&at("2026-01-01T00:00:00Z")));
        assert!(due.has_left_out && due.runs.is_sorted());
    }

    fn occupied(running: u32, waiting: u32) -> Occupancy {
        Occupancy {
            running,
            limit: 2,
            waiting,
            most_waiting: 1,
        }
    }

    #[test]
    fn overlaps_are_decided_by_the_policy() {
        for overlap in [Overlap::Skip, Overlap::Queue, Overlap::CancelRunning] {
            assert_eq!(overlap.decide(occupied(1, 0)), Decision::Start);
        }
        assert_eq!(Overlap::Skip.decide(occupied(2, 0)), Decision::Skip);
        assert_eq!(Overlap::Queue.decide(occupied(2, 0)), Decision::Queue);
        assert_eq!(Overlap::Queue.decide(occupied(2, 1)), Decision::QueueFull);
        // A place came free, but the one that waits is first.
        assert_eq!(Overlap::Queue.decide(occupied(1, 1)), Decision::QueueFull);
        let cancel = Overlap::CancelRunning.decide(occupied(3, 0));
        assert_eq!(cancel, Decision::Cancel { oldest: 2 });
    }

    proptest! {
        /// Looking back finds what looking forward finds, whatever the clocks do in between.
        #[test]
        fn what_is_due_is_what_would_have_come(
            pattern in prop::sample::select(vec![
                "*/7 * * * *", "30 2 * * *", "15 */2 * * *", "0 0 * * 0", "5 1,2,3 * * *", "0 0 L * *", "30 0 1 * 1",
            ]),
            zone in prop::sample::select(vec!["UTC", BERLIN, "America/New_York", "Australia/Lord_Howe"]),
            last in 1_700_000_000..1_800_000_000_i64, length in 0..400_000_i64,
        ) {
            let schedule = schedule(pattern, zone);
            let last = Timestamp::from_second(last).unwrap();
            let now = last + SignedDuration::from_secs(length);
            let mut forward = Vec::new();
            let mut at = last;
            while let Some(next) = schedule.next_after(at).filter(|it| *it <= now) {
                prop_assert!(next > at);
                forward.push(next);
                at = next;
            }
            let due = schedule.due(last, now, Catchup::All);
            let from = forward.len().saturating_sub(MOST_CAUGHT_UP);
            prop_assert_eq!(&due.runs, &forward[from..]);
            prop_assert_eq!(due.has_left_out, from > 0);
            let latest = schedule.due(last, now, Catchup::Latest);
            prop_assert_eq!(latest.runs.last(), forward.last());
        }
    }
}
