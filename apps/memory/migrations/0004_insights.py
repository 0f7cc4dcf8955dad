from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("memory", "0003_engine"),
    ]

    operations = [
        migrations.CreateModel(
            name="InsightPart",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=20, unique=True)),
                ("change", models.BigIntegerField()),
                ("valid_until", models.DateTimeField(null=True)),
                ("computed_at", models.DateTimeField()),
                ("body", models.JSONField()),
                ("columns", models.BinaryField(default=bytes)),
            ],
        ),
    ]
