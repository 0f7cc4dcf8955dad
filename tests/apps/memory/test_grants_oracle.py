"""Grants that come and go against an oracle: ids returned are ids allowed and ids audited.

The oracle of thirty lines says what each caller may read; the calls are made over HTTP, by people and modules.
`GRANT_CALLS=10000` in the environment is the full dose.
"""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.accounts.permissions import Role
from apps.billing.models import PlanOverride
from apps.billing.services.overrides import override_give
from apps.core.tenancy.scope import organization_scope
from apps.events.types import SYSTEM
from apps.memory.engine.reader import PrincipalKind
from apps.memory.services.grants import grant_revoke
from tests.factories.fixtures import ClientFactory
from tests.factories.grants import SHARES, TYPES, grant, listed, remember, uses

CALLS = int(os.environ.get("GRANT_CALLS", "200"))

_Caller = tuple[str, set[tuple[str, str]], Callable[[], APIClient]]


@dataclass
class Oracle:
    """What each caller may read, by the definitions alone."""

    memories: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    grants: dict[UUID, tuple[tuple[str, str], str, set[str], str]] = field(default_factory=dict)

    def allowed(self, module: str, names: set[tuple[str, str]]) -> set[str]:
        return {one for one in self.memories if self.plainly(one, module) or self.by_grant(one, names)}

    def granted(self, module: str, names: set[tuple[str, str]]) -> set[str]:
        return {one for one in self.memories if not self.plainly(one, module) and self.by_grant(one, names)}

    def plainly(self, one: str, module: str) -> bool:
        owner, memory_type, _ = self.memories[one]
        return owner in {"", module} or memory_type in SHARES[owner]

    def by_grant(self, one: str, names: set[tuple[str, str]]) -> bool:
        owner, memory_type, team = self.memories[one]
        return any(
            to in names and of == owner and (not types or memory_type in types) and wanted in {"", team}
            for to, of, types, wanted in self.grants.values()
        )


@pytest.fixture
def callers(acme: Organization, client_of: ClientFactory, speak: Callable[..., APIClient]) -> list[_Caller]:
    """Return callers: the module that they are, the principals that they count as, and how to speak for them."""
    found: list[_Caller] = [(name, {("module", name)}, partial(speak, name)) for name in SHARES]
    for role in (Role.MEMBER, Role.MEMBER, Role.VIEWER):
        client = client_of(acme, role)
        names = {("role", role.value), ("member", str(client.user.id))}  # type: ignore[attr-defined]  # the factory sets it
        found.append(("", names, partial(_same, client)))
    return found


def _same(client: APIClient) -> APIClient:
    return client


@pytest.mark.parametrize("seed", [20_26])
def test_what_is_returned_is_what_is_allowed_and_what_is_audited(
    seed: int,
    acme: Organization,
    client_of: ClientFactory,
    callers: list[_Caller],
) -> None:
    for feature in ("memory_searches", "api_calls"):
        room = PlanOverride(
            organization_id=acme.id, feature_id=feature, limit=10**9, reason="Tests", created_by="tests"
        )
        override_give(override=room, actor=SYSTEM, now=timezone.now())
    chance, oracle = random.Random(seed), Oracle()  # noqa: S311 - reproducible, nothing secret
    for number in range(36):
        module, memory_type = chance.choice(["", *SHARES]), chance.choice(TYPES)
        team = chance.choice(["Pricing", "People"])
        text = f"Note {number} about the harbour price of {team}."
        memory_id = remember(acme, text, module, memory_type, metadata={"team": team})
        oracle.memories[memory_id] = (module, memory_type, team)
    principals = sorted({name for _, names, _ in callers for name in names})
    seen = 0
    for call in range(CALLS):
        if call % 10 == 0:
            _change_grants(acme, oracle, principals, chance)
        module, names, speak_for = chance.choice(callers)
        allowed, granted = oracle.allowed(module, names), oracle.granted(module, names)
        returned = _ask(speak_for(), chance, sorted(oracle.memories))
        assert returned is None or returned <= allowed
        events = uses(seen)
        seen += len(events)
        audited = {one for event in events for one in event.data["memory_ids"]}
        if returned is None:
            # One that is closed, asked for by its id.
            assert audited == set()
            continue
        assert audited == returned & granted
        assert all(UUID(event.subject_id) in oracle.grants for event in events)
        if len(returned) > 1:
            assert returned == allowed


def _change_grants(
    organization: Organization, oracle: Oracle, principals: list[tuple[str, str]], chance: random.Random
) -> None:
    if oracle.grants and chance.random() < 0.5:
        gone = chance.choice(list(oracle.grants))
        with organization_scope(organization.id):
            grant_revoke(grant_id=gone, user_id=None, now=timezone.now())
        del oracle.grants[gone]
        return
    to, module = chance.choice(principals), chance.choice(list(SHARES))
    if to == ("module", module):
        return
    types = set(chance.sample(TYPES, chance.randint(0, 2)))
    team = chance.choice(["", "Pricing", "People"])
    given = grant(
        organization,
        (PrincipalKind(to[0]), to[1]),
        module,
        memory_types=sorted(types),
        filters={"metadata.team": team} if team else {},
    )
    oracle.grants[given.id] = (to, module, types, team)


def _ask(client: APIClient, chance: random.Random, ids: list[str]) -> set[str] | None:
    """Make one call; return the ids that it names, None for a memory that is refused."""
    match chance.randrange(4):
        case 0:
            return set(listed(client))
        case 1:
            found = client.post("/api/v1/memory/search", {"query": "harbour price", "limit": 100}, format="json").json()
            return {row["memory_id"] for row in found["results"]}
        case 2:
            points = client.get("/api/v1/memory/map").json()
            return set(points["memory_id"])
        case _:
            one = chance.choice(ids)
            answer = client.get(f"/api/v1/memory/{one}")
            assert answer.status_code in {200, 404}
            return {answer.json()["memory_id"]} if answer.status_code == 200 else None
