"""Brings the public schema, the template and every organisation's schema up to date.

Per organisation the ordinary executor costs about a second even when nothing is pending. Here one query finds the
schemas that lack something, and pending migrations that are pure SQL are rendered once and replayed in each schema, in
one transaction per schema, by several connections. A migration with Python in it runs the ordinary way.
A run that is interrupted, or fails in one schema, is resumed by running it again: schemas that are done are skipped.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial

from django.apps import apps
from django.conf import settings
from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import RunPython
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql

from apps.core.tenancy.schemas import schema_create_empty, schema_exists
from apps.core.tenancy.scope import PUBLIC_SCHEMA, TEMPLATE_SCHEMA, public_scope, schema_scope

# (app label, migration name)
MigrationKey = tuple[str, str]

# One UNION ALL over this many schemas: longer statements take PostgreSQL longer to plan than to run.
_SCHEMAS_PER_QUERY = 200
# A schema in use is left for the next run rather than blocking its users behind our lock request.
_LOCK_TIMEOUT = "5s"


@dataclass(frozen=True)
class MigrationReport:
    """What a run did: schemas looked at, schemas changed, and the error of each schema that failed."""

    total: int
    migrated: int
    failed: Mapping[str, str] = field(default_factory=dict)


def tenant_app_labels() -> list[str]:
    return [config.label for config in apps.get_app_configs() if config.name in settings.TENANT_APPS]


def migrate_public() -> None:
    with public_scope():
        _migrate_the_ordinary_way()


def migrate_template() -> None:
    """Create or update the schema that new organisations are copied from."""
    with public_scope():
        if not schema_exists(TEMPLATE_SCHEMA):
            schema_create_empty(TEMPLATE_SCHEMA)
        _record_shared_migrations(TEMPLATE_SCHEMA)
    if pending_migrations([TEMPLATE_SCHEMA])[TEMPLATE_SCHEMA]:
        with schema_scope(TEMPLATE_SCHEMA):
            _migrate_the_ordinary_way()


def migrate_organizations(
    schema_names: Sequence[str], *, workers: int = 2, progress: Callable[[int], object] = lambda _: None
) -> MigrationReport:
    """Update the given schemas; `progress` is called with the number of schemas finished since its last call."""
    pending = pending_migrations(schema_names)
    groups: dict[tuple[MigrationKey, ...], list[str]] = defaultdict(list)
    for schema_name, missing in pending.items():
        groups[missing].append(schema_name)
    progress(len(groups.pop((), [])))
    failed: dict[str, str] = {}
    with ThreadPoolExecutor(max_workers=workers) as pool:
        for missing, names in groups.items():
            statements = _render(names[0], missing)
            futures = {pool.submit(partial(_migrate_one, name, missing, statements)): name for name in names}
            for future in as_completed(futures):
                error = future.result()
                if error:
                    failed[futures[future]] = error
                progress(1)
    behind = sum(bool(missing) for missing in pending.values())
    return MigrationReport(total=len(schema_names), migrated=behind - len(failed), failed=failed)


def pending_migrations(schema_names: Sequence[str]) -> dict[str, tuple[MigrationKey, ...]]:
    """Return what each schema lacks, in the order of application; an up-to-date schema has an empty tuple."""
    labels = tenant_app_labels()
    required = _required_migrations(labels)
    applied: dict[str, set[MigrationKey]] = {name: set() for name in schema_names}
    with public_scope(), connection.cursor() as cursor:
        for start in range(0, len(schema_names), _SCHEMAS_PER_QUERY):
            names = schema_names[start : start + _SCHEMAS_PER_QUERY]
            query = sql.SQL(" UNION ALL ").join(
                sql.SQL("SELECT {}, app, name FROM {}.django_migrations WHERE app = ANY(%(labels)s)").format(
                    sql.Literal(name), sql.Identifier(name)
                )
                for name in names
            )
            cursor.execute(query, {"labels": labels})
            for schema_name, app, name in cursor.fetchall():
                applied[schema_name].add((app, name))
    return {name: tuple(key for key in required if key not in applied[name]) for name in schema_names}


def _required_migrations(labels: Iterable[str]) -> list[MigrationKey]:
    loader = MigrationLoader(None)
    wanted = set(labels)
    ordered: dict[MigrationKey, None] = {}
    for target in loader.graph.leaf_nodes():
        if target[0] in wanted:
            ordered.update(dict.fromkeys(key for key in loader.graph.forwards_plan(target) if key[0] in wanted))
    return list(ordered)


def _record_shared_migrations(schema_name: str) -> None:
    """Copy the record of shared apps' migrations, so that the executor does not render years of their history."""
    with schema_scope(schema_name, include_public=False):
        MigrationRecorder(connection).ensure_schema()
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "INSERT INTO {schema}.django_migrations (app, name, applied) "
                "SELECT app, name, applied FROM {public}.django_migrations AS shared WHERE NOT app = ANY(%s) "
                "AND NOT EXISTS (SELECT 1 FROM {schema}.django_migrations AS own "
                "WHERE own.app = shared.app AND own.name = shared.name) ORDER BY shared.id"
            ).format(schema=sql.Identifier(schema_name), public=sql.Identifier(PUBLIC_SCHEMA)),
            [tenant_app_labels()],
        )


def _render(schema_name: str, missing: Sequence[MigrationKey]) -> list[str] | None:
    """Return the SQL of the missing migrations as this schema needs it, or None if some of it is not SQL."""
    with schema_scope(schema_name):
        executor = MigrationExecutor(connection)
        plan = [(executor.loader.graph.nodes[key], False) for key in missing]
        for migration, _ in plan:
            if not migration.atomic or any(isinstance(operation, RunPython) for operation in migration.operations):
                return None
        return [line for line in executor.loader.collect_sql(plan) if not line.lstrip().startswith("--")]


def _migrate_one(schema_name: str, missing: Sequence[MigrationKey], statements: Sequence[str] | None) -> str | None:
    """Migrate one schema in a thread of its own; return the error text instead of stopping the other schemas."""
    try:
        with schema_scope(schema_name):
            if statements is None:
                _migrate_the_ordinary_way()
            else:
                _replay(missing, statements)
    except DatabaseError as error:
        return f"{type(error).__name__}: {error}"
    finally:
        connection.close()
    return None


def _replay(missing: Sequence[MigrationKey], statements: Sequence[str]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
        for statement in statements:
            cursor.execute(statement)
        recorder = MigrationRecorder(connection)
        for app, name in missing:
            recorder.record_applied(app, name)


def _migrate_the_ordinary_way() -> None:
    # Django's own command: django-tenants replaces the name `migrate` by one that refuses.
    MigrateCommand().execute(
        app_label=None,
        migration_name=None,
        database="default",
        interactive=False,
        verbosity=0,
        fake=False,
        fake_initial=False,
        plan=False,
        check_unapplied=False,
        run_syncdb=False,
        prune=False,
        skip_checks=True,
        traceback=False,
        no_color=True,
        force_color=False,
    )
