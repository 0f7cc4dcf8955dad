"""A webhook tells what whoever made it may read: not what modules keep to themselves."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import ApiKey, Membership, Organization
from apps.accounts.selectors.memberships import member_principal
from apps.accounts.services.api_keys import api_key_create
from apps.accounts.services.roles import role_create
from apps.core.tenancy.scope import organization_scope
from apps.core.types import Principal
from apps.memory.engine.reader import PrincipalKind, Right
from apps.memory.models import Grant
from apps.memory.services.grants import grant_make, grant_revoke
from apps.memory.services.memories import memory_store
from apps.memory.types import GrantOffer, StoreItem
from apps.webhooks.models import WebhookDelivery, WebhookEndpoint
from apps.webhooks.services.endpoints import endpoint_create
from tests.factories.fixtures import ClientFactory
from tests.factories.receivers import Receiver
from tests.factories.webhooks import Round, happen, make, owner_of

Receivers = Callable[[], Receiver]
ROLE = "integrator"


def remember(organization: Organization, module: str = "") -> str:
    with organization_scope(organization.id):
        item = StoreItem(content=f"A text of {module or 'people'}, {timezone.now()}.", module=module)
        stored = memory_store(organization_id=organization.id, item=item, user_id=None, now=timezone.now())
    return str(stored.memory_id)


def told(receiver: Receiver) -> list[str]:
    subjects = [one.content["data"]["subject"] for one in receiver.got]
    return [subject["id"] for subject in subjects if subject["kind"] == "memory"]


def listen(principal: Principal, receiver: Receiver) -> WebhookEndpoint:
    endpoint, _ = endpoint_create(
        principal=principal, url=receiver.url, description="", event_types=["memory.stored"], now=timezone.now()
    )
    return endpoint


def open_to_role(organization: Organization) -> Grant:
    offer = GrantOffer(
        principal_kind=PrincipalKind.ROLE, principal_id=ROLE, module="causal", rights=[Right.READ], purpose="To see"
    )
    with organization_scope(organization.id):
        return grant_make(organization_id=organization.id, offer=offer, user_id=None, now=timezone.now())


@pytest.fixture
def integrator(acme: Organization, client_of: ClientFactory) -> Any:
    """Sign in a member who looks after webhooks and reads what every member reads."""
    permissions = ["memory:read", "webhooks:read", "webhooks:write"]
    role_create(
        principal=owner_of(acme), name=ROLE, title="", description="", permissions=permissions, now=timezone.now()
    )
    return client_of(acme, ROLE)


@pytest.fixture
def principal(acme: Organization, integrator: Any) -> Principal:
    found = member_principal(user_id=integrator.user.id, organization_id=acme.id)
    assert found is not None
    return found


def test_it_tells_what_its_maker_may_read_while_they_may(
    acme: Organization, principal: Principal, receivers: Receivers, deliver: Round
) -> None:
    owners, integrators = receivers(), receivers()
    make(acme, owners.url, "memory.stored")
    listen(principal, integrators)

    def happened(*modules: str) -> list[str]:
        ids = [remember(acme, module) for module in modules]
        happen(acme)
        deliver()
        return ids

    closed, public = happened("causal", "")
    assert (told(owners), told(integrators)) == ([closed, public], [public])
    grant = open_to_role(acme)
    (granted,) = happened("causal")
    assert told(integrators) == [public, granted]

    # What waits is looked at again when it is sent.
    remember(acme, "causal")
    happen(acme)
    with organization_scope(acme.id):
        grant_revoke(grant_id=grant.id, user_id=None, now=timezone.now())
    deliver()
    assert told(integrators) == [public, granted]
    assert WebhookDelivery.objects.get(status="exhausted").reason == "closed"

    Membership.objects.filter(user_id=principal.user_id).delete()
    happened("")
    assert (len(told(owners)), told(integrators)) == (5, [public, granted])


def test_bodies_are_shown_to_those_who_may_read_them(
    acme: Organization, integrator: Any, principal: Principal, receivers: Receivers, client_of: ClientFactory
) -> None:
    theirs, _ = make(acme, receivers().url, "memory.stored")
    ours = listen(principal, receivers())
    for module in ("causal", ""):
        remember(acme, module)
    happen(acme)

    def shown(asker: APIClient, webhook: WebhookEndpoint) -> object:
        first = webhook.deliveries.order_by("sequence")[0]
        return asker.get(f"/api/v1/webhooks/deliveries/{first.id}").json()["payload"]

    assert (shown(integrator, theirs), shown(integrator, ours) is not None) == (None, True)
    assert shown(client_of(acme), theirs) is not None


def test_whoever_turns_it_to_another_address_reads_with_their_own_rights(
    acme: Organization, integrator: Any, receivers: Receivers, deliver: Round
) -> None:
    owners, elsewhere = receivers(), receivers()
    webhook, _ = make(acme, owners.url, "memory.stored")
    changed = integrator.patch(f"/api/v1/webhooks/{webhook.id}", {"url": elsewhere.url}, format="json")
    assert (changed.status_code, changed.json()["created_by"]) == (200, str(integrator.user.id)), changed.content
    remember(acme, "causal")
    public = remember(acme)
    happen(acme)
    deliver()
    assert (told(owners), told(elsewhere)) == ([], [public])


@pytest.mark.parametrize("scopes", [["webhooks:write"], ["webhooks:write", "memory:read"]])
def test_that_of_a_key_reads_as_the_key_does(
    acme: Organization, receivers: Receivers, deliver: Round, scopes: list[str]
) -> None:
    is_told, now = "memory:read" in scopes, timezone.now()
    key, secret = api_key_create(principal=owner_of(acme), name="Hooks", scopes=scopes, expires_at=None, now=now)
    receiver = receivers()
    body = {"url": receiver.url, "event_types": ["memory.stored"]}
    made = APIClient().post("/api/v1/webhooks", body, format="json", HTTP_X_API_KEY=secret)
    assert made.status_code == 201, made.content
    remember(acme, "causal")
    public = [remember(acme)]
    happen(acme)
    deliver()
    assert told(receiver) == (public if is_told else [])
    ApiKey.objects.filter(id=key.id).update(revoked_at=now)
    remember(acme)
    happen(acme)
    deliver()
    assert told(receiver) == (public if is_told else [])


def test_what_is_wrong_in_one_organisation_holds_up_no_other(
    acme: Organization, globex: Organization, principal: Principal, receivers: Receivers, deliver: Round
) -> None:
    ours, theirs = receivers(), receivers()
    webhook = listen(principal, ours)
    make(globex, theirs.url, "memory.stored")
    remember(acme, "causal")
    remember(acme)
    other = remember(globex)
    happen(acme)
    grant = open_to_role(acme)
    with organization_scope(acme.id):
        Grant.objects.filter(id=grant.id).update(filters={"nothing of the kind": 1})
    deliver()
    assert (told(ours), told(theirs)) == ([], [other])
    assert webhook.deliveries.get().status == "pending"
