# Pure SQL, so that it is replayed quickly in every schema. `manage.py reindex_memory` fills what is new in old rows.

import django.db.models.deletion
import pgvector.django.halfvec
from django.db import migrations, models

NUMBER = """
    UPDATE memory_entity AS entity SET number = ordered.number
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS number FROM memory_entity) AS ordered
    WHERE entity.id = ordered.id
"""
LAST_ENTITY = "UPDATE memory_memorycontext SET last_entity = (SELECT count(*) FROM memory_entity)"


class Migration(migrations.Migration):
    dependencies = [
        ("memory", "0002_managing"),
    ]

    operations = [
        migrations.AddField("memorycontext", "last_entity", models.BigIntegerField(default=0)),
        migrations.AddField("memory", "named", models.BinaryField(default=b"")),
        migrations.AddField("memory", "times", models.BinaryField(default=b"")),
        migrations.AddField("memory", "thread", models.BigIntegerField(default=0)),
        migrations.AddField("memory", "reading", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("memory", "understood", models.BooleanField(default=False)),
        migrations.AddIndex(
            "memory",
            models.Index(fields=["number"], condition=models.Q(("understood", False)), name="memory_not_understood"),
        ),
        migrations.RemoveIndex("chunk", "chunk_lexemes"),
        migrations.RemoveField("chunk", "lexemes"),
        # With a default, so that the way back is open.
        migrations.AlterField("chunk", "text", models.TextField(default="")),
        migrations.RemoveField("chunk", "text"),
        migrations.AddField("chunk", "terms", models.BinaryField(default=b"")),
        migrations.AddField("chunk", "sketch", models.BinaryField(null=True)),
        migrations.AddField("chunk", "sparse", models.BinaryField(null=True)),
        migrations.AlterField("chunk", "embedding", pgvector.django.halfvec.HalfVectorField(dimensions=384, null=True)),
        migrations.AddField("entity", "number", models.BigIntegerField(null=True)),
        migrations.AddField("entity", "change", models.BigIntegerField(db_index=True, default=0)),
        migrations.AddField("entity", "type", models.CharField(blank=True, max_length=20)),
        migrations.AddField(
            "entity",
            "alias_of",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="aliases",
                to="memory.entity",
            ),
        ),
        migrations.RunSQL(NUMBER, migrations.RunSQL.noop),
        migrations.RunSQL(LAST_ENTITY, migrations.RunSQL.noop),
        migrations.AlterField("entity", "number", models.BigIntegerField(unique=True)),
        migrations.CreateModel(
            name="RelationEvidence",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("start", models.PositiveIntegerField()),
                ("end", models.PositiveIntegerField()),
                (
                    "memory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="evidence", to="memory.memory"
                    ),
                ),
                (
                    "relation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="evidence", to="memory.relation"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("relation", "memory"), name="relation_evidence_unique")
                ],
            },
        ),
        migrations.AddField("mention", "is_subject", models.BooleanField(default=False)),
        migrations.AddField("operation", "first_number", models.BigIntegerField(default=0)),
    ]
