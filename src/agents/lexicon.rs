//! Word lists for [`super::phrasing`] and [`super::numbers`]: one cue a line, in the form of cues.rs.
//!
//! English, with the common headings of German, French, Spanish, Italian and Dutch briefs.

/// Headings over questions.
pub(super) const OBJECTIVES: &str = "\
    objective*
    goal|goals
    question|questions
    aim|aims
    want* .. know|learn|find|see|understand|have|answered
    need* .. know|learn|find|see|understand
    like to know|learn|find|see|understand
    to answer|know|learn|find
    ask|asks|asked|asking
    task|tasks
    find out
    request|requests|requested
    wish|wishes
    tell us
    interest|interests|interested
    mission
    use case|cases
    please
    ziel|ziele|zielsetzung
    frage|fragen|fragestellung|fragestellungen
    objectif|objectifs
    objetivo|objetivos
    pregunta|preguntas
    obiettivo|obiettivi
    domanda|domande
    doel|doelen|doelstelling|doelstellingen
    vraag|vragen
";

/// Headings over limits.
pub(super) const CONSTRAINTS: &str = "\
    constraint*
    limit|limits|limitation*
    restriction*
    boundar*
    rule|rules
    out of scope
    condition|conditions
    non goal*
    threshold*
    number|numbers|figures
    must not
    einschränkung*|randbedingung*|rahmenbedingung*
    contrainte*
    restriccion*
    vincol*
    voorwaarde*|randvoorwaarde*
";

/// Headings over measures of success.
pub(super) const SUCCESS: &str = "\
    success*
    acceptance
    criteri*
    done
    deliverable*
    outcome*
    expected result*|output*
    good look*|looks
    judge*
    erfolg*
    succès|réussite
    éxito
    successo
";

/// Headings over requirements.
pub(super) const REQUIREMENTS: &str = "\
    requirement*
    must have*
    anforderung*
    exigence*
    requisito|requisitos|requisiti
    eisen
";

/// Headings over measured quantities.
pub(super) const KPIS: &str = "\
    kpi|kpis
    metric*
    indicator*
    key figure*|number*
    measure|measures
    kennzahl*
";

/// Headings over risks.
pub(super) const RISKS: &str = "\
    risk|risks
    concern|concerns
    danger*
    risiken|risiko|risques|riesgos|rischi
";

/// Headings over assumptions.
pub(super) const ASSUMPTIONS: &str = "\
    assum*
    premise*
    prerequisite*
    annahme*|hypothèse*|supuesto*
";

/// Headings over people.
pub(super) const STAKEHOLDERS: &str = "\
    stakeholder*
    audience
    sponsor*
    people
    contact*
    reader*
    who is involved
    beteiligte
";

/// Headings over what happened so far.
pub(super) const BACKGROUND: &str = "\
    background
    context
    introduction
    situation
    history
    about
    overview
    motivation
    current state
    status quo
    why
    note|notes
    hintergrund
    contexte
    contexto
    contesto
    achtergrond
    ausgangslage
";

/// Words that ask outright, anywhere in a passage.
pub(super) const ASKS: &str = "\
    want|wants|wish|wishes|need|needs|like|love|hope|hopes|keen|eager|curious|interested|able|order|have|has|trying|try|help .. know|learn|understand|see|find|identify|discover|determine|establish|hear|locate|spot|pinpoint|rank|tell|compare
    want|wants|need|needs|like a|an|the|all|every list|ranking|overview|map|answer|answers|picture|table|names|count
    would|should like|love
    tell|show|give|send|bring|name|get us|me
    please
    let us|me know
    find|finding|figure|figuring|work|working out
    question|questions|concern|issue|topic|task|aim|goal|objective|purpose|interest|priority|problem|point|matter is|are|of|whether|here|would|remains|concerns
    of interest
    interested in
    ask|asks|asked|asking for|about|to|that|which|whether|what|how|where|who|you|if
    looking for|to
    look for|at
    know|learn|see|say|understand|decide|tell|matter|matters|wonder|wonders|told|establish|idea|sure|certain|clear|unclear|unknown|open|clarity|determine|identify|find|discover|knowing|learning|understanding|list which|where|what|whether|how|who|whose|if
    know|learn|hear|wonder about|of|the
    matters|matter most|to|is|are|here
    to be answered|identified|found|known|named|listed|ranked
    should be identified|named|listed|ranked|found|told|shown|answered|examined|given
    must|shall identify|name|list|rank|find|tell|show|say|answer|give|contain
    care|cares about
    curious
    answer the|these|following|whether|which|how
    what|which|where|who is|are we
    worry|worries|worried about
    the ones|one that|which|whose
    identify|pinpoint|uncover|rank
