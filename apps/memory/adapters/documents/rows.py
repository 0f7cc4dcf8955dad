"""What readers make of a file: rows, each with the place where it stands."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.memory.types import ReadLimits


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that cannot be stored, and why; `cause` is the exception behind it, for the log."""

    detail: str
    cause: str = ""


Row = Mapping[str, Any] | Unreadable


@dataclass(frozen=True, slots=True)
class Read:
    """A row, and its place as `engine.places` knows it."""

    row: Row
    place: Mapping[str, Any] = field(default_factory=dict)


class FileRefused(ValueError):
    """Nothing (more) can be read of the file; the message can be shown."""


Reader = Callable[[bytes, ReadLimits], Iterator[Read]]

EMPTY = "There is nothing to read in the file."
BROKEN = "The file is damaged, or not what its name says."


def decoded(data: bytes) -> str:
    """Decode UTF-8, or the Windows code page that most other text is in; NUL cannot be stored and becomes a space."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    return text.replace("\x00", " ") if "\x00" in text else text
