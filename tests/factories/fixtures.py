"""Fixtures that all tests share."""

from collections.abc import Callable, Iterator

import pytest
from celery import current_app
from django.core.cache import caches
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.keys import key_ring_forget
from apps.accounts.models import Membership, Organization, User
from apps.accounts.permissions import Role
from apps.accounts.services.sessions import session_open
from apps.accounts.services.users import user_create
from apps.core.models import Job
from apps.core.tenancy.scope import organization_scope, public_scope
from tests.factories.organizations import PASSWORD

ClientFactory = Callable[..., APIClient]


@pytest.fixture(autouse=True)
def _scope() -> Iterator[None]:
    """Work in the public scope, as an operator's command does; requests and jobs open their own."""
    with public_scope():
        yield


@pytest.fixture(autouse=True)
def _fresh_caches() -> Iterator[None]:
    caches["process"].clear()
    key_ring_forget()
    yield
    caches["process"].clear()
    key_ring_forget()


@pytest.fixture
def acme(db: None) -> Organization:
    organization: Organization = Organization.objects.get(slug="acme")
    return organization


@pytest.fixture
def globex(db: None) -> Organization:
    organization: Organization = Organization.objects.get(slug="globex")
    return organization


@pytest.fixture
def in_acme(acme: Organization) -> Iterator[Organization]:
    """The test runs inside acme's scope."""
    with organization_scope(acme.id):
        yield acme


@pytest.fixture
def client_of(db: None) -> ClientFactory:
    """Make an API client that is signed in as a new member: `client_of(organization, role)`, custom roles by name."""

    def make(organization: Organization, role: str = Role.OWNER) -> APIClient:
        number = User.objects.count()
        user = user_create(email=f"{role}{number}@{organization.slug}.example", password=PASSWORD, verified=True)
        membership = Membership.objects.create(user=user, organization=organization, role=role)
        tokens = session_open(membership=membership, now=timezone.now())
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.access}")
        client.user, client.tokens = user, tokens  # type: ignore[attr-defined]  # handy for tests that need more than calls
        return client

    return make


@pytest.fixture
def anonymous(db: None) -> APIClient:
    return APIClient(raise_request_exception=False)


@pytest.fixture
def run_jobs(db: None) -> Callable[[], int]:
    """Run every queued job as a worker would, those that jobs enqueue included; returns how many ran."""

    # A worker does this when it starts.
    current_app.loader.import_default_modules()

    def run() -> int:
        count = 0
        while job := Job.objects.filter(status=Job.Status.QUEUED).order_by("created_at").first():
            current_app.tasks[job.name](job_id=str(job.id))
            count += 1
        return count

    return run


@pytest.fixture
def flush_redis() -> Iterator[None]:
    """Start with empty rate limits."""
    caches["default"].clear()
    yield
    caches["default"].clear()
