//! The code that performs stages: typed in, typed out, never run state.

pub mod adviser;
mod asking;
pub mod binding;
mod brief_numbers;
mod certainty;
mod charts;
pub mod choose_templates;
pub mod choose_vertical;
pub mod coverage;
pub mod cues;
pub mod describe_schema;
pub mod draft_vertical;
mod evidence;
pub mod examples;
pub mod findings;
mod hints;
mod lexicon;
mod lexicon_numbers;
pub mod limits;
pub mod naming;
pub mod numbers;
pub mod people;
mod phrasing;
mod pictures;
pub mod prompts;
pub mod propose_use_cases;
pub mod prose;
mod purpose;
pub mod quality;
pub mod quality_findings;
pub mod read_requirements;
pub mod reading;
pub mod reports;
pub mod requirements;
pub mod schema;
mod scopes;
pub mod score;
mod showing;
pub mod summary;
pub mod templates;
pub mod tokens;
pub mod topics;
pub mod use_cases;
pub mod verify;
pub mod vertical;
pub mod vertical_files;
mod wording;
pub mod write_findings;
pub mod written;

#[cfg(test)]
mod adoption_tests;
#[cfg(test)]
mod brief_numbers_tests;
#[cfg(test)]
mod choose_templates_tests;
#[cfg(test)]
mod choose_vertical_tests;
#[cfg(test)]
mod describe_schema_tests;
#[cfg(test)]
mod doubles;
#[cfg(test)]
mod patterns_tests;
#[cfg(test)]
mod propose_use_cases_tests;
#[cfg(test)]
mod read_requirements_tests;
#[cfg(test)]
mod score_tests;
#[cfg(test)]
mod templates_tests;
#[cfg(test)]
mod vertical_tests;
