//! Demo graphs: repeatable, readable, and true to their truth.

use std::collections::{BTreeMap, BTreeSet};

use gaai::algorithms::Control;
use gaai::source::demo::{self, Demo, DemoKind, Planted, Scale};

type Row = BTreeMap<String, String>;

fn rows(demo: &Demo, file: &str) -> Vec<Row> {
    let (_, bytes) = demo.files.iter().find(|(name, _)| name == file).unwrap();
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    reader.deserialize().map(Result::unwrap).collect()
}

fn patterns<'a>(demo: &'a Demo, kind: &str) -> Vec<&'a Planted> {
    let found: Vec<&Planted> = demo.truth.patterns.iter().filter(|it| it.kind == kind).collect();
    assert!(!found.is_empty(), "no {kind}");
    found
}

fn seconds(row: &Row, column: &str) -> i64 {
    row[column].parse::<jiff::Timestamp>().unwrap().as_second()
}

fn amount(row: &Row) -> f64 {
    row["amount"].parse().unwrap()
}

#[test]
fn equal_seeds_give_equal_bytes_and_others_do_not() {
    for kind in DemoKind::ALL {
        let demo = demo::generate(kind, 7, Scale::S);
        assert_eq!(demo, demo::generate(kind, 7, Scale::S), "{kind:?}");
        assert_ne!(demo.files, demo::generate(kind, 8, Scale::S).files, "{kind:?}");
    }
}

#[test]
fn every_demo_is_a_graph_without_faults_that_holds_its_truth() {
    for kind in DemoKind::ALL {
        let demo = demo::generate(kind, demo::DEFAULT_SEED, Scale::S);
        let mut ids = BTreeSet::new();
        for (name, _) in demo.files.iter() {
            let collection = name.strip_suffix(".csv").unwrap();
            let own = rows(&demo, name);
            ids.extend(
                own.iter()
                    .filter_map(|it| Some(format!("{collection}/{}", it.get("_key")?))),
            );
        }
        for member in demo.truth.patterns.iter().flat_map(|it| &it.members) {
            assert!(ids.contains(member), "{kind:?}: {member}");
        }
        for member in demo.truth.decoys.iter().flat_map(|it| &it.members) {
            assert!(ids.contains(member), "{kind:?}: {member}");
        }
        let source = demo::open(kind, demo::DEFAULT_SEED, Scale::S).unwrap();
        let census = source.census_now(&Control::default()).unwrap();
        assert!(census.issues.is_empty(), "{kind:?}: {:?}", census.issues);
        assert!(census.edges.iter().all(|it| it.directed), "{kind:?}");
        assert!((2_000..=30_000).contains(&census.vertex_count()), "{kind:?}");
    }
}

#[test]
fn what_is_written_is_the_graph_its_brief_and_its_truth() {
    let out = tempfile::tempdir().unwrap();
    let demo = demo::generate(DemoKind::SupplyChain, 1, Scale::S);
    demo::write(&demo, &out.path().join("new")).unwrap();
    let source = gaai::source::FileSource::open(&out.path().join("new"), "x").unwrap();
    let census = source.census_now(&Control::default()).unwrap();
    assert!(!census.inputs.contains_key("truth.json"));
    let truth = std::fs::read_to_string(out.path().join("new/truth.json")).unwrap();
    assert_eq!(serde_json::from_str::<demo::Truth>(&truth).unwrap(), demo.truth);
}

/// Follows each loop from hop to hop: one transfer each, in order of time, hardly any loss.
#[test]
fn planted_money_loops_close_in_time_with_hardly_any_loss() {
    let demo = demo::generate(DemoKind::Fraud, 3, Scale::S);
    let transfers = rows(&demo, "transfers.csv");
    let loops = patterns(&demo, "money_loop");
    assert_eq!(loops.len(), 12);
    for planted in loops {
        let members = &planted.members;
        let hop = |index: usize, after: i64| {
            let (from, to) = (&members[index], &members[(index + 1) % members.len()]);
            transfers
                .iter()
                .filter(|it| it["_from"] == *from && it["_to"] == *to && seconds(it, "time") >= after)
                .map(|it| (seconds(it, "time"), amount(it)))
                .collect::<Vec<_>>()
        };
        let closes = hop(0, 0).into_iter().any(|(begin, first)| {
            let (mut at, mut sum) = (begin, first);
            (1..members.len()).all(|index| {
                let next = hop(index, at)
                    .into_iter()
                    .find(|it| it.1 <= sum && it.1 >= 0.98 * sum);
                next.inspect(|it| (at, sum) = *it).is_some()
            }) && at - begin <= 72 * 3600
        });
        assert!(closes, "{members:?}");
    }
}

#[test]
fn planted_pass_throughs_collect_and_pass_on() {
    let demo = demo::generate(DemoKind::Fraud, 3, Scale::S);
    let transfers = rows(&demo, "transfers.csv");
    for planted in patterns(&demo, "pass_through") {
        let account = &planted.members[0];
        let received: Vec<&Row> = transfers.iter().filter(|it| it["_to"] == *account).collect();
        let sent: Vec<&Row> = transfers.iter().filter(|it| it["_from"] == *account).collect();
        let payers: BTreeSet<&String> = received.iter().map(|it| &it["_from"]).collect();
        assert!(payers.len() >= 8 && (1..=3).contains(&sent.len()));
        let ratio =
            sent.iter().map(|it| amount(it)).sum::<f64>() / received.iter().map(|it| amount(it)).sum::<f64>();
        assert!((0.9..1.0).contains(&ratio), "{ratio}");
        let times = received.iter().chain(&sent).map(|it| seconds(it, "time"));
        let (first, last) = (times.clone().min().unwrap(), times.max().unwrap());
        assert!(last - first <= 16 * 3600);
    }
}

