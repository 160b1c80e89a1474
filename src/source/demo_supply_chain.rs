//! A manufacturer's supply network with planted weaknesses.
//!
//! Edges run downstream: suppliers of tier 4 to 3 to 2 to 1, then parts, plants, products.
//! Definitions, in the words of the truth file (scale `s`; larger scales plant up to twice as many):
//! * `sole_route` (5): a supplier of tier 3 through which every path to a set of 4 to 6 suppliers of
//!   tier 2, 6 to 9 of tier 1, 15 to 25 parts and a plant leads. Elsewhere at most 6 vertices hang on one.
//! * `supply_loop` (2): 3 to 5 suppliers, each supplying the next and the last the first. Without
//!   them the network has no cycle.
//! * `crowded_region` (1): a region that holds more than 60 % of all suppliers.
//! * `strained_hub` (1): a supplier of tier 2 that covers 60 to 80 % of the needs of a third of tier 1.

use super::demo::{Decoy, Demo, Planted, Scale, Truth};
use super::demo_briefs;
use super::demo_draw::{Draw, Sheet};
use super::demo_supply_planted;

const REGIONS: [&str; 7] = [
    "Pearl Delta",
    "Rhine Valley",
    "Bajio",
    "Kansai",
    "Po Valley",
    "Silesia",
    "Great Lakes",
];

const COUNTRIES: [&str; 6] = ["Mexico", "Germany", "Poland", "United States", "Czechia", "Spain"];

const FAMILIES: [&str; 9] = [
    "housings", "sensors", "cables", "bearings", "displays", "boards", "seals", "motors", "cells",
];

const TRADES: [&str; 10] = [
    "Resins",
    "Metals",
    "Precision",
    "Electronics",
    "Coatings",
    "Castings",
    "Plastics",
    "Components",
    "Tooling",
    "Materials",
];

/// Share of suppliers in the crowded region, per mille: in tier 3, and elsewhere.
const CROWDED: (u32, u32) = (800, 620);

/// A supply of one vertex to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Supply {
    pub(super) from: u32,
    pub(super) to: u32,
    /// Part of the customer's need, in per cent.
    pub(super) percent: i64,
}

/// The network while it is made. Suppliers are numbered over all tiers.
pub(super) struct Network {
    pub(super) draw: Draw,
    /// Suppliers by tier (0 is tier 1), in random order.
    pub(super) tiers: [Vec<u32>; 4],
    pub(super) supplies: Vec<Supply>,
    /// Supplier → part.
    pub(super) makes: Vec<Supply>,
    /// Part → plant.
    pub(super) used_in: Vec<(u32, u32)>,
    /// Plant → product.
    pub(super) builds: Vec<(u32, u32)>,
    /// Parts, plants and products that no pattern has taken.
    pub(super) parts: Vec<u32>,
    pub(super) plants: Vec<u32>,
    pub(super) products: Vec<u32>,
    pub(super) truth: Truth,
    suppliers: u32,
}

/// Generates the graph.
pub(super) fn generate(seed: u64, scale: Scale) -> Demo {
    let mut draw = Draw::new(seed, 2);
    let sizes = [200, 350, 400, 250].map(|it| scale.of(it));
    let suppliers = sizes.iter().sum();
    let mut order = draw.permutation(suppliers);
    let tiers = sizes.map(|size| order.split_off(order.len() - size as usize));
    let counts = [2_000, 300, 150].map(|it| scale.of(it));
    let [parts, plants, products] = counts.map(|it| draw.permutation(it));
    let mut network = Network {
        draw,
        tiers,
        supplies: Vec::new(),
        makes: Vec::new(),
        used_in: Vec::new(),
        builds: Vec::new(),
        parts,
        plants,
        products,
        truth: Truth::default(),
        suppliers,
    };
    let tier_of = tier_numbers(&network);
    demo_supply_planted::plant(&mut network, scale);
    let mut files = vec![
        suppliers_file(&mut network, &tier_of),
        parts_file(&mut network.draw, counts[0]),
        plants_file(&mut network, counts[1]),
        products_file(&mut network.draw, counts[2]),
    ];
    files.extend(edge_files(&mut network, &tier_of));
    files.sort();
    Demo {
        files,
        brief: demo_briefs::SUPPLY_CHAIN.to_owned(),
        truth: network.truth,
    }
}

