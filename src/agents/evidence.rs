//! The rows that show a finding, and what is said about their quality.

use super::findings::FindingInput;
use super::wording::{Speech, capitalised, headed};
use crate::algorithms::{Exactness, Quantity};
use crate::engine::{Detected, Found, ResultTables, Table, table_name};
use crate::model::{
    finding::{Evidence, EvidenceColumn, EvidenceRow},
    format::rounded,
    schema::Issue,
    vertical::Detector,
};

/// The first rows of what was found, of `limit` instances at most; instances of several rows share
/// the space evenly.
pub(super) fn evidence(
    detector: &Detector,
    limit: Option<u32>,
    detected: &Detected,
    tables: &ResultTables,
    speech: &Speech<'_>,
    unit: &str,
) -> Evidence {
    let name = table_name(detector);
    let Some(table) = tables.table(name) else {
        return Evidence::default();
    };
    let columns = columns(detector, table, speech, unit);
    let rows = shown(detector, limit, detected).into_iter().map(|row| EvidenceRow {
        row: row as u64,
        values: columns.iter().map(|it| table.value(&it.name, row)).collect(),
    });
    Evidence {
        table: name.to_owned(),
        rows: rows.collect(),
        hits: detected.hits.len() as u64,
        total: detected.total as u64,
        columns,
    }
}

/// Rows that are shown, in the order of the instances.
fn shown(detector: &Detector, limit: Option<u32>, detected: &Detected) -> Vec<usize> {
    let most = detector.show.unwrap_or(10) as usize;
    let instances = limit.map_or(usize::MAX, |it| it as usize);
    let found: Vec<&Found> = detected.found.iter().take(instances).collect();
    let each = (most / found.len().max(1)).max(1);
    let rows = found.iter().flat_map(|it| it.rows.iter().take(each));
    rows.take(most).copied().collect()
}

fn columns(detector: &Detector, table: &Table, speech: &Speech<'_>, unit: &str) -> Vec<EvidenceColumn> {
    let labelled = if detector.members.is_empty() {
        "label".to_owned()
    } else {
        format!("{}_labels", detector.members)
    };
    let usual = [
        labelled.as_str(),
        detector.group_by.as_str(),
        detector.order_by.as_str(),
    ];
    let wanted: Vec<&str> = if detector.columns.is_empty() {
        usual.into_iter().filter(|it| !it.is_empty()).collect()
    } else {
        detector.columns.iter().map(String::as_str).collect()
    };
    wanted
        .into_iter()
        .filter_map(|it| column(it, table, speech, unit))
        .collect()
}

/// A column by `name` or `name: title`; `None` where the table lacks it.
fn column(wanted: &str, table: &Table, speech: &Speech<'_>, unit: &str) -> Option<EvidenceColumn> {
    let (name, title) = wanted
        .split_once(": ")
        .map_or((wanted, None), |(name, title)| (name, Some(title)));
    let (found, _) = table.columns.iter().find(|(it, _)| it.name == name)?;
    let title = match (title, name) {
        (Some(title), _) => speech.plain(title),
        (None, "label") => capitalised(&speech.word("vertex")),
        (None, _) => headed(name),
    };
    Some(EvidenceColumn {
        name: name.to_owned(),
        title,
        quantity: found.quantity,
        unit: column_unit(found.quantity, unit),
    })
}

/// The unit that a column's values are in.
pub(super) fn column_unit(quantity: Quantity, unit: &str) -> String {
    match quantity {
        Quantity::Weight => unit.to_owned(),
        Quantity::Hops => "hops".to_owned(),
        Quantity::Count
        | Quantity::Score
        | Quantity::Share
        | Quantity::Duration
        | Quantity::Instant
        | Quantity::Flag
        | Quantity::Name => String::new(),
    }
}

/// How far the figures can be trusted: exactness of the method, completeness of the data.
pub(super) fn tags(input: &FindingInput<'_>) -> Vec<String> {
    let exactness = match &input.execution.exactness {
        Exactness::Exact => "exact".to_owned(),
        Exactness::Sampled { errors, confidence } => {
            let bounds: Vec<String> = errors
                .iter()
                .map(|(column, error)| format!("{column} ± {}", rounded(*error)))
                .collect();
            format!(
                "sampled {} at {} % confidence",
                bounds.join(", "),
                rounded(confidence * 100.0)
            )
        }
        Exactness::Unsettled { rounds, change } => format!(
            "not settled after {} rounds, the last of which still changed {}",
            rounded(*rounds as f64),
            rounded(*change)
        ),
        Exactness::Truncated { listed } => format!("truncated at {} rows", rounded(*listed as f64)),
    };
    let mut lacks: Vec<String> = input
        .census
        .issues
        .iter()
        .filter(|it| concerns(it, input))
        .map(|it| format!("{} in {}: {}", rounded(it.count as f64), it.place, it.treatment))
        .collect();
    lacks.extend(input.execution.exclusions.iter().cloned());
    let data = if lacks.is_empty() {
        "data complete".to_owned()
    } else {
        format!("data partial: {}", lacks.join("; "))
    };
    vec![exactness, data]
}

/// Whether a fault lies in what the template sees; one in a place that is no collection may.
fn concerns(issue: &Issue, input: &FindingInput<'_>) -> bool {
    let projection = &input.template.projection;
    let names = |it: &String| issue.place == *it || issue.place.starts_with(&format!("{it}."));
    let seen = projection.vertices.iter().chain(&projection.edges).any(names);
    let census = input.census;
    let vertices = census.vertices.iter().map(|it| &it.name);
    let known = vertices.chain(census.edges.iter().map(|it| &it.name)).any(names);
    seen || !known
}
