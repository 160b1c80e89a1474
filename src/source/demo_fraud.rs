//! A bank's accounts and payments with planted fraud.
//!
//! Definitions, in the words of the truth file (scale `s`; larger scales plant up to twice as many):
//! * `money_loop` (12): 3 to 6 accounts pass a sum round and back to the first within 72 hours, in
//!   order of time, losing at most 1.5 % a hop. Two accounts each sit on three loops.
//! * `pass_through` (4): 10 to 16 accounts pay into one within 8 hours; within 8 more it sends 93 to
//!   98 % of that on to 2 or 3 accounts, and does little else.
//! * `made_up_identity` (5): 4 to 8 accounts with different names share phone and address, or device
//!   and tax number.
//! * `split_transfers` (3): an account sends 12 to 16 transfers just under 10,000 to one collector
//!   within two weeks.
//!
//! No other accounts fulfil a definition: `demo_fraud_clean` sees to the first two.

use super::demo::{Decoy, Demo, Planted, Scale, Truth};
use super::demo_draw::{DAY, Draw, START, Sheet, date, stamp};
use super::{demo_briefs, demo_fraud_clean, demo_fraud_planted};

const STREETS: [&str; 24] = [
    "Mill Lane",
    "High Street",
    "Station Road",
    "Park Avenue",
    "Church Street",
    "Bridge Street",
    "Market Square",
    "Elm Road",
    "Harbour View",
    "Castle Street",
    "Orchard Way",
    "Garden Row",
    "King Street",
    "Queen Street",
    "North Road",
    "South Road",
    "West Street",
    "East Street",
    "Canal Walk",
    "Forest Drive",
    "Hill Rise",
    "Meadow Close",
    "Spring Gardens",
    "Tower Road",
];

const TOWNS: [&str; 12] = [
    "Ashford",
    "Barton",
    "Carrick",
    "Dunmore",
    "Eastleigh",
    "Farnham",
    "Glenfield",
    "Harwich",
    "Ilford",
    "Kendal",
    "Linton",
    "Marlow",
];

const CATEGORIES: [&str; 10] = [
    "groceries",
    "fuel",
    "travel",
    "clothing",
    "electronics",
    "restaurants",
    "pharmacy",
    "furniture",
    "games",
    "utilities",
];

const COUNTRIES: [&str; 6] = ["GB", "IE", "FR", "DE", "NL", "ES"];

/// An account as the bank knows it; an empty text is a missing value.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) is_business: bool,
    pub(super) opened: i64,
    pub(super) phone: String,
    pub(super) address: String,
    pub(super) device: String,
    pub(super) tax_number: String,
    pub(super) country: &'static str,
}

/// Money sent from account to account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transfer {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) cents: i64,
    pub(super) at: i64,
    /// Planted: neither moved nor removed when accidents are broken up.
    pub(super) is_fixed: bool,
}

/// Money paid to a merchant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Payment {
    pub(super) from: u32,
    pub(super) merchant: u32,
    pub(super) cents: i64,
    pub(super) at: i64,
}

/// The bank while it is made.
pub(super) struct Bank {
    pub(super) draw: Draw,
    pub(super) accounts: Vec<Account>,
    pub(super) transfers: Vec<Transfer>,
    pub(super) payments: Vec<Payment>,
    pub(super) truth: Truth,
    /// Accounts without a part in a pattern or decoy, in random order.
    free: Vec<u32>,
}

/// Generates the graph.
pub(super) fn generate(seed: u64, scale: Scale) -> Demo {
    let mut draw = Draw::new(seed, 1);
    let count = scale.of(8_000);
    let accounts: Vec<Account> = (0..count).map(|_| account(&mut draw)).collect();
    let free = draw.permutation(count);
    let mut bank = Bank {
        draw,
        accounts,
        transfers: Vec::new(),
        payments: Vec::new(),
        truth: Truth::default(),
        free,
    };
    demo_fraud_planted::plant(&mut bank, scale);
    let merchants = scale.of(1_500);
    everyday(
        &mut bank,
        scale.of(40_000) as usize,
        scale.of(24_000) as usize,
        merchants,
    );
    demo_fraud_clean::clean(&mut bank);
    forget(&mut bank);
    let mut files = vec![accounts_file(&bank), merchants_file(&mut bank.draw, merchants)];
    files.extend([transfers_file(&mut bank), payments_file(&mut bank)]);
    files.sort();
    Demo {
        files,
        brief: demo_briefs::FRAUD.to_owned(),
        truth: bank.truth,
    }
}

