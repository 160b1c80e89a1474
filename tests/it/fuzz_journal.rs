//! Fuzz target for journals: any bytes are refused or give records that follow one another.

use gaai::trace::{History, TraceFormat, export, parse};

#[test]
fn any_bytes_are_refused_or_give_records_in_order() {
    bolero::check!()
        .with_iterations(2000)
        .with_max_len(400)
        .for_each(|bytes: &[u8]| check(bytes));
}

/// Lines with valid sums reach what random bytes do not: the records and their fold.
#[test]
fn any_lines_with_valid_sums_are_refused_or_drawn() {
    const BODIES: [&str; 6] = [
        r#""at_ms":0,"event":"run_started","run":"r","version":"","request":"","inputs":""}"#,
        r#""at_ms":9223372036854775807,"event":"task_queued","task":"a","stage":"schema","after":["a","b"]}"#,
        r#""at_ms":-9223372036854775808,"event":"task_started","task":"a","attempt":4294967295}"#,
        r#""at_ms":5,"event":"task_finished","task":"a","artefact":"","elapsed_us":9007199254740993}"#,
        r#""at_ms":5,"event":"run_resumed","reused":0}"#,
        r#""at_ms":5,"event":"nonsense"}"#,
    ];
    bolero::check!()
        .with_iterations(1000)
        .with_max_len(12)
        .for_each(|choices: &[u8]| {
            let mut text = String::new();
            for (seq, choice) in choices.iter().enumerate() {
                let body = format!("\"seq\":{seq},{}", BODIES[usize::from(*choice) % BODIES.len()]);
                let sum = crc32fast::hash(format!("{{{body}").as_bytes());
                text.push_str(&format!("{{\"crc\":\"{sum:08x}\",{body}\n"));
            }
            check(text.as_bytes());
        });
}

fn check(bytes: &[u8]) {
    let Ok(reading) = parse(bytes, "fuzz") else { return };
    assert_eq!(reading.kept + reading.torn, bytes.len() as u64);
    for (place, record) in reading.records.iter().enumerate() {
        assert_eq!(record.seq, place as u64);
    }
    // A refusal is an answer; a panic is not.
    let _ = History::replay(&reading.records);
    for format in TraceFormat::ALL {
        export(&reading.records, format, &mut std::io::sink()).unwrap();
    }
}
