"""A webhook tells what whoever made it may read: not what modules keep to themselves."""

from collections.abc import Callable
from uuid import UUID

from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Membership, Organization
from apps.accounts.selectors.memberships import member_principal
from apps.accounts.services.roles import role_create
from apps.core.tenancy.scope import organization_scope
from apps.memory.engine.reader import PrincipalKind, Right
from apps.memory.services.grants import grant_make, grant_revoke
from apps.memory.services.memories import memory_store
from apps.memory.types import GrantOffer, StoreItem
from apps.webhooks.models import WebhookDelivery, WebhookEndpoint
from apps.webhooks.services.endpoints import endpoint_create
from tests.factories.fixtures import ClientFactory
from tests.factories.receivers import Receiver
from tests.factories.webhooks import Round, happen, make, owner_of


def remember(organization: Organization, module: str) -> str:
    with organization_scope(organization.id):
        item = StoreItem(content=f"A text of {module or 'people'}, {timezone.now()}.", module=module)
        stored = memory_store(organization_id=organization.id, item=item, user_id=None, now=timezone.now())
    return str(stored.memory_id)


def told(receiver: Receiver) -> list[str]:
    subjects = [one.content["data"]["subject"] for one in receiver.got]
    return [subject["id"] for subject in subjects if subject["kind"] == "memory"]


def test_it_tells_what_its_maker_may_read_and_after_they_left_what_everybody_may(
    acme: Organization, client_of: ClientFactory, receivers: Callable[[], Receiver], deliver: Round
) -> None:
    role_create(
        principal=owner_of(acme),
        name="integrator",
        title="",
        description="",
        permissions=["memory:read", "webhooks:read", "webhooks:write"],
        now=timezone.now(),
    )
    client = client_of(acme, "integrator")
    maker: UUID = client.user.id  # type: ignore[attr-defined]  # the fixture sets it
    principal = member_principal(user_id=maker, organization_id=acme.id)
    assert principal is not None
    owners, integrators = receivers(), receivers()
    theirs, _ = make(acme, owners.url, "memory.stored")
    ours, _ = endpoint_create(
        principal=principal, url=integrators.url, description="", event_types=["memory.stored"], now=timezone.now()
    )

    def happened(*modules: str) -> list[str]:
        ids = [remember(acme, module) for module in modules]
        happen(acme)
        deliver()
        return ids

    closed, public = happened("causal", "")
    assert told(owners) == [closed, public]
    assert told(integrators) == [public]

    def shown(asker: APIClient, webhook: WebhookEndpoint) -> object:
        first = webhook.deliveries.order_by("sequence")[0]
        return asker.get(f"/api/v1/webhooks/deliveries/{first.id}").json()["payload"]

    assert (shown(client, theirs), shown(client, ours) is not None) == (None, True)
    assert shown(client_of(acme), theirs) is not None

    offer = GrantOffer(
        principal_kind=PrincipalKind.ROLE,
        principal_id="integrator",
        module="causal",
        rights=[Right.READ],
        purpose="To see",
    )
    with organization_scope(acme.id):
        opened = grant_make(organization_id=acme.id, offer=offer, user_id=None, now=timezone.now())
    (granted,) = happened("causal")
    assert told(integrators) == [public, granted]

    # What waits is looked at again when it is sent.
    remember(acme, "causal")
    happen(acme)
    with organization_scope(acme.id):
        grant_revoke(grant_id=opened.id, user_id=None, now=timezone.now())
    deliver()
    assert told(integrators) == [public, granted]
    assert WebhookDelivery.objects.get(status="exhausted").reason == "closed"

    Membership.objects.filter(user_id=maker).delete()
    _, last = happened("causal", "")
    assert told(integrators) == [public, granted, last]
    assert len(told(owners)) == 6
