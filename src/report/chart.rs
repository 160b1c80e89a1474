//! Charts as SVG: ranked bars, group sizes, histograms. Each has a table of the same values beside it.
//!
//! Scales begin at 0, so that lengths compare. Bars beyond [`MOST_BARS`] are in the table only.

use super::svg::{Anchor, Canvas, Svg, cut, width_of};
use crate::algorithms::Quantity;
use crate::model::fact::{Fact, FactValue};
use crate::model::finding::{Bar, Chart, ChartKind};
use crate::model::format;

/// Bars drawn at most.
pub(super) const MOST_BARS: usize = 20;
const WIDTH: f64 = 560.0;
const ROW: f64 = 26.0;
const SIZE: f64 = 13.0;

/// A value with its unit as it stands beside a bar.
pub(super) fn value_text(chart: &Chart, value: f64) -> String {
    let value = match chart.quantity {
        Quantity::Count | Quantity::Hops if value.fract() == 0.0 && value.abs() < 1e15 => {
            FactValue::Integer(value as i64)
        }
        _ => FactValue::Number(value),
    };
    format::render(&value, chart.quantity, &chart.unit)
}

/// The chart of a finding. `id` names it on its page; `facts` are those of the report, of which
/// `chart.marks` are drawn as lines.
pub(super) fn draw(chart: &Chart, facts: &[Fact], id: &str) -> Svg {
    let marks = marks(chart, facts);
    match chart.kind {
        ChartKind::Histogram => columns(chart, &marks, id),
        ChartKind::Ranking | ChartKind::Sizes => bars(chart, &marks, id),
    }
}

/// A marked fact: value and text.
struct Mark {
    value: f64,
    text: String,
}

fn marks(chart: &Chart, facts: &[Fact]) -> Vec<Mark> {
    let cited = chart
        .marks
        .iter()
        .filter_map(|id| facts.iter().find(|it| &it.id == id));
    cited
        .filter_map(|fact| {
            let value = match fact.value {
                FactValue::Integer(value) => value as f64,
                FactValue::Number(value) if value.is_finite() => value,
                FactValue::Number(_) | FactValue::Text(_) | FactValue::List(_) => return None,
            };
            let name = fact.name.replace('_', " ");
            let text = format::render(&fact.value, fact.quantity, &fact.unit);
            Some(Mark {
                value,
                text: format!("{name}: {text}"),
            })
        })
        .collect()
}

/// The greatest value that the scale must hold; never 0, so that it can be divided by.
fn top(values: impl Iterator<Item = f64>) -> f64 {
    let top = values.filter(|it| it.is_finite()).fold(0.0_f64, f64::max);
    if top > 0.0 { top } else { 1.0 }
}

fn finite(value: f64) -> f64 {
    if value.is_finite() { value.max(0.0) } else { 0.0 }
}

fn bars(chart: &Chart, marks: &[Mark], id: &str) -> Svg {
    let shown: Vec<&Bar> = chart.bars.iter().take(MOST_BARS).collect();
    let labels: Vec<String> = shown.iter().map(|it| cut(&it.label, 30)).collect();
    let values: Vec<String> = shown.iter().map(|it| value_text(chart, it.value)).collect();
    let widest = |texts: &[String]| texts.iter().map(|it| width_of(it, SIZE)).fold(0.0, f64::max);
    let left = (widest(&labels) + 14.0).min(WIDTH * 0.42);
    let right = widest(&values) + 10.0;
    let room = (WIDTH - left - right).max(60.0);
    let top = top(shown
        .iter()
        .map(|it| it.value)
        .chain(marks.iter().map(|it| it.value)));
    let head = if marks.is_empty() {
        4.0
    } else {
        4.0 + 18.0 * marks.len() as f64
    };
    let height = head + ROW * shown.len() as f64 + 6.0;

    let mut canvas = Canvas::new();
    for (at, bar) in shown.iter().enumerate() {
        let y = head + ROW * at as f64;
        let length = (finite(bar.value) / top * room).max(if bar.value > 0.0 { 1.5 } else { 0.0 });
        let hint = format!("{}: {}", bar.label, values[at]);
        canvas.rect("bar", (left, y + 4.0), (length, ROW - 8.0), &hint);
        canvas.text("label", (left - 8.0, y + 18.0), Anchor::End, &labels[at]);
        canvas.text(
            "value",
            (left + length + 6.0, y + 18.0),
            Anchor::Start,
            &values[at],
        );
    }
    canvas.line("axis", (left, head), (left, height - 4.0));
    for (at, mark) in marks.iter().enumerate() {
        let x = left + finite(mark.value) / top * room;
        let y = 14.0 + 18.0 * at as f64;
        canvas.line("mark", (x, y + 4.0), (x, height - 4.0));
        let anchor = if x > WIDTH / 2.0 {
            Anchor::End
        } else {
            Anchor::Start
        };
        canvas.text("mark-label", (x, y), anchor, &mark.text);
    }
    canvas.finish(id, "chart", (WIDTH, height), &chart.title, &chart.description)
}