impl Bank {
    /// `count` accounts that have no part yet.
    pub(super) fn take(&mut self, count: usize) -> Vec<u32> {
        let rest = self.free.len().saturating_sub(count);
        self.free.split_off(rest)
    }

    /// `count` accounts that have no part yet and may get one later.
    pub(super) fn some_free(&mut self, count: usize) -> Vec<u32> {
        self.draw.several(&self.free, count)
    }

    /// Sends money at a time that does not matter.
    pub(super) fn trade(&mut self, from: u32, to: u32, cents: i64, at: i64) {
        self.transfers.push(Transfer {
            from,
            to,
            cents,
            at,
            is_fixed: false,
        });
    }

    /// Sends money as part of a pattern or decoy.
    pub(super) fn send(&mut self, from: u32, to: u32, cents: i64, at: i64) {
        self.transfers.push(Transfer {
            from,
            to,
            cents,
            at,
            is_fixed: true,
        });
    }

    /// Writes a pattern into the truth.
    pub(super) fn planted(&mut self, kind: &str, members: &[u32], note: String) {
        self.truth.patterns.push(Planted {
            kind: kind.to_owned(),
            members: members.iter().map(|it| id(*it)).collect(),
            note,
        });
    }

    /// Writes a decoy into the truth.
    pub(super) fn decoy(&mut self, kind: &str, members: &[u32], why: &str) {
        self.truth.decoys.push(Decoy {
            kind: kind.to_owned(),
            members: members.iter().map(|it| id(*it)).collect(),
            why: why.to_owned(),
        });
    }
}

fn key(account: u32) -> String {
    format!("A{:06}", account + 100_001)
}

pub(super) fn id(account: u32) -> String {
    format!("accounts/{}", key(account))
}

/// A sum of everyday money in cents, mostly small; some lie just under 10,000 by chance.
pub(super) fn everyday_sum(draw: &mut Draw) -> i64 {
    let cents = match draw.below(1000) {
        0..550 => draw.between(500, 12_000),
        550..850 => draw.between(12_000, 90_000),
        850..970 => draw.between(90_000, 450_000),
        970..996 => draw.between(450_000, 1_020_000),
        _ => draw.between(1_020_000, 3_500_000),
    };
    if draw.chance(300) {
        (cents / 1000).max(1) * 1000
    } else {
        cents
    }
}

/// An address that nobody else has, but for chance.
pub(super) fn address(draw: &mut Draw) -> String {
    let (number, flat) = (draw.between(1, 240), draw.between(1, 60));
    format!("{number}/{flat} {}, {}", draw.pick(&STREETS), draw.pick(&TOWNS))
}

/// A phone number that nobody else has, but for chance.
pub(super) fn phone(draw: &mut Draw) -> String {
    format!("+44 7{:03} {:06}", draw.below(1000), draw.below(1_000_000))
}

fn account(draw: &mut Draw) -> Account {
    let is_business = draw.chance(80);
    let abroad = draw.chance(150).then(|| *draw.pick(&COUNTRIES[1..]));
    let person = draw.person();
    let name = if is_business {
        format!("{person} Ltd")
    } else {
        person
    };
    Account {
        name,
        is_business,
        opened: START - draw.between(30, 4_000) * DAY,
        phone: phone(draw),
        address: address(draw),
        device: format!("dev-{:08x}", draw.below(u32::MAX)),
        tax_number: format!("TN-{:09}", draw.below(1_000_000_000)),
        country: abroad.unwrap_or(COUNTRIES[0]),
    }
}

