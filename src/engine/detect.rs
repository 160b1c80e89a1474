//! Instances: what a detector finds in complete result tables, and facts about them.
//!
//! Rules, for whoever computes them again. *Hits* are the rows that pass the detector's conditions,
//! ranked by its column. An *instance* is, in this order of precedence: a row with its list of
//! members (`members`); the hits that share a text in `group_by`, where their number lies in
//! `group_size` and their weight is at least `group_share` of the weight of all grouped hits; or
//! one hit. Its value is the row's value in `order_by` (0 where there is none), for groups their
//! weight: the sum of `group_sum`, else their number.
//!
//! With `merge_overlapping`, instances are taken in order; one joins the first earlier instance
//! with which it shares at least half of the members of both together, as that one was when it
//! was taken. Instances are ordered by value, then number of members (most first), then members.
//! Where there are fewer than `least`, there are none.

use std::collections::{BTreeMap, BTreeSet};

use super::conditions::{column, ranked};
use super::error::EngineError;
use super::tables::{ResultTables, Table, TableColumn};
use crate::model::{
    fact::{DetectedWant, FactValue},
    finding::Instance,
    vertical::{Detector, MEMBERS},
};

/// Members written out in the label of a list; the rest is "…".
const NAMED_MEMBERS: usize = 6;

/// Members of a group written out in evidence beside the first: a district is to be read whole.
const MOST_WRITTEN: usize = 30;

/// What a detector found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detected {
    /// Rows that pass the conditions, in rank order.
    pub hits: Vec<usize>,
    /// Rows of the table.
    pub total: usize,
    /// What was found, in order, each with its rows.
    pub found: Vec<Found>,
}

/// An instance with the rows that make it.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Rows of the detector's table, in rank order.
    pub rows: Vec<usize>,
    /// The instance.
    pub instance: Instance,
    /// Its members in the order of its rows, each with what people call it.
    pub labels: Vec<(String, String)>,
}

impl Found {
    /// What evidence shows of it: the value of `table` in a column and one of its rows, or its
    /// members after the first.
    pub fn shown(&self, detector: &Detector, table: &Table, column: &str, row: usize) -> Option<FactValue> {
        if column != MEMBERS || !detector.has_group_rows() {
            return table.value(column, row);
        }
        let others = self.labels.iter().skip(1).map(|(_, label)| label.clone());
        let mut written: Vec<String> = others.take(MOST_WRITTEN).collect();
        if self.labels.len() > MOST_WRITTEN + 1 {
            written.push("…".to_owned());
        }
        Some(FactValue::List(written))
    }
}

/// Runs `detector` over `tables`.
///
/// # Errors
///
/// [`EngineError::Fact`] when there is no such table or column.
pub fn detect(detector: &Detector, tables: &ResultTables) -> Result<Detected, EngineError> {
    run(detector, tables).map_err(|reason| EngineError::Fact {
        name: format!("instances in {}", detector.table_name()),
        reason,
    })
}

fn run(detector: &Detector, tables: &ResultTables) -> Result<Detected, String> {
    let name = detector.table_name();
    let table = tables
        .table(name)
        .ok_or_else(|| format!("there is no table `{name}`"))?;
    let hits = ranked(table, &detector.order_by, !detector.ascending, &detector.hits)?;
    let mut found = if !detector.members.is_empty() {
        lists(detector, table, &hits)?
    } else if !detector.group_by.is_empty() {
        groups(detector, table, &hits)?
    } else {
        hits.iter().map(|row| single(detector, table, *row)).collect()
    };
    if detector.merge_overlapping {
        found = merged(found);
    }
    found.sort_by(|a, b| {
        let by_value = a.instance.value.total_cmp(&b.instance.value);
        let by_value = if detector.ascending {
            by_value
        } else {
            by_value.reverse()
        };
        by_value
            .then(b.instance.members.len().cmp(&a.instance.members.len()))
            .then_with(|| a.instance.members.cmp(&b.instance.members))
    });
    if found.len() < detector.least as usize {
        found.clear();
    }
    found.truncate(detector.most.map_or(usize::MAX, |it| it as usize));
    Ok(Detected {
        hits,
        total: table.rows,
        found,
    })
}

