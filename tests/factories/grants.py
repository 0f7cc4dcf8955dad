"""Modules that keep memories, callers that ask for them, and grants between them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Membership, Organization, Session
from apps.accounts.permissions import Role
from apps.accounts.selectors.memberships import principal_of
from apps.accounts.services.sessions import session_open
from apps.accounts.tokens import module_token_issue
from apps.core.tenancy.scope import organization_scope
from apps.core.types import Principal
from apps.events.models import OutboxEvent
from apps.memory.engine.reader import PrincipalKind, Right
from apps.memory.models import Grant
from apps.memory.services.grants import grant_make, grant_revoke
from apps.memory.services.memories import memory_store
from apps.memory.types import GrantOffer, StoreItem
from apps.registry.services.modules import module_register
from tests.factories.modules import manifest_of

SECRET = "Zanzibarium"
SHARES = {"alpha": ["note"], "beta": [], "gamma": ["insight", "note"]}
TYPES = ["note", "insight", "draft"]


@pytest.fixture
def modules(acme: Organization) -> None:
    for name, types in SHARES.items():
        permissions = [f"{name}:read", f"{name}:write", "memory:read", "memory:write"]
        document = manifest_of("http://127.0.0.1:1", name, permissions=permissions)
        document["memory_requirements"] = {"read_access": True, "memory_types": TYPES, "shared_types": types}
        module_register(manifest=document, now=timezone.now())


@pytest.fixture
def speak(acme: Organization, modules: None) -> Callable[..., APIClient]:
    """Make a client of a module that acts for a member; its token holds for a minute."""
    known: dict[str, Principal] = {}

    def make(module: str, role: str = Role.OWNER, *permissions: str) -> APIClient:
        member = Membership.objects.select_related("user", "organization").filter(organization=acme, role=role)[0]
        if role not in known:
            known[role] = member_principal(acme, role)
        principal = replace(known[role], permissions=frozenset(permissions or ("memory:read", "memory:write")))
        token = module_token_issue(
            principal=principal,
            permission_version=member.permission_version,
            module_id=module,
            tier="free",
            request_id="test",
            now=timezone.now(),
        )
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return client

    return make


def member_principal(organization: Organization, role: str = Role.OWNER) -> Principal:
    member = Membership.objects.select_related("user", "organization").filter(organization=organization, role=role)[0]
    session_open(membership=member, now=timezone.now())
    return principal_of(member, session=Session.objects.filter(user=member.user)[0])


def remember(organization: Organization, text: str, module: str = "", memory_type: str = "note", **fields: Any) -> str:
    item = StoreItem(content=text, module=module, memory_type=memory_type, **fields)
    with organization_scope(organization.id):
        stored = memory_store(organization_id=organization.id, item=item, user_id=None, now=timezone.now())
    return str(stored.memory_id)


def grant(organization: Organization, to: tuple[PrincipalKind, str], module: str, **fields: Any) -> Grant:
    offer = GrantOffer(
        principal_kind=to[0],
        principal_id=to[1],
        module=module,
        **{"rights": [Right.READ], "purpose": "to see", **fields},
    )
    with organization_scope(organization.id):
        return grant_make(organization_id=organization.id, offer=offer, user_id=None, now=timezone.now())


def revoke(organization: Organization, one: Grant) -> None:
    with organization_scope(organization.id):
        grant_revoke(grant_id=one.id, user_id=None, now=timezone.now())


def listed(client: APIClient, **query: Any) -> list[str]:
    answer = client.get("/api/v1/memory", query_params={"limit": "100", **query})
    assert answer.status_code == 200, answer.content
    return [row["memory_id"] for row in answer.json()["results"]]


def uses(since: int = 0) -> list[OutboxEvent]:
    return list(OutboxEvent.objects.filter(name="memory_grant.used").order_by("id")[since:])
