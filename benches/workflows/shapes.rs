//! Shapes of workflows whose steps sleep: makespan by what no schedule can beat, and sequential beside parallel.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::Path;

use crate::{measured, spread};

const ROUNDS: usize = 5;
/// Steps that run at once.
const JOBS: usize = 4;

/// A step: what it waits for, and how long it sleeps in milliseconds.
type Step = (Vec<usize>, u64);

fn shapes() -> [(&'static str, Vec<Step>); 4] {
    let chain = (0..10)
        .map(|it: usize| (it.checked_sub(1).into_iter().collect(), 100))
        .collect();
    let mut diamond: Vec<Step> = vec![(Vec::new(), 100)];
    diamond.extend((0..4).map(|_| (vec![0], 200)));
    diamond.push(((1..5).collect(), 100));
    let wide = (0..16).map(|_| (Vec::new(), 200)).collect();
    // Two branches of unlike length that meet, a fan in the middle, and a tail.
    let mixed = vec![
        (vec![], 100),
        (vec![0], 300),
        (vec![0], 100),
        (vec![2], 100),
        (vec![2], 150),
        (vec![2], 50),
        (vec![3, 4, 5], 100),
        (vec![1, 6], 100),
        (vec![7], 200),
    ];
    [
        ("chain", chain),
        ("diamond", diamond),
        ("wide", wide),
        ("mixed", mixed),
    ]
}

/// Milliseconds that no schedule can beat: the longest chain, or the work by place.
fn bound_ms(steps: &[Step], jobs: usize) -> f64 {
    let mut ends: Vec<u64> = Vec::new();
    for (before, takes) in steps {
        let begins = before.iter().map(|it| ends[*it]).max().unwrap_or(0);
        ends.push(begins + takes);
    }
    let work: u64 = steps.iter().map(|(_, takes)| takes).sum();
    (ends.into_iter().max().unwrap_or(0) as f64).max(work as f64 / jobs as f64)
}

fn workflow(steps: &[Step]) -> String {
    let mut text = "name: Shape\nversion: 1.0.0\nsteps:\n".to_owned();
    for (place, (before, takes)) in steps.iter().enumerate() {
        let names: Vec<String> = before.iter().map(|it| format!("s{it}")).collect();
        let seconds = *takes as f64 / 1e3;
        // Writing to a text cannot fail.
        let _ = writeln!(
            text,
            "  - id: s{place}\n    type: script\n    dependsOn: [{}]\n    config: {{ command: sleep, args: [\"{seconds}\"] }}",
            names.join(", ")
        );
    }
    text
}

pub(crate) fn measure(directory: &Path, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(
        out,
        "shapes of sleeping processes, {JOBS} at once, {ROUNDS} rounds: median makespan by the bound; sequential"
    )?;
    for (name, steps) in shapes() {
        let file = directory.join(format!("{name}.yaml"));
        fs::write(&file, workflow(&steps))?;
        let (mut parallel, mut sequential) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            for (jobs, figures) in [(JOBS, &mut parallel), (1, &mut sequential)] {
                let run = directory.join(format!("{name}-{jobs}-{round}"));
                figures.push(measured::measure(&file, &run, jobs)?.run.as_secs_f64() * 1e3);
            }
        }
        let bound = bound_ms(&steps, JOBS);
        let ((parallel, ..), (sequential, ..)) = (spread(parallel), spread(sequential));
        writeln!(
            out,
            "  {name:<8} {parallel:.0} ms by {bound:.0} ms: {:.3}; one at a time {sequential:.0} ms, {:.0} % less",
            parallel / bound,
            100.0 * (1.0 - parallel / sequential)
        )?;
    }
    Ok(())
}
