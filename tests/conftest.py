"""The test database, on the services that tests.services starts.

The database is a copy of a template that holds the migrated public schema and two organisations. The template is named
after a hash of all migrations, so it is built once and copied in a fraction of a second. Each test is one transaction.
"""

import hashlib
import importlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from filelock import FileLock

from tests.services import STATE

ROOT = Path(__file__).resolve().parent.parent
pytest_plugins = [
    "tests.factories.fixtures",
    "tests.factories.gateway",
    "tests.factories.grants",
    "tests.factories.identity_providers",
    "tests.factories.receivers",
    "tests.factories.stripe",
    "tests.factories.webhooks",
]


def _fingerprint() -> str:
    from django.db.migrations.loader import MigrationLoader  # noqa: PLC0415 - Django is set up by now

    digest = hashlib.sha256()
    for key, migration in sorted(MigrationLoader(None).disk_migrations.items()):
        source = importlib.import_module(migration.__module__).__file__
        digest.update(repr(key).encode() + Path(str(source)).read_bytes())
    for name in ("conftest.py", "factories/organizations.py"):
        digest.update((ROOT / "tests" / name).read_bytes())
    return digest.hexdigest()[:12]


@pytest.fixture(scope="session")
def database_server() -> str:
    """The address of the server's own database, for creating others beside it."""
    return os.environ["DATABASE_URL"].rpartition("/")[0] + "/postgres"


@pytest.fixture(scope="session")
def template_database(database_server: str, django_test_environment: None, django_db_blocker: Any) -> str:
    """The name of the template: migrated, with the two organisations of tests.factories.organizations."""
    name = f"template_{_fingerprint()}"
    with FileLock(STATE / f"{name}.lock"), psycopg.connect(database_server, autocommit=True) as server:
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s AND datistemplate", [name]).fetchone():
            return name
        server.execute(f"DROP DATABASE IF EXISTS {name}")
        server.execute(f"CREATE DATABASE {name}")
        with django_db_blocker.unblock():
            _fill(name)
        server.execute(f"ALTER DATABASE {name} IS_TEMPLATE true")
    return name


def _fill(database: str) -> None:
    from django.db import connection  # noqa: PLC0415 - Django is set up by now

    from apps.core.tenancy.migrations import migrate_public, migrate_template  # noqa: PLC0415 - as above
    from apps.core.tenancy.scope import public_scope  # noqa: PLC0415 - as above
    from tests.factories.organizations import create_test_organizations  # noqa: PLC0415 - as above

    connection.close()
    connection.settings_dict["NAME"] = database
    with public_scope():
        migrate_public()
        migrate_template()
        create_test_organizations()
    connection.close()


@pytest.fixture(scope="session")
def django_db_setup(
    template_database: str, database_server: str, request: pytest.FixtureRequest, django_db_blocker: Any
) -> Iterator[None]:
    """Give this worker its own copy of the template."""
    from django.db import connection  # noqa: PLC0415 - Django is set up by now

    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    name = f"test_{template_database}_{worker}"
    with psycopg.connect(database_server, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template_database} STRATEGY file_copy")
    connection.close()
    connection.settings_dict["NAME"] = name
    yield
    with django_db_blocker.unblock():
        connection.close()
    with psycopg.connect(database_server, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(autouse=True)
def _no_index_of_another_test() -> None:
    """Forget what other tests searched: their changes were rolled back, and their numbers come again."""
    from apps.memory.adapters.fingerprint_store import fingerprints_forget  # noqa: PLC0415 - Django is set up by now
    from apps.memory.adapters.index_store import indexes_forget  # noqa: PLC0415 - as above

    indexes_forget()
    fingerprints_forget()


@pytest.fixture
def committed_db(
    template_database: str, database_server: str, django_db_setup: None, django_db_blocker: Any
) -> Iterator[str]:
    """A database of the test's own, where commits last: for threads and other processes. Yields its URL."""
    from django.db import connection  # noqa: PLC0415 - Django is set up by now

    usual = connection.settings_dict["NAME"]
    name = f"committed_{os.getpid()}"
    with psycopg.connect(database_server, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template_database} STRATEGY file_copy")
        with django_db_blocker.unblock():
            connection.close()
            # All threads' connections share this dictionary.
            connection.settings_dict["NAME"] = name
            yield os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"
            connection.close()
            connection.settings_dict["NAME"] = usual
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
