"""A question's way through the index: candidates of every channel, their weights, their fusion."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from apps.memory.engine.evidence import Evidence, channels_of, weights_for
from apps.memory.engine.fusion import CUT_ANCHORS, DEFAULT_ANCHORS, Anchor, ChannelHit, FusedHit, fuse
from apps.memory.engine.memory_index import CANDIDATES, NOBODY, Mask, MemoryIndex, Positions, Ranked, Scores
from apps.memory.engine.names_index import KnownName
from apps.memory.engine.types import FINDING_CHANNELS, Channel, SearchType

# The channels that the graph takes its first hints from.
_HINTS = (Channel.LEXICAL, Channel.NEURAL)

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A question with what is computed from its text alone.

    `terms` are term hashes with their counts; `vector` float32 (d,) and `sketch` float32 (w,); `sparse_keys` uint16
    (s,) with `sparse_weights` float32 (s,); `target` and `stress` float32 (k,), a place in the conceptual space and the
    weight of each dimension; `windows` the times that it names, seconds since 1970, and `time_share` how much of it
    they make up. `mute` are the channels that cannot be asked, because their model did not answer.
    """

    text: str
    terms: Mapping[int, int]
    vector: Floats
    sketch: Floats
    sparse_keys: NDArray[np.uint16]
    sparse_weights: Floats
    target: Floats
    stress: Floats
    windows: Sequence[tuple[float, float]] = ()
    time_share: float = 0.0
    asks_when: bool = False
    mute: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Retrieval:
    """What was found: the fused hits, best first, each channel's hits, the weights they were fused with, and the rest.

    `positions` tells where a hit stands in the index; `names` are the question's names that memories know.
    """

    hits: Sequence[FusedHit]
    found: Mapping[str, Sequence[ChannelHit]]
    weights: Mapping[str, float]
    recency: Mapping[UUID, float]
    positions: Mapping[UUID, int]
    names: Sequence[KnownName] = ()
    dropped: Sequence[str] = field(default_factory=tuple)


def retrieve(
    index: MemoryIndex,
    asked: Asked,
    *,
    search_type: SearchType,
    visible: Mask,
    weights: Mapping[str, float],
    limit: int | None = None,
    out_of_time: Callable[[], bool] = lambda: False,
) -> Retrieval:
    """Answer a question from the `visible` memories, with at most `limit` hits.

    `weights` overrides those of the search type and the evidence, channel by channel, and does not change what a
    channel finds. Channels whose turn comes `out_of_time` are left out and named in `dropped`; the first one never is.
    """
    names, content_words = index.known_names(asked.text)
    run = _Run(index, asked, visible, names)
    wanted = dict.fromkeys([*channels_of(search_type), *weights])
    dropped = []
    for name in (channel.value for channel in FINDING_CHANNELS if channel in wanted):
        if name in asked.mute or (run.ranked and out_of_time()):
            dropped.append(name)
        else:
            run.ask(name)
    found = {name: run.ranked[name] for name in wanted if name in run.ranked}
    evidence = Evidence(
        names=names,
        content_words=content_words,
        threaded_share=index.threaded_share(_union(run.ranked[name] for name in _HINTS if name in run.ranked)),
        time_share=asked.time_share,
        asks_when=asked.asks_when,
    )
    chosen = {name: value for name, value in weights_for(search_type, evidence).items() if name in wanted}
    chosen = {**chosen, **weights}
    return _fused(index, found, weights=chosen, limit=limit, names=names, dropped=dropped)


def _fused(
    index: MemoryIndex,
    found: Mapping[str, Ranked],
    *,
    weights: Mapping[str, float],
    limit: int | None,
    names: Sequence[KnownName],
    dropped: Sequence[str],
) -> Retrieval:
    candidates = _union(found.values())
    ids = {int(position): index.ids[position] for position in candidates}
    recency = {
        ids[int(position)]: float(moment)
        for position, moment in zip(candidates, index.occurred(candidates), strict=True)
    }
    hits = {
        name: [
            ChannelHit(ids[position], raw) for position, raw in zip(positions.tolist(), scores.tolist(), strict=True)
        ]
        for name, (positions, scores) in found.items()
    }
    return Retrieval(
        hits=fuse(hits, weights=weights, recency=recency, anchors=anchors_of(hits), limit=limit),
        found=hits,
        weights=weights,
        recency=recency,
        positions={memory_id: position for position, memory_id in ids.items()},
        names=names,
        dropped=dropped,
    )


