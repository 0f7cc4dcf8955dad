"""Exports and imports, as the API shows them, and which exports hold a memory."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Q, QuerySet

from apps.memory.exceptions import ExportNotFound, ImportNotFound
from apps.memory.models import Export, ExportPart, Import, ImportFault, Memory, MemoryRemoval

NUMBERS = np.dtype("<i8")
UNFINISHED = (Import.Status.QUEUED, Import.Status.RUNNING)


def exports_kept(now: datetime) -> QuerySet[Export]:
    """Return the exports that have not expired."""
    return Export.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now))


def export_get(*, export_id: UUID, now: datetime) -> Export:
    export = exports_kept(now).filter(id=export_id).first()
    if export is None:
        raise ExportNotFound("There is no export with this id.")
    return export


def exports_holding(memory_ids: Collection[UUID]) -> set[UUID]:
    """Return the exports whose archives hold any of these memories, deleted ones included.

    One that is being written counts as well: it reads what there was when it began.
    """
    numbers = set(Memory.objects.filter(id__in=memory_ids).values_list("number", flat=True))
    numbers |= set(MemoryRemoval.objects.filter(memory_id__in=memory_ids).values_list("number", flat=True))
    if not numbers:
        return set()
    wanted = np.array(sorted(numbers), dtype=NUMBERS)
    found = set(Export.objects.filter(status=Export.Status.RUNNING).values_list("id", flat=True))
    parts = ExportPart.objects.filter(first_number__lte=int(wanted[-1]), last_number__gte=int(wanted[0]))
    for export_id, packed in parts.exclude(export__in=found).values_list("export_id", "numbers").iterator():
        if export_id not in found and np.isin(wanted, np.frombuffer(packed, dtype=NUMBERS)).any():
            found.add(export_id)
    return found


def export_present(export: Export) -> dict[str, Any]:
    return {
        "export_id": str(export.id),
        "status": export.status,
        "conditions": export.conditions,
        "include_versions": export.include_versions,
        "include_files": export.include_files,
        "total": export.total,
        "done": export.done,
        "counts": export.counts,
        "damaged": export.damaged,
        "size_bytes": export.size_bytes or None,
        "sha256": export.sha256 or None,
        "error": export.error or None,
        "created_by": export.created_by,
        "created_at": export.created_at,
        "finished_at": export.finished_at,
        "expires_at": export.expires_at,
    }


def imports_at_work() -> bool:
    """Tell whether archives are on their way in: what nothing names yet may be about to be named."""
    return Import.objects.filter(status__in=UNFINISHED).exists()


def import_get(*, import_id: UUID) -> Import:
    found = Import.objects.filter(id=import_id).first()
    if found is None:
        raise ImportNotFound("There is no import with this id.")
    return found


def import_present(one: Import) -> dict[str, Any]:
    return {
        "import_id": str(one.id),
        "name": one.name,
        "status": one.status,
        "step": one.step,
        "size_bytes": one.size_bytes,
        "total": one.total,
        "created": one.created,
        "skipped": one.skipped,
        "failed": one.failed,
        "holds": one.holds,
        "rules": one.rules,
        "rules_off": one.rules_off,
        "error": {"code": one.error_code, "detail": one.error_detail} if one.error_code else None,
        "created_by": one.created_by,
        "created_at": one.created_at,
        "finished_at": one.finished_at,
    }


def fault_present(fault: ImportFault) -> dict[str, Any]:
    return {
        "member": fault.member,
        "line": fault.line,
        "memory_id": fault.memory_id,
        "code": fault.code,
        "detail": fault.detail,
    }
