//! Laws of whole files: nothing is fetched, nothing from the data is live, nothing can be altered
//! unnoticed, nothing but the block of run facts differs between runs.

use pulldown_cmark::{Event, Options, Parser};

use super::sample::{report, volatile};
use super::sample_index::run_report;
use super::*;
use crate::assets::Assets;
use crate::model::report::{Report, Volatile};

const HOSTILE: &str = "<script>alert(1)</script>|`x`[a](http://evil.example)";

fn layouts() -> Layouts {
    Layouts::of(&Assets::embedded()).unwrap()
}

fn renderer() -> Renderer {
    Renderer::new(&layouts()).unwrap()
}

fn links() -> Links {
    Links::to("1-critical-points")
}

fn drawn(report: &Report, format: Format) -> String {
    String::from_utf8(
        renderer()
            .render_report(report, &volatile(), &links(), format)
            .unwrap(),
    )
    .unwrap()
}

fn index(format: Format) -> String {
    String::from_utf8(
        renderer()
            .render_index(&run_report(), &volatile(), format)
            .unwrap(),
    )
    .unwrap()
}

/// The sample with a hostile text wherever the data or the brief can put one.
fn hostile() -> Report {
    let mut report = report();
    let text = || HOSTILE.to_owned();
    report.graph = text();
    report.brief = text();
    report.use_case.question = text();
    report.facts[0].value = crate::model::fact::FactValue::Text(text());
    let finding = &mut report.findings[0];
    finding.title = text();
    finding.caveats = vec![text()];
    finding.tags = vec![text()];
    finding.evidence.rows[0].values[0] = Some(crate::model::fact::FactValue::Text(text()));
    finding.evidence.columns[0].title = text();
    finding.picture.as_mut().unwrap().vertices[0].label = text();
    finding.picture.as_mut().unwrap().vertices[0].id = format!("stations/{HOSTILE}");
    finding.chart.as_mut().unwrap().bars[0].label = text();
    report.failures = vec![crate::model::report::Failure {
        what: text(),
        reason: text(),
    }];
    report.verdict.dropped = vec![text()];
    report.lineage.inputs[0].0 = text();
    report
}

#[test]
fn html_asks_the_network_for_nothing() {
    for page in [drawn(&report(), Format::Html), index(Format::Html)] {
        let without_names = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        assert!(!without_names.contains("http://") && !without_names.contains("https://"));
        assert!(!page.contains("src=") && !page.contains("@import") && !page.contains("url("));
        assert!(page.contains("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-"));
    }
}

#[test]
fn the_policy_names_the_hash_of_the_script_on_the_page() {
    for page in [drawn(&report(), Format::Html), index(Format::Html)] {
        let script = page
            .rsplit("<script>")
            .next()
            .unwrap()
            .split("</script>")
            .next()
            .unwrap();
        assert!(page.contains(&format!("script-src '{}'", page::script_hash(script))));
        assert_eq!(
            page.matches("<script").count(),
            2,
            "the script and the embedded JSON"
        );
        assert!(script.len() <= 15 * 1024, "{} bytes of script", script.len());
    }
}

#[test]
fn a_hostile_name_is_inert_in_html() {
    let page = drawn(&hostile(), Format::Html);
    assert_eq!(page.matches("<script").count(), 2);
    assert!(!page.contains("href=\"http"));
    let body = page.split("</style>").nth(1).unwrap();
    assert!(
        !body
            .split("<script type=\"application/json\"")
            .next()
            .unwrap()
            .contains("alert(1)<")
    );
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
}

#[test]
fn a_hostile_name_is_inert_in_markdown() {
    for page in [drawn(&hostile(), Format::Markdown), index(Format::Markdown)] {
        for event in Parser::new_ext(&page, Options::all()) {
            match event {
                Event::InlineHtml(html) => panic!("{html}"),
                Event::Html(html) => assert!(html.starts_with("<!-- run facts: "), "{html}"),
                Event::Start(pulldown_cmark::Tag::Link { dest_url, .. }) => {
                    assert!(!dest_url.contains("://"), "{dest_url}");
                }
                Event::Code(code) => panic!("{code}"),
                _ => {}
            }
        }
    }
}

