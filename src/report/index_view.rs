//! The index of a run as the layouts see it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::escape::anchor;
use super::executive_view::{ExecutiveView, executive};
use super::finding_view::{FileLink, Notes};
use super::fitness_view::{FitnessView, fitness};
use super::glossary::{Term, terms};
use super::methods_view::{self, LineageView, MethodView};
use super::page::{Carried, HeadView, RunView, mode, run_view};
use super::report_view::{SummaryView, summary};
use super::tables::{Cell, Table};
use super::view::{Scope, Sentence, badge};
use super::{Format, ReportError, words};
use crate::model::execution::Execution;
use crate::model::format;
use crate::model::id::FindingId;
use crate::model::report::{Coverage, CoverageStatus, Failure, Report, RunReport, Volatile};
use crate::model::requirements::Requirements;
use crate::model::template::Template;

/// Items of the brief that a page shows at most, of each kind.
const MOST_ITEMS: usize = 200;

/// Characters of an item that a page shows at most.
const LONGEST_ITEM: usize = 1_000;

#[derive(Clone, Debug, Serialize)]
pub(super) struct IndexView {
    pub head: HeadView,
    pub run: RunView,
    pub carried: Carried,
    pub vertical_reason: String,
    pub executive: Option<ExecutiveView>,
    pub summary: Vec<SummaryView>,
    /// Stands in place of an empty summary.
    pub nothing: &'static str,
    pub coverage: Vec<CoverageView>,
    pub coverage_text: String,
    pub coverage_tally: String,
    pub reports: Table,
    pub nulls: Vec<NullView>,
    pub failures: Vec<Failure>,
    pub stakeholders: Table,
    pub objectives: Table,
    pub statements: Table,
    pub thresholds: Table,
    pub unplaced: Table,
    pub fitness: FitnessView,
    pub methods: Vec<MethodView>,
    pub cost: Table,
    pub lineage: LineageView,
    pub glossary: Vec<Term>,
    pub notes: Vec<FileLink>,
}

/// An item of the brief and what became of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct CoverageView {
    pub anchor: String,
    pub text: String,
    pub status: &'static str,
    pub class: String,
    pub findings: Vec<FileLink>,
    pub reason: String,
    pub source: String,
}

/// A null finding in a sentence.
#[derive(Clone, Debug, Serialize)]
pub(super) struct NullView {
    pub title: String,
    pub headline: Sentence,
    pub link: FileLink,
}

pub(super) fn index_view(
    run: &RunReport,
    volatile: &Volatile,
    directory: &str,
    format: Format,
) -> Result<IndexView, ReportError> {
    let mut notes = Notes::default();
    let pages: Vec<(String, &Report)> = run
        .reports
        .iter()
        .map(|(stem, it)| (format!("{stem}.{}", format.extension()), it))
        .collect();
    let (templates, executions) = work(run);
    let shown = &run.coverage[..run.coverage.len().min(MOST_ITEMS)];
    let coverage = shown
        .iter()
        .map(|it| coverage(it, &pages, &mut notes))
        .collect::<Vec<_>>();
    let summary = gravest(run, &pages, format, &mut notes)?;
    let nulls = nulls(&pages, format, &mut notes)?;
    let executive = executive(run, &pages, format, &mut notes)?;
    let reports = reports(&pages).drawn(format);
    for (page, report) in &pages {
        notes.link(&report.use_case.title, page);
    }
    Ok(IndexView {
        head: head(run),
        run: run_view(volatile),
        carried: Carried::default(),
        vertical_reason: words::prose(&run.vertical_reason),
        executive,
        summary,
        nothing: if run.reports.is_empty() {
            words::NO_REPORT
        } else {
            words::NOTHING_FOUND
        },
        coverage_text: coverage_table(shown).drawn(format).plain,
        coverage_tally: tally(&run.coverage),
        coverage,
        reports,
        nulls,
        failures: run.failures.clone(),
        stakeholders: stakeholders(&run.requirements).at_most(MOST_ITEMS).drawn(format),
        objectives: objectives(&run.requirements).at_most(MOST_ITEMS).drawn(format),
        statements: statements(&run.requirements).at_most(MOST_ITEMS).drawn(format),
        thresholds: thresholds(&run.requirements).at_most(MOST_ITEMS).drawn(format),
        unplaced: unplaced(&run.requirements).at_most(MOST_ITEMS).drawn(format),
        fitness: fitness(&run.schema, &run.quality, format),
        methods: methods_view::methods(&templates, &executions, directory, &mut notes),
        cost: methods_view::cost(&executions, format),
        lineage: methods_view::lineage(&run.lineage, format),
        glossary: terms(templates.iter()),
        notes: notes.0,
    })
}