/// Something about the instances of `detector`, as a fact; errors as [`detect`], and when there is
/// no such instance.
pub(super) fn detected_fact(
    detector: &Detector,
    want: DetectedWant,
    tables: &ResultTables,
) -> Result<FactValue, String> {
    about(&run(detector, tables)?, want)
}

/// Something about what was found.
fn about(detected: &Detected, want: DetectedWant) -> Result<FactValue, String> {
    let found = &detected.found;
    let nth = |n: u32| {
        let at = (n as usize)
            .checked_sub(1)
            .ok_or("instances are counted from 1")?;
        found
            .get(at)
            .ok_or_else(|| format!("instance {n} was asked for, there are {}", found.len()))
    };
    let size = |it: &Found| it.instance.members.len();
    let none = || "nothing was found".to_owned();
    Ok(match want {
        DetectedWant::Count => whole(found.len()),
        DetectedWant::Members => {
            let members: BTreeSet<&String> = found.iter().flat_map(|it| &it.instance.members).collect();
            whole(members.len())
        }
        DetectedWant::Largest => whole(found.iter().map(size).max().ok_or_else(none)?),
        DetectedWant::Smallest => whole(found.iter().map(size).min().ok_or_else(none)?),
        DetectedWant::Sum => FactValue::Number(found.iter().map(|it| it.instance.value).sum()),
        DetectedWant::Label(n) => FactValue::Text(nth(n)?.instance.label.clone()),
        DetectedWant::Value(n) => FactValue::Number(nth(n)?.instance.value),
        DetectedWant::Size(n) => whole(size(nth(n)?)),
        DetectedWant::Labels(_) if found.is_empty() => return Err(none()),
        DetectedWant::Labels(n) => {
            let first = found.iter().take(n as usize);
            FactValue::List(first.map(|it| it.instance.label.clone()).collect())
        }
        DetectedWant::Names(n, count) => {
            let names = nth(n)?.labels.iter().take(count as usize);
            FactValue::List(names.map(|(_, label)| label.clone()).collect())
        }
        DetectedWant::Busiest => FactValue::Text(busiest(found).ok_or_else(none)?.0),
        DetectedWant::BusiestCount => whole(busiest(found).ok_or_else(none)?.1),
    })
}

/// Label of the vertex that is in most instances, and in how many; ties by id.
fn busiest(found: &[Found]) -> Option<(String, usize)> {
    let mut counts: BTreeMap<&String, (usize, &String)> = BTreeMap::new();
    for it in found {
        for (member, label) in &it.labels {
            counts.entry(member).or_insert((0, label)).0 += 1;
        }
    }
    // The first of the greatest, in id order.
    let most = counts.values().map(|it| it.0).max()?;
    counts
        .into_values()
        .find(|it| it.0 == most)
        .map(|(count, label)| (label.clone(), count))
}

fn whole(count: usize) -> FactValue {
    FactValue::Integer(count as i64)
}

/// One row as an instance: a vertex, or the vertices that a row of another table names.
fn single(detector: &Detector, table: &Table, row: usize) -> Found {
    let mut labels = Vec::new();
    if let Some(vertex) = member(table, row) {
        labels.push(vertex);
    } else {
        for (column, values) in &table.columns {
            let twin = format!("{}_label", column.name);
            if let (TableColumn::Texts(_), Some(label)) = (values, text(table, &twin, row)) {
                labels.extend(values.text(row).map(|id| (id.into_owned(), label)));
            }
        }
    }
    Found {
        rows: vec![row],
        instance: Instance {
            members: sorted(&labels),
            label: joined(&labels, " – "),
            value: value(table, &detector.order_by, row),
        },
        labels,
    }
}

fn lists(detector: &Detector, table: &Table, hits: &[usize]) -> Result<Vec<Found>, String> {
    let column = column(table, &detector.members)?;
    let twin = table.column(&format!("{}_labels", detector.members));
    let found = hits.iter().map(|row| {
        let ids = column.list(*row).unwrap_or_default();
        let names = twin.and_then(|it| it.list(*row)).unwrap_or_else(|| ids.clone());
        let labels: Vec<(String, String)> = ids.into_iter().zip(names).collect();
        Found {
            rows: vec![*row],
            instance: Instance {
                members: sorted(&labels),
                label: joined(&labels, " → "),
                value: value(table, &detector.order_by, *row),
            },
            labels,
        }
    });
    Ok(found.collect())
}

