//! Plants weaknesses, and what only looks like them, into the demo supply network, and fills in the
//! rest. Definitions: see `demo_supply_chain`.
//!
//! Everything outside the planted sets has two or more suppliers that do not hang on one another,
//! but for a few parts and small suppliers with one source.

use super::demo::Scale;
use super::demo_supply_chain::{Network, Supply, part_id, plant_id, supplier_id};

/// Most parts that only one small supplier makes, and that hence hang on it.
const SINGLE_PARTS: usize = 3;

/// Plants everything and connects the rest.
pub(super) fn plant(network: &mut Network, scale: Scale) {
    for _ in 0..scale.planted(5) {
        sole_route(network);
    }
    let singles = single_sources(network, scale.planted(15));
    let hub = hub(network);
    layers(network, hub);
    loops(network, scale);
    parts(network);
    plants_and_products(network);
    network.decoy(
        "single_source",
        singles,
        "one small customer and its few parts hang on it; everything else has an alternative",
    );
}

/// Takes `count` suppliers of a tier (0 is tier 1) out of the rest.
fn take(network: &mut Network, tier: usize, count: usize) -> Vec<u32> {
    let rest = network.tiers[tier].len() - count;
    network.tiers[tier].split_off(rest)
}

fn sole_route(network: &mut Network) {
    let source = take(network, 2, 1)[0];
    let raw = network.draw.between(2, 3) as usize;
    let raw = network.draw.several(&network.tiers[3], raw);
    network.supply(&raw, source);
    let size = network.draw.between(4, 6) as usize;
    let second = take(network, 1, size);
    for member in &second {
        network.supply(&[source], *member);
    }
    let size = network.draw.between(6, 9) as usize;
    let first = take(network, 0, size);
    for member in &first {
        let count = network.draw.between(2, 3) as usize;
        let from = network.draw.several(&second, count);
        network.supply(&from, *member);
    }
    let size = network.draw.between(15, 25) as usize;
    let rest = network.parts.len() - size;
    let parts = network.parts.split_off(rest);
    let plant = network.plants.split_off(network.plants.len() - 1)[0];
    for (index, part) in parts.iter().enumerate() {
        let makers = network.draw.several(&first, 2);
        make(network, &makers, *part);
        if index < 6 {
            network.used_in.push((*part, plant));
        }
        let other = *network.draw.pick(&network.plants);
        network.used_in.push((*part, other));
    }
    let product = *network.draw.pick(&network.products);
    network.builds.push((plant, product));
    // The dedicated plant and what it needs stand and fall with the source.
    let note = format!(
        "{} suppliers, {} parts and {} have no route but this tier-3 supplier",
        second.len() + first.len(),
        parts.len(),
        plant_id(plant)
    );
    network.planted("sole_route", vec![supplier_id(source)], note);
    let example = part_id(parts[0]);
    network.decoy(
        "dual_sourced_part",
        vec![example],
        "it has two makers, and is one of many behind the same source",
    );
}

fn make(network: &mut Network, makers: &[u32], part: u32) {
    let percents = network.split(makers.len());
    let made = makers.iter().zip(percents).map(|(from, percent)| Supply {
        from: *from,
        to: part,
        percent,
    });
    network.makes.extend(made);
}

/// Small suppliers of tier 1 with one source each, making at most three parts alone.
fn single_sources(network: &mut Network, count: u32) -> Vec<String> {
    let mut sources = Vec::new();
    let customers = take(network, 0, count as usize);
    let chosen = network.draw.several(&network.tiers[1].clone(), count as usize);
    for (customer, source) in customers.into_iter().zip(chosen) {
        network.supply(&[source], customer);
        let size = network.draw.between(1, SINGLE_PARTS as i64) as usize;
        let rest = network.parts.len() - size;
        for part in network.parts.split_off(rest) {
            make(network, &[customer], part);
            let plant = *network.draw.pick(&network.plants);
            network.used_in.push((part, plant));
        }
        sources.push(supplier_id(source));
    }
    sources
}

/// The supplier of tier 2 that carries too much, and three with many customers who hardly need them.
fn hub(network: &mut Network) -> [u32; 4] {
    let hubs = take(network, 1, 4);
    let note = "it covers 60 to 80 % of the needs of a third of tier 1".to_owned();
    network.planted("strained_hub", vec![supplier_id(hubs[0])], note);
    let others = hubs[1..].iter().map(|it| supplier_id(*it)).collect();
    network.decoy(
        "popular_supplier",
        others,
        "many customers, each of whom gets most from others",
    );
    [hubs[0], hubs[1], hubs[2], hubs[3]]
}

