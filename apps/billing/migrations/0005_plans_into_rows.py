"""Turns the columns of plans into rows of features and prices, and gives every organisation what it is entitled to."""

from functools import partial

from django.db import migrations
from django.utils import timezone

# (code, name, description, unit, period, the plans' column)
FEATURES = [
    ("users", "People", "Members and open invitations.", "people", "total", "users"),
    ("modules", "Modules", "Modules that are enabled at the same time.", "modules", "total", "modules"),
    ("memory_bytes", "Memory", "The size of all memories together.", "bytes", "total", "memory_bytes"),
    (
        "api_calls",
        "API calls",
        "Calls of modules, and calls of the API with a key.",
        "calls",
        "month",
        "api_calls_per_month",
    ),
    ("memory_searches", "Searches", "Searches of the memory.", "calls", "day", "memory_queries_per_day"),
    (
        "gateway_calls_per_hour",
        "Calls of modules an hour",
        "How fast modules may be called.",
        "calls",
        "hour",
        "gateway_calls_per_hour",
    ),
    ("llm_tokens", "LLM tokens", "Tokens that language models read and write.", "tokens", "month", None),
]
LLM_TOKENS = {"free": 50_000, "starter": 1_000_000, "professional": 10_000_000, "enterprise": 100_000_000}
# What 1,000 calls above the limit cost, in cents: about what one costs within it.
SOFT_CALLS = {"professional": 100, "enterprise": 30}
TRIAL_DAYS = {"starter": 14, "professional": 14}
DESCRIPTIONS = {
    "free": "To look around.",
    "starter": "For a small team.",
    "professional": "For teams that work with it every day.",
    "enterprise": "For whole companies.",
}
MONTHS_OF_A_YEAR = 10


def forwards(apps, schema_editor):
    get = partial(apps.get_model, "billing")
    features = {}
    for position, (code, name, description, unit, period, _) in enumerate(FEATURES):
        features[code], _ = get("Feature").objects.get_or_create(
            code=code,
            defaults={
                "name": name, "description": description, "unit": unit, "period": period, "position": position,
            },
        )  # fmt: skip
    for plan in get("Plan").objects.order_by("position"):
        plan.description = DESCRIPTIONS.get(plan.code, "")
        plan.trial_days = TRIAL_DAYS.get(plan.code, 0)
        plan.save()
        for code, *_, column in FEATURES:
            limit = getattr(plan, column) if column else LLM_TOKENS.get(plan.code, 0)
            soft = SOFT_CALLS.get(plan.code) if code == "api_calls" else None
            get("PlanFeature").objects.create(
                plan=plan,
                feature=features[code],
                limit=limit,
                enforcement="soft" if soft else "hard",
                overage_cents_per_1000=soft,
            )
        if plan.price_cents:
            for interval, months in (("month", 1), ("year", MONTHS_OF_A_YEAR)):
                get("PlanPrice").objects.create(plan=plan, interval=interval, amount_cents=plan.price_cents * months)
    _entitle(get)


def _entitle(get):
    """Write what `services.entitlements` would: nobody has bought anything yet, so it follows from the plan alone."""
    for subscription in get("Subscription").objects.select_related("plan"):
        if subscription.plan_id != "free":
            # Given by an operator: there was no way to pay.
            get("PlanOverride").objects.create(
                organization_id=subscription.organization_id,
                plan=subscription.plan,
                reason="Given before plans could be bought",
                created_by="migration",
            )
        content = {"features": {}, "modules": {}}
        for row in get("PlanFeature").objects.filter(plan=subscription.plan).order_by("feature_id"):
            price = None if row.overage_cents_per_1000 is None else float(row.overage_cents_per_1000)
            content["features"][row.feature_id] = {
                "limit": row.limit,
                "ceiling": None if row.enforcement == "soft" else row.limit,
                "is_soft": row.enforcement == "soft",
                "overage_cents_per_1000": price,
            }
        get("Entitlement").objects.create(
            organization_id=subscription.organization_id, plan=subscription.plan, content=content
        )
    get("Subscription").objects.exclude(plan_id="free").update(plan_id="free")


def opening_rows(apps, schema_editor):
    """Bring the ledger to what quotas say: calls get the name of their quota, and held bytes their first row."""
    events = apps.get_model("billing", "UsageEvent")
    events.objects.filter(meter="gateway_calls").update(meter="api_calls")
    now = timezone.now()
    for counter in apps.get_model("billing", "UsageCounter").objects.filter(meter="memory_bytes", period="total"):
        events.objects.create(
            organization_id=counter.organization_id,
            meter="memory_bytes",
            quantity=counter.used,
            source="opening",
            source_id=str(counter.organization_id),
            occurred_at=now,
        )


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_plans_as_data")]

    operations = [
        migrations.RunPython(forwards, migrations.RunPython.noop),
        migrations.RunPython(opening_rows, migrations.RunPython.noop),
    ]
