//! Things of the model in words for people: derivations, rules, severities.

use crate::algorithms::{Algorithm, Quantity};
use crate::graph::{Direction, ParallelEdges};
use crate::model::fact::FactValue;
use crate::model::finding::ChartKind;
use crate::model::format;
use crate::model::report::CoverageStatus;
use crate::model::requirements::{Bound, Priority, StatementKind};
use crate::model::schema::{AttributeKind, IssueKind, Role};
use crate::model::template::Projection;
use crate::model::use_case::Feasibility;
use crate::model::vertical::Severity;

/// The summary of a report, or of a run with reports, that found nothing.
pub(super) const NOTHING_FOUND: &str =
    "Nothing was found. What was looked for stands under “Checked, not found”.";

/// The summary of a run without a report.
pub(super) const NO_REPORT: &str =
    "No question came to a report. The coverage of the brief says why for each.";

/// A whole number of things with thousands separators.
pub(super) fn count(number: u64) -> String {
    match i64::try_from(number) {
        Ok(number) => format::cell(&FactValue::Integer(number), Quantity::Count),
        Err(_) => number.to_string(),
    }
}

/// `1 row`, `2 rows`.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A sentence for people: names in backticks get quotation marks, and it ends with a full stop.
pub(super) fn prose(text: &str) -> String {
    let mut parts = text.split('`');
    let mut prose = parts.next().unwrap_or_default().to_owned();
    let mut quoted = false;
    for part in parts {
        prose.push(if quoted { '”' } else { '“' });
        prose.push_str(part);
        quoted = !quoted;
    }
    if prose.ends_with(|it: char| it.is_alphanumeric() || "”)%".contains(it)) {
        prose.push('.');
    }
    prose
}

/// [`prose`] with a capital, for reasons that stand alone.
pub(super) fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    match rest.next() {
        Some(first) => prose(&first.to_uppercase().chain(rest).collect::<String>()),
        None => String::new(),
    }
}

/// The value in full, as it would stand in JSON; for hover texts and machines.
pub(super) fn full(value: &FactValue) -> String {
    match value {
        FactValue::Integer(number) => number.to_string(),
        FactValue::Number(number) => number.to_string(),
        FactValue::Text(text) => text.clone(),
        FactValue::List(names) => names.join("; "),
    }
}

/// What a projection sees, in one sentence without full stop.
pub(super) fn projection(projection: &Projection) -> String {
    let mut text = format!(
        "vertices {}; {}; {}",
        format::join(&projection.vertices),
        match projection.edges.as_slice() {
            [] => "no edges".to_owned(),
            edges => format!("edges {}", format::join(edges)),
        },
        match projection.rules.direction {
            Direction::Directed => "read from → to",
            Direction::Reversed => "read against their direction",
            Direction::Undirected => "read both ways",
        }
    );
    text.push_str(match projection.rules.parallel {
        ParallelEdges::Keep => "; parallel edges each count",
        ParallelEdges::Smallest => "; of parallel edges the smallest weight counts",
        ParallelEdges::Sum => "; parallel edges are added up",
    });
    if projection.rules.self_loops {
        text.push_str("; edges from a vertex to itself are kept");
    }
    for (what, attribute) in [("weight", &projection.weight), ("time", &projection.time)] {
        if let Some(attribute) = attribute {
            text.push_str(&format!("; {what} “{attribute}”"));
        }
    }
    for filter in &projection.filters {
        let bounds = [
            filter.at_least.map(|it| format!("≥ {it}")),
            filter.below.map(|it| format!("< {it}")),
            filter.equals.as_ref().map(|it| format!("is {it}")),
        ];
        let bounds: Vec<String> = bounds.into_iter().flatten().collect();
        text.push_str(&format!(
            "; only edges whose “{}” {}",
            filter.attribute,
            bounds.join(" and ")
        ));
    }
    text
}

/// An algorithm's parameters: `damping = 0.85, …`; `none` without any.
pub(super) fn parameters(algorithm: &Algorithm) -> String {
    let value = serde_json::to_value(algorithm).unwrap_or_default();
    let texts: Vec<String> = value
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| *name != "name")
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    if texts.is_empty() {
        "none".to_owned()
    } else {
        texts.join(", ")
    }
}

/// Bytes with a binary unit: `1.5 MiB`.
pub(super) fn bytes(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut unit = "B";
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    format!("{} {unit}", format::rounded(value))
}

pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Info => "Info",
    }
}

pub(super) fn status(status: CoverageStatus) -> &'static str {
    match status {
        CoverageStatus::Answered => "answered",
        CoverageStatus::Partly => "partly",
        CoverageStatus::NotAnswerable => "not answerable",
        CoverageStatus::Noted => "noted",
    }
}

pub(super) fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::Low => "low",
        Priority::Medium => "medium",
        Priority::High => "high",
        Priority::Critical => "critical",
    }
}

pub(super) fn statement(kind: StatementKind) -> &'static str {
    match kind {
        StatementKind::Requirement => "requirement",
        StatementKind::SuccessCriterion => "success criterion",
        StatementKind::Constraint => "constraint",
        StatementKind::Kpi => "KPI",
        StatementKind::Risk => "risk",
        StatementKind::Assumption => "assumption",
    }
}

pub(super) fn bound(bound: Bound) -> &'static str {
    match bound {
        Bound::AtMost => "at most",
        Bound::AtLeast => "at least",
        Bound::Value => "value",
    }
}

pub(super) fn attribute(kind: AttributeKind) -> &'static str {
    match kind {
        AttributeKind::Text => "text",
        AttributeKind::Integer => "whole number",
        AttributeKind::Number => "number",
        AttributeKind::Boolean => "truth value",
        AttributeKind::Time => "time",
        AttributeKind::Empty => "empty",
    }
}

pub(super) fn issue(kind: IssueKind) -> &'static str {
    match kind {
        IssueKind::DanglingEdge => "edge to a vertex that does not exist",
        IssueKind::DuplicateKey => "key that occurred before",
        IssueKind::RaggedRow => "row with too few or too many fields",
        IssueKind::MissingKey => "missing key or endpoint",
        IssueKind::BadWeight => "weight that is no number",
        IssueKind::NegativeWeight => "weight below zero",
        IssueKind::NotUtf8 => "bytes that are not UTF-8",
        IssueKind::MixedTypes => "values of several types in one attribute",
        IssueKind::BadJson => "line that is not valid JSON",
    }
}

pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::Core => "core",
        Role::Satellite => "satellite",
        Role::Bridge => "bridge",
    }
}

/// Whether the data can answer, and the reason.
pub(super) fn feasibility(feasibility: &Feasibility) -> (&'static str, String) {
    match feasibility {
        Feasibility::Fully { reason } => ("fully", sentence(reason)),
        Feasibility::Partly { answered, reason } => (
            "partly",
            format!("Answered: {} Not answered: {}", prose(answered), prose(reason)),
        ),
        Feasibility::Not { reason } => ("not answerable", sentence(reason)),
    }
}

pub(super) fn chart_columns(kind: ChartKind) -> &'static str {
    match kind {
        ChartKind::Ranking => "What",
        ChartKind::Sizes => "Group",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_has_quotation_marks_and_a_full_stop() {
        assert_eq!(prose("`a` is guessed"), "“a” is guessed.");
        assert_eq!(prose("Is it?"), "Is it?");
        assert_eq!(prose(""), "");
    }

    #[test]
    fn bytes_have_a_unit() {
        assert_eq!(bytes(512), "512 B");
        assert_eq!(bytes(1_572_864), "1.5 MiB");
    }
}
