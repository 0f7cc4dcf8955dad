"""Reading an archive that anybody may have made. Nothing in it is believed, and nothing of it is unpacked as a whole.

Entries are read as streams, under the names of the format alone, and never become files by their names. Python's
zipfile yields no byte beyond the size that an entry declares, so declared sizes can be relied on.
"""

import hashlib
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Self, TypeVar

from pydantic import BaseModel, ValidationError

from apps.core.strict_json import StrictJSONError, loads
from apps.memory.adapters.archives.form import (
    CONTEXT,
    ENTITIES,
    FORMAT,
    HOLDS,
    MANIFEST,
    PART_MEMORIES,
    RULES,
    VERSION,
    ContextLine,
    Manifest,
    is_member,
    memories_member,
    versions_member,
)
from apps.memory.types import MAX_RULES, ArchiveLimits

_PART = 1 << 18
_END, _END_SIZE = b"PK\x05\x06", 22
_LOCATOR, _LOCATOR_SIZE = b"PK\x06\x07", 20
_END64, _END64_SIZE = b"PK\x06\x06", 56
_BROKEN = "The archive is damaged, or no zip."
_SHOWN_ERRORS = 3

L = TypeVar("L", bound=BaseModel)


class ArchiveRefused(ValueError):
    """Nothing of the archive is taken; the message can be shown."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be taken, and why."""

    detail: str


class ArchiveReader(AbstractContextManager["ArchiveReader"]):
    """An archive, open for reading. Raises `ArchiveRefused` for what is none, or would cost more than it may."""

    def __init__(self, file: IO[bytes], limits: ArchiveLimits) -> None:
        self._limits = limits
        size = _directory_check(file, limits)
        with _damages():
            self._zip = zipfile.ZipFile(file)
        self._entries = _entries_checked(self._zip.infolist(), packed=size, limits=limits)
        self.manifest = self._manifest()
        self.members = {member.name: member for member in self.manifest.members}
        self._members_check()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    @property
    def parts(self) -> int:
        """How many members hold memories; they are numbered from 1."""
        return sum(name.startswith("memories/") for name in self.members)

    def verify(self, on_part: Callable[[], None] = lambda: None) -> None:
        """Read everything once: raise `ArchiveRefused` where it is not what the manifest says."""
        for member in self.manifest.members:
            digest, lines, last = hashlib.sha256(), 0, b"\n"
            with _damages(), self._zip.open(member.name) as entry:
                while part := entry.read(_PART):
                    digest.update(part)
                    if member.lines is not None:
                        lines += part.count(b"\n")
                    last = part[-1:]
                    on_part()
            if digest.hexdigest() != member.sha256:
                raise ArchiveRefused(f"{member.name} is not what the manifest says: its checksum differs.")
            if member.lines is not None and (lines != member.lines or last != b"\n"):
                raise ArchiveRefused(f"{member.name} has not the {member.lines:,} lines that the manifest names.")

    def context(self) -> ContextLine:
        line = next(self.lines(CONTEXT, ContextLine), None)
        if line is None or isinstance(line, BadLine):
            raise ArchiveRefused(f"{CONTEXT} cannot be read: {line.detail if line else 'it is empty'}")
        return line

    def lines(self, name: str, form: type[L], *, skip: int = 0) -> Iterator[L | BadLine]:
        """Yield the lines of a member after the first `skip` of them; none if the archive has no such member."""
        if name not in self.members:
            return
        most = self._limits.line_bytes
        with _damages(), self._zip.open(name) as entry:
            number = 0
            while line := entry.readline(most + 1):
                number += 1
                if len(line) > most:
                    # The rest of it belongs to it as well.
                    while line and not line.endswith(b"\n"):
                        line = entry.readline(_PART)
                    if number > skip:
                        yield BadLine(f"The line has more than {most:,} bytes.")
                elif number > skip:
                    yield _parsed(line, form)

    def content(self, name: str) -> "AbstractContextManager[IO[bytes]]":
        """Open a member of plain bytes."""
        return self._content(name)

    @contextmanager
    def _content(self, name: str) -> Iterator[IO[bytes]]:
        with _damages(), self._zip.open(name) as entry:
            yield entry

    def _manifest(self) -> Manifest:
        entry = self._entries.get(MANIFEST)
        if entry is None:
            raise ArchiveRefused("The archive has no manifest.json: it is no export of a memory.")
        if entry.file_size > self._limits.manifest_bytes:
            raise ArchiveRefused("The manifest is too large.")
        with _damages():
            parsed = _parsed(self._zip.read(MANIFEST), Manifest)
        if isinstance(parsed, BadLine):
            raise ArchiveRefused(f"The manifest cannot be read: {parsed.detail}")
        if parsed.format != FORMAT or parsed.version != VERSION:
            raise ArchiveRefused(f"The archive is not of version {VERSION} of the format {FORMAT}.")
        return parsed

    def _members_check(self) -> None:
        """Raise `ArchiveRefused` unless the members are exactly the entries, and as large as they say."""
        if len(self.members) < len(self.manifest.members):
            raise ArchiveRefused("The manifest names a member twice.")
        if {*self.members, MANIFEST} != set(self._entries):
            raise ArchiveRefused("The archive does not hold exactly what its manifest lists.")
        for name, member in self.members.items():
            if member.size_bytes != self._entries[name].file_size:
                raise ArchiveRefused(f"{name} is not as large as the manifest says.")
            if (member.lines is None) != name.startswith("files/"):
                raise ArchiveRefused(f"The manifest does not say how many lines {name} has.")
        self._parts_check()
        missing = {CONTEXT, ENTITIES} - set(self.members)
        if missing:
            raise ArchiveRefused(f"The archive has no {min(missing)}.")

    def _parts_check(self) -> None:
        for kind, name_of, most in (
            ("memories", memories_member, PART_MEMORIES),
            ("versions", versions_member, self._limits.part_versions),
        ):
            parts = [name for name in self.members if name.startswith(f"{kind}/")]
            known = {name_of(part) for part in range(1, self.parts + 1)}
            if not set(parts) <= known:
                raise ArchiveRefused(f"The members of {kind} are not numbered from 1.")
            if any((self.members[name].lines or 0) > most for name in parts):
                raise ArchiveRefused(f"A member of {kind} has more than {most:,} lines.")
        for name, most in ((HOLDS, self._limits.holds), (RULES, 2 * MAX_RULES)):
            if name in self.members and (self.members[name].lines or 0) > most:
                raise ArchiveRefused(f"{name} has more than {most:,} lines.")
        if any((member.lines or 0) > self._limits.lines for member in self.manifest.members):
            raise ArchiveRefused(f"A member has more than {self._limits.lines:,} lines.")


