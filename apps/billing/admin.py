"""Operators' pages for plans, who has which, what was given, and what was used."""

from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.contrib import admin
from django.db.models import Model, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from djstripe.models import Invoice
from unfold.admin import TabularInline

from apps.accounts.admin.operators import operator
from apps.accounts.models import Organization
from apps.billing.models import (
    CreditGrant,
    Entitlement,
    Feature,
    MeterReport,
    Plan,
    PlanFeature,
    PlanModule,
    PlanOverride,
    PlanPrice,
    PlanVersion,
    QuotaWarning,
    Reconciliation,
    StripeEvent,
    Subscription,
    UsageAggregate,
    UsageCounter,
    UsageEvent,
)
from apps.billing.selectors.invoices import invoice_present
from apps.billing.services.overrides import credit_give, override_end, override_give
from apps.billing.services.plans import plan_version_keep
from apps.core.admin import OperatorAdmin, ReadOnlyAdmin


class OrganizationNames(OperatorAdmin):
    """Rows that carry an organisation's id, shown and searched by its name."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        names = Organization.objects.filter(id=OuterRef("organization_id")).values("name")[:1]
        rows: QuerySet[Model] = super().get_queryset(request).annotate(organization_name=Subquery(names))
        return rows

    @admin.display(description="organisation", ordering="organization_name")
    def organization(self, row: Any) -> str:
        return str(row.organization_name)


class PlanFeatureInline(TabularInline):
    model = PlanFeature
    extra = 0


class PlanModuleInline(TabularInline):
    model = PlanModule
    extra = 0


class PlanPriceInline(TabularInline):
    """Prices of the plan itself; those of what is above soft limits follow from its features."""

    model = PlanPrice
    extra = 0
    fields = ["interval", "currency", "amount_cents", "is_active", "stripe_price_id"]
    readonly_fields = ["stripe_price_id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PlanPrice]:
        rows: QuerySet[PlanPrice] = super().get_queryset(request)
        return rows.filter(feature=None)


class PlanVersionInline(TabularInline):
    model = PlanVersion
    extra = 0
    fields = readonly_fields = ["version", "changed_by", "created_at", "content"]
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False


@admin.register(Feature)
class FeatureAdmin(OperatorAdmin):
    list_display = ["name", "code", "unit", "period", "position"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        del request
        # What the code enforces goes by these.
        return ["code", "unit", "period"] if obj else []


@admin.register(Plan)
class PlanAdmin(OperatorAdmin):
    list_display = ["name", "price", "memory", "calls", "version", "is_public"]
    readonly_fields = ["version", "stripe_product_id"]
    inlines = [PlanFeatureInline, PlanPriceInline, PlanModuleInline, PlanVersionInline]

    @admin.display(description="price a month")
    def price(self, row: Plan) -> str:
        found = row.prices.filter(feature=None, interval="month", is_active=True).first()
        return "-" if found is None else f"${found.amount_cents / 100:.2f}"

    @admin.display(description="memory")
    def memory(self, row: Plan) -> str:
        limit = self._limit(row, "memory_bytes")
        return limit if isinstance(limit, str) else filesizeformat(limit)

    @admin.display(description="calls a month")
    def calls(self, row: Plan) -> str:
        return str(self._limit(row, "api_calls"))

    def _limit(self, row: Plan, feature: str) -> int | str:
        found = row.features.filter(feature_id=feature).first()
        if found is None:
            return "none"
        return "no limit" if found.limit is None else found.limit

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        super().save_related(request, form, formsets, change)
        plan_version_keep(
            plan=form.instance, actor=operator(request), changed_by=request.user.get_username(), now=timezone.now()
        )


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin, OrganizationNames):
    """Read only: what is paid for is decided at Stripe. Plans and limits are given as overrides."""

    list_display = ["organization", "plan", "status", "interval", "current_period_end", "synced_at"]
    list_filter = ["plan", "status"]
    search_fields = ["organization_id", "organization_name", "=stripe_customer_id", "=stripe_subscription_id"]


@admin.register(Entitlement)
class EntitlementAdmin(ReadOnlyAdmin, OrganizationNames):
    list_display = ["organization", "plan", "version", "computed_at", "changes_at"]
    list_filter = ["plan"]
    search_fields = ["organization_id", "organization_name"]


@admin.register(PlanOverride)
class PlanOverrideAdmin(OrganizationNames):
    list_display = ["organization", "plan", "feature", "limit", "reason", "ends_at", "created_by", "created_at"]
    list_filter = ["plan", "feature"]
    search_fields = ["organization_id", "organization_name", "reason"]
    readonly_fields = ["created_by", "created_at"]
    actions = ["end"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Overrides are ended, not deleted: what was given stays on record."""
        del request, obj
        return False

    def save_model(self, request: HttpRequest, obj: PlanOverride, form: Any, change: Any) -> None:
        if not change:
            obj.created_by = request.user.get_username()
        del form
        override_give(override=obj, actor=operator(request), now=timezone.now())

    @admin.action(description="End now", permissions=["change"])
    def end(self, request: HttpRequest, rows: QuerySet[PlanOverride]) -> None:
        now = timezone.now()
        running = rows.filter(Q(ends_at=None) | Q(ends_at__gt=now))
        for override in running:
            override_end(override=override, actor=operator(request), now=now)
        self.message_user(request, "What was chosen has ended.")


