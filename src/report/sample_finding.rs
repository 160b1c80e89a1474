//! The findings of the sample report: one with every part, an answer, a null finding.

use super::sample::claim;
use crate::algorithms::Quantity;
use crate::model::fact::{Condition, FactValue, Test};
use crate::model::finding::{
    Bar, Chart, ChartKind, Evidence, EvidenceColumn, EvidenceRow, Finding, Instance, Picture, PictureVertex,
    Recommendation,
};
use crate::model::vertical::{Detector, Severity};

/// Key, name, stations stranded.
const TOP: [(&str, &str, i64); 10] = [
    ("89", "Euston", 22),
    ("40", "Camden Town", 20),
    ("247", "Stratford", 20),
    ("153", "Leyton", 19),
    ("154", "Leytonstone", 18),
    ("145", "King's Cross St. Pancras", 17),
    ("193", "Paddington", 13),
    ("115", "Harrow-on-the-Hill", 12),
    ("278", "Warwick Avenue", 12),
    ("289", "West Ham", 12),
];

const NEAR: [(&str, &str); 25] = [
    ("7", "Angel"),
    ("18", "Bayswater"),
    ("36", "Bromley-By-Bow"),
    ("39", "Caledonian Road"),
    ("43", "Canning Town"),
    ("47", "Chalk Farm"),
    ("82", "Edgware Road (B)"),
    ("83", "Edgware Road (C)"),
    ("90", "Euston Square"),
    ("92", "Farringdon"),
    ("123", "Highbury & Islington"),
    ("139", "Kentish Town"),
    ("159", "Maida Vale"),
    ("164", "Mile End"),
    ("170", "Mornington Crescent"),
    ("178", "Northwick Park"),
    ("184", "North Harrow"),
    ("200", "Plaistow"),
    ("204", "Pudding Mill Lane"),
    ("218", "Royal Oak"),
    ("223", "Russell Square"),
    ("230", "Snaresbrook"),
    ("275", "Wanstead"),
    ("277", "Warren Street"),
    ("291", "West Harrow"),
];

/// Pairs of keys.
const EDGES: [(&str, &str); 32] = [
    ("7", "145"),
    ("18", "193"),
    ("36", "289"),
    ("39", "145"),
    ("40", "47"),
    ("40", "89"),
    ("40", "139"),
    ("40", "170"),
    ("43", "289"),
    ("82", "193"),
    ("83", "193"),
    ("89", "145"),
    ("89", "170"),
    ("89", "277"),
    ("90", "145"),
    ("92", "145"),
    ("115", "178"),
    ("115", "184"),
    ("115", "291"),
    ("123", "145"),
    ("145", "223"),
    ("153", "154"),
    ("153", "247"),
    ("154", "230"),
    ("154", "275"),
    ("159", "278"),
    ("164", "247"),
    ("193", "218"),
    ("193", "278"),
    ("200", "289"),
    ("204", "247"),
    ("247", "289"),
];

/// What is found, gravest first.
pub(super) fn all() -> Vec<Finding> {
    vec![finding(), answer()]
}

fn detector() -> Detector {
    Detector {
        table: "vertices".to_owned(),
        hits: vec![Condition {
            column: "stranded".to_owned(),
            test: Test::AtLeast(1.0),
        }],
        order_by: "stranded".to_owned(),
        ..Detector::default()
    }
}

fn evidence() -> Evidence {
    let column = |name: &str, title: &str, quantity, unit: &str| EvidenceColumn {
        name: name.to_owned(),
        title: title.to_owned(),
        quantity,
        unit: unit.to_owned(),
    };
    let row = |(at, (key, name, stranded)): (usize, &(&str, &str, i64))| EvidenceRow {
        row: at as u64 * 7 + 3,
        values: vec![
            Some(FactValue::Text((*name).to_owned())),
            Some(FactValue::Text((*key).to_owned())),
            Some(FactValue::Integer(*stranded)),
            (at != 4).then_some(FactValue::Number(0.012_345_678 * (10 - at) as f64)),
        ],
    };
    Evidence {
        table: "vertices".to_owned(),
        columns: vec![
            column("label", "Station", Quantity::Name, ""),
            column("key", "Key", Quantity::Name, ""),
            column("stranded", "Stranded", Quantity::Count, "stations"),
            column("share", "Share of the network", Quantity::Share, ""),
        ],
        rows: TOP.iter().enumerate().map(row).collect(),
        hits: 142,
        total: 302,
    }
}