impl Network {
    /// Writes a pattern into the truth.
    pub(super) fn planted(&mut self, kind: &str, members: Vec<String>, note: String) {
        self.truth.patterns.push(Planted {
            kind: kind.to_owned(),
            members,
            note,
        });
    }

    /// Writes a decoy into the truth.
    pub(super) fn decoy(&mut self, kind: &str, members: Vec<String>, why: &str) {
        self.truth.decoys.push(Decoy {
            kind: kind.to_owned(),
            members,
            why: why.to_owned(),
        });
    }

    /// Lets `from` cover parts of the needs of `to` that add up to 100 %.
    pub(super) fn supply(&mut self, from: &[u32], to: u32) {
        let percents = self.split(from.len());
        let made = from.iter().zip(percents).map(|(from, percent)| Supply {
            from: *from,
            to,
            percent,
        });
        self.supplies.extend(made);
    }

    /// `count` per cents, none below 10, that add up to 100.
    pub(super) fn split(&mut self, count: usize) -> Vec<i64> {
        let mut rest = 100;
        (0..count)
            .map(|index| {
                let left = (count - index) as i64;
                let percent = if left == 1 {
                    rest
                } else {
                    self.draw.between(10, (rest - 10 * (left - 1)).clamp(10, 60))
                };
                rest -= percent;
                percent
            })
            .collect()
    }
}

/// `suppliers/…` of a supplier.
pub(super) fn supplier_id(supplier: u32) -> String {
    format!("suppliers/S{:05}", supplier + 10_001)
}

/// `parts/…` of a part.
pub(super) fn part_id(part: u32) -> String {
    format!("parts/P{:06}", part + 100_001)
}

/// `plants/…` of a plant.
pub(super) fn plant_id(plant: u32) -> String {
    format!("plants/F{:05}", plant + 10_001)
}

fn product_id(product: u32) -> String {
    format!("products/G{:05}", product + 10_001)
}

fn key(id: &str) -> &str {
    id.split_once('/').map_or(id, |(_, key)| key)
}

fn tier_numbers(network: &Network) -> Vec<u8> {
    let mut numbers = vec![0; network.suppliers as usize];
    for (tier, members) in (1..).zip(&network.tiers) {
        members.iter().for_each(|it| numbers[*it as usize] = tier);
    }
    numbers
}

fn suppliers_file(network: &mut Network, tier_of: &[u8]) -> (String, Vec<u8>) {
    let mut sheet = Sheet::new(&["_key", "name", "region", "tier", "employees"]);
    let mut crowd = Vec::new();
    let draw = &mut network.draw;
    for supplier in 0..network.suppliers {
        let id = supplier_id(supplier);
        let tier = tier_of[supplier as usize];
        let crowded = if tier == 3 { CROWDED.0 } else { CROWDED.1 };
        let is_crowded = draw.chance(crowded);
        let region = if is_crowded {
            REGIONS[0]
        } else {
            draw.pick(&REGIONS[1..])
        };
        let person = draw.person();
        let surname = person.split(' ').next_back().unwrap_or_default();
        let name = format!("{surname} {} {}", draw.pick(&TRADES), 1 + supplier % 97);
        let tier = if draw.chance(80) {
            String::new()
        } else {
            tier.to_string()
        };
        let is_known = !draw.chance(20);
        let employees = draw.between(8, 60) * draw.between(1, 40);
        let employees = if draw.chance(60) {
            String::new()
        } else {
            employees.to_string()
        };
        sheet.row(&[
            key(&id),
            &name,
            if is_known { region } else { "" },
            &tier,
            &employees,
        ]);
        if is_crowded && is_known {
            crowd.push(id);
        }
    }
    let note = format!(
        "{} of {} suppliers sit in {}",
        crowd.len(),
        network.suppliers,
        REGIONS[0]
    );
    network.planted("crowded_region", crowd, note);
    sheet.file("suppliers.csv")
}

