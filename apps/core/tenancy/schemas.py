"""Makes organisation schemas.

A new schema is a catalogue copy of the template schema: a tenth of a second, whatever the number of migrations. The
copy reads PostgreSQL's own definitions, so types with modifiers (halfvec(384)), HNSW indexes, generated columns and
storage settings come out identical. django-tenants' clone function loses vector dimensions and is not used.
"""

from django.db import connection, transaction
from psycopg import sql

from apps.core.tenancy.scope import ORGANIZATION_SCHEMA_PREFIX, TEMPLATE_SCHEMA, schema_scope

_TABLES = """
    SELECT oid, relname FROM pg_class
    WHERE relnamespace = %s::regnamespace AND relkind = 'r' ORDER BY relname
"""
_CONSTRAINTS = """
    SELECT conrelid, conname, contype, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = ANY(%s) AND contype IN ('p', 'u', 'x', 'f')
    ORDER BY contype = 'f', contype <> 'p', conname
"""
_VIEWS = """
    SELECT relname, pg_get_viewdef(oid) FROM pg_class
    WHERE relnamespace = %s::regnamespace AND relkind = 'v' ORDER BY oid
"""
_INDEXES = """
    SELECT pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = ANY(%s)
      AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
    ORDER BY indexrelid
"""


def schema_exists(schema_name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema_name])
        return cursor.fetchone() is not None


def schema_create_empty(schema_name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema_name)))


def schema_drop(schema_name: str) -> None:
    """Delete the schema of an organisation with everything in it; raises `ValueError` for any other schema."""
    if not schema_name.startswith(ORGANIZATION_SCHEMA_PREFIX):
        raise ValueError("only the schema of an organisation is ever dropped")
    with connection.cursor() as cursor:
        # No table goes while rows of it are to be checked at the end of the transaction.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema_name)))


def schema_clone(schema_name: str, *, source: str = TEMPLATE_SCHEMA) -> None:
    """Create `schema_name` with the structure of `source` and its record of applied migrations, in one transaction."""
    with transaction.atomic():
        statements = _definitions(source, schema_name)
        schema_create_empty(schema_name)
        with schema_scope(schema_name), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            cursor.execute(
                sql.SQL(
                    "INSERT INTO {}.django_migrations (app, name, applied) "
                    "SELECT app, name, applied FROM {}.django_migrations ORDER BY id"
                ).format(sql.Identifier(schema_name), sql.Identifier(source))
            )


def _definitions(source: str, target: str) -> list[sql.Composable]:
    """Return the statements that build `target`, read with the source first on the search path.

    With that path, PostgreSQL prints the source's tables unqualified, so the same text builds the target.
    """
    with schema_scope(source), connection.cursor() as cursor:
        cursor.execute(_TABLES, [source])
        tables = dict(cursor.fetchall())
        cursor.execute(_CONSTRAINTS, [list(tables)])
        constraints = cursor.fetchall()
        cursor.execute(_INDEXES, [list(tables)])
        indexes = [row[0] for row in cursor.fetchall()]
        cursor.execute(_VIEWS, [source])
        views = [
            sql.SQL("CREATE VIEW {}.{} AS {}").format(sql.Identifier(target), sql.Identifier(name), sql.SQL(definition))
            for name, definition in cursor.fetchall()
        ]
    # Indexes are not copied by LIKE: it invents their names, and a later RemoveIndex would not find them.
    create = sql.SQL(
        "CREATE TABLE {}.{} (LIKE {}.{} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED "
        "INCLUDING IDENTITY INCLUDING STORAGE INCLUDING COMPRESSION INCLUDING COMMENTS)"
    )
    statements: list[sql.Composable] = [
        create.format(*map(sql.Identifier, (target, name, source, name))) for name in tables.values()
    ]
    keys: list[sql.Composable] = []
    foreign: list[sql.Composable] = []
    for table, name, kind, definition in constraints:
        statement = sql.SQL("ALTER TABLE {}.{} ADD CONSTRAINT {} {}").format(
            sql.Identifier(target), sql.Identifier(tables[table]), sql.Identifier(name), sql.SQL(definition)
        )
        (foreign if kind == "f" else keys).append(statement)
    qualified = f" ON {source}."
    if not all(qualified in definition for definition in indexes):
        raise RuntimeError(f"an index of {source} has a definition that names no table of it")
    moved = [sql.SQL(definition.replace(qualified, f" ON {target}.", 1)) for definition in indexes]
    return [*statements, *keys, *moved, *foreign, *views]
