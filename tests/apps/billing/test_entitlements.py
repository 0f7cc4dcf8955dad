"""What holds for an organisation, and how it follows what has changed."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import Organization, User
from apps.accounts.permissions import Role
from apps.accounts.services.memberships import membership_add
from apps.accounts.services.users import user_create
from apps.billing.exceptions import QuotaExceeded
from apps.billing.models import Entitlement, Plan, PlanModule, PlanOverride, PlanVersion, Subscription
from apps.billing.selectors.entitlements import entitlements_read
from apps.billing.services.entitlements import entitlement_refresh, entitlements_refresh_due
from apps.billing.services.overrides import override_end, override_give
from apps.billing.services.plans import plan_version_keep
from apps.events.models import OutboxEvent
from apps.events.types import SYSTEM
from tests.factories.billing import plan_limits_set
from tests.factories.fixtures import ClientFactory
from tests.factories.organizations import PASSWORD


def give(organization: Organization, **what: Any) -> PlanOverride:
    override = PlanOverride(organization_id=organization.id, reason="A reason", created_by="op", **what)
    override_give(override=override, actor=SYSTEM, now=timezone.now())
    return override


def test_a_plan_can_be_given_for_a_while(acme: Organization) -> None:
    now = timezone.now()
    give(acme, plan_id="professional", ends_at=now + timedelta(days=1))
    held = entitlements_read(organization_id=acme.id)
    assert (held.plan, held.of("memory_searches").limit) == ("professional", 10_000)
    assert entitlements_refresh_due(now=now + timedelta(hours=23)) == 0
    assert entitlements_refresh_due(now=now + timedelta(days=1)) == 1
    assert entitlements_read(organization_id=acme.id).plan == "free"
    names = list(OutboxEvent.objects.filter(organization_id=acme.id).order_by("id").values_list("name", flat=True))
    assert names[-3:] == ["override.given", "entitlements.changed", "entitlements.changed"]


def test_a_smaller_plan_takes_nothing_from_what_is_paid_for(acme: Organization) -> None:
    Subscription.objects.filter(organization_id=acme.id).update(plan_id="enterprise", status="active")
    give(acme, plan_id="starter")
    assert entitlements_read(organization_id=acme.id).plan == "enterprise"


def test_one_limit_can_be_given_and_ended(acme: Organization) -> None:
    override = give(acme, feature_id="modules", limit=7)
    version = entitlements_read(organization_id=acme.id).version
    assert entitlements_read(organization_id=acme.id).of("modules").limit == 7
    override_end(override=override, actor=SYSTEM, now=timezone.now())
    after = entitlements_read(organization_id=acme.id)
    assert (after.of("modules").limit, after.version) == (1, version + 1)


def test_an_override_is_of_a_plan_or_of_a_feature(acme: Organization) -> None:
    for what in ({}, {"plan_id": "starter", "feature_id": "users"}, {"plan_id": "starter", "limit": 3}):
        with pytest.raises(IntegrityError), transaction.atomic():
            give(acme, **what)


def test_computing_anew_without_a_change_changes_nothing(acme: Organization) -> None:
    before = Entitlement.objects.values().get(organization_id=acme.id)
    entitlement_refresh(organization_id=acme.id, now=timezone.now())
    assert Entitlement.objects.values().get(organization_id=acme.id) == before


@pytest.mark.parametrize(
    ("status", "plan"),
    [
        ("trialing", "starter"),
        ("active", "starter"),
        ("past_due", "starter"),
        ("unpaid", "free"),
        ("paused", "free"),
        ("incomplete", "free"),
        ("canceled", "free"),
    ],
)
def test_what_is_paid_holds(status: str, plan: str, acme: Organization) -> None:
    now = timezone.now()
    Subscription.objects.filter(organization_id=acme.id).update(plan_id="starter", status=status, past_due_since=now)
    assert entitlement_refresh(organization_id=acme.id, now=now).plan_id == plan


def test_a_changed_plan_is_kept_as_a_version_and_reaches_all_who_have_it(acme: Organization, run_jobs: Any) -> None:
    plan = Plan.objects.get(code="free")
    now = timezone.now()
    assert plan_version_keep(plan=plan, actor=SYSTEM, changed_by="op", now=now)
    assert not plan_version_keep(plan=plan, actor=SYSTEM, changed_by="op", now=now)
    plan.features.filter(feature_id="modules").update(limit=4)
    assert plan_version_keep(plan=plan, actor=SYSTEM, changed_by="op", now=now)
    run_jobs()
    assert entitlements_read(organization_id=acme.id).of("modules").limit == 4
    versions = PlanVersion.objects.filter(plan=plan).order_by("version")
    assert [(one.version, one.content["features"][5]["feature"]) for one in versions] == [
        (1, "modules"),
        (2, "modules"),
    ]
    assert [one.content["features"][5]["limit"] for one in versions] == [1, 4]


def test_modules_are_treated_as_the_plan_says(acme: Organization) -> None:
    PlanModule.objects.create(plan_id="free", module_id="lift_causal", is_included=False)
    PlanModule.objects.create(plan_id="free", module_id="lift_llm", calls_per_month=10)
    entitlement_refresh(organization_id=acme.id, now=timezone.now())
    held = entitlements_read(organization_id=acme.id)
    assert not held.module("lift_causal").is_included
    assert held.module("lift_llm").calls_per_month == 10
    assert held.module("another").is_included


def test_people_have_room_or_not(acme: Organization, client_of: ClientFactory) -> None:
    PlanOverride.objects.filter(organization_id=acme.id).delete()
    plan_limits_set("free", users=3)
    owner = client_of(acme)
    invite = {"email": "third@acme.example", "role": Role.MEMBER}
    assert owner.post("/api/v1/orgs/current/invitations", invite, format="json").status_code == 201
    # The invitation holds the last seat.
    refused = owner.post("/api/v1/orgs/current/invitations", {**invite, "email": "d@acme.example"}, format="json")
    body = refused.json()
    assert (refused.status_code, body["code"], body["meter"]) == (402, "quota_exceeded", "users")
    assert body["available_in"] == ["starter", "professional", "enterprise"]
    joiner: User = user_create(email="x@acme.example", password=PASSWORD, verified=True)
    membership_add(user=joiner, organization=acme, role=Role.MEMBER, now=timezone.now())
    late: User = user_create(email="y@acme.example", password=PASSWORD, verified=True)
    with pytest.raises(QuotaExceeded):
        membership_add(user=late, organization=acme, role=Role.MEMBER, now=timezone.now())
