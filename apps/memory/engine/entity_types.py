"""Tells what a mention names, by the words of its text alone: person, organisation, place, product, event.

Precision before recall: without a cue the answer is ``UNKNOWN``, and what a thing is should be decided by the majority
of its mentions.
"""

import re

from apps.memory.engine.entities import Mention
from apps.memory.engine.gazetteer import DEMONYMS, GIVEN_NAMES, PLACES
from apps.memory.engine.lexicon import CONNECTORS, HONORIFICS, word_set
from apps.memory.engine.relation_words import JOBS
from apps.memory.engine.types import EntityType, MentionKind

_LOOK = 40
_BY_KIND = {
    MentionKind.IDENTIFIER: EntityType.IDENTIFIER,
    MentionKind.EMAIL: EntityType.ACCOUNT,
    MentionKind.HANDLE: EntityType.ACCOUNT,
    MentionKind.QUOTED: EntityType.TERM,
}
_FULL_NAME_WORDS = range(2, 5)
_SPEAKER_WORDS = range(1, 4)

_ORGANIZATION_ENDS = word_set(
    """
    ab ag airlines agency association authority bank board bv b.v club college commission committee company corp
    corporation council department federation foundation gmbh group hospital inc institute laboratories labs league llc
    llp ltd ministry museum nv oy party plc records sa school society sarl society union university
    """
)
_ORGANIZATION_STARTS = word_set("bank department institute ministry school university")
_PLACE_ENDS = word_set("airport avenue bay city county island islands lake mountains ocean river sea street valley")
_EVENT_ENDS = word_set("championship conference cup day election festival friday olympics summit war week")
_EVENTS = word_set("christmas easter halloween midsummer ramadan") | {"black friday", "cyber monday", "new year"}

_BEFORE = re.compile(r"([\w'\u2019-]+)[.,]? $")
_SPEECH = (
    "adds? added agrees? agreed argues? argued asks? asked believes? believed explains? explained insists? insisted"
    " objects? objected promises? promised recalls? recalled replied says? said suggests? suggested thinks? thought"
    " told warns? warned writes? wrote wants? accepts? accepted offered"
)
_SAYS = re.compile(rf" (?:also |now )?(?:{'|'.join(_SPEECH.split())})\b")
_JOB_AFTER = re.compile(
    rf",? (?:\(|is |was )?(?:the |a |an |our |their )?(?:[a-z-]{{2,20}} ){{0,2}}(?:{'|'.join(sorted(JOBS))})\b"
)
_THING_AFTER = re.compile(
    r" (?:v?\d{1,3}\.\d|(?:app|api|platform|plan|product|tool|software|feature|beta|release|edition)\b)"
)
_EVENT_AFTER = re.compile(r" (?:\d{4} )?(?:campaign|festival|conference|weekend|sale)\b")
_GROUP_AFTER = re.compile(r" (?:team|department|division|board|subsidiary)\b")
_NAMED_BY = re.compile(
    r"\b(?:analysis|written|signed|reviewed|approved|led|minuted|owner|author|interview with|dear) (?:by )?$",
    re.IGNORECASE,
)
_ENDS_WITH_PLACE_WORD = re.compile(r"\b(?:in|at|near) $")
_AFTER = (
    (_THING_AFTER, EntityType.PRODUCT),
    (_EVENT_AFTER, EntityType.EVENT),
    (_GROUP_AFTER, EntityType.ORGANIZATION),
)
_BY_ENDING = (
    dict.fromkeys(_EVENT_ENDS, EntityType.EVENT)
    | dict.fromkeys(_PLACE_ENDS, EntityType.PLACE)
    | dict.fromkeys(_ORGANIZATION_ENDS, EntityType.ORGANIZATION)
)


def entity_type(mention: Mention, *, text: str) -> EntityType:
    """Return the type of ``mention``, which is one of ``extract_mentions(text)``."""
    known = _BY_KIND.get(mention.kind)
    if known:
        return known
    words = [word.strip(".") for word in mention.key.split()]
    return _by_name(mention.key, words) or _by_context(mention, words, text) or EntityType.UNKNOWN


def _by_name(key: str, words: list[str]) -> EntityType | None:
    """Return what a name is wherever it stands."""
    if key in PLACES:
        return EntityType.PLACE
    if key in _EVENTS:
        return EntityType.EVENT
    if len(words) == 1:
        return None
    if words[0] in _ORGANIZATION_STARTS and words[1] in CONNECTORS:
        return EntityType.ORGANIZATION
    ending = _BY_ENDING.get(words[-1])
    if ending is not EntityType.ORGANIZATION and words[0] in GIVEN_NAMES and _looks_full(words):
        # "Olivia Day" is no day, but "Virginia Company" is a company.
        return EntityType.PERSON
    return ending


def _looks_full(words: list[str]) -> bool:
    return len(words) in _FULL_NAME_WORDS and "of" not in words


def _by_context(mention: Mention, words: list[str], text: str) -> EntityType | None:
    """Return what the words beside a name say that it is."""
    if mention.key in DEMONYMS:
        return None
    before, after = text[max(0, mention.start - _LOOK) : mention.start], text[mention.end : mention.end + _LOOK]
    named = mention.kind is MentionKind.NAME
    if named and _is_person(words, before, after):
        return EntityType.PERSON
    for pattern, found in _AFTER:
        if pattern.match(after):
            return found
    given = named and len(words) == 1 and words[0] in GIVEN_NAMES
    return EntityType.PERSON if given and not _ENDS_WITH_PLACE_WORD.search(before) else None


def _is_person(words: list[str], before: str, after: str) -> bool:
    title = _BEFORE.search(before)
    if title and title[1].casefold() in HONORIFICS | JOBS:
        return True
    if len(words) > 1 and (_NAMED_BY.search(before) or _JOB_AFTER.match(after)):
        return True
    return len(words) in _SPEAKER_WORDS and bool(_SAYS.match(after))
