//! `gaai algo run`: what the projection is where nothing is said about it.

use std::fs;

use parquet::file::reader::{FileReader, SerializedFileReader};

use super::program::{done, expect};

/// Merging transfers would keep the time of the first and the amount of the smallest.
#[test]
fn algorithms_that_count_each_edge_are_given_each() {
    let directory = tempfile::tempdir().unwrap();
    let transfers = "_from,_to,amount,time\na,b,100,2024-01-05\na,b,5000,2024-03-01\nb,c,5000,2024-03-01\n\
                     c,a,5000,2024-03-01\na,a,1,2024-03-01\n";
    fs::write(directory.path().join("transfers.csv"), transfers).unwrap();
    let run = |words: &[&str]| {
        let all = [&["algo", "run"], words, &["--graph", ".", "--weight", "amount"]].concat();
        expect(directory.path(), &all, 0)
    };
    let cycles = ["temporal_cycles", "--time", "time"];
    assert!(run(&cycles).contains("\ncycles: 1\n"), "{}", run(&cycles));
    let merged = [&cycles[..], &["--parallel", "smallest"]].concat();
    assert!(run(&merged).contains("\ncycles: 0\n"), "{}", run(&merged));
    assert!(run(&merged).contains("with the smallest weight; 1 was merged."));
    assert!(run(&["degree"]).contains("5100"), "{}", run(&["degree"]));
    assert!(run(&["degree", "--self-loops"]).contains("5101"));
}

#[test]
fn the_handbook_is_what_the_registry_says() {
    let place = tempfile::tempdir().unwrap();
    let said = expect(place.path(), &["algo", "list", "--markdown"], 0);
    let written = include_str!("../../docs/algorithms.md");
    assert!(
        said == written,
        "docs/algorithms.md is stale: write it with `gaai algo list --markdown > docs/algorithms.md`"
    );
}

#[test]
fn an_answer_is_counted_streamed_or_written() {
    let place = tempfile::tempdir().unwrap();
    fs::write(
        place.path().join("roads.csv"),
        "_from,_to\na,b\nb,c\n\"c, d\",a\n",
    )
    .unwrap();
    let run = |words: &[&str], exit| {
        let all = [
            &["algo", "run"],
            words,
            &["--graph", ".", "--direction", "directed"],
        ]
        .concat();
        expect(place.path(), &all, exit)
    };
    let stats = run(&["bfs", "--param", "sources=a", "--mode", "stats"], 0);
    assert!(
        stats.contains("reached: 3") && !stats.contains("roads"),
        "{stats}"
    );
    let rows = run(&["bfs", "--param", "sources=a", "--mode", "stream"], 0);
    let lines: Vec<&str> = rows.lines().collect();
    assert_eq!(lines.len(), 5, "{rows}");
    assert!(lines[0].starts_with("collection,key,label,hops,parent"), "{rows}");
    assert!(
        lines[4].contains("\"c, d\"") && lines[4].contains("inf"),
        "{rows}"
    );
    let json = run(&["bfs", "--param", "sources=a", "--mode", "stream", "--json"], 0);
    let first: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(
        (first["key"].as_str(), first["hops"].as_f64()),
        (Some("a"), Some(0.0))
    );
    let written = run(
        &["bfs", "--param", "sources=a", "--mode", "write", "--out", "here"],
        0,
    );
    assert!(written.contains("bfs.vertices.parquet: 4 rows"), "{written}");
    assert!(place.path().join("here/results/bfs.vertices.parquet").is_file());
    run(
        &[
            "bfs",
            "--param",
            "sources=a",
            "--mode",
            "stream",
            "--table",
            "pairs",
        ],
        2,
    );
}

