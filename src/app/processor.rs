//! The branch processor with the numbers of the environment and of the project.

use crate::config::{ConfigError, Environment, ProcessorFlags, Project, processor_settings};
use crate::workflow::branches::{ProcessorSettings, Runs};

/// What takes in runs of branches, and the settings for the contexts of these runs. Takes them in on the runtime
/// that calls this.
///
/// # Errors
/// A number that is none, or zero.
pub fn start_processor(
    flags: &ProcessorFlags,
    environment: &Environment,
    project: &Project,
) -> Result<(Runs, ProcessorSettings), ConfigError> {
    let settings = processor_settings(flags, &environment.processor, project)?;
    Ok((Runs::start(&settings), settings))
}
