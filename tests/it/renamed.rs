//! Detectors see structure only: other keys, in another order, and no planted truth beside the files
//! give the same findings.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::program::expect;

/// Writes the graph at `from` to `to` with every key `<letter><digits>` renamed so that their order is
/// turned round, without the truth. Gives the old key of every new one.
fn rename(from: &Path, to: &Path) -> BTreeMap<String, String> {
    fs::create_dir(to).unwrap();
    let mut old = BTreeMap::new();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_owned();
        if name == "brief.md" {
            fs::copy(&path, to.join(name)).unwrap();
        } else if name != "truth.json" {
            let mut reader = csv::Reader::from_path(&path).unwrap();
            let mut writer = csv::Writer::from_path(to.join(name)).unwrap();
            let header = reader.headers().unwrap().clone();
            writer.write_record(&header).unwrap();
            for record in reader.records() {
                let record = record.unwrap();
                let cells = record.iter().zip(&header);
                let renamed = cells.map(|(cell, column)| match column {
                    "_key" | "_from" | "_to" => renamed(cell, &mut old),
                    _ => cell.to_owned(),
                });
                writer.write_record(renamed).unwrap();
            }
            writer.flush().unwrap();
        }
    }
    old
}

fn renamed(cell: &str, old: &mut BTreeMap<String, String>) -> String {
    let (collection, key) = cell
        .rsplit_once('/')
        .map_or((String::new(), cell), |(collection, key)| {
            (format!("{collection}/"), key)
        });
    let number: u64 = key[1..].parse().unwrap();
    let new = format!("{}x{:08}", &key[..1], 99_999_999 - number);
    old.insert(new.clone(), key.to_owned());
    format!("{collection}{new}")
}

/// What a finding says: its pattern, severity, whether it is an alert, and the members of its instances.
/// Which of two equals stands first is up to their keys.
type Said = (String, String, bool, BTreeSet<Vec<String>>);

fn said(run: &Path, old: &BTreeMap<String, String>) -> Vec<Said> {
    let index: Value = serde_json::from_slice(&fs::read(run.join("reports/index.json")).unwrap()).unwrap();
    let reports = index["report"]["reports"].as_array().unwrap().iter();
    let findings = reports.flat_map(|it| it[1]["findings"].as_array().unwrap());
    let said = findings.map(|finding| {
        let members = |instance: &Value| {
            let ids = instance["members"].as_array().unwrap().iter();
            let mut ids: Vec<String> = ids.map(|it| original(it.as_str().unwrap(), old)).collect();
            ids.sort();
            ids
        };
        let instances = finding["instances"].as_array().unwrap();
        (
            finding["pattern"].to_string(),
            finding["severity"].to_string(),
            finding["alert"] == true,
            instances.iter().map(members).collect(),
        )
    });
    said.collect()
}

fn original(id: &str, old: &BTreeMap<String, String>) -> String {
    let (collection, key) = id.split_once('/').unwrap();
    let key = old.get(key).map_or(key, String::as_str);
    format!("{collection}/{key}")
}

fn renaming_changes_nothing(kind: &str) {
    let place = tempfile::tempdir().unwrap();
    let (given, other) = (place.path().join("given"), place.path().join("other"));
    expect(
        place.path(),
        &["demo", kind, "--seed", "7", "--out", given.to_str().unwrap()],
        0,
    );
    let old = rename(&given, &other);
    for name in ["given", "other"] {
        expect(place.path(), &["run", "--graph", name, "--run-id", name], 0);
    }
    let output = place.path().join("output");
    let answers = said(&output.join("given"), &BTreeMap::new());
    assert!(answers.iter().any(|it| it.2 && !it.3.is_empty()), "{answers:?}");
    assert_eq!(answers, said(&output.join("other"), &old));
}

#[test]
fn renamed_keys_give_the_same_findings_on_fraud() {
    renaming_changes_nothing("fraud");
}

#[test]
fn renamed_keys_give_the_same_findings_on_supply_chain() {
    renaming_changes_nothing("supply_chain");
}

#[test]
fn renamed_keys_give_the_same_findings_on_social() {
    renaming_changes_nothing("social");
}
