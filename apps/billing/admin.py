"""Operators' pages for plans, who has which, and what was used."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from unfold.admin import ModelAdmin

from apps.accounts.models import Organization
from apps.billing.models import Plan, Subscription, UsageCounter
from apps.core.admin import ReadOnlyAdmin


class OrganizationNames(ModelAdmin):
    """Rows that carry an organisation's id, shown and searched by its name."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        names = Organization.objects.filter(id=OuterRef("organization_id")).values("name")[:1]
        rows: QuerySet[Model] = super().get_queryset(request).annotate(organization_name=Subquery(names))
        return rows

    @admin.display(description="organisation", ordering="organization_name")
    def organization(self, row: Any) -> str:
        return str(row.organization_name)


@admin.register(Plan)
class PlanAdmin(ModelAdmin):
    list_display = ["name", "price", "users", "modules", "memory", "memory_queries_per_day", "api_calls_per_month"]

    @admin.display(description="price a month", ordering="price_cents")
    def price(self, row: Plan) -> str:
        return f"${row.price_cents / 100:.2f}"

    @admin.display(description="memory", ordering="memory_bytes")
    def memory(self, row: Plan) -> str:
        return "no limit" if row.memory_bytes is None else filesizeformat(row.memory_bytes)


@admin.register(Subscription)
class SubscriptionAdmin(OrganizationNames):
    list_display = ["organization", "plan", "created_at"]
    list_filter = ["plan"]
    search_fields = ["organization_id", "organization_name"]
    readonly_fields = ["organization", "organization_id", "created_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        del request
        return False


@admin.register(UsageCounter)
class UsageCounterAdmin(ReadOnlyAdmin, OrganizationNames):
    list_display = ["organization", "meter", "period", "used"]
    list_filter = ["meter"]
    search_fields = ["organization_id", "organization_name"]