fn groups(detector: &Detector, table: &Table, hits: &[usize]) -> Result<Vec<Found>, String> {
    let by = column(table, &detector.group_by)?;
    if !detector.group_sum.is_empty() {
        column(table, &detector.group_sum)?;
    }
    let mut rows_by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for row in hits {
        if let Some(name) = by.text(*row) {
            rows_by_name.entry(name.into_owned()).or_default().push(*row);
        }
    }
    let weight = |rows: &[usize]| match detector.group_sum.as_str() {
        "" => rows.len() as f64,
        sum => rows.iter().map(|row| value(table, sum, *row)).sum(),
    };
    let total: f64 = rows_by_name.values().map(|rows| weight(rows)).sum();
    let (least, most) = detector.group_size.unwrap_or((1, u64::MAX));
    let counts = |rows: &[usize]| {
        (least..=most).contains(&(rows.len() as u64)) && weight(rows) >= detector.group_share * total
    };
    let twin = format!("{}_label", detector.group_by);
    let found = rows_by_name.into_iter().filter(|(_, rows)| counts(rows));
    let found = found.map(|(name, rows)| {
        let labels: Vec<(String, String)> = rows.iter().filter_map(|row| member(table, *row)).collect();
        // Ranked rows name the group by its first member; else the group's own name is all there is.
        let first = labels.first().filter(|_| !detector.order_by.is_empty());
        let label = first.map(|(_, label)| label.clone());
        let twin = rows.first().and_then(|row| text(table, &twin, *row));
        Found {
            instance: Instance {
                members: sorted(&labels),
                label: label.or(twin).unwrap_or(name),
                value: weight(&rows),
            },
            rows,
            labels,
        }
    });
    Ok(found.collect())
}

/// Instances that overlap by half or more become one; the first of them lends its label and value.
fn merged(found: Vec<Found>) -> Vec<Found> {
    let mut kept: Vec<(BTreeSet<String>, Found)> = Vec::new();
    // Instances by member, so that only those that share one are compared.
    let mut holders: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for next in found {
        let members: BTreeSet<String> = next.instance.members.iter().cloned().collect();
        let near: BTreeSet<usize> = members
            .iter()
            .filter_map(|it| holders.get(it))
            .flatten()
            .copied()
            .collect();
        let same = near.into_iter().find(|at| {
            let shared = kept[*at].0.intersection(&members).count();
            2 * shared >= kept[*at].0.len() + members.len() - shared
        });
        match same {
            Some(at) => {
                let one = &mut kept[at].1;
                one.rows.extend(next.rows);
                let new = next
                    .labels
                    .into_iter()
                    .filter(|(id, _)| !one.instance.members.contains(id));
                let new: Vec<(String, String)> = new.collect();
                one.labels.extend(new);
                one.instance.members = sorted(&one.labels);
            }
            None => {
                for member in &members {
                    holders.entry(member.clone()).or_default().push(kept.len());
                }
                kept.push((members, next));
            }
        }
    }
    kept.into_iter().map(|(_, it)| it).collect()
}

fn sorted(labels: &[(String, String)]) -> Vec<String> {
    let members: BTreeSet<&String> = labels.iter().map(|(id, _)| id).collect();
    members.into_iter().cloned().collect()
}

/// The first labels, joined; the rest is "…".
fn joined(labels: &[(String, String)], between: &str) -> String {
    let mut names: Vec<&str> = labels.iter().map(|(_, label)| label.as_str()).collect();
    if names.len() > NAMED_MEMBERS {
        names.truncate(NAMED_MEMBERS);
        names.push("…");
    }
    names.join(between)
}

/// The vertex of a row with its label.
fn member(table: &Table, row: usize) -> Option<(String, String)> {
    let id = format!("{}/{}", text(table, "collection", row)?, text(table, "key", row)?);
    let label = text(table, "label", row).unwrap_or_else(|| id.clone());
    Some((id, label))
}

fn text(table: &Table, column: &str, row: usize) -> Option<String> {
    table.text(column, row).map(std::borrow::Cow::into_owned)
}

/// The number at (column, row); 0 where there is none, since an instance's value is finite.
fn value(table: &Table, column: &str, row: usize) -> f64 {
    table
        .column(column)
        .and_then(|it| it.number(row))
        .filter(|it| it.is_finite())
        .unwrap_or(0.0)
}
