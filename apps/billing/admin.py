"""Operators' pages for plans, who has which, and what was used."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from apps.billing.models import Plan, Subscription, UsageCounter
from apps.core.admin import ReadOnlyAdmin


@admin.register(Plan)
class PlanAdmin(ModelAdmin):
    list_display = ["name", "price_cents", "users", "modules", "memory_bytes", "memory_queries_per_day"]


@admin.register(Subscription)
class SubscriptionAdmin(ModelAdmin):
    list_display = ["organization_id", "plan", "created_at"]
    list_filter = ["plan"]
    search_fields = ["organization_id"]
    readonly_fields = ["organization_id", "created_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        del request
        return False


@admin.register(UsageCounter)
class UsageCounterAdmin(ReadOnlyAdmin):
    list_display = ["organization_id", "meter", "period", "used"]
    list_filter = ["meter"]
    search_fields = ["organization_id"]
