//! The rows that show a finding.

use super::wording::{Speech, capitalised, headed};
use crate::algorithms::{Info, Quantity};
use crate::engine::{Detected, Found, ResultTables, Table};
use crate::model::{
    finding::{Evidence, EvidenceColumn, EvidenceRow},
    vertical::{Detector, MEMBERS},
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
    let name = detector.table_name();
    let Some(table) = tables.table(name) else {
        return Evidence::default();
    };
    let columns = columns(detector, table, speech, unit);
    let value = |it: &EvidenceColumn, found: &Found, row| found.shown(detector, table, &it.name, row);
    let rows = shown(detector, limit, detected)
        .into_iter()
        .map(|(found, row)| EvidenceRow {
            row: row as u64,
            values: columns.iter().map(|it| value(it, found, row)).collect(),
        });
    Evidence {
        table: name.to_owned(),
        rows: rows.collect(),
        hits: detected.hits.len() as u64,
        total: detected.total as u64,
        columns,
    }
}

/// Rows that are shown of `limit` instances at most, each with its instance, in the order of the
/// instances.
pub(super) fn shown<'a>(
    detector: &Detector,
    limit: Option<u32>,
    detected: &'a Detected,
) -> Vec<(&'a Found, usize)> {
    let most = detector.show.unwrap_or(10) as usize;
    let instances = limit.map_or(usize::MAX, |it| it as usize);
    let found: Vec<&Found> = detected.found.iter().take(instances).collect();
    let each = match detector.has_group_rows() {
        true => 1,
        false => (most / found.len().max(1)).max(1),
    };
    let rows = found
        .into_iter()
        .flat_map(|it| it.rows.iter().take(each).map(move |row| (it, *row)));
    rows.take(most).collect()
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
        .filter_map(|it| column(it, detector, table, speech, unit))
        .collect()
}

/// Why a detector on the tables of `algorithm` cannot show its column [`MEMBERS`], if it has one: it
/// would be left out without a word, or hide a column of the table.
pub(super) fn members_fault(detector: &Detector, algorithm: &Info) -> Option<String> {
    let mut names = detector.columns.iter().filter_map(|it| it.split(": ").next());
    if !names.any(|it| it == MEMBERS) {
        return None;
    }
    let table = detector.table_name();
    let own = algorithm.rows.filter(|(name, _)| *name == table);
    let is_in_table = own.is_some_and(|(_, columns)| columns.iter().any(|it| it.name == MEMBERS));
    match (is_in_table, detector.group_by.is_empty()) {
        (true, true) | (false, false) => None,
        (false, true) => Some(format!(
            "`columns` names `{MEMBERS}`, which needs groups: the table `{table}` has no such column; say in \
             `group_by` which column tells the groups, or leave `{MEMBERS}` out"
        )),
        (true, false) => Some(format!(
            "`columns` names `{MEMBERS}`, which is both a column of the table `{table}` and the members of a \
             group; leave out `group_by`, or name `{MEMBERS}_labels` instead"
        )),
    }
}

/// A column by `name` or `name: title`; `None` where the table lacks it.
fn column(
    wanted: &str,
    detector: &Detector,
    table: &Table,
    speech: &Speech<'_>,
    unit: &str,
) -> Option<EvidenceColumn> {
    let (name, title) = wanted
        .split_once(": ")
        .map_or((wanted, None), |(name, title)| (name, Some(title)));
    let quantity = if name == MEMBERS && detector.has_group_rows() {
        Quantity::Name
    } else {
        table.columns.iter().find(|(it, _)| it.name == name)?.0.quantity
    };
    let title = match (title, name) {
        (Some(title), _) => speech.plain(title),
        (None, "label") => capitalised(&speech.word("vertex")),
        (None, _) => headed(name),
    };
    Some(EvidenceColumn {
        name: name.to_owned(),
        title,
        quantity,
        unit: column_unit(quantity, unit),
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