#[test]
fn a_hostile_name_commands_no_terminal() {
    let mut report = hostile();
    report.use_case.title = "a\u{1b}[31mb\nc".to_owned();
    let page = drawn(&report, Format::Text);
    assert!(!page.contains('\u{1b}'));
    assert!(page.starts_with("a\u{fffd}[31mb c\n"));
}

#[test]
fn text_keeps_to_eighty_columns() {
    for page in [drawn(&report(), Format::Text), index(Format::Text)] {
        for line in page.lines() {
            let one_word = !line.trim().contains(' ');
            assert!(line.chars().count() <= 80 || one_word, "{line}");
        }
    }
}

#[test]
fn json_comes_back_as_it_went() {
    let (back, run) = read_report(drawn(&report(), Format::Json).as_bytes()).unwrap();
    assert_eq!((back, run), (report(), volatile()));
    let (back, run) = read_index(index(Format::Json).as_bytes()).unwrap();
    assert_eq!((back, run), (run_report(), volatile()));
}

#[test]
fn json_of_another_version_is_refused() {
    let other = drawn(&report(), Format::Json).replacen(SCHEMA, "gaai-report/0", 1);
    let error = read_report(other.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("gaai-report/0"), "{error}");
}

#[test]
fn the_json_within_the_page_is_the_report() {
    let page = drawn(&hostile(), Format::Html);
    let json = page
        .split("id=\"gaai-report\">")
        .nth(1)
        .unwrap()
        .split("</script>")
        .next()
        .unwrap();
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(value["report"], serde_json::to_value(hostile()).unwrap());
    assert_eq!(value["schema"], SCHEMA);
}

#[test]
fn runs_differ_in_the_marked_block_only() {
    let other = Volatile {
        run: "20270101-000000-london".to_owned(),
        started: "2027-01-01T00:00:00Z".to_owned(),
        lines: vec![("host".to_owned(), "another".to_owned())],
    };
    let renderer = renderer();
    for format in Format::ALL {
        let one = renderer
            .render_report(&report(), &volatile(), &links(), format)
            .unwrap();
        let two = renderer
            .render_report(&report(), &other, &links(), format)
            .unwrap();
        assert_ne!(one, two);
        assert_eq!(without_run_facts(&one, format), without_run_facts(&two, format));
        assert!(without_run_facts(&one, format).len() < one.len());
        let one = renderer.render_index(&run_report(), &volatile(), format).unwrap();
        let two = renderer.render_index(&run_report(), &other, format).unwrap();
        assert_eq!(without_run_facts(&one, format), without_run_facts(&two, format));
    }
}

#[test]
fn any_altered_digit_is_noticed() {
    let renderer = renderer();
    for format in [Format::Html, Format::Markdown, Format::Text] {
        let clean = drawn(&report(), format).into_bytes();
        let files = [(format, clean.clone())];
        assert_eq!(
            renderer
                .check_files(&report(), &volatile(), &links(), &files)
                .unwrap(),
            Vec::<String>::new()
        );
        let digits: Vec<usize> = (0..clean.len())
            .filter(|at| clean[*at].is_ascii_digit())
            .collect();
        // Drawing again for each of thousands of digits would take minutes; comparison is by bytes,
        // so a spread of them shows as much.
        for at in digits.iter().step_by(digits.len() / 12) {
            let mut altered = clean.clone();
            altered[*at] = if altered[*at] == b'9' {
                b'8'
            } else {
                altered[*at] + 1
            };
            let faults = renderer
                .check_files(&report(), &volatile(), &links(), &[(format, altered)])
                .unwrap();
            assert!(!faults.is_empty(), "byte {at} of the {} file", format.extension());
        }
    }
}