#[test]
fn planted_identities_share_two_details_and_splitters_stay_below_the_threshold() {
    let demo = demo::generate(DemoKind::Fraud, 3, Scale::S);
    let accounts: BTreeMap<String, Row> = rows(&demo, "accounts.csv")
        .into_iter()
        .map(|it| (format!("accounts/{}", it["_key"]), it))
        .collect();
    for planted in patterns(&demo, "made_up_identity") {
        let distinct = |detail: &str| {
            let values: BTreeSet<&String> = planted.members.iter().map(|it| &accounts[it][detail]).collect();
            values.len()
        };
        let shared = ["phone", "address", "device", "tax_number"]
            .iter()
            .filter(|it| distinct(it) == 1);
        assert_eq!(shared.count(), 2);
        assert!((4..=8).contains(&planted.members.len()) && distinct("name") > 1);
    }
    let transfers = rows(&demo, "transfers.csv");
    for planted in patterns(&demo, "split_transfers") {
        let below = transfers
            .iter()
            .filter(|it| it["_from"] == planted.members[0] && it["_to"] == planted.members[1])
            .filter(|it| (9_000.0..10_000.0).contains(&amount(it)));
        assert!(below.count() >= 10);
    }
    let splitting: BTreeSet<&String> = patterns(&demo, "split_transfers")
        .iter()
        .map(|it| &it.members[0])
        .collect();
    let noise = transfers
        .iter()
        .filter(|it| (9_000.0..10_000.0).contains(&amount(it)) && !splitting.contains(&it["_from"]));
    assert!(noise.count() >= 50, "chance must meet the band too");
}

#[test]
fn planted_ties_are_the_only_ones_and_bought_followers_have_no_followers() {
    let demo = demo::generate(DemoKind::Social, 3, Scale::S);
    let mut group = BTreeMap::new();
    for (index, planted) in patterns(&demo, "natural_group").into_iter().enumerate() {
        group.extend(planted.members.iter().map(|it| (it.clone(), index)));
    }
    let members = |kind| -> BTreeSet<String> {
        patterns(&demo, kind)
            .iter()
            .flat_map(|it| it.members.clone())
            .collect()
    };
    let (ties, bought) = (members("only_tie"), members("bought_followers"));
    let mut tied: BTreeMap<&String, BTreeSet<usize>> = BTreeMap::new();
    let follows = rows(&demo, "follows.csv");
    for row in &follows {
        let (from, to) = (&row["_from"], &row["_to"]);
        assert!(!bought.contains(to), "{to}");
        assert!(group[from] == group[to] || ties.contains(from) || ties.contains(to));
        tied.entry(from).or_default().insert(group[to]);
    }
    assert!(ties.iter().all(|it| tied[it].len() >= 2));
    let followees: BTreeSet<&String> = follows
        .iter()
        .filter(|it| bought.contains(&it["_from"]))
        .map(|it| &it["_to"])
        .collect();
    assert_eq!(followees.len(), 4);
}

#[test]
fn planted_lock_steps_share_the_same_posts_within_half_a_minute() {
    let demo = demo::generate(DemoKind::Social, 3, Scale::S);
    let shares = rows(&demo, "shares.csv");
    for planted in patterns(&demo, "lock_step") {
        let mut times: BTreeMap<&String, Vec<i64>> = BTreeMap::new();
        for row in shares.iter().filter(|it| planted.members.contains(&it["_from"])) {
            times.entry(&row["_to"]).or_default().push(seconds(row, "time"));
        }
        let together = times.values().filter(|it| {
            it.len() * 2 > planted.members.len() && it.iter().max().unwrap() - it.iter().min().unwrap() < 30
        });
        assert!(together.count() >= 14);
    }
}

/// Without the planted supplier, what hangs on it can no longer be reached from any raw supplier.
#[test]
fn planted_sole_routes_strand_many_and_planted_loops_are_loops() {
    let demo = demo::generate(DemoKind::SupplyChain, 3, Scale::S);
    let mut next: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut has_source = BTreeSet::new();
    for file in ["supplies.csv", "makes.csv", "used_in.csv", "builds.csv"] {
        for row in rows(&demo, file) {
            has_source.insert(row["_to"].clone());
            next.entry(row["_from"].clone())
                .or_default()
                .push(row["_to"].clone());
        }
    }
    let reached = |without: &str| {
        let mut open: Vec<&String> = next.keys().filter(|it| !has_source.contains(*it)).collect();
        let mut seen: BTreeSet<&String> = open.iter().copied().collect();
        while let Some(v) = open.pop() {
            for to in next.get(v).into_iter().flatten() {
                if to != without && seen.insert(to) {
                    open.push(to);
                }
            }
        }
        seen.len()
    };
    let all = reached("");
    for planted in patterns(&demo, "sole_route") {
        // Itself, 4 suppliers of tier 2, 6 of tier 1, 15 parts and a plant at least.
        assert!(all - reached(&planted.members[0]) >= 27);
    }
    for planted in patterns(&demo, "supply_loop") {
        let members = &planted.members;
        assert!((0..members.len()).all(|it| next[&members[it]].contains(&members[(it + 1) % members.len()])));
    }
}
