//! Charts as SVG: ranked bars and group sizes. Each has a table of the same values beside it.
//!
//! Scales begin at 0, so that lengths compare.

use super::svg::{Anchor, Canvas, Svg, cut, width_of};
use crate::algorithms::Quantity;
use crate::model::fact::FactValue;
use crate::model::finding::Chart;
use crate::model::format;

/// Drawn at most a third larger and, on a telephone, a quarter smaller, so that its text can be read.
const WIDTH: f64 = 440.0;
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

/// The greatest value that the scale must hold; never 0, so that it can be divided by.
fn top(values: impl Iterator<Item = f64>) -> f64 {
    let top = values.filter(|it| it.is_finite()).fold(0.0_f64, f64::max);
    if top > 0.0 { top } else { 1.0 }
}

fn finite(value: f64) -> f64 {
    if value.is_finite() { value.max(0.0) } else { 0.0 }
}

/// The chart of a finding; `id` names it on its page.
pub(super) fn draw(chart: &Chart, id: &str) -> Svg {
    let labels: Vec<String> = chart.bars.iter().map(|it| cut(&it.label, 26)).collect();
    let values: Vec<String> = chart.bars.iter().map(|it| value_text(chart, it.value)).collect();
    let widest = |texts: &[String]| texts.iter().map(|it| width_of(it, SIZE)).fold(0.0, f64::max);
    let left = (widest(&labels) + 14.0).min(WIDTH * 0.5);
    let right = widest(&values) + 10.0;
    let room = (WIDTH - left - right).max(60.0);
    let top = top(chart.bars.iter().map(|it| it.value));
    let head = 4.0;
    let height = head + ROW * chart.bars.len() as f64 + 6.0;

    let mut canvas = Canvas::new();
    for (at, bar) in chart.bars.iter().enumerate() {
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
    canvas.finish(id, "chart", (WIDTH, height), &chart.title, &chart.description)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::finding::{Bar, ChartKind};

    fn chart(bars: &[(&str, f64)]) -> Chart {
        let bar = |(label, value): &(&str, f64)| Bar {
            label: (*label).to_owned(),
            value: *value,
        };
        Chart {
            kind: ChartKind::Ranking,
            title: "T".to_owned(),
            description: "D".to_owned(),
            quantity: Quantity::Count,
            unit: "stations".to_owned(),
            bars: bars.iter().map(bar).collect(),
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
        let drawn = widths(&draw(&chart(&[("a", 100.0), ("b", 50.0), ("c", 0.0)]), "c"));
        assert!((drawn[0] / drawn[1] - 2.0).abs() < 0.01);
        assert!(drawn[2].abs() < f64::EPSILON);
    }

    /// The value beside the longest bar is the first to be cut, and text of less than 9 pixels the
    /// first not to be read, where the page is as narrow as a telephone.
    #[test]
    fn all_of_it_fits_a_telephone_at_a_size_that_can_be_read() {
        let long = "Wolverhampton Wanderers Women (W100000)";
        let drawn = draw(&chart(&[(long, 1_234_567.0), ("b", 50.0)]), "c");
        let svg = drawn.as_str();
        let value = svg.split(r#"class="value" x=""#).nth(1).unwrap();
        let begin: f64 = value.split('"').next().unwrap().parse().unwrap();
        let text = value.split_once('>').unwrap().1.split('<').next().unwrap();
        assert_eq!(text, "1,234,567 stations");
        // DejaVu Sans, the widest of the usual fonts, draws this text 9.37 times as wide as its size.
        assert!(begin + 9.37 * SIZE <= WIDTH, "{svg}");
        let label = svg.split(r#"class="label" x=""#).nth(1).unwrap();
        let end: f64 = label.split('"').next().unwrap().parse().unwrap();
        assert!(width_of(&cut(long, 26), SIZE) <= end, "{svg}");
        // What a page of 400 pixels leaves beside its margins.
        let wide = svg
            .split("viewBox=\"0 0 ")
            .nth(1)
            .unwrap()
            .split(' ')
            .next()
            .unwrap();
        assert!(SIZE * 350.0 / wide.parse::<f64>().unwrap() > 9.0, "{wide}");
    }

    #[test]
    fn labels_cannot_break_out() {
        let svg = draw(&chart(&[("<script>alert(1)</script>", 2.0)]), "c");
        assert!(!svg.as_str().contains("<script"), "{}", svg.as_str());
    }

    #[test]
    fn an_empty_chart_and_values_that_are_not_finite_are_drawn() {
        draw(&chart(&[]), "c");
        let svg = draw(&chart(&[("x", f64::INFINITY), ("y", f64::NAN), ("z", 1.0)]), "c");
        assert!(!svg.as_str().contains("inf\"") && !svg.as_str().contains("NaN\""));
    }
}
