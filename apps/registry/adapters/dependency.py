"""How the modules are, asked at this moment: the monitor's word is as old as its last round, or its worker's death."""

import asyncio
from collections.abc import Mapping

from django.conf import settings
from django.db import DatabaseError
from psycopg_pool import PoolTimeout

from apps.core.outgoing import AllowedAddresses
from apps.observability.types import WELL, Finding, State
from apps.registry.adapters.health import health_answers
from apps.registry.engine.health import MONITORED
from apps.registry.models import Module

PREFIX = "module:"
# Below what a check may take.
_SECONDS = 3.0

# Whom to ask while the database is away.
_known: dict[str, str] = {}


def modules_check() -> Mapping[str, Finding]:
    """Return for each module that organisations may use whether it says that it is well."""
    try:
        rows = Module.objects.filter(state__in=MONITORED).values_list("module_id", "base_url", "manifest")
        urls = {module_id: base_url + manifest["health_endpoint"] for module_id, base_url, manifest in rows}
        _known.clear()
        _known.update(urls)
    except (DatabaseError, PoolTimeout):
        urls = dict(_known)
    answers = asyncio.run(health_answers(urls, allowed=AllowedAddresses(settings.MODULE_ADDRESSES), seconds=_SECONDS))
    return {
        f"{PREFIX}{module_id}": WELL if answer.ok else Finding(State.DOWN, answer.detail)
        for module_id, answer in sorted(answers.items())
    }


def consequence(name: str) -> str:
    return f"The module {name.removeprefix(PREFIX)} cannot be used; calls of it are refused."
