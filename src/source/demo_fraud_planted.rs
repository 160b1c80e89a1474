//! Plants fraud, and what only looks like it, into the demo bank. Definitions: see `demo_fraud`.

use rustc_hash::FxHashSet;

use super::demo::Scale;
use super::demo_draw::{DAY, DAYS, HOUR, MINUTE, START};
use super::demo_fraud::{self, Bank};

const LOOP: &str = "money_loop";
const PASS_THROUGH: &str = "pass_through";
const IDENTITY: &str = "made_up_identity";
const SPLIT: &str = "split_transfers";

/// Plants everything into a bank without transfers.
pub(super) fn plant(bank: &mut Bank, scale: Scale) {
    loops(bank, scale.planted(12));
    pass_throughs(bank, scale.planted(4));
    identities(bank, scale.planted(5));
    splitters(bank, scale.planted(3));
    households(bank, scale);
    slow_loops(bank, scale.planted(8));
    chance_loops(bank, scale.planted(3));
    payrolls(bank, scale.planted(6));
    marketplaces(bank, scale.planted(4));
    landlords(bank, scale.planted(5));
    family_loans(bank, scale.planted(20));
    invoices(bank, scale.planted(6));
}

/// Accounts that take no part in everyday money: their sums must stay what they are.
pub(super) fn quiet(bank: &Bank) -> FxHashSet<u32> {
    let patterns = bank.truth.patterns.iter().map(|it| (&it.kind, &it.members));
    let decoys = bank.truth.decoys.iter().map(|it| (&it.kind, &it.members));
    let all = patterns.chain(decoys);
    let kinds = [PASS_THROUGH, "landlord", "marketplace"];
    let wanted: FxHashSet<&String> = all
        .filter(|(kind, _)| kinds.contains(&kind.as_str()))
        .flat_map(|(_, members)| members.iter().take(1))
        .collect();
    (0..bank.accounts.len() as u32)
        .filter(|it| wanted.contains(&demo_fraud::id(*it)))
        .collect()
}

/// Accounts whose shared details must not be forgotten.
pub(super) fn keep_details(bank: &Bank) -> FxHashSet<u32> {
    let wanted: FxHashSet<&String> = bank
        .truth
        .patterns
        .iter()
        .filter(|it| it.kind == IDENTITY)
        .flat_map(|it| &it.members)
        .collect();
    (0..bank.accounts.len() as u32)
        .filter(|it| wanted.contains(&demo_fraud::id(*it)))
        .collect()
}

fn loops(bank: &mut Bank, count: u32) {
    let controllers = bank.take(2);
    for index in 0..count {
        let length = 3 + index as usize % 4;
        let mut members = bank.take(length);
        // Six of the loops run through one of two controllers, each at its own time.
        if index < 6 {
            members[0] = controllers[index as usize % 2];
        }
        let slot = (DAYS - 8) / i64::from(count);
        let begin = START + (2 + slot * i64::from(index)) * DAY + bank.draw.between(0, 2 * DAY);
        let mut cents = if bank.draw.chance(500) {
            bank.draw.between(180_000, 840_000)
        } else {
            bank.draw.between(1_150_000, 6_000_000)
        };
        let mut at = begin;
        // All hops end within 66 hours.
        let longest = 66 * HOUR / length as i64;
        for hop in 0..length {
            bank.send(members[hop], members[(hop + 1) % length], cents, at);
            cents -= cents * bank.draw.between(3, 15) / 1000;
            at += bank.draw.between(20 * MINUTE, longest);
        }
        bank.planted(
            LOOP,
            &members,
            format!("{length} accounts pass a sum round and back within three days"),
        );
    }
}

fn pass_throughs(bank: &mut Bank, count: u32) {
    for _ in 0..count {
        let account = bank.take(1)[0];
        let payers = bank.draw.between(10, 16) as usize;
        let payers = bank.take(payers);
        let takers = bank.draw.between(2, 3) as usize;
        let takers = bank.take(takers);
        bank.accounts[account as usize].opened = START + bank.draw.between(1, 20) * DAY;
        let begin = START + bank.draw.between(25, DAYS - 5) * DAY + bank.draw.between(6, 10) * HOUR;
        let mut total = 0;
        for payer in &payers {
            let cents = bank.draw.between(70_000, 390_000);
            let at = begin + bank.draw.between(0, 8 * HOUR);
            bank.send(*payer, account, cents, at);
            total += cents;
        }
        let mut rest = total * bank.draw.between(93, 98) / 100;
        for (index, taker) in takers.iter().enumerate() {
            let left = (takers.len() - index) as i64;
            let cents = if left == 1 {
                rest
            } else {
                rest / left * bank.draw.between(85, 110) / 100
            };
            let at = begin + 8 * HOUR + bank.draw.between(20 * MINUTE, 8 * HOUR);
            bank.send(account, *taker, outside_band(cents), at);
            rest -= outside_band(cents);
        }
        let note = format!(
            "{} accounts pay in within hours, {} receive it hours later",
            payers.len(),
            takers.len()
        );
        bank.planted(PASS_THROUGH, &[account], note);
    }
}

