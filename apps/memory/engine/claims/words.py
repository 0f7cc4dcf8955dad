"""Tables of the words by which a sentence claims something. Use ``claims.claims_of``.

Closed lists of common English words; they hold no vocabulary of any customer.
"""

import re

from apps.memory.engine.lexicon import stem, word_set


def _stems(listed: str) -> frozenset[str]:
    return frozenset(stem(word) for word in listed.split())


# A sentence with one of these plans, doubts, wishes, reports what others say, or excludes: it claims nothing.
UNSURE = re.compile(
    r"\b(?:if|unless|whether|would|could|might|(?-i:may)|should|suppose|imagine|perhaps|maybe"
    r"|probably|possibly|likely|unlikely|hopefully|instead of|rather than"
    r"|(?:propos|suggest|recommend|expect|forecast|estimat|predict|assum|wonder|hop|wish|doubt|fear|consider|discuss"
    r"|debat)(?:s|es|ed|ing|al|e|ation)?"
    r"|(?:rejected|discarded|declined|goal|target):"
    r"|wants? to|wanted|thinks?|thought|believes?|believed|feels?|felt|guess(?:es)?|rumou?rs?|option|draft"
    r"|used to|formerly|previously|back then|at the time|once|not (?:yet )?(?:clear|decided|known)|either|versus|vs)\b",
    re.IGNORECASE,
)
# Before a number: it is a bound or a rough figure, which no other figure contradicts.
ROUGH = re.compile(
    r"(?:\b(?:about|around|roughly|approximately|circa|nearly|almost|over|under|some|at (?:least|most)|more than"
    r"|less than|fewer than|above|below|between|minimum|maximum|only|just|another|further|every|each|first|last|next"
    r"|top|than|by|within|after)|[~<>\u2248\u2264\u2265+\u2212-]) ?$",
    re.IGNORECASE,
)
# What says that something is so from now on.
UPDATING = re.compile(
    r"\b(?:now|becomes?|became|changed?|changes|moved?|moves|raised?|raises|lowered?|lowers|increased?|increases"
    r"|reduced?|reduces|cut|drops?|dropped|switched|postponed|rescheduled|delayed|replaces?|replaced|supersedes?"
    r"|superseded|as of|effective|no longer|any ?more|has been|have been|takes over|took over|update|new)\b",
    re.IGNORECASE,
)
# "The discount IS 15 %": what comes before is the subject, what comes after its value.
LINKS = (
    r"is|are|was|were|becomes?|became|stays|remains?|remained|stands|stood|amounts|amounted|totals?|totalled|equals"
    r"|has been|have been|will be|goes|went|rises|rose|drops|dropped|falls|fell|increases|increased"
    r"|(?:is|was|were|are|has been|will be)(?: being)? (?:set|raised|lowered|increased|reduced|cut|changed|fixed"
    r"|capped|limited|moved)"
)
PAST = re.compile(r"\b(?:was|were|had|stood|amounted|totalled|went|rose|dropped|fell|increased|remained|ran|ended)\b")
# "The plan COSTS 15 EUR", and what it says the amount of.
MEASURING = {
    "costs": "price",
    "cost": "price",
    "takes": "duration",
    "take": "duration",
    "lasts": "duration",
    "weighs": "weight",
}
# "The plan INCLUDES 3 seats".
HAVING = (
    r"has|have|had|includes?|included|contains?|contained|employs?|employed|allows?|supports?|holds?|offers?|covers?"
    r"|serves?|counts?|comprises?|permits?|gets?|receives?|comes with"
)
# What has an amount: before it ("budget: 500 EUR", "a discount of 20 %") or after it ("20 % discount").
MEASURED = word_set(
    """
    price fee discount budget cost salary rent rate share margin limit quota capacity goal target deposit fine penalty
    commission allowance headcount turnover revenue bonus surcharge rebate tariff tax interest threshold score
    trial notice warranty guarantee retention period window timeout deadline lifetime term duration delay
    weight size length height width distance temperature voltage dose dosage price-point valuation cap
    """
)
# What happens at a date, by what is said about it.
HAPPENING = {
    "start": r"starts?|started|begins?|began|launch(?:es|ed)?|opens?|opened|goes live|went live|kicks off|kicked off"
    r"|ships?|shipped|will (?:start|begin|launch|open|go live|ship)",
    "end": r"ends?|ended|closes?|closed|expires?|expired|finish(?:es|ed)?|runs out|ran out"
    r"|will (?:end|close|expire|finish)",
    "due": r"(?:is|are|was|were) due",
    "happen": r"takes place|took place|happens|happened|(?:is|was|will be|has been)(?: now)?"
    r"(?: (?:scheduled|planned|set|fixed|booked|moved|postponed|rescheduled|held|delayed)(?: (?:for|to|until))?)?",
}
# There are many of these: another date is that of another one, unless it says that it was moved.
RECURRING = word_set("meeting call review session workshop appointment visit lesson round committee webinar demo")
DATED = {
    "deadline": "due",
    "due date": "due",
    "due": "due",
    "launch": "start",
    "launch date": "start",
    "start": "start",
    "start date": "start",
    "kick-off": "start",
    "go-live": "start",
    "end": "end",
    "end date": "end",
    "expiry": "end",
    "expiry date": "end",
    "date": "happen",
    "meeting": "happen",
}
# States that exclude one another: of each line a thing is in one at most.
_STATES = (
    "approved accepted|rejected declined refused denied|pending undecided",
    "open opened|closed",
    "enabled active activated live|disabled inactive deactivated",
    "available|unavailable discontinued",
    "allowed permitted|forbidden prohibited banned disallowed",
    "mandatory required compulsory obligatory|optional voluntary",
    "confirmed|cancelled canceled|postponed",
    "public|private confidential",
    "paid settled|unpaid outstanding overdue",
    "signed|unsigned",
    "successful|unsuccessful",
    "supported|unsupported",
    "compatible|incompatible",
    "safe|unsafe",
    "valid|invalid",
    "complete completed finished done|incomplete unfinished",
    "resolved fixed solved|unresolved",
    "compliant|noncompliant non-compliant",
    "profitable|unprofitable",
    "vacant|occupied",
    "employed|unemployed",
    "single|married|divorced|widowed",
    "allergic|non-allergic",
    "reversible|irreversible",
    "paused suspended|running resumed",
    "online|offline",
    "vegetarian|carnivorous",
)
STATES: dict[str, tuple[int, int]] = {
    word: (line, place)
    for line, states in enumerate(_STATES)
    for place, state in enumerate(states.split("|"))
    for word in state.split()
}
# What a thing does or does not, in the present: "supports", "does not support".
DOING = word_set(
    """
    support offer include allow accept require need deliver charge provide cover apply integrate store work sell permit
    contain use ship
    """
)
# Of these there is one at a time; the relation that says so.
SOLE_ROLES = re.compile(
    r"(?:(?:product|project|process|business|budget|campaign) )?owner|ceo|cto|cfo|coo|cmo|cio|cpo|president|chair"
    r"|chairman|chairwoman|chairperson|director|head(?: of [a-z]{3,20})?"
    r"|(?:project|team|product|campaign) (?:lead|leader|manager)"
    r"|lead|leader|main contact|contact person|account manager|supplier|landlord|spokesperson|treasurer|captain",
    re.IGNORECASE,
)
# Where a thing is; there is one such place.
PLACED = r"(?:is|are) (?:now )?(?:based|located|headquartered|situated) in|lives in|live in|has moved to|have moved to"
# What says that a text takes the place of another one.
REPLACING = re.compile(r"\b(?:replac|supersed|overrul|revok|withdraw|correct)(?:es|s)\b", re.IGNORECASE)
# These say little about what a claim is of.
GENERIC = _stems(
    """
    plan product page current currently new standard standing official overall total whole company team present today
    actual exact exactly amount number value figure set fixed our their its his her decided decision note update
    correction general generally still well agreed confirm confirmed officially again far so date offer
    """
)
DURATIONS = word_set("second minute hour day week month quarter year")
# A word with a colon in front of a claim that does not narrow it.
OPENINGS = _stems(
    """
    decided decision update note notes correction result results status news fyi reminder agreed summary minutes fact
    facts answer info information conclusion outcome
    """
)