fn picture() -> Picture {
    let vertex = |key: &str, name: &str, marked| PictureVertex {
        id: format!("stations/{key}"),
        label: name.to_owned(),
        marked,
    };
    let top = TOP.iter().map(|(key, name, _)| vertex(key, name, true));
    let vertices: Vec<PictureVertex> = top
        .chain(NEAR.iter().map(|(key, name)| vertex(key, name, false)))
        .collect();
    let place = |key: &str| {
        vertices
            .iter()
            .position(|it| it.id.ends_with(&format!("/{key}")))
            .unwrap() as u32
    };
    Picture {
        caption: "The ten stations that strand most, and the stations next to them.".to_owned(),
        edges: EDGES.iter().map(|(u, v)| (place(u), place(v))).collect(),
        vertices,
        directed: false,
    }
}

fn finding() -> Finding {
    Finding {
        id: "critical_points.1".into(),
        pattern: "single_point_of_failure".to_owned(),
        template: "articulation-1a2b3c".into(),
        title: "Single points of failure".to_owned(),
        detector: Detector {
            alert: true,
            ..detector()
        },
        headline: claim(
            "critical_points.1.0",
            "Closing {F1} cuts {F2} off from the rest of the network, more than any other closure.",
            &["F1", "F2"],
        ),
        claims: vec![
            claim(
                "critical_points.1.1",
                "{F3} of {F4} ({F5}) strand at least one other station when they close.",
                &["F3", "F4", "F5"],
            ),
            claim(
                "critical_points.1.2",
                "On average such a closure strands {F6}.",
                &["F6"],
            ),
        ],
        so_what: Some(claim(
            "critical_points.1.3",
            "Passengers beyond {F1} have no other way by rail; replacement buses must be ready for {F2}.",
            &["F1", "F2"],
        )),
        severity: Severity::High,
        severity_reason: claim(
            "critical_points.1.4",
            "one closure strands {F2}, and 10 or more is high.",
            &["F2"],
        ),
        action: Some(Recommendation {
            what: claim(
                "critical_points.1.5",
                "Place stand-by crews at the {F7} listed first, {F1} before all.",
                &["F7", "F1"],
            ),
            owner: "Head of Network Resilience".to_owned(),
            effort: "weeks".to_owned(),
            effect: "A closure is ended before buses are needed".to_owned(),
            check: "Time from closure to reopening at these stations".to_owned(),
        }),
        evidence: evidence(),
        instances: vec![Instance {
            members: vec!["stations/89".to_owned()],
            label: "Euston".to_owned(),
            value: 22.0,
        }],
        alert: true,
        found: true,
        tags: vec!["exact".to_owned(), "data complete".to_owned()],
        caveats: vec!["Walking between stations is not in the data.".to_owned()],
        chart: Some(Chart {
            kind: ChartKind::Ranking,
            title: "Stations that strand most".to_owned(),
            description: "A longer bar means more stations without a way to the rest".to_owned(),
            quantity: Quantity::Count,
            unit: "stations".to_owned(),
            bars: TOP
                .iter()
                .map(|(_, name, value)| Bar {
                    label: (*name).to_owned(),
                    value: *value as f64,
                })
                .collect(),
        }),
        picture: Some(picture()),
    }
}

/// An answer that is no alert, without picture.
fn answer() -> Finding {
    let bins = [
        ("1", 18),
        ("2", 18),
        ("3", 18),
        ("4", 14),
        ("5", 13),
        ("6", 12),
        ("7", 12),
        ("8", 9),
        ("9–22", 28),
    ];
    Finding {
        id: "critical_points.2".into(),
        title: "How far closures reach".to_owned(),
        headline: claim(
            "critical_points.2.0",
            "A typical single point of failure strands {F6}.",
            &["F6"],
        ),
        claims: Vec::new(),
        so_what: None,
        severity: Severity::Info,
        severity_reason: claim(
            "critical_points.2.1",
            "it describes the network and calls for nothing by itself.",
            &[],
        ),
        action: None,
        evidence: Evidence {
            rows: Vec::new(),
            ..evidence()
        },
        alert: false,
        caveats: Vec::new(),
        chart: Some(Chart {
            kind: ChartKind::Sizes,
            title: "Stations by how many they strand".to_owned(),
            description: "Most strand fewer than seven".to_owned(),
            quantity: Quantity::Count,
            unit: "stations stranded".to_owned(),
            bars: bins
                .iter()
                .map(|(label, value)| Bar {
                    label: (*label).to_owned(),
                    value: f64::from(*value),
                })
                .collect(),
        }),
        picture: None,
        ..finding()
    }
}

pub(super) fn null() -> Finding {
    Finding {
        id: "critical_points.3".into(),
        title: "Separate parts".to_owned(),
        headline: claim(
            "critical_points.3.0",
            "No station of the {F4} is cut off already.",
            &["F4"],
        ),
        claims: Vec::new(),
        so_what: None,
        severity: Severity::Info,
        action: None,
        evidence: Evidence::default(),
        found: false,
        chart: None,
        picture: None,
        ..finding()
    }
}
