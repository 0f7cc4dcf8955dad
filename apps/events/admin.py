"""Operators read events, and have parked ones tried again; nobody writes them by hand."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.core.admin import ReadOnlyAdmin
from apps.events.models import Consumer, OutboxEvent, ParkedEvent
from apps.events.selectors import consumers_lag
from apps.events.services.consumers import parked_retry


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin):
    list_display = [
        "occurred_at", "name", "organization_id", "actor_kind", "actor_id", "subject_kind", "subject_id", "sequence",
    ]  # fmt: skip
    list_filter = ["name", "actor_kind"]
    search_fields = ["=organization_id", "=actor_id", "=subject_id", "=request_id"]
    ordering = ["-id"]
    show_full_result_count = False


@admin.register(Consumer)
class ConsumerAdmin(ReadOnlyAdmin):
    list_display = ["name", "sequence", "behind", "attempts", "error", "moved_at", "seen_at"]

    @admin.display(description="behind")
    def behind(self, row: Consumer) -> int:
        return consumers_lag()[row.name]


@admin.register(ParkedEvent)
class ParkedEventAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "consumer", "event_id", "error"]
    list_filter = ["consumer"]
    search_fields = ["=event_id"]
    ordering = ["-created_at"]
    actions = ["bring_again"]

    @admin.action(description="Bring them to the consumer again", permissions=["view"])
    def bring_again(self, request: HttpRequest, rows: QuerySet[ParkedEvent]) -> None:
        failed = 0
        for parked_id in rows.values_list("id", flat=True):
            try:
                parked_retry(parked_id=parked_id)
            except Exception as error:  # noqa: BLE001 - what a consumer may raise is not known here; it is shown
                failed += 1
                self.message_user(request, f"{type(error).__name__}: {error}"[:500], messages.ERROR)
        self.message_user(request, f"{len(rows) - failed} of {len(rows)} events have had their effect.")
