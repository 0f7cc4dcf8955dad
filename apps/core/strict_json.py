"""JSON as RFC 8259 means it, with every limit that keeps a hostile text from costing more than its bytes."""

import json
import math
import re
from typing import Any, Never

MAX_DEPTH = 64
# Escapes that may decode to NUL or to half of a surrogate pair. PostgreSQL stores neither.
_SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class StrictJSONError(ValueError):
    """The text is not JSON that can be stored; the message can be shown."""


def loads(raw: bytes) -> Any:
    """Parse one JSON text.

    Raises `StrictJSONError` for NaN, numbers that are not finite, a name that occurs twice, nesting beyond `MAX_DEPTH`,
    and text that cannot be stored.
    """
    try:
        value = json.loads(
            raw.decode("utf-8"),
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_refuse_duplicates,
        )
    except RecursionError:
        raise StrictJSONError("The JSON is nested too deeply.") from None
    except UnicodeDecodeError:
        raise StrictJSONError("The body is not UTF-8.") from None
    except ValueError as error:
        raise StrictJSONError(f"The JSON cannot be read: {error}") from None
    _check(value, 1, look_inside_strings=bool(_SUSPICIOUS.search(raw)) or b"\x00" in raw)
    return value


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return result


def _check(value: Any, depth: int, *, look_inside_strings: bool) -> None:
    if depth > MAX_DEPTH:
        raise StrictJSONError("The JSON is nested too deeply.")
    if isinstance(value, dict):
        for name, item in value.items():
            _check(name, depth, look_inside_strings=look_inside_strings)
            _check(item, depth + 1, look_inside_strings=look_inside_strings)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1, look_inside_strings=look_inside_strings)
    elif look_inside_strings and isinstance(value, str) and _UNSTORABLE.search(value):
        raise StrictJSONError("Text may not contain NUL or half of a surrogate pair.")
