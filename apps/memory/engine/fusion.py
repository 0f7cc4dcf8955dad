"""Combines ranked lists into one score that can be taken apart again to the last millionth.

A weighted sum of normalised scores, not reciprocal ranks: with ranks a weak channel drags a strong one down.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from apps.memory.engine.types import Channel

UNITS = 1_000_000


@dataclass(frozen=True, slots=True)
class ChannelHit:
    """A memory that a channel found; ``raw`` is the channel's own score, higher is better."""

    memory_id: UUID
    raw: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """Absolute marks on a channel's scale, so that the best of a weak list does not pass for a strong hit.

    A list is stretched between ``floor`` (no evidence at all) and ``ceiling`` (as good as it gets); the list's own
    least and greatest score stand in for a mark that is not given, and a score beyond a mark moves that mark.
    """

    floor: float | None = None
    ceiling: float | None = None


# Nearness in the conceptual space is seldom below 0.5; attention, times and judgements are in [0, 1] as they come.
# Cosines, on the scale of ``ports.Scale``, are near 0 for unrelated passages and above 0.7 for paraphrases; words that
# match at all count for something.
DEFAULT_ANCHORS: Mapping[str, Anchor] = MappingProxyType(
    {
        Channel.NEURAL: Anchor(floor=0.0, ceiling=0.7),
        Channel.LEXICAL: Anchor(floor=0.0),
        Channel.SPARSE: Anchor(floor=0.0),
        Channel.CONCEPTUAL: Anchor(floor=0.5, ceiling=1.0),
        Channel.KNOWLEDGE: Anchor(floor=0.0, ceiling=1.0),
        Channel.TEMPORAL: Anchor(floor=0.0, ceiling=1.0),
        Channel.RERANK: Anchor(floor=0.0, ceiling=1.0),
    }
)
# A list that was cut says itself what is no evidence: its least score.
CUT_ANCHORS: Mapping[str, Anchor] = MappingProxyType(
    {
        **DEFAULT_ANCHORS,
        Channel.NEURAL: Anchor(ceiling=0.5),
        Channel.LEXICAL: Anchor(),
        Channel.SPARSE: Anchor(),
    }
)
_NO_ANCHOR = Anchor()


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a channel gave to a score: ``units`` millionths.

    ``rank`` counts from 1; ``raw``, ``rank`` and ``units`` are ``None`` for a channel that did not see the memory.
    ``weight`` is the weight after renormalisation, 0 for a channel that took no part in this query.
    """

    channel: str
    raw: float | None
    rank: int | None
    weight: float
    units: int | None


@dataclass(frozen=True, slots=True)
class FusedHit:
    """A memory with its score in millionths (0 to 1,000,000), the exact sum of its contributions' units."""

    memory_id: UUID
    score_units: int
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class _Ranked:
    """A channel's list after normalisation: by the number of a memory's id its raw score, rank and units."""

    weight: float
    hits: Mapping[int, tuple[float, int, int]]


def fuse(
    channels: Mapping[str, Sequence[ChannelHit]],
    *,
    weights: Mapping[str, float],
    recency: Mapping[UUID, float],
    anchors: Mapping[str, Anchor] = MappingProxyType({}),
    limit: int | None = None,
) -> list[FusedHit]:
    """Return the memories that any weighted channel found, best first, at most ``limit``.

    Each channel's scores are stretched to [0, 1] within this query (min-max; ``anchors`` may fix either end), a list
    of equal scores to 1. Weights are renormalised over the channels in ``channels`` - leave out a channel that failed;
    one that ran and found nothing keeps its weight, since finding nothing is evidence. A weight of 0 is the same as
    leaving the channel out. A memory given twice by a channel counts with its best score. ``weights`` gives the order
    of the contributions. Ties are broken by greater ``recency`` (a memory missing there is oldest), then by id.

    Raises ``ValueError`` for a weight that is negative or not finite, a score or a mark that is not finite, or a
    channel without a weight.
    """
    _check(channels, weights=weights, anchors=anchors)
    shares = _share_units({name: weights[name] for name in sorted(channels) if weights[name] > 0})
    ranked = {
        name: _rank(channels[name], share=share, anchor=anchors.get(name, _NO_ANCHOR)) for name, share in shares.items()
    }
    # By the numbers of the ids, which hash many times faster and sort alike.
    totals: defaultdict[int, int] = defaultdict(int)
    for one in ranked.values():
        for key, (_, _, units) in one.hits.items():
            totals[key] += units
    ids = {hit.memory_id.int: hit.memory_id for name in ranked for hit in channels[name]}
    order = sorted(totals, key=lambda key: (-totals[key], -recency.get(ids[key], -math.inf), key))
    names = tuple(weights)
    return [FusedHit(ids[key], totals[key], _contributions(key, ranked=ranked, names=names)) for key in order[:limit]]


