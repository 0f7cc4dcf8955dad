"""Archives of the memory: made, fetched, and brought back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Permission
from apps.core.api.idempotency import idempotent
from apps.core.api.pagination import page_of
from apps.core.api.parsers import FormParser
from apps.core.api.serializers import PageQuery
from apps.core.api.views import ApiView
from apps.core.exceptions import InvalidInput
from apps.memory.api import serializers_exports as io
from apps.memory.api.serializers import filter_json
from apps.memory.api.serializers_managing import conditions_of
from apps.memory.api.views import IDEMPOTENCY_KEY
from apps.memory.models import Export, Import
from apps.memory.selectors.exports import (
    export_get,
    export_present,
    exports_kept,
    fault_present,
    import_get,
    import_present,
)
from apps.memory.services.exports import export_create, export_delete, export_fetch
from apps.memory.services.imports import import_cancel, import_create
from apps.memory.types import MAX_ARCHIVE_BYTES


class ExportStartView(ApiView):
    access = {"POST": Permission.MEMORY_EXPORT}

    @extend_schema(request=io.ExportInput, responses={202: io.ExportOutput}, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def post(self, request: Request) -> Response:
        """Have an archive written: of the whole memory, or of what the conditions of the list let through."""
        fields, now = self.valid_body(request, io.ExportInput), timezone.now()
        export = export_create(
            organization_id=self.principal.organization_id,
            conditions=_conditions(fields, dict(request.data), now=now),
            include_versions=fields["include_versions"],
            include_files=fields["include_files"],
            user_id=self.principal.user_id,
            now=now,
        )
        return Response(export_present(export), status=202)


def _conditions(fields: Mapping[str, Any], sent: Mapping[str, Any], *, now: datetime) -> dict[str, Any] | None:
    """Return what was asked for as an export keeps it; None for everything."""
    conditions = conditions_of(fields, now=now)
    found: dict[str, Any] = {
        "memory_type": conditions.memory_type,
        "filters": None if conditions.filter is None else filter_json(sent["filters"]),
        "q": conditions.text or None,
        "occurred_after": conditions.occurred_after and conditions.occurred_after.isoformat(),
        "occurred_before": conditions.occurred_before and conditions.occurred_before.isoformat(),
        "entity_id": conditions.entity_id and str(conditions.entity_id),
        "cluster": conditions.cluster,
        "hour_of_week": conditions.hour_of_week,
        "state": fields.get("state"),
    }
    return {name: value for name, value in found.items() if value is not None} or None


class ExportsView(ApiView):
    access = {"GET": Permission.MEMORY_EXPORT}

    @extend_schema(operation_id="memory_exports", parameters=[PageQuery], responses=io.ExportPage)
    def get(self, request: Request) -> Response:
        """The exports, the latest first."""
        query = self.valid_query(request, PageQuery)
        page = page_of(
            exports_kept(timezone.now()),
            order="-created_at",
            cursor=query.get("cursor"),
            limit=query["limit"],
            present=export_present,
        )
        return Response(page)


class ExportView(ApiView):
    access = {"GET": Permission.MEMORY_EXPORT, "DELETE": Permission.MEMORY_EXPORT}

    @extend_schema(operation_id="memory_export", responses=io.ExportOutput)
    def get(self, request: Request, export_id: UUID) -> Response:
        """How far an export has come."""
        return Response(export_present(export_get(export_id=export_id, now=timezone.now())))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, export_id: UUID) -> Response:
        """Delete an export with its archive; one that is being written stops."""
        export_delete(organization_id=self.principal.organization_id, export_id=export_id, now=timezone.now())
        return Response(status=204)


class ExportDownloadView(ApiView):
    access = {"GET": Permission.MEMORY_EXPORT}

    @extend_schema(operation_id="memory_export_download", responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def get(self, request: Request, export_id: UUID) -> FileResponse:
        """The archive. That it was fetched is in the audit trail."""
        return export_answer(*export_fetch(export_id=export_id, now=timezone.now()))


def export_answer(export: Export, content: "File[Any]") -> FileResponse:
    """Return the archive of an export, to be saved."""
    answer = FileResponse(
        content,
        as_attachment=True,
        filename=f"memory-{export.created_at:%Y-%m-%d}-{export.id.hex[-8:]}.zip",
        content_type="application/zip",
    )
    answer["Content-Length"] = str(export.size_bytes)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer


class _ArchiveParser(FormParser):
    max_file_bytes = MAX_ARCHIVE_BYTES


class ImportStartView(ApiView):
    access = {"POST": Permission.MEMORY_ADMIN}
    parser_classes = [_ArchiveParser]

    @extend_schema(
        request={"multipart/form-data": io.ArchiveInput},
        responses={202: io.ImportOutput},
    )
    def post(self, request: Request) -> Response:
        """Bring an archive into the memory. What is here already stays as it is: sending it again does no harm."""
        if len(request.FILES.getlist("file")) > 1:
            raise InvalidInput("Send one archive at a time.", pointer="/file", item_code="too_many_files")
        upload: UploadedFile[Any] = self.valid_body(request, io.ArchiveInput)["file"]
        if (upload.size or 0) > MAX_ARCHIVE_BYTES:
            raise RequestDataTooBig
        one = import_create(
            organization_id=self.principal.organization_id,
            name=upload.name or "",
            content=upload,
            user_id=self.principal.user_id,
            now=timezone.now(),
        )
        return Response(import_present(one), status=202)


class ImportsView(ApiView):
    access = {"GET": Permission.MEMORY_ADMIN}

    @extend_schema(operation_id="memory_imports", parameters=[PageQuery], responses=io.ImportPage)
    def get(self, request: Request) -> Response:
        """The imports, the latest first."""
        query = self.valid_query(request, PageQuery)
        page = page_of(
            Import.objects.all(),
            order="-created_at",
            cursor=query.get("cursor"),
            limit=query["limit"],
            present=import_present,
        )
        return Response(page)


class ImportView(ApiView):
    access = {"GET": Permission.MEMORY_ADMIN}

    @extend_schema(operation_id="memory_import", parameters=[PageQuery], responses=io.ImportDetailOutput)
    def get(self, request: Request, import_id: UUID) -> Response:
        """How far an import has come, and a page of the lines that were not taken."""
        query, one = self.valid_query(request, PageQuery), import_get(import_id=import_id)
        errors = page_of(
            one.faults.all(),
            order="created_at",
            cursor=query.get("cursor"),
            limit=query["limit"],
            present=fault_present,
        )
        return Response({**import_present(one), "errors": errors})


class ImportCancelView(ApiView):
    access = {"POST": Permission.MEMORY_ADMIN}

    @extend_schema(request=None, responses=io.ImportOutput)
    def post(self, request: Request, import_id: UUID) -> Response:
        """Stop an import; what was brought stays."""
        one = import_cancel(organization_id=self.principal.organization_id, import_id=import_id, now=timezone.now())
        return Response(import_present(one))
