//! The findings of a run in sentences, and the questions that they leave open.

use serde::Serialize;

use crate::agents::use_cases::NO_ANALYSIS;
use crate::model::{
    format::render_claim,
    report::{CoverageStatus, RunReport},
};
use crate::pipeline::summary_findings;

/// One line per finding of the summary: severity, headline, id.
pub fn summary_sentences(index: &RunReport) -> Vec<String> {
    summary_findings(index)
        .into_iter()
        .map(|(report, finding)| {
            // A claim that cannot be printed was dropped before; its stored text is the last resort.
            let headline = render_claim(&finding.headline, &report.facts)
                .unwrap_or_else(|_| finding.headline.text.clone());
            let severity = format!("{:?}", finding.severity).to_lowercase();
            format!("[{severity}] {headline} ({})", finding.id)
        })
        .collect()
}

/// An item of the brief that the run did not answer, or not in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unanswered {
    /// Its words.
    pub question: String,
    /// Where it stands, for people: `brief.md, line 7`.
    pub source: String,
    /// Whether some of it is answered.
    pub is_partly_answered: bool,
    /// Why not all of it.
    pub reason: String,
}

/// The questions of the brief that `index` leaves open, in the brief's order; those that fitted
/// nothing come last.
pub fn unanswered(index: &RunReport) -> Vec<Unanswered> {
    let open = index.coverage.iter().filter_map(|item| {
        let is_partly_answered = match item.status {
            CoverageStatus::Answered | CoverageStatus::Noted => return None,
            CoverageStatus::Partly => true,
            CoverageStatus::NotAnswerable => false,
        };
        Some(Unanswered {
            question: item.text.clone(),
            source: item.source.clone(),
            is_partly_answered,
            reason: item.reason.clone(),
        })
    });
    let unplaced = index.requirements.unplaced.iter().map(|it| Unanswered {
        question: it.quote.clone(),
        source: it.place(),
        is_partly_answered: false,
        reason: NO_ANALYSIS.to_owned(),
    });
    open.chain(unplaced).collect()
}