fn columns(chart: &Chart, marks: &[Mark], id: &str) -> Svg {
    const HEIGHT: f64 = 240.0;
    const FOOT: f64 = 46.0;
    const LEFT: f64 = 64.0;
    let count = chart.bars.len().max(1);
    let top = nice(top(chart.bars.iter().map(|it| it.value)));
    let step = (WIDTH - LEFT - 8.0) / count as f64;
    let base = HEIGHT - FOOT;
    let scale = (base - 18.0) / top;

    let mut canvas = Canvas::new();
    for part in [0.0, 0.5, 1.0] {
        let y = base - top * part * scale;
        canvas.line("grid", (LEFT, y), (WIDTH, y));
        canvas.text(
            "value",
            (LEFT - 8.0, y + 4.0),
            Anchor::End,
            &format::rounded(top * part),
        );
    }
    // Labels stand where they have room: every `every`-th one.
    let widest = chart
        .bars
        .iter()
        .map(|it| width_of(&it.label, SIZE))
        .fold(0.0, f64::max);
    let every = (((widest.min(110.0)) + 8.0) / step).ceil().max(1.0) as usize;
    for (at, bar) in chart.bars.iter().enumerate() {
        let x = LEFT + step * at as f64;
        let height = (finite(bar.value) * scale).max(if bar.value > 0.0 { 1.5 } else { 0.0 });
        let hint = format!("{}: {}", bar.label, format::rounded(bar.value));
        canvas.rect(
            "bar",
            (x + step * 0.06, base - height),
            (step * 0.88, height),
            &hint,
        );
        if at % every == 0 {
            canvas.text(
                "label",
                (x + step / 2.0, base + 18.0),
                Anchor::Middle,
                &cut(&bar.label, 16),
            );
        }
    }
    canvas.line("axis", (LEFT, base), (WIDTH, base));
    let notes: Vec<&str> = marks.iter().map(|it| it.text.as_str()).collect();
    let foot = match (notes.is_empty(), chart.unit.is_empty()) {
        (true, true) => String::new(),
        (true, false) => chart.unit.clone(),
        (false, _) => notes.join(" · "),
    };
    canvas.text(
        "mark-label",
        ((LEFT + WIDTH) / 2.0, HEIGHT - 6.0),
        Anchor::Middle,
        &cut(&foot, 80),
    );
    canvas.finish(id, "chart", (WIDTH, HEIGHT), &chart.title, &chart.description)
}

/// The next round number, at least `value`: half of it is round too.
fn nice(value: f64) -> f64 {
    let mut decade = 1.0;
    while decade * 10.0 < value {
        decade *= 10.0;
    }
    while decade >= value {
        decade /= 10.0;
    }
    let steps = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0].map(|it| it * decade);
    steps.into_iter().find(|it| *it >= value).unwrap_or(decade * 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(kind: ChartKind, bars: &[(&str, f64)]) -> Chart {
        let bar = |(label, value): &(&str, f64)| Bar {
            label: (*label).to_owned(),
            value: *value,
        };
        Chart {
            kind,
            title: "T".to_owned(),
            description: "D".to_owned(),
            quantity: Quantity::Count,
            unit: "stations".to_owned(),
            bars: bars.iter().map(bar).collect(),
            marks: Vec::new(),
        }
    }

    /// Widths of the bars of a drawing, in order.
    fn widths(svg: &Svg) -> Vec<f64> {
        let bars = svg.as_str().split(r#"<rect class="bar""#).skip(1);
        bars.map(|it| {
            it.split("width=\"")
                .nth(1)
                .unwrap()
                .split('"')
                .next()
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect()
    }

    #[test]
    fn lengths_are_proportional_to_values() {
        let drawn = widths(&draw(
            &chart(ChartKind::Ranking, &[("a", 100.0), ("b", 50.0), ("c", 0.0)]),
            &[],
            "c",
        ));
        assert!((drawn[0] / drawn[1] - 2.0).abs() < 0.01);
        assert!(drawn[2].abs() < f64::EPSILON);
    }

    #[test]
    fn labels_cannot_break_out() {
        for kind in [ChartKind::Ranking, ChartKind::Histogram, ChartKind::Sizes] {
            let svg = draw(&chart(kind, &[("<script>alert(1)</script>", 2.0)]), &[], "c");
            assert!(!svg.as_str().contains("<script"), "{}", svg.as_str());
        }
    }

    #[test]
    fn an_empty_chart_and_values_that_are_not_finite_are_drawn() {
        for kind in [ChartKind::Ranking, ChartKind::Histogram, ChartKind::Sizes] {
            draw(&chart(kind, &[]), &[], "c");
            let svg = draw(
                &chart(kind, &[("x", f64::INFINITY), ("y", f64::NAN), ("z", 1.0)]),
                &[],
                "c",
            );
            assert!(!svg.as_str().contains("inf\"") && !svg.as_str().contains("NaN\""));
        }
    }

    #[test]
    fn scales_end_at_a_round_number() {
        for (value, end) in [
            (7.0, 8.0),
            (28.0, 30.0),
            (43.0, 50.0),
            (0.03, 0.03),
            (100.0, 100.0),
            (101.0, 150.0),
        ] {
            assert!((nice(value) - end).abs() < 1e-9, "{value} gives {}", nice(value));
        }
    }
}
