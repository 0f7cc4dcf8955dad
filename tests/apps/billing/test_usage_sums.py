"""The ledger's sums and what is told of them to Stripe: nothing twice, nothing lost, and differences are found."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.models import Max, Sum
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import Organization
from apps.billing.models import (
    MeterReport,
    Reconciliation,
    Subscription,
    UsageAggregate,
    UsageEvent,
    UsageWatermark,
)
from apps.billing.services.customers import customer_ensure
from apps.billing.services.reports import usage_reconcile, usage_report
from apps.billing.services.usage import usage_aggregate, usage_rebuild, usage_record
from apps.billing.types import Meter, Usage
from apps.core.tenancy.scope import public_scope
from apps.events.models import OutboxEvent
from tests.factories.stripe import StandIn

CALLS, STORES = Meter.API_CALLS, Meter.MEMORY_STORES
HORIZON_SECONDS = 120.0
numbers = itertools.count()


@pytest.fixture
def acme(committed_db: str) -> Organization:
    found: Organization = Organization.objects.get(slug="acme")
    return found


def count(
    organization: Organization, quantity: int, *, meter: Meter = CALLS, at: datetime | None = None, operation: str = ""
) -> None:
    usage_record(
        organization_id=organization.id,
        meter=meter,
        quantity=quantity,
        usage=Usage("test", operation=operation),
        source_ids=[str(next(numbers))],
        now=at or timezone.now(),
    )


def add_up(*, now: datetime | None = None) -> None:
    """Bring everything that is committed into the sums: transactions of other tests on the server hold that up."""
    end = time.monotonic() + HORIZON_SECONDS
    while True:
        usage_aggregate(now=now or timezone.now())
        newest = UsageEvent.objects.aggregate(newest=Max("transaction"))["newest"] or 0
        if UsageWatermark.objects.get().transaction > newest:
            return
        assert time.monotonic() < end
        time.sleep(0.1)


Sums = dict[tuple[Any, ...], tuple[int, int]]


def sums() -> Sums:
    columns = ("organization_id", "granularity", "starts_at", "meter", "module", "user_id", "operation")
    return {
        tuple(row[:-2]): (row[-2], row[-1])
        for row in UsageAggregate.objects.values_list(*columns, "quantity", "events")
    }


def sums_of_ledger() -> Sums:
    """Return what the sums have to be, counted here row by row."""
    quantities: Counter[tuple[Any, ...]] = Counter()
    events: Counter[tuple[Any, ...]] = Counter()
    for row in UsageEvent.objects.all():
        hour = row.occurred_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        starts = {"hour": hour, "day": hour.replace(hour=0), "month": hour.replace(hour=0, day=1)}
        for granularity, moment in starts.items():
            key = (row.organization_id, granularity, moment, row.meter, row.module, row.user_id, row.operation)
            quantities[key] += row.quantity
            events[key] += 1
    return {key: (quantities[key], events[key]) for key in events}


def test_a_row_of_a_transaction_that_is_still_open_is_added_later_and_once(
    committed_db: str, acme: Organization
) -> None:
    with psycopg.connect(committed_db) as slow:
        slow.execute(
            "INSERT INTO public.billing_usageevent"
            " (id, organization_id, meter, quantity, source, source_id, occurred_at)"
            " VALUES (gen_random_uuid(), %s, 'api_calls', 5, 'slow', '1', now())",
            [acme.id],
        )
        # Committed earlier, with a later number.
        count(acme, 1)
        usage_aggregate(now=timezone.now())
        assert sums() == {}
        mark = UsageWatermark.objects.get().transaction
        slow.commit()
    add_up()
    assert UsageWatermark.objects.get().transaction > mark
    assert sums() == sums_of_ledger()
    assert UsageAggregate.objects.filter(granularity="hour").aggregate(sum=Sum("quantity"))["sum"] == 6
    add_up()
    assert sums() == sums_of_ledger()


def test_many_writers_and_two_who_add_up_at_once(committed_db: str, acme: Organization) -> None:
    ended = threading.Event()

    def write(writer: int) -> None:
        with psycopg.connect(committed_db) as own:
            for number in range(40):
                own.execute(
                    "INSERT INTO public.billing_usageevent"
                    " (id, organization_id, meter, quantity, source, source_id, operation, occurred_at)"
                    " SELECT gen_random_uuid(), %s, 'api_calls', n, 'writer', %s || '-' || n, 'x',"
                    " timestamptz '2026-03-01 00:30Z' + n * interval '20 minutes' FROM generate_series(1, 5) AS n",
                    [acme.id, f"{writer}-{number}"],
                )
                if number % 7 == writer % 7:
                    own.rollback()
                else:
                    time.sleep(0.002 * writer)
                    own.commit()

    def add() -> None:
        try:
            with public_scope():
                while not ended.is_set():
                    usage_aggregate(now=timezone.now())
        finally:
            connection.close()

    adding = [threading.Thread(target=add) for _ in range(2)]
    for thread in adding:
        thread.start()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    ended.set()
    for thread in adding:
        thread.join()
    add_up()
    assert UsageEvent.objects.count() > 900
    assert sums() == sums_of_ledger()


moments = st.datetimes(datetime(2026, 2, 27), datetime(2026, 3, 3), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone
rows = st.tuples(moments, st.sampled_from([CALLS, STORES]), st.integers(-3, 9), st.sampled_from(["", "a", "b"]))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(rows, max_size=6), max_size=5))
def test_sums_do_not_depend_on_order_or_batches(
    acme: Organization, batches: Sequence[Sequence[tuple[datetime, Meter, int, str]]]
) -> None:
    UsageEvent.objects.all().delete()
    UsageAggregate.objects.all().delete()
    for batch in batches:
        for at, meter, quantity, operation in batch:
            count(acme, quantity, meter=meter, at=at, operation=operation)
        add_up()
    assert sums() == sums_of_ledger()
    usage_rebuild(now=timezone.now())
    assert sums() == sums_of_ledger()
    # Nothing that was there is added again afterwards.
    count(acme, 4)
    add_up()
    assert sums() == sums_of_ledger()


def test_after_a_restore_into_another_server_the_sums_are_made_anew(acme: Organization) -> None:
    count(acme, 3)
    count(acme, 4, meter=STORES)
    add_up()
    # As a dump brings them to a server whose numbers are far behind.
    ahead = 10**12
    UsageEvent.objects.update(transaction=ahead)
    UsageWatermark.objects.update(transaction=ahead + 1)
    # One that the old server had not added up yet.
    count(acme, 5)
    UsageEvent.objects.filter(quantity=5).update(transaction=ahead + 2)
    usage_aggregate(now=timezone.now())
    assert UsageWatermark.objects.get().transaction < ahead
    assert sums() == sums_of_ledger()
    count(acme, 6)
    add_up()
    assert sums() == sums_of_ledger()


@pytest.fixture
def customer(billing: StandIn, acme: Organization) -> Organization:
    """Acme as a customer of the stand-in, from the beginning of this hour on."""
    call_command("sync_plans", as_json=True, stdout=StringIO())
    customer_ensure(organization_id=acme.id, now=timezone.now())
    return acme


@pytest.fixture
def at_stripe(billing: StandIn) -> Callable[..., int]:
    meters = {one.event_name: one.id for one in billing.client.v1.billing.meters.list().data}

    def read(organization: Organization, meter: Meter = CALLS) -> int:
        now = int(time.time())
        found = billing.client.v1.billing.meters.event_summaries.list(
            meters[meter.value],
            {
                "customer": customer_id(organization),
                "start_time": now - now % 60 - 7200,
                "end_time": now - now % 60 + 3600,
            },
        )
        return round(sum(one.aggregated_value for one in found.data))

    return read


def customer_id(organization: Organization) -> str:
    return str(Subscription.objects.get(organization_id=organization.id).stripe_customer_id)


def report() -> int:
    add_up()
    return usage_report(now=timezone.now())


def test_stripe_is_told_of_growth_and_of_corrections(customer: Organization, at_stripe: Callable[..., int]) -> None:
    count(customer, 10)
    assert (report(), at_stripe(customer)) == (1, 10)
    assert (report(), at_stripe(customer)) == (0, 10)
    count(customer, 5)
    count(customer, 2, meter=STORES)
    assert (report(), at_stripe(customer), at_stripe(customer, STORES)) == (2, 15, 2)
    # Taken back: work that was not done.
    count(customer, -4)
    assert (report(), at_stripe(customer)) == (1, 11)
    told = MeterReport.objects.filter(meter=CALLS).order_by("hour", "revision")
    assert [(one.revision, one.quantity) for one in told][-3:] in (
        [(1, 10), (2, 5), (3, -4)],
        # The hour has turned meanwhile.
        [(1, 10), (1, 5), (2, -4)],
        [(1, 10), (2, 5), (1, -4)],
    )
    assert usage_reconcile(now=timezone.now()) == []


def test_what_was_used_before_there_was_a_customer_is_not_told(
    customer: Organization, at_stripe: Callable[..., int]
) -> None:
    metered_from = Subscription.objects.get(organization_id=customer.id).metered_from
    assert metered_from is not None
    count(customer, 7, at=metered_from - timedelta(minutes=1))
    assert report() == 0
    assert usage_reconcile(now=timezone.now()) == []


def test_a_crash_between_sending_and_noting_it_counts_nothing_twice(
    customer: Organization, billing: StandIn, at_stripe: Callable[..., int]
) -> None:
    count(customer, 10)
    assert report() == 1
    # As if the process had died before it wrote down that it was sent.
    MeterReport.objects.update(sent_at=None)
    count(customer, 1)
    # The same report has the time of another second then.
    time.sleep(1.1)
    assert report() == 2
    assert not MeterReport.objects.filter(sent_at=None).exists()
    assert at_stripe(customer) == 11
    # Even when Stripe has forgotten the request, it knows the event.
    one = MeterReport.objects.earliest("id")
    with pytest.raises(Exception, match="already exists with identifier"):
        billing.client.v1.billing.meter_events.create(
            {
                "event_name": CALLS.value,
                "payload": {"stripe_customer_id": customer_id(customer), "value": "10"},
                "identifier": one.identifier,
            }
        )
    assert at_stripe(customer) == 11


def test_two_who_report_at_once_tell_it_once(customer: Organization, at_stripe: Callable[..., int]) -> None:
    count(customer, 10)
    count(customer, 3, meter=STORES)
    add_up()

    def tell(_: int) -> int:
        try:
            with public_scope():
                return usage_report(now=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(tell, range(4))) >= 2
    assert (at_stripe(customer), at_stripe(customer, STORES)) == (10, 3)
    assert MeterReport.objects.count() == 2


def test_a_report_that_stripe_refuses_holds_up_no_other(
    customer: Organization, billing: StandIn, at_stripe: Callable[..., int]
) -> None:
    globex = Organization.objects.get(slug="globex")
    customer_ensure(organization_id=globex.id, now=timezone.now())
    # A customer that Stripe does not know.
    Subscription.objects.filter(organization_id=globex.id).update(stripe_customer_id="cus_unknown")
    count(globex, 4)
    add_up()
    count(customer, 10)
    assert report() == 1
    assert at_stripe(customer) == 10
    refused = MeterReport.objects.get(sent_at=None)
    assert refused.organization_id == globex.id
    assert usage_reconcile(now=timezone.now(), organization_ids=[globex.id]) == []
    assert Reconciliation.objects.get(organization_id=globex.id).stripe is None


def differing(organization_id: UUID) -> list[tuple[str, int, int, int | None, int | None]]:
    return [
        (row.meter, row.ledger, row.aggregates, row.reported, row.stripe)
        for row in usage_reconcile(now=timezone.now(), organization_ids=[organization_id])
    ]


def test_what_is_on_its_way_is_no_difference(customer: Organization) -> None:
    count(customer, 10)
    assert report() == 1
    # Added up and not told yet; and not even added up.
    count(customer, 5)
    add_up()
    count(customer, 2)
    assert differing(customer.id) == []
    row = Reconciliation.objects.get(organization_id=customer.id)
    assert (row.ledger, row.aggregates, row.reported, row.stripe) == (15, 15, 15, 15)
    assert not OutboxEvent.objects.filter(name="usage.difference").exists()


def test_differences_of_every_kind_are_found_and_told(customer: Organization, billing: StandIn) -> None:
    count(customer, 10)
    count(customer, 3, meter=STORES)
    report()
    assert differing(customer.id) == []

    # A row of the ledger was altered.
    UsageEvent.objects.filter(meter=CALLS).update(quantity=8)
    assert differing(customer.id) == [("api_calls", 8, 10, 10, 10)]
    told = OutboxEvent.objects.get(name="usage.difference")
    assert (told.organization_id, told.data["ledger"], told.data["stripe"]) == (customer.id, 8, 10)
    UsageEvent.objects.filter(meter=CALLS).update(quantity=10)
    assert differing(customer.id) == []

    # Stripe has got an event from somebody else.
    billing.client.v1.billing.meter_events.create(
        {
            "event_name": CALLS.value,
            "payload": {"stripe_customer_id": customer_id(customer), "value": "6"},
            "identifier": "foreign",
        }
    )
    assert differing(customer.id) == [("api_calls", 10, 10, 10, 16)]
    with pytest.raises(CommandError, match="differ"):
        call_command("reconcile_usage", as_json=True, stdout=StringIO())


@pytest.mark.parametrize("granularity", ["hour", "day", "month"])
def test_a_sum_that_was_lost_is_found_and_made_again(customer: Organization, granularity: str) -> None:
    count(customer, 10)
    report()
    UsageAggregate.objects.filter(granularity=granularity).delete()
    ((meter, ledger, aggregates, reported, _),) = differing(customer.id)
    assert (meter, ledger, aggregates, reported) == ("api_calls", 10, 0, 10)
    call_command("reconcile_usage", rebuild=True, as_json=True, stdout=StringIO())
    assert differing(customer.id) == []
    assert sums() == sums_of_ledger()


def test_all_sums_lost_are_found_too(customer: Organization) -> None:
    count(customer, 10)
    report()
    UsageAggregate.objects.all().delete()
    assert [(row[1], row[2]) for row in differing(customer.id)] == [(10, 0)]


def test_the_month_that_has_just_ended_is_looked_at_once_more(acme: Organization) -> None:
    begins = datetime(2026, 4, 1, tzinfo=UTC)
    count(acme, 10, at=begins - timedelta(minutes=1))
    add_up()
    UsageEvent.objects.update(quantity=9)
    for hours, found in ((1, [9]), (23, [9]), (25, [])):
        rows = usage_reconcile(now=begins + timedelta(hours=hours))
        assert [row.ledger for row in rows] == found


def test_the_watermark_is_one_row_whoever_comes_first(acme: Organization) -> None:
    count(acme, 1)

    def add(_: int) -> int:
        try:
            with public_scope():
                return usage_aggregate(now=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add, range(6)))
    add_up()
    assert UsageWatermark.objects.count() == 1
    assert sums() == sums_of_ledger()
