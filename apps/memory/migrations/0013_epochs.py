import django.db.models.deletion
import pgvector.django.halfvec
import pgvector.django.vector
from django.db import migrations, models

import apps.core.ids

# Every vector that is there was made by the one model that there was.
_FIRST_EPOCH = [
    """
    INSERT INTO memory_embeddingepoch
        (id, model, dimension, zero, unit, state, created_at, ready_at, activated_at)
    SELECT gen_random_uuid(), 'all-MiniLM-L6-v2-onnx-int8-channels', 384, 0, 1, 'ready', created_at, created_at,
        created_at
    FROM memory_memorycontext
    """,
    "UPDATE memory_memorycontext SET epoch_id = (SELECT id FROM memory_embeddingepoch)",
    # Out of line (TOAST), an exact scan over the vectors is ten times slower.
    "ALTER TABLE memory_passagevector ALTER COLUMN embedding SET STORAGE PLAIN",
    """
    INSERT INTO memory_passagevector (chunk_id, epoch_id, embedding)
    SELECT chunk.id, epoch.id, chunk.embedding FROM memory_chunk AS chunk, memory_embeddingepoch AS epoch
    WHERE chunk.embedding IS NOT NULL
    """,
    """
    INSERT INTO memory_memoryplace (memory_id, epoch_id, concepts, change)
    SELECT memory.id, epoch.id, memory.concepts, memory.change
    FROM memory_memory AS memory, memory_embeddingepoch AS epoch
    WHERE EXISTS (
        SELECT FROM memory_chunk AS chunk WHERE chunk.memory_id = memory.id AND chunk.embedding IS NOT NULL
    )
    """,
    # A table cannot be altered while its rows are to be checked later.
    "SET CONSTRAINTS ALL IMMEDIATE",
    "DROP VIEW memory_memorystate",
]


def _states(concepts: str, of_memory: str) -> str:
    """Return the view of the twelfth migration, with or without the places of memories."""
    return f"""
    CREATE VIEW memory_memorystate AS
    SELECT id, number, content, metadata, memory_type, module, source, external_id, revision, occurred_at, occurred_end,
        recorded_at, revised_at, NULL::timestamptz AS replaced_at, expires_at, deleted_at, superseded_by, superseded_at,
        created_by, file_id, place, occurred_given{concepts}, archived_at
    FROM memory_memory
    UNION ALL
    SELECT memory.id, memory.number, version.content, version.metadata, version.memory_type, memory.module,
        version.source, memory.external_id, version.revision, version.occurred_at, version.occurred_end,
        memory.recorded_at, version.recorded_at, version.replaced_at, version.expires_at, version.deleted_at,
        version.superseded_by, version.superseded_at, memory.created_by, memory.file_id, memory.place,
        memory.occurred_given{of_memory}, memory.archived_at
    FROM memory_memoryversion AS version JOIN memory_memory AS memory ON memory.id = version.memory_id
    """  # noqa: S608 - of the two constants below


# The way back keeps the vectors of the model that answers, if they fit; other texts are read again by `reindex_memory`.
_BACK = [
    "ALTER TABLE memory_chunk ALTER COLUMN embedding SET STORAGE PLAIN",
    """
    UPDATE memory_chunk AS chunk SET embedding = vector.embedding
    FROM memory_passagevector AS vector, memory_memorycontext AS context, memory_embeddingepoch AS epoch
    WHERE vector.chunk_id = chunk.id AND vector.epoch_id = context.epoch_id AND epoch.id = context.epoch_id
        AND epoch.dimension = 384
    """,
    """
    UPDATE memory_memory AS memory SET concepts = coalesce((
        SELECT place.concepts FROM memory_memoryplace AS place, memory_memorycontext AS context
        WHERE place.memory_id = memory.id AND place.epoch_id = context.epoch_id
    ), '[0.5]')
    """,
    """
    UPDATE memory_memory AS memory SET understood = false, reading = 0 WHERE EXISTS (
        SELECT FROM memory_chunk AS chunk WHERE chunk.memory_id = memory.id AND chunk.embedding IS NULL
    )
    """,
    "SET CONSTRAINTS ALL IMMEDIATE",
]


def _epoch(**options: object) -> models.ForeignKey:
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="memory.embeddingepoch", **options
    )


class Migration(migrations.Migration):
    dependencies = [
        ("memory", "0012_archive"),
    ]

    operations = [
        migrations.CreateModel(
            name="EmbeddingEpoch",
            fields=[
                (
                    "id",
                    models.UUIDField(default=apps.core.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("model", models.CharField(max_length=100)),
                ("dimension", models.PositiveIntegerField()),
                ("zero", models.FloatField()),
                ("unit", models.FloatField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("filling", "Filling"),
                            ("ready", "Ready"),
                            ("failed", "Failed"),
                            ("dropped", "Dropped"),
                        ],
                        default="filling",
                        max_length=10,
                    ),
                ),
                ("created_by", models.UUIDField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                ("ready_at", models.DateTimeField(blank=True, null=True)),
                ("activated_at", models.DateTimeField(blank=True, null=True)),
                ("left_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "dropped"), _negated=True),
                        fields=("model",),
                        name="embedding_epoch_model",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PassageVector",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("embedding", pgvector.django.halfvec.HalfVectorField()),
                (
                    "chunk",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="vectors",
                        to="memory.chunk",
                    ),
                ),
                ("epoch", _epoch(db_index=False)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("chunk", "epoch"), name="passage_vector_unique")],
            },
        ),
        migrations.CreateModel(
            name="MemoryPlace",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("concepts", pgvector.django.vector.VectorField()),
                ("change", models.BigIntegerField()),
                (
                    "memory",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="places",
                        to="memory.memory",
                    ),
                ),
                ("epoch", _epoch(db_index=False)),
            ],
            options={
                "indexes": [models.Index(fields=["epoch", "change"], name="memory_place_change")],
                "constraints": [models.UniqueConstraint(fields=("memory", "epoch"), name="memory_place_unique")],
            },
        ),
        migrations.AddField(model_name="memorycontext", name="epoch", field=_epoch(null=True)),
        migrations.RunSQL(_FIRST_EPOCH, _states(", concepts", ", memory.concepts")),
        migrations.AlterField(model_name="memorycontext", name="epoch", field=_epoch()),
        # Without values for as long as the way back needs.
        migrations.AlterField(
            model_name="memory", name="concepts", field=pgvector.django.vector.VectorField(null=True)
        ),
        migrations.RunSQL(migrations.RunSQL.noop, _BACK),
        migrations.RemoveField(model_name="chunk", name="embedding"),
        migrations.RemoveField(model_name="memory", name="concepts"),
        migrations.RunSQL(_states("", ""), "DROP VIEW memory_memorystate"),
    ]
