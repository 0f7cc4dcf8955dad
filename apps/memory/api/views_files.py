"""The original files that memories were read from."""

from uuid import UUID

from django.http import FileResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Permission
from apps.core.api.pagination import page_of
from apps.core.api.serializers import PageQuery
from apps.memory.adapters.originals import original_open
from apps.memory.api import serializers as io
from apps.memory.api.base import MemoryApiView
from apps.memory.exceptions import FileNotFound
from apps.memory.models import SourceFile
from apps.memory.selectors.files import file_get, file_present, files_kept
from apps.memory.services.files import file_delete


class FilesView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ}

    @extend_schema(operation_id="memory_files", parameters=[PageQuery], responses=io.FilePage)
    def get(self, request: Request) -> Response:
        """The files whose originals are kept, the latest first."""
        query = self.valid_query(request, PageQuery)
        page = page_of(
            files_kept(self.reader),
            order="-created_at",
            cursor=query.get("cursor"),
            limit=query["limit"],
            present=file_present,
        )
        return Response(page)


class FileView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ, "DELETE": Permission.MEMORY_WRITE}

    @extend_schema(operation_id="memory_file", responses=io.FileOutput)
    def get(self, request: Request, file_id: UUID) -> Response:
        """One file."""
        return Response(file_present(file_get(file_id=file_id, reader=self.reader)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, file_id: UUID) -> Response:
        """Delete the original of a file. The memories that were read from it stay, and say that it is gone."""
        file_delete(
            organization_id=self.principal.organization_id, file_id=file_id, reader=self.reader, now=timezone.now()
        )
        return Response(status=204)


class FileContentView(MemoryApiView):
    access = {"GET": Permission.MEMORY_READ}

    @extend_schema(
        operation_id="memory_file_content", responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, file_id: UUID) -> FileResponse:
        """The original as it was sent, to be saved and not shown."""
        return file_answer(file_get(file_id=file_id, reader=self.reader))


def file_answer(file: SourceFile) -> FileResponse:
    """Return the original of a file, to be saved. Raises `FileNotFound`."""
    try:
        content = original_open(file.storage_key)
    except FileNotFoundError:
        raise FileNotFound("The original is not in the storage.") from None
    answer = FileResponse(
        content,
        as_attachment=True,
        # Of a path the last part.
        filename=file.name.rpartition("/")[2],
        content_type="application/octet-stream",
    )
    answer["Content-Length"] = str(file.size_bytes)
    answer["X-Content-Type-Options"] = "nosniff"
    # Should a browser show it all the same, it may do nothing there.
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["Cache-Control"] = "private, no-store"
    return answer
