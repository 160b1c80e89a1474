//! Plants groups, ties and manipulation, and what only looks like it, into the demo network.
//! Definitions: see `demo_social`.

use rustc_hash::FxHashSet;

use super::demo::Scale;
use super::demo_draw::{DAY, DAYS, HOUR, START};
use super::demo_social::{self, Society, post_id, user_id};

/// Plants everything into a network without follows, posts or shares.
pub(super) fn plant(society: &mut Society, scale: Scale) {
    groups(society);
    // Those whom nobody may follow come first, so that nobody does.
    bought_followers(society, 2);
    if scale == Scale::L {
        bought_followers(society, 5);
    }
    lurkers(society, scale.of(50) as usize);
    ties(society, scale.planted(5) as usize);
    for index in 0..scale.planted(2) as usize {
        lock_step(society, 1 + index % 6);
    }
    celebrity(society);
    news(society, 3);
    fan_club(society, 4);
    for index in 0..scale.planted(5) as usize {
        viral_post(society, index % 8);
    }
    big_moment(society, 0);
}

fn groups(society: &mut Society) {
    for group in society.groups.clone() {
        let mut members = group;
        members.sort_unstable();
        let note = format!("{} users who mostly follow each other", members.len());
        society.planted("natural_group", &members, note);
    }
}

/// Joins all groups into one network through `count` users.
fn ties(society: &mut Society, count: usize) {
    let mut joined = vec![0];
    let mut waiting: Vec<usize> = (1..society.groups.len()).collect();
    // One more would close a circle of groups, and nobody on it would be an only tie.
    let count = count.min(waiting.len());
    society.draw.shuffle(&mut waiting);
    // Whoever knew two of them would be a tie of another kind, so each has contacts of its own.
    let mut met = FxHashSet::default();
    for index in 0..count {
        let home = *society.draw.pick(&joined);
        let user = society.take(home, 1)[0];
        let left = count - index;
        // The groups still waiting are spread evenly over the users still to come.
        let others: Vec<usize> = waiting.split_off(waiting.len() - waiting.len().div_ceil(left));
        for other in &others {
            let contacts = society.draw.between(25, 40) as usize;
            meet(society, user, *other, contacts, &mut met);
            joined.push(*other);
        }
        meet(society, user, home, 30, &mut met);
        let note = format!("it alone ties {} other groups to its own", others.len());
        society.planted("only_tie", &[user], note);
    }
}

/// Makes `user` acquainted with `count` users of `group` who are in `met` for nobody yet.
fn meet(society: &mut Society, user: u32, group: usize, count: usize, met: &mut FxHashSet<u32>) {
    met.insert(user);
    let mut strangers = speakers(society, group);
    strangers.retain(|it| !met.contains(it));
    for contact in society.draw.several(&strangers, count) {
        met.insert(contact);
        befriend(society, user, contact);
    }
}

fn befriend(society: &mut Society, a: u32, b: u32) {
    let since = society.since(a, b);
    society.follow(a, b, since);
    if society.draw.chance(700) {
        let back = society.since(a, b);
        society.follow(b, a, back);
    }
}

fn lock_step(society: &mut Society, group: usize) {
    let size = society.draw.between(10, 15) as usize;
    let members = society.take(group, size);
    let sponsor = society.take(group, 1)[0];
    let posts = society.draw.between(14, 20);
    for _ in 0..posts {
        let created = society.draw.moment();
        let post = society.post(sponsor, created);
        let begin = created + society.draw.between(2, 90) * 60;
        for member in &members {
            if society.draw.chance(930) {
                let at = begin + society.draw.between(0, 29);
                society.share(*member, post, at);
            }
        }
    }
    let note = format!("{size} users share the same {posts} posts, each time within half a minute");
    society.planted("lock_step", &members, note);
}

fn bought_followers(society: &mut Society, group: usize) {
    let size = society.draw.between(56, 64) as usize;
    let members = society.take(group, size);
    let customers = society.take(group, 4);
    let burst = demo_social::some_morning(&mut society.draw);
    for member in &members {
        let joined = burst - society.draw.between(1, 3) * DAY;
        let user = &mut society.users[*member as usize];
        user.joined = joined;
        user.is_silent = true;
        for customer in &customers {
            let at = burst + society.draw.between(0, 2 * HOUR);
            society.follow(*member, *customer, at);
        }
    }
    for customer in &customers {
        let user = &mut society.users[*customer as usize];
        user.joined = user.joined.min(START - 30 * DAY);
    }
    let note = format!(
        "{size} new accounts follow the same {} users within two hours",
        customers.len()
    );
    society.planted("bought_followers", &members, note);
}

