//! A social network with planted manipulation.
//!
//! Definitions, in the words of the truth file (scale `s`; larger scales plant up to twice as many):
//! * `natural_group` (8 at each scale): users who follow each other far more than others.
//! * `only_tie` (5, at most 7): users who alone have followers and followees in more than one natural group.
//! * `lock_step` (2): 10 to 15 users who share the same 14 to 20 posts, each time within 30 seconds.
//! * `bought_followers` (1): about 60 new accounts that follow the same 4 users within 2 hours, and
//!   that nobody follows.
//!
//! Everything else stays within one natural group, so that the ties are the only ones.

use rustc_hash::FxHashSet;

use super::demo::{Decoy, Demo, Planted, Scale, Truth};
use super::demo_draw::{DAY, DAYS, Draw, HOUR, START, Sheet, date, stamp};
use super::{demo_briefs, demo_social_planted};

/// Sizes of the natural groups, in per cent of the users.
const GROUPS: [u32; 8] = [18, 16, 14, 13, 12, 11, 9, 7];

const TOPICS: [&str; 8] = [
    "football",
    "cooking",
    "politics",
    "music",
    "gardening",
    "films",
    "travel",
    "technology",
];

const COUNTRIES: [&str; 6] = ["GB", "IE", "US", "CA", "AU", "NZ"];

/// Longest time that ordinary users take to share a post.
const INTEREST: i64 = 5 * DAY;

/// A user.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) joined: i64,
    pub(super) group: usize,
    /// Follows only; nobody follows back.
    pub(super) is_silent: bool,
}

/// A post.
#[derive(Clone, Copy, Debug)]
pub(super) struct Post {
    pub(super) author: u32,
    pub(super) created: i64,
    topic: &'static str,
}

/// The network while it is made.
pub(super) struct Society {
    pub(super) draw: Draw,
    pub(super) users: Vec<User>,
    /// Users by natural group, in random order.
    pub(super) groups: Vec<Vec<u32>>,
    pub(super) posts: Vec<Post>,
    /// Posts by natural group of the author.
    pub(super) posts_of: Vec<Vec<u32>>,
    pub(super) follows: Vec<(u32, u32, i64)>,
    followed: FxHashSet<(u32, u32)>,
    pub(super) shares: Vec<(u32, u32, i64)>,
    shared: FxHashSet<(u32, u32)>,
    pub(super) truth: Truth,
    /// Users without a part in a pattern or decoy, by group, in random order.
    free: Vec<Vec<u32>>,
}

/// Generates the graph.
pub(super) fn generate(seed: u64, scale: Scale) -> Demo {
    let mut society = people(seed, scale);
    demo_social_planted::plant(&mut society, scale);
    everyday_follows(&mut society, scale.of(60_000) as usize);
    everyday_posts(&mut society, scale.of(20_000) as usize);
    everyday_shares(&mut society, scale.of(50_000) as usize);
    let files = files(&mut society);
    Demo {
        files,
        brief: demo_briefs::SOCIAL.to_owned(),
        truth: society.truth,
    }
}

fn people(seed: u64, scale: Scale) -> Society {
    let mut draw = Draw::new(seed, 3);
    let count = scale.of(5_000);
    let mut order = draw.permutation(count);
    let mut groups: Vec<Vec<u32>> = GROUPS[1..]
        .iter()
        .map(|percent| order.split_off(order.len() - (count * percent / 100) as usize))
        .collect();
    groups.insert(0, order);
    let mut users: Vec<User> = (0..count)
        .map(|_| User {
            name: draw.person(),
            joined: START - draw.between(-150, 2_500) * DAY,
            group: 0,
            is_silent: false,
        })
        .collect();
    for (group, members) in groups.iter().enumerate() {
        members.iter().for_each(|it| users[*it as usize].group = group);
    }
    Society {
        draw,
        users,
        free: groups.clone(),
        posts: Vec::new(),
        posts_of: vec![Vec::new(); groups.len()],
        groups,
        follows: Vec::new(),
        followed: FxHashSet::default(),
        shares: Vec::new(),
        shared: FxHashSet::default(),
        truth: Truth::default(),
    }
}

impl Society {
    /// `count` users of `group` that have no part yet.
    pub(super) fn take(&mut self, group: usize, count: usize) -> Vec<u32> {
        let rest = self.free[group].len().saturating_sub(count);
        self.free[group].split_off(rest)
    }

    /// Lets `from` follow `to`, once.
    pub(super) fn follow(&mut self, from: u32, to: u32, since: i64) {
        if from != to && self.followed.insert((from, to)) {
            self.follows.push((from, to, since));
        }
    }

    /// A moment at which `from` may have begun to follow `to`: after both joined.
    pub(super) fn since(&mut self, from: u32, to: u32) -> i64 {
        let both = self.users[from as usize]
            .joined
            .max(self.users[to as usize].joined);
        self.draw.between(both, START + DAYS * DAY - 1)
    }

    /// Lets `user` share `post`, once.
    pub(super) fn share(&mut self, user: u32, post: u32, at: i64) {
        if self.shared.insert((user, post)) {
            self.shares.push((user, post, at));
        }
    }