#[test]
fn an_altered_claim_is_named_with_its_fact() {
    let page = drawn(&report(), Format::Html).replacen(">22 stations</data>", ">23 stations</data>", 1);
    let files = [(Format::Html, page.into_bytes())];
    let faults = renderer()
        .check_files(&report(), &volatile(), &links(), &files)
        .unwrap();
    insta::assert_snapshot!(
        faults[0],
        @"1-critical-points.html: claim critical_points.1.0 shows `23 stations` for F2, the fact is `22 stations`"
    );
}

#[test]
fn a_claim_with_an_unknown_fact_is_not_drawn() {
    let mut report = report();
    report.facts.remove(1);
    let error = renderer()
        .render_report(&report, &volatile(), &links(), Format::Text)
        .unwrap_err();
    assert!(matches!(error, ReportError::UnknownFact { .. }), "{error}");
}

#[test]
fn every_number_of_a_claim_leads_to_its_fact() {
    let page = drawn(&report(), Format::Html);
    for href in page
        .split("<a class=\"number\" href=\"#")
        .skip(1)
        .map(|it| it.split('"').next().unwrap())
    {
        assert_eq!(page.matches(&format!("<tr id=\"{href}\"")).count(), 1, "{href}");
    }
    assert!(
        page.contains("href=\"#row-critical_points.1-3\""),
        "the first fact leads to its evidence row"
    );
}

#[test]
fn every_link_within_a_page_has_its_target_and_ids_are_unique() {
    for page in [drawn(&report(), Format::Html), index(Format::Html)] {
        let body = page
            .split("</style>")
            .nth(1)
            .unwrap()
            .split("id=\"gaai-report\"")
            .next()
            .unwrap();
        let mut ids: Vec<&str> = body
            .split(" id=\"")
            .skip(1)
            .map(|it| it.split('"').next().unwrap())
            .collect();
        for target in body
            .split("href=\"#")
            .skip(1)
            .map(|it| it.split('"').next().unwrap())
        {
            assert!(ids.contains(&target), "{target}");
        }
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "an id occurs twice");
    }
}

#[test]
fn headings_step_down_one_at_a_time_from_one_h1() {
    for page in [drawn(&report(), Format::Html), index(Format::Html)] {
        let body = page
            .split("</style>")
            .nth(1)
            .unwrap()
            .split("id=\"gaai-report\"")
            .next()
            .unwrap();
        let levels: Vec<u32> = body
            .split("<h")
            .skip(1)
            .filter_map(|it| it.chars().next().and_then(|it| it.to_digit(10)))
            .collect();
        assert_eq!(levels.iter().filter(|it| **it == 1).count(), 1);
        assert!(levels.windows(2).all(|it| it[1] <= it[0] + 1), "{levels:?}");
    }
}

#[test]
fn pages_are_small() {
    assert!(drawn(&report(), Format::Html).len() < 400_000);
    assert!(index(Format::Html).len() < 400_000);
}

/// A brief of thousands of items, or one long item, costs neither the index nor the browser.
#[test]
fn a_long_brief_makes_no_large_index() {
    let mut run = run_report();
    run.requirements.statements = vec![run.requirements.statements[0].clone(); 4_312];
    run.coverage = vec![run.coverage[0].clone(); 4_312];
    run.coverage[0].text = "x".repeat(3_000_000);
    let page = renderer().render_index(&run, &volatile(), Format::Html).unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(page.len() < 1_000_000, "{}", page.len());
    assert!(page.contains("the first 200 of 4,312"));
}

#[test]
fn a_sentence_that_cites_nothing_is_drawn_as_guidance() {
    let mut report = report();
    let finding = &mut report.findings[0];
    finding.severity_reason.text = "It is so.".to_owned();
    finding.severity_reason.facts.clear();
    assert!(drawn(&report, Format::Html).contains("<span class=\"guidance\">It is so.</span>"));
    assert!(drawn(&report, Format::Markdown).contains("◇ It is so."));
}