";

/// Words that say what should be.
pub(super) const WISHES: &str = "\
    should
    must
    has|have|need|needs|ought to
    want|wants|need|needs|wish|wishes
    expect|expects|expected
    matter|matters
    important|essential|crucial|vital
    would|could help|be
    to be
    we|i plan|intend|mean
";

/// Words in front that go on with what was said before.
pub(super) const OPENERS: &str = "\
    also|and|then|next|finally|lastly|besides|further|furthermore|moreover|additionally|equally|likewise|similarly|secondly|thirdly|fourthly|firstly|afterwards|plus|another|meanwhile
    first|second|third|fourth|fifth|last
    first|last of all
    in addition
    on top of that|this
    beyond that|this
    apart from that|this
    as well
    after that|this
    there is|are also
    just|equally as important|important|importantly
    to begin|start with
    the first|second|third|fourth|last|other thing|one|question|point|item
    at the same time
    a|our first|second|third|fourth|last|further|final
    one more thing
    a|b|c|d|e|i|ii|iii|iv
";

/// Verbs in front that order something.
pub(super) const IMPERATIVES: &str = "\
    find|identify|list|rank|show|determine|name|tell|map|locate|detect|point|work|establish|report|explain|give|compute|calculate|know|understand|learn|discover|see|say|decide|uncover|spot|highlight|pinpoint|flag|examine|assess|analyse|analyze|check|describe|look|single|count|measure|trace|figure|draw|provide|produce|compile|divide|group|split|search|quantify|estimate|reveal|recommend|suggest|propose|select|pick|choose|expose|hunt|catch|sort|order|investigate|review|answer|compare|break|surface|unmask
";

/// Words in front that ask.
pub(super) const INTERROGATIVES: &str = "\
    which|what|where|who|whom|whose|how|whether
    for|from|at|on|in|through|by|into|to|of|with|among|between which|what|whom|whose|how
";

/// Words that tell of the past.
pub(super) const PAST: &str = "\
    was|were|had|did|went|came|took|began|became|led|caused|happened|occurred
    last week|month|winter|summer|spring|autumn|year|time|december|january
    years|months|weeks|days ago
    has|have been|grown|become|happened|changed|risen
    in 19*|20*
    so far|until now
    used to
    recently|lately|historically|traditionally
";

/// Words that bound a number or what may be done.
pub(super) const BOUNDS: &str = "\
    at most|least
    at the most|maximum|least
    no|not more|less|fewer|longer|later|larger|greater|bigger|higher than
    no|not|never|nor .. more|less|fewer|longer than
    up to
    maximum|minimum|max|min
    last|lasts|be|stay|stays|remain|remains|take|takes less|fewer|shorter|longer|more than
    within 1*|2*|3*|4*|5*|6*|7*|8*|9*|one|two|three|four|five|six|seven|eight|nine|ten|twenty|thirty|fifty|a|an
    exceed|exceeds|exceeding
    must|may|can|shall|should|do|does not
    cannot|mustnt
    only .. may|can|be
    may|can|must only
    limit*|restrict*|confined|cap|capped
    budget*
    never
    without exceed*|violating|breaking
    out of scope
    not exceed
    stay|remain|keep within|below|under|short
";

/// Words that require.
pub(super) const RULES: &str = "\
    must
    shall
    has|have to
    need|needs to be
    required|requires|requirement*
    mandatory
    should
    traceable
    are|is expected
