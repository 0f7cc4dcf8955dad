from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.memory.engine.fusion import (
    DEFAULT_ANCHORS,
    UNITS,
    Anchor,
    ChannelHit,
    Contribution,
    FusedHit,
    fuse,
)

A, B, C = (UUID(int=number) for number in (1, 2, 3))
NAMES = ("neural", "lexical", "conceptual", "knowledge")

IDS = st.integers(0, 12).map(lambda number: UUID(int=number))
HITS = st.lists(st.builds(ChannelHit, memory_id=IDS, raw=st.floats(allow_nan=False, allow_infinity=False)), max_size=12)
CHANNELS = st.dictionaries(st.sampled_from(NAMES), HITS)
WEIGHTS = st.fixed_dictionaries({name: st.one_of(st.just(0.0), st.floats(0, 1e308)) for name in NAMES})
RECENCY = st.dictionaries(IDS, st.floats(-1e9, 1e9))


def hits(**raw: float) -> list[ChannelHit]:
    return [ChannelHit(memory_id={"a": A, "b": B, "c": C}[name], raw=score) for name, score in raw.items()]


def scores(found: list[FusedHit]) -> list[tuple[UUID, int]]:
    return [(hit.memory_id, hit.score_units) for hit in found]


def test_weighted_sum_of_stretched_scores_with_every_channel_listed() -> None:
    found = fuse(
        {"neural": hits(a=0.9, b=0.5, c=0.1), "lexical": hits(b=12.0)},
        weights={"neural": 3, "lexical": 1, "knowledge": 4},
        recency={},
    )
    assert found == [
        FusedHit(
            A,
            750_000,
            (
                Contribution("neural", raw=0.9, rank=1, weight=0.75, units=750_000),
                Contribution("lexical", raw=None, rank=None, weight=0.25, units=None),
                Contribution("knowledge", raw=None, rank=None, weight=0.0, units=None),
            ),
        ),
        FusedHit(
            B,
            625_000,
            (
                Contribution("neural", raw=0.5, rank=2, weight=0.75, units=375_000),
                Contribution("lexical", raw=12.0, rank=1, weight=0.25, units=250_000),
                Contribution("knowledge", raw=None, rank=None, weight=0.0, units=None),
            ),
        ),
        FusedHit(
            C,
            0,
            (
                Contribution("neural", raw=0.1, rank=3, weight=0.75, units=0),
                Contribution("lexical", raw=None, rank=None, weight=0.25, units=None),
                Contribution("knowledge", raw=None, rank=None, weight=0.0, units=None),
            ),
        ),
    ]


def test_equal_scores_take_full_weight() -> None:
    found = fuse({"neural": hits(a=0.3, b=0.3)}, weights={"neural": 1}, recency={})
    assert scores(found) == [(A, UNITS), (B, UNITS)]


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        (Anchor(), [(A, 1_000_000), (B, 0)]),
        (Anchor(floor=0.0), [(A, 1_000_000), (B, 500_000)]),
        (Anchor(floor=0.0, ceiling=1.0), [(A, 500_000), (B, 250_000)]),
        (Anchor(floor=0.0, ceiling=0.25), [(A, 1_000_000), (B, 500_000)]),
        (Anchor(floor=0.375), [(A, 1_000_000), (B, 0)]),
    ],
)
def test_anchors_fix_the_ends_of_the_scale(anchor: Anchor, expected: list[tuple[UUID, int]]) -> None:
    found = fuse({"neural": hits(a=0.5, b=0.25)}, weights={"neural": 1}, recency={}, anchors={"neural": anchor})
    assert scores(found) == expected


def test_lone_weak_hit_stays_weak_with_the_default_anchors() -> None:
    (hit,) = fuse({"neural": hits(a=0.07)}, weights={"neural": 1}, recency={}, anchors=DEFAULT_ANCHORS)
    assert hit.score_units == 100_000


def test_channel_that_found_nothing_keeps_its_weight_and_one_that_failed_does_not() -> None:
    weights = {"neural": 1, "lexical": 1}
    assert scores(fuse({"neural": hits(a=1.0), "lexical": []}, weights=weights, recency={})) == [(A, 500_000)]
    assert scores(fuse({"neural": hits(a=1.0)}, weights=weights, recency={})) == [(A, 1_000_000)]


def test_ties_go_to_the_more_recent_then_to_the_smaller_id() -> None:
    found = fuse({"neural": hits(a=1, b=1, c=1)}, weights={"neural": 1}, recency={A: 5.0, B: 5.0, C: 9.0})
    assert [hit.memory_id for hit in found] == [C, A, B]
    found = fuse({"neural": hits(a=1, b=1)}, weights={"neural": 1}, recency={B: -1e9})
    assert [hit.memory_id for hit in found] == [B, A]


