//! Words that say nothing of the data by themselves, and the stems by which words are compared.
//!
//! A sentence that a model writes about findings is made of these words, of the words that the rules' own sentences
//! use, and of facts. What is in none of them, such as a cause, a culprit or a trend, is in no fact either.

use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Words of reports: grammar, order, place, size and the verbs that join a thing to its value. Left out on purpose are
/// words of absence, of exception and of time, and words that reach over all there is: only, never, no, each, since.
const PLAIN: &str = "\
    a about above account accounts across act active acts add adds after against ahead alone along alongside \
    also although am among amongst amount amounts an analysis and another apart appear appears are around as \
    aside at average back basis be been before behave behaves behind being belong belongs below beneath \
    beside besides between beyond big bigger biggest both boundary bring brings broad brought busier busiest \
    busy but by can carried carries carry carrying central close closely closer closest combine combined come \
    comes coming compare compared comparison concentrate concentrated concern concerned concerns connect \
    connected connection connections connects consist contain contains correspond could count counted counts \
    cover covers critical cut cuts data did different direct distinct divide divided divides do does done down \
    early equal even extend fall falls far farther farthest fast faster fastest few figure find finding findings \
    finds first fit fits flow flows follow followed following follows for form forms forward found from further \
    furthest gather gathers gave get gets give given gives go goes got grave graver gravest great greater \
    greatest had handle handles has have having head heading heads heart heaviest heavy held here high higher \
    highest highly hold holds how i if impact important in include includes including incoming inside instead \
    into involve involved involves is isolate it item items its itself join joins just keep keeps kept key kind \
    know known large larger largest late lay lead leading leads least leave leaves left less let lie lies like \
    line list lists long longer longest look looks low lower lowest lying made main make makes making many mark \
    may mean median meet meets met middle might more most move moved moves much must named namely natural near \
    nearer nearest network next number numbers of off on one ones onto onward onwards or order other others out \
    outgoing outside over overall own part parts pass passed passes pattern per picture place placed places \
    point points position put puts quick quicker quickest quite rank ranked ranking ranks rather reach reached \
    reaches read remain remainder remains represent represents rest result results right round run runs same \
    scale see seen separate serious serve serves set sets several shall share shared shares short shorter \
    shortest should show shown shows side similar sit sits size sized small smaller smallest so some sort sorts \
    span spans split splits spread stand stands stood strong stronger strongest such sum take taken takes taking \
    than that the their them themselves then there these they thing things this those though through throughout \
    tie tied ties to together too took top total touch touches toward towards travel travelled travels turn \
    turns typical typically under until up upon us value values very via was way we weak weaker weakest weigh \
    well were what when where whereas whether which while who whole whom whose wide widely wider widest will \
    with within without worth would yet you";

/// Words of advice, and of what a finding means: there are no facts of them, but reasons.
const ADVICE: &str = "\
    act action actions address affect affected affects again agree alert all allocate alternative analyse any \
    apply approach arrange ask assess assign attention audit backup because begin beginning benefit best better \
    block build business call capacity care careful carefully case cases change check checks choose clarify \
    clear clearly close closing combine conclude conclusion conclusions conduct confirm consequence consequences \
    consider contact contingency control coordinate coordination cost costs cover damage decide decision \
    decisions delay depend depends design detail detour develop disrupt disruption disruptions document \
    documents draft draw due during each early effect effort efforts either end ends ensure escalate especially \
    establish even every evidence examine explain explanation explanations expose exposed exposure face failure \
    failures fallback first fix focus freeze fully further gain good guide halt handful hard harder harm help \
    helps hence hit however hurt hurts immediate immediately incident inform inspect interview investigate judge \
    judged keep keeping lack later lean likely limit local look loss losses manage manager managers matter \
    matters meaning means measure measures mind miss monitor monitoring necessary need needed needs new no \
    normal not note notify now offer once only open operate operating operation operations ordinary otherwise \
    outage outages own owner owners pause people person plan planned planning plans possible possibly practical \
    precaution prefer prepare presence prevent prior priorities prioritise prioritize priority problem problems \
    promptly propose protect prove provide purpose question questions quickly ready real reason reasons reduce \
    regular rely remember repair replace replacement report reports request require requires reserve resilience \
    resource resources response responsibilities responsibility responsible restore resume review reviews risk \
    risks risky routine safe safeguard schedule scope secure seek sensible settle several sign signs since \
    single situation soon source spare speak stable staff start starting stay stays step steps still stop \
    strengthen stronger suspend switch take talk target task team teams tell tend tends test therefore thus time \
    times tool track treat trust try turn unclear understand unless until update urgent use useful user users \
    usual verify visit visits wait want warn warrants watch watching weakness why widen without work working \
    worse worst worth";

static PLAIN_STEMS: LazyLock<BTreeSet<String>> = LazyLock::new(|| stems(PLAIN).collect());
static ADVICE_STEMS: LazyLock<BTreeSet<String>> = LazyLock::new(|| stems(ADVICE).collect());

/// Whether a stem is that of a word that says nothing of the data.
pub(super) fn is_plain(stem: &str) -> bool {
    PLAIN_STEMS.contains(stem)
}

/// Whether a stem is that of a word of advice.
pub(super) fn is_advice(stem: &str) -> bool {
    ADVICE_STEMS.contains(stem)
}

/// The stems of a text's words; names with `_` are as many words.
pub(super) fn stems(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|it: char| !it.is_alphabetic() && it != '\'' && it != '’')
        .filter(|it| !it.is_empty())
        .map(stem)
}

/// What the forms of an English word share, by its ending: "pass" of passes, passed and passing. Words that only
/// look alike may share one too, which lets a few words too many through.
pub(super) fn stem(word: &str) -> String {
    let mut word: String = word
        .chars()
        .filter(|it| !matches!(it, '\'' | '’'))
        .flat_map(char::to_lowercase)
        .collect();
    let endings = [
        ("ings", ""),
        ("ing", ""),
        ("ied", "y"),
        ("ies", "y"),
        ("ed", ""),
        ("es", ""),
        ("ly", ""),
        ("s", ""),
    ];
    for (ending, instead) in endings {
        let Some(front) = word.strip_suffix(ending) else {
            continue;
        };
        if front.chars().count() >= 3 && !(ending == "s" && front.ends_with('s')) {
            word = format!("{front}{instead}");
            break;
        }
    }
    // Wide and widely, which loses two endings.
    if let Some(front) = word.strip_suffix('e').filter(|it| it.chars().count() >= 3) {
        word.truncate(front.len());
    }
    // Stopped and travelled double their last letter.
    let mut letters = word.chars().rev();
    let doubled = letters.next() == letters.next() && word.chars().count() > 3;
    if doubled && !word.ends_with('s') {
        word.pop();
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_share_a_stem() {
        for (one, other) in [
            ("pass", "passes"),
            ("passed", "passing"),
            ("move", "moved"),
            ("station", "stations"),
            ("travelled", "travel"),
            ("stopped", "stop"),
            ("carry", "carries"),
            ("wide", "widely"),
            ("loss", "losses"),
        ] {
            assert_eq!(stem(one), stem(other), "{one} and {other}");
        }
        assert_ne!(stem("sender"), stem("send"));
    }

    #[test]
    fn plain_words_say_nothing_of_absence_of_time_or_of_all_there_is() {
        for word in [
            "no", "not", "never", "only", "sole", "each", "every", "none", "since", "because", "due",
            "caused", "rises", "grew", "recently", "proves", "stolen", "knew", "half", "twice",
        ] {
            assert!(!is_plain(&stem(word)), "{word}");
        }
    }
}