@admin.register(CreditGrant)
class CreditGrantAdmin(OrganizationNames):
    list_display = ["organization", "amount_cents", "currency", "reason", "created_by", "created_at", "is_at_stripe"]
    search_fields = ["organization_id", "organization_name", "reason"]
    readonly_fields = ["created_by", "created_at", "stripe_transaction_id"]

    @admin.display(description="at Stripe", boolean=True)
    def is_at_stripe(self, row: CreditGrant) -> bool:
        return bool(row.stripe_transaction_id)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request
        return obj is None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False

    def save_model(self, request: HttpRequest, obj: CreditGrant, form: Any, change: Any) -> None:
        obj.created_by = request.user.get_username()
        del form, change
        credit_give(grant=obj, actor=operator(request), now=timezone.now())


@admin.register(UsageCounter)
class UsageCounterAdmin(ReadOnlyAdmin, OrganizationNames):
    list_display = ["organization", "meter", "period", "used"]
    list_filter = ["meter"]
    search_fields = ["organization_id", "organization_name"]


@admin.register(UsageEvent)
class UsageEventAdmin(ReadOnlyAdmin, OrganizationNames):
    """The ledger, down to the request id of every call: a line of an invoice names meter and period, these its rows."""

    list_display = ["occurred_at", "organization", "meter", "quantity", "module", "operation", "request_id", "source"]
    list_filter = ["meter", "source"]
    search_fields = ["=organization_id", "=request_id", "=user_id", "=source_id"]
    date_hierarchy = "occurred_at"
    ordering = ["-occurred_at"]
    show_full_result_count = False


@admin.register(UsageAggregate)
class UsageAggregateAdmin(ReadOnlyAdmin, OrganizationNames):
    list_display = ["organization", "granularity", "starts_at", "meter", "module", "operation", "quantity", "events"]
    list_filter = ["granularity", "meter"]
    search_fields = ["=organization_id"]
    ordering = ["-starts_at"]
    show_full_result_count = False


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin, OrganizationNames):
    list_display = [
        "organization", "meter", "period_start", "ledger", "aggregates", "reported", "stripe", "difference",
        "checked_at",
    ]  # fmt: skip
    list_filter = ["meter"]
    search_fields = ["=organization_id"]
    ordering = ["-period_start"]


@admin.register(MeterReport)
class MeterReportAdmin(ReadOnlyAdmin, OrganizationNames):
    list_display = ["organization", "meter", "hour", "revision", "quantity", "sent_at"]
    list_filter = ["meter", ("sent_at", admin.EmptyFieldListFilter)]
    search_fields = ["=organization_id"]
    ordering = ["-id"]


@admin.register(QuotaWarning)
class QuotaWarningAdmin(ReadOnlyAdmin, OrganizationNames):
    list_display = ["created_at", "organization", "meter", "period", "percent", "used", "limit"]
    list_filter = ["meter", "percent"]
    search_fields = ["=organization_id"]
    ordering = ["-id"]


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnlyAdmin):
    list_display = ["received_at", "type", "customer_id", "created_at", "processed_at"]
    list_filter = ["type", ("processed_at", admin.EmptyFieldListFilter)]
    search_fields = ["=id", "=customer_id"]
    ordering = ["-received_at"]


# dj-stripe's own pages change its tables, which only mirror Stripe.
for mirrored in apps.get_app_config("djstripe").get_models():
    if admin.site.is_registered(mirrored):
        admin.site.unregister(mirrored)


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    """Invoices as Stripe described them; a metered line names the rows of the ledger that it is made of."""

    list_display = ["id", "organization", "created", "status", "total"]
    search_fields = ["=id", "=customer__id"]
    ordering = ["-created"]
    fields = ["id", "organization", "created", "status", "total", "ledger", "stripe_data"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invoice]:
        customers = Subscription.objects.filter(stripe_customer_id=OuterRef(OuterRef("customer_id")))
        names = Organization.objects.filter(id__in=customers.values("organization_id")).values("name")[:1]
        rows: QuerySet[Invoice] = super().get_queryset(request).annotate(organization_name=Subquery(names))
        return rows

    @admin.display(description="organisation", ordering="organization_name")
    def organization(self, row: Any) -> str:
        return str(row.organization_name or row.customer_id)

    @admin.display(description="status")
    def status(self, row: Invoice) -> str:
        return str(row.stripe_data.get("status", ""))

    @admin.display(description="total")
    def total(self, row: Invoice) -> str:
        return f"{row.stripe_data.get('total', 0) / 100:.2f} {row.stripe_data.get('currency', '').upper()}"

    @admin.display(description="ledger")
    def ledger(self, row: Invoice) -> str:
        """Links from metered lines to their rows."""
        subscription = Subscription.objects.filter(stripe_customer_id=row.customer_id).first()
        if subscription is None:
            return "-"
        invoice = invoice_present(organization_id=subscription.organization_id, invoice_id=row.id)
        return format_html_join(
            "; ",
            '<a href="{}?{}">{}</a>',
            (
                (reverse("admin:billing_usageevent_changelist"), _ledger_query(subscription, line), line["description"])
                for line in invoice["lines"]
                if line["meter"]
            ),
        )


def _ledger_query(subscription: Subscription, line: dict[str, Any]) -> str:
    return urlencode(
        {
            "q": str(subscription.organization_id),
            "meter": line["meter"],
            "occurred_at__gte": line["period_start"].isoformat(),
            "occurred_at__lt": line["period_end"].isoformat(),
        }
    )
