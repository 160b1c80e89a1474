//! Shapes of branches within this program: ten at once beside one after the other.

use std::io::Write;
use std::time::Duration;

use gaai::workflow::branches::Shape;

use super::spread;

/// Branches of a shape, and what each of them takes.
const COUNT: usize = 60;
const EACH: Duration = Duration::from_millis(10);

/// Branches at once.
const JOBS: usize = 10;

const ROUNDS: usize = 5;

pub(crate) fn measure(out: &mut impl Write) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    writeln!(
        out,
        "branches, {COUNT} of {} ms, {JOBS} at once, {ROUNDS} rounds: median; one at a time",
        EACH.as_millis()
    )?;
    for shape in Shape::ALL {
        let (mut beside, mut in_turn) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            for (jobs, figures) in [(JOBS, &mut beside), (1, &mut in_turn)] {
                let report = runtime.block_on(shape.run(COUNT, EACH, jobs))?.completed()?;
                figures.push(report.took.as_secs_f64() * 1e3);
            }
        }
        let ((beside, ..), (in_turn, ..)) = (spread(beside), spread(in_turn));
        writeln!(
            out,
            "  {:<8} {beside:.0} ms; {in_turn:.0} ms, {:.0} % less",
            format!("{shape:?}"),
            100.0 * (1.0 - beside / in_turn)
        )?;
    }
    Ok(())
}