def test_memory_found_twice_counts_with_its_best_score() -> None:
    channel = [ChannelHit(A, 0.2), ChannelHit(B, 0.5), ChannelHit(A, 0.8)]
    (first, second) = fuse({"neural": channel}, weights={"neural": 1}, recency={})
    assert (first.memory_id, first.contributions[0].raw, first.contributions[0].rank) == (A, 0.8, 1)
    assert second.contributions[0].rank == 2


def test_weights_without_exact_shares_still_add_up_to_one_million() -> None:
    channels = {name: hits(a=1.0) for name in ("x", "y", "z")}
    (hit,) = fuse(channels, weights={"x": 1, "y": 1, "z": 1}, recency={})
    assert [one.units for one in hit.contributions] == [333_334, 333_333, 333_333]
    (hit,) = fuse(channels, weights={"x": 1, "y": 2, "z": 0}, recency={})
    assert [one.units for one in hit.contributions] == [333_333, 666_667, None]


@pytest.mark.parametrize(
    ("channels", "weights", "anchors", "message"),
    [
        ({"neural": []}, {"neural": -0.1}, {}, "not negative"),
        ({"neural": []}, {"neural": float("inf")}, {}, "finite"),
        ({"neural": [ChannelHit(A, float("nan"))]}, {"neural": 1.0}, {}, "scores are finite"),
        ({"neural": []}, {"lexical": 1.0}, {}, "without a weight: neural"),
        ({"neural": []}, {"neural": 1.0}, {"neural": Anchor(floor=float("-inf"))}, "anchors are finite"),
    ],
)
def test_senseless_input_is_refused(
    channels: dict[str, list[ChannelHit]], weights: dict[str, float], anchors: dict[str, Anchor], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        fuse(channels, weights=weights, recency={}, anchors=anchors)


@given(channels=CHANNELS, weights=WEIGHTS, recency=RECENCY, anchors=st.sampled_from([{}, DEFAULT_ANCHORS]))
def test_score_is_the_exact_sum_and_every_channel_is_listed(
    channels: dict[str, list[ChannelHit]],
    weights: dict[str, float],
    recency: dict[UUID, float],
    anchors: dict[str, Anchor],
) -> None:
    found = fuse(channels, weights=weights, recency=recency, anchors=anchors)
    for hit in found:
        assert hit.score_units == sum(one.units or 0 for one in hit.contributions)
        assert 0 <= hit.score_units <= UNITS
        assert tuple(one.channel for one in hit.contributions) == tuple(weights)
        assert sum(one.weight for one in hit.contributions) == pytest.approx(1.0)
        for one in hit.contributions:
            assert (one.raw is None) == (one.rank is None) == (one.units is None)
    assert {hit.memory_id for hit in found} == {
        hit.memory_id for name, seen in channels.items() if weights[name] > 0 for hit in seen
    }
    keys = [(-hit.score_units, -recency.get(hit.memory_id, float("-inf")), hit.memory_id) for hit in found]
    assert keys == sorted(keys)


@given(channels=CHANNELS, weights=WEIGHTS, recency=RECENCY, name=st.sampled_from(NAMES))
def test_weight_zero_equals_leaving_the_channel_out(
    channels: dict[str, list[ChannelHit]], weights: dict[str, float], recency: dict[UUID, float], name: str
) -> None:
    silenced = fuse(channels, weights={**weights, name: 0.0}, recency=recency)
    absent = {one: seen for one, seen in channels.items() if one != name}
    assert silenced == fuse(absent, weights=weights, recency=recency)
    others = {one: weight for one, weight in weights.items() if one != name}
    without = fuse(absent, weights=others, recency=recency)
    assert without == [
        replace(hit, contributions=tuple(one for one in hit.contributions if one.channel != name)) for hit in silenced
    ]


@given(channels=CHANNELS, weights=WEIGHTS, recency=RECENCY, data=st.data())
def test_order_of_the_input_does_not_matter(
    channels: dict[str, list[ChannelHit]], weights: dict[str, float], recency: dict[UUID, float], data: st.DataObject
) -> None:
    shuffled = {
        name: data.draw(st.permutations(channels[name])) for name in data.draw(st.permutations(sorted(channels)))
    }
    assert fuse(shuffled, weights=weights, recency=recency) == fuse(channels, weights=weights, recency=recency)
