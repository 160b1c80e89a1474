#![allow(clippy::print_stdout, reason = "an example shows its result")]
//! The main job in a few lines: run, export, print the trace.
//!
//! `cargo run --release --example quick_start`

use gaai::app::{AgenticWorkflowRunner, InputDocument};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runner = AgenticWorkflowRunner {
        graph_name: "demo:social".to_owned(),
        enable_tracing: true,
        ..AgenticWorkflowRunner::default()
    };
    let state = runner.run(&[InputDocument::content("Who ties the communities together?")])?;
    for report in &state.reports {
        for finding in &report.findings {
            println!("{}: {}", report.use_case.title, finding.title);
        }
    }
    runner.export_reports(&state, state.directory.join("exported"))?;
    runner.export_trace(&state, state.directory.join("exported"), &["json", "html", "md"])?;
    runner.print_trace_summary(&state, &mut std::io::stdout())?;
    Ok(())
}
