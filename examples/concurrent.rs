#![allow(clippy::print_stdout, reason = "an example shows its result")]
//! The same from async code, with at most three executions at a time.
//!
//! `cargo run --release --example concurrent`

use gaai::app::{InputDocument, run_agentic_workflow_async};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let documents = [InputDocument::content("Which accounts move money in circles?")];
    let state = run_agentic_workflow_async("demo:fraud", &documents, Some(3), true).await?;
    println!("{} reports in {}", state.reports.len(), state.directory.display());
    Ok(())
}