#[test]
fn compressed_lists_give_the_same_table_and_what_cannot_use_them_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let rows: String = (0..400).map(|v| format!("v{v},v{}\n", v * v % 97)).collect();
    fs::write(place.path().join("roads.csv"), format!("_from,_to\n{rows}")).unwrap();
    let run = |words: &[&str], exit| {
        let all = [&["algo", "run"], words, &["--graph", "."]].concat();
        expect(place.path(), &all, exit)
    };
    for direction in ["directed", "undirected"] {
        for name in ["pagerank", "wcc", "degree", "hits"] {
            let words = [name, "--mode", "stream", "--direction", direction];
            let packed = [&words[..], &["--compressed"]].concat();
            assert_eq!(run(&packed, 0), run(&words, 0), "{name}");
        }
    }
    let bound = run(&["pagerank", "--compressed", "--estimate"], 0);
    assert!(bound.contains("with compressed lists"), "{bound}");
    run(&["triangles", "--compressed"], 2);
    run(&["wcc", "--compressed", "--parallel", "sum"], 2);
    // Nothing is looked for, much less loaded.
    let nowhere = ["algo", "run", "triangles", "--compressed", "--graph", "nowhere"];
    let json: serde_json::Value =
        serde_json::from_str(&expect(place.path(), &["algo", "show", "triangles", "--json"], 0)).unwrap();
    assert_eq!(
        (&json["name"], &json["compressed"]),
        (&"triangles".into(), &false.into())
    );
    expect(place.path(), &nowhere, 2);
}

#[test]
fn rows_that_are_not_the_whole_answer_are_said_beside_them() {
    let place = tempfile::tempdir().unwrap();
    fs::write(
        place.path().join("roads.csv"),
        "_from,_to,km\na,b,1\nb,a,1\nb,c,\nc,b,1\na,a,1\n",
    )
    .unwrap();
    let run = |words: &[&str]| {
        let graph = ["--graph", ".", "--direction", "directed"];
        let output = done(place.path(), &[&["algo", "run"], words, &graph].concat());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&output.stdout), text(&output.stderr))
    };
    let cycles = ["cycles", "--param", "max_cycles=1", "--quiet", "--mode"];
    let (rows, said) = run(&[&cycles[..], &["stream"]].concat());
    assert!(said.contains("truncated: 1 listed, more may exist"), "{said}");
    assert!(!rows.contains("truncated"), "{rows}");
    let (_, nothing) = run(&["degree", "--self-loops", "--mode", "stream"]);
    assert_eq!(nothing, "");
    let (_, left_out) = run(&["degree", "--weight", "km", "--mode", "stream", "--json"]);
    assert!(
        left_out.contains("1 edge without a finite weight `km` was left out"),
        "{left_out}"
    );
    let (rounds, said) = run(&[
        "pagerank",
        "--param",
        "max_iterations=1",
        "--mode",
        "stream",
        "--json",
    ]);
    assert!(said.contains("not settled: stopped after 1 round"), "{said}");
    assert!(rounds.lines().all(|it| it.starts_with('{')), "{rounds}");
    let (json, said) = run(&[&cycles[..], &["write", "--json"]].concat());
    assert!(said.contains("truncated: 1 listed"), "{said}");
    let written: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(written["algorithm"]["name"], "cycles");
    assert_eq!(written["algorithm"]["max_cycles"], 1);
    assert_eq!(written["exactness"]["truncated"]["listed"], 1);
    assert_eq!(written["graph_hash"].as_str().unwrap().len(), 64);
    let file = place
        .path()
        .join("output")
        .join(written["tables"][0]["path"].as_str().unwrap());
    let reader = SerializedFileReader::new(fs::File::open(file).unwrap()).unwrap();
    let notes = reader.metadata().file_metadata().key_value_metadata().unwrap();
    for (key, field) in [
        ("gaai.algorithm", "algorithm"),
        ("gaai.graph_hash", "graph_hash"),
        ("gaai.exactness", "exactness"),
        ("gaai.exclusions", "exclusions"),
        ("gaai.conventions", "conventions"),
        ("gaai.summary", "summary"),
    ] {
        let note = notes.iter().find(|it| it.key == key).unwrap();
        let note: serde_json::Value = serde_json::from_str(note.value.as_deref().unwrap()).unwrap();
        assert_eq!(note, written[field], "{key}");
    }
}

