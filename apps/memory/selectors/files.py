"""Original files, as the API shows them, and the places of memories in them."""

from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from apps.memory.adapters.documents import MEDIA_TYPES
from apps.memory.engine.duplicates import hash_of
from apps.memory.engine.places import place_within
from apps.memory.engine.reader import Reader
from apps.memory.exceptions import FileNotFound
from apps.memory.models import Remembered, SourceFile

# Running texts, whose passages have lines of their own: whether blank ones count. In other files a record is one place.
_BLANK_LINES_COUNT = {
    MEDIA_TYPES[ending]: counts
    for ending, counts in {".txt": True, ".md": True, ".html": False, ".pdf": False, ".docx": False}.items()
}


def files_open(reader: Reader) -> QuerySet[SourceFile]:
    """Return the files that are open to a reader, be their originals deleted.

    A module's are its own: what shares some of its memories does not share the files that it read.
    """
    return SourceFile.objects.all() if reader.everything else SourceFile.objects.filter(module__in={"", reader.module})


def files_kept(reader: Reader) -> QuerySet[SourceFile]:
    """Return the open files whose originals are kept, with the number of their memories."""
    return files_open(reader).filter(deleted_at=None).annotate(memory_count=Count("memories"))


def file_get(*, file_id: UUID, reader: Reader) -> SourceFile:
    file = files_kept(reader).filter(id=file_id).first()
    if file is None:
        raise FileNotFound("There is no file with this id.")
    return file


def file_present(file: SourceFile) -> dict[str, Any]:
    return {
        "file_id": str(file.id),
        "name": file.name,
        "media_type": file.media_type,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
        "module": file.module or None,
        "created_by": file.created_by,
        "created_at": file.created_at,
        "memories": file.memory_count,  # type: ignore[attr-defined]  # annotated by `files_kept`
    }


def place_present(memory: Remembered) -> dict[str, Any] | None:
    """Return the file that a memory was read from, and where it begins there."""
    file = memory.file
    if file is None:
        return None
    return {
        "id": str(file.id),
        "name": file.name,
        "media_type": file.media_type,
        "available": file.deleted_at is None,
        **{name: memory.place.get(name) for name in ("page", "line", "sheet", "row")},
    }


def span_present(memory: Remembered, start: int, end: int) -> dict[str, Any]:
    """Return a passage of a memory, and the page and line of the file on which it begins, where these are known."""
    page: int | None = None
    line: int | None = None
    file = memory.file
    if file is not None:
        page, line = memory.place.get("page"), memory.place.get("line")
        blank_lines = _BLANK_LINES_COUNT.get(file.media_type)
        if blank_lines is not None:
            # Of an edited text only the beginning is known.
            is_as_read = hash_of(memory.content).startswith(memory.place.get("of", "-"))
            page, line = (
                place_within(memory.place, memory.content, start, blank_lines=blank_lines)
                if is_as_read
                else (None, None)
            )
    return {"start": start, "end": end, "page": page, "line": line}
