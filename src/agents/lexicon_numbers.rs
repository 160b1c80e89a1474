//! Word lists for [`super::numbers`]: what bounds a number, what it counts, and in which unit.

/// Words in front of the greatest number allowed.
pub(super) const AT_MOST: &str = "\
    at most
    no|not more|longer|greater|larger|higher|bigger|later than
    up to
    maximum of
    maximum|max
    not|never|cannot|no|wont|dont .. exceed|exceeds|above|over|beyond
    not|never|cannot|no|wont|dont|nobody|nor .. more|longer|greater|larger|higher|bigger than
    never exceeds
    limit|limited to
    within
    at the most
    not above|over|beyond
    capped at
    limit|cap|ceiling|threshold of|is
    stop|stops at
";

/// Words in front of a number that is itself too much.
pub(super) const UNDER: &str = "\
    less|fewer|shorter|lower|smaller than
    under
    below
    short of
    beneath
";

/// Words in front of the least number allowed.
pub(super) const AT_LEAST: &str = "\
    at least
    no|not less|fewer|lower|smaller|shorter than
    minimum of
    minimum|min
    from
    starting at|from|with
    not below|under
    of .. and above|upwards|more
";

/// Words in front of a number that is itself too little.
pub(super) const OVER: &str = "\
    more|greater|larger|longer|higher|bigger than
    over
    above
    exceed|exceeds|exceeding
    beyond
";

/// Words behind the least number allowed.
pub(super) const OR_MORE: &str = "\
    or|and more|above|upwards|over|longer
";

/// Words behind the greatest number allowed.
pub(super) const OR_LESS: &str = "\
    or|and less|fewer|below|under
    at the most|maximum
    at most|max|maximum
    maximum|tops
";

/// Words in front of how many are wanted.
pub(super) const TOP: &str = "\
    top|first|worst|best|leading
    name|list|pick|choose|select|which|identify|find|show|rank|give
";

/// Words between a number and what it counts.
pub(super) const SUPERLATIVES: &str = "\
    most|highest|largest|biggest|busiest|worst|best|greatest|longest|hardest|farthest|furthest|top|strongest|heaviest|critical|important|key|main|such|of|these|those|different|single
";

/// Units that an answer may be wanted in, and numbers be given in.
pub(super) const UNITS: &str = "\
    second seconds minute minutes hour hours day days week weeks month months year years km
    kilometre kilometres kilometer kilometers mile miles metre metres meter meters hop hops step
    steps percent eur euro euros usd dollar dollars gbp pound pounds chf inr rupees yen tonnes tons
    kg
";

/// Currencies and the words of amounts, which a limit on amounts counts in.
pub(super) const MONEY: &str = "\
    eur euro euros usd dollar dollars gbp pound pounds chf inr rupees yen amount amounts sum sums
    value
";

/// Words that are never what a number counts.
pub(super) const STOPS: &str = "\
    and or of to in for with that which is are the a an can may must should each per by at on as
    than if it they we long ago times
";