#[test]
fn what_a_detector_counted_is_shown_in_its_evidence() {
    use crate::model::fact::{Derivation, DetectedWant};
    let mut report = report();
    report.facts[0].execution = Some(report.findings[0].template.clone());
    report.facts[0].derivation = Derivation::Detected {
        detector: Box::default(),
        want: DetectedWant::Count,
    };
    let place = super::finding_view::evidence_of(&report.facts[0], &report.findings);
    assert_eq!(place.unwrap().1, "evidence of critical_points.1");
}

#[test]
fn a_page_that_carries_too_much_names_its_json_instead() {
    let mut report = report();
    let instance = report.findings[0].instances[0].clone();
    report.findings[0].instances = vec![instance; 20_000];
    let page = drawn(&report, Format::Html);
    assert!(page.len() < 400_000);
    assert!(page.contains("{\"schema\":\"gaai-report/1\",\"see\":\"1-critical-points.json\"}"));
}

#[test]
fn layouts_for_html_put_no_data_in_unescaped() {
    for (name, source) in layouts().0 {
        if !name.contains("html") {
            continue;
        }
        for raw in source
            .split("{{{")
            .skip(1)
            .map(|it| it.split("}}}").next().unwrap())
        {
            let ours = ["carried.style", "carried.script", "carried.json"].contains(&raw);
            let drawing = raw.ends_with(".svg") || raw == "severity.sign";
            assert!(ours || drawing, "{name} has {{{{{{{raw}}}}}}}");
        }
    }
}

#[test]
fn a_layout_that_asks_for_what_is_not_there_is_an_error() {
    let mut altered = layouts();
    altered
        .0
        .insert("text.hbs".to_owned(), "{{head.colour}}".to_owned());
    let renderer = Renderer::new(&altered).unwrap();
    let error = renderer
        .render_report(&report(), &volatile(), &links(), Format::Text)
        .unwrap_err();
    assert!(matches!(error, ReportError::Drawing { .. }), "{error}");
    altered.0.remove("index_html.hbs");
    assert!(matches!(
        Renderer::new(&altered),
        Err(ReportError::MissingLayout { .. })
    ));
}

#[test]
fn the_text_of_a_report_reads_well() {
    insta::assert_snapshot!("report_text", drawn(&report(), Format::Text));
    insta::assert_snapshot!("index_text", index(Format::Text));
}

#[test]
fn the_markdown_of_a_report_reads_well() {
    insta::assert_snapshot!("report_markdown", drawn(&report(), Format::Markdown));
    insta::assert_snapshot!("index_markdown", index(Format::Markdown));
}

/// Relative luminance of `#rrggbb`, by WCAG 2.1.
fn luminance(colour: &str) -> f64 {
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.03928 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

#[test]
fn text_stands_out_in_every_theme() {
    let layouts = layouts();
    let style = layouts.get("page.css").unwrap();
    let themes: Vec<&str> = style.split("--paper: ").skip(1).collect();
    assert_eq!(themes.len(), 4, "light, dark by system, dark by choice, print");
    for theme in themes {
        let paper = &theme[..7];
        let value = |name: &str| {
            let from = theme.find(&format!("--{name}: ")).unwrap() + name.len() + 4;
            &theme[from..from + 7]
        };
        let texts = [
            "ink", "muted", "accent", "mark", "critical", "high", "medium", "low", "info",
        ];
        for (text, ground) in texts.iter().flat_map(|it| [(it, paper), (it, value("ground"))]) {
            let (a, b) = (luminance(value(text)), luminance(ground));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= 4.5, "{text} on {ground}: {contrast:.2}");
        }
    }
}

#[test]
fn without_script_only_what_needs_it_is_hidden() {
    for page in [drawn(&report(), Format::Html), index(Format::Html)] {
        let body = page
            .split("</style>")
            .nth(1)
            .unwrap()
            .split("id=\"gaai-report\"")
            .next()
            .unwrap();
        for element in body
            .split('<')
            .filter(|it| it.split('>').next().is_some_and(|it| it.ends_with(" hidden")))
        {
            assert!(
                element.starts_with("button") || element.starts_with("label class=\"filter\""),
                "{element}"
            );
        }
    }
}