";

/// Words of success criteria.
pub(super) const SUCCESS_WORDING: &str = "\
    success|successful|successfully|succeed*
    satisf*
    happy|pleased|content if|when|with
    judge|judged|judging|measured|assessed by|on|it|the|whether|success
    we will|shall|ll know
    done|complete|completed|finished|accepted|acceptable|over when|if|once|means
    good|useful|right result|outcome|answer is|has|would|looks
    worth it|while|the
    worthwhile
    acceptance
    counts as
    will have worked|paid
";

/// Words of what is to be handed over, which measure success where nothing is asked.
pub(super) const DELIVERY: &str = "\
    ranked list of at most|no|up
    hand* over|in
    deliverable*
    deliver|delivered|delivers|produces
";

/// Words of assumptions.
pub(super) const ASSUMPTION_WORDING: &str = "\
    assum*
    taken|take|takes for granted
    provided|given that
    presum*
    suppose|supposed that
";

/// Words of risks.
pub(super) const RISK_WORDING: &str = "\
    risk|risks that|of|is|are|here
    danger that|of
    go|goes|going wrong
    fear|fears|feared
    threat that|is
";

/// Words of measured quantities.
pub(super) const KPI_WORDING: &str = "\
    kpi|kpis
    key figure*|metric*|indicator*|number*
    metric|metrics
    performance indicator*
";

/// Words of the highest priority.
pub(super) const CRITICAL: &str = "\
    business|mission critical
    is|are critical
    priority critical|1|one|p1
    critical priority
    top|highest|first priority
    urgent*
    mandatory
    asap
    most important|urgent|pressing
    above all
    immediately
    critical to|for us|the
";

/// Words of high priority.
pub(super) const HIGH: &str = "\
    must
    high priority|importance
    priority high|2|two|p2
    important|importance|importantly
    essential*
    crucial*
    vital*
    pressing
";

/// Words of low priority.
pub(super) const LOW: &str = "\
    nice to have*
    optional*
    if possible|time
    ideally
    low|lower|lowest|least priority|important|urgent
    priority low|3|three|p3|p4
    less important|urgent
    bonus
    where possible
    would be nice|good|welcome
    secondary|minor
";

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
    limit|cap|ceiling of|is
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

/// Words in front of a piece that goes on with a question: "the ones that …".
pub(super) const FRAGMENTS: &str = "\
    that|which|whose|where|when|who
";

/// Words of headings that point at what follows.
pub(super) const POINTERS: &str = "\
    following|these|below|next
";

/// Words in front that say more about what was asked before.
pub(super) const MORE: &str = "\
    such|they|these|those|it|this|each|both
    for each|them|these|those|all|every
    in each|every case
";

/// Words of headings that mean nothing by themselves.
pub(super) const FILLERS: &str = "\
    the a an of for and to in on our we us is are be this these that what which how would it
    its with from by main key project business following here as study analysis
";

/// Units that an answer may be wanted in, and numbers be given in.
pub(super) const UNITS: &str = "\
    second seconds minute minutes hour hours day days week weeks month months year years km
    kilometre kilometres kilometer kilometers mile miles metre metres meter meters hop hops step
    steps percent eur euro euros usd dollar dollars gbp pound pounds chf inr rupees yen tonnes tons
    kg
";

/// Words that are never what a number counts.
pub(super) const STOPS: &str = "\
    and or of to in for with that which is are the a an can may must should each per by at on as
    than if it they we long ago times
";

/// Words of any sentence, which tell no two questions apart.
pub(super) const COMMON: &str = "\
    which that this these those with from most more than many much some such have must should would
    could shall will need want like know find there their they them other others when where what
    into only also then over under least each every because since about planned place placed given
    make made take taken number reason top long very well
";

/// Words for answers as such: a limit on them is meant for all questions.
pub(super) const ANSWERS: &str = "\
    recommendation answer list finding result report each ranking table name show section question
    objective item
";

/// Whether a word stands in a list of words.
pub(super) fn is_listed(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|it| it == word)
}
