"""Operators see webhooks and their deliveries; their addresses without path and query, which hold secrets."""

from urllib.parse import urlsplit

from django.contrib import admin

from apps.core.admin import ReadOnlyAdmin
from apps.webhooks.models import WebhookDelivery, WebhookEndpoint


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    list_display = [
        "host",
        "module_id",
        "organization_id",
        "status",
        "disabled_reason",
        "failing_since",
        "next_attempt_at",
    ]
    list_filter = ["status", "disabled_reason"]
    search_fields = ["=organization_id", "=id"]
    ordering = ["-created_at"]
    fields = [
        "id", "organization_id", "module_id", "host", "description", "event_types", "status", "disabled_reason",
        "disabled_at", "failing_since", "last_success_at", "next_attempt_at", "claimed_until", "created_by",
        "created_at",
    ]  # fmt: skip

    @admin.display(description="host")
    def host(self, row: WebhookEndpoint) -> str:
        return urlsplit(row.url).netloc


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "event_type", "organization_id", "status", "reason", "attempts", "finished_at"]
    list_filter = ["status", "reason", "event_type"]
    search_fields = ["=organization_id", "=event_id", "=endpoint__id"]
    ordering = ["-created_at"]
    show_full_result_count = False
