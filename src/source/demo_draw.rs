//! Chance and text for the demo generators.
//!
//! Only integer and basic floating-point operations are used, so that the same seed gives the same
//! bytes on every machine.

use rand_pcg::Pcg64;
use rand_pcg::rand_core::{Rng, SeedableRng};
use rustc_hash::FxHashSet;

use crate::graph::instant_text;

/// Seconds of a day, an hour, a minute.
pub(super) const DAY: i64 = 86_400;
/// Seconds of an hour.
pub(super) const HOUR: i64 = 3_600;
/// Seconds of a minute.
pub(super) const MINUTE: i64 = 60;

/// 2025-01-01 UTC in seconds since 1970: demo graphs begin here.
pub(super) const START: i64 = 1_735_689_600;

/// Days that demo graphs span.
pub(super) const DAYS: i64 = 181;

const FIRST_NAMES: [&str; 40] = [
    "Ada", "Amir", "Ana", "Ben", "Bruno", "Carla", "Chen", "Dara", "David", "Dina", "Elif", "Emma", "Erik",
    "Farid", "Fiona", "Goran", "Grace", "Hana", "Hugo", "Ines", "Ivan", "Jana", "Jonas", "Karim", "Kira",
    "Lars", "Leila", "Marco", "Mei", "Nadia", "Noah", "Olga", "Omar", "Paula", "Petra", "Rafael", "Sara",
    "Tariq", "Vera", "Yusuf",
];

const LAST_NAMES: [&str; 40] = [
    "Adler", "Baker", "Becker", "Castro", "Cohen", "Costa", "Dubois", "Eriksen", "Fischer", "Fox", "Garcia",
    "Haas", "Haddad", "Ito", "Jansen", "Kaya", "Kim", "Klein", "Kovac", "Lang", "Lindt", "Lopez", "Marin",
    "Mensah", "Meyer", "Moreau", "Nagy", "Novak", "Okafor", "Olsen", "Patel", "Petrov", "Reyes", "Rossi",
    "Sato", "Silva", "Singh", "Tanaka", "Weber", "Yilmaz",
];

/// A source of chance.
pub(super) struct Draw(Pcg64);

impl Draw {
    /// Chance that `seed` and `stream` decide; streams of one seed are independent.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        Self(Pcg64::seed_from_u64(
            seed ^ stream.wrapping_mul(0x9e37_79b9_7f4a_7c15),
        ))
    }

    /// A whole number below `n`, which must not be 0.
    pub(super) fn below(&mut self, n: u32) -> u32 {
        // The high half of a 32-by-64-bit product is even to within 2^-32.
        ((u128::from(self.0.next_u64()) * u128::from(n)) >> 64) as u32
    }

    /// A whole number from `least` to `greatest`.
    pub(super) fn between(&mut self, least: i64, greatest: i64) -> i64 {
        let span = (greatest - least + 1) as u64;
        least + ((u128::from(self.0.next_u64()) * u128::from(span)) >> 64) as i64
    }

    /// True `per_mille` times in a thousand.
    pub(super) fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < per_mille
    }

    /// One of `values`, which must not be empty.
    pub(super) fn pick<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        &values[self.below(values.len() as u32) as usize]
    }

    /// An index below `n` that favours small ones: density falls with its square root.
    pub(super) fn skewed(&mut self, n: u32) -> u32 {
        let part = f64::from(self.below(u32::MAX)) / f64::from(u32::MAX);
        ((part * part * f64::from(n)) as u32).min(n - 1)
    }

    /// `values` in random order.
    pub(super) fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.below(last as u32 + 1) as usize);
        }
    }

    /// `count` different values of `values`, in random order; all of them when there are fewer.
    pub(super) fn several<T: Copy>(&mut self, values: &[T], count: usize) -> Vec<T> {
        let wanted = count.min(values.len());
        let mut seen = FxHashSet::default();
        let mut chosen = Vec::with_capacity(wanted);
        while chosen.len() < wanted {
            let at = self.below(values.len() as u32) as usize;
            if seen.insert(at) {
                chosen.push(values[at]);
            }
        }
        chosen
    }

    /// The numbers below `n` in random order.
    pub(super) fn permutation(&mut self, n: u32) -> Vec<u32> {
        let mut numbers: Vec<u32> = (0..n).collect();
        self.shuffle(&mut numbers);
        numbers
    }

    /// A moment of the demo's span, mostly by day.
    pub(super) fn moment(&mut self) -> i64 {
        let day = self.between(0, DAYS - 1);
        let hour = 6 + (self.between(0, 9) + self.between(0, 8));
        START + day * DAY + hour.min(23) * HOUR + self.between(0, HOUR - 1)
    }

    /// A person's name.
    pub(super) fn person(&mut self) -> String {
        format!("{} {}", self.pick(&FIRST_NAMES), self.pick(&LAST_NAMES))
    }
}

/// CSV text that grows row by row.
pub(super) struct Sheet(String);

impl Sheet {
    /// A sheet with these column names.
    pub(super) fn new(header: &[&str]) -> Self {
        let mut sheet = Self(String::new());
        sheet.row(header);
        sheet
    }

    /// Adds a row; fields are quoted where they must be.
    pub(super) fn row(&mut self, fields: &[&str]) {
        for (index, field) in fields.iter().enumerate() {
            if index > 0 {
                self.0.push(',');
            }
            if field.contains([',', '"', '\n']) {
                self.0.push('"');
                self.0.push_str(&field.replace('"', "\"\""));
                self.0.push('"');
            } else {
                self.0.push_str(field);
            }
        }
        self.0.push('\n');
    }

    /// The sheet as the file `name`.
    pub(super) fn file(self, name: &str) -> (String, Vec<u8>) {
        (name.to_owned(), self.0.into_bytes())
    }
}

/// An instant in seconds as ISO 8601.
pub(super) fn stamp(seconds: i64) -> String {
    let text = instant_text(seconds * 1000);
    if text.len() == 10 {
        format!("{text}T00:00:00Z")
    } else {
        text
    }
}

/// The date of an instant in seconds as ISO 8601.
pub(super) fn date(seconds: i64) -> String {
    instant_text(seconds.div_euclid(DAY) * DAY * 1000)
}
