"""The form in which an archived memory lies: canonical JSON, compressed, with the hash of what it was.

Brotli, because memories are short: it brings a dictionary of common words along, and leaves a tenth less than others
do that know none. A dictionary made of the memories themselves would leave still less, and keep what is erased.
"""

import base64
import io
import json
import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import brotli
import numpy as np

# How much of a text a stub keeps.
STUB_CHARACTERS = 280
# Of texts all that can be had; numbers leave little to look for.
_TEXTS, _NUMBERS = 11, 5
_BYTES = "bytes"
_LENGTH = struct.Struct("<I")


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


def findings_pack(findings: Mapping[str, Any]) -> bytes:
    """Return what was found out about a text packed: JSON in which bytes are named by their lengths, and then these."""
    blobs: list[bytes] = []
    header = canonical({"of": _parted(findings, blobs)})
    return pack(_LENGTH.pack(len(header)) + header + b"".join(blobs), quality=_NUMBERS)


def findings_unpack(packed: bytes | memoryview) -> dict[str, Any]:
    """Return what was packed. Raises `DamagedError`, `ValueError` or `LookupError` for anything else."""
    data = unpack(packed)
    if len(data) < _LENGTH.size:
        raise DamagedError
    (length,) = _LENGTH.unpack_from(data)
    rest = io.BytesIO(data[_LENGTH.size + length :])
    findings: dict[str, Any] = _joined(json.loads(data[_LENGTH.size : _LENGTH.size + length])["of"], rest)
    return findings


def planes(numbers: bytes) -> bytes:
    """Return numbers of two bytes as all first bytes and then all second ones, which pack better."""
    return numbers[::2] + numbers[1::2]


def numbers_of(planes_: bytes) -> bytes:
    """Return the numbers of which these are the planes."""
    half = len(planes_) // 2
    return np.frombuffer(planes_, dtype=np.uint8).reshape(2, half).T.tobytes()


def _parted(value: Any, blobs: list[bytes]) -> Any:
    match value:
        case dict():
            return {name: _parted(value[name], blobs) for name in sorted(value)}
        case list():
            return [_parted(one, blobs) for one in value]
        case bytes() | memoryview():
            blobs.append(bytes(value))
            return {_BYTES: len(value)}
    return value


def _joined(value: Any, rest: io.BytesIO) -> Any:
    match value:
        case {"bytes": int(length)}:
            return rest.read(length)
        case dict():
            return {name: _joined(value[name], rest) for name in sorted(value)}
        case list():
            return [_joined(one, rest) for one in value]
    return value


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
