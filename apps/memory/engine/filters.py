"""Parses the filter JSON of the memory API into a closed syntax tree.

Everything that is not listed here is refused by name, so that a misspelt filter never widens an answer, and nothing a
caller sends can reach a column, an organisation or an operator that is not in these tables. What a filter means in SQL
is the adapter's matter.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from apps.memory.engine.filter_values import (
    FilterError,
    Scalar,
    pointer_part,
    quoted,
    scalar_of_metadata,
    text_of,
    time_of,
)

MAX_DEPTH = 8
MAX_COMPARISONS = 64
MAX_LIST = 100
MAX_PATH = 8
MAX_PATH_KEY = 100

__all__ = ["And", "Comparison", "FieldRef", "Filter", "FilterError", "Not", "Operator", "Or", "Scalar", "parse_filter"]


class Operator(StrEnum):
    """``ne`` and ``nin`` are the complements of ``eq`` and ``in``; ``exists`` asks for a value that is not null."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    IN = "in"
    NIN = "nin"
    CONTAINS = "contains"
    ICONTAINS = "icontains"
    EXISTS = "exists"


class _Kind(StrEnum):
    TEXT = "text"
    TIME = "time"
    METADATA = "metadata"


_FIELDS: Mapping[str, _Kind] = {
    "memory_type": _Kind.TEXT,
    "module": _Kind.TEXT,
    "source": _Kind.TEXT,
    "external_id": _Kind.TEXT,
    "occurred_at": _Kind.TIME,
    "recorded_at": _Kind.TIME,
}
_METADATA = "metadata"
_OPERATOR_NAMES = frozenset(operator.value for operator in Operator)
_ORDER = frozenset({Operator.GT, Operator.GTE, Operator.LT, Operator.LTE})
_LISTS = frozenset({Operator.IN, Operator.NIN})
_SUBSTRING = frozenset({Operator.CONTAINS, Operator.ICONTAINS})
_OPERATORS: Mapping[_Kind, frozenset[Operator]] = {
    # Names and ids have no order that a caller could mean; instants have no substrings.
    _Kind.TEXT: frozenset(Operator) - _ORDER,
    _Kind.TIME: frozenset(Operator) - _SUBSTRING,
    _Kind.METADATA: frozenset(Operator),
}


@dataclass(frozen=True, slots=True)
class FieldRef:
    """A column of a memory, or for ``name == "metadata"`` the value under the keys of ``path``."""

    name: str
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """``value`` is a tuple for ``in`` and ``nin``, a bool for ``exists``, else one scalar; instants are in UTC."""

    field: FieldRef
    op: Operator
    value: Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class And:
    """All of ``children``; without children everything matches."""

    children: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Or:
    children: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Not:
    child: "Filter"


Filter: TypeAlias = And | Or | Not | Comparison


def parse_filter(data: object) -> Filter:
    """Return the syntax tree of decoded JSON; several keys in one object, or operators on one field, are joined by AND.

    ``{}`` matches everything; further down an empty object is refused. At most 8 levels of ``AND``/``OR``/``NOT``
    objects, 64 comparisons, 100 values in a list, 1,000 characters in a string, 8 keys in a metadata path.

    Raises ``FilterError`` with a stable ``code``, the JSON ``pointer`` to the culprit and a ``detail`` that names it.
    """
    if isinstance(data, dict) and not data:
        return And(())
    return _Parser().expression(data, pointer="", depth=1)


