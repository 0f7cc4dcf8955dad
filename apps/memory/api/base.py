"""The base of views that show memories: for whom they read, and the trace that reading by a grant leaves."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request

from apps.core.api.views import ApiView
from apps.memory.engine.reader import Reader, Via
from apps.memory.selectors.readers import Opened, opened, reader_of
from apps.memory.services.grants import grant_reads_tell

# Where an answer names memories beside those that it is about: what is closed to the caller is not named.
_ONE = ("superseded_by", "duplicate_of")
_MANY = ("memory_ids", "exemplar_ids")


class MemoryApiView(ApiView):
    """Says with every memory by what it is open to the caller, and tells the audit trail which ones a grant opened."""

    # Memories that an answer tells of without naming them.
    told_of: Sequence[UUID] = ()

    @cached_property
    def reader(self) -> Reader:
        """For whom this call reads, as grants stand at its beginning."""
        return reader_of(self.principal, now=timezone.now())

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        # A refusal names no memory, and may be one of callers whom nobody knows.
        if response.status_code < 400 and getattr(response, "data", None):  # noqa: PLR2004 - refusals
            told_of = {*self.told_of, kwargs.get("memory_id")} - {None}
            self.account_for(response.data, self.reader, told_of)
        return super().finalize_response(request, response, *args, **kwargs)

    def account_for(self, body: Any, reader: Reader, told_of: AbstractSet[Any] = frozenset()) -> None:
        """Finish an answer for its reader, and tell the audit trail what grants have opened to them."""
        objects = list(_objects(body))
        if reader.everything:
            for one in objects:
                _label(one, Opened(Via.ROLE if one.get("module") else Via.ORGANIZATION))
            return
        known = opened(reader, set(told_of).union(*map(_named, objects)))
        for one in objects:
            _withhold(one, known)
            for memory_id in _ids(one.get("memory_id")):
                if memory_id in known:
                    _label(one, known[memory_id])
        read: dict[UUID, list[UUID]] = {}
        for memory_id, how in known.items():
            if how.grant_id is not None:
                read.setdefault(how.grant_id, []).append(memory_id)
        if read:
            grant_reads_tell(read, operation=self._operation(), now=timezone.now())

    def _operation(self) -> str:
        match = self.request.resolver_match
        return f"{self.request.method} {match.url_name if match else ''}"


def _objects(body: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of an answer, at any depth, but for what callers have written themselves."""
    if isinstance(body, dict):
        yield body
        for name, value in body.items():
            if name != "metadata":
                yield from _objects(value)
    elif isinstance(body, list):
        for value in body:
            if isinstance(value, dict | list):
                yield from _objects(value)


def _named(item: Mapping[str, Any]) -> set[UUID]:
    """Return the ids of the memories that an object names."""
    return {one for name in ("memory_id", *_ONE, *_MANY) for one in _ids(item.get(name))}


def _ids(value: Any) -> list[UUID]:
    return [UUID(str(one)) for one in (value if isinstance(value, list) else [value]) if one is not None]


def _withhold(item: dict[str, Any], known: Mapping[UUID, Opened]) -> None:
    for name in _ONE:
        if any(one not in known for one in _ids(item.get(name))):
            item[name] = None
            if "similarity" in item:
                item["similarity"] = None
    for name in _MANY:
        if name in item:
            item[name] = [str(one) for one in _ids(item[name]) if one in known]


def _label(item: dict[str, Any], how: Opened) -> None:
    # Not what only names a memory.
    if "content" in item and "recorded_at" in item:
        item["access_via"] = how.via.value
        item["grant_id"] = how.grant_id and str(how.grant_id)