/// A sum that is not just under 10,000, which would look like another pattern.
fn outside_band(cents: i64) -> i64 {
    if (850_000..1_000_000).contains(&cents) {
        849_000
    } else {
        cents
    }
}

fn identities(bank: &mut Bank, count: u32) {
    for index in 0..count {
        let size = bank.draw.between(4, 8) as usize;
        let members = bank.take(size);
        let opened = START - bank.draw.between(40, 300) * DAY;
        let template = bank.accounts[members[0] as usize].clone();
        let by_home = index % 2 == 0;
        for member in &members {
            let day = bank.draw.between(0, 20);
            let account = &mut bank.accounts[*member as usize];
            account.opened = opened + day * DAY;
            if by_home {
                account.phone.clone_from(&template.phone);
                account.address.clone_from(&template.address);
            } else {
                account.device.clone_from(&template.device);
                account.tax_number.clone_from(&template.tax_number);
            }
        }
        let shared = if by_home {
            "phone and address"
        } else {
            "device and tax number"
        };
        bank.planted(IDENTITY, &members, format!("{size} accounts share {shared}"));
    }
}

fn splitters(bank: &mut Bank, count: u32) {
    for _ in 0..count {
        let members = bank.take(2);
        let mut at = START + bank.draw.between(10, DAYS - 30) * DAY + 9 * HOUR;
        let times = bank.draw.between(12, 16);
        for _ in 0..times {
            let cents = bank.draw.between(910_000, 995_000);
            bank.send(members[0], members[1], cents, at);
            at += bank.draw.between(5 * HOUR, 20 * HOUR);
        }
        bank.planted(
            SPLIT,
            &members,
            format!("{times} transfers just under 10,000 to one account"),
        );
    }
}

/// People who live together, and people with two accounts.
fn households(bank: &mut Bank, scale: Scale) {
    for _ in 0..scale.planted(25) {
        let size = bank.draw.between(3, 5) as usize;
        let members = bank.take(size);
        share_address(bank, &members);
        bank.decoy("roommates", &members, "they share an address and nothing else");
    }
    let residents = bank.take(35);
    share_address(bank, &residents);
    bank.decoy(
        "student_home",
        &residents,
        "a hall of residence is one address for many",
    );
    for _ in 0..scale.planted(40) {
        let members = bank.take(2);
        share_address(bank, &members);
        let phone = bank.accounts[members[0] as usize].phone.clone();
        bank.accounts[members[1] as usize].phone = phone;
        bank.decoy("couple", &members, "two people share a home and a telephone");
    }
    for _ in 0..scale.planted(30) {
        let members = bank.take(2);
        let first = bank.accounts[members[0] as usize].clone();
        let opened = bank.accounts[members[1] as usize].opened;
        bank.accounts[members[1] as usize] = demo_fraud::Account { opened, ..first };
        bank.decoy(
            "second_account",
            &members,
            "one person has a current and a savings account",
        );
    }
    for _ in 0..scale.planted(4) {
        let size = bank.draw.between(4, 7) as usize;
        let members = bank.take(size);
        let device = bank.accounts[members[0] as usize].device.clone();
        for member in &members {
            bank.accounts[*member as usize].device.clone_from(&device);
        }
        bank.decoy(
            "public_device",
            &members,
            "they used the same library computer and share nothing else",
        );
    }
}

fn share_address(bank: &mut Bank, members: &[u32]) {
    let address = bank.accounts[members[0] as usize].address.clone();
    for member in members {
        bank.accounts[*member as usize].address.clone_from(&address);
    }
}

fn slow_loops(bank: &mut Bank, count: u32) {
    for _ in 0..count {
        let length = bank.draw.between(3, 6) as usize;
        let members = bank.take(length);
        let cents = bank.draw.between(20, 80) * 1000;
        let mut at = START + bank.draw.between(1, 20) * DAY + 10 * HOUR;
        for hop in 0..length {
            bank.send(members[hop], members[(hop + 1) % length], cents, at);
            at += bank.draw.between(18 * DAY, 25 * DAY);
        }
        bank.decoy("savings_club", &members, "a sum goes round in months, not days");
    }
}