@dataclass(slots=True)
class _Parser:
    """Counts comparisons across one filter."""

    comparisons: int = field(default=0)

    def expression(self, data: object, *, pointer: str, depth: int) -> Filter:
        if not isinstance(data, dict):
            raise FilterError("not_an_object", pointer, f"a filter is an object, not {quoted(data)}")
        if depth > MAX_DEPTH:
            raise FilterError("too_deep", pointer, f"filters nest at most {MAX_DEPTH} levels")
        if not data:
            raise FilterError("empty", pointer, "a filter inside another one cannot be empty")
        parts: list[Filter] = []
        for key, value in data.items():
            parts.extend(self._member(key, value, pointer=f"{pointer}/{pointer_part(key)}", depth=depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _member(self, key: str, value: object, *, pointer: str, depth: int) -> Iterator[Filter]:
        if key == "AND":
            yield And(self._operands(value, pointer=pointer, depth=depth))
        elif key == "OR":
            yield Or(self._operands(value, pointer=pointer, depth=depth))
        elif key == "NOT":
            yield Not(self.expression(value, pointer=pointer, depth=depth + 1))
        else:
            target, kind = _field(key, pointer=pointer)
            yield from self._conditions(value, target=target, kind=kind, pointer=pointer)

    def _operands(self, value: object, *, pointer: str, depth: int) -> tuple[Filter, ...]:
        if not isinstance(value, list):
            raise FilterError("not_a_list", pointer, f"AND and OR take a list of filters, not {quoted(value)}")
        if not value:
            raise FilterError("empty", pointer, "AND and OR take at least one filter")
        return tuple(
            self.expression(one, pointer=f"{pointer}/{index}", depth=depth + 1) for index, one in enumerate(value)
        )

    def _conditions(self, value: object, *, target: FieldRef, kind: _Kind, pointer: str) -> Iterator[Comparison]:
        if not isinstance(value, dict):
            yield self._comparison(Operator.EQ, value, target=target, kind=kind, pointer=pointer)
            return
        if not value:
            raise FilterError("empty", pointer, "a field takes a value or at least one operator")
        for name, operand in value.items():
            at = f"{pointer}/{pointer_part(name)}"
            if name not in _OPERATOR_NAMES:
                raise FilterError("unknown_operator", at, f"unknown operator {quoted(name)}")
            yield self._comparison(Operator(name), operand, target=target, kind=kind, pointer=at)

    def _comparison(self, op: Operator, value: object, *, target: FieldRef, kind: _Kind, pointer: str) -> Comparison:
        self.comparisons += 1
        if self.comparisons > MAX_COMPARISONS:
            raise FilterError("too_many", pointer, f"a filter holds at most {MAX_COMPARISONS} comparisons")
        if op not in _OPERATORS[kind]:
            raise FilterError("operator_not_allowed", pointer, f"operator {op} does not apply to {target.name}")
        return Comparison(field=target, op=op, value=_operand(op, value, kind=kind, pointer=pointer))


def _operand(op: Operator, value: object, *, kind: _Kind, pointer: str) -> Scalar | tuple[Scalar, ...]:
    if op is Operator.EXISTS:
        if not isinstance(value, bool):
            raise FilterError("wrong_type", pointer, f"exists takes true or false, not {quoted(value)}")
        return value
    if op in _LISTS:
        return _list(value, kind=kind, pointer=pointer)
    if op in _SUBSTRING:
        needle = text_of(value, pointer=pointer)
        if not needle:
            raise FilterError("empty", pointer, "every text contains the empty string")
        return needle
    operand = _scalar(value, kind=kind, pointer=pointer)
    if op in _ORDER and (operand is None or isinstance(operand, bool)):
        raise FilterError("wrong_type", pointer, f"operator {op} needs a number or a string, not {quoted(value)}")
    return operand


def _list(value: object, *, kind: _Kind, pointer: str) -> tuple[Scalar, ...]:
    if not isinstance(value, list):
        raise FilterError("not_a_list", pointer, f"in and nin take a list, not {quoted(value)}")
    if not 1 <= len(value) <= MAX_LIST:
        raise FilterError("list_length", pointer, f"a list holds 1 to {MAX_LIST} values, not {len(value)}")
    return tuple(_scalar(one, kind=kind, pointer=f"{pointer}/{index}") for index, one in enumerate(value))


def _scalar(value: object, *, kind: _Kind, pointer: str) -> Scalar:
    if kind is _Kind.TIME:
        return time_of(value, pointer=pointer)
    return text_of(value, pointer=pointer) if kind is _Kind.TEXT else scalar_of_metadata(value, pointer=pointer)


def _field(name: str, *, pointer: str) -> tuple[FieldRef, _Kind]:
    kind = _FIELDS.get(name)
    if kind is not None:
        return FieldRef(name), kind
    head, dot, rest = name.partition(".")
    if head != _METADATA or not dot:
        raise FilterError("unknown_field", pointer, f"unknown field {quoted(name)}")
    path = tuple(rest.split("."))
    if len(path) > MAX_PATH:
        raise FilterError("bad_path", pointer, f"a metadata path has at most {MAX_PATH} keys, not {len(path)}")
    for key in path:
        if not 1 <= len(key) <= MAX_PATH_KEY:
            raise FilterError("bad_path", pointer, f"a metadata key has 1 to {MAX_PATH_KEY} characters")
        text_of(key, pointer=pointer)
    return FieldRef(_METADATA, path), _Kind.METADATA
