"""Reads what a text claims. Use ``claims.claims_of``."""

import re
from collections.abc import Iterator
from datetime import datetime

from apps.memory.engine.chunking import sentence_spans
from apps.memory.engine.claims.amounts import amounts_in
from apps.memory.engine.claims.claim import Claim, Claims, Replacement
from apps.memory.engine.claims.dates import dates_in
from apps.memory.engine.claims.holders import holders_in, holders_stated
from apps.memory.engine.claims.states import states_in
from apps.memory.engine.claims.text import Text, stems_of
from apps.memory.engine.claims.words import REPLACING
from apps.memory.engine.entities import normalise_key
from apps.memory.engine.types import Granularity, MentionKind

# A text that claims more is a table.
MAX_CLAIMS = 60
# The beginning of a text of any length.
_CHARACTERS = 20_000
_SENTENCE_CHARACTERS = 400
# A short first line without a verb is a heading, as in "Galley redesign."
_HEADING = re.compile(r"\s*#{0,4} ?(?P<words>[A-Z][\w-]*(?: [\w-]+){0,4})[.,:\n]")


def claims_of(content: str, *, title: str, anchor: datetime) -> Claims:
    """Read what a text claims that was said at ``anchor``; ``title`` is what it is called, or nothing."""
    text = Text(content[:_CHARACTERS], anchor=anchor)
    subject, is_identifier = _subject(text, title)
    first = next(sentence_spans(text.text), (0, 0, True))
    head = (first[0], min(first[1], first[0] + _SENTENCE_CHARACTERS))
    named = text.text[head[0] : head[0] + len(subject)] if subject else ""
    return Claims(
        found=tuple(_claims(text))[:MAX_CLAIMS],
        replacements=tuple(_replacements(text)),
        subject=subject,
        is_identifier=is_identifier,
        context=stems_of(f"{title} {named}"),
        words=stems_of(text.text),
        names=frozenset(one.key for one in text.mentions),
        periods=text.periods(*head),
        head=head,
        said_at=anchor.timestamp(),
    )


def _claims(text: Text) -> Iterator[Claim]:
    for start, end, _ in sentence_spans(text.text):
        asked = text.text[end - 1] == "?"
        if end - start <= _SENTENCE_CHARACTERS and not asked and not text.is_unsure(start, end):
            for find in (amounts_in, dates_in, states_in, holders_in):
                yield from find(text, (start, end))
    yield from holders_stated(text)


def _replacements(text: Text) -> Iterator[Replacement]:
    for start, end, _ in sentence_spans(text.text):
        verb = REPLACING.search(text.text, start, end)
        if verb is None or text.is_unsure(start, verb.end()) or text.is_quoted(verb.start()):
            continue
        first, last = verb.end(), text.clause(verb.span(), (start, end))[1]
        identifiers = frozenset(
            one.key
            for one in text.mentions
            if one.kind is MentionKind.IDENTIFIER and first <= one.start and one.end <= last
        )
        days = tuple(
            (one.begins.timestamp(), one.ends.timestamp())
            for one in text.times
            if one.granularity is Granularity.DAY and first <= one.start and one.end <= last
        )
        if identifiers or days:
            yield Replacement(identifiers, days, (start, end))


def _subject(text: Text, title: str) -> tuple[str, bool]:
    """Return the key of what a text is about, its title or what it begins with, and whether that is an identifier."""
    opening = next((one for one in text.mentions if not text.text[: one.start].strip(" \"'*#-")), None)
    if opening is not None and opening.kind is MentionKind.IDENTIFIER:
        return opening.key, True
    if title or opening is not None:
        return (normalise_key(title) if title else str(opening and opening.key)), False
    heading = _HEADING.match(text.text)
    return (normalise_key(heading["words"]), False) if heading else ("", False)
