//! What the registry says is what the kernels do.

use serde_json::{Value, json};

use super::*;
use crate::algorithms::outcome::OutputColumn;
use crate::graph::{EdgeList, ProjectionRules, build};

fn given(parameters: Value) -> BTreeMap<String, Value> {
    serde_json::from_value(parameters).unwrap()
}

fn extent(n: u64, m: u64, attributes: u64) -> Extent {
    Extent { n, m, attributes }
}

fn made(name: &str, parameters: Value) -> Result<Algorithm, KernelError> {
    Algorithm::from_parameters(name, &given(parameters))
}

/// Every algorithm with its defaults; those that need a source start at vertex 0, those that need a
/// target end at vertex 3.
fn all_with_defaults() -> Vec<Algorithm> {
    let with_defaults = |info: &&Info| {
        let ends = [
            json!({}),
            json!({"sources": "0"}),
            json!({"sources": "0", "targets": "3"}),
        ];
        ends.into_iter()
            .find_map(|ends| made(info.name, ends).ok())
            .unwrap()
    };
    Algorithm::all().iter().map(with_defaults).collect()
}

#[test]
fn every_name_and_alias_names_one_algorithm() {
    let mut seen = std::collections::BTreeSet::new();
    for info in Algorithm::all() {
        for name in info.names() {
            assert_eq!(
                names::canonical(name),
                name,
                "names are lower case with underscores"
            );
            assert!(seen.insert(name), "`{name}` stands for two algorithms");
            assert_eq!(Algorithm::find(name).unwrap().name, info.name);
        }
    }
}

#[test]
fn a_special_case_sets_what_its_name_stands_for_and_refuses_what_contradicts_it() {
    for info in Algorithm::all() {
        for case in info.special_cases {
            let known = |name: &str| info.parameters.iter().any(|it| it.name == name);
            let named = case.sets.iter().map(|it| it.0).chain(case.needs.iter().copied());
            assert!(named.clone().count() > 0, "{}: an alias would do", case.name);
            assert!(named.clone().all(known), "{}", case.name);
            let needed: serde_json::Map<String, Value> = case
                .needs
                .iter()
                .map(|it| {
                    (
                        (*it).to_owned(),
                        json!(if *it == "heuristic" { "euclidean" } else { "0" }),
                    )
                })
                .collect();
            let ends = [
                json!({}),
                json!({"sources": "0"}),
                json!({"sources": "0", "targets": "3"}),
            ];
            let with_ends = |ends: &Value| {
                let mut all = given(ends.clone());
                all.extend(needed.clone());
                all
            };
            let made = ends
                .iter()
                .find_map(|ends| Algorithm::from_parameters(case.name, &with_ends(ends)).ok());
            let fields = serde_json::to_value(made.expect(case.name)).unwrap();
            for (parameter, value) in case.sets {
                let meant = if *value == "yes" {
                    json!(true)
                } else {
                    json!(value)
                };
                assert_eq!(fields[parameter], meant, "{}", case.name);
            }
        }
    }
    let message = |name, parameters| made(name, parameters).unwrap_err().to_string();
    assert_eq!(
        made("cosine", json!({})),
        made("node_similarity", json!({"metric": "cosine"}))
    );
    assert_eq!(
        made("cosine", json!({"metric": "cosine"})),
        made("cosine", json!({}))
    );
    assert_eq!(
        message("cosine", json!({"metric": "overlap"})),
        "parameter `metric` is \"overlap\", but the name `cosine` stands for \"cosine\"; leave it out, or run \
         node_similarity with it"
    );
    assert_eq!(
        message("a*", json!({"sources": "0", "targets": "3"})),
        "parameter `heuristic` is what the name `a*` stands for; give it (none, euclidean or haversine), or run \
         shortest_path without it"
    );
    assert_eq!(Algorithm::find("modularity").unwrap().name, "partition_quality");
}

