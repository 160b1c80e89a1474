//! Numbers of the branch processor: what a program says itself, then the environment, then `[processor]` of the project file, then
//! the defaults.

use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use super::environment::Variables;
use super::error::ConfigError;
use super::file::Project;
use crate::workflow::branches::ProcessorSettings;

/// Names of the variables, those of the module that the branch processor replaces.
pub(super) const VARIABLES: [&str; 4] = [
    "MAX_CONCURRENT_BRANCHES",
    "BRANCH_PROCESSING_TIMEOUT_SECS",
    "MAX_SEND_RETRIES",
    "BASE_RETRY_DELAY_MS",
];

/// The `[processor]` table.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProcessorTable {
    /// Branches of a run at once.
    pub max_concurrent_branches: Option<u64>,
    /// Limit of one attempt of a branch.
    pub branch_timeout_seconds: Option<u64>,
    /// Times a status is written before the journal takes it.
    pub max_send_retries: Option<u64>,
    /// Pause after the first write that failed.
    pub base_retry_delay_ms: Option<u64>,
    /// Runs at once.
    pub max_concurrent_runs: Option<u64>,
    /// Whether branches run beside each other.
    pub parallel_enabled: Option<bool>,
}

/// What the program that uses the library says itself, by flags of its own for example; the rest is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessorFlags {
    /// Branches of a run at once.
    pub max_concurrent_branches: Option<u64>,
    /// Limit of one attempt of a branch.
    pub branch_timeout: Option<Duration>,
    /// Runs at once.
    pub max_concurrent_runs: Option<u64>,
    /// Whether branches run beside each other.
    pub parallel_enabled: Option<bool>,
}

/// The settings of the branch processor. Errors: a number that is none, or zero.
pub fn processor_settings(
    flags: &ProcessorFlags,
    variables: &Variables,
    project: &Project,
) -> Result<ProcessorSettings, ConfigError> {
    let table = &project.processor;
    let defaults = ProcessorSettings::default();
    let choose = |name: &str, key: &str, in_file: Option<u64>| match variables.get(name) {
        Some(text) => number(name, &text).map(Some),
        None => in_file.map(|it| at_least_one(key, it)).transpose(),
    };
    let [branches, timeout, retries, delay] = VARIABLES;
    let in_flag = |key: &str, it: Option<u64>| it.map(|it| at_least_one(key, it)).transpose();
    let branches_said = choose(
        branches,
        "processor.max_concurrent_branches",
        table.max_concurrent_branches,
    )?;
    let seconds = choose(
        timeout,
        "processor.branch_timeout_seconds",
        table.branch_timeout_seconds,
    )?;
    let retries = choose(retries, "processor.max_send_retries", table.max_send_retries)?;
    let delay = choose(delay, "processor.base_retry_delay_ms", table.base_retry_delay_ms)?;
    let runs = in_flag("processor.max_concurrent_runs", table.max_concurrent_runs)?;
    let branches = in_flag("max_concurrent_branches", flags.max_concurrent_branches)?.or(branches_said);
    let runs = in_flag("max_concurrent_runs", flags.max_concurrent_runs)?.or(runs);
    let count = |it: Option<u64>, default| it.map_or(default, |it| usize::try_from(it).unwrap_or(usize::MAX));
    Ok(ProcessorSettings {
        max_concurrent_branches: count(branches, defaults.max_concurrent_branches),
        branch_timeout: flags
            .branch_timeout
            .or(seconds.map(Duration::from_secs))
            .unwrap_or(defaults.branch_timeout),
        max_send_retries: retries.map_or(defaults.max_send_retries, |it| {
            u32::try_from(it).unwrap_or(u32::MAX)
        }),
        base_retry_delay: delay.map_or(defaults.base_retry_delay, Duration::from_millis),
        max_concurrent_runs: count(runs, defaults.max_concurrent_runs),
        parallel_enabled: flags
            .parallel_enabled
            .or(table.parallel_enabled)
            .unwrap_or(defaults.parallel_enabled),
        ..defaults
    })
}

fn number(key: &str, text: &str) -> Result<u64, ConfigError> {
    let value = u64::from_str(text.trim()).map_err(|_| wrong(key, text))?;
    at_least_one(key, value)
}

fn at_least_one(key: &str, value: u64) -> Result<u64, ConfigError> {
    if value == 0 {
        return Err(wrong(key, "0"));
    }
    Ok(value)
}

fn wrong(key: &str, text: &str) -> ConfigError {
    ConfigError::Setting {
        key: key.to_owned(),
        problem: format!("`{text}` is not a whole number from 1 on"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    fn project(text: &str) -> Project {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_flag_goes_before_the_environment_that_before_the_file_and_that_before_the_default() {
        let file = project("[processor]\nmax_concurrent_branches = 20\nbranch_timeout_seconds = 30\n");
        let environment = variables(&[("MAX_CONCURRENT_BRANCHES", "30")]);
        let flags = ProcessorFlags {
            max_concurrent_branches: Some(40),
            ..ProcessorFlags::default()
        };
        let (no_flags, nothing) = (ProcessorFlags::default(), variables(&[]));
        let branches = |flags, variables, project| {
            let settings = processor_settings(flags, variables, project).unwrap();
            (
                settings.max_concurrent_branches,
                settings.branch_timeout.as_secs(),
            )
        };
        assert_eq!(branches(&flags, &environment, &file), (40, 30));
        assert_eq!(branches(&no_flags, &environment, &file), (30, 30));
        assert_eq!(branches(&no_flags, &nothing, &file), (20, 30));
        assert_eq!(branches(&no_flags, &nothing, &Project::default()), (10, 300));
    }

    #[test]
    fn every_variable_and_key_is_read() {
        let all = variables(&[
            ("MAX_CONCURRENT_BRANCHES", "3"),
            ("BRANCH_PROCESSING_TIMEOUT_SECS", "7"),
            ("MAX_SEND_RETRIES", "2"),
            ("BASE_RETRY_DELAY_MS", "50"),
        ]);
        let file = project("[processor]\nmax_concurrent_runs = 9\nparallel_enabled = false\n");
        let settings = processor_settings(&ProcessorFlags::default(), &all, &file).unwrap();
        assert_eq!(
            (
                settings.max_concurrent_branches,
                settings.branch_timeout.as_secs()
            ),
            (3, 7)
        );
        assert_eq!(
            (settings.max_send_retries, settings.base_retry_delay.as_millis()),
            (2, 50)
        );
        assert_eq!(
            (settings.max_concurrent_runs, settings.parallel_enabled),
            (9, false)
        );
    }

    #[test]
    fn what_is_no_number_is_told_with_its_name() {
        for (variables, project, text) in [
            (
                variables(&[("MAX_CONCURRENT_BRANCHES", "many")]),
                Project::default(),
                "setting `MAX_CONCURRENT_BRANCHES`: `many` is not a whole number from 1 on",
            ),
            (
                variables(&[]),
                project("[processor]\nmax_concurrent_branches = 0\n"),
                "setting `processor.max_concurrent_branches`: `0` is not a whole number from 1 on",
            ),
        ] {
            let error = processor_settings(&ProcessorFlags::default(), &variables, &project).unwrap_err();
            assert_eq!(error.to_string(), text);
        }
    }
}
