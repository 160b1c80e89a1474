//! How facts are computed and what detectors look for, in words for people.

use super::words::count;
use crate::model::fact::{
    Aggregate, CensusCount, Condition, Derivation, DetectedWant, Fact, GroupWant, Test,
};
use crate::model::format;
use crate::model::vertical::Detector;

/// How a fact is computed, in one sentence without full stop.
pub fn derivation(fact: &Fact, facts: &[Fact]) -> String {
    match &fact.derivation {
        Derivation::Rows { table, filter } => format!("number of rows of “{table}”{}", conditions(filter)),
        Derivation::Aggregate {
            table,
            column,
            measure,
            filter,
        } => {
            format!(
                "{} of “{column}” over the rows of “{table}”{}",
                aggregate(*measure),
                conditions(filter)
            )
        }
        Derivation::Nth {
            table,
            order_by,
            descending,
            nth,
            column,
            filter,
        } => {
            let rows = format!("row {nth}");
            ranked(column, &rows, table, order_by, *descending, filter)
        }
        Derivation::Top {
            table,
            order_by,
            descending,
            count,
            column,
            filter,
        } => {
            let rows = format!("the first {count} rows");
            ranked(column, &rows, table, order_by, *descending, filter)
        }
        Derivation::Groups {
            table,
            by,
            min_rows,
            filter,
        } => {
            let least = match min_rows {
                0 | 1 => String::new(),
                least => format!(" that at least {least} rows have"),
            };
            format!(
                "number of values of “{by}” in “{table}”{least}{}",
                conditions(filter)
            )
        }
        Derivation::NthGroup {
            table,
            by,
            nth,
            want,
            sum,
            filter,
        } => format!(
            "{} of group {nth} by “{by}” in “{table}”, largest first by {}{}",
            wanted(*want),
            sum.as_ref()
                .map_or_else(|| "rows".to_owned(), |it| format!("the sum of “{it}”")),
            conditions(filter)
        ),
        Derivation::Ratio {
            numerator,
            denominator,
        } => {
            format!(
                "{} divided by {}",
                cited(numerator, facts),
                cited(denominator, facts)
            )
        }
        Derivation::Detected { detector, want } => {
            format!(
                "{} of what was detected: {}",
                detected(*want),
                self::detector(detector)
            )
        }
        Derivation::Summary { name } => format!("“{name}” of the whole result"),
        Derivation::Census { collection, count } => census(collection, *count),
        Derivation::Given { by } => format!("given by {by}"),
    }
}

/// A column of ranked rows.
fn ranked(
    column: &str,
    rows: &str,
    table: &str,
    order_by: &str,
    descending: bool,
    filter: &[Condition],
) -> String {
    format!(
        "“{column}” of {rows} of “{table}” by “{order_by}”, {}{}",
        order(descending),
        conditions(filter)
    )
}

fn wanted(want: GroupWant) -> &'static str {
    match want {
        GroupWant::Name => "name",
        GroupWant::Label => "label",
        GroupWant::Size => "size",
        GroupWant::Members => "members",
    }
}

fn census(collection: &str, count: CensusCount) -> String {
    let what = match count {
        CensusCount::Vertices => "vertices",
        CensusCount::Edges => "edges",
    };
    match collection {
        "*" => format!("number of {what} of the graph"),
        one => format!("number of {what} in “{one}”"),
    }
}

fn detected(want: DetectedWant) -> String {
    match want {
        DetectedWant::Count => "number".to_owned(),
        DetectedWant::Members => "number of distinct vertices".to_owned(),
        DetectedWant::Largest => "members of the largest".to_owned(),
        DetectedWant::Smallest => "members of the smallest".to_owned(),
        DetectedWant::Sum => "sum of the values".to_owned(),
        DetectedWant::Label(nth) => format!("label of number {nth}"),
        DetectedWant::Value(nth) => format!("value of number {nth}"),
        DetectedWant::Size(nth) => format!("members of number {nth}"),
        DetectedWant::Labels(first) => format!("labels of the first {first}"),
        DetectedWant::Names(nth, first) => format!("first {first} members of number {nth}"),
        DetectedWant::Busiest => "vertex that is in most".to_owned(),
        DetectedWant::BusiestCount => "how many hold the vertex that is in most".to_owned(),
    }
}

/// What a detector looks for, in one phrase: rows, conditions, grouping, order.
pub(super) fn detector(detector: &Detector) -> String {
    let mut text = format!(
        "rows of “{}”{}",
        detector.table_name(),
        conditions(&detector.hits)
    );
    if !detector.group_by.is_empty() {
        text.push_str(&format!(", grouped by “{}”", detector.group_by));
    }
    if let Some((least, most)) = detector.group_size {
        text.push_str(&match most {
            // TOML has no infinity for whole numbers; a thousand million stands for it.
            1_000_000_000.. => format!(", with at least {} members", count(least)),
            most => format!(", with {} to {} members", count(least), count(most)),
        });
    }
    if detector.group_share > 0.0 {
        let of = match detector.group_sum.as_str() {
            "" => "the grouped rows".to_owned(),
            column => format!("the sum of “{column}”"),
        };
        text.push_str(&format!(
            ", that hold at least {} % of {of}",
            format::rounded(detector.group_share * 100.0)
        ));
    }
    if !detector.members.is_empty() {
        text.push_str(&format!(", members in “{}”", detector.members));
    }
    if detector.least > 1 {
        text.push_str(&format!(", at least {} of them", count(detector.least.into())));
    }
    if detector.merge_overlapping {
        text.push_str(", those that share half of their members merged");
    }
    if !detector.order_by.is_empty() {
        text.push_str(&format!(
            ", by “{}”, {}",
            detector.order_by,
            order(!detector.ascending)
        ));
    }
    text
}

