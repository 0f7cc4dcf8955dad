"""Files, read into texts to remember. Nothing here opens a file that somebody sent: a child process does.

See `limited` for how, and `child` for what the child may not do.
"""

from pathlib import PurePath

# What each ending means. The client's own word for it is not asked: it may say anything.
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".htm": "text/html",
    ".html": "text/html",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".txt": "text/plain",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class UnsupportedFile(ValueError):
    """The file's name ends in nothing that we read."""


def ending_of(name: str) -> str:
    """Return the ending that says how a file is read; raises `UnsupportedFile`."""
    ending = PurePath(name).suffix.lower()
    if ending not in MEDIA_TYPES:
        raise UnsupportedFile(f"Files must end in {', '.join(MEDIA_TYPES)}.")
    return ending


def supported(name: str) -> bool:
    return PurePath(name).suffix.lower() in MEDIA_TYPES
