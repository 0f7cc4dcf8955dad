"""What is granted of quotas: never above a ceiling, all or none, and the same row once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from apps.billing.adapters.ledger import Asked, CounterKey, Name, Take, Taken, UsageRow, granted

ORGANIZATION = UUID(int=1)
CALLS = CounterKey(ORGANIZATION, "api_calls", "2026-03")
MODULE = CounterKey(ORGANIZATION, "api_calls:sample", "2026-03")
OTHER = CounterKey(UUID(int=2), "api_calls", "2026-03")


def row(number: int, quantity: int = 1, source: str = "gateway") -> UsageRow:
    return UsageRow(
        organization_id=ORGANIZATION,
        meter="api_calls",
        quantity=quantity,
        source=source,
        source_id=str(number),
        module="sample",
        user_id=UUID(int=3),
        operation="GET /things",
        request_id="request-1",
        occurred_at=datetime(2026, 3, 1, tzinfo=UTC),
    )


def ask(number: int, *takes: Take, quantity: int = 1, must: bool = False) -> Asked:
    return Asked(row(number, quantity), takes, must=must)


def test_the_last_of_a_quota_is_granted_and_no_more() -> None:
    asked = [ask(number, Take(CALLS, 10)) for number in range(5)]
    taken = granted(asked, {CALLS: 7}, frozenset())
    assert [one.used for one in taken] == [(8,), (9,), (10,), (10,), (10,)]
    assert [one.refused for one in taken] == [None] * 3 + [CALLS] * 2


def test_a_refused_row_takes_from_none_of_its_quotas() -> None:
    both = (Take(CALLS, 10), Take(MODULE, 1))
    taken = granted([ask(1, *both), ask(2, *both), ask(3, Take(CALLS, 10))], {CALLS: 0, MODULE: 0}, frozenset())
    assert [one.refused for one in taken] == [None, MODULE, None]
    assert taken[2].used == (2,)


def test_what_must_be_counted_is_counted_and_what_is_given_back_is_never_refused() -> None:
    taken = granted(
        [ask(1, Take(CALLS, 1), must=True), ask(2, Take(CALLS, 1), quantity=-1), ask(3, Take(CALLS, 1))],
        {CALLS: 1},
        frozenset(),
    )
    assert [one.refused for one in taken] == [None, None, CALLS]
    assert [one.used for one in taken] == [(2,), (1,), (1,)]


def test_a_counter_never_falls_below_zero() -> None:
    (taken,) = granted([ask(1, Take(CALLS, 5), quantity=-3)], {CALLS: 1}, frozenset())
    assert taken.used == (0,)


def test_the_same_row_is_counted_once_and_passes_even_when_nothing_is_left() -> None:
    known: frozenset[Name] = frozenset({row(1).name})
    taken = granted([ask(1, Take(CALLS, 5)), ask(2, Take(CALLS, 6)), ask(2, Take(CALLS, 6))], {CALLS: 5}, known)
    assert [(one.used, one.refused, one.is_new) for one in taken] == [
        ((5,), None, False),
        ((6,), None, True),
        ((6,), None, False),
    ]
    # A correction has the same id, and is another row.
    back = Asked(replace(row(2, -1), source="gateway_correction"), (Take(CALLS, 6),))
    assert granted([ask(2, Take(CALLS, 6)), back], {CALLS: 5}, frozenset())[1].used == (5,)


numbers = st.integers(0, 30)
limits = st.one_of(st.none(), st.integers(0, 20))
batches = st.lists(st.lists(st.tuples(numbers, st.integers(1, 3), st.booleans()), max_size=12), max_size=8)


@given(batches, limits, limits, st.integers(0, 5), st.integers(0, 5))
def test_under_any_interleaving_no_ceiling_is_passed_and_all_that_fits_is_granted(
    drawn: Sequence[Sequence[tuple[int, int, bool]]], calls: int | None, module: int | None, used: int, own: int
) -> None:
    """Batches of several writers, one after another as the lock of the counters has them; rows come again at will."""
    counters = {CALLS: used, MODULE: own}
    written: dict[Name, int] = {}
    sizes: dict[int, int] = {}
    for batch in drawn:
        asked = []
        for number, quantity, of_module in batch:
            # The same row is of the same size whenever it comes.
            size = sizes.setdefault(number, quantity)
            takes = (Take(CALLS, calls), Take(MODULE, module)) if of_module else (Take(CALLS, calls),)
            asked.append(ask(number, *takes, quantity=size))
        taken = granted(asked, counters, frozenset(written))
        for one, result in zip(asked, taken, strict=True):
            if result.is_new:
                assert one.row.name not in written
                written[one.row.name] = one.row.quantity
                for take in one.takes:
                    counters[take.key] += one.row.quantity
            elif result.refused is None:
                assert one.row.name in written
            else:
                ceiling = next(take.ceiling for take in one.takes if take.key == result.refused)
                assert ceiling is not None
                assert counters[result.refused] + one.row.quantity > ceiling
            assert result.used == tuple(counters[take.key] for take in one.takes)
        for key, ceiling in ((CALLS, calls), (MODULE, module)):
            start = used if key is CALLS else own
            assert ceiling is None or counters[key] <= max(ceiling, start)
    assert counters[CALLS] == used + sum(written.values())


@given(st.lists(st.tuples(numbers, st.booleans()), max_size=30), st.integers(0, 10))
def test_how_rows_are_cut_into_batches_changes_nothing(drawn: Sequence[tuple[int, bool]], ceiling: int) -> None:
    asked = [ask(number, Take(CALLS if ours else OTHER, ceiling)) for number, ours in drawn]
    at_once = granted(asked, {CALLS: 0, OTHER: 0}, frozenset())
    counters, written = {CALLS: 0, OTHER: 0}, set[Name]()
    one_by_one: list[Taken] = []
    for one in asked:
        (result,) = granted([one], counters, frozenset(written))
        one_by_one.append(result)
        counters[one.takes[0].key] = result.used[0]
        if result.is_new:
            written.add(one.row.name)
    assert one_by_one == at_once