#[test]
fn whole_numbers_have_two_limits() {
    for info in Algorithm::all() {
        for parameter in info.parameters.iter().filter(|it| it.kind == "whole number") {
            let said = parameter.range;
            assert!(
                said.contains("to ") || said.starts_with("an instant"),
                "{} {said}",
                info.name
            );
        }
    }
}

#[test]
fn tables_are_ordered_by_columns_that_they_have() {
    for info in Algorithm::all() {
        for (table, order) in info.order {
            let columns = match info.rows {
                Some((name, columns)) if name == *table => columns,
                _ => {
                    assert_eq!(*table, "vertices", "{}", info.name);
                    info.columns
                }
            };
            if let TableOrder::Greatest(by) | TableOrder::Least(by) = order {
                assert!(columns.iter().any(|it| it.name == *by), "{} {by}", info.name);
            }
        }
    }
}

/// Two pipes of 3 and 4 let 7 through; two roads of 3 and 4 are 3 long; what flows twice counts twice.
#[test]
fn parallel_edges_add_up_where_weights_are_amounts() {
    let rule = |name: &str, weighted| Algorithm::find(name).unwrap().parallel_rule(weighted);
    assert_eq!(rule("max_flow", true), ParallelEdges::Keep);
    assert_eq!(rule("pagerank", true), ParallelEdges::Sum);
    assert_eq!(rule("louvain", true), ParallelEdges::Sum);
    assert_eq!(rule("pagerank", false), ParallelEdges::Smallest);
    assert_eq!(rule("sssp", true), ParallelEdges::Smallest);
    assert_eq!(rule("spanning_forest", true), ParallelEdges::Smallest);
}

#[test]
fn the_registry_lists_the_fields_of_each_config_with_their_defaults() {
    for algorithm in all_with_defaults() {
        let info = algorithm.info();
        let Value::Object(mut fields) = serde_json::to_value(&algorithm).unwrap() else {
            panic!("an algorithm is an object")
        };
        assert_eq!(fields.remove("name"), Some(json!(info.name)));
        let listed: std::collections::BTreeSet<&str> = info.parameters.iter().map(|it| it.name).collect();
        assert_eq!(
            listed,
            fields.keys().map(String::as_str).collect(),
            "{}",
            info.name
        );
        for parameter in info.parameters {
            let said = match parameter.kind {
                "keys" => continue,
                "text" => json!(parameter.default),
                "yes or no" => json!(parameter.default == "yes"),
                "numbers" => {
                    let numbers = parameter.default.split(", ").map(|it| it.parse::<f64>().unwrap());
                    numbers.collect::<Vec<f64>>().into()
                }
                "number" => json!(parameter.default.parse::<f64>().unwrap()),
                // An optional number has none.
                "whole number" if parameter.default.is_empty() => Value::Null,
                "whole number" => json!(parameter.default.replace('_', "").parse::<i64>().unwrap()),
                other => panic!("{} has the kind {other}", parameter.name),
            };
            assert_eq!(fields[parameter.name], said, "{} {}", info.name, parameter.name);
        }
    }
}

#[test]
fn an_algorithm_survives_its_json() {
    for algorithm in all_with_defaults() {
        let text = serde_json::to_string(&algorithm).unwrap();
        assert_eq!(serde_json::from_str::<Algorithm>(&text).unwrap(), algorithm);
    }
}

/// A directed triangle with a tail, weights, times and one attribute.
fn sample() -> (Csr, Inputs) {
    let edges = EdgeList {
        sources: vec![0, 1, 2, 2],
        targets: vec![1, 2, 0, 3],
        weights: Some(vec![1.0, 2.0, 3.0, 4.0]),
        times: Some(vec![10, 20, 30, 40]),
    };
    let inputs = Inputs {
        sources: vec![0],
        items: vec![ItemCodes {
            name: "phone".to_owned(),
            codes: vec![7, 7, 8, crate::graph::MISSING],
        }],
        targets: vec![3],
        numbers: vec![NumberColumn {
            name: "size".to_owned(),
            values: vec![1.0, 2.5, f64::NAN, 4.0],
        }],
    };
    (build(4, edges, ProjectionRules::default()), inputs)
}

