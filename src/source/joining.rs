//! Finds the vertices at the ends of the edges of one collection.

use rayon::prelude::*;

use super::assemble::{Collection, check_total, vertex_count};
use super::cells::Tally;
use super::endpoints::{self, Plan};
use super::error::{SourceError, check};
use super::interned::{InternedCells, MISSING_CODE};
use super::rows::Notes;
use super::tables::EdgeRows;
use crate::algorithms::Control;
use crate::graph::NO_VERTEX;
use crate::model::schema::IssueKind;

/// Rows between two looks at whether to stop.
const BLOCK: usize = 8192;

/// Where an end belongs, until all collections are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// To no vertex.
    Nowhere,
    /// To a vertex that its collection takes in once an edge needs it.
    New { collection: u32 },
    /// To a row of a collection.
    Known { collection: u32, row: u32 },
}

/// One side of an edge collection: the code of each kept edge's end, and where each code belongs.
pub(super) struct Side {
    pub(super) codes: Vec<u32>,
    places: Vec<Place>,
    /// Its first end, for messages.
    pub(super) example: String,
}

/// An edge collection whose ends are known.
pub(super) struct Joined {
    pub(super) rows: EdgeRows,
    /// Rows of the file.
    pub(super) count: usize,
    /// Rows that were left out, ascending.
    pub(super) dropped: Vec<usize>,
    pub(super) from: Side,
    pub(super) to: Side,
}

/// One side of the edges while its ends are looked up.
struct Ends<'a> {
    cells: &'a InternedCells,
    plan: Plan,
    places: Vec<Place>,
}

/// Finds the ends of each edge; rows without both are left out and counted.
pub(super) fn join(
    mut rows: EdgeRows,
    collections: &mut Vec<Collection>,
    notes: &mut Notes,
    control: &Control,
) -> Result<Joined, SourceError> {
    let from_plan = endpoints::plan(&rows, true, collections, notes);
    let to_plan = endpoints::plan(&rows, false, collections, notes);
    let mut from = Ends::of(&rows.from, from_plan, collections);
    let mut to = Ends::of(&rows.to, to_plan, collections);
    let dropped = if from.are_all_somewhere() && to.are_all_somewhere() {
        take_all(&mut from, &mut to, collections, &rows.place, control)?;
        Vec::new()
    } else {
        take_whole_rows(&rows, &mut from, &mut to, collections, notes, control)?
    };
    let (from, to) = (from.places, to.places);
    Ok(Joined {
        count: rows.from.len(),
        from: Side::new(std::mem::take(&mut rows.from), from, &dropped),
        to: Side::new(std::mem::take(&mut rows.to), to, &dropped),
        dropped,
        rows,
    })
}

/// Takes in every end that is new, where each row has both: in the order in which rows name them first,
/// the start of an edge before its end.
fn take_all(
    from: &mut Ends,
    to: &mut Ends,
    collections: &mut [Collection],
    place: &str,
    control: &Control,
) -> Result<(), SourceError> {
    let (starts, ends) = (first_rows(from.cells.codes()), first_rows(to.cells.codes()));
    let mut ends = ends.peekable();
    for (at, (code, row)) in starts.enumerate() {
        if at % BLOCK == 0 {
            check(control)?;
            check_total(vertex_count(collections), place)?;
        }
        while let Some((code, _)) = ends.next_if(|(_, it)| *it < row) {
            to.settle(code, collections);
        }
        from.settle(code, collections);
    }
    for (code, _) in ends {
        to.settle(code, collections);
    }
    check_total(vertex_count(collections), place)
}

/// Each code and the row that names it first; codes count up in that order.
fn first_rows(codes: &[u32]) -> impl Iterator<Item = (u32, usize)> {
    let mut next = 0;
    let mut is_new = move |code: u32| {
        let is_new = code == next;
        next += u32::from(is_new);
        is_new
    };
    (0..)
        .zip(codes)
        .filter(move |(_, code)| is_new(**code))
        .map(|(row, code)| (*code, row))
}

/// Takes in what is new in rows with both ends, and gives the other rows.
fn take_whole_rows(
    rows: &EdgeRows,
    from: &mut Ends,
    to: &mut Ends,
    collections: &mut [Collection],
    notes: &mut Notes,
    control: &Control,
) -> Result<Vec<usize>, SourceError> {
    let mut missing = Tally::new(IssueKind::MissingKey, &rows.place, "the edges were left out");
    let mut dangling = Tally::new(IssueKind::DanglingEdge, &rows.place, "the edges were left out");
    let mut dropped = Vec::new();
    for (row, (start, end)) in rows.from.codes().iter().zip(rows.to.codes()).enumerate() {
        if row % BLOCK == 0 {
            check(control)?;
            check_total(vertex_count(collections), &rows.place)?;
        }
        if *start == MISSING_CODE || *end == MISSING_CODE {
            missing.add(|| {
                let line = rows.lines.get(row);
                format!("line {line}: {} → {}", rows.from.get(row), rows.to.get(row))
            });
            dropped.push(row);
            continue;
        }
        // Both ends must exist before either may add a key to an implied collection.
        let lost = [(&*from, start), (&*to, end)]
            .into_iter()
            .find(|(side, code)| side.places[**code as usize] == Place::Nowhere);
        if let Some((side, _)) = lost {
            dangling.add(|| format!("line {}: {}", rows.lines.get(row), side.cells.get(row)));
            dropped.push(row);
            continue;
        }
        from.settle(*start, collections);
        to.settle(*end, collections);
    }
    missing.report(&mut notes.issues);
    dangling.report(&mut notes.issues);
    Ok(dropped)
}

