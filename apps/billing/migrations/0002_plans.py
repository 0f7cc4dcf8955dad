"""The four plans that every installation starts with; operators edit them afterwards."""

from django.db import migrations

GB = 1024**3

PLANS = [
    ("free", "Free", 0, 2, 1, 100 * 1024**2, 1_000, 100, 60),
    ("starter", "Starter", 29_00, 5, 3, 10 * GB, 10_000, 1_000, 1_000),
    ("professional", "Professional", 99_00, 25, 10, 100 * GB, 100_000, 10_000, 10_000),
    ("enterprise", "Enterprise", 299_00, None, None, 1024 * GB, 1_000_000, 100_000, 100_000),
]


def create_plans(apps, schema_editor):
    plan = apps.get_model("billing", "Plan")
    for position, (code, name, price, users, modules, size, calls, queries, gateway) in enumerate(PLANS):
        plan.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "position": position,
                "price_cents": price,
                "users": users,
                "modules": modules,
                "memory_bytes": size,
                "api_calls_per_month": calls,
                "memory_queries_per_day": queries,
                "gateway_calls_per_hour": gateway,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [migrations.RunPython(create_plans, migrations.RunPython.noop)]
