"""The form in which an archived memory lies: canonical JSON, compressed, with the hash of what it was.

Brotli, because memories are short: it brings a dictionary of common words along, and leaves a tenth less than others
do that know none. A dictionary made of the memories themselves would leave still less, and keep what is erased.
"""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import brotli

# How much of a text a stub keeps.
STUB_CHARACTERS = 280
# Of texts all that can be had; numbers leave little to look for.
_TEXTS, _NUMBERS = 11, 5


class DamagedError(Exception):
    """What was packed is not what is unpacked."""


def stub_of(content: str) -> str:
    """Return the beginning of a text, as an archived memory keeps it to be found by."""
    return content[:STUB_CHARACTERS]


def canonical(value: Mapping[str, Any]) -> bytes:
    """Return the one way to write these values down: JSON with sorted keys and no spaces; bytes in base64."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return text.encode()


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def pack(data: bytes, *, quality: int) -> bytes:
    return bytes(brotli.compress(data, quality=quality))


def unpack(packed: bytes | memoryview) -> bytes:
    """Return what was packed. Raises `DamagedError` for what is no packed text."""
    try:
        return bytes(brotli.decompress(bytes(packed)))
    except brotli.error:
        raise DamagedError from None


def texts_pack(contents: Mapping[int, str]) -> tuple[bytes, str, int]:
    """Return the texts of a memory's revisions packed, their hash, and how many bytes they have unpacked."""
    data = canonical({str(revision): content for revision, content in contents.items()})
    return pack(data, quality=_TEXTS), digest(data), len(data)


def findings_pack(findings: Mapping[str, Any]) -> tuple[bytes, dict[str, Any], int]:
    """Return what was found out about a text packed, as it will be read again, and how many bytes it has unpacked."""
    data = canonical(findings)
    return pack(data, quality=_NUMBERS), json.loads(data), len(data)


def texts_unpack(packed: bytes | memoryview, expected: str) -> dict[int, str]:
    """Return the texts of a memory by revision. Raises `DamagedError` if they are not those of the hash."""
    data = unpack(packed)
    if digest(data) != expected:
        raise DamagedError
    return {int(revision): content for revision, content in json.loads(data).items()}


def _plain(value: Any) -> Any:
    match value:
        case bytes() | memoryview():
            return base64.b64encode(value).decode()
        case UUID():
            return str(value)
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
    raise TypeError(f"{type(value)} has no place in an archive")