#[test]
fn the_budget_is_that_of_the_flags_or_of_the_project() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("roads.csv"), "_from,_to\na,b\nb,c\n").unwrap();
    let run = |words: &[&str], exit| {
        let output = done(
            place.path(),
            &[&["algo", "run", "pagerank", "--graph", "roads.csv"], words].concat(),
        );
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(exit), "{words:?} {said}");
        said
    };
    run(&["--threads", "1", "--budget-time", "5m"], 0);
    let refused = run(&["--budget-memory", "100B"], 3);
    assert!(refused.contains("`--budget-memory "), "{refused}");
    fs::write(place.path().join("gaai.toml"), "budget_memory = \"100B\"\n").unwrap();
    assert_eq!(run(&[], 3), refused);
    run(&["--budget-memory", "1GB"], 0);
    run(&["--budget-memory", "lots"], 2);
}

#[test]
fn parameters_are_read_by_their_kind() {
    let place = tempfile::tempdir().unwrap();
    fs::write(
        place.path().join("towns.csv"),
        "_key,2024\na,x\nb,y\n\"c, d\",x\n",
    )
    .unwrap();
    fs::write(
        place.path().join("roads.csv"),
        "_from,_to\ntowns/a,towns/b\n\"towns/c, d\",towns/a\n",
    )
    .unwrap();
    let run = |words: &[&str], exit| {
        let all = [&["algo", "run"], words, &["--graph", ".", "--mode", "stats"]].concat();
        expect(place.path(), &all, exit)
    };
    let listed = run(
        &["bfs", "--param", "sources=[\"c, d\"]", "--direction", "directed"],
        0,
    );
    assert!(listed.contains("reached: 3"), "{listed}");
    let parted = run(&["bfs", "--param", "sources=a, b", "--direction", "directed"], 0);
    assert!(parted.contains("reached: 2"), "{parted}");
    let attribute = [
        "component_aggregation",
        "--attributes",
        "2024",
        "--param",
        "attribute=2024",
    ];
    run(&attribute, 0);
    run(
        &["pagerank", "--param", "damping=0.5", "--param", "damping=0.6"],
        2,
    );
    run(&["pagerank", "--param", "damping=half"], 2);
}

/// Sums of nothing are minus zero, which no reader expects of a vertex without edges.
#[test]
fn a_vertex_without_edges_has_a_weight_of_zero_in_every_form() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("towns.csv"), "_key,name\na,A\nb,B\nc,C\n").unwrap();
    fs::write(
        place.path().join("roads.csv"),
        "_from,_to,km\ntowns/a,towns/b,2.5\n",
    )
    .unwrap();
    let degree = ["algo", "run", "degree", "--graph", ".", "--weight", "km"];
    for form in [
        &["--json"][..],
        &["--json", "--mode", "stream"],
        &["--mode", "stream"],
    ] {
        let said = expect(place.path(), &[&degree[..], form].concat(), 0);
        assert!(said.contains("2.5"), "{said}");
        assert!(!said.contains("-0.0") && !said.contains(",-0"), "{said}");
    }
}

#[test]
fn a_flag_of_another_mode_is_refused() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("roads.csv"), "_from,_to\na,b\nb,c\n").unwrap();
    let run = |words: &[&str], exit| {
        let all = [&["algo", "run", "degree", "--graph", "."], words].concat();
        expect(place.path(), &all, exit)
    };
    for flag in [["--table", "vertices"], ["--out", "here"]] {
        run(&flag, 2);
        run(&[&flag[..], &["--mode", "stats"]].concat(), 2);
    }
    run(&["--top", "2", "--mode", "stream"], 2);
    run(&["--table", "vertices", "--mode", "stream"], 0);
    assert!(run(&["--top", "2"], 0).contains("vertices: 2 of 3 rows"));
    let rows = |words: &[&str]| {
        let json: serde_json::Value = serde_json::from_str(&run(words, 0)).unwrap();
        json["tables"][0]["values"].as_array().unwrap().len()
    };
    assert_eq!((rows(&["--json"]), rows(&["--json", "--top", "2"])), (3, 2));
}