    /// Lets `author` post at `created`; the number of the post.
    pub(super) fn post(&mut self, author: u32, created: i64) -> u32 {
        let number = self.posts.len() as u32;
        let group = self.users[author as usize].group;
        let topic = if self.draw.chance(700) {
            TOPICS[group]
        } else {
            self.draw.pick(&TOPICS)
        };
        self.posts.push(Post {
            author,
            created,
            topic,
        });
        self.posts_of[group].push(number);
        number
    }

    /// Writes a pattern into the truth.
    pub(super) fn planted(&mut self, kind: &str, members: &[u32], note: String) {
        self.truth.patterns.push(Planted {
            kind: kind.to_owned(),
            members: members.iter().map(|it| user_id(*it)).collect(),
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
}

/// `users/…` of a user.
pub(super) fn user_id(user: u32) -> String {
    format!("users/U{:06}", user + 100_001)
}

/// `posts/…` of a post.
pub(super) fn post_id(post: u32) -> String {
    format!("posts/P{:07}", post + 1_000_001)
}

/// Follows within the groups: everyone follows someone and, silent users aside, is followed.
fn everyday_follows(society: &mut Society, wanted: usize) {
    for group in 0..society.groups.len() {
        let speakers = demo_social_planted::speakers(society, group);
        for (index, user) in speakers.iter().enumerate() {
            // A ring through the group keeps it in one piece.
            let next = speakers[(index + 1) % speakers.len()];
            let since = society.since(*user, next);
            society.follow(*user, next, since);
        }
        let share = wanted * society.groups[group].len() / society.users.len();
        let mut left = share.saturating_sub(speakers.len());
        while left > 0 {
            let from = speakers[society.draw.skewed(speakers.len() as u32) as usize];
            let to = if society.draw.chance(600) {
                *society.draw.pick(&speakers)
            } else {
                speakers[speakers.len() - 1 - society.draw.skewed(speakers.len() as u32) as usize]
            };
            let since = society.since(from, to);
            society.follow(from, to, since);
            if society.draw.chance(300) {
                let since = society.since(from, to);
                society.follow(to, from, since);
                left = left.saturating_sub(1);
            }
            left = left.saturating_sub(1);
        }
    }
}

fn everyday_posts(society: &mut Society, wanted: usize) {
    while society.posts.len() < wanted {
        let users = society.users.len() as u32;
        let author = society.draw.skewed(users);
        let created = society.draw.moment().max(society.users[author as usize].joined);
        if !society.users[author as usize].is_silent {
            society.post(author, created);
        }
    }
}

/// Shares of posts of one's own group, soon after they were posted or days later.
fn everyday_shares(society: &mut Society, wanted: usize) {
    let mut left = wanted.saturating_sub(society.shares.len());
    while left > 0 {
        left -= 1;
        let user = society.draw.below(society.users.len() as u32);
        let group = society.users[user as usize].group;
        if society.users[user as usize].is_silent {
            continue;
        }
        let popular = society.posts_of[group].len() as u32;
        let post = society.posts_of[group][society.draw.skewed(popular) as usize];
        let delay = i64::from(society.draw.skewed(INTEREST as u32)) + 60;
        let at = society.posts[post as usize].created + delay;
        society.share(user, post, at);
    }
}

fn files(society: &mut Society) -> Vec<(String, Vec<u8>)> {
    let draw = &mut society.draw;
    let mut users = Sheet::new(&["_key", "name", "joined", "country", "is_verified"]);
    for (index, it) in society.users.iter().enumerate() {
        let id = user_id(index as u32);
        let country = if draw.chance(70) {
            ""
        } else {
            draw.pick(&COUNTRIES)
        };
        let verified = if draw.chance(40) { "true" } else { "false" };
        users.row(&[key(&id), &it.name, &date(it.joined), country, verified]);
    }
    let mut posts = Sheet::new(&["_key", "title", "topic", "created", "words"]);
    let mut posted = Sheet::new(&["_from", "_to", "time"]);
    for (index, it) in society.posts.iter().enumerate() {
        let id = post_id(index as u32);
        let words = draw.between(5, 400).to_string();
        let topic = if draw.chance(50) { "" } else { it.topic };
        posts.row(&[
            key(&id),
            &format!("On {} ({})", it.topic, index + 1),
            topic,
            &stamp(it.created),
            &words,
        ]);
        posted.row(&[&user_id(it.author), &id, &stamp(it.created)]);
    }
    society
        .follows
        .sort_by_key(|(from, to, since)| (*since, *from, *to));
    let mut follows = Sheet::new(&["_from", "_to", "since"]);
    for (from, to, since) in &society.follows {
        follows.row(&[&user_id(*from), &user_id(*to), &stamp(*since)]);
    }
    society.shares.sort_by_key(|(user, post, at)| (*at, *user, *post));
    let mut shares = Sheet::new(&["_from", "_to", "time"]);
    for (user, post, at) in &society.shares {
        shares.row(&[&user_id(*user), &post_id(*post), &stamp(*at)]);
    }
    let mut files = vec![
        users.file("users.csv"),
        posts.file("posts.csv"),
        posted.file("posted.csv"),
        follows.file("follows.csv"),
        shares.file("shares.csv"),
    ];
    files.sort();
    files
}

fn key(id: &str) -> &str {
    id.split_once('/').map_or(id, |(_, key)| key)
}

/// A morning of the demo's middle months.
pub(super) fn some_morning(draw: &mut Draw) -> i64 {
    START + draw.between(20, DAYS - 25) * DAY + draw.between(7, 11) * HOUR
}