def _check(
    channels: Mapping[str, Sequence[ChannelHit]], *, weights: Mapping[str, float], anchors: Mapping[str, Anchor]
) -> None:
    if any(not math.isfinite(weight) or weight < 0 for weight in weights.values()):
        raise ValueError("weights are finite and not negative")
    unknown = sorted(channels.keys() - weights.keys())
    if unknown:
        raise ValueError(f"channels without a weight: {', '.join(unknown)}")
    if any(not math.isfinite(hit.raw) for hits in channels.values() for hit in hits):
        raise ValueError("scores are finite")
    marks = [mark for anchor in anchors.values() for mark in (anchor.floor, anchor.ceiling) if mark is not None]
    if not all(math.isfinite(mark) for mark in marks):
        raise ValueError("anchors are finite")


def _share_units(weights: Mapping[str, float]) -> dict[str, int]:
    """Divide a million units in proportion to positive weights: largest remainders, then names, take what is left.

    Weights in whole units make the highest possible score exactly 1,000,000 and never more.
    """
    # Scaled by the greatest first: a sum of huge weights must not overflow, nor one of tiny ones vanish.
    greatest = max(weights.values(), default=1.0)
    scaled = {name: weight / greatest for name, weight in weights.items()}
    total = math.fsum(scaled.values())
    exact = {name: weight / total * UNITS for name, weight in scaled.items()}
    shares = {name: int(value) for name, value in exact.items()}
    left = UNITS - sum(shares.values()) if shares else 0
    for name in sorted(exact, key=lambda name: (shares[name] - exact[name], name))[:left]:
        shares[name] += 1
    return shares


def _rank(hits: Sequence[ChannelHit], *, share: int, anchor: Anchor) -> _Ranked:
    best: dict[int, float] = {}
    for hit in hits:
        key = hit.memory_id.int
        best[key] = max(hit.raw, best.get(key, -math.inf))
    floor = min([*best.values(), *([] if anchor.floor is None else [anchor.floor])], default=0.0)
    ceiling = max([*best.values(), *([] if anchor.ceiling is None else [anchor.ceiling])], default=0.0)
    order = sorted((-raw, key) for key, raw in best.items())
    return _Ranked(
        weight=share / UNITS,
        hits={
            key: (-lost, rank, int(share * _stretch(-lost, floor=floor, ceiling=ceiling)))
            for rank, (lost, key) in enumerate(order, start=1)
        },
    )


def _stretch(raw: float, *, floor: float, ceiling: float) -> float:
    # Halved, so that the width of a scale from one end of the float range to the other stays finite.
    width = ceiling / 2 - floor / 2
    return (raw / 2 - floor / 2) / width if width > 0 else 1.0


def _contributions(key: int, *, ranked: Mapping[str, _Ranked], names: Sequence[str]) -> tuple[Contribution, ...]:
    contributions = []
    for name in names:
        channel = ranked.get(name)
        weight = channel.weight if channel else 0.0
        raw, rank, units = channel.hits.get(key, (None, None, None)) if channel else (None, None, None)
        contributions.append(Contribution(channel=name, raw=raw, rank=rank, weight=weight, units=units))
    return tuple(contributions)
