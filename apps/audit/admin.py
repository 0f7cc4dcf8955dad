"""Operators search the audit trail of all organisations."""

from django.contrib import admin

from apps.audit.models import AuditEntry
from apps.core.admin import ReadOnlyAdmin


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = [
        "occurred_at", "action", "owner", "position", "actor_kind", "actor_id", "subject_kind", "subject_id", "ip",
    ]  # fmt: skip
    list_filter = ["action", "actor_kind"]
    search_fields = ["=owner", "=actor_id", "=subject_id", "=request_id", "=ip"]
    ordering = ["-occurred_at"]
    date_hierarchy = "occurred_at"
    show_full_result_count = False
    # Bytes: the signature is in the export.
    exclude = ["hash", "signature"]
