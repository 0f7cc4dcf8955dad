"""Turns the filter's syntax tree into a condition on memories.

Values travel as parameters. Metadata is compared by SQL/JSON path, which compares only values of the same type and
never fails on others; a list in the metadata satisfies a comparison if one of its elements does.
"""

import json
from collections.abc import Mapping

from django.db.models import BooleanField, F, Func, JSONField, Q, Value

from apps.memory.engine.filters import And, Comparison, Filter, Not, Operator, Or

_COLUMN_LOOKUPS = {
    Operator.EQ: "exact",
    Operator.GT: "gt",
    Operator.GTE: "gte",
    Operator.LT: "lt",
    Operator.LTE: "lte",
    Operator.IN: "in",
    Operator.CONTAINS: "contains",
    Operator.ICONTAINS: "icontains",
}
_PATH_OPERATORS = {Operator.EQ: "==", Operator.GT: ">", Operator.GTE: ">=", Operator.LT: "<", Operator.LTE: "<="}
_COMPLEMENTS = {Operator.NE: Operator.EQ, Operator.NIN: Operator.IN}
_REGEX_FLAGS = {Operator.CONTAINS: "q", Operator.ICONTAINS: "iq"}


class _PathExists(Func):
    function = "jsonb_path_exists"
    output_field = BooleanField()
    conditional = True


def compile_filter(condition: Filter) -> Q:
    """Return the condition as a Django `Q` over `Memory`."""
    match condition:
        case And(children):
            return _all(children)
        case Or(children):
            return ~_all(tuple(Not(child) for child in children))
        case Not(child):
            return ~compile_filter(child)
        case Comparison():
            return _comparison(condition)


def _all(children: tuple[Filter, ...]) -> Q:
    combined = Q()
    for child in children:
        combined &= compile_filter(child)
    return combined


def _comparison(condition: Comparison) -> Q:
    if condition.op in _COMPLEMENTS:
        return ~_comparison(Comparison(condition.field, _COMPLEMENTS[condition.op], condition.value))
    if condition.field.name == "metadata":
        return Q(_metadata(condition))
    name = condition.field.name
    if condition.op is Operator.EXISTS:
        # Text columns are never null; an empty one holds nothing.
        present = ~Q(**{name: ""}) if name not in {"occurred_at", "recorded_at"} else Q(**{f"{name}__isnull": False})
        return present if condition.value else ~present
    return Q(**{f"{name}__{_COLUMN_LOOKUPS[condition.op]}": condition.value})


def _metadata(condition: Comparison) -> _PathExists | Q:
    target = "$" + "".join(f".{_literal(key)}" for key in condition.field.path)
    op, value = condition.op, condition.value
    if op is Operator.EXISTS:
        # By its type: a list would stand for its elements, and an empty one for nothing.
        present = Q(_exists(f'{target}.type() ? (@ != "null")', {}))
        return present if value else ~present
    if op in _REGEX_FLAGS:
        # With the flag q the pattern is literal text.
        return _exists(f"{target} ? (@ like_regex {_literal(str(value))} flag {_literal(_REGEX_FLAGS[op])})", {})
    if op is Operator.IN:
        values = value if isinstance(value, tuple) else (value,)
        variables = {f"v{index}": one for index, one in enumerate(values)}
        tests = " || ".join(f"@ == ${name}" for name in variables)
        return _exists(f"{target} ? ({tests})", variables)
    return _exists(f"{target} ? (@ {_PATH_OPERATORS[op]} $v0)", {"v0": value})


def _exists(path: str, variables: Mapping[str, object]) -> _PathExists:
    return _PathExists(F("metadata"), Value(path), Value(dict(variables), output_field=JSONField()))


def _literal(text: str) -> str:
    """Quote a string for SQL/JSON path, whose strings are JSON's."""
    return json.dumps(text, ensure_ascii=False)
