"""Nothing of one organisation reaches another: every route, with every id of the other organisation.

The routes come from the URLconf. A route with ids in its path is called with each id that `globex` has and must answer
404; a route without is called as `CALLS` says, naming globex wherever a caller can name anything. No answer may hold a
word or an id of globex, and nothing of globex may change. A new route without a row here fails.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.serializers import serialize
from django.utils import timezone

from apps.accounts.models import (
    ApiKey,
    Branding,
    CustomRole,
    Domain,
    Invitation,
    Membership,
    Organization,
    Session,
    User,
)
from apps.accounts.permissions import Role
from apps.accounts.selectors.memberships import principal_of
from apps.accounts.services.api_keys import api_key_create
from apps.accounts.services.branding import branding_update
from apps.accounts.services.invitations import invitation_create
from apps.accounts.services.roles import role_create
from apps.accounts.services.sessions import session_open
from apps.billing.models import QuotaWarning, Reconciliation, UsageEvent
from apps.billing.services.quotas import reservation_make
from apps.billing.services.subscriptions import settings_update
from apps.billing.services.usage import usage_rebuild
from apps.billing.types import Meter
from apps.core.api.pagination import cursor_encode
from apps.core.tenancy.scope import organization_scope
from apps.events.registry import consumers
from apps.events.services.consumers import consume, consumers_ensure
from apps.events.services.places import events_place
from apps.memory.adapters.sketching import NAME as WORDS
from apps.memory.engine.reader import EVERYTHING
from apps.memory.models import Chunk, Entity, Grant, Memory, Operation, Review, SourceFile
from apps.memory.selectors.contexts import context_get
from apps.memory.services.archiving import archive_rules_set, memories_archive
from apps.memory.services.epochs import epoch_fill, epoch_start, epoch_switch
from apps.memory.services.erasing import memories_erase
from apps.memory.services.exports import export_create, export_fetch, export_write
from apps.memory.services.files import file_keep
from apps.memory.services.holds import hold_place
from apps.memory.services.imports import import_create
from apps.memory.services.managing import memory_trash
from apps.memory.services.memories import memory_store
from apps.memory.services.operations import FileToRead, operation_create
from apps.memory.services.retention import retention_set
from apps.memory.services.reviews import reviews_find
from apps.memory.services.vectors import FILL_SHARES
from apps.memory.types import StoreItem
from apps.webhooks.models import WebhookDelivery, WebhookEndpoint
from apps.webhooks.services.endpoints import endpoint_create
from tests.factories.fixtures import ClientFactory
from tests.factories.organizations import OWNERS, PASSWORD
from tests.factories.stripe import StandIn
from tests.routes import MODULE_PLACEHOLDER, PLACEHOLDER, Route, api_routes

SECRET = "Zanzibarium"
TEXT = f"{SECRET} launches project Quillfeather, says Ottoline Vance."


@dataclass(frozen=True)
class Other:
    """What globex has: ids of every kind, and words that only its data contain."""

    organization_id: UUID
    ids: dict[str, UUID]

    @property
    def marks(self) -> list[str]:
        return [SECRET, "Quillfeather", "Ottoline", str(self.organization_id), *map(str, self.ids.values())]


def _paths() -> list[Route]:
    return [route for route in api_routes() if PLACEHOLDER.search(route.path)]


OF_BILLING: list[Any] = [
    model
    for model in apps.get_app_config("billing").get_models()
    if any(field.name == "organization_id" for field in model._meta.get_fields())
]


def _body(**fields: Any) -> Callable[[Other], dict[str, Any]]:
    return lambda _: {"data": fields}


# What to send on routes without an id in the path. `None`: nothing of an organisation is behind it.
CALLS: dict[str, Callable[[Other], dict[str, Any]] | None] = {
    "GET /.well-known/jwks.json": None,
    "GET /api/v1/schema": None,
    "GET /docs": None,
    "GET /redoc": None,
    "GET /health": None,
    "GET /health/ready": None,
    "POST /api/v1/auth/email/verify": None,
    "POST /api/v1/auth/password/reset": None,
    "POST /api/v1/auth/password/reset/confirm": None,
    "POST /api/v1/auth/signup": None,
    "POST /api/v1/auth/token": None,
    "POST /api/v1/auth/token/refresh": None,
    "POST /api/v1/auth/token/verify": None,
    "GET /api/v1/auth/oauth": None,
    "GET /api/v1/auth/oauth/<slug:provider>/start": None,
    "GET /api/v1/auth/oauth/<slug:provider>/callback": None,
    "POST /api/v1/auth/oauth/signup": None,
    "POST /api/v1/auth/oauth/<slug:provider>/link": _body(next="/"),
    "GET /api/v1/auth/oauth/links": _body(),
    "POST /api/v1/auth/mfa/verify": None,
    "POST /api/v1/auth/mfa/passkey/options": None,
    "POST /api/v1/auth/passkey": None,
    "POST /api/v1/auth/passkey/options": None,
    "GET /api/v1/auth/mfa": _body(),
    "POST /api/v1/auth/mfa/totp": _body(),
    "DELETE /api/v1/auth/mfa/totp": _body(),
    "POST /api/v1/auth/mfa/totp/activate": _body(setup_token="x", code="000000"),
    "POST /api/v1/auth/mfa/passkeys/options": _body(),
    "POST /api/v1/auth/mfa/passkeys": _body(challenge_id="x", name="x", credential={"id": "x"}),
    "POST /api/v1/auth/mfa/recovery-codes": _body(),
    "POST /api/v1/auth/reauthenticate": _body(code="000000"),
    "POST /api/v1/auth/reauthenticate/options": _body(),
    "GET /api/v1/auth/me": lambda other: {"query": {"org_id": str(other.organization_id)}},
    "PATCH /api/v1/auth/me": _body(name="Globex"),
    "POST /api/v1/auth/me/delete": _body(confirm=OWNERS["globex"]),
    "GET /api/v1/auth/sessions": lambda _: {"query": {"limit": 100}},
    "POST /api/v1/auth/password/change": _body(current_password=PASSWORD, password="another battery 7"),
    "POST /api/v1/auth/email/verify/resend": _body(),
    "POST /api/v1/auth/email/change": _body(email=OWNERS["globex"]),
    "POST /api/v1/auth/email/change/confirm": None,
    "POST /api/v1/auth/email/change/cancel": None,
    "GET /api/v1/events/types": None,
    "GET /api/v1/events": lambda _: {"query": {"limit": 100}},
    "GET /api/v1/audit": lambda other: {"query": {"subject_id": str(other.ids["member"])}},
    "GET /api/v1/audit/export": lambda _: {"query": {"format": "csv"}},
    "POST /api/v1/audit/verify": _body(),
    "GET /api/v1/audit/keys": _body(),
    "GET /api/v1/webhooks": lambda _: {"query": {"limit": 100}},
    "POST /api/v1/webhooks": _body(url="https://127.0.0.1:1/hook"),
    "GET /api/v1/branding": lambda _: {},
    "GET /api/v1/status": lambda other: {"query": {"org_id": str(other.organization_id)}},
    "GET /api/v1/memory/health": lambda other: {"query": {"org_id": str(other.organization_id)}},
    "POST /api/v1/invitations/look": lambda other: {"data": {"key": str(other.ids["invitation"])}},
    "POST /api/v1/invitations/accept": lambda other: {"data": {"key": str(other.ids["invitation"])}},
    "POST /api/v1/orgs/current/delete": _body(confirm="globex"),
    "GET /api/v1/orgs/current/settings": lambda other: {"query": {"org_id": str(other.organization_id)}},
    "PATCH /api/v1/orgs/current/settings": _body(mfa_required=False),
    "GET /api/v1/orgs/current/members": lambda _: {"query": {"q": "globex", "limit": 100}},
    "POST /api/v1/orgs/current/ownership": lambda other: {"data": {"user_id": str(other.ids["member"])}},
    "GET /api/v1/orgs/current/roles": lambda _: {},
    "POST /api/v1/orgs/current/roles": _body(name="tester", permissions=["memory:read"]),
    "GET /api/v1/orgs/current/permissions": lambda _: {},
    "GET /api/v1/orgs/current/invitations": lambda _: {"query": {"limit": 100}},
    "POST /api/v1/orgs/current/invitations": _body(email="invited@globex.example", role="viewer"),
    "GET /api/v1/orgs/current/api-keys": lambda _: {"query": {"limit": 100}},
    "POST /api/v1/orgs/current/api-keys": _body(name="A key", scopes=["memory:read"]),
    "GET /api/v1/orgs/current/branding": lambda other: {"query": {"org_id": str(other.organization_id)}},
    "PATCH /api/v1/orgs/current/branding": _body(name="Acme", primary_color="#112233"),
    "PUT /api/v1/orgs/current/branding/logo": _body(),
    "DELETE /api/v1/orgs/current/branding/logo": _body(),
    "GET /api/v1/orgs/current/domains": lambda _: {},
    "POST /api/v1/orgs/current/domains": _body(domain="proven.globex.example"),
    "POST /api/v1/auth/logout": _body(),
    "POST /api/v1/auth/switch": lambda other: {"data": {"org_id": str(other.organization_id)}},
    "GET /api/v1/orgs": lambda other: {"query": {"org_id": str(other.organization_id)}},
    "POST /api/v1/orgs": _body(name="Globex"),
    "GET /api/v1/orgs/current": lambda other: {"query": {"id": str(other.organization_id)}},
    "PATCH /api/v1/orgs/current": _body(name="Globex", slug="globex"),
    # Everybody's.
    "GET /api/v1/billing/plans": None,
    "GET /api/v1/billing/subscription": lambda _: {},
    "POST /api/v1/billing/subscription/preview": _body(plan="starter"),
    "POST /api/v1/billing/subscription/change": _body(plan="starter"),
    "POST /api/v1/billing/subscription/cancel": _body(),
    "POST /api/v1/billing/subscription/resume": _body(),
    "POST /api/v1/billing/subscription/refresh": _body(),
    "GET /api/v1/billing/entitlements": lambda _: {},
    "POST /api/v1/billing/checkout": _body(plan="gold"),
    "POST /api/v1/billing/portal": _body(),
    "GET /api/v1/billing/settings": lambda _: {},
    "PATCH /api/v1/billing/settings": _body(billing_email="us@acme.example"),
    "GET /api/v1/billing/invoices": lambda _: {"query": {"limit": 100}},
    "GET /api/v1/billing/invoices/<str:invoice_id>": lambda _: {},
    "GET /api/v1/billing/quotas": lambda _: {},
    "GET /api/v1/billing/usage": lambda _: {"query": {"range": "700d", "group_by": "member"}},
    "GET /api/v1/billing/usage/export": lambda _: {"query": {"range": "700d"}},
    "GET /api/v1/billing/usage/events": lambda other: {
        "query": {"range": "700d", "user_id": str(other.ids["member"]), "meter": "memory_stores"}
    },
    "POST /api/v1/billing/usage/report": _body(id="12345678", meter="llm_tokens", quantity=1),
    "POST /api/v1/billing/reservations": _body(meter="llm_tokens", quantity=1),
    "GET /api/v1/billing/alerts": lambda _: {"query": {"limit": 100}},
    "GET /api/v1/billing/reconciliation": lambda _: {},
    # Whoever sends it, it names no organisation; what Stripe says is asked of Stripe.
    "POST /api/v1/billing/stripe/webhook": None,
    "GET /api/v1/memory": lambda _: {
        "query": {"cursor": cursor_encode("source", "", UUID(int=0).hex), "ordering": "source", "limit": 100}
    },
    "GET /api/v1/memory/facets": lambda _: {"query": {"metadata": "word", "q": SECRET}},
    "GET /api/v1/memory/digest": lambda other: {
        "query": {"since": "2000-01-01T00:00:00Z", "entity": str(other.ids["entity"])}
    },
    "GET /api/v1/memory/reviews": lambda other: {"query": {"status": "any", "entity": str(other.ids["entity"])}},
    "GET /api/v1/memory/diff": lambda _: {"query": {"from": "2000-01-01T00:00:00Z", "to": "2999-01-01T00:00:00Z"}},
    "GET /api/v1/memory/erasures": lambda _: {"query": {"limit": 100}},
    # The id is one of the other organisation's: it must be as unknown as one that nobody has.
    "POST /api/v1/memory/erasures": lambda other: {"data": {"ids": [str(other.ids["memory"])], "reason": "x"}},
    "GET /api/v1/memory/holds": lambda _: {"query": {"limit": 100}},
    "POST /api/v1/memory/holds": _body(name="Ours", filters={}),
    "GET /api/v1/memory/grants": lambda _: {"query": {"limit": 100}},
    "POST /api/v1/memory/grants": lambda other: {
        "data": {
            "principal_kind": "member",
            "principal_id": str(other.ids["member"]),
            "module": "unheard_of",
            "rights": ["read"],
            "purpose": "x",
        }
    },
    "GET /api/v1/memory/sharing": lambda _: {},
    "GET /api/v1/memory/retention": lambda _: {},
    "PUT /api/v1/memory/retention": _body(rules=[{"memory_type": None, "days": 1, "action": "erase"}]),
    "POST /api/v1/memory/archive": _body(all=True),
    # It says which of the ids it was given are unknown; tests/apps/memory/test_archive.py gives it another's.
    "POST /api/v1/memory/unarchive": None,
    "GET /api/v1/memory/archive/rules": lambda _: {},
    "PUT /api/v1/memory/archive/rules": _body(rules=[{"memory_type": None, "days": 1}]),
    "POST /api/v1/memory/bulk": _body(action="trash", all=True),
    "POST /api/v1/memory/store": _body(content="Something else.", external_id="shared-id"),
    "POST /api/v1/memory/store/batch": _body(items=[{"content": "Something else.", "external_id": "shared-id"}]),
    "GET /api/v1/memory/files": lambda _: {"query": {"limit": 100}},
    # What a link leads to is in the link; tests/apps/memory/test_downloads.py follows those of others.
    "GET /api/v1/memory/downloads": lambda _: {"query": {"token": "unknown"}},
    "GET /api/v1/memory/operations": lambda _: {"query": {"limit": 100}},
    "POST /api/v1/memory/export": _body(include_files=False),
    "GET /api/v1/memory/epochs": lambda _: {},
    "POST /api/v1/memory/epochs": _body(model=WORDS),
    # Ours has no former epoch, the other one has.
    "POST /api/v1/memory/epochs/rollback": _body(),
    "GET /api/v1/memory/exports": lambda _: {"query": {"limit": 100}},
    # An archive of globex's is anybody's who has it; without one there is nothing to name globex by.
    "POST /api/v1/memory/import": None,
    "GET /api/v1/memory/imports": lambda _: {"query": {"limit": 100}},
    "POST /api/v1/memory/search": _body(query=TEXT, limit=100, include_archived=True),
    "GET /api/v1/memory/entities/aliases": lambda _: {},
    # The id is one of the other organisation's: it must be as unknown as one that nobody has.
    "POST /api/v1/memory/explain": lambda other: {"data": {"query": TEXT, "memory_id": str(other.ids["memory"])}},
    "GET /api/v1/memory/insights": lambda _: {"query": {"as_of": "2999-01-01T00:00:00Z", "memory_types": "general"}},
    "GET /api/v1/memory/graph": lambda other: {"query": {"entity": str(other.ids["entity"]), "depth": 3}},
    "GET /api/v1/memory/graph/path": lambda other: {"query": {"from": SECRET, "to": str(other.ids["entity"])}},
    "GET /api/v1/memory/entities": lambda _: {
        "query": {"q": SECRET[:5], "cursor": cursor_encode("key", "", UUID(int=0).hex)}
    },
    "GET /api/v1/memory/map": lambda _: {"query": {}},
    "GET /api/v1/memory/context": lambda other: {"query": {"context": f"org_{other.organization_id}_context"}},
    "PATCH /api/v1/memory/context": _body(domain="retail"),
    "GET /api/v1/modules": lambda _: {"query": {"limit": 100}},
    "GET /api/v1/modules/schema": None,
    "POST /api/v1/modules": _body(module_id="globex_module"),
    # Modules are everybody's; what organisations have made of them is not (tests/apps/registry).
    "GET /api/v1/modules/<module_id:module_id>": lambda _: {},
    "DELETE /api/v1/modules/<module_id:module_id>": _body(),
    "POST /api/v1/modules/<module_id:module_id>/enable": _body(permissions_accepted=[]),
    "POST /api/v1/modules/<module_id:module_id>/disable": _body(),
    "GET /api/v1/modules/<module_id:module_id>/config": lambda _: {},
    "PUT /api/v1/modules/<module_id:module_id>/config": _body(config={}),
    "GET /api/v1/modules/<module_id:module_id>/health": lambda _: {},
    "POST /api/v1/modules/<module_id:module_id>/token": _body(),
}
# What a call with an id in its path needs in its body to get as far as looking for it.
PATH_BODIES = {
    "PATCH /api/v1/orgs/current/members/<uuid:user_id>": {"role": "viewer"},
    "POST /api/v1/memory/<uuid:memory_id>/supersede": {"by": None},
    "POST /api/v1/memory/reviews/<uuid:review_id>/decide": {"decision": "dismiss"},
}
# These refuse people before they look for anything.
MODULES_ONLY = ["POST /api/v1/billing/reservations/<uuid:reservation_id>/settle"]
# Ways to name another organisation that must not count.
FORGED_HEADERS = [
    lambda _: {"HTTP_HOST": "globex.localhost"},
    lambda _: {"HTTP_X_FORWARDED_HOST": "globex.localhost"},
    lambda other: {"HTTP_X_ORG_ID": str(other.organization_id)},
    lambda other: {"HTTP_X_ORGANIZATION_ID": str(other.organization_id)},
    lambda other: {"HTTP_X_TENANT": f"org_{other.organization_id.hex}"},
    lambda other: {"HTTP_X_SCHEMA_NAME": f"org_{other.organization_id.hex}"},
]


@pytest.fixture
def other(globex: Organization) -> Other:
    """Fill globex with a memory, a memory in the trash, a batch, and one of everything that members can make."""
    now = timezone.now()
    owner = Membership.objects.select_related("user", "organization").get(organization=globex, role=Role.OWNER)
    session_open(membership=owner, now=now)
    session = Session.objects.get(user=owner.user)
    principal = principal_of(owner, session=session)
    role = role_create(
        principal=principal,
        name=SECRET.lower(),
        title=SECRET,
        description=TEXT,
        permissions=["memory:read"],
        now=now,
    )
    key, _ = api_key_create(principal=principal, name=SECRET, scopes=["memory:read"], expires_at=None, now=now)
    invitation = invitation_create(
        principal=principal, email=f"{SECRET.lower()}@globex.example", role=role.name, now=now
    )
    domain = Domain.objects.create(tenant=globex, domain="proven.globex.example", verified_at=now, is_primary=False)
    branding_update(principal=principal, name=SECRET, primary_color="#abcdef", now=now)
    reservation, _ = reservation_make(
        organization_id=globex.id,
        meter=Meter.LLM_TOKENS,
        quantity=5,
        module=SECRET,
        user_id=owner.user_id,
        now=now,
    )
    settings_update(principal=principal, billing_email=f"{SECRET}@globex.example", now=now)
    QuotaWarning.objects.create(
        organization_id=globex.id, meter="api_calls", period="2026-01", percent=80, used=8, limit=10
    )
    Reconciliation.objects.create(
        organization_id=globex.id, meter=SECRET, period_start=now, period_end=now, ledger=1, aggregates=1
    )
    webhook, _ = endpoint_create(
        principal=principal, url=f"https://127.0.0.1/{SECRET}", description=SECRET, event_types=[], now=now
    )
    events_place()
    consumers_ensure()
    for name in consumers():
        consume(name)
    delivery = WebhookDelivery.objects.filter(endpoint=webhook)[0]
    with organization_scope(globex.id):
        stored = memory_store(
            organization_id=globex.id,
            item=StoreItem(content=TEXT, external_id="shared-id", metadata={"word": SECRET}),
            user_id=None,
            now=now,
        )
        memory_store(organization_id=globex.id, item=StoreItem(content=TEXT), user_id=None, now=now)
        reviews_find()
        review = Review.objects.get()
        trashed = memory_store(organization_id=globex.id, item=StoreItem(content=TEXT), user_id=None, now=now)
        memory_trash(reader=EVERYTHING, organization_id=globex.id, memory_id=trashed.memory_id, user_id=None, now=now)
        hold = hold_place(name=SECRET, reason=TEXT, filters={"memory_type": SECRET.lower()}, user_id=None, now=now)
        retention_set(rules=[{"memory_type": "note", "days": 90, "action": "trash"}], user_id=None, now=now)
        archive_rules_set(rules=[{"memory_type": "note", "days": 90}], user_id=None, now=now)
        archived = memory_store(organization_id=globex.id, item=StoreItem(content=TEXT), user_id=None, now=now)
        memories_archive(organization_id=globex.id, target=[archived.memory_id], user_id=None, now=now)
        gone = memory_store(organization_id=globex.id, item=StoreItem(content=TEXT), user_id=None, now=now)
        minilm = context_get().epoch_id
        words = epoch_start(model=WORDS, user_id=None, now=now)
        for share in range(FILL_SHARES):
            epoch_fill(epoch_id=words.id, share=share)
        epoch_switch(organization_id=globex.id, epoch_id=words.id, now=now)
        epoch_switch(organization_id=globex.id, epoch_id=minilm, now=now)
        erasure = memories_erase(
            organization_id=globex.id, target=[gone.memory_id], reason=SECRET, user_id=None, now=now
        )
        grant = Grant.objects.create(
            principal_kind="role",
            principal_id="member",
            module=SECRET.lower(),
            rights=["read"],
            purpose=TEXT,
            created_at=now,
        )
        operation = operation_create(organization_id=globex.id, rows=[{"content": TEXT}], user_id=None, now=now)
        file = file_keep(
            organization_id=globex.id,
            name=f"{SECRET}.txt",
            content=ContentFile(TEXT.encode()),
            user_id=None,
            now=now,
        )
        operation_create(organization_id=globex.id, files=[FileToRead(file)], user_id=None, now=now, name=SECRET)
        export = export_create(
            organization_id=globex.id,
            conditions={"q": SECRET},
            include_versions=True,
            include_files=True,
            user_id=None,
            now=now,
        )
        export_write(organization_id=globex.id, export_id=export.id, now=now)
        _, archive = export_fetch(export_id=export.id, now=now)
        with archive:
            brought = import_create(organization_id=globex.id, name=SECRET, content=archive, user_id=None, now=now)
        UsageEvent.objects.update(module=SECRET, user_id=owner.user_id)
        usage_rebuild(now=now)
        return Other(
            globex.id,
            {
                "memory": stored.memory_id,
                "erasure": erasure.id,
                "index epoch": words.id,
                "legal hold": hold.id,
                "grant": grant.id,
                "archived memory": archived.memory_id,
                "trashed memory": trashed.memory_id,
                "operation": operation.id,
                "file": file.id,
                "review": review.id,
                "export": export.id,
                "import": brought.id,
                "chunk": Chunk.objects.values_list("id", flat=True)[0],
                "entity": Entity.objects.values_list("id", flat=True)[0],
                "member": owner.user_id,
                "session": session.id,
                "role": role.id,
                "api key": key.id,
                "invitation": invitation.id,
                "domain": domain.id,
                "reservation": reservation.id,
                "webhook": webhook.id,
                "delivery": delivery.id,
            },
        )


def _snapshot(other: Other) -> str:
    members = User.objects.filter(memberships__organization_id=other.organization_id)
    of_accounts = [
        Organization.objects.filter(id=other.organization_id),
        members,
        Session.objects.filter(user__in=members),
        *(
            model.objects.filter(organization_id=other.organization_id)
            for model in (
                Membership,
                CustomRole,
                ApiKey,
                Invitation,
                Branding,
                WebhookEndpoint,
                WebhookDelivery,
                *OF_BILLING,
            )
        ),
        Domain.objects.filter(tenant_id=other.organization_id),
    ]
    accounts = "".join(serialize("json", rows.order_by("pk")) for rows in of_accounts)
    return accounts + _memory_snapshot(other)


def _memory_snapshot(other: Other) -> str:
    with organization_scope(other.organization_id):
        models = [model for model in apps.get_app_config("memory").get_models() if not model._meta.proxy]
        return "".join(serialize("json", model._default_manager.order_by("pk")) for model in models)


def _leaks(answer: Any, other: Other) -> list[str]:
    content = (answer.getvalue() if answer.streaming else answer.content).decode().lower()
    return [mark for mark in other.marks if mark.lower() in content]


def test_every_route_has_a_row() -> None:
    assert sorted(CALLS) == sorted(str(route) for route in api_routes() if not PLACEHOLDER.search(route.path))


@pytest.mark.parametrize("route", _paths(), ids=str)
def test_every_id_of_another_organisation_is_unknown(
    route: Route, other: Other, acme: Organization, client_of: ClientFactory
) -> None:
    client, before = client_of(acme, Role.OWNER), _snapshot(other)
    for kind, identifier in {**other.ids, "organisation": other.organization_id}.items():
        path = PLACEHOLDER.sub(str(identifier), route.path)
        body = json.dumps(PATH_BODIES.get(str(route), {}))
        answer = client.generic(route.method, path, body, content_type="application/json")
        assert (kind, answer.status_code) == (kind, 403 if str(route) in MODULES_ONLY else 404)
        assert _leaks(answer, other) == []
    assert _snapshot(other) == before


@pytest.mark.parametrize("route", [name for name, call in CALLS.items() if call is not None])
def test_no_call_reaches_another_organisation(
    route: str, other: Other, acme: Organization, client_of: ClientFactory, stand_in: StandIn, settings: Any
) -> None:
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_HOST = stand_in.secret_key, stand_in.api_host
    client, before = client_of(acme, Role.OWNER), _snapshot(other)
    make = CALLS[route]
    assert make is not None
    call, (method, path) = make(other), route.split(" ")
    path = MODULE_PLACEHOLDER.sub("unknown_module", path)
    answer = client.generic(
        method, path, json.dumps(call.get("data", {})), content_type="application/json", query_params=call.get("query")
    )
    assert answer.status_code < 500
    assert _leaks(answer, other) == []
    assert _snapshot(other) == before


@pytest.mark.parametrize("header", FORGED_HEADERS, ids=range(len(FORGED_HEADERS)))
def test_no_header_overrules_the_token(
    header: Callable[[Other], dict[str, str]],
    other: Other,
    acme: Organization,
    client_of: ClientFactory,
    settings: Any,
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    client = client_of(acme)
    for path in ("/api/v1/auth/me", "/api/v1/memory", "/api/v1/memory/context"):
        answer = client.get(path, **header(other))  # type: ignore[arg-type]  # headers are passed as extra arguments
        assert answer.status_code == 200
        assert _leaks(answer, other) == []


def test_searching_finds_ones_own_but_never_the_others(
    other: Other, acme: Organization, client_of: ClientFactory
) -> None:
    client = client_of(acme)
    own = client.post("/api/v1/memory/store", {"content": f"Our own note on {SECRET}."}, format="json").json()
    for search_type in ("neural", "conceptual", "knowledge", "hybrid"):
        body = {"query": f"{SECRET} Quillfeather", "search_type": search_type, "limit": 100}
        found = client.post("/api/v1/memory/search", body, format="json").json()["results"]
        assert {row["memory_id"] for row in found} <= {own["memory_id"]}


def test_filters_and_cursors_cannot_widen_the_answer(
    other: Other, acme: Organization, client_of: ClientFactory
) -> None:
    client = client_of(acme)
    client.post("/api/v1/memory/store", {"content": "Ours."}, format="json")
    for filters in (
        {"external_id": "shared-id"},
        {"metadata.word": SECRET},
        {"NOT": {"memory_type": "nothing"}},
        {"OR": [{"external_id": "shared-id"}, {"memory_type": "general"}]},
    ):
        answer = client.get("/api/v1/memory", query_params={"filters": json.dumps(filters), "limit": "100"})
        assert answer.status_code == 200
        assert _leaks(answer, other) == []
    for unknown in ("organization_id", "schema", "org_id", "context", "metadata"):
        answer = client.get("/api/v1/memory", query_params={"filters": json.dumps({unknown: "x"})})
        assert answer.status_code == 400


def test_one_idempotency_key_serves_two_organisations(
    other: Other, acme: Organization, globex: Organization, client_of: ClientFactory
) -> None:
    answers = [
        client_of(organization).post(
            "/api/v1/memory/store", {"content": f"For {organization.slug}."}, format="json", HTTP_IDEMPOTENCY_KEY="same"
        )
        for organization in (globex, acme)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["memory_id"] != answers[1].json()["memory_id"]


def test_the_fixture_has_something_to_leak(other: Other) -> None:
    with organization_scope(other.organization_id):
        assert Memory.objects.count() == 4
        assert Review.objects.count() == 1
        assert Operation.objects.count() == 2
        assert SourceFile.objects.count() == 1
    assert SECRET in _snapshot(other)
