"""A text with the names, times and amounts in it, and the parts of its sentences. Use ``claims.claims_of``."""

import re
from collections.abc import Sequence
from datetime import datetime

from apps.memory.engine.claims.claim import Claim, ClaimKind, Period, Place, Span
from apps.memory.engine.claims.words import OPENINGS, PAST, UNSURE, UPDATING
from apps.memory.engine.entities import Mention, extract_mentions
from apps.memory.engine.lexicon import STOP_WORDS, WORD, stem
from apps.memory.engine.quantities import Quantity, extract_quantities
from apps.memory.engine.times import TimeMention, extract_times

_LABEL_WORDS = 3
_SHOWN_WORDS = 8
_LOOK_BACK = 16
# Where a time has no begin or no end; beyond every date that a text can name.
FAR = 4e11

_CLAUSE = re.compile(
    r"[;:()\[\]\u2014\u2013\n]|, |\s-\s"
    r"|\b(?:because|although|while|whereas|but|that|which|who|so|and then|when|where)\b"
)
_QUOTED = re.compile("\"[^\"\n]{12,}\"|\u201c[^\u201d\n]{12,}\u201d|(?<!\\w)'[^'\n]{20,}'(?!\\w)")
_NARROWS = re.compile(r"\s*(?:In|For|At|On|With|Among|During|Under|Within|Of)\b")
_SINCE = re.compile(r"\b(?:from|since|starting|beginning|as of|effective)(?: on)?(?: the)? $", re.IGNORECASE)
_UNTIL = re.compile(r"\b(?:until|till|through|up to|before|by)(?: the)? $", re.IGNORECASE)
# "Compass 2" is one word.
_TOKEN = re.compile(rf"[A-Z][\w-]* \d{{1,3}}(?:\.\d{{1,3}})?(?![\w.])|{WORD.pattern}")


class Text:
    """A text, read sentence by sentence; ``sentence`` and ``clause`` are spans of it."""

    def __init__(self, text: str, *, anchor: datetime) -> None:
        self.text = text
        self.mentions: Sequence[Mention] = extract_mentions(text)
        self.times: Sequence[TimeMention] = extract_times(text, anchor=anchor)
        self.quantities: Sequence[Quantity] = extract_quantities(text)
        self._quoted = [match.span() for match in _QUOTED.finditer(text)]

    def is_quoted(self, position: int) -> bool:
        return any(start <= position < end for start, end in self._quoted)

    def is_unsure(self, start: int, end: int) -> bool:
        return bool(UNSURE.search(self.text, start, end))

    def clause(self, value: Span, sentence: Span) -> Span:
        """Return the part of a sentence around a stretch of it, as far as the nearest joints."""
        left, right = sentence
        for joint in _CLAUSE.finditer(self.text, *sentence):
            if joint.end() <= value[0]:
                left = joint.end()
            elif joint.start() >= value[1]:
                right = joint.start()
                break
        while left < value[0] and self.text[left] == " ":
            left += 1
        return left, right

    def periods(self, start: int, end: int, *, but: Span = (0, 0)) -> tuple[Period, ...]:
        """Return the times that a stretch of the text is about; "from" and "until" leave one end open."""
        found = []
        for time in self.times:
            if start <= time.start and time.end <= end and not but[0] <= time.start < but[1]:
                before = self.text[max(start, time.start - _LOOK_BACK) : time.start]
                begins, ends = time.begins.timestamp(), time.ends.timestamp()
                if _SINCE.search(before):
                    ends = FAR
                elif _UNTIL.search(before):
                    begins = -FAR
                found.append((begins, ends))
        return tuple(found)

    def scope(self, subject: str, tail: str, place: Place) -> frozenset[str]:
        """Return the stems that say of what a claim is: of its subject, of what follows its value, of what narrows it.

        Times and amounts are left out.
        """
        lead = self.text[place.sentence[0] : place.clause[0]]
        opening = lead if _NARROWS.match(lead) or _is_label(lead) else ""
        plain = f"{opening} {subject} {tail}"
        named = [(one.start, one.end) for one in self.times] + [(one.start, one.end) for one in self.quantities]
        for start, end in named:
            plain = plain.replace(self.text[start:end], " ")
        return stems_of(plain)

    def claim(self, kind: ClaimKind, attribute: str, key: str, *, place: Place, scope: frozenset[str]) -> Claim:
        value, clause = place.value, place.clause
        beside = (one for one in self.mentions if clause[0] <= one.start and one.end <= clause[1])
        return Claim(
            kind=kind,
            attribute=attribute,
            key=key,
            value=self.text[value[0] : value[1]],
            place=place,
            scope=scope,
            names=frozenset(one.key for one in beside if not value[0] <= one.start < value[1]),
            periods=self.periods(*place.sentence, but=value),
            about=attribute.split()[-1 if kind is ClaimKind.STATE else 0],
            subject=self._shown(clause, value, scope),
            past=bool(PAST.search(self.text, *clause)),
            updating=bool(UPDATING.search(self.text, *place.sentence)),
        )

    def _shown(self, clause: Span, value: Span, scope: frozenset[str]) -> str:
        """Return the words of a clause, its value aside, that say of what it is."""
        words = (match for match in _TOKEN.finditer(self.text, *clause) if not value[0] <= match.start() < value[1])
        return " ".join([match[0] for match in words if stem(match[0]) in scope][:_SHOWN_WORDS])


def words_of(text: str) -> list[str]:
    """Return the words of a text without stop words and numbers."""
    words = [match[0] for match in _TOKEN.finditer(text)]
    return [word for word in words if word.casefold() not in STOP_WORDS and not word.isdigit()]


def stems_of(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words_of(text))


def _is_label(lead: str) -> bool:
    """Tell whether "Germany: " narrows what follows; "Decided: " does not."""
    words = lead.rstrip().removesuffix(":").split()
    return lead.rstrip().endswith(":") and 0 < len(words) <= _LABEL_WORDS and stem(words[-1]) not in OPENINGS
