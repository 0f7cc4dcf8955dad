"""Tests of events begin without those that tell of the organisations that all tests share."""

import pytest

from apps.events.models import EventHead, OutboxEvent


@pytest.fixture
def no_events(request: pytest.FixtureRequest) -> None:
    """In the test's transaction, or in its own database where it has one."""
    if "committed_db" not in request.fixturenames:
        request.getfixturevalue("db")
    OutboxEvent.objects.all().delete()
    EventHead.objects.all().delete()