/// Gives every other supplier two to four sources in the tier above.
fn layers(network: &mut Network, hubs: [u32; 4]) {
    for tier in [2, 1] {
        let above = network.tiers[tier + 1].clone();
        for member in network.tiers[tier].clone() {
            let count = network.draw.between(2, 4) as usize;
            let from = network.draw.several(&above, count);
            network.supply(&from, member);
        }
    }
    let third = network.tiers[2].clone();
    for hub in hubs {
        let count = network.draw.between(18, 24) as usize;
        let percent = 100 / count as i64;
        for from in network.draw.several(&third, count) {
            network.supplies.push(Supply {
                from,
                to: hub,
                percent,
            });
        }
    }
    let second = network.tiers[1].clone();
    for member in network.tiers[0].clone() {
        let mut rest = 100;
        if network.draw.chance(380) {
            let percent = network.draw.between(60, 80);
            rest -= percent;
            network.supplies.push(Supply {
                from: hubs[0],
                to: member,
                percent,
            });
        }
        for hub in &hubs[1..] {
            if network.draw.chance(170) && rest > 15 {
                let percent = network.draw.between(4, 8);
                rest -= percent;
                network.supplies.push(Supply {
                    from: *hub,
                    to: member,
                    percent,
                });
            }
        }
        let count = network.draw.between(2, 3) as usize;
        let from = network.draw.several(&second, count);
        let percents = network.split(count);
        for (from, percent) in from.into_iter().zip(percents) {
            network.supplies.push(Supply {
                from,
                to: member,
                percent: (percent * rest / 100).max(1),
            });
        }
    }
}

/// Loops within tier 2, and chains that only nearly close.
fn loops(network: &mut Network, scale: Scale) {
    let mut members = {
        let all = network.tiers[1].clone();
        let wanted = 10 * scale.planted(2) as usize;
        network.draw.several(&all, wanted)
    };
    for index in 0..scale.planted(2) as usize {
        let length = 3 + index % 3;
        let chosen = members.split_off(members.len() - length);
        for (at, from) in chosen.iter().enumerate() {
            sideline(network, *from, chosen[(at + 1) % length]);
        }
        let ids = chosen.iter().map(|it| supplier_id(*it)).collect();
        network.planted(
            "supply_loop",
            ids,
            format!("{length} suppliers supply each other in a circle"),
        );
        let open = members.split_off(members.len() - 3);
        sideline(network, open[0], open[1]);
        sideline(network, open[1], open[2]);
        sideline(network, open[0], open[2]);
        let ids = open.iter().map(|it| supplier_id(*it)).collect();
        network.decoy("open_chain", ids, "they supply one another in one direction only");
    }
}

/// A small supply within a tier, taken from the customer's largest source.
fn sideline(network: &mut Network, from: u32, to: u32) {
    let percent = network.draw.between(3, 8);
    let largest = network
        .supplies
        .iter_mut()
        .filter(|it| it.to == to)
        .max_by_key(|it| it.percent);
    if let Some(largest) = largest {
        largest.percent -= percent;
    }
    network.supplies.push(Supply { from, to, percent });
}

/// Gives every part without a maker two or three of them.
fn parts(network: &mut Network) {
    let first = network.tiers[0].clone();
    let plants = network.plants.clone();
    for part in network.parts.clone() {
        let count = network.draw.between(2, 3) as usize;
        let makers = network.draw.several(&first, count);
        make(network, &makers, part);
        let count = network.draw.between(1, 2) as usize;
        for plant in network.draw.several(&plants, count) {
            network.used_in.push((part, plant));
        }
    }
}

/// Lets every plant use two ordinary parts or more, and build one to three products.
fn plants_and_products(network: &mut Network) {
    let (plants, parts, products) = (
        network.plants.clone(),
        network.parts.clone(),
        network.products.clone(),
    );
    for plant in &plants {
        for part in network.draw.several(&parts, 2) {
            network.used_in.push((part, *plant));
        }
        let count = network.draw.between(1, 3) as usize;
        for product in network.draw.several(&products, count) {
            network.builds.push((*plant, product));
        }
    }
    for product in products {
        for plant in network.draw.several(&plants, 2) {
            network.builds.push((plant, product));
        }
    }
    network.used_in.sort_unstable();
    network.used_in.dedup();
    network.builds.sort_unstable();
    network.builds.dedup();
}
