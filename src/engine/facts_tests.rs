//! Facts against their definitions, computed again by other means.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::doubles::{full_outcome, small_graph};
use super::{FactContext, ResultTables, evaluate, matching_rows, ordered_rows};
use crate::algorithms::{Outcome, OutputColumn, Quantity, RowTable, Values};
use crate::model::{
    fact::{Condition, Derivation, FactValue, Test},
    schema::{Census, EdgeCollection, VertexCollection},
};

/// A derivation or condition as verticals write it.
fn read<T: serde::de::DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).unwrap()
}

fn on(tables: &ResultTables, derivation: &str) -> Result<FactValue, String> {
    let census = Census {
        vertices: vec![VertexCollection {
            name: "people".to_owned(),
            count: 2,
            ..VertexCollection::default()
        }],
        edges: vec![EdgeCollection {
            name: "buys".to_owned(),
            count: 7,
            ..EdgeCollection::default()
        }],
        ..Census::default()
    };
    let known = BTreeMap::from([
        ("three".to_owned(), FactValue::Integer(3)),
        ("eight".to_owned(), FactValue::Number(8.0)),
        ("nothing".to_owned(), FactValue::Integer(0)),
        ("word".to_owned(), FactValue::Text("x".to_owned())),
    ]);
    let context = FactContext {
        tables: Some(tables),
        census: &census,
        known: &known,
    };
    evaluate(&read::<Derivation>(derivation), &context).map_err(|error| error.to_string())
}

fn small() -> ResultTables {
    ResultTables::from_outcome(&full_outcome(), &small_graph()).unwrap()
}

