"""What a request brings: `a[b][0]=c` as nested values, read by name and kind, so that nothing unknown slips through."""

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from deploy.dev.stripe.errors import StripeError, parameter_invalid, parameter_missing

MAX_FIELDS = 2000
MAX_DEPTH = 6
MAX_TEXT = 5000
MAX_INTEGER = 10**15
MAX_METADATA = 50
NAME = re.compile(r"[^\[\]]+")
KEY = re.compile(r"[^\[\]]+(\[[^\[\]]*\])*")


def parse_form(text: str) -> dict[str, Any]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="replace")
    except ValueError as error:
        raise StripeError("The request has too many parameters.") from error
    values: dict[str, Any] = {}
    for key, value in pairs:
        _put(values, key, value)
    return values


def _put(values: dict[str, Any], key: str, value: str) -> None:
    if not KEY.fullmatch(key) or key.count("[") > MAX_DEPTH:
        raise parameter_invalid(f"Invalid parameter name: {key[:100]}", key[:100])
    first, *rest = key.replace("]", "").split("[")
    place, name = values, first
    for part in rest:
        place = place.setdefault(name, {})
        if not isinstance(place, dict):
            raise parameter_invalid(f"Invalid hash: {key[:100]}", key[:100])
        # `a[]=x` appends.
        name = part or str(len(place))
    place[name] = value


class Params:
    """The parameters of a request or of a hash inside. Each is taken by its kind; `done` refuses what is left."""

    def __init__(self, values: dict[str, Any], path: str = "") -> None:
        self._values = values
        self._path = path
        self._taken: set[str] = set()
        self._inside: list[Params] = []

    def path(self, name: str) -> str:
        return f"{self._path}[{name}]" if self._path else name

    def has(self, name: str) -> bool:
        return name in self._values

    def clears(self, name: str) -> bool:
        """Whether an empty value was given, which asks to take away what is there."""
        self._taken.add(name)
        return bool(self._values.get(name) == "")

    def _take(self, name: str, *, required: bool = False) -> Any:
        self._taken.add(name)
        value = self._values.get(name)
        if required and value in (None, "", {}):
            raise parameter_missing(self.path(name))
        return value

    def text(
        self, name: str, *, required: bool = False, choices: tuple[str, ...] = (), limit: int = MAX_TEXT
    ) -> str | None:
        """Return None if it was not given; "" asks to clear it."""
        value = self._take(name, required=required)
        if value is None:
            return None
        if not isinstance(value, str) or len(value) > limit:
            raise parameter_invalid(f"Invalid string: {self.path(name)}", self.path(name))
        if choices and value not in choices:
            allowed = ", ".join(choices)
            raise parameter_invalid(f"Invalid {self.path(name)}: must be one of {allowed}", self.path(name))
        return value

    def needed(self, name: str, *, choices: tuple[str, ...] = ()) -> str:
        return self.text(name, required=True, choices=choices) or ""

    def integer(self, name: str, *, low: int = -MAX_INTEGER, high: int = MAX_INTEGER) -> int | None:
        value = self.text(name, limit=30)
        if not value:
            return None
        if not re.fullmatch(r"-?[0-9]{1,16}", value) or not low <= int(value) <= high:
            raise parameter_invalid(
                f"Invalid integer: {self.path(name)}", self.path(name), code="parameter_invalid_integer"
            )
        return int(value)

    def decimal(self, name: str, *, low: int = -MAX_INTEGER, high: int = MAX_INTEGER) -> Decimal | None:
        value = self.text(name, limit=40)
        if not value:
            return None
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or not low <= number <= high or -int(number.as_tuple().exponent) > 12:  # noqa: PLR2004 - as many places as Stripe takes
            raise parameter_invalid(f"Invalid decimal: {self.path(name)}", self.path(name))
        return number

    def flag(self, name: str) -> bool | None:
        value = self.text(name, choices=("", "true", "false"))
        return None if not value else value == "true"

    def url(self, name: str, *, required: bool = False) -> str | None:
        value = self.text(name, required=required)
        if value and not is_web_url(value):
            raise parameter_invalid("Not a valid URL", self.path(name), code="url_invalid")
        return value

    def nested(self, name: str, *, required: bool = False) -> "Params":
        value = self._take(name, required=required) or {}
        if not isinstance(value, dict):
            raise parameter_invalid(f"Invalid hash: {self.path(name)}", self.path(name))
        inside = Params(value, self.path(name))
        self._inside.append(inside)
        return inside

    def items(self, name: str) -> list["Params"]:
        """Return the hashes of an array."""
        inside = self.nested(name)
        return [inside.nested(index) for index in inside.indexes()]

    def texts(self, name: str) -> list[str]:
        """Return the strings of an array."""
        inside = self.nested(name)
        return [inside.text(index) or "" for index in inside.indexes()]

    def names(self) -> Iterable[str]:
        return self._values.keys()

    def indexes(self) -> list[str]:
        """Return the names in here if they are those of an array, in order."""
        if not all(re.fullmatch(r"[0-9]{1,4}", index) for index in self._values):
            raise parameter_invalid(f"Invalid array: {self._path}", self._path)
        return sorted(self._values, key=int)

    def within(self, name: str, number: int) -> bool:
        """Whether a number is the one, or between the bounds, that were given."""
        if not isinstance(self._values.get(name), dict):
            exact = self.integer(name)
            return exact is None or number == exact
        bounds = self.nested(name)
        low = (bounds.integer("gt"), bounds.integer("gte"))
        high = (bounds.integer("lt"), bounds.integer("lte"))
        return (
            (low[0] is None or number > low[0])
            and (low[1] is None or number >= low[1])
            and (high[0] is None or number < high[0])
            and (high[1] is None or number <= high[1])
        )

    def metadata(self, current: dict[str, str] | None = None) -> dict[str, str]:
        """Return the metadata with what was given merged in; an empty value removes its key, an empty hash all."""
        if self.has("metadata") and self._values["metadata"] == "":
            self._taken.add("metadata")
            return {}
        given = self.nested("metadata")
        merged = dict(current or {})
        for name in given.names():
            value = given.text(name, limit=500) or ""
            if value:
                merged[name] = value
            else:
                merged.pop(name, None)
        if len(merged) > MAX_METADATA:
            raise parameter_invalid(f"Metadata has at most {MAX_METADATA} keys", self.path("metadata"))
        return merged

    def ignore(self, *names: str) -> None:
        """Accept what Stripe knows and this stand-in has no use for."""
        self._taken.update(names)

    def done(self) -> None:
        for name in self._values:
            if name not in self._taken:
                path = self.path(name)[:200]
                raise StripeError(f"Received unknown parameter: {path}", code="parameter_unknown", param=path)
        for inside in self._inside:
            inside.done()


def is_web_url(text: str) -> bool:
    """Whether it is an absolute http(s) address that is safe in a header."""
    try:
        parts = urlsplit(text)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        return False
    clean = text.isascii() and text.isprintable() and " " not in text
    return clean and parts.scheme in {"http", "https"} and bool(parts.hostname) and port_is_valid
