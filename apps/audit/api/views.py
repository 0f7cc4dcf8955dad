"""The audit trail of the caller's organisation."""

import base64
import csv
import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Permission
from apps.audit.api import serializers as io
from apps.audit.keys import public_keys
from apps.audit.models import AuditEntry
from apps.audit.selectors import (
    EXPORT_COLUMNS,
    chain_verify,
    entries_of,
    entries_stream,
    entry_of,
    entry_present,
    names_of,
)
from apps.core.api.views import ApiView
from apps.core.tenancy.scope import public_scope
from apps.events.services.outbox import emit
from apps.events.types import Actor

VERIFIED_AT_ONCE = 100_000
# A text that begins so is a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class AuditView(ApiView):
    access = {"GET": Permission.AUDIT_READ}

    @extend_schema(parameters=[io.AuditQuery], responses=io.AuditPage)
    def get(self, request: Request) -> Response:
        """Who did what to what, newest first."""
        query = self.valid_query(request, io.AuditQuery)
        rows = entries_of(owner=str(self.principal.organization_id), filters=io.lookups(query))
        older = rows.filter(position__lt=int(query["cursor"])) if "cursor" in query else rows
        found = list(older.order_by("-position")[: query["limit"] + 1])
        shown = found[: query["limit"]]
        names = names_of(shown)
        return Response(
            {
                "results": [entry_present(row, names) for row in shown],
                "next": str(shown[-1].position) if len(found) > len(shown) else None,
                "total": rows.count(),
            }
        )


class AuditExportView(ApiView):
    access = {"GET": Permission.AUDIT_READ}

    @extend_schema(
        parameters=[io.AuditExportQuery],
        responses={(200, "text/csv"): OpenApiTypes.STR, (200, "application/x-ndjson"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """All entries that match, oldest first.

        A line of JSON has all that its hash covers, in the form in which it is hashed, with the hash and its signature.
        """
        query = self.valid_query(request, io.AuditExportQuery)
        rows = entries_of(owner=str(self.principal.organization_id), filters=io.lookups(query))
        now = timezone.now()
        emit(
            "audit.exported",
            organization_id=self.principal.organization_id,
            actor=Actor.of(self.principal),
            subject=("audit", ""),
            now=now,
            format=query["format"],
        )
        is_csv = query["format"] == "csv"
        name = f"audit-{now:%Y-%m-%d}.{query['format']}"
        return StreamingHttpResponse(
            _csv(rows) if is_csv else _jsonl(rows),
            content_type="text/csv; charset=utf-8" if is_csv else "application/x-ndjson",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


class AuditVerifyView(ApiView):
    access = {"POST": Permission.AUDIT_READ}

    @extend_schema(request=io.AuditVerifyInput, responses=io.VerificationOutput)
    def post(self, request: Request) -> Response:
        """Go through the chain of hashes and signatures, and name the first entry that is not as it was written.

        At most 100,000 entries at once: `next` says where to go on.
        """
        after = self.valid_body(request, io.AuditVerifyInput)["after"]
        owner = str(self.principal.organization_id)
        found = chain_verify(owner=owner, after=after, most=VERIFIED_AT_ONCE)
        emit(
            "audit.verified",
            organization_id=self.principal.organization_id,
            actor=Actor.of(self.principal),
            subject=("audit", ""),
            now=timezone.now(),
            valid=found.fault is None,
            checked=found.checked,
        )
        head, fault = found.head, found.fault
        return Response(
            {
                "valid": fault is None,
                "checked": found.checked,
                "first_bad": {"position": fault.position, "reason": fault.reason} if fault else None,
                "head": {
                    "position": head.position,
                    "hash": head.hash.hex(),
                    "signature": base64.b64encode(head.signature).decode(),
                    "key_id": head.key_id,
                    "recorded_at": head.recorded_at,
                }
                if head
                else None,
                "next": found.next_position,
            }
        )


class AuditKeysView(ApiView):
    access = {"GET": Permission.AUDIT_READ}

    @extend_schema(responses=io.AuditKeyPage)
    def get(self, request: Request) -> Response:
        """The public keys of the signatures, to verify an export without us."""
        del request
        keys = [
            {"key_id": key_id, "public_key": base64.b64encode(raw).decode()}
            for key_id, raw in sorted(public_keys().items())
        ]
        return Response({"results": keys, "next": None, "total": len(keys)})


def _jsonl(rows: QuerySet[AuditEntry]) -> Iterator[str]:
    for batch in _batches(rows):
        for row in batch:
            entry = entry_of(row)
            line = {
                **entry.content(),
                "hash": entry.hash.hex(),
                "signature": base64.b64encode(entry.signature).decode(),
                "key_id": entry.key_id,
            }
            yield json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n"


def _csv(rows: QuerySet[AuditEntry]) -> Iterator[str]:
    buffer = StringIO()
    writer = csv.writer(buffer)
    writer.writerow(EXPORT_COLUMNS)
    for batch in _batches(rows):
        with public_scope():
            names = names_of(batch)
        for row in batch:
            shown = entry_present(row, names)
            writer.writerow(
                [
                    _cell(value)
                    for value in (
                        row.position, row.occurred_at.isoformat(), row.recorded_at.isoformat(), row.action,
                        row.actor_kind, row.actor_id, shown["actor"]["name"], row.subject_kind, row.subject_id,
                        json.dumps(row.data, cls=DjangoJSONEncoder, ensure_ascii=False), row.request_id, row.ip or "",
                        row.event_id, shown["hash"],
                    )
                ]
            )  # fmt: skip
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _batches(rows: QuerySet[AuditEntry]) -> Iterator[list[AuditEntry]]:
    """Read each batch in a scope of its own: the request's has ended when the answer is read."""
    batches = entries_stream(rows)
    while True:
        with public_scope():
            batch = next(batches, None)
        if batch is None:
            return
        yield batch


def _cell(value: Any) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
