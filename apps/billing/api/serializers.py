"""What billing takes and answers."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from apps.billing.models import PlanPrice, Subscription
from apps.billing.selectors.usage import GROUPS, METERS
from apps.billing.types import Meter
from apps.core.api.serializers import PageQuery, StrictSerializer

# A call asks for no more than two years.
MAX_RANGE = timedelta(days=732)
MAX_HOURS = timedelta(days=62)
INTERVALS = PlanPrice.Interval.values
# Units that a module reports at once.
MAX_QUANTITY = 10**9


class PlanChoice(StrictSerializer):
    plan = serializers.SlugField(max_length=30)
    interval = serializers.ChoiceField(INTERVALS, required=False, default="month")


class CheckoutInput(PlanChoice):
    promotion_code = serializers.CharField(required=False, default="", allow_blank=True, max_length=64)


class EmptyInput(StrictSerializer):
    pass


class BillingSettingsInput(StrictSerializer):
    billing_email = serializers.EmailField(required=False, allow_blank=True, help_text="Empty: the owner's.")
    spend_limit_cents = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=2**31 - 1)
    alert_percents = serializers.ListField(
        required=False, child=serializers.IntegerField(min_value=1, max_value=200), max_length=10
    )

    def validate_alert_percents(self, value: list[int]) -> list[int]:
        return sorted(set(value))


class RangeQuery(StrictSerializer):
    """A stretch of time: `range` as `30d` or `24h`, or `from` and `to`; the last 30 days without either."""

    range = serializers.RegexField(r"^[1-9]\d{0,3}[hd]$", required=False, help_text="`30d`, `24h`")
    to = serializers.DateTimeField(required=False)

    def get_fields(self) -> dict[str, serializers.Field]:  # type: ignore[type-arg]  # generic only in the stubs
        # The name is a word of Python's.
        return {"from": serializers.DateTimeField(required=False), **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        now = timezone.now()
        if "range" in attrs:
            if "from" in attrs or "to" in attrs:
                raise serializers.ValidationError({"range": "Give either range, or from and to."})
            count, unit = int(attrs["range"][:-1]), attrs["range"][-1]
            until = now
            since = now - (timedelta(hours=count) if unit == "h" else timedelta(days=count))
        else:
            until = attrs.get("to", now)
            since = attrs.get("from", until - timedelta(days=30))
        if since >= until:
            raise serializers.ValidationError({"from": "This is not before the end."})
        if until - since > MAX_RANGE:
            raise serializers.ValidationError({"from": f"At most {MAX_RANGE.days} days can be asked for at once."})
        return {**attrs, "since": since, "until": until}


class UsageQuery(RangeQuery):
    group_by = serializers.ChoiceField(GROUPS, required=False, default="day")
    meter = serializers.ChoiceField([meter.value for meter in METERS], required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        checked = super().validate(attrs)
        if checked["group_by"] == "hour" and checked["until"] - checked["since"] > MAX_HOURS:
            raise serializers.ValidationError({"group_by": f"At most {MAX_HOURS.days} days can be had by the hour."})
        # Sums are of whole hours, days and months (UTC): those that the time touches.
        since: datetime = checked["since"].astimezone(UTC)
        if checked["group_by"] == "hour":
            since = since.replace(minute=0, second=0, microsecond=0)
        else:
            since = datetime.combine(since.date(), time(), UTC)
            if checked["group_by"] == "month":
                since = since.replace(day=1)
        return {**checked, "since": since}


class UsageEventsQuery(PageQuery, RangeQuery):
    meter = serializers.ChoiceField([meter.value for meter in METERS], required=False, default=Meter.API_CALLS.value)
    module = serializers.CharField(required=False, allow_blank=True, max_length=63)
    operation = serializers.CharField(required=False, max_length=100)
    user_id = serializers.UUIDField(required=False)


class ModuleUsageInput(StrictSerializer):
    """What a module has used on behalf of its caller."""

    id = serializers.CharField(min_length=8, max_length=64, help_text="Names this use; sent again, it counts once.")
    meter = serializers.ChoiceField([Meter.LLM_TOKENS.value])
    quantity = serializers.IntegerField(min_value=0, max_value=MAX_QUANTITY)
    operation = serializers.CharField(required=False, default="", allow_blank=True, max_length=100)


class ReservationInput(StrictSerializer):
    meter = serializers.ChoiceField([Meter.LLM_TOKENS.value])
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY)


class SettleInput(StrictSerializer):
    quantity = serializers.IntegerField(min_value=0, max_value=MAX_QUANTITY)
    operation = serializers.CharField(required=False, default="", allow_blank=True, max_length=100)


class PriceOutput(serializers.Serializer[Any]):
    interval = serializers.ChoiceField(INTERVALS)
    amount_cents = serializers.IntegerField()
    currency = serializers.CharField()


class PlanFeatureOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    unit = serializers.CharField()
    period = serializers.ChoiceField(["hour", "day", "month", "total"])
    limit = serializers.IntegerField(allow_null=True)
    enforcement = serializers.ChoiceField(["hard", "soft"])
    overage_cents_per_1000 = serializers.FloatField(allow_null=True)


class ModuleLimitOutput(serializers.Serializer[Any]):
    included = serializers.BooleanField()
    calls_per_month = serializers.IntegerField(allow_null=True)


class PlanModuleOutput(ModuleLimitOutput):
    module_id = serializers.CharField()


class PlanOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    position = serializers.IntegerField()
    trial_days = serializers.IntegerField()
    grace_days = serializers.IntegerField()
    prices = PriceOutput(many=True)
    features = PlanFeatureOutput(many=True)
    modules = PlanModuleOutput(many=True)


class PlanPage(serializers.Serializer[Any]):
    results = PlanOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class PlanNameOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class CardOutput(serializers.Serializer[Any]):
    brand = serializers.CharField()
    last4 = serializers.CharField()
    exp_month = serializers.IntegerField()
    exp_year = serializers.IntegerField()


class TaxIdOutput(serializers.Serializer[Any]):
    type = serializers.CharField()
    value = serializers.CharField()


class DiscountOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    percent_off = serializers.FloatField(allow_null=True)
    amount_off_cents = serializers.IntegerField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)


class OverrideOutput(serializers.Serializer[Any]):
    plan = PlanNameOutput()
    reason = serializers.CharField()
    ends_at = serializers.DateTimeField(allow_null=True)


class SubscriptionOutput(serializers.Serializer[Any]):
    plan = PlanNameOutput(help_text="What holds at present.")
    subscribed_plan = PlanNameOutput(help_text="What is paid for.")
    status = serializers.ChoiceField(Subscription.Status.values)
    interval = serializers.ChoiceField(INTERVALS, allow_null=True)
    amount_cents = serializers.IntegerField(allow_null=True)
    currency = serializers.CharField()
    current_period_start = serializers.DateTimeField(allow_null=True)
    current_period_end = serializers.DateTimeField(allow_null=True)
    cancel_at_period_end = serializers.BooleanField()
    trial_ends_at = serializers.DateTimeField(allow_null=True)
    trial_available = serializers.BooleanField()
    past_due_since = serializers.DateTimeField(allow_null=True)
    grace_ends_at = serializers.DateTimeField(allow_null=True)
    payment_method = CardOutput(allow_null=True)
    tax_ids = TaxIdOutput(many=True)
    credit_cents = serializers.IntegerField()
    discount = DiscountOutput(allow_null=True)
    override = OverrideOutput(allow_null=True)
    synced_at = serializers.DateTimeField(allow_null=True)


class QuotaOutput(serializers.Serializer[Any]):
    meter = serializers.CharField()
    name = serializers.CharField()
    unit = serializers.CharField()
    period = serializers.ChoiceField(["hour", "day", "month", "total"])
    used = serializers.IntegerField()
    limit = serializers.IntegerField(allow_null=True)
    ceiling = serializers.IntegerField(allow_null=True, help_text="Above it calls are refused.")
    remaining = serializers.IntegerField(allow_null=True)
    projected = serializers.IntegerField(allow_null=True, help_text="At the end of the period, at the present pace.")
    enforcement = serializers.ChoiceField(["hard", "soft"])
    state = serializers.ChoiceField(["ok", "near", "reached"])
    resets_at = serializers.DateTimeField(allow_null=True)
    overage_cents = serializers.FloatField(allow_null=True)
    available_in = serializers.ListField(child=serializers.CharField())


class QuotasOutput(serializers.Serializer[Any]):
    results = QuotaOutput(many=True)
    as_of = serializers.DateTimeField()


class UsageSumOutput(serializers.Serializer[Any]):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of the answer, not of DRF's
    meter = serializers.CharField()
    quantity = serializers.IntegerField()
    events = serializers.IntegerField()
    cost_cents = serializers.FloatField(allow_null=True)


class UsageTotalOutput(serializers.Serializer[Any]):
    meter = serializers.CharField()
    name = serializers.CharField()
    unit = serializers.CharField()
    quantity = serializers.IntegerField()
    events = serializers.IntegerField()
    cost_cents = serializers.FloatField(allow_null=True)


class UsageOutput(serializers.Serializer[Any]):
    to = serializers.DateTimeField()
    group_by = serializers.ChoiceField(GROUPS)
    results = UsageSumOutput(many=True)
    totals = UsageTotalOutput(many=True)
    as_of = serializers.DateTimeField(allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field]:  # type: ignore[type-arg]  # generic only in the stubs
        return {"from": serializers.DateTimeField(), **super().get_fields()}


class UsageMemberOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.CharField()


class UsageEventOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    meter = serializers.CharField()
    quantity = serializers.IntegerField()
    occurred_at = serializers.DateTimeField()
    module = serializers.CharField()
    member = UsageMemberOutput(allow_null=True)
    operation = serializers.CharField()
    request_id = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # a field of the answer, not of DRF's


class UsageEventPage(serializers.Serializer[Any]):
    results = UsageEventOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class InvoiceOutput(serializers.Serializer[Any]):
    id = serializers.CharField()
    number = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(["draft", "open", "paid", "void", "uncollectible"])
    total_cents = serializers.IntegerField()
    amount_due_cents = serializers.IntegerField()
    amount_paid_cents = serializers.IntegerField()
    currency = serializers.CharField()
    created_at = serializers.DateTimeField()
    period_start = serializers.DateTimeField(allow_null=True)
    period_end = serializers.DateTimeField(allow_null=True)
    hosted_url = serializers.CharField(allow_null=True)
    pdf_url = serializers.CharField(allow_null=True)


class InvoicePage(serializers.Serializer[Any]):
    results = InvoiceOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class InvoiceLineOutput(serializers.Serializer[Any]):
    id = serializers.CharField()
    description = serializers.CharField()
    amount_cents = serializers.IntegerField()
    quantity = serializers.IntegerField(allow_null=True)
    proration = serializers.BooleanField()
    meter = serializers.CharField(allow_null=True)
    period_start = serializers.DateTimeField(allow_null=True)
    period_end = serializers.DateTimeField(allow_null=True)


class InvoiceDetailOutput(InvoiceOutput):
    lines = InvoiceLineOutput(many=True)


class AlertOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    meter = serializers.CharField()
    name = serializers.CharField()
    threshold_percent = serializers.IntegerField()
    period = serializers.CharField()
    used = serializers.IntegerField()
    limit = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class AlertPage(serializers.Serializer[Any]):
    results = AlertOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class ReconciliationOutput(serializers.Serializer[Any]):
    meter = serializers.CharField()
    name = serializers.CharField()
    period_start = serializers.DateTimeField()
    period_end = serializers.DateTimeField()
    ledger = serializers.IntegerField()
    aggregates = serializers.IntegerField()
    reported = serializers.IntegerField(allow_null=True)
    stripe = serializers.IntegerField(allow_null=True)
    difference = serializers.IntegerField()
    checked_at = serializers.DateTimeField()


class ReconciliationPage(serializers.Serializer[Any]):
    results = ReconciliationOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class LimitOutput(serializers.Serializer[Any]):
    limit = serializers.IntegerField(allow_null=True)
    ceiling = serializers.IntegerField(allow_null=True)
    enforcement = serializers.ChoiceField(["hard", "soft"])


class EntitlementsOutput(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    plan = serializers.CharField()
    features = serializers.DictField(child=LimitOutput())
    modules = serializers.DictField(child=ModuleLimitOutput())
    computed_at = serializers.DateTimeField()


class UrlOutput(serializers.Serializer[Any]):
    url = serializers.CharField()


class PreviewLineOutput(serializers.Serializer[Any]):
    description = serializers.CharField()
    amount_cents = serializers.IntegerField()


class HeldAboveOutput(serializers.Serializer[Any]):
    meter = serializers.CharField()
    name = serializers.CharField()
    unit = serializers.CharField()
    used = serializers.IntegerField()
    limit = serializers.IntegerField()


class PreviewOutput(serializers.Serializer[Any]):
    due_now_cents = serializers.IntegerField()
    credit_cents = serializers.IntegerField()
    next_amount_cents = serializers.IntegerField()
    next_at = serializers.DateTimeField(allow_null=True)
    currency = serializers.CharField()
    lines = PreviewLineOutput(many=True)
    over_limit = HeldAboveOutput(many=True)


class BillingSettingsOutput(serializers.Serializer[Any]):
    billing_email = serializers.CharField()
    spend_limit_cents = serializers.IntegerField(allow_null=True)
    alert_percents = serializers.ListField(child=serializers.IntegerField())


class QuotaStateOutput(serializers.Serializer[Any]):
    meter = serializers.CharField()
    limit = serializers.IntegerField(allow_null=True)
    remaining = serializers.IntegerField(allow_null=True)
    resets_at = serializers.DateTimeField(allow_null=True)


class ReservationOutput(QuotaStateOutput):
    id = serializers.UUIDField()
    expires_at = serializers.DateTimeField()
