"""Schemas: no key crosses them, copies equal the template, every app is in one list."""

from django.apps import apps
from django.conf import settings
from django.db import connection

from apps.accounts.models import Organization
from apps.core.tenancy.scope import TEMPLATE_SCHEMA

_STRUCTURE = """
    SELECT relname, attname, format_type(atttypid, atttypmod), attnotnull, attstorage, attgenerated, attidentity
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = %s::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped ORDER BY 1, 2
"""
_CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = %s::regnamespace AND contype <> 'n' ORDER BY 1, 2
"""
_INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = %s ORDER BY 1, 2"


def _structure(schema: str) -> list[tuple[object, ...]]:
    """Return columns, constraints and indexes with the schema's own name taken out."""
    rows: list[tuple[object, ...]] = []
    with connection.cursor() as cursor:
        for query in (_STRUCTURE, _CONSTRAINTS, _INDEXES):
            cursor.execute(query, [schema])
            rows.extend(
                tuple(str(value).replace(f"{schema}.", "") if isinstance(value, str) else value for value in row)
                for row in cursor.fetchall()
            )
    return rows


def test_no_foreign_key_crosses_schemas(acme: Organization) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT con.conname FROM pg_constraint con JOIN pg_class referenced ON referenced.oid = con.confrelid "
            "WHERE con.contype = 'f' AND con.connamespace <> referenced.relnamespace"
        )
        assert cursor.fetchall() == []
        cursor.execute(
            "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace"
        )
        assert cursor.fetchone()[0] > 0


def test_an_organisations_schema_equals_the_template(acme: Organization) -> None:
    template = _structure(TEMPLATE_SCHEMA)
    assert len(template) > 50
    assert _structure(acme.schema_name) == template


def test_vectors_keep_dimension_and_storage_in_copies(acme: Organization) -> None:
    columns = {(row[0], row[1]): row[2:5] for row in _structure(acme.schema_name) if len(row) == 7}
    assert columns["memory_passagevector", "embedding"] == ("halfvec", True, "p")


def test_every_app_is_in_exactly_one_list() -> None:
    assert set(settings.SHARED_APPS).isdisjoint(settings.TENANT_APPS)
    assert {config.name for config in apps.get_app_configs()} == {*settings.SHARED_APPS, *settings.TENANT_APPS}


def test_primary_keys_are_uuids_or_bigints() -> None:
    ours = [model for model in apps.get_models() if model.__module__.startswith("apps.")]
    kinds = {model.__name__: model._meta.pk.get_internal_type() for model in ours}
    allowed = {"UUIDField", "BigAutoField"}
    # A plan is named in the API by its code; a branding has the id of its organisation, a chain the name of its owner,
    # what is packed of a memory the id of that.
    assert {name for name, kind in kinds.items() if kind not in allowed} == {
        "Plan", "Feature", "StripeEvent", "UsageWatermark", "Module", "Branding", "AuditChain", "AuditKey", "Consumer",
        "ArchivedMemory",
    }  # fmt: skip
