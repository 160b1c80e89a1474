//! Rules for what concerns the whole run: schedules, checks, handlers.

use regex::Regex;

use super::check::Check;
use super::check_step::{command_fault, retry_faults};
use super::service::Check as Verification;
use crate::workflow::near::near_or_all;
use crate::workflow::schedule::{Schedule, ScheduleError};
use crate::workflow::yaml::At;

impl Check<'_, '_, '_> {
    pub(super) fn schedules(&mut self) {
        for (at, rule) in self.workflow.schedule.iter().enumerate() {
            let key = |name| [At::Key("schedule"), At::Index(at), At::Key(name)];
            let hint = Some("minute hour day month weekday, e.g. `0 3 * * *`".to_owned());
            match Schedule::new(&rule.cron, &rule.timezone) {
                // The time zone has its own place.
                Ok(_) | Err(ScheduleError::Zone { .. }) => {}
                Err(ScheduleError::Pattern { pattern, problem }) => {
                    self.fault_at(
                        &key("cron"),
                        format!("`{pattern}` is no schedule: {problem}"),
                        hint,
                    );
                }
                Err(ScheduleError::Never { pattern }) => {
                    self.fault_at(&key("cron"), format!("the time `{pattern}` never comes"), hint);
                }
            }
            self.time_zone(&key("timezone"), &rule.timezone);
        }
        if let Some(retry) = &self.workflow.defaults.retry {
            for (way, message) in retry_faults(retry) {
                self.fault_at(
                    &[At::Key("defaults"), At::Key("retry"), At::Key(way)],
                    message,
                    None,
                );
            }
        }
        for (key, handler) in self.workflow.handlers() {
            if let Some((inner, message, hint)) = command_fault(handler) {
                self.fault_at(&[At::Key(key), At::Key(inner)], message, Some(hint));
            }
        }
        self.verifications();
    }

    /// Reports a time zone that is not known.
    fn time_zone(&mut self, way: &[At<'_>], name: &str) {
        if jiff::tz::TimeZone::get(name).is_ok() {
            return;
        }
        let known: Vec<String> = jiff::tz::db()
            .available()
            .map(|it| it.as_str().to_owned())
            .collect();
        let message = format!("there is no time zone `{name}`");
        if known.is_empty() {
            // The machine that runs it may know more.
            self.warn_at(way, message, Some("this machine knows none but UTC".to_owned()));
        } else {
            let near = near_or_all(name, known.iter().map(String::as_str).chain(["UTC"]));
            let hint = if near.len() < 80 {
                near
            } else {
                "write `Europe/Berlin` or another IANA name".to_owned()
            };
            self.fault_at(way, message, Some(hint));
        }
    }

    fn verifications(&mut self) {
        for (at, verification) in self.workflow.verify.iter().enumerate() {
            let Verification::Log(log) = verification else {
                continue;
            };
            let key = |name| [At::Key("verify"), At::Index(at), At::Key("log"), At::Key(name)];
            if !self.positions.contains_key(log.step.as_str()) && !self.lost.contains(&log.step) {
                let hint = self.near_step(&log.step);
                self.fault_at(
                    &key("step"),
                    format!("there is no step `{}`", log.step),
                    Some(hint),
                );
            }
            if Regex::new(&log.pattern).is_err() {
                let message = format!("`{}` is no regular expression", log.pattern);
                self.fault_at(&key("pattern"), message, None);
            }
        }
    }
}