impl<'a> Ends<'a> {
    /// Where each distinct end of `cells` belongs by `plan`.
    fn of(cells: &'a InternedCells, plan: Plan, collections: &[Collection]) -> Self {
        let place = |code: u32| {
            let cell = cells.value(code);
            let Some((at, key)) = endpoints::target(&cell, &plan, collections) else {
                return Place::Nowhere;
            };
            let collection = at as u32;
            match collections[at].keys.find(key) {
                Some(row) => Place::Known { collection, row },
                None if collections[at].implied => Place::New { collection },
                None => Place::Nowhere,
            }
        };
        Self {
            cells,
            plan,
            places: (0..cells.distinct() as u32).into_par_iter().map(place).collect(),
        }
    }

    /// Whether every row names a vertex.
    fn are_all_somewhere(&self) -> bool {
        !self.cells.codes().contains(&MISSING_CODE) && !self.places.contains(&Place::Nowhere)
    }

    /// Takes an end into its implied collection, unless an edge before has done so.
    #[inline]
    fn settle(&mut self, code: u32, collections: &mut [Collection]) {
        if matches!(self.places[code as usize], Place::New { .. }) {
            self.places[code as usize] = self.taken_in(code, collections);
        }
    }

    fn taken_in(&self, code: u32, collections: &mut [Collection]) -> Place {
        match endpoints::target(&self.cells.value(code), &self.plan, collections) {
            Some((at, key)) => Place::Known {
                collection: at as u32,
                row: collections[at].keys.intern(key),
            },
            None => Place::Nowhere,
        }
    }
}

impl Side {
    fn new(cells: InternedCells, places: Vec<Place>, dropped: &[usize]) -> Self {
        let first = cells.codes().iter().find(|it| **it != MISSING_CODE);
        let example = first.map(|it| cells.value(*it).into_owned()).unwrap_or_default();
        let mut codes = cells.into_codes();
        let mut without = dropped.iter().copied().peekable();
        if !dropped.is_empty() {
            let mut row = 0;
            codes.retain(|_| {
                row += 1;
                without.next_if_eq(&(row - 1)).is_none()
            });
        }
        Self {
            codes,
            places,
            example,
        }
    }

    /// The number of each edge's end; `first` are the numbers at which collections begin.
    pub(super) fn numbers(self, first: &[u32]) -> Vec<u32> {
        let number = |place: &Place| match place {
            Place::Known { collection, row } => first[*collection as usize] + row,
            // No kept edge ends here.
            Place::Nowhere | Place::New { .. } => NO_VERTEX,
        };
        let numbers: Vec<u32> = self.places.iter().map(number).collect();
        let mut ends = self.codes;
        ends.par_iter_mut().for_each(|it| *it = numbers[*it as usize]);
        ends
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::lines::Lines;
    use super::*;

    /// The vertices in the order in which they were taken in, and where each end leads, of these edges
    /// and, if asked for, of one more that lacks an end.
    fn joined(edges: &[(u8, u8)], with_broken: bool) -> (Vec<String>, [Vec<Place>; 2]) {
        let side = |end: fn(&(u8, u8)) -> u8| -> InternedCells {
            let texts: Vec<String> = edges.iter().map(|it| format!("v{}", end(it))).collect();
            let broken = with_broken.then_some("").into_iter();
            texts.iter().map(String::as_str).chain(broken).collect()
        };
        let rows = EdgeRows {
            name: "e".to_owned(),
            from: side(|it| it.0),
            to: side(|it| it.1),
            lines: Lines::consecutive(edges.len() + usize::from(with_broken)),
            ..EdgeRows::default()
        };
        let (mut collections, mut notes) = (Vec::new(), Notes::default());
        let joined = join(rows, &mut collections, &mut notes, &Control::default()).unwrap();
        assert_eq!(joined.dropped.len(), usize::from(with_broken));
        assert_eq!(notes.issues.len(), usize::from(with_broken));
        let keys = collections[0].keys.texts().iter().map(str::to_owned);
        (keys.collect(), [joined.from.places, joined.to.places])
    }

    proptest! {
        /// A row that is left out sends all others the long way.
        #[test]
        fn vertices_come_in_the_order_of_rows_either_way(
            edges in prop::collection::vec((0_u8..40, 0_u8..40), 1..80),
        ) {
            let mut order: Vec<String> = Vec::new();
            for end in edges.iter().flat_map(|(a, b)| [a, b]) {
                let name = format!("v{end}");
                if !order.contains(&name) {
                    order.push(name);
                }
            }
            let (keys, places) = joined(&edges, false);
            prop_assert_eq!(&keys, &order);
            prop_assert_eq!(joined(&edges, true), (keys, places));
        }
    }
}
