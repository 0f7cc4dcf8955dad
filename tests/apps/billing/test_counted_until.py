"""Until when the sums are complete: not beyond a transaction that may still commit."""

import time
from datetime import timedelta

import psycopg
from django.utils import timezone

from apps.accounts.models import Organization
from apps.billing.models import UsageAggregate
from apps.billing.selectors.usage import counted_until
from apps.billing.services.usage import usage_aggregate, usage_record
from apps.billing.types import Meter, Usage

# Transactions of other tests hold the sums back as long as they run.
HORIZON_SECONDS = 120.0


def test_a_transaction_that_still_runs_holds_it_back(committed_db: str) -> None:
    acme = Organization.objects.get(slug="acme")
    with psycopg.connect(committed_db) as other:
        other.execute("SELECT pg_current_xact_id()")
        began = other.execute("SELECT now()").fetchone()
        assert began is not None
        now = timezone.now()
        for name in ("after it began", "another"):
            usage_record(
                organization_id=acme.id, meter=Meter.MEMORY_STORES, quantity=1, usage=Usage("test"),
                source_ids=[name], now=now,
            )  # fmt: skip
        usage_aggregate(now=now + timedelta(seconds=5))
        assert not UsageAggregate.objects.filter(organization_id=acme.id).exists()
        held_back = counted_until()
        assert held_back is not None
        # Other tests on the server may have begun even earlier.
        assert held_back <= began[0]
        other.commit()
        committed = timezone.now()
    end = time.monotonic() + HORIZON_SECONDS
    while (until := counted_until()) is None or until < committed:
        assert time.monotonic() < end
        time.sleep(0.1)
        usage_aggregate(now=timezone.now())
    (hour,) = UsageAggregate.objects.filter(organization_id=acme.id, granularity="hour")
    assert (hour.quantity, hour.events) == (2, 2)