/// People who only read: nobody follows them, but what they follow differs and grew over time.
fn lurkers(society: &mut Society, count: usize) {
    let mut ids = Vec::new();
    for index in 0..count {
        let group = index % society.groups.len();
        let user = society.take(group, 1)[0];
        society.users[user as usize].is_silent = true;
        let joined = START - society.draw.between(100, 2_000) * DAY;
        society.users[user as usize].joined = joined;
        let speakers = speakers(society, group);
        let wanted = society.draw.between(5, 16) as usize;
        for other in society.draw.several(&speakers, wanted) {
            let since = society.since(user, other);
            society.follow(user, other, since);
        }
        ids.push(user_id(user));
    }
    society.decoy(
        "lurkers",
        ids,
        "old accounts without followers that came to follow different people over years",
    );
}

fn celebrity(society: &mut Society) {
    let star = society.take(0, 1)[0];
    let joined = START - 2_000 * DAY;
    society.users[star as usize].joined = joined;
    for fan in speakers(society, 0) {
        if society.draw.chance(350) {
            let since = society.since(fan, star);
            society.follow(fan, star, since);
        }
    }
    society.decoy(
        "celebrity",
        vec![user_id(star)],
        "its many followers came over years and have followers themselves",
    );
}

fn news(society: &mut Society, group: usize) {
    let desk = society.take(group, 1)[0];
    let readers = society.take(group, 40);
    for _ in 0..60 {
        let created = society.draw.moment();
        let post = society.post(desk, created);
        for reader in &readers {
            if society.draw.chance(500) {
                let at = created + society.draw.between(600, 36 * HOUR);
                society.share(*reader, post, at);
            }
        }
    }
    let mut ids = vec![user_id(desk)];
    ids.extend(readers.iter().map(|it| user_id(*it)));
    society.decoy(
        "news_readers",
        ids,
        "they share the same news often, each in their own time",
    );
}

fn fan_club(society: &mut Society, group: usize) {
    let idol = society.take(group, 1)[0];
    let fans = society.take(group, 14);
    for fan in &fans {
        for other in &fans {
            if society.draw.chance(800) {
                let since = society.since(*fan, *other);
                society.follow(*fan, *other, since);
            }
        }
        let since = society.since(*fan, idol);
        society.follow(*fan, idol, since);
    }
    for _ in 0..18 {
        let created = society.draw.moment();
        let post = society.post(idol, created);
        for fan in &fans {
            if society.draw.chance(700) {
                let at = created + society.draw.between(300, 2 * DAY);
                society.share(*fan, post, at);
            }
        }
    }
    let ids = fans.iter().map(|it| user_id(*it)).collect();
    society.decoy(
        "fan_club",
        ids,
        "friends who like the same singer and share her posts over days",
    );
}

fn viral_post(society: &mut Society, group: usize) {
    let author = society.take(group, 1)[0];
    let created = START + society.draw.between(10, DAYS - 10) * DAY + 9 * HOUR;
    let post = society.post(author, created);
    let audience: Vec<u32> = speakers(society, group);
    let wanted = society.draw.between(150, 280) as usize;
    for user in society.draw.several(&audience, wanted) {
        let at = created + society.draw.between(300, 30 * HOUR);
        society.share(user, post, at);
    }
    society.decoy(
        "viral_post",
        vec![post_id(post)],
        "many people share it once, over more than a day",
    );
}

/// One post that forty people share within two minutes, once.
fn big_moment(society: &mut Society, group: usize) {
    let author = society.take(group, 1)[0];
    let created = demo_social::some_morning(&mut society.draw);
    let post = society.post(author, created);
    let audience = speakers(society, group);
    let mut ids = vec![post_id(post)];
    for user in society.draw.several(&audience, 40) {
        let at = created + society.draw.between(20, 140);
        society.share(user, post, at);
        ids.push(user_id(user));
    }
    society.decoy(
        "big_moment",
        ids,
        "a goal was scored: many share at once, but only this once",
    );
}

/// The users of `group` who can be followed and who act.
pub(super) fn speakers(society: &Society, group: usize) -> Vec<u32> {
    society.groups[group]
        .iter()
        .copied()
        .filter(|it| !society.users[*it as usize].is_silent)
        .collect()
}
