"""Links for downloads: made with a credential, followed by browsers without one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import FileResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Permission
from apps.accounts.selectors.principals import principal_again
from apps.core.api.permissions import PUBLIC
from apps.core.api.views import ApiView
from apps.core.request_context import caller_set
from apps.core.tenancy.scope import organization_scope, public_scope
from apps.core.types import Caller, Principal
from apps.memory.api import serializers_downloads as io
from apps.memory.api.base import MemoryApiView
from apps.memory.api.views_exports import export_answer
from apps.memory.api.views_files import file_answer
from apps.memory.exceptions import DownloadNotFound
from apps.memory.selectors.files import file_get
from apps.memory.selectors.readers import reader_of
from apps.memory.services.downloads import LINK_SECONDS, Download, Kind, download_read, download_sign
from apps.memory.services.exports import export_fetch, export_ready

_NEEDED = {Kind.EXPORT: Permission.MEMORY_EXPORT, Kind.FILE: Permission.MEMORY_READ}


class ExportLinkView(ApiView):
    access = {"POST": _NEEDED[Kind.EXPORT]}

    @extend_schema(operation_id="memory_export_link", request=None, responses=io.DownloadLinkOutput)
    def post(self, request: Request, export_id: UUID) -> Response:
        """A link by which a browser fetches the archive of an export by itself, for a minute."""
        export_ready(export_id=export_id, now=timezone.now())
        return Response(_link(Download(Kind.EXPORT, export_id, self.principal)))


class FileLinkView(MemoryApiView):
    access = {"POST": _NEEDED[Kind.FILE]}

    @extend_schema(operation_id="memory_file_link", request=None, responses=io.DownloadLinkOutput)
    def post(self, request: Request, file_id: UUID) -> Response:
        """A link by which a browser fetches the original of a file by itself, for a minute."""
        file_get(file_id=file_id, reader=self.reader)
        return Response(_link(Download(Kind.FILE, file_id, self.principal)))


class DownloadView(ApiView):
    access = {"GET": PUBLIC}
    # The link is the credential; a stale one in the header does not stand in its way.
    authentication_classes = []

    @extend_schema(
        operation_id="memory_download",
        parameters=[io.DownloadQuery],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> FileResponse:
        """What a link leads to, as it would be answered to who made it, if they still may have it."""
        download, now = download_read(self.valid_query(request, io.DownloadQuery)["token"]), timezone.now()
        with _on_behalf(download, request) as principal:
            if download.kind is Kind.EXPORT:
                return export_answer(*export_fetch(export_id=download.id, now=now))
            return file_answer(file_get(file_id=download.id, reader=reader_of(principal, now=now)))


@contextmanager
def _on_behalf(download: Download, request: Request) -> Iterator[Principal]:
    """Work for who made a link. Raises `DownloadNotFound` if they may not have any more what it leads to."""
    signed_in: Any = getattr(request._request, "principal", None)  # noqa: SLF001 - where the middleware left its finding
    with public_scope():
        principal = principal_again(download.principal, now=timezone.now())
        # Somebody of another organisation has got hold of it.
        is_other = isinstance(signed_in, Principal) and signed_in.organization_id != download.principal.organization_id
        if principal is None or is_other or _NEEDED[download.kind] not in principal.permissions:
            raise DownloadNotFound("Whoever made this link may not have any more what it leads to.")
        caller = Caller(principal.user_id, principal.module, principal.key_id)
        with organization_scope(principal.organization_id), caller_set(caller):
            yield principal


def _link(download: Download) -> dict[str, Any]:
    # In the query, which no log of ours names: Django's own warnings name the path.
    query = urlencode({"token": download_sign(download)})
    return {"path": f"{reverse('memory-download')}?{query}", "seconds": LINK_SECONDS}