fn chance_loops(bank: &mut Bank, count: u32) {
    for _ in 0..count {
        let members = bank.take(3);
        let mut at = START + bank.draw.between(5, DAYS - 8) * DAY + 11 * HOUR;
        for (hop, cents) in [4_200, 31_000, 1_250].into_iter().enumerate() {
            let cents = cents * bank.draw.between(8, 12) / 10;
            bank.send(members[hop], members[(hop + 1) % 3], cents, at);
            at += bank.draw.between(3 * HOUR, 20 * HOUR);
        }
        bank.decoy(
            "settling_up",
            &members,
            "friends settle small debts; the sums have nothing in common",
        );
    }
}

fn payrolls(bank: &mut Bank, count: u32) {
    for _ in 0..count {
        let employer = bank.take(1)[0];
        bank.accounts[employer as usize].is_business = true;
        let size = bank.draw.between(40, 110) as usize;
        let staff = bank.take(size);
        let wages: Vec<i64> = staff
            .iter()
            .map(|_| bank.draw.between(160_000, 520_000))
            .collect();
        for month in 0..6 {
            let pay_day = START + (27 + 30 * month) * DAY + 8 * HOUR;
            for (member, wage) in staff.iter().zip(&wages) {
                let at = pay_day + bank.draw.between(0, 2 * HOUR);
                bank.send(employer, *member, *wage, at);
            }
        }
        bank.decoy(
            "payroll",
            &[employer],
            "it pays the same people the same wages each month",
        );
    }
}

fn marketplaces(bank: &mut Bank, count: u32) {
    for _ in 0..count {
        let hub = bank.take(1)[0];
        bank.accounts[hub as usize].is_business = true;
        let buyers = bank.draw.between(250, 500) as usize;
        for buyer in bank.some_free(buyers) {
            let (cents, at) = (bank.draw.between(800, 25_000), bank.draw.moment());
            bank.trade(buyer, hub, cents, at);
        }
        let sellers = bank.draw.between(90, 200) as usize;
        for seller in bank.some_free(sellers) {
            let (cents, at) = (bank.draw.between(800, 60_000), bank.draw.moment());
            bank.trade(hub, seller, cents, at);
        }
        bank.decoy(
            "marketplace",
            &[hub],
            "many pay in and many are paid, all year, in unrelated sums",
        );
    }
}

fn landlords(bank: &mut Bank, count: u32) {
    for _ in 0..count {
        let landlord = bank.take(1)[0];
        let tenants = bank.draw.between(9, 14) as usize;
        let tenants = bank.take(tenants);
        let lender = bank.take(1)[0];
        for month in 0..6 {
            let due = START + (1 + 30 * month) * DAY;
            let mut total = 0;
            for tenant in &tenants {
                let cents = bank.draw.between(60_000, 140_000);
                let at = due + bank.draw.between(0, 3 * DAY);
                bank.send(*tenant, landlord, cents, at);
                total += cents;
            }
            bank.send(landlord, lender, outside_band(total * 45 / 100), due + 12 * DAY);
        }
        bank.decoy(
            "landlord",
            &[landlord],
            "rents come in each month and most of them stay",
        );
    }
}

fn family_loans(bank: &mut Bank, count: u32) {
    for _ in 0..count {
        let members = bank.take(2);
        let mut at = START + bank.draw.between(1, 60) * DAY + 18 * HOUR;
        for _ in 0..bank.draw.between(2, 4) {
            let cents = bank.draw.between(5, 60) * 1000;
            bank.send(members[0], members[1], cents, at);
            at += bank.draw.between(DAY, 20 * DAY);
            bank.send(members[1], members[0], cents, at);
            at += bank.draw.between(5 * DAY, 12 * DAY);
        }
        bank.decoy(
            "family_loan",
            &members,
            "two relatives lend each other money and give it back",
        );
    }
}

fn invoices(bank: &mut Bank, count: u32) {
    for index in 0..count {
        let members = bank.take(2);
        for member in &members {
            bank.accounts[*member as usize].is_business = true;
        }
        // Half of them stay below the threshold three times, the others are above it twelve times.
        let (times, cents, gap) = if index % 2 == 0 {
            (3, bank.draw.between(930_000, 985_000), 58)
        } else {
            (12, bank.draw.between(1_080_000, 1_400_000), 14)
        };
        for turn in 0..times {
            bank.send(
                members[0],
                members[1],
                cents,
                START + (9 + gap * turn) * DAY + 9 * HOUR,
            );
        }
        bank.decoy("invoice", &members, "a company pays the same bill at fixed dates");
    }
}
