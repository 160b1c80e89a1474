//! The findings of a run in sentences.

use crate::model::{format::render_claim, report::RunReport};
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
