"""The base of all operators' pages, and their page for background work."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin

from apps.core.models import Job

# Told of what an operator did: `receiver(action=, objects=, changes=)`.
OperatorReceiver = Callable[..., None]
_receivers: list[OperatorReceiver] = []


def on_operator_action(receiver: OperatorReceiver) -> None:
    """Call `receiver` with everything that operators change by pages of the admin. Called from `AppConfig.ready`."""
    if receiver not in _receivers:
        _receivers.append(receiver)


def _tell(action: str, objects: Iterable[Any], changes: object = "") -> None:
    rows = list(objects)
    for receiver in _receivers:
        receiver(action=action, objects=rows, changes=str(changes))


class OperatorAdmin(ModelAdmin):
    """Pages of a model whose every change is recorded, by whoever has registered for it."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        _tell("added", [obj], message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        _tell("changed", [obj], message)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        _tell("deleted", queryset)
        return super().log_deletions(request, queryset)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        chosen = request.POST.getlist("_selected_action")
        response = super().response_action(request, queryset)
        name = request.POST.get("action", "")
        # Django records deletions by itself, one by one.
        if name in self.get_actions(request) and name != "delete_selected":
            _tell(name, queryset.filter(pk__in=chosen) if chosen else [])
        return response


class ReadOnlyAdmin(OperatorAdmin):
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
