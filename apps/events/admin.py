"""Operators read events; nobody writes them by hand."""

from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin
from apps.events.models import OutboxEvent


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin):
    list_display = ["occurred_at", "name", "organization_id", "actor_kind", "actor_id", "subject_kind", "subject_id"]
    list_filter = ["name", "actor_kind"]
    search_fields = ["=organization_id", "=actor_id", "=subject_id", "=request_id"]
    ordering = ["-id"]
    show_full_result_count = False
