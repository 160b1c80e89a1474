//! Word lists for [`super::phrasing`]: one cue a line, in the form of cues.rs.
//!
//! English, with the common headings of German, French, Spanish, Italian and Dutch briefs.

pub(super) use super::lexicon_numbers::{
    AT_LEAST, AT_MOST, MONEY, OR_LESS, OR_MORE, OVER, STOPS, SUPERLATIVES, TOP, UNDER, UNITS,
};

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
    must|shall|should|will identify|name|list|rank|find|tell|show|say|answer|give|contain|establish|determine|report|state|enumerate|examine|ascertain|provide|set_out|advise|assess|quantify|describe|propose|point_out|map|cluster|test|group|detect|uncover|analyse|analyze|investigate|measure|compute|calculate|locate|partition|segment|classify|trace|pinpoint|explore|evaluate|study|review|check
    want|wants|need|needs|like|require|requires every|all|each|any|those|their|names|the_names|the_list
    would|want|wants|need|needs|like|require .. identified|named|listed|ranked|shown|told|assured|informed
    to be told|shown|assured|informed|advised
    help|helps us|me|them understand|see|know|find
    raise|raises|raised|ask|asks the question|whether
    is|are|be to be identified|found|known|named|listed|ranked|established|determined|reported|stated|enumerated|examined|ascertained|provided|set_out|assessed|described|proposed|shown|told|given
    wanted|sought|requested|desired
    seek|seeks|solicit|solicits|beg|begs|invite|invites
    have|has in mind to
    informed|advised|apprised|notified of|about|which|whether|where|how|as
    obliged|grateful|glad|thankful|appreciate for|to|if|your
    care|cares about
    curious
    answer the|these|following|whether|which|how
    what|which|where|who is|are we
    worry|worries|worried|concerned|uneasy|anxious|troubled|alarmed about|by|that
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
    to
    a|our first|second|third|fourth|last|further|final
    one more thing
    a|b|c|d|e|i|ii|iii|iv
";

/// Verbs in front that order something.
pub(super) const IMPERATIVES: &str = "\
    find|identify|list|rank|show|determine|name|tell|map|locate|detect|point|work|establish|report|explain|give|compute|calculate|know|understand|learn|discover|see|say|decide|uncover|spot|highlight|pinpoint|flag|examine|assess|analyse|analyze|check|describe|look|single|count|measure|trace|figure|draw|provide|produce|compile|divide|group|split|search|quantify|estimate|enumerate|ascertain|state|advise|indicate|specify|grade|tabulate|reveal|recommend|suggest|propose|select|pick|choose|expose|hunt|catch|sort|order|investigate|review|answer|compare|break|surface|unmask
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
    we will|shall|ll know
    done|complete|completed|finished|accepted|acceptable|over when|if|once|means
    good|useful|right result|outcome|answer is|has|would|looks
    worth it|while|the
    worthwhile
    acceptance
    counts as
    will have worked|paid
";

/// Words that judge success unless the passage asks: of a question they say how to rank.
pub(super) const MEASURED: &str = "\
    judge|judged|judging|measured|assessed by|on|it|the|whether|success
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
    provided that
    given that we|the|all|our .. is|are complete|correct|current|right
    presume|presumes|presuming|presumably
    is|be presumed
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

/// Words that point back at what was said just before.
pub(super) const REFERENCES: &str = "\
    such|these|those|them|they|it|its|their|theirs
    this|that would|happens|is|kind|sort|way
    to|of|for|with|about|at this|that|each|these|those
    who|which|what are|is they|it|these|those
    which ones|of_them|packages|stations
    for|beside|behind|by|to|at|with each|every
    so
    the same
";

/// Labels in front of the head lines of a letter.
pub(super) const LETTER_HEAD: &str = "\
    from|to|cc|bcc|re|ref|reference|subject|date|sent|attn|copy|assignee|reporter|watchers|attending|present|apologies
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

/// Words in front that lead to an answer's details.
pub(super) const DETAIL_OPENERS: &str = "\
    such|they|these|both
    for each|them|these|those|all|every|any
    in|of each|every
    per
    for|of|in|with the groups|clusters|circles|rings|loops|sets|weak|ones
    membership|members of|per
    if there|so|any|yes
    give|state|say|quote|add the number|size|count|figure|names|reason|reasons
";

/// Words that speak of an answer's details: of what is found, what to say or to hand over.
pub(super) const DETAILS: &str = "\
    you find|found|report|list|identify|name
    expect|want|like back
    such|reported|listed|named|identified|suspect|suspected|suspicious group*|cluster*|circle*|ring*|loop*|account*|case*|set*
    each|every group|cluster|circle|ring|loop|set|community set_out|listed|with|should|must|shall
";

/// Words of headings that mean nothing by themselves.
pub(super) const FILLERS: &str = "\
    the a an of for and to in on our we us is are be this these that what which how would it
    its with from by main key project business following here as study analysis
";

/// Words that leave something out of a question.
pub(super) const EXCLUSIONS: &str = "\
excluding|except|excepting|disregarding|ignoring
apart|aside from
other than
leaving|leave out|aside
not|without counting|including
restricted|limited|confined to";

/// Months.
pub(super) const MONTHS: &str = "\
    january february march april may june july august september october november december
";

/// Stretches of time that have passed.
pub(super) const PERIODS: &str = "week month quarter year season spring summer autumn fall winter";

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
    objective item row entry case vertex node place location
";

/// Whether a word stands in a list of words.
pub(super) fn is_listed(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|it| it == word)
}
