//! `gaai verify` and `gaai explain`.

use super::Session;
use super::arguments::Place;
use super::exit;
use crate::app;

/// Recomputes every claim of a run; exit code 1 on any mismatch, or when there is no claim.
pub(super) fn verify(session: &Session, run: &str, place: &Place) -> anyhow::Result<u8> {
    let directory = app::find_run(&session.output(place), run)?;
    let verification = app::verify(&directory)?;
    session.console.result(&verification, |out| {
        for mismatch in &verification.mismatches {
            writeln!(out, "mismatch: {mismatch}")?;
        }
        if let Some(reason) = &verification.nothing {
            writeln!(out, "nothing to verify: {reason}")?;
        }
        writeln!(
            out,
            "{}: {} claims, {} facts and {} files checked, {} mismatches",
            if verification.holds() {
                "verified"
            } else {
                "NOT verified"
            },
            verification.claims,
            verification.facts,
            verification.files,
            verification.mismatches.len()
        )
    })?;
    Ok(if verification.holds() { 0 } else { exit::FAILED })
}

/// Walks a finding back to its inputs.
pub(super) fn explain(session: &Session, run: &str, finding: &str, place: &Place) -> anyhow::Result<u8> {
    let directory = app::find_run(&session.output(place), run)?;
    let explanation = app::explain(&directory, finding)?;
    session
        .console
        .result(&explanation, |out| app::write_explanation(&explanation, out))?;
    Ok(0)
}