/// A table `rows` with these columns.
fn table_of(columns: Vec<(&'static str, Values)>) -> ResultTables {
    let columns = columns
        .into_iter()
        .map(|(name, values)| OutputColumn {
            name,
            quantity: Quantity::Score,
            values,
        })
        .collect();
    let outcome = Outcome {
        rows: Some(RowTable {
            name: "rows",
            columns,
        }),
        ..Outcome::default()
    };
    ResultTables::from_outcome(&outcome, &small_graph()).unwrap()
}

fn text(it: &str) -> FactValue {
    FactValue::Text(it.to_owned())
}

fn list(it: &[&str]) -> FactValue {
    FactValue::List(it.iter().map(|it| (*it).to_owned()).collect())
}

#[test]
fn every_kind_of_derivation_has_its_value() {
    let cases = [
        (r#"{"rows": {"table": "vertices"}}"#, FactValue::Integer(5)),
        (
            r#"{"rows": {"table": "vertices", "filter": [{"column": "cut", "equals": "true"}]}}"#,
            FactValue::Integer(3),
        ),
        (
            r#"{"aggregate": {"table": "vertices", "column": "distance", "measure": "sum"}}"#,
            FactValue::Number(4.5),
        ),
        (
            r#"{"aggregate": {"table": "vertices", "column": "@city", "measure": "distinct"}}"#,
            FactValue::Integer(2),
        ),
        (
            r#"{"aggregate": {"table": "vertices", "column": "links", "measure": {"quantile": 0.4}}}"#,
            FactValue::Integer(1),
        ),
        (
            r#"{"aggregate": {"table": "vertices", "column": "links", "measure": {"top_share": 2}}}"#,
            FactValue::Number(0.5),
        ),
        (
            r#"{"nth": {"table": "vertices", "order_by": "distance", "nth": 1, "column": "label"}}"#,
            text("Corner"),
        ),
        (
            r#"{"nth": {"table": "cycles", "order_by": "total", "nth": 1, "column": "members_labels"}}"#,
            list(&["Corner", "s1", "Süd"]),
        ),
        (
            r#"{"top": {"table": "vertices", "order_by": "links", "count": 2, "column": "key"}}"#,
            list(&["p1", "s0"]),
        ),
        (
            r#"{"groups": {"table": "vertices", "by": "group", "min_rows": 2}}"#,
            FactValue::Integer(2),
        ),
        (
            r#"{"nth_group": {"table": "vertices", "by": "group", "nth": 2, "want": "name"}}"#,
            text("shops/s0"),
        ),
        (
            r#"{"nth_group": {"table": "vertices", "by": "group", "nth": 2, "want": "label"}}"#,
            text("Corner"),
        ),
        (
            r#"{"nth_group": {"table": "vertices", "by": "group", "nth": 1, "want": "size", "sum": "links"}}"#,
            FactValue::Integer(4),
        ),
        (
            r#"{"nth_group": {"table": "vertices", "by": "group", "nth": 1, "want": "members"}}"#,
            list(&["Ada", "<b>Bo</b>"]),
        ),
        (
            r#"{"ratio": {"numerator": "three", "denominator": "eight"}}"#,
            FactValue::Number(0.375),
        ),
        (r#"{"summary": {"name": "groups"}}"#, FactValue::Integer(2)),
        (r#"{"summary": {"name": "residual"}}"#, FactValue::Number(1e-9)),
        (
            r#"{"census": {"collection": "*", "count": "edges"}}"#,
            FactValue::Integer(7),
        ),
        (
            r#"{"census": {"collection": "people", "count": "vertices"}}"#,
            FactValue::Integer(2),
        ),
    ];
    for (derivation, expected) in cases {
        assert_eq!(on(&small(), derivation).unwrap(), expected, "{derivation}");
    }
}

#[test]
fn what_has_no_value_says_why() {
    let cases = [
        (
            r#"{"rows": {"table": "pairs"}}"#,
            "there is no table `pairs`; there are vertices, cycles",
        ),
        (
            r#"{"rows": {"table": "cycles", "filter": [{"column": "size", "above": 1}]}}"#,
            "has no column `size`; it has members, members_labels, total",
        ),
        (
            r#"{"rows": {"table": "vertices", "filter": [{"column": "label", "above": 1}]}}"#,
            "column `label` holds text",
        ),
        (
            r#"{"nth": {"table": "vertices", "order_by": "links", "nth": 6, "column": "key"}}"#,
            "row 6 was asked for, 5 rows pass",
        ),
        (
            r#"{"nth": {"table": "vertices", "order_by": "links", "nth": 0, "column": "key"}}"#,
            "counted from 1",
        ),
        (
            r#"{"nth": {"table": "cycles", "order_by": "members", "nth": 1, "column": "total"}}"#,
            "lists, which have no order",
        ),
        (
            r#"{"nth": {"table": "vertices", "order_by": "links", "descending": false, "nth": 2, "column": "distance"}}"#,
            "has no value in row 4",
        ),
        (
            r#"{"aggregate": {"table": "vertices", "column": "@age", "measure": "gini"}}"#,
            "negative values",
        ),
        (
            r#"{"aggregate": {"table": "vertices", "column": "links", "measure": "max", "filter": [{"column": "links", "above": 9}]}}"#,
            "no value in the 0 rows",
        ),
        (
            r#"{"nth_group": {"table": "vertices", "by": "group", "nth": 3, "want": "name"}}"#,
            "group 3 was asked for, there are 2",
        ),
        (
            r#"{"ratio": {"numerator": "three", "denominator": "nothing"}}"#,
            "`nothing` is 0",
        ),
        (
            r#"{"ratio": {"numerator": "three", "denominator": "four"}}"#,
            "`four` is not known",
        ),
        (
            r#"{"ratio": {"numerator": "word", "denominator": "three"}}"#,
            "a name",
        ),
        (r#"{"summary": {"name": "undefined"}}"#, "it has groups, residual"),
        (
            r#"{"census": {"collection": "buys", "count": "vertices"}}"#,
            "no collection `buys`",
        ),
        (r#"{"given": {"by": "the brief"}}"#, "given by the brief"),
    ];
    for (derivation, expected) in cases {
        let error = on(&small(), derivation).unwrap_err();
        assert!(error.contains(expected), "{derivation}: {error}");
    }
}

#[test]
fn conditions_leave_missing_and_undefined_cells_out() {
    let tables = small();
    let vertices = tables.table("vertices").unwrap();
    let cases: [(&str, &[usize]); 12] = [
        (r#"{"column": "distance", "at_least": 1}"#, &[1, 2, 3]),
        (r#"{"column": "distance", "above": 1}"#, &[2, 3]),
        (r#"{"column": "distance", "at_most": 1}"#, &[0, 1]),
        (r#"{"column": "distance", "below": 1}"#, &[0]),
        (r#"{"column": "distance", "equals": "3.5"}"#, &[2]),
        (r#"{"column": "distance", "differs": "3.5"}"#, &[0, 1, 3]),
        (r#"{"column": "@city", "differs": "Ulm"}"#, &[2, 4]),
        (r#"{"column": "@open", "equals": "false"}"#, &[3]),
        (r#"{"column": "distance", "at_least_quantile": 0.5}"#, &[1, 2, 3]),
        (r#"{"column": "distance", "at_least_medians": 2}"#, &[2, 3]),
        (
            r#"{"column": "distance", "at_least_times": ["links", 1]}"#,
            &[2, 3],
        ),
        (
            r#"{"column": "distance", "at_most_times": ["links", 1]}"#,
            &[0, 1],
        ),
    ];
    for (condition, expected) in cases {
        let rows = matching_rows(vertices, &[read::<Condition>(condition)]).unwrap();
        assert_eq!(rows, expected, "{condition}");
    }
}

#[test]
fn rows_without_a_value_rank_last_and_ties_by_key() {
    let tables = small();
    let vertices = tables.table("vertices").unwrap();
    assert_eq!(
        ordered_rows(vertices, "distance", true, &[]).unwrap(),
        [2, 1, 0, 3, 4]
    );
    assert_eq!(
        ordered_rows(vertices, "distance", false, &[]).unwrap(),
        [0, 1, 2, 3, 4]
    );
    assert_eq!(
        ordered_rows(vertices, "links", true, &[]).unwrap(),
        [1, 2, 3, 0, 4]
    );
    assert_eq!(
        ordered_rows(vertices, "@city", false, &[]).unwrap(),
        [2, 4, 0, 3, 1]
    );
    assert_eq!(ordered_rows(vertices, "", true, &[]).unwrap(), [0, 1, 2, 3, 4]);
}

/// Values with ties, zeros, and cells that are not finite.
fn numbers() -> impl Strategy<Value = Vec<f64>> {
    let cell = prop_oneof![
        6 => (0_i32..12).prop_map(|it| f64::from(it) / 4.0),
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
    ];
    proptest::collection::vec(cell, 0..40)
}

fn as_number(value: Result<FactValue, String>) -> Option<f64> {
    match value {
        Ok(FactValue::Number(it)) => Some(it),
        Ok(FactValue::Integer(it)) => Some(it as f64),
        Ok(other) => panic!("{other:?}"),
        Err(_) => None,
    }
}

fn near(found: Option<f64>, expected: Option<f64>) -> bool {
    match (found, expected) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-12 * b.abs().max(1.0),
        (a, b) => a == b,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Each aggregate equals its definition by pairs, counting or repeated search.
    #[test]
    fn aggregates_equal_their_definitions(values in numbers(), q in 0_u8..=20, k in 0_u32..6) {
        let tables = table_of(vec![("x", Values::Numbers(values.clone()))]);
        let measured = |measure: String| {
            as_number(on(&tables, &format!(
                r#"{{"aggregate": {{"table": "rows", "column": "x", "measure": {measure}}}}}"#
            )))
        };
        let finite: Vec<f64> = values.iter().copied().filter(|it| it.is_finite()).collect();
        let (n, total) = (finite.len() as f64, finite.iter().sum::<f64>());
        let some = !finite.is_empty();
        prop_assert!(near(measured("\"sum\"".into()), Some(total)));
        prop_assert!(near(measured("\"mean\"".into()), some.then(|| total / n)));
        prop_assert!(near(measured("\"min\"".into()), finite.iter().copied().reduce(f64::min)));
        prop_assert!(near(measured("\"max\"".into()), finite.iter().copied().reduce(f64::max)));
        let q = f64::from(q) / 20.0;
        let holders = |limit: f64| finite.iter().filter(|it| **it <= limit).count() as f64;
        let quantile = finite.iter().copied().filter(|it| holders(*it) >= (q * n).ceil()).reduce(f64::min);
        let measured_quantile = measured(format!("{{\"quantile\": {q}}}"));
        prop_assert!(near(measured_quantile, quantile));
        let distances: f64 = finite.iter().flat_map(|a| finite.iter().map(move |b| (a - b).abs())).sum();
        let gini = if total == 0.0 { 0.0 } else { distances / (2.0 * n * total) };
        prop_assert!(near(measured("\"gini\"".into()), some.then_some(gini)));
        let hhi = finite.iter().map(|it| it * it).sum::<f64>() / (total * total);
        prop_assert!(near(measured("\"hhi\"".into()), (total > 0.0).then_some(hhi)));
        let mut left = finite.clone();
        let mut top = 0.0;
        for _ in 0..k {
            if let Some(at) = (0..left.len()).max_by(|a, b| left[*a].total_cmp(&left[*b])) {
                top += left.remove(at);
            }
        }
        let share = measured(format!("{{\"top_share\": {k}}}"));
        prop_assert!(near(share, (total > 0.0).then_some(top / total)));
        let mut distinct: Vec<u64> = finite.iter().map(|it| it.to_bits()).collect();
        distinct.sort_unstable();
        distinct.dedup();
        prop_assert!(near(measured("\"distinct\"".into()), Some(distinct.len() as f64)));
    }

    /// A row's rank is the number of rows that beat it.
    #[test]
    fn ranks_equal_counts_of_better_rows(values in numbers(), descending: bool) {
        let tables = table_of(vec![("x", Values::Numbers(values.clone()))]);
        let ranked = ordered_rows(tables.table("rows").unwrap(), "x", descending, &[]).unwrap();
        let beats = |a: usize, b: usize| {
            let (x, y) = (values[a], values[b]);
            match (x.is_finite(), y.is_finite()) {
                (true, true) if x != y => (x > y) == descending,
                (false, true) | (true, false) => x.is_finite(),
                _ => a < b,
            }
        };
        for (rank, row) in ranked.iter().enumerate() {
            let better = (0..values.len()).filter(|it| it != row && beats(*it, *row)).count();
            prop_assert_eq!(rank, better);
        }
    }

    /// Conditions compute as their sentences say, on whole numbers too.
    #[test]
    fn filters_equal_their_sentences(pairs in proptest::collection::vec((0_u64..9, 0_u64..9), 0..30), limit in 0_u64..9) {
        let (x, y): (Vec<u64>, Vec<u64>) = pairs.iter().copied().unzip();
        let tables = table_of(vec![("x", Values::Integers(x)), ("y", Values::Integers(y))]);
        let rows = tables.table("rows").unwrap();
        let conditions = [
            Condition { column: "x".into(), test: Test::AtLeast(limit as f64) },
            Condition { column: "x".into(), test: Test::AtMostTimes("y".into(), 2.0) },
            Condition { column: "y".into(), test: Test::Differs("3".into()) },
        ];
        let expected: Vec<usize> = (0..pairs.len())
            .filter(|row| pairs[*row].0 >= limit && pairs[*row].0 <= 2 * pairs[*row].1 && pairs[*row].1 != 3)
            .collect();
        prop_assert_eq!(matching_rows(rows, &conditions).unwrap(), expected);
    }

    /// Groups are what sorting and counting finds, and their sizes add up to the rows.
    #[test]
    fn groups_partition_the_rows(values in proptest::collection::vec(0_u64..6, 1..40)) {
        let tables = table_of(vec![("x", Values::Integers(values.clone()))]);
        let mut counts: Vec<(usize, u64)> = (0..6)
            .map(|it| (values.iter().filter(|value| **value == it).count(), it))
            .filter(|(count, _)| *count > 0)
            .collect();
        counts.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        for (nth, (count, name)) in counts.iter().enumerate() {
            let want = |want: &str| on(&tables, &format!(
                r#"{{"nth_group": {{"table": "rows", "by": "x", "nth": {}, "want": "{want}"}}}}"#, nth + 1
            )).unwrap();
            prop_assert_eq!(want("size"), FactValue::Integer(*count as i64));
            prop_assert_eq!(want("name"), FactValue::Text(name.to_string()));
        }
        let large = on(&tables, r#"{"groups": {"table": "rows", "by": "x", "min_rows": 3}}"#).unwrap();
        prop_assert_eq!(large, FactValue::Integer(counts.iter().filter(|it| it.0 >= 3).count() as i64));
    }
}
