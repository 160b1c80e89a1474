//! The chart of a finding as data, from what was found in the complete table.

use super::evidence::column_unit;
use super::wording::{Speech, headed};
use crate::algorithms::Quantity;
use crate::engine::{Detected, ResultTables};
use crate::model::{
    finding::{Bar, Chart, ChartKind},
    vertical::Detector,
};

/// Bars drawn at most; more cannot be read.
const MOST_BARS: usize = 15;

/// One bar an instance, in order; `None` where a chart would show nothing: fewer than two instances,
/// or no column that orders them.
pub(super) fn chart(
    detector: &Detector,
    detected: &Detected,
    tables: &ResultTables,
    speech: &Speech<'_>,
    unit: &str,
) -> Option<Chart> {
    let grouped = !detector.group_by.is_empty() && detector.members.is_empty();
    let column = if grouped {
        &detector.group_sum
    } else {
        &detector.order_by
    };
    if detected.found.len() < 2 || (column.is_empty() && !grouped) {
        return None;
    }
    let measured = tables.table(detector.table_name()).and_then(|table| {
        table
            .columns
            .iter()
            .find(|(it, _)| it.name == *column)
            .map(|(it, _)| it.quantity)
    });
    let quantity = measured.unwrap_or(Quantity::Count);
    let bars: Vec<Bar> = detected
        .found
        .iter()
        .take(MOST_BARS)
        .map(|it| Bar {
            label: it.instance.label.clone(),
            value: it.instance.value,
        })
        .collect();
    let (kind, title) = match (grouped, column.is_empty()) {
        (true, true) => (
            ChartKind::Sizes,
            format!("{} by number of members", headed(&detector.group_by)),
        ),
        (true, false) => (
            ChartKind::Sizes,
            format!(
                "{} by {}",
                headed(&detector.group_by),
                headed(column).to_lowercase()
            ),
        ),
        (false, _) => (ChartKind::Ranking, column_title(detector, column, speech)),
    };
    let which = if detector.ascending { "lowest" } else { "highest" };
    Some(Chart {
        kind,
        title,
        description: format!(
            "The {which} {} of {} that were found, in order; values from the complete table.",
            bars.len(),
            detected.found.len()
        ),
        quantity,
        unit: column_unit(quantity, unit),
        bars,
    })
}

/// The title that the evidence table gives the column, or its name.
fn column_title(detector: &Detector, column: &str, speech: &Speech<'_>) -> String {
    let titled = detector.columns.iter().filter_map(|it| it.split_once(": "));
    titled
        .filter(|(name, _)| *name == column)
        .map(|(_, title)| speech.plain(title))
        .next()
        .unwrap_or_else(|| headed(column))
}
