from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.memory.engine.filters import (
    And,
    Comparison,
    FieldRef,
    Filter,
    FilterError,
    Not,
    Operator,
    Or,
    Scalar,
    parse_filter,
)


def compare(name: str, op: str, value: Scalar | tuple[Scalar, ...]) -> Comparison:
    head, *path = name.split(".")
    return Comparison(FieldRef(head, tuple(path)), Operator(op), value)


NOTE = compare("memory_type", "eq", "note")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({}, And(())),
        ({"memory_type": "note"}, NOTE),
        ({"memory_type": {"eq": "note"}}, NOTE),
        ({"module": {"ne": "causal"}}, compare("module", "ne", "causal")),
        ({"source": {"in": ["crm", "mail"]}}, compare("source", "in", ("crm", "mail"))),
        ({"source": {"nin": ["crm"]}}, compare("source", "nin", ("crm",))),
        ({"external_id": {"contains": "EXP"}}, compare("external_id", "contains", "EXP")),
        ({"external_id": {"icontains": "exp"}}, compare("external_id", "icontains", "exp")),
        ({"source": {"exists": False}}, compare("source", "exists", value=False)),
        ({"source": ""}, compare("source", "eq", "")),
        (
            {"occurred_at": {"gte": "2025-03-01T09:30:00+02:00"}},
            compare("occurred_at", "gte", datetime(2025, 3, 1, 7, 30, tzinfo=UTC)),
        ),
        (
            {"recorded_at": {"in": ["2025-03-01t00:00:00.123456z"]}},
            compare("recorded_at", "in", (datetime(2025, 3, 1, 0, 0, 0, 123456, tzinfo=UTC),)),
        ),
        ({"metadata.team": "growth"}, compare("metadata.team", "eq", "growth")),
        ({"metadata.a.b.c.d.e.f.g.h": None}, compare("metadata.a.b.c.d.e.f.g.h", "eq", None)),
        ({"metadata.score": {"lt": 0.5}}, compare("metadata.score", "lt", 0.5)),
        ({"metadata.score": {"gt": -3}}, compare("metadata.score", "gt", -3)),
        ({"metadata.day": {"lte": "2025"}}, compare("metadata.day", "lte", "2025")),
        ({"metadata.flag": True}, compare("metadata.flag", "eq", value=True)),
        ({"metadata.x": {"in": [1, "a", None, False]}}, compare("metadata.x", "in", (1, "a", None, False))),
        ({"metadata.AND": "x"}, compare("metadata.AND", "eq", "x")),
        ({"metadata.o'brien \"%_": "x"}, Comparison(FieldRef("metadata", ("o'brien \"%_",)), Operator.EQ, "x")),
        ({"AND": [{"memory_type": "note"}]}, And((NOTE,))),
        ({"OR": [{"memory_type": "note"}, {"module": "llm"}]}, Or((NOTE, compare("module", "eq", "llm")))),
        ({"NOT": {"memory_type": "note"}}, Not(NOTE)),
        ({"memory_type": "note", "module": "llm"}, And((NOTE, compare("module", "eq", "llm")))),
        (
            {"metadata.n": {"gte": 1, "lt": 5}, "NOT": {"memory_type": "note"}},
            And((compare("metadata.n", "gte", 1), compare("metadata.n", "lt", 5), Not(NOTE))),
        ),
    ],
)
def test_filters_become_trees(data: object, expected: Filter) -> None:
    assert parse_filter(data) == expected


