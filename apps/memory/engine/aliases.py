"""Finds names that belong to one entity: what a text defines, and what an organisation's names have in common.

A wrong merge joins memories that have nothing to do with one another, so a candidate is certain only when nothing else
in the organisation could be meant; everything else is for a person to review. Nothing is merged here.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from apps.memory.engine.entities import Mention
from apps.memory.engine.lexicon import CONNECTORS, word_set
from apps.memory.engine.types import AliasReason, Confidence, EntityType, MentionKind

_GAP_CHARACTERS = 60
_PLURAL_LENGTH = 4
_FULL_NAME_WORDS = range(2, 5)
_SMALL = CONNECTORS | word_set("and for in of on the to &")

_WORD = re.compile(r"[^\W_]+(?:['\u2019](?=\w)[^\W_]+)*")
_POSSESSIVE = re.compile(r"['\u2019]s?$")
_KNOWN_AS = re.compile(
    r"(?:,| \(| is| was)? ?(?:(?:also|formerly|previously|better|commonly|internally) )?"
    r"(?:known as|called|aka|a\.k\.a\.|formerly|previously|nicknamed|renamed(?: to)?|(?:working|code) ?name|or simply"
    r"|abbreviated(?: as| to)?)(?: the)? [\"'\u201c]?"
)
_FORMER = re.compile(r"\b(?:formerly|previously|renamed)\b")
_BARE_CALLED = re.compile(r" ?called ")
_SHORT_FOR = re.compile(r",? (?:is |which is )?short for (?:the )?[\"'\u201c]?")
_IN_BRACKETS = re.compile(r" \((?:the )?[\"'\u201c]?")


@dataclass(frozen=True, slots=True)
class AliasEvidence:
    """A text says at characters ``start`` to ``end`` that ``alias_key`` is another name of ``name_key``."""

    alias_key: str
    name_key: str
    reason: AliasReason
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class EntityName:
    """An entity of an organisation as its texts write it, with the number of its mentions."""

    name: str
    kind: MentionKind
    type: EntityType = EntityType.UNKNOWN
    mentions: int = 1


@dataclass(frozen=True, slots=True)
class AliasCandidate:
    """``alias_key`` is probably another name of ``name_key``, the fuller or commoner of the two."""

    alias_key: str
    name_key: str
    reason: AliasReason
    confidence: Confidence


def definitions(text: str, mentions: Sequence[Mention]) -> list[AliasEvidence]:
    """Return the names that ``text`` defines for one another, by position.

    ``mentions`` are those of ``extract_mentions(text)``.
    """
    found: list[AliasEvidence] = []
    ordered = _disjoint(mentions)
    for left, right in pairwise(ordered):
        if left.key == right.key or right.start - left.end > _GAP_CHARACTERS:
            continue
        defined = _defined(left, right, gap=text[left.end : right.start], after=text[right.end : right.end + 2])
        if defined:
            alias, name, reason = defined
            found.append(AliasEvidence(alias.key, name.key, reason, left.start, right.end))
    return found


def _disjoint(mentions: Iterable[Mention]) -> list[Mention]:
    kept: list[Mention] = []
    for mention in mentions:
        if not kept or mention.start >= kept[-1].end:
            kept.append(mention)
    return kept


def _defined(left: Mention, right: Mention, *, gap: str, after: str) -> tuple[Mention, Mention, AliasReason] | None:
    """Return the alias, the name and the reason, if the words between two mentions define one by the other."""
    if _IN_BRACKETS.fullmatch(gap):
        closed = after.lstrip("\"'\u201d").startswith(")")
        return _bracketed(left, right, quoted=gap[-1] != "(") if closed else None
    if _SHORT_FOR.fullmatch(gap):
        return left, right, AliasReason.ACRONYM if left.kind is MentionKind.ACRONYM else AliasReason.KNOWN_AS
    if _KNOWN_AS.fullmatch(gap) and not _BARE_CALLED.fullmatch(gap):
        return right, left, AliasReason.FORMERLY if _FORMER.search(gap) else AliasReason.KNOWN_AS
    return None


def _bracketed(left: Mention, right: Mention, *, quoted: bool) -> tuple[Mention, Mention, AliasReason] | None:
    if right.kind is MentionKind.ACRONYM and is_acronym(right.key, of=left.key):
        return right, left, AliasReason.ACRONYM
    if left.kind is MentionKind.ACRONYM and is_acronym(left.key, of=right.key):
        return left, right, AliasReason.ACRONYM
    # 'Meta Platforms ("Meta")'.
    part = quoted and set(right.key.split()) <= set(left.key.split())
    return (right, left, AliasReason.KNOWN_AS) if part else None


def is_acronym(letters: str, *, of: str) -> bool:
    """Tell whether ``letters`` are the initials of the words of a name, with or without the small ones."""
    return letters.replace("&", "") in _initials(of)


def _initials(name: str) -> set[str]:
    words = [word for part in name.split() for word in part.split("-") if word and (word[0].isalnum())]
    if len(words) <= 1:
        return set()
    return {"".join(word[0] for word in words), "".join(word[0] for word in words if word not in _SMALL)}


def alias_candidates(
    names: Mapping[str, EntityName], *, evidence: Iterable[AliasEvidence] = ()
) -> list[AliasCandidate]:
    """Return which of an organisation's entities may be the same, ordered by their keys, each pair once.

    ``names`` are by entity key; ``evidence`` is what its texts define. Time is linear in the number of names.
    """
    index = _Index(names)
    found: dict[tuple[str, str], AliasCandidate] = {}
    for candidate in (
        *index.spellings(),
        *index.defined(evidence),
        *index.people(),
        *index.plurals(),
    ):
        pair = (min(candidate.alias_key, candidate.name_key), max(candidate.alias_key, candidate.name_key))
        found.setdefault(pair, candidate)
    return sorted(found.values(), key=lambda candidate: (candidate.alias_key, candidate.name_key))


class _Index:
    """The names by what aliases have in common, so that no pair is looked at in vain."""

    def __init__(self, names: Mapping[str, EntityName]) -> None:
        self._names = names
        self._by_spelling: dict[str, list[str]] = defaultdict(list)
        for key in sorted(names):
            if names[key].kind not in {MentionKind.EMAIL, MentionKind.HANDLE} and (spelling := spelling_of(key)):
                self._by_spelling[spelling].append(key)
        # The commonest spelling stands for all of them, so that none is a second bearer of a name.
        self._heads = {spelling: self._head(keys) for spelling, keys in self._by_spelling.items()}

    def spellings(self) -> Iterator[AliasCandidate]:
        for spelling, keys in self._by_spelling.items():
            head = self._heads[spelling]
            for key in keys:
                if key != head:
                    yield AliasCandidate(key, head, AliasReason.SPELLING, Confidence.CERTAIN)

    def plurals(self) -> Iterator[AliasCandidate]:
        for spelling, head in self._heads.items():
            singular = self._heads.get(spelling[:-1]) if _is_plural(spelling) else None
            if singular and MentionKind.IDENTIFIER not in {self._names[head].kind, self._names[singular].kind}:
                yield AliasCandidate(head, singular, AliasReason.PLURAL, Confidence.LIKELY)

    def defined(self, evidence: Iterable[AliasEvidence]) -> Iterator[AliasCandidate]:
        """Yield what texts define; an alias with two names, or initials that fit another name too, are for review."""
        said: dict[str, dict[str, AliasReason]] = defaultdict(dict)
        for item in evidence:
            if item.alias_key in self._names and item.name_key in self._names:
                said[item.alias_key].setdefault(item.name_key, item.reason)
        wanted = {key for key, targets in said.items() if AliasReason.ACRONYM in targets.values()}
        bearers = self._bearers(wanted)
        for alias, targets in said.items():
            heads = {self._heads.get(spelling_of(name), name) for name in targets}
            for name, reason in targets.items():
                sure = len(heads) == 1 and reason is not AliasReason.FORMERLY and len(bearers.get(alias, ())) <= 1
                yield AliasCandidate(alias, name, reason, Confidence.CERTAIN if sure else Confidence.LIKELY)

    def people(self) -> Iterator[AliasCandidate]:
        """Yield first names, surnames and initials that exactly one full name of a person holds."""
        holders: dict[tuple[str, str], list[str]] = defaultdict(list)
        for key in self._heads.values():
            words = key.split()
            if len(words) in _FULL_NAME_WORDS and self._may_be_person(key) and len(words[0]) > 1:
                holders["first", words[0]].append(key)
                holders["last", words[-1]].append(key)
                holders["initial", f"{words[0][0]} {words[-1]}"].append(key)
        for key in self._heads.values():
            words = key.split()
            if len(words) == 1 and self._may_be_person(key):
                yield from self._bearer(key, [*holders["first", key], *holders["last", key]], holders)
            elif len(words) == len("PR") and len(words[0]) == 1:
                yield from self._bearer(key, holders["initial", key], holders)

    def _bearer(
        self, key: str, bearers: Sequence[str], holders: Mapping[tuple[str, str], list[str]]
    ) -> Iterator[AliasCandidate]:
        if len(set(bearers)) != 1 or self._names[bearers[0]].type is not EntityType.PERSON:
            return
        known = self._names[key].type is EntityType.PERSON
        reason = AliasReason.INITIALS
        if " " not in key:
            reason = AliasReason.FIRST_NAME if holders["first", key] else AliasReason.SURNAME
        sure = known and reason is AliasReason.FIRST_NAME
        yield AliasCandidate(key, bearers[0], reason, Confidence.CERTAIN if sure else Confidence.LIKELY)

    def _may_be_person(self, key: str) -> bool:
        name = self._names[key]
        return name.kind is MentionKind.NAME and name.type in {EntityType.PERSON, EntityType.UNKNOWN}

    def _bearers(self, acronyms: set[str]) -> dict[str, list[str]]:
        bearers: dict[str, list[str]] = defaultdict(list)
        if acronyms:
            for head in self._heads.values():
                for initials in _initials(head) & acronyms:
                    bearers[initials].append(head)
        return bearers

    def _head(self, keys: Sequence[str]) -> str:
        return min(keys, key=lambda key: (-self._names[key].mentions, -len(key), key))


def spelling_of(key: str) -> str:
    """Return a key without possessive, punctuation and blanks; only digits stay apart ("v1.2" is not "v12")."""
    spelling = ""
    for word in _WORD.findall(key):
        bare = _POSSESSIVE.sub("", word).replace("'", "").replace("\u2019", "")
        apart = "-" if spelling[-1:].isdigit() and bare[:1].isdigit() else ""
        spelling += apart + bare
    return spelling


def _is_plural(spelling: str) -> bool:
    return len(spelling) > _PLURAL_LENGTH and spelling[-1] == "s" and spelling[-2] not in "sui"
