# Pure SQL, so that it is replayed quickly in every schema.

import django.db.models.deletion
from django.db import migrations, models

# The memories that are there already, in the order in which they were accepted. A time of the event that is not the
# time of recording can only have come from the caller.
NUMBER = """
    UPDATE memory_memory AS memory SET
        number = ordered.number,
        revised_at = memory.recorded_at,
        occurred_given = memory.occurred_at <> memory.recorded_at
    FROM (SELECT id, row_number() OVER (ORDER BY recorded_at, id) AS number FROM memory_memory) AS ordered
    WHERE memory.id = ordered.id
"""
LAST_NUMBER = "UPDATE memory_memorycontext SET last_number = (SELECT count(*) FROM memory_memory)"


class Migration(migrations.Migration):
    dependencies = [
        ("memory", "0001_initial"),
    ]

    operations = [
        migrations.AddField("memorycontext", "change", models.BigIntegerField(default=0)),
        migrations.AddField("memorycontext", "last_number", models.BigIntegerField(default=0)),
        migrations.AddField("memory", "number", models.BigIntegerField(null=True)),
        migrations.AddField("memory", "revision", models.PositiveIntegerField(default=1)),
        migrations.AddField("memory", "change", models.BigIntegerField(db_index=True, default=0)),
        migrations.AddField("memory", "occurred_end", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("memory", "occurred_given", models.BooleanField(default=False)),
        migrations.AddField("memory", "revised_at", models.DateTimeField(null=True)),
        migrations.RunSQL(NUMBER, migrations.RunSQL.noop),
        migrations.RunSQL(LAST_NUMBER, migrations.RunSQL.noop),
        migrations.AlterField("memory", "number", models.BigIntegerField(unique=True)),
        migrations.AlterField("memory", "revised_at", models.DateTimeField()),
        migrations.AddIndex("memory", models.Index(fields=["recorded_at", "id"], name="memory_recorded")),
        migrations.AddConstraint(
            "memory",
            models.CheckConstraint(
                condition=models.Q(
                    ("occurred_end", None), ("occurred_end__gte", models.F("occurred_at")), _connector="OR"
                ),
                name="memory_occurred_in_order",
            ),
        ),
        migrations.CreateModel(
            name="MemoryRemoval",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.BigIntegerField(unique=True)),
                ("change", models.BigIntegerField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="MemoryVersion",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("revision", models.PositiveIntegerField()),
                ("content", models.TextField()),
                ("metadata", models.JSONField(blank=True, default=dict)),
                ("memory_type", models.CharField(max_length=50)),
                ("source", models.CharField(blank=True, max_length=200)),
                ("occurred_at", models.DateTimeField()),
                ("occurred_end", models.DateTimeField(blank=True, null=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("recorded_at", models.DateTimeField()),
                ("replaced_at", models.DateTimeField()),
                ("changed_by", models.UUIDField(blank=True, null=True)),
                (
                    "memory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="memory.memory"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("memory", "revision"), name="memory_version_unique")],
            },
        ),
    ]
