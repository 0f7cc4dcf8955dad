"""English word lists and stemming shared by the text parts of the engine.

The lists are closed classes (function words, calendar, abbreviations); they hold no vocabulary of any customer.
"""

import re
import threading
from functools import lru_cache

import snowballstemmer


def word_set(listed: str) -> frozenset[str]:
    """Return the words of a list that is written as prose."""
    return frozenset(listed.split())


STOP_WORDS = word_set(
    """
    a about above across after again against ago all almost along already also although always am among an and another
    any anyone anything are around as at away back be became because become been before being below between both but by
    came can cannot come could did do does doing done down during each either else enough even ever every everyone
    everything except few for from further gave get gets getting give given go goes going gone got had has have having
    he hence her here hers herself him himself his how however i if in indeed instead into is it its itself just keep
    let like made make makes many may maybe me meanwhile might mine more most much must my myself near neither never
    next no nobody none nor not nothing now of off often on once one only onto or other others otherwise our ours
    ourselves out over own per perhaps please put quite rather really same say says see seem seems several shall she
    should since so some someone something sometimes soon still such take than that the their theirs them themselves
    then there therefore these they this those though through thus to today together tomorrow too toward towards under
    unless until up upon us use used uses using very via was we well went were what whatever when whenever where
    whether which while who whoever whole whom whose why will with within without would yes yesterday yet you your
    yours yourself yourselves
    don't doesn't didn't can't couldn't won't wouldn't shouldn't isn't aren't wasn't weren't hasn't haven't hadn't
    i'm i've i'll i'd it's that's there's we're we've we'll they're they've they'll you're you've you'll let's what's
    """
)

# Words that open sentences with a capital so often in notes that the capital says nothing.
SENTENCE_OPENERS = word_set(
    """
    according action actions additionally agreed assuming based besides consequently currently customers decision
    decisions dear despite finally first following furthermore given great hello hey hi hopefully initially last lastly
    later looking moreover most nevertheless new nonetheless note notes ok okay open overall owner previously question
    questions re recently regarding regards risk risks second similarly sorry status subject summary team thank thanks
    third three two update updates users whereas
    add ask book call check confirm contact discuss draft email escalate fix follow meet met ping read remind review
    schedule send share ship speak start stop talk tell visit wait write
    """
)

WEEKDAYS = word_set(
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun"
)
MONTHS = word_set(
    """
    january february march april may june july august september october november december
    jan feb mar apr jun jul aug sep sept oct nov dec
    """
)

# A full stop after one of these does not end a sentence.
ABBREVIATIONS = word_set(
    """
    adm approx asst attn ave bldg blvd brig capt cf cmdr col comdr dept dr e.g eg esp est ext fr gen gov hon i.e ie
    incl lt maj mfr mr mrs ms mt mx pres prof rep rev sen sgt st supt tel univ viz vs
    """
)
# A full stop after one of these does not end a sentence when a number follows ("No. 5", "Fig. 2", "Jan. 3").
NUMBERED_ABBREVIATIONS = MONTHS | word_set("art ch eq fig figs no nos p par pg pp sec ser tab v ver vol")

# Titles that precede a name without being part of it.
HONORIFICS = word_set("dr mr mrs ms mx prof sir madam ceo cfo cio cmo coo cpo cto ciso evp svp vp avp md hr pm")

# Small words that may stand inside a name ("Bank of England", "Ludwig van der Rohe").
CONNECTORS = word_set("of de del della di da do dos das du des la le van von der den ter y")

# Written with capitals, yet never the name of anything.
NO_NAMES = (
    SENTENCE_OPENERS
    | WEEKDAYS
    | MONTHS
    | word_set("aka am asap eod eow etc faq fixme fyi important nb ps tba tbd todo urgent wip")
)

# A word: letters or digits, with apostrophes, hyphens, full stops and underscores only inside it. The alternatives
# exclude one another, so matching is linear.
WORD = re.compile(r"[^\W_](?:[\w&]|['\u2019.\-](?=\w))*")

_POSSESSIVE = re.compile(r"['\u2019]s?$")
_LONGEST_WORD = 40
_local = threading.local()


def stem(word: str) -> str:
    """Return the Snowball English stem of one word, case folded and without possessive.

    Words beyond 40 characters (hashes, base64) are case folded only.
    """
    return _stem(word) if len(word) <= _LONGEST_WORD else word.casefold()


@lru_cache(maxsize=131_072)
def _stem(word: str) -> str:
    # Cached because the stemmer is plain Python: about 20 microseconds a word, and notes repeat their words.
    stemmer = getattr(_local, "stemmer", None)
    if stemmer is None:
        # A stemmer keeps the word it works on as state, hence one for each thread.
        stemmer = _local.stemmer = snowballstemmer.stemmer("english")
    return str(stemmer.stemWord(_POSSESSIVE.sub("", word.casefold())))


def content_words(text: str) -> list[str]:
    """Return the words of a text in order, case folded, without stop words, single characters and bare numbers."""
    words = (match[0].casefold() for match in WORD.finditer(text))
    return [word for word in words if len(word) > 1 and not word.isdigit() and word not in STOP_WORDS]
