"""Values inside a filter: each is checked for type, size and characters before anything else sees it."""

import math
import re
from datetime import UTC, datetime
from typing import TypeAlias

MAX_STRING = 1000
# What a 64-bit integer holds; larger numbers in JSON are identifiers and belong in strings.
_INTEGERS = range(-(2**63), 2**63)
_SHOWN = 60

# NUL has no place in PostgreSQL text, a lone surrogate none in UTF-8.
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
# RFC 3339, section 5.6: the zone is not optional. ASCII digits only.
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)

Scalar: TypeAlias = str | int | float | bool | datetime | None


class FilterError(ValueError):
    """A filter that is refused: ``code`` is stable, ``pointer`` a JSON pointer (RFC 6901), ``detail`` for people."""

    def __init__(self, code: str, pointer: str, detail: str) -> None:
        super().__init__(f"{pointer or '/'}: {detail}")
        self.code = code
        self.pointer = pointer
        self.detail = detail


def quoted(value: object) -> str:
    """Return a short printable form of what a caller sent, for an error's detail."""
    if isinstance(value, str):
        shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}..."
        return ascii(shown)
    return {dict: "an object", list: "a list", bool: "a boolean", type(None): "null"}.get(type(value), "a number")


def pointer_part(key: object) -> str:
    """Return a caller's key as part of a JSON pointer, shortened and free of characters that no answer can carry.

    Raises ``FilterError`` for a key that is not a string, which decoded JSON never has.
    """
    if not isinstance(key, str):
        raise FilterError("wrong_type", "", "keys are strings")
    return _UNSTORABLE.sub("?", key[:_SHOWN]).replace("~", "~0").replace("/", "~1")


def text_of(value: object, *, pointer: str) -> str:
    """Return a string that can be stored; raises ``FilterError``."""
    if not isinstance(value, str):
        raise FilterError("wrong_type", pointer, f"expected a string, not {quoted(value)}")
    if len(value) > MAX_STRING:
        raise FilterError("too_long", pointer, f"a string has at most {MAX_STRING} characters, not {len(value)}")
    if _UNSTORABLE.search(value):
        raise FilterError("bad_character", pointer, f"{quoted(value)} holds NUL or a lone surrogate")
    return value


def time_of(value: object, *, pointer: str) -> datetime:
    """Return an RFC 3339 instant in UTC, to the microsecond; raises ``FilterError``."""
    text = text_of(value, pointer=pointer)
    if _INSTANT.fullmatch(text):
        try:
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            # A day that does not exist, or an offset that leaves the years 1 to 9999.
            pass
    raise FilterError("bad_time", pointer, f"{quoted(text)} is not a time such as 2025-03-01T09:30:00Z")


def scalar_of_metadata(value: object, *, pointer: str) -> str | int | float | bool | None:
    """Return a string, finite number, boolean or null; raises ``FilterError``."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if value not in _INTEGERS:
            raise FilterError("number_out_of_range", pointer, "integers have at most 64 bits")
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise FilterError("number_out_of_range", pointer, "NaN and Infinity are no values")
        return value
    return text_of(value, pointer=pointer)
