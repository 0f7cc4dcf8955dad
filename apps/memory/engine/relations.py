"""Finds what a sentence says about two entities that it names side by side: "Maria runs Harbor".

Precision before recall: between the two names only words that a pattern knows may stand. Questions, conditions,
negations and possibilities state nothing.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apps.memory.engine.chunking import sentence_spans
from apps.memory.engine.entities import Mention
from apps.memory.engine.lexicon import HONORIFICS, STOP_WORDS, word_set
from apps.memory.engine.relation_words import ACTIVE, JOBS, PASSIVE, ROLES, SUBJECT_SKIPS, WORKS
from apps.memory.engine.types import MentionKind, RelationKind

_RELATIONS = 200
_GAP_CHARACTERS = 90
_LONGEST_PHRASE = 5
_FILLERS = 3
_GROUP = 5
_LOOK_BACK = 30

_DETERMINERS = word_set("the a an our its his her their this")
_BE = word_set("is was were are been being be")
# A name after one of these is not the subject: "the head of Acme runs Harbor".
_PREPOSITIONS = word_set(
    """
    about after against among as at before between by during for from in into like near of off on onto over per since
    than through to toward towards under until upon via with within without
    """
)
_NEGATIONS = word_set("not never no neither nor without than")
_CONDITION = re.compile(r"\W*(?:if|whether|unless|suppose|imagine|had|should)\b", re.IGNORECASE)
_BEFORE = re.compile(r"([\w'\u2019-]+) (?:(?:the|an?|our|its|his|her|their|this) )?$")
_COMMA_BEFORE = re.compile(r"[,)](?: [\w.]+)? $")
_NOUN_AFTER = re.compile(r" ([a-z-]{2,20})\b")
_ENDS_GROUP = re.compile(r"\s*(?:$|[.,;:!?)\]\n]|\b(?:in|on|for|at|with|to|since|after|before|last|this|and)\b)")
_POSSESSIVE = re.compile(r"['\u2019]s\b|['\u2019](?= )")
_AND = frozenset({" and ", ", and "})
_JOINTS = _AND | {", "}
_PASSIVE_AUXILIARIES = [[word] for word in sorted(_BE)]
_BECAUSE = re.compile(
    r"(?: [a-z][a-z'\u2019-]{0,20}){1,8},? (?:because(?: of)?|due to|owing to|as a result of|thanks to|caused by)"
    r"(?: (?:the|a|an|our|its))?(?: [a-z-]{2,20})? "
)
_ROLE_OF = re.compile(
    r"(?:,| is| was| became)(?: (?:the|an?|our|its|former|new|first|second|only)){0,2}"
    r"(?P<role>(?: [A-Za-z-]{2,20}){1,4}) (?:of|at|for)(?: (?:the|our|its))? "
)
_HAS_ROLE = re.compile(r"['\u2019]s?(?P<role>(?: [a-z-]{2,20}){0,3} [A-Za-z-]{2,20}),? ")
_HAS_WORK = re.compile(rf"['\u2019]s? (?:(?P<work>{'|'.join(WORKS)}) (?:of|for|on|into)(?: the)? )?")
_BORN = re.compile(r" ?\(?(?:was )?born (?:(?!and )\w{1,12},? ){0,5}in ")
_PERSONAL = frozenset(
    {RelationKind.WORKS_AT, RelationKind.REPORTS_TO, RelationKind.MARRIED_TO, RelationKind.CHILD_OF}
    | {RelationKind.BORN_IN, RelationKind.MEMBER_OF}
)


@dataclass(frozen=True, slots=True)
class Relation:
    """``source_key`` stands in relation ``kind`` to ``target_key``, as the sentence at ``start`` to ``end`` says.

    ``role`` is the source's role in its words ("head of design"), empty where the sentence gives none.
    """

    source_key: str
    kind: RelationKind
    target_key: str
    start: int
    end: int
    role: str = ""


def extract_relations(text: str, mentions: Sequence[Mention]) -> list[Relation]:
    """Return the relations that sentences of ``text`` state between its ``mentions``, by position, at most 200.

    ``mentions`` are those of ``extract_mentions(text)``. No entity is related to itself, and each sentence states a
    relation once.
    """
    named = [mention for mention in _disjoint(mentions) if mention.key not in HONORIFICS]
    found: dict[Relation, None] = {}
    position = 0
    for start, end, _ in sentence_spans(text):
        while position < len(named) and named[position].start < start:
            position += 1
        inside: list[Mention] = []
        while position < len(named) and named[position].end <= end:
            inside.append(named[position])
            position += 1
        if len(inside) > 1 and not _states_nothing(text, start, end):
            for source, kind, target, role in _in_sentence(text, inside, start, end):
                if source.key != target.key and _is_sensible(source, kind):
                    found[Relation(source.key, kind, target.key, start, end, role)] = None
        if len(found) >= _RELATIONS:
            break
    return list(found)[:_RELATIONS]


def _disjoint(mentions: Sequence[Mention]) -> Iterator[Mention]:
    end = 0
    for mention in mentions:
        if mention.start >= end:
            yield mention
            end = mention.end


def _states_nothing(text: str, start: int, end: int) -> bool:
    return text[end - 1] == "?" or bool(_CONDITION.match(text, start))


def _is_sensible(source: Mention, kind: RelationKind) -> bool:
    return kind not in _PERSONAL or source.kind not in {MentionKind.IDENTIFIER, MentionKind.ACRONYM, MentionKind.QUOTED}


def _in_sentence(
    text: str, mentions: Sequence[Mention], start: int, end: int
) -> Iterator[tuple[Mention, RelationKind, Mention, str]]:
    for index in range(len(mentions) - 1):
        left, right = mentions[index], mentions[index + 1]
        if right.start - left.end > _GAP_CHARACTERS or _POSSESSIVE.match(text, right.end):
            # "Acme bought Globex's shares" is not about Globex itself.
            continue
        stated = _has_role(text, left, right)
        work = _has_work(text, left, right)
        if stated:
            yield right, stated[0], left, stated[1]
        elif work:
            yield left, work, right, ""
        elif _is_subject(text, left, start):
            stated = _is_role(text, left, right, start)
            if stated:
                for target in _group_after(text, mentions, index + 1, end, joints=_AND):
                    yield left, stated[0], target, stated[1]
                continue
            for first, kind, last in _acts(text, mentions, index, start, end):
                yield first, kind, last, ""


def _has_role(text: str, left: Mention, right: Mention) -> tuple[RelationKind, str] | None:
    """Return what "Acme's head of design, Ann" says of Ann."""
    match = _HAS_ROLE.fullmatch(text, left.end, right.start)
    return _role(match["role"].split()) if match else None


def _has_work(text: str, left: Mention, right: Mention) -> RelationKind | None:
    """Return what "Ann's EXP-117" and "Ann's analysis of INC-21" say of Ann."""
    match = _HAS_WORK.fullmatch(text, left.end, right.start)
    if match and match["work"]:
        return WORKS[match["work"]]
    return RelationKind.RUNS if match and right.kind is MentionKind.IDENTIFIER else None


def _is_role(text: str, left: Mention, right: Mention, start: int) -> tuple[RelationKind, str] | None:
    """Return what "Ann, head of design at Acme" says of Ann."""
    match = _ROLE_OF.fullmatch(text, left.end, right.start)
    if not match or _COMMA_BEFORE.search(text[max(start, left.start - _LOOK_BACK) : left.start]):
        # "Louis, Dauphin of France, son of": whose son?
        return None
    noun = _NOUN_AFTER.match(text, right.end)
    if noun and noun[1] not in STOP_WORDS:
        # "The professor of Persian literature".
        return None
    return _role(match["role"].split())


def _role(words: Sequence[str]) -> tuple[RelationKind, str] | None:
    folded = [word.casefold() for word in words]
    while folded and folded[0] in STOP_WORDS:
        del folded[0]
    if not folded or STOP_WORDS.intersection(folded) - {"of"}:
        return None
    kind = ROLES.get(folded[-1]) or (RelationKind.WORKS_AT if JOBS.intersection(folded) else None)
    return (kind, " ".join(folded)) if kind else None


def _acts(
    text: str, mentions: Sequence[Mention], index: int, start: int, end: int
) -> Iterator[tuple[Mention, RelationKind, Mention]]:
    """Yield what the verb between two names says, for the groups of names on both sides."""
    left, right = mentions[index], mentions[index + 1]
    gap = text[left.end : right.start]
    if _BORN.fullmatch(gap):
        yield left, RelationKind.BORN_IN, right
        return
    words = gap.split()
    stated = _verb(words) if gap[-1:] == " " and all(_is_plain(word) for word in words) else None
    if stated is None:
        if _BECAUSE.fullmatch(gap) and not _NEGATIONS.intersection(words):
            yield right, RelationKind.CAUSED, left
        return
    kind, passive = stated
    for first in _group_before(text, mentions, index, start):
        for last in _group_after(text, mentions, index + 1, end, joints=_JOINTS):
            yield (last, kind, first) if passive else (first, kind, last)


def _is_plain(word: str) -> bool:
    return word == "," or (word.replace("-", "").isalpha() and word.islower())


def _verb(words: Sequence[str]) -> tuple[RelationKind, bool] | None:
    """Return what "<auxiliaries> <phrase> <a few words>" says, and whether it is passive."""
    reduced = words[:1] == [","]
    for position in range(int(reduced), len(words)):
        for length in range(min(_LONGEST_PHRASE, len(words) - position), 0, -1):
            phrase, rest = tuple(words[position : position + length]), words[position + length :]
            if rest[:1] == ["by"] and phrase in PASSIVE:
                return (PASSIVE[phrase], True) if _are_fillers(rest[1:]) else None
            if phrase in ACTIVE and not reduced and words[position - 1 : position] not in _PASSIVE_AUXILIARIES:
                return (ACTIVE[phrase], False) if _are_fillers(rest) else None
        if words[position] not in SUBJECT_SKIPS and not words[position].endswith("ly"):
            return None
    return None


def _are_fillers(words: Sequence[str]) -> bool:
    """Tell whether words only describe the name that follows: "our new payment provider Stripe"."""
    described = words[1:] if words and words[0] in _DETERMINERS else words
    return len(described) <= _FILLERS and not any(word in STOP_WORDS or word.endswith("ing") for word in described)


def _is_subject(text: str, mention: Mention, start: int) -> bool:
    before = _BEFORE.search(text[max(start, mention.start - _LOOK_BACK) : mention.start])
    return not (before and before[1].casefold() in _PREPOSITIONS | _BE)


def _group_before(text: str, mentions: Sequence[Mention], index: int, start: int) -> list[Mention]:
    """Return the names that ``index`` ends ("Ann, Bob and Eve"), none if they are no subject."""
    group = [mentions[index]]
    while index and len(group) < _GROUP:
        joint = text[mentions[index - 1].end : mentions[index].start]
        if joint not in ({", "} if len(group) > 1 else _AND):
            break
        index -= 1
        group.insert(0, mentions[index])
    return group if _is_subject(text, group[0], start) else []


def _group_after(
    text: str, mentions: Sequence[Mention], index: int, end: int, *, joints: frozenset[str]
) -> list[Mention]:
    """Return the names that ``index`` begins, if what follows them shows that they belong together."""
    group = [mentions[index]]
    for following in mentions[index + 1 : index + _GROUP]:
        joint = text[group[-1].end : following.start]
        if joint not in joints:
            break
        group.append(following)
        if joint != ", ":
            return group if _ENDS_GROUP.match(text[group[-1].end : end]) else group[:1]
    return group[:1]
