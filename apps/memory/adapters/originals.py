"""The storage of original files and of archives: a folder, or S3. Keys begin with the schema of the organisation.

Archives lie in folders of their own beneath it, so that `originals_of` does not find them.
"""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import datetime
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import Storage, storages

NAME = "originals"
EXPORTS, IMPORTS = "exports", "imports"


def original_put(key: str, content: "File[Any]") -> None:
    """Keep the bytes of a file. Raises `RuntimeError` if the key is taken, which a new id never is."""
    content.seek(0)
    if _storage().save(key, content) != key:
        raise RuntimeError("the key of an original is taken")


def original_copy(key: str, into: IO[bytes]) -> None:
    """Copy an original, part by part. Raises `FileNotFoundError`."""
    with original_open(key) as original:
        shutil.copyfileobj(original, into)
    into.seek(0)


def original_open(key: str) -> "File[Any]":
    """Open an original for reading. Raises `FileNotFoundError`."""
    return _storage().open(key, "rb")


def archive_put(key: str, content: "File[Any]", *, on_wait: Callable[[], None]) -> None:
    """Keep an archive; `on_wait` is called every second, for it may take long."""
    _meanwhile(lambda: original_put(key, content), on_wait)


def archive_copy(key: str, into: IO[bytes], *, on_wait: Callable[[], None]) -> None:
    """Copy an archive; `on_wait` is called every second. Raises `FileNotFoundError`."""
    _meanwhile(lambda: original_copy(key, into), on_wait)


def _meanwhile(work: Callable[[], None], on_wait: Callable[[], None]) -> None:
    # The thread needs neither a scope nor the database.
    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(work)
        while not wait([future], timeout=1).done:
            on_wait()
        future.result()


def original_erase(key: str) -> None:
    """Delete an original; one that is gone already is no error."""
    _storage().delete(key)


def originals_of(schema_name: str) -> Iterator[str]:
    """Yield the keys of everything that is kept for an organisation."""
    try:
        _, names = _storage().listdir(schema_name)
    except FileNotFoundError:
        return
    yield from (f"{schema_name}/{name}" for name in names if name)


def original_exists(key: str) -> bool:
    return _storage().exists(key)


def archives_of(schema_name: str) -> Iterator[str]:
    """Yield the keys of the archives that are kept for an organisation, those on their way in as well."""
    for folder in (EXPORTS, IMPORTS):
        yield from originals_of(f"{schema_name}/{folder}")


def folders_drop(schema_name: str) -> None:
    """Delete the empty folders of an organisation, where the storage has any."""
    for folder in (f"{schema_name}/{EXPORTS}", f"{schema_name}/{IMPORTS}", schema_name):
        # Whoever still writes there keeps it; a sweep erases that later.
        with suppress(OSError):
            _storage().delete(folder)


def original_kept_at(key: str) -> datetime:
    """Return when an original was written. Raises `FileNotFoundError`."""
    return _storage().get_modified_time(key)


def _storage() -> Storage:
    return storages[NAME]
