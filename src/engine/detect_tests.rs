//! Claims about instances.

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{Float64Array, StringArray};

use super::detect::{detect, detected_fact};
use super::tables::{ResultTables, Table, TableColumn};
use crate::algorithms::Quantity;
use crate::model::{
    execution::ResultColumn,
    fact::{Condition, DetectedWant, FactValue, Test},
    vertical::Detector,
};

fn named(name: &str, values: TableColumn) -> (ResultColumn, TableColumn) {
    let column = ResultColumn {
        name: name.to_owned(),
        quantity: Quantity::Name,
    };
    (column, values)
}

fn texts(values: &[&str]) -> TableColumn {
    TableColumn::Texts(StringArray::from(values.to_vec()))
}

fn numbers(values: &[f64]) -> TableColumn {
    TableColumn::Numbers(Float64Array::from(values.to_vec()))
}

fn lists(rows: &[&[&str]]) -> TableColumn {
    let mut builder = ListBuilder::new(StringBuilder::new());
    for row in rows {
        row.iter().for_each(|it| builder.values().append_value(it));
        builder.append(true);
    }
    TableColumn::Lists(builder.finish())
}

/// Six vertices of two groups and a loner, and three cycles of which two overlap.
fn tables() -> ResultTables {
    let vertices = Table {
        name: "vertices".to_owned(),
        rows: 6,
        columns: vec![
            named("collection", texts(&["v"; 6])),
            named("key", texts(&["a", "b", "c", "d", "e", "f"])),
            named("label", texts(&["A", "B", "C", "D", "E", "F"])),
            named("group", texts(&["v/a", "v/a", "v/a", "v/d", "v/d", "v/f"])),
            named("group_label", texts(&["A", "A", "A", "D", "D", "F"])),
            named("size", numbers(&[1.0, 2.0, 3.0, 10.0, 20.0, f64::INFINITY])),
        ],
    };
    let cycles = Table {
        name: "cycles".to_owned(),
        rows: 3,
        columns: vec![
            named(
                "members",
                lists(&[
                    &["v/a", "v/b", "v/c"],
                    &["v/a", "v/b", "v/c", "v/d"],
                    &["v/d", "v/e"],
                ]),
            ),
            named(
                "members_labels",
                lists(&[&["A", "B", "C"], &["A", "B", "C", "D"], &["D", "E"]]),
            ),
            named("amount", numbers(&[5.0, 9.0, 7.0])),
        ],
    };
    ResultTables {
        tables: vec![vertices, cycles],
        summary: Vec::new(),
    }
}

fn labels(detector: &Detector) -> Vec<(String, f64, usize)> {
    let detected = detect(detector, &tables()).unwrap();
    let found = detected.found.into_iter().map(|it| it.instance);
    found.map(|it| (it.label, it.value, it.members.len())).collect()
}

fn condition(column: &str, test: Test) -> Condition {
    Condition {
        column: column.to_owned(),
        test,
    }
}

#[test]
fn each_hit_is_an_instance_in_rank_order() {
    let detector = Detector {
        hits: vec![
            condition("size", Test::AtLeast(2.0)),
            condition("size", Test::Below(100.0)),
        ],
        order_by: "size".to_owned(),
        ..Detector::default()
    };
    let expected = [
        ("E".to_owned(), 20.0, 1),
        ("D".to_owned(), 10.0, 1),
        ("C".to_owned(), 3.0, 1),
        ("B".to_owned(), 2.0, 1),
    ];
    assert_eq!(labels(&detector), expected);
    let ascending = Detector {
        ascending: true,
        ..detector
    };
    assert_eq!(labels(&ascending)[0].0, "B");
}

#[test]
fn groups_count_by_size_share_and_sum() {
    let by = Detector {
        group_by: "group".to_owned(),
        ..Detector::default()
    };
    assert_eq!(
        labels(&by),
        [
            ("A".to_owned(), 3.0, 3),
            ("D".to_owned(), 2.0, 2),
            ("F".to_owned(), 1.0, 1)
        ]
    );
    let bounded = Detector {
        group_size: Some((2, 2)),
        ..by.clone()
    };
    assert_eq!(labels(&bounded).len(), 1);
    // A holds 3 of 6 rows, exactly half.
    let half = Detector {
        group_share: 0.5,
        ..by.clone()
    };
    assert_eq!(labels(&half), [("A".to_owned(), 3.0, 3)]);
    let summed = Detector {
        group_sum: "size".to_owned(),
        group_share: 0.5,
        ..by
    };
    assert_eq!(labels(&summed), [("D".to_owned(), 30.0, 2)]);
}

#[test]
fn overlapping_lists_become_one_with_the_first_ones_value() {
    let detector = Detector {
        table: "cycles".to_owned(),
        members: "members".to_owned(),
        order_by: "amount".to_owned(),
        ..Detector::default()
    };
    assert_eq!(labels(&detector).len(), 3);
    let merging = Detector {
        merge_overlapping: true,
        ..detector
    };
    assert_eq!(
        labels(&merging),
        [("A → B → C → D".to_owned(), 9.0, 4), ("D → E".to_owned(), 7.0, 2)]
    );
    let fact = |want| detected_fact(&merging, want, &tables()).unwrap();
    assert_eq!(fact(DetectedWant::Count), FactValue::Integer(2));
    assert_eq!(fact(DetectedWant::Members), FactValue::Integer(5));
    assert_eq!(fact(DetectedWant::Largest), FactValue::Integer(4));
    assert_eq!(fact(DetectedWant::Sum), FactValue::Number(16.0));
    assert_eq!(fact(DetectedWant::Busiest), FactValue::Text("D".to_owned()));
    assert_eq!(fact(DetectedWant::BusiestCount), FactValue::Integer(2));
}

#[test]
fn what_is_not_there_is_an_error_and_nothing_found_is_zero() {
    let none = Detector {
        hits: vec![condition("size", Test::Below(0.0))],
        ..Detector::default()
    };
    assert_eq!(
        detected_fact(&none, DetectedWant::Count, &tables()),
        Ok(FactValue::Integer(0))
    );
    assert!(detected_fact(&none, DetectedWant::Label(1), &tables()).is_err());
    let unknown = Detector {
        group_by: "tribe".to_owned(),
        ..Detector::default()
    };
    assert!(
        detect(&unknown, &tables())
            .unwrap_err()
            .to_string()
            .contains("tribe")
    );
}