def _directory_check(file: IO[bytes], limits: ArchiveLimits) -> int:
    """Check how large the list of entries is, which zipfile reads as a whole; return the size of the file.

    The list's end must be the file's: then it is the one that zipfile finds as well.
    """
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_SIZE - _LOCATOR_SIZE - _END64_SIZE))
    tail = file.read()
    end = tail[-_END_SIZE:]
    if len(end) < _END_SIZE or not end.startswith(_END) or end[20:22] != b"\0\0":
        raise ArchiveRefused(_BROKEN)
    entries, directory = struct.unpack("<HL", end[10:16])
    locator = tail[-_END_SIZE - _LOCATOR_SIZE : -_END_SIZE]
    if locator.startswith(_LOCATOR):
        end64 = tail[: -_END_SIZE - _LOCATOR_SIZE]
        if len(end64) < _END64_SIZE or not end64.startswith(_END64):
            raise ArchiveRefused(_BROKEN)
        entries, directory = struct.unpack("<QQ", end64[32:48])
    if entries > limits.entries or directory > limits.directory_bytes:
        raise ArchiveRefused(f"The archive has more than {limits.entries:,} entries.")
    file.seek(0)
    return size


def _entries_checked(
    entries: list[zipfile.ZipInfo], *, packed: int, limits: ArchiveLimits
) -> dict[str, zipfile.ZipInfo]:
    for entry in entries:
        # `orig_filename`: zipfile cuts names at NUL.
        if not is_member(entry.orig_filename) or entry.is_dir():
            raise ArchiveRefused("The archive holds an entry that does not belong to the format.")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise ArchiveRefused("The archive holds a link.")
        if entry.flag_bits & 1:
            raise ArchiveRefused("The archive is protected by a password.")
        if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise ArchiveRefused("The archive is packed in a way that the format does not have.")
    found = {entry.orig_filename: entry for entry in entries}
    if len(found) < len(entries):
        raise ArchiveRefused("The archive holds two entries of one name.")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits.unpacked_bytes:
        raise ArchiveRefused(f"The archive unpacks to more than {limits.unpacked_bytes // 1024**3:,} GB.")
    if unpacked > limits.ratio_free_bytes and unpacked > packed * limits.unpacked_ratio:
        raise ArchiveRefused(f"The archive unpacks to more than {limits.unpacked_ratio} times its size.")
    return found


def _parsed(line: bytes, form: type[L]) -> L | BadLine:
    try:
        return form.model_validate(loads(line))
    except StrictJSONError as error:
        return BadLine(str(error))
    except ValidationError as error:
        shown = error.errors(include_url=False, include_context=False, include_input=False)[:_SHOWN_ERRORS]
        return BadLine("; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in shown)[:1_000])


@contextmanager
def _damages() -> Iterator[None]:
    """Raise `ArchiveRefused` for what zipfile finds wrong."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error, UnicodeDecodeError):
        raise ArchiveRefused(_BROKEN) from None