fn cited(id: &str, facts: &[Fact]) -> String {
    facts.iter().find(|it| it.id.0 == id).map_or_else(
        || id.to_owned(),
        |fact| {
            format!(
                "{id} ({})",
                format::render(&fact.value, fact.quantity, &fact.unit)
            )
        },
    )
}

fn order(descending: bool) -> &'static str {
    if descending {
        "greatest first"
    } else {
        "least first"
    }
}

fn aggregate(measure: Aggregate) -> String {
    match measure {
        Aggregate::Sum => "sum".to_owned(),
        Aggregate::Mean => "mean".to_owned(),
        Aggregate::Min => "least".to_owned(),
        Aggregate::Max => "greatest".to_owned(),
        Aggregate::Quantile(q) => format!("{q} quantile (nearest rank)"),
        Aggregate::Distinct => "number of distinct values".to_owned(),
        Aggregate::Gini => "Gini coefficient".to_owned(),
        Aggregate::Hhi => "Herfindahl-Hirschman index".to_owned(),
        Aggregate::TopShare(n) => format!("share of the greatest {n} in the sum"),
    }
}

fn conditions(filter: &[Condition]) -> String {
    let texts: Vec<String> = filter.iter().map(condition).collect();
    match texts.as_slice() {
        [] => String::new(),
        some => format!(", where {}", some.join(" and ")),
    }
}

fn condition(condition: &Condition) -> String {
    let column = &condition.column;
    match &condition.test {
        Test::AtLeast(value) => format!("“{column}” ≥ {value}"),
        Test::AtMost(value) => format!("“{column}” ≤ {value}"),
        Test::Above(value) => format!("“{column}” > {value}"),
        Test::Below(value) => format!("“{column}” < {value}"),
        Test::Equals(text) => format!("“{column}” is {text}"),
        Test::Differs(text) => format!("“{column}” is not {text}"),
        Test::Present(true) => format!("“{column}” is known"),
        Test::Present(false) => format!("“{column}” is missing"),
        Test::AtLeastQuantile(q) => format!("“{column}” ≥ its {q} quantile"),
        Test::AtLeastMedians(factor) => format!("“{column}” ≥ {factor} × its median"),
        Test::AtLeastTimes(other, factor) => format!("“{column}” ≥ {factor} × “{other}”"),
        Test::AtMostTimes(other, factor) => format!("“{column}” ≤ {factor} × “{other}”"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithms::Quantity;
    use crate::model::fact::FactValue;

    fn fact(id: &str, derivation: Derivation) -> Fact {
        Fact {
            id: id.into(),
            name: "n".to_owned(),
            value: FactValue::Integer(16),
            quantity: Quantity::Count,
            unit: String::new(),
            execution: None,
            derivation,
        }
    }

    #[test]
    fn a_filter_is_said_in_words() {
        let filter = vec![
            Condition {
                column: "stranded".to_owned(),
                test: Test::AtLeast(1.0),
            },
            Condition {
                column: "zone".to_owned(),
                test: Test::Equals("2".to_owned()),
            },
        ];
        let fact = fact(
            "F1",
            Derivation::Rows {
                table: "vertices".to_owned(),
                filter,
            },
        );
        assert_eq!(
            derivation(&fact, &[]),
            "number of rows of “vertices”, where “stranded” ≥ 1 and “zone” is 2"
        );
    }

    #[test]
    fn a_ratio_shows_what_is_divided() {
        let ratio = Derivation::Ratio {
            numerator: "F1".to_owned(),
            denominator: "F2".to_owned(),
        };
        let facts = [fact(
            "F1",
            Derivation::Given {
                by: "the brief".to_owned(),
            },
        )];
        assert_eq!(derivation(&fact("F3", ratio), &facts), "F1 (16) divided by F2");
    }

    #[test]
    fn a_detector_says_what_it_looked_for() {
        let rings = Detector {
            table: "cycles".to_owned(),
            hits: vec![Condition {
                column: "amount".to_owned(),
                test: Test::AtLeast(900.0),
            }],
            order_by: "amount".to_owned(),
            group_size: Some((3, u64::MAX)),
            ..Detector::default()
        };
        assert_eq!(
            detector(&rings),
            "rows of “cycles”, where “amount” ≥ 900, with at least 3 members, by “amount”, greatest first"
        );
    }
}