def rerank(found: Retrieval, judged: Mapping[UUID, float]) -> list[FusedHit]:
    """Return the hits with the judgements, in [0, 1], as one more channel; it weighs as much as all others together.

    A memory that was not judged keeps what the others give it.
    """
    hits = {**found.found, Channel.RERANK: [ChannelHit(memory_id, raw) for memory_id, raw in judged.items()]}
    total = sum(weight for name, weight in found.weights.items() if name in found.found)
    return fuse(
        hits,
        weights={**found.weights, Channel.RERANK: total or 1.0},
        recency=found.recency,
        anchors={**anchors_of(found.found), Channel.RERANK: DEFAULT_ANCHORS[Channel.RERANK]},
    )


def anchors_of(found: Mapping[str, Sequence[ChannelHit]]) -> dict[str, Anchor]:
    """Return the marks for the scales of the channels' lists."""
    return {name: (CUT_ANCHORS if len(hits) >= CANDIDATES else DEFAULT_ANCHORS)[name] for name, hits in found.items()}


def _union(ranked: Iterable[Ranked]) -> Positions:
    lists = [positions for positions, _ in ranked]
    return np.unique(np.concatenate(lists)) if lists else np.empty(0, dtype=np.int64)


class _Run:
    """One question's channels, each asked at most once: the graph needs two of the others first."""

    def __init__(self, index: MemoryIndex, asked: Asked, visible: Mask, names: Sequence[KnownName]) -> None:
        self.index, self.asked, self.visible, self.names = index, asked, visible, names
        self.ranked: dict[str, Ranked] = {}

    def ask(self, name: str) -> Ranked:
        if name not in self.ranked:
            self.ranked[name] = NOBODY if name in self.asked.mute else self._answer(name)
        return self.ranked[name]

    def _answer(self, name: str) -> Ranked:
        index, asked = self.index, self.asked
        match name:
            case Channel.NEURAL:
                return index.neural(asked.vector, asked.sketch, visible=self.visible)
            case Channel.LEXICAL:
                return index.lexical(asked.terms, visible=self.visible)
            case Channel.SPARSE:
                return index.sparse(asked.sparse_keys, asked.sparse_weights, visible=self.visible)
            case Channel.CONCEPTUAL:
                return index.conceptual(asked.target, asked.stress, visible=self.visible)
            case Channel.KNOWLEDGE:
                return self._knowledge()
            case Channel.TEMPORAL:
                return self._temporal()
        raise ValueError(f"unknown channel {name}")

    def _knowledge(self) -> Ranked:
        hints = [self._stretched(name) for name in _HINTS]
        positions = _union(hints)
        prior = np.zeros(len(positions))
        for found, scores in hints:
            prior[np.searchsorted(positions, found)] += scores / len(_HINTS)
        return self.index.knowledge(self.names, prior=(positions, prior), visible=self.visible)

    def _stretched(self, name: str) -> Ranked:
        positions, scores = self.ask(name)
        if not len(scores):
            return positions, scores
        width = float(scores.max() - scores.min())
        return positions, (scores - scores.min()) / width if width > 0 else np.ones(len(scores))

    def _temporal(self) -> Ranked:
        """Rank by the times that the question names; without one, "when" prefers texts that name a time."""
        others = _union(ranked for name, ranked in self.ranked.items() if name != Channel.TEMPORAL)
        if not self.asked.windows:
            telling = others[self.index.telling_times(others)] if self.asked.asks_when else others[:0]
            return telling, np.ones(len(telling))
        scores: Scores = np.zeros(len(self.visible))
        for begins, ends in self.asked.windows:
            positions, fits = self.index.in_window(begins, ends, visible=self.visible)
            scores[positions] = np.maximum(scores[positions], fits)
        positions = np.flatnonzero(scores)
        # What other channels know comes first, then what happened last: a year holds more than a list does.
        known = np.isin(positions, others)
        order = np.lexsort((-self.index.occurred(positions), -scores[positions], ~known))[:CANDIDATES]
        positions = np.sort(positions[order])
        ranking = np.lexsort((positions, -scores[positions]))
        return positions[ranking], scores[positions][ranking]
