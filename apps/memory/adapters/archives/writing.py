"""Writing an archive: member after member, line after line, with what is needed to prove it whole."""

import hashlib
import zipfile
from collections.abc import Iterable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import IO, Self

from pydantic import BaseModel

from apps.memory.adapters.archives.form import MANIFEST, Manifest, Member

_PART = 1 << 16


class ArchiveWriter(AbstractContextManager["ArchiveWriter"]):
    """Writes a zip into a file. Only the line in hand is in memory, and a note of each member."""

    def __init__(self, into: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self.members: list[Member] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def lines(self, name: str, lines: Iterable[BaseModel]) -> int:
        """Write a member of JSON lines, and return how many they are."""
        return self._write(name, (line.model_dump_json().encode() + b"\n" for line in lines), counted=True)

    def content(self, name: str, content: IO[bytes]) -> str:
        """Write a member of plain bytes, and return their SHA-256."""
        self._write(name, iter(lambda: content.read(_PART), b""), counted=False)
        return self.members[-1].sha256

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest, which lists all other members: the last one."""
        self._zip.writestr(MANIFEST, manifest.model_dump_json(indent=1))

    def _write(self, name: str, parts: Iterable[bytes], *, counted: bool) -> int:
        digest, size, count = hashlib.sha256(), 0, 0
        with self._zip.open(name, "w", force_zip64=True) as member:
            for part in parts:
                member.write(part)
                digest.update(part)
                size, count = size + len(part), count + 1
        lines = count if counted else None
        self.members.append(Member(name=name, sha256=digest.hexdigest(), size_bytes=size, lines=lines))
        return count
