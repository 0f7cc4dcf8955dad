"""Whatever rows arrive, a method answers with finite numbers or refuses; it never fails."""

import contextlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.causal.engine.ab_test import Plan, ab_test
from modules.causal.engine.did import Panel, difference_in_differences
from modules.causal.engine.exceptions import InvalidData
from modules.causal.engine.marketing_mix import marketing_mix
from modules.causal.engine.mix_data import MixData
from modules.causal.engine.synthetic_control import synthetic_control
from modules.causal.engine.table import MAX_ROWS, Table
from modules.causal.tests.data import assert_finite, floats, labels

VALUES = st.one_of(
    st.integers(-3, 3).map(float), st.floats(-1e12, 1e12), st.sampled_from([0.0, 1e-300, 1e12, -1e12, 5e-324])
)


@given(st.text(max_size=300))
def test_any_text_is_a_table_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidData):
        table = Table.from_csv(text)
        for column in table.columns:
            for read in (table.numbers, table.flags, table.labels, table.times):
                with contextlib.suppress(InvalidData):
                    read(column, pointer="/x")


JSON_CELLS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))


@given(st.lists(st.dictionaries(st.sampled_from("abc"), JSON_CELLS, max_size=3), max_size=6))
def test_any_json_rows_are_a_table_or_refused(rows: list[dict[str, Any]]) -> None:
    with contextlib.suppress(InvalidData):
        table = Table.from_rows(rows)
        for column in table.columns:
            assert np.isfinite(table.numbers(column, pointer="/x")).all()


def test_refusals_point_at_the_cell() -> None:
    table = Table.from_rows([{"a/b": 1.0}, {"a/b": float("nan")}])
    with pytest.raises(InvalidData) as refused:
        table.numbers("a/b", pointer="/metric")
    assert refused.value.pointer == "/rows/1/a~1b"
    with pytest.raises(InvalidData, match="Row 3, column 'x' is 'n/a'"):
        Table.from_csv("x;y\n1;2\nn/a;3\n").numbers("x", pointer="/metric")
    with pytest.raises(InvalidData, match="no column 'z'; there are x, y"):
        Table.from_csv("x,y\n1,2\n").numbers("z", pointer="/metric")
    with pytest.raises(InvalidData, match="50,000 rows at most"):
        Table.from_csv("x\n" + "1\n" * (MAX_ROWS + 1))
    with pytest.raises(InvalidData, match="is empty"):
        Table.from_csv("x,y\n,2\n").labels("x", pointer="/unit")


def test_times_are_in_order_of_time() -> None:
    table = Table.from_csv("n,d,m\n10,2026-02-01,1\n9,2025-12-31,2026-01-01\n")
    assert table.times("n", pointer="/t").names == ("9", "10")
    assert table.times("d", pointer="/t").names == ("2025-12-31", "2026-02-01")
    with pytest.raises(InvalidData, match="mixes"):
        table.times("m", pointer="/t")


@given(st.lists(st.tuples(VALUES, st.sampled_from("ab")), min_size=20, max_size=60), st.booleans())
def test_any_experiment_is_analysed_or_refused(rows: list[tuple[float, str]], covariate: bool) -> None:  # noqa: FBT001 - drawn
    outcome = floats([value for value, _ in rows])
    before = np.roll(outcome, 1) if covariate else None
    with contextlib.suppress(InvalidData):
        assert_finite(
            ab_test(outcome, labels(arm for _, arm in rows), Plan("a"), metric="y", covariate=before, ordered=True)
        )


@given(st.lists(st.tuples(VALUES, st.integers(0, 5), st.integers(0, 5)), min_size=4, max_size=60), st.booleans())
def test_any_panel_is_analysed_or_refused(rows: list[tuple[float, int, int]], clustered: bool) -> None:  # noqa: FBT001 - drawn
    outcome = floats([value for value, _, _ in rows])
    unit, time = labels(row[1] for row in rows), labels(row[2] for row in rows)
    treatment = floats([row[1] < 3 and row[2] >= 3 for row in rows])
    with contextlib.suppress(InvalidData):
        assert_finite(
            difference_in_differences(Panel(outcome, treatment, unit, time, unit if clustered else None), metric="y")
        )


@given(st.lists(VALUES, min_size=60, max_size=60))
def test_any_grid_is_analysed_or_refused(values: list[float]) -> None:
    unit, time = labels(np.tile(np.arange(6), 10)), labels(np.repeat(np.arange(10), 6))
    with contextlib.suppress(InvalidData):
        assert_finite(synthetic_control(floats(values), unit, time, treated="0", start="7", metric="y"))


@settings(max_examples=8)
@given(st.lists(st.tuples(VALUES, VALUES), min_size=40, max_size=45))
def test_any_mix_is_analysed_or_refused(rows: list[tuple[float, float]]) -> None:
    data = MixData(floats([row[0] for row in rows]), {"tv": np.abs([row[1] for row in rows])}, {})
    with contextlib.suppress(InvalidData):
        assert_finite(marketing_mix(data, metric="y", saturation="log"))
