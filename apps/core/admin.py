"""The base of read-only pages, and the operators' page for background work."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin

from apps.core.models import Job


class ReadOnlyAdmin(ModelAdmin):
    """Rows that operators look at; what may be done with them are named actions."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        del request
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """What is waiting, running or given up. A job that succeeded has left the table."""

    list_display = ["name", "status", "attempts", "organization_id", "available_at", "created_at"]
    list_filter = ["status", "name"]
    search_fields = ["id", "organization_id", "request_id"]
    ordering = ["-created_at"]
    actions = ["run_again"]

    @admin.action(description="Run the given-up jobs again", permissions=["view"])
    def run_again(self, request: HttpRequest, rows: QuerySet[Job]) -> None:
        count = rows.filter(status=Job.Status.FAILED).update(
            status=Job.Status.QUEUED, attempts=0, available_at=timezone.now()
        )
        self.message_user(request, f"{count} jobs will run within ten seconds.")
