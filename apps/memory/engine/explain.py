"""Says in plain words why a memory was found, and marks the words that it shares with the question."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.memory.engine.fusion import UNITS, FusedHit
from apps.memory.engine.lexicon import STOP_WORDS, WORD, stem
from apps.memory.engine.types import Channel

MAX_SPANS = 20
_NAMED = 3
# Shares of the highest score a channel can give: above the first a hit is close, above the second it is related.
_CLOSE = 0.7
_RELATED = 0.35
# Concepts that weigh less than this only nudge: naming them would mislead.
_TELLING = 0.1
_QUESTION = re.compile(
    r"\?\s*$|^\s*(?:who|whom|whose|what|which|when|where|why|how|is|are|did|does|do|can)\b", re.IGNORECASE
)

_WEIGHS_MOST = {
    Channel.NEURAL: "Its meaning weighs most in the score.",
    Channel.SPARSE: "Words that say the same weigh most in the score.",
    Channel.LEXICAL: "The shared words weigh most in the score.",
    Channel.CONCEPTUAL: "Its concept profile weighs most in the score.",
    Channel.KNOWLEDGE: "The named things weigh most in the score.",
    Channel.TEMPORAL: "The time weighs most in the score.",
    Channel.RERANK: "How well it answers, read beside the question, weighs most in the score.",
}


@dataclass(frozen=True, slots=True)
class Span:
    """A word of the text at characters ``start`` to ``end`` (exclusive) and the query's word, ``term``, it matches."""

    term: str
    start: int
    end: int


def matched_terms(query: str, text: str) -> list[Span]:
    """Return the first 20 words of ``text`` that share an English stem with a word of ``query``, stop words aside.

    ``term`` is the query's spelling, case folded; of several with one stem, the first.
    """
    terms = _terms(query)
    spans: list[Span] = []
    if not terms:
        return spans
    for match in WORD.finditer(text):
        term = terms.get(stem(match[0]))
        if term is not None:
            spans.append(Span(term=term, start=match.start(), end=match.end()))
            if len(spans) == MAX_SPANS:
                break
    return spans


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """What a question and a memory have in common.

    ``matched_terms`` are shared words; ``entities`` the display names of what both name; ``entity_path`` leads from a
    name in the question to one in the memory if they share none; ``dimensions`` are the names of the conceptual
    dimensions on which both stand out; ``in_time`` says that the question names a time, ``happened_then`` that the
    memory happened in it, ``occurred`` when it did.
    """

    matched_terms: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    entity_path: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    in_time: bool = False
    happened_then: bool = False
    occurred: datetime | None = None


def explain(hit: FusedHit, *, query: str, why: Why) -> str:
    """Return one or two plain English sentences on why ``hit`` answers ``query``.

    A reason is given only when its channel contributed to the score, words and dimensions up to three each. The second
    sentence says what weighs most when several channels contributed.
    """
    asked = "question" if _QUESTION.search(query) else "search"
    shares = {one.channel: _share(one.units, one.weight) for one in hit.contributions if one.units}
    reasons = [
        *_of_meaning(shares, asked=asked),
        *_of_names(shares, why),
        *_of_words(shares, why),
        *_of_time(shares, why),
    ]
    concepts = sum(one.weight for one in hit.contributions if one.channel == Channel.CONCEPTUAL and one.units)
    if why.dimensions and concepts >= _TELLING:
        reasons.append(f"similar in {_listed([name.replace('_', ' ') for name in why.dimensions])}")
    if not reasons:
        return f"Only loosely related to your {asked}."
    sentence = "; ".join(reasons)
    return f"{sentence[0].upper()}{sentence[1:]}.{_heaviest(hit)}"


def _of_meaning(shares: Mapping[str, float], *, asked: str) -> Iterator[str]:
    share = max(shares.get(Channel.NEURAL, 0.0), shares.get(Channel.SPARSE, 0.0))
    if share >= _RELATED:
        yield f"{'close' if share >= _CLOSE else 'related'} in meaning to your {asked}"


def _of_names(shares: Mapping[str, float], why: Why) -> Iterator[str]:
    if Channel.KNOWLEDGE not in shares:
        return
    if why.entities:
        yield f"mentions {_listed(why.entities)}"
    elif why.entity_path:
        yield f"connected to {why.entity_path[0]} through {_listed(why.entity_path[1:])}"
    else:
        yield "connected through related names"


def _of_words(shares: Mapping[str, float], why: Why) -> Iterator[str]:
    if why.matched_terms and Channel.LEXICAL in shares:
        distinct = list(dict.fromkeys(why.matched_terms))
        yield f"shares the {'word' if len(distinct) == 1 else 'words'} {_listed(distinct, last=', ')}"


def _of_time(shares: Mapping[str, float], why: Why) -> Iterator[str]:
    if Channel.TEMPORAL not in shares:
        return
    if not why.in_time or why.occurred is None:
        yield "says when"
        return
    when = f"{why.occurred.day} {why.occurred:%B %Y}"
    if why.happened_then:
        yield f"from the time you asked about ({when})"
    else:
        yield f"speaks of the time you asked about (recorded {when})"


def _terms(query: str) -> dict[str, str]:
    terms: dict[str, str] = {}
    for match in WORD.finditer(query):
        folded = match[0].casefold()
        if folded.replace("\u2019", "'") not in STOP_WORDS:
            terms.setdefault(stem(folded), folded)
    return terms


def _share(units: int, weight: float) -> float:
    return units / (weight * UNITS) if weight else 0.0


def _listed(names: Sequence[str], *, last: str = " and ") -> str:
    distinct = list(dict.fromkeys(names))
    shown = distinct[:_NAMED]
    if len(distinct) > _NAMED:
        return f"{', '.join(shown)} and more"
    return last.join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]


def _heaviest(hit: FusedHit) -> str:
    """Return the second sentence, empty when one channel gave the whole score or no channel gave most."""
    giving = sorted((one.units, one.channel) for one in hit.contributions if one.units)
    if len(giving) <= 1 or giving[-1][0] == giving[-2][0]:
        return ""
    known = [channel for channel in Channel if channel == giving[-1][1]]
    return f" {_WEIGHS_MOST[known[0]]}" if known else ""
