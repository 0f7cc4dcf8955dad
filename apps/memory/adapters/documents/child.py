"""The process that opens a file. It is started for one file, binds itself, reads it, and ends.

It has no environment and no open file but its input and output. Before it looks at the file it gives up the right to
open others, which includes sockets, and bounds its memory and time: whatever a library can be brought to do by a file,
it can do nothing but compute, for a while, and write rows to its output. It must not import Django.

Input: the file. Output: lines of JSON, `{"row": {...}, "place": {...}}` or `{"unreadable": "...", "cause": "...",
"place": {...}}`, and `{"end": true}` when all is said.
"""

import codecs
import importlib
import json
import os
import re
import resource
import signal
import sys
from collections.abc import Iterator
from typing import Any

from apps.memory.adapters.documents.rows import BROKEN, FileRefused, Read, Reader, Unreadable
from apps.memory.types import ReadLimits

_INPUT, _OUTPUT = 0, 1
_READERS = {
    ".csv": ("records", "read_csv"),
    ".docx": ("word", "read_docx"),
    ".htm": ("html", "read_html"),
    ".html": ("html", "read_html"),
    ".json": ("records", "read_json"),
    ".jsonl": ("records", "read_jsonl"),
    ".md": ("text", "read_text"),
    ".pdf": ("pdf", "read_pdf"),
    ".txt": ("text", "read_text"),
    ".xlsx": ("sheet", "read_xlsx"),
}
# Codecs are imported when they are first used, which is too late here.
_CODECS = ("cp437", "cp1252", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Made beforehand: there may be no memory left to make them.
_TOO_LARGE = b'{"unreadable":"The file needs more memory to be read than is allowed."}\n'
_END = b'{"end":true}\n'


def main() -> None:
    ending, limits = sys.argv[1], ReadLimits(**json.loads(sys.argv[2]))
    # openpyxl would load it, to write what we never write, and it is larger than all else.
    sys.modules["numpy"] = None  # type: ignore[assignment]  # how Python is told that a module is not there
    module, name = _READERS[ending]
    reader: Reader = getattr(importlib.import_module(f"apps.memory.adapters.documents.{module}"), name)
    for codec in _CODECS:
        codecs.lookup(codec)
    _bind(limits)
    try:
        _say(_reads(reader, limits))
    except MemoryError:
        os.write(_OUTPUT, _TOO_LARGE)
    os.write(_OUTPUT, _END)


def _bind(limits: ReadLimits) -> None:
    # The signal at the first limit says what it was; the one at the second does not.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 5))
    for what, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(what, (most, most))
    # Whoever started this may be gone by then.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, limits.seconds)


def _reads(reader: Reader, limits: ReadLimits) -> Iterator[Read]:
    try:
        yield from reader(_input(limits), limits)
    except FileRefused as error:
        yield Read(Unreadable(str(error)))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - libraries raise anything at files that were made to break them
        yield Read(Unreadable(BROKEN, cause=type(error).__name__))


def _input(limits: ReadLimits) -> bytes:
    if os.fstat(_INPUT).st_size > limits.file_bytes:
        raise FileRefused(f"The file is larger than {limits.file_bytes // 1024**2:,} MB.")
    with open(_INPUT, "rb", closefd=False) as file:
        return file.read()


def _say(reads: Iterator[Read]) -> None:
    for read in reads:
        message: dict[str, Any] = {"place": dict(read.place)}
        if isinstance(read.row, Unreadable):
            message |= {"unreadable": read.row.detail, "cause": read.row.cause}
        else:
            message["row"] = read.row
        line = memoryview(json.dumps(_storable(message), ensure_ascii=False).encode() + b"\n")
        while line:
            line = line[os.write(_OUTPUT, line) :]


def _storable(value: Any) -> Any:
    """Return a value without what PostgreSQL cannot keep in a text: NUL, and halves of surrogate pairs."""
    match value:
        case str():
            return _UNSTORABLE.sub("\ufffd", value) if _UNSTORABLE.search(value) else value
        case dict():
            return {_storable(name): _storable(one) for name, one in value.items()}
        case list():
            return [_storable(one) for one in value]
        case _:
            return value


if __name__ == "__main__":
    main()
