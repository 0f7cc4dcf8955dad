"""What a docx or xlsx must be before a library opens it: an archive that stays small when it is unpacked.

Python's zipfile yields no byte beyond the size that an entry declares, so declared sizes can be relied on. Archives
within the archive are never opened.
"""

import io
import zipfile
from itertools import chain

from apps.memory.adapters.documents.rows import BROKEN, FileRefused
from apps.memory.types import ReadLimits

_PART = 1 << 16
# Compound files: what Office writes when it encrypts, and what it wrote before 2007.
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Office's formats allow no document type, and entities come in one only.
_FORBIDDEN = tuple(
    chain.from_iterable(
        (word.encode("ascii"), word.encode("utf-16-le"), word.encode("utf-16-be")) for word in ("<!DOCTYPE", "<!ENTITY")
    )
)  # fmt: skip - three spellings of each word
_OVERLAP = max(map(len, _FORBIDDEN)) - 1


def archive_check(data: bytes, limits: ReadLimits) -> None:
    """Raise `FileRefused` for what would cost more than it may."""
    if data.startswith(_COMPOUND):
        raise FileRefused("The file is protected by a password, or has a format from before 2007.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _sizes_check(entries, packed=len(data), limits=limits)
            for entry in entries:
                if entry.filename.endswith((".xml", ".rels")):
                    _part_check(archive, entry)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, zipfile.LargeZipFile):
        raise FileRefused(BROKEN) from None
    except RuntimeError:
        # How zipfile says that an entry is encrypted.
        raise FileRefused("The file is protected by a password.") from None


def _sizes_check(entries: list[zipfile.ZipInfo], *, packed: int, limits: ReadLimits) -> None:
    if len(entries) > limits.archive_entries:
        raise FileRefused(f"The file is an archive of more than {limits.archive_entries:,} entries.")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits.unpacked_bytes:
        raise FileRefused(f"The file unpacks to more than {limits.unpacked_bytes // 1024**2:,} MB.")
    if unpacked > limits.ratio_free_bytes and unpacked > packed * limits.unpacked_ratio:
        raise FileRefused(f"The file unpacks to more than {limits.unpacked_ratio} times its size.")


def _part_check(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    with archive.open(entry) as part:
        before = b""
        while data := part.read(_PART):
            window = before + data
            if any(word in window for word in _FORBIDDEN):
                raise FileRefused("The file defines entities, which its format does not allow.")
            before = window[-_OVERLAP:]