/// Everyday money: circles of people who pay each other again and again, a few who pay and are paid
/// by many, and shopping.
fn everyday(bank: &mut Bank, transfers: usize, payments: usize, merchants: u32) {
    let n = bank.accounts.len() as u32;
    // Accounts that only pass money through would not be that if they went shopping.
    let quiet: rustc_hash::FxHashSet<u32> = demo_fraud_planted::quiet(bank);
    let activity = bank.draw.permutation(n);
    let mut circle_of = vec![(0_u32, 0_u32); n as usize];
    let order = bank.draw.permutation(n);
    let mut start = 0;
    while start < n {
        let size = (bank.draw.between(6, 20) as u32).min(n - start);
        for member in &order[start as usize..(start + size) as usize] {
            circle_of[*member as usize] = (start, size);
        }
        start += size;
    }
    while bank.transfers.len() < transfers {
        let from = activity[bank.draw.skewed(n) as usize];
        let to = if bank.draw.chance(700) {
            let (first, size) = circle_of[from as usize];
            order[(first + bank.draw.below(size)) as usize]
        } else {
            activity[bank.draw.skewed(n) as usize]
        };
        let (cents, at) = (everyday_sum(&mut bank.draw), bank.draw.moment());
        if from != to && !quiet.contains(&from) && !quiet.contains(&to) {
            bank.trade(from, to, cents, at);
        }
    }
    while bank.payments.len() < payments {
        let from = activity[bank.draw.skewed(n) as usize];
        let (merchant, at) = (bank.draw.skewed(merchants), bank.draw.moment());
        let cents = bank.draw.between(150, 30_000);
        if !quiet.contains(&from) {
            bank.payments.push(Payment {
                from,
                merchant,
                cents,
                at,
            });
        }
    }
}

/// Drops values here and there, as real registers do; shared ones stay.
fn forget(bank: &mut Bank) {
    let shared = demo_fraud_planted::keep_details(bank);
    let draw = &mut bank.draw;
    for (index, account) in bank.accounts.iter_mut().enumerate() {
        let (phone, device, tax, address) =
            (draw.chance(40), draw.chance(80), draw.chance(20), draw.chance(10));
        if shared.contains(&(index as u32)) {
            continue;
        }
        for (lost, text) in [
            (phone, &mut account.phone),
            (device, &mut account.device),
            (tax, &mut account.tax_number),
            (address, &mut account.address),
        ] {
            if lost {
                text.clear();
            }
        }
    }
}

fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn accounts_file(bank: &Bank) -> (String, Vec<u8>) {
    let mut sheet = Sheet::new(&[
        "_key",
        "name",
        "segment",
        "opened",
        "phone",
        "address",
        "device",
        "tax_number",
        "country",
    ]);
    for (index, it) in bank.accounts.iter().enumerate() {
        let segment = if it.is_business { "business" } else { "private" };
        let (own, opened) = (key(index as u32), date(it.opened));
        sheet.row(&[
            &own,
            &it.name,
            segment,
            &opened,
            &it.phone,
            &it.address,
            &it.device,
            &it.tax_number,
            it.country,
        ]);
    }
    sheet.file("accounts.csv")
}

fn merchants_file(draw: &mut Draw, count: u32) -> (String, Vec<u8>) {
    let mut sheet = Sheet::new(&["_key", "name", "category", "country"]);
    for index in 0..count {
        let category = draw.pick(&CATEGORIES);
        let name = format!("{} {category}", draw.person());
        sheet.row(&[&merchant_key(index), &name, category, *draw.pick(&COUNTRIES)]);
    }
    sheet.file("merchants.csv")
}

fn merchant_key(merchant: u32) -> String {
    format!("M{:05}", merchant + 10_001)
}

fn transfers_file(bank: &mut Bank) -> (String, Vec<u8>) {
    bank.transfers.sort_by_key(|it| (it.at, it.from, it.to, it.cents));
    let mut sheet = Sheet::new(&["_from", "_to", "amount", "time"]);
    for it in &bank.transfers {
        sheet.row(&[&id(it.from), &id(it.to), &money(it.cents), &stamp(it.at)]);
    }
    sheet.file("transfers.csv")
}

fn payments_file(bank: &mut Bank) -> (String, Vec<u8>) {
    bank.payments
        .sort_by_key(|it| (it.at, it.from, it.merchant, it.cents));
    let mut sheet = Sheet::new(&["_from", "_to", "amount", "time"]);
    for it in &bank.payments {
        let merchant = format!("merchants/{}", merchant_key(it.merchant));
        sheet.row(&[&id(it.from), &merchant, &money(it.cents), &stamp(it.at)]);
    }
    sheet.file("payments.csv")
}
