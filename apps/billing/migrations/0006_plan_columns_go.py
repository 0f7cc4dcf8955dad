from django.db import migrations

COLUMNS = [
    "price_cents",
    "users",
    "modules",
    "memory_bytes",
    "api_calls_per_month",
    "memory_queries_per_day",
    "gateway_calls_per_hour",
]


class Migration(migrations.Migration):
    dependencies = [("billing", "0005_plans_into_rows")]

    operations = [migrations.RemoveField(model_name="plan", name=name) for name in COLUMNS]
