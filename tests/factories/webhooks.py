"""A dispatcher that makes one round at a time, in the test's transaction."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import Membership, Organization
from apps.accounts.permissions import Role
from apps.accounts.services.sessions import session_open
from apps.accounts.tokens import access_token_verify
from apps.core.ids import new_id
from apps.core.types import Principal
from apps.events.services.consumers import consume, consumers_ensure
from apps.events.services.outbox import emit
from apps.events.services.places import events_place
from apps.events.types import SYSTEM
from apps.webhooks.adapters.sender import Sender
from apps.webhooks.models import WebhookEndpoint
from apps.webhooks.services.dispatch import test_finish, tests_claim, turn_finish, work_claim
from apps.webhooks.services.endpoints import endpoint_create
from apps.webhooks.types import Outcome, Work

Round = Callable[..., int]


def owner_of(organization: Organization) -> Principal:
    membership = Membership.objects.get(organization=organization, role=Role.OWNER)
    tokens = session_open(membership=membership, now=timezone.now())
    return access_token_verify(tokens.access)[0]


def happen(organization: Organization, *roles: str) -> None:
    """Let events happen, and have them queued for webhooks."""
    for role in roles:
        emit(
            "role.deleted",
            organization_id=organization.id,
            actor=SYSTEM,
            subject=("role", role),
            now=timezone.now(),
            role=role,
        )
    events_place()
    consumers_ensure()
    while consume("webhooks"):
        pass


def make(organization: Organization, url: str, *types: str) -> tuple[WebhookEndpoint, str]:
    return endpoint_create(
        principal=owner_of(organization), url=url, description="", event_types=types, now=timezone.now()
    )


@pytest.fixture
def deliver(db: None) -> Round:
    """Send what is due now, or at a later time: `deliver(later=timedelta(...))`; returns the number of turns."""

    async def send(works: list[Work]) -> list[tuple[Work, list[Outcome]]]:
        sender = Sender()

        async def turn(work: Work) -> tuple[Work, list[Outcome]]:
            outcomes = []
            for message in work.messages:
                outcomes.append(await sender.send(message, url=work.url, secrets=work.secrets, token=work.token))
                if not outcomes[-1].delivered:
                    break
            return work, outcomes

        try:
            return await asyncio.gather(*map(turn, works))
        finally:
            await sender.close()

    def deliver_now(*, later: timedelta = timedelta()) -> int:
        now: datetime = timezone.now() + later
        claim = new_id()
        works = [*tests_claim(claim=claim, count=50, now=now), *work_claim(claim=claim, count=50, now=now)]
        for work, outcomes in asyncio.run(send(works)):
            if work.is_test:
                test_finish(work=work, outcome=outcomes[0])
            else:
                turn_finish(work=work, outcomes=outcomes, now=now)
        return len(works)

    return deliver_now
