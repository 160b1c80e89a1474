//! The executive summary as the layouts see it: each value with the report's fact that it is.

use serde::Serialize;

use super::escape::anchor;
use super::finding_view::{FileLink, Notes};
use super::view::{Scope, Sentence, sentence};
use super::{Format, ReportError};
use crate::model::fact::Claim;
use crate::model::report::{Advised, Executive, Report, RunReport};

/// An executive summary.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ExecutiveView {
    pub sentences: Vec<Sentence>,
    pub recommendations: Vec<AdvisedView>,
}

/// A recommendation with what it follows from and what it serves.
#[derive(Clone, Debug, Serialize)]
pub(super) struct AdvisedView {
    pub what: Sentence,
    /// The objective in the brief's words; empty where it serves none.
    pub objective: String,
    pub finding: FileLink,
}

/// The executive summary of `run`, whose reports stand at `pages`.
pub(super) fn executive(
    run: &RunReport,
    pages: &[(String, &Report)],
    format: Format,
    notes: &mut Notes,
) -> Result<Option<ExecutiveView>, ReportError> {
    let Some(executive) = &run.executive else {
        return Ok(None);
    };
    let drawing = Drawing { pages, format };
    let sentences = executive
        .sentences
        .iter()
        .map(|it| drawing.sentence(it, executive));
    let recommendations = executive.recommendations.iter().map(|it| {
        Ok(AdvisedView {
            what: drawing.sentence(&it.what, executive)?,
            objective: objective(run, it),
            finding: drawing.link(it, notes),
        })
    });
    Ok(Some(ExecutiveView {
        sentences: sentences.collect::<Result<_, ReportError>>()?,
        recommendations: recommendations.collect::<Result<_, ReportError>>()?,
    }))
}

fn objective(run: &RunReport, advised: &Advised) -> String {
    let objectives = run.requirements.objectives.iter();
    let mut found = objectives.filter(|it| Some(&it.id) == advised.objective.as_ref());
    found.next().map(|it| it.title.clone()).unwrap_or_default()
}

struct Drawing<'a> {
    pages: &'a [(String, &'a Report)],
    format: Format,
}

impl Drawing<'_> {
    /// The claim with its facts put in, each leading to its row in the report that it is from.
    fn sentence(&self, claim: &Claim, executive: &Executive) -> Result<Sentence, ReportError> {
        sentence(claim, |id| {
            let fact = executive.facts.iter().find(|it| it.id.0 == id)?;
            let (page, report, own) = self.home(id)?;
            let scope = Scope {
                report,
                format: self.format,
                page,
            };
            Some((fact, scope.cite(claim, scope.fact(own)?)))
        })
    }

    /// Page, report and own id of a fact that the summary calls `R1_F3`.
    fn home<'i>(&self, id: &'i str) -> Option<(&str, &Report, &'i str)> {
        let (number, own) = id.strip_prefix('R')?.split_once('_')?;
        let at = number.parse::<usize>().ok()?.checked_sub(1)?;
        let (page, report) = self.pages.get(at)?;
        Some((page, report, own))
    }

    fn link(&self, advised: &Advised, notes: &mut Notes) -> FileLink {
        let has = |report: &Report| report.findings.iter().any(|it| it.id == advised.finding);
        let page = self.pages.iter().find(|(_, report)| has(report));
        let page = page.map_or("", |it| it.0.as_str());
        let id = &advised.finding.0;
        notes.link(id, format!("{page}#{}", anchor("finding", id)))
    }
}