fn head(run: &RunReport) -> HeadView {
    let title = match run.requirements.title.as_str() {
        "" => format!("What is in {}", run.graph),
        title => title.to_owned(),
    };
    HeadView {
        title,
        question: format!(
            "{} on the graph {}.",
            words::counted(run.reports.len() as u64, "report", "reports"),
            run.graph
        ),
        partly: None,
        graph: run.graph.clone(),
        brief: run.requirements.title.clone(),
        vertical: run.vertical.clone(),
        mode: mode(&run.lineage),
        badge: badge(&run.verdict),
        index: None,
    }
}

/// Every template and execution once, in the order of the reports that need them.
fn work(run: &RunReport) -> (Vec<Template>, Vec<Execution>) {
    let (mut templates, mut executions) = (Vec::new(), Vec::new());
    let (mut planned, mut ran) = (BTreeSet::new(), BTreeSet::new());
    for (_, report) in &run.reports {
        templates.extend(
            report
                .templates
                .iter()
                .filter(|it| planned.insert(it.id.clone()))
                .cloned(),
        );
        executions.extend(
            report
                .executions
                .iter()
                .filter(|it| ran.insert(it.template.clone()))
                .cloned(),
        );
    }
    (templates, executions)
}

/// The page and report that a finding, found or null, stands in.
fn home<'a>(id: &FindingId, pages: &'a [(String, &'a Report)]) -> Option<(&'a str, &'a Report)> {
    let has = |report: &Report| {
        report
            .findings
            .iter()
            .chain(&report.null_findings)
            .any(|it| &it.id == id)
    };
    pages
        .iter()
        .find(|(_, report)| has(report))
        .map(|(page, report)| (page.as_str(), *report))
}

fn gravest(
    run: &RunReport,
    pages: &[(String, &Report)],
    format: Format,
    notes: &mut Notes,
) -> Result<Vec<SummaryView>, ReportError> {
    let mut views = Vec::new();
    for id in &run.summary {
        let Some((page, report)) = home(id, pages) else {
            continue;
        };
        let all = report.findings.iter().chain(&report.null_findings);
        for finding in all.filter(|it| &it.id == id) {
            let mut view = summary(&Scope { report, format, page }, finding)?;
            view.note = notes.link(&finding.title, &view.href).note;
            views.push(view);
        }
    }
    Ok(views)
}

fn nulls(
    pages: &[(String, &Report)],
    format: Format,
    notes: &mut Notes,
) -> Result<Vec<NullView>, ReportError> {
    let mut views = Vec::new();
    for (page, report) in pages {
        let scope = Scope { report, format, page };
        for finding in &report.null_findings {
            let href = format!("{page}#{}", anchor("finding", &finding.id.0));
            views.push(NullView {
                title: finding.title.clone(),
                headline: scope.sentence(&finding.headline)?,
                link: notes.link(&report.use_case.title, href),
            });
        }
    }
    Ok(views)
}

fn coverage(item: &Coverage, pages: &[(String, &Report)], notes: &mut Notes) -> CoverageView {
    let link = |id: &FindingId, notes: &mut Notes| {
        let page = home(id, pages).map_or("", |it| it.0);
        notes.link(&id.0, format!("{page}#{}", anchor("finding", &id.0)))
    };
    CoverageView {
        anchor: anchor("item", &item.requirement.0),
        text: super::svg::cut(&item.text, LONGEST_ITEM),
        status: words::status(item.status),
        class: format!("status-{}", words::status(item.status).replace(' ', "-")),
        findings: item.findings.iter().map(|it| link(it, notes)).collect(),
        reason: words::sentence(&item.reason),
        source: item.source.clone(),
    }
}

/// The matrix for formats without markup.
fn coverage_table(items: &[Coverage]) -> Table {
    let mut table = Table::new("coverage", "", &["Item", "Status", "Findings", "Why", "Source"]);
    for item in items {
        let findings: Vec<&str> = item.findings.iter().map(|it| it.0.as_str()).collect();
        table.push(vec![
            Cell::text(super::svg::cut(&item.text, LONGEST_ITEM)),
            Cell::text(words::status(item.status)),
            Cell::text(if findings.is_empty() {
                "–".to_owned()
            } else {
                findings.join(", ")
            }),
            Cell::text(match item.reason.as_str() {
                "" => "–".to_owned(),
                reason => words::sentence(reason),
            }),
            Cell::text(&item.source),
        ]);
    }
    table
}

fn reports(pages: &[(String, &Report)]) -> Table {
    let titles = [
        "#Rank",
        "Report",
        "Question",
        "#Findings",
        "Gravest",
        "#Claims verified",
    ];
    let mut table = Table::new("reports-table", "", &titles);
    for (page, report) in pages {
        let gravest = report.findings.iter().map(|it| it.severity).max();
        table.push(vec![
            Cell::count(u64::from(report.use_case.rank)),
            Cell::link(&report.use_case.title, page),
            Cell::text(&report.use_case.question),
            Cell::count(report.findings.len() as u64),
            Cell::text(gravest.map_or("–", words::severity)),
            Cell::count(u64::from(report.verdict.verified)),
        ]);
    }
    table
}

fn stakeholders(requirements: &Requirements) -> Table {
    let mut table = Table::new("stakeholders", "Stakeholders", &["Who", "Role", "Source"]);
    for it in &requirements.stakeholders {
        table.push(vec![
            Cell::text(&it.name),
            Cell::text(&it.role),
            Cell::text(it.source.place()),
        ]);
    }
    table
}

fn objectives(requirements: &Requirements) -> Table {
    let titles = [
        "Objective",
        "The brief's words",
        "Priority",
        "Why this topic",
        "Source",
    ];
    let mut table = Table::new("objectives", "Objectives", &titles);
    for it in &requirements.objectives {
        let why = if it.cues.is_empty() {
            "–".to_owned()
        } else {
            it.cues.join(", ")
        };
        table.push(vec![
            Cell::text(&it.title),
            Cell::text(&it.text),
            Cell::text(words::priority(it.priority)),
            Cell::text(why),
            Cell::text(it.source.place()),
        ]);
    }
    table
}

fn statements(requirements: &Requirements) -> Table {
    let titles = ["Kind", "The brief's words", "Priority", "Source"];
    let mut table = Table::new("statements", "Requirements, criteria and constraints", &titles);
    for it in &requirements.statements {
        table.push(vec![
            Cell::text(words::statement(it.kind)),
            Cell::text(&it.text),
            Cell::text(words::priority(it.priority)),
            Cell::text(it.source.place()),
        ]);
    }
    table
}

fn thresholds(requirements: &Requirements) -> Table {
    let titles = ["Threshold", "Bound", "#Value", "Subject", "Source"];
    let mut table = Table::new("thresholds", "Numbers the brief sets", &titles);
    for it in &requirements.thresholds {
        table.push(vec![
            Cell::text(&it.text),
            Cell::text(words::bound(it.bound)),
            Cell::number(format::rounded(it.value), it.value.to_string()),
            Cell::text(&it.subject),
            Cell::text(it.source.place()),
        ]);
    }
    table
}

fn unplaced(requirements: &Requirements) -> Table {
    let mut table = Table::new(
        "unplaced",
        "Passages that could not be placed",
        &["Passage", "Source"],
    );
    for it in &requirements.unplaced {
        table.push(vec![Cell::text(&it.quote), Cell::text(it.place())]);
    }
    table
}

/// Items by status, in a sentence: `4 answered, 1 partly`.
fn tally(items: &[Coverage]) -> String {
    use CoverageStatus::{Answered, NotAnswerable, Noted, Partly};
    let texts: Vec<String> = [Answered, Partly, NotAnswerable, Noted]
        .into_iter()
        .map(|status| {
            (
                status,
                items.iter().filter(|it| it.status == status).count() as u64,
            )
        })
        .filter(|(_, number)| *number > 0)
        .map(|(status, number)| format!("{} {}", words::count(number), words::status(status)))
        .collect();
    let cut = if items.len() > MOST_ITEMS {
        format!("; the first {MOST_ITEMS} are shown, the JSON has them all")
    } else {
        String::new()
    };
    format!("{}{cut}", texts.join(", "))
}
