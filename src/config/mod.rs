//! Settings, read once: defaults, then `gaai.toml`, then flags. The only room that reads the
//! environment and the clock; everything below gets values.

mod clock;
mod environment;
mod error;
mod file;
mod models;
mod processor;
mod quantity;

pub use clock::{now_ms, now_us, run_id};
pub use environment::{Environment, Processes, Variables};
pub use error::ConfigError;
pub use file::{GraphSetting, Project, find_project};
pub use models::{ModelSettings, RoleSetting};
pub use processor::{ProcessorFlags, ProcessorTable, processor_settings};
pub use quantity::{parse_bytes, parse_duration};