@pytest.mark.parametrize(
    ("data", "code", "pointer", "named"),
    [
        (None, "not_an_object", "", "null"),
        ([], "not_an_object", "", "a list"),
        ("x", "not_an_object", "", "'x'"),
        ({"colour": "red"}, "unknown_field", "/colour", "'colour'"),
        ({"organization": "x"}, "unknown_field", "/organization", "'organization'"),
        ({"and": []}, "unknown_field", "/and", "'and'"),
        ({"metadata": {"a": 1}}, "unknown_field", "/metadata", "'metadata'"),
        ({"a/b~c": 1}, "unknown_field", "/a~1b~0c", "'a/b~c'"),
        ({"\ud800": 1}, "unknown_field", "/?", "ud800"),
        ({"memory_type": {"equals": "x"}}, "unknown_operator", "/memory_type/equals", "'equals'"),
        ({"metadata.a": {"b": 1}}, "unknown_operator", "/metadata.a/b", "'b'"),
        ({"memory_type": {"gt": "a"}}, "operator_not_allowed", "/memory_type/gt", "gt does not apply to memory_type"),
        ({"occurred_at": {"contains": "2"}}, "operator_not_allowed", "/occurred_at/contains", "contains"),
        ({"memory_type": 3}, "wrong_type", "/memory_type", "a number"),
        ({"memory_type": None}, "wrong_type", "/memory_type", "null"),
        ({"memory_type": ["a"]}, "wrong_type", "/memory_type", "a list"),
        ({"source": {"exists": 1}}, "wrong_type", "/source/exists", "a number"),
        ({"metadata.a": {"gt": None}}, "wrong_type", "/metadata.a/gt", "null"),
        ({"metadata.a": {"gt": True}}, "wrong_type", "/metadata.a/gt", "a boolean"),
        ({"metadata.a": {"contains": 1}}, "wrong_type", "/metadata.a/contains", "a number"),
        ({"metadata.a": [1]}, "wrong_type", "/metadata.a", "a list"),
        ({"metadata.a": {"eq": {"b": 1}}}, "wrong_type", "/metadata.a/eq", "an object"),
        ({"source": {"in": "crm"}}, "not_a_list", "/source/in", "'crm'"),
        ({"source": {"in": ["a", 1]}}, "wrong_type", "/source/in/1", "a number"),
        ({"source": {"in": []}}, "list_length", "/source/in", "not 0"),
        ({"source": {"in": ["a"] * 101}}, "list_length", "/source/in", "not 101"),
        ({"AND": {"memory_type": "note"}}, "not_a_list", "/AND", "an object"),
        ({"AND": []}, "empty", "/AND", "at least one"),
        ({"OR": [{"memory_type": "note"}, {}]}, "empty", "/OR/1", "empty"),
        ({"NOT": {}}, "empty", "/NOT", "empty"),
        ({"NOT": [{"memory_type": "note"}]}, "not_an_object", "/NOT", "a list"),
        ({"source": {}}, "empty", "/source", "operator"),
        ({"source": {"contains": ""}}, "empty", "/source/contains", "empty string"),
        ({"source": "x" * 1001}, "too_long", "/source", "not 1001"),
        ({"source": "a\x00"}, "bad_character", "/source", "NUL"),
        ({"source": "\udc00"}, "bad_character", "/source", "surrogate"),
        ({"metadata.a": {"in": ["ok", "\x00"]}}, "bad_character", "/metadata.a/in/1", "NUL"),
        ({"metadata.a\x00": 1}, "bad_character", "/metadata.a?", "NUL"),
        ({"metadata.": 1}, "bad_path", "/metadata.", "1 to 100"),
        ({"metadata.a..b": 1}, "bad_path", "/metadata.a..b", "1 to 100"),
        ({"metadata." + "k" * 101: 1}, "bad_path", "/metadata." + "k" * 51, "1 to 100"),
        ({"metadata.a.b.c.d.e.f.g.h.i": 1}, "bad_path", "/metadata.a.b.c.d.e.f.g.h.i", "not 9"),
        ({"metadata.a": float("nan")}, "number_out_of_range", "/metadata.a", "NaN"),
        ({"metadata.a": {"lt": float("-inf")}}, "number_out_of_range", "/metadata.a/lt", "Infinity"),
        ({"metadata.a": 2**63}, "number_out_of_range", "/metadata.a", "64 bits"),
        ({"occurred_at": "2025-03-01"}, "bad_time", "/occurred_at", "'2025-03-01'"),
        ({"occurred_at": "2025-03-01T09:30:00"}, "bad_time", "/occurred_at", "2025-03-01T09:30:00"),
        ({"occurred_at": "2025-02-30T09:30:00Z"}, "bad_time", "/occurred_at", "2025-02-30"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "bad_time", "/occurred_at", "0001-01-01"),
        ({"occurred_at": "2025-W01-1T00:00:00Z"}, "bad_time", "/occurred_at", "W01"),
        ({"occurred_at": "\u0662025-03-01T09:30:00Z"}, "bad_time", "/occurred_at", "u0662"),
        ({"recorded_at": 1740821400}, "wrong_type", "/recorded_at", "a number"),
    ],
)
def test_refusals_name_code_place_and_culprit(data: object, code: str, pointer: str, named: str) -> None:
    with pytest.raises(FilterError) as refused:
        parse_filter(data)
    assert (refused.value.code, refused.value.pointer) == (code, pointer)
    assert named in refused.value.detail


@pytest.mark.parametrize(("key", "step"), [("NOT", "/NOT"), ("AND", "/AND/0"), ("OR", "/OR/0")])
def test_eight_levels_are_the_limit(key: str, step: str) -> None:
    data: object = {"memory_type": "note"}
    for level in range(2, 5000):
        data = {key: data if key == "NOT" else [data]}
        if level <= 8:
            parse_filter(data)
        elif level in {9, 4999}:
            with pytest.raises(FilterError) as refused:
                parse_filter(data)
            assert (refused.value.code, refused.value.pointer) == ("too_deep", step * 8)


def test_sixty_four_comparisons_are_the_limit() -> None:
    parse_filter({"OR": [{"memory_type": {"eq": "a", "ne": "b"}}] * 32})
    with pytest.raises(FilterError) as refused:
        parse_filter({"OR": [{"memory_type": "a"}] * 65})
    assert (refused.value.code, refused.value.pointer) == ("too_many", "/OR/64/memory_type")


def test_longest_string_list_and_key_are_accepted() -> None:
    assert parse_filter({"source": {"in": ["x" * 1000] * 100}}) == compare("source", "in", ("x" * 1000,) * 100)
    assert parse_filter({"metadata." + "k" * 100: -(2**63)}) == compare("metadata." + "k" * 100, "eq", -(2**63))


JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just("2025-03-01T00:00:00Z")
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(
                st.text(max_size=5),
                st.sampled_from(
                    ["AND", "OR", "NOT", "source", "occurred_at", "metadata.a", "eq", "gt", "in", "exists"]
                ),
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=20,
)


@given(data=JSON)
def test_any_json_is_parsed_or_refused_with_a_printable_reason(data: object) -> None:
    refusal = None
    try:
        parsed = parse_filter(data)
    except FilterError as error:
        refusal = error
    if refusal is None:
        assert isinstance(parsed, And | Or | Not | Comparison)
    else:
        assert refusal.code
        assert (refusal.pointer + refusal.detail).encode()