fn parts_file(draw: &mut Draw, count: u32) -> (String, Vec<u8>) {
    let mut sheet = Sheet::new(&["_key", "name", "family", "unit_cost"]);
    for part in 0..count {
        let family = draw.pick(&FAMILIES);
        let cost = format!("{}.{:02}", draw.between(0, 180), draw.between(5, 99));
        let name = format!("{family} {}-{}", draw.between(10, 99), draw.between(100, 999));
        sheet.row(&[
            key(&part_id(part)),
            &name,
            family,
            if draw.chance(30) { "" } else { &cost },
        ]);
    }
    sheet.file("parts.csv")
}

fn plants_file(network: &mut Network, count: u32) -> (String, Vec<u8>) {
    let mut sheet = Sheet::new(&["_key", "name", "country", "lines"]);
    let mut largest = Vec::new();
    for plant in 0..count {
        let draw = &mut network.draw;
        let is_largest = draw.chance(350);
        let country = if is_largest {
            COUNTRIES[0]
        } else {
            draw.pick(&COUNTRIES[1..])
        };
        let id = plant_id(plant);
        let name = format!("{country} plant {}", plant + 1);
        let lines = draw.between(1, 12).to_string();
        sheet.row(&[key(&id), &name, country, &lines]);
        if is_largest {
            largest.push(id);
        }
    }
    network.decoy(
        "largest_country",
        largest,
        "about 35 % of the plants stand in one country, which is accepted",
    );
    sheet.file("plants.csv")
}

fn products_file(draw: &mut Draw, count: u32) -> (String, Vec<u8>) {
    let mut sheet = Sheet::new(&["_key", "name", "price"]);
    for product in 0..count {
        let price = (draw.between(4, 300) * 10 - 1).to_string();
        sheet.row(&[
            key(&product_id(product)),
            &format!("Model {}", product + 1),
            &price,
        ]);
    }
    sheet.file("products.csv")
}

fn edge_files(network: &mut Network, tier_of: &[u8]) -> [(String, Vec<u8>); 4] {
    let draw = &mut network.draw;
    network.supplies.sort_by_key(|it| (it.to, it.from));
    let mut supplies = Sheet::new(&["_from", "_to", "lead_time_days", "share"]);
    for it in &network.supplies {
        let days = draw.between(4, 30) + i64::from(tier_of[it.from as usize]) * draw.between(1, 12);
        let days = if draw.chance(15) {
            String::new()
        } else {
            days.to_string()
        };
        supplies.row(&[
            &supplier_id(it.from),
            &supplier_id(it.to),
            &days,
            &share(it.percent),
        ]);
    }
    network.makes.sort_by_key(|it| (it.to, it.from));
    let mut makes = Sheet::new(&["_from", "_to", "lead_time_days", "share"]);
    for it in &network.makes {
        let days = draw.between(2, 25).to_string();
        makes.row(&[&supplier_id(it.from), &part_id(it.to), &days, &share(it.percent)]);
    }
    network.used_in.sort_unstable();
    let mut used_in = Sheet::new(&["_from", "_to", "units_per_week"]);
    for (part, plant) in &network.used_in {
        let units = (draw.between(1, 90) * 10).to_string();
        used_in.row(&[&part_id(*part), &plant_id(*plant), &units]);
    }
    network.builds.sort_unstable();
    let mut builds = Sheet::new(&["_from", "_to"]);
    for (plant, product) in &network.builds {
        builds.row(&[&plant_id(*plant), &product_id(*product)]);
    }
    [
        supplies.file("supplies.csv"),
        makes.file("makes.csv"),
        used_in.file("used_in.csv"),
        builds.file("builds.csv"),
    ]
}

fn share(percent: i64) -> String {
    format!("{}.{:02}", percent / 100, percent % 100)
}