#[test]
fn outcomes_have_the_columns_and_summaries_that_the_registry_lists() {
    let (graph, inputs) = sample();
    let described =
        |columns: &[ColumnInfo]| -> Vec<_> { columns.iter().map(|it| (it.name, it.quantity)).collect() };
    let found =
        |columns: &[OutputColumn]| -> Vec<_> { columns.iter().map(|it| (it.name, it.quantity)).collect() };
    for algorithm in all_with_defaults() {
        let info = algorithm.info();
        let outcome = algorithm.run(&graph, &inputs, &Control::default()).unwrap();
        assert_eq!(found(&outcome.vertices), described(info.columns), "{}", info.name);
        assert!(
            outcome.vertices.iter().all(|it| it.values.len() == 4),
            "{}",
            info.name
        );
        let summary: Vec<_> = outcome.summary.iter().map(|it| (it.0, it.1)).collect();
        assert_eq!(summary, described(info.summary_values), "{}", info.name);
        let rows = outcome.rows.as_ref().map(|it| (it.name, found(&it.columns)));
        assert_eq!(
            rows,
            info.rows.map(|(name, columns)| (name, described(columns))),
            "{}",
            info.name
        );
    }
}

/// Columns that every table of vertices has, or that a column of names brings with it.
#[test]
fn no_column_takes_the_name_of_another() {
    for info in Algorithm::all() {
        let tables = [info.columns, info.rows.map_or(&[][..], |it| it.1)];
        for columns in tables {
            let mut names: Vec<&str> = columns.iter().map(|it| it.name).collect();
            assert!(
                names.iter().all(|it| !["collection", "key", "label"].contains(it)
                    && !it.ends_with("_label")
                    && !it.ends_with("_labels")),
                "{}: {names:?}",
                info.name
            );
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), columns.len(), "{}", info.name);
        }
    }
}

#[test]
fn every_algorithm_describes_itself() {
    for info in Algorithm::all() {
        for text in [info.title, info.summary, info.convention, info.source] {
            assert!(!text.is_empty(), "{}", info.name);
        }
        assert!(
            info.summary.ends_with('.') && info.convention.ends_with('.'),
            "{}",
            info.name
        );
    }
}

#[test]
fn no_algorithm_fails_on_an_empty_graph_or_ignores_a_cancelled_run() {
    let no_edges = EdgeList {
        times: Some(Vec::new()),
        ..EdgeList::default()
    };
    let empty = build(0, no_edges, ProjectionRules::default());
    let nothing = Inputs {
        items: vec![ItemCodes::default()],
        numbers: vec![NumberColumn::default()],
        ..Inputs::default()
    };
    let (graph, inputs) = sample();
    for algorithm in all_with_defaults() {
        if algorithm.sources().is_empty() {
            let outcome = algorithm.run(&empty, &nothing, &Control::default());
            assert!(outcome.is_ok(), "{}: {outcome:?}", algorithm.info().name);
        }
        let control = Control::default();
        control.cancel();
        assert_eq!(
            algorithm.run(&graph, &inputs, &control),
            Err(KernelError::Cancelled)
        );
    }
}

#[test]
fn progress_ends_where_it_was_announced() {
    let (graph, inputs) = sample();
    for algorithm in all_with_defaults() {
        let control = Control::default();
        algorithm.run(&graph, &inputs, &control).unwrap();
        let (done, announced) = control.progress();
        assert_eq!(done, announced, "{}", algorithm.info().name);
    }
}

