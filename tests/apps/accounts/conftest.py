"""What tests of accounts share."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.cache import caches

from apps.accounts.models import Membership, Organization
from apps.accounts.permissions import Role
from apps.events.models import OutboxEvent
from tests.factories.fixtures import ClientFactory

LINK = re.compile(r"http://localhost:8000/(\S+)")


@pytest.fixture
def owner(acme: Organization, client_of: ClientFactory) -> Any:
    """The only owner of acme, signed in."""
    client: Any = client_of(acme, Role.OWNER)
    Membership.objects.filter(organization=acme, role=Role.OWNER).exclude(user=client.user).delete()
    return client


@pytest.fixture
def mailed(run_jobs: Callable[[], int]) -> Callable[[str], str]:
    """Run the jobs and return the path of the link in the newest mail to an address."""

    def newest(email: str) -> str:
        run_jobs()
        message = next(one for one in reversed(mail.outbox) if one.to == [email])
        found = LINK.search(str(message.body))
        assert found is not None, message.body
        return found.group(1)

    return newest


def events(name: str) -> list[OutboxEvent]:
    return list(OutboxEvent.objects.filter(name=name).order_by("id"))


def seconds_pass() -> None:
    """Let what a process may believe for five seconds be over."""
    caches["process"].clear()
