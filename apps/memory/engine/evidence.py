"""Which channels to believe for a question: what it names, what it asks, and what kind of memories answer it.

No weight is tuned to a collection. Three things are looked at: how much of the question is names that the memory knows,
whether its candidates are turns of conversations or texts that stand alone, and whether it asks for a time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from apps.memory.engine.names_index import KnownName
from apps.memory.engine.types import FINDING_CHANNELS, Channel, SearchType

# What decides between texts that stand alone: words and meaning alike, the words that a text implies less.
_TEXTS = {Channel.LEXICAL: 0.43, Channel.SPARSE: 0.19, Channel.NEURAL: 0.38}
# Turns of a conversation are too short to mean much: their words, and those around them, decide.
_TURNS = {Channel.LEXICAL: 0.6, Channel.SPARSE: 0.3, Channel.NEURAL: 0.1}
# Concepts nudge: they see tone and purpose, never the matter.
_CONCEPTUAL = 0.03
# The share of a question that is names, beyond what any sentence has, and of names that some memory is about, times
# these: what the graph gets.
_NAMED_FLOOR, _NAMED, _SUBJECT = 0.2, 1.0, 3.0
_MOST_KNOWLEDGE = 0.9
# What a time in the question weighs, before and for each share of the question that it makes up.
_TIME, _TIME_SHARE = 0.15, 0.6
# "When did ...": a text that names a time is likelier to answer.
_ASKS_WHEN = 0.1

_SINGLE: Mapping[SearchType, Mapping[str, float]] = MappingProxyType(
    {
        SearchType.NEURAL: MappingProxyType({Channel.NEURAL: 1.0}),
        SearchType.CONCEPTUAL: MappingProxyType({Channel.CONCEPTUAL: 1.0}),
        SearchType.KNOWLEDGE: MappingProxyType({Channel.KNOWLEDGE: 1.0}),
    }
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a question: its names, the number of its content words, and how much of it says a time."""

    names: Sequence[KnownName] = ()
    content_words: int = 0
    threaded_share: float = 0.0
    time_share: float = 0.0
    asks_when: bool = False


def channels_of(search_type: SearchType) -> tuple[str, ...]:
    """Return the channels that a type of search asks, in the order in which contributions are listed."""
    return tuple(_SINGLE[search_type]) if search_type in _SINGLE else FINDING_CHANNELS


def weights_for(search_type: SearchType, evidence: Evidence) -> dict[str, float]:
    """Return the weight of each channel of a type of search; they need not sum to 1."""
    if search_type in _SINGLE:
        return dict(_SINGLE[search_type])
    knowledge = _knowledge(evidence)
    turns = evidence.threaded_share
    rest = {name: (1 - knowledge) * ((1 - turns) * _TEXTS[name] + turns * _TURNS[name]) for name in _TEXTS}
    temporal = 0.0
    if evidence.time_share > 0:
        temporal = _TIME + _TIME_SHARE * evidence.time_share
    elif evidence.asks_when:
        temporal = _ASKS_WHEN * (1 - knowledge)
    found = {**rest, Channel.CONCEPTUAL: _CONCEPTUAL, Channel.KNOWLEDGE: knowledge, Channel.TEMPORAL: temporal}
    return {name: found[name] for name in FINDING_CHANNELS}


def _knowledge(evidence: Evidence) -> float:
    words = max(evidence.content_words, 1)
    named = sum(name.words * name.specificity for name in evidence.names) / words
    # One memory that is about a rare name is its article; of several, or about a common name, each says less.
    articles = (name.words * name.specificity**2 / name.subject_of for name in evidence.names if name.subject_of)
    subjects = sum(articles) / words
    return min(_MOST_KNOWLEDGE, _NAMED * max(0.0, named - _NAMED_FLOOR) + _SUBJECT * subjects)