#[test]
fn work_grows_with_the_graph() {
    for algorithm in all_with_defaults() {
        let (small, large) = (
            algorithm.work(extent(1_000, 5_000, 2)),
            algorithm.work(extent(100_000, 1_000_000, 2)),
        );
        let name = algorithm.info().name;
        assert!(
            small.bytes < large.bytes && small.operations < large.operations,
            "{name}"
        );
        // Counts of a graph too large for any machine must not wrap around to small ones.
        let huge = algorithm.work(extent(u64::from(u32::MAX), 1 << 40, 12));
        assert!(
            huge.bytes >= large.bytes && huge.operations >= large.operations,
            "{name}"
        );
    }
}

#[test]
fn names_are_found_whatever_their_spelling() {
    assert_eq!(Algorithm::find("PageRank").unwrap().name, "pagerank");
    assert_eq!(
        Algorithm::find(" label-propagation ").unwrap().name,
        "label_propagation"
    );
}

#[test]
fn unknown_names_are_refused_with_near_ones() {
    let message = |name: &str, parameters| made(name, parameters).unwrap_err().to_string();
    assert_eq!(
        message("pagernak", json!({})),
        "no algorithm is called `pagernak`; names near it: pagerank; `gaai algo list` shows all"
    );
    assert_eq!(
        message("xyzzy", json!({})),
        "no algorithm is called `xyzzy`; `gaai algo list` shows all"
    );
    assert_eq!(
        message("pagerank", json!({"dampling": 0.5})),
        "pagerank has no parameter `dampling`; there is damping"
    );
    assert_eq!(
        message("wcc", json!({"rounds": 5})),
        "wcc has no parameter `rounds`; it has none"
    );
}

#[test]
fn values_of_the_wrong_type_or_range_are_refused() {
    let message = |parameters| made("pagerank", parameters).unwrap_err().to_string();
    assert_eq!(
        message(json!({"damping": "high"})),
        "parameter `damping` is \"high\"; it must be a number (from 0 to below 1)"
    );
    assert_eq!(
        message(json!({"max_iterations": 2.5})),
        "parameter `max_iterations` is 2.5; it must be a whole number (from 1 to 4294967295)"
    );
    assert_eq!(
        message(json!({"damping": 1.5})),
        "parameter `damping` is 1.5; it must be from 0 to below 1"
    );
}

#[test]
fn plain_meanings_are_understood() {
    let made = made(
        "pagerank",
        json!({"max_iterations": 20.0, "sources": "a/1", "tolerance": 0}),
    );
    let Ok(Algorithm::Pagerank(config)) = made else {
        panic!("{made:?}")
    };
    assert_eq!(
        (config.max_iterations, config.sources, config.tolerance),
        (20, vec!["a/1".to_owned()], 0.0)
    );
    let weights = |given: Value| match self::made("fast_rp", json!({"iteration_weights": given})) {
        Ok(Algorithm::FastRp(config)) => config.iteration_weights,
        other => panic!("{other:?}"),
    };
    assert_eq!(weights(json!("0, 1,0.5")), [0.0, 1.0, 0.5]);
    assert_eq!(weights(json!(2)), [2.0]);
    let refused = self::made("fast_rp", json!({"iteration_weights": "1, x"})).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "parameter `iteration_weights` is [1.0,\"x\"]; it must be a list of numbers (1 to 32 numbers, not all 0)"
    );
}

#[test]
fn yes_and_no_are_read_as_the_handbook_writes_them() {
    for info in Algorithm::all() {
        for parameter in info.parameters.iter().filter(|it| it.kind == "yes or no") {
            let said = (info.name, parameter.name);
            assert!(matches!(parameter.default, "yes" | "no"), "{said:?}");
            assert!(parameter.range.starts_with("yes or no"), "{said:?}");
        }
    }
    for (said, meant) in [("yes", true), ("True", true), ("no", false), ("false", false)] {
        assert_eq!(
            made("betweenness", json!({"weighted": said})),
            made("betweenness", json!({"weighted": meant}))
        );
    }
    let refused = made("betweenness", json!({"weighted": "maybe"})).unwrap_err();
    assert!(
        refused
            .to_string()
            .ends_with("is \"maybe\"; it must be yes or no"),
        "{refused}"
    );
}
