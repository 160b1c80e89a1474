//! The briefs of the demo graphs: what each business wants to know, in its own words.

/// Fraud.
pub(super) const FRAUD: &str = "\
# Payment fraud review

**Sponsor:** Head of Financial Crime. **Audience:** investigators and the risk committee.

The bank's rules look at one transfer at a time. We suspect schemes that only show when many
transfers are seen together.

## Objectives
1. Find groups of accounts that send money round in a loop, so that it returns to where it started
   within 72 hours with hardly any loss.
2. Find accounts that collect money from many others and pass nearly all of it on to a few accounts
   within hours.
3. Find groups of accounts that look like different customers but share personal details (telephone
   and address, or device and tax number), as made-up identities do.
4. Find accounts that split large sums into many transfers just below the reporting threshold of
   10,000.
5. Know through which accounts most of the money travels, so that monitoring starts there.

## Constraints
- Investigators can open at most 25 cases a week.
- An address that is shared and nothing else is no reason for suspicion: people live together.
- Every figure must be traceable to transfers.

## Success criteria
- A list of loops with the accounts in each.
- For each suspected group, what its accounts have in common.
- Payrolls, marketplaces and landlords are not reported.
";

/// Supply chain.
pub(super) const SUPPLY_CHAIN: &str = "\
# Supply risk review

**Sponsor:** Chief Procurement Officer. **Audience:** category managers and the board.

We know our direct suppliers. We do not know whom they depend on, and last year a plant stood still
because of a company that nobody here had heard of.

## Objectives
1. Find the suppliers that are the only route to other suppliers, parts or plants: if one fails, what
   stops, and how much of it?
2. Find circular dependencies: suppliers that, directly or through others, supply each other.
3. Know whether too many of our suppliers sit in one region. More than 60 % in one region is more
   than we accept.
4. Find the supplier that carries too much: the hub on which far more customers depend for most of
   their needs than on any other.

## Constraints
- At most 10 suppliers can be developed as second sources this year.
- A supplier with many customers is no risk by itself when each of them has an alternative.

## Success criteria
- For each single point of failure, the number of suppliers, parts and plants behind it.
- For each circular dependency, the companies in it.
";

/// Social.
pub(super) const SOCIAL: &str = "\
# Who speaks to whom, and who pretends

**Sponsor:** Head of Trust and Safety. **Audience:** policy team and community managers.

## Objectives
1. Know into which communities our users fall, and how large each is.
2. Find the people who connect communities that would otherwise have nothing to do with each other.
3. Find groups of accounts that act in lock-step: they share the same posts within seconds of one
   another, again and again.
4. Find bought followers: batches of new accounts that followed the same few accounts in one burst
   and that nobody follows.
5. Know who has the most influence, so that official notices are given to them first.

## Constraints
- No account is suspended on this report alone; each finding must name its evidence.
- A post that goes viral, or a club of fans, is not manipulation.
- Reviewers can look at no more than 20 groups.

## Success criteria
- The accounts of each coordinated group, with the number of posts they shared together.
- A short list of connecting people with the communities they join.
";
