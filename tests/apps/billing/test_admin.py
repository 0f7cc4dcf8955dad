"""Operators' pages of billing."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Organization, User
from apps.billing.models import CreditGrant, Entitlement, Plan, PlanOverride, PlanVersion, UsageEvent
from apps.billing.selectors.entitlements import entitlements_read
from apps.billing.services.quotas import quota_use
from apps.billing.types import Meter, Usage
from apps.core.models import Job
from apps.events.models import OutboxEvent

PAGES = [
    "plan", "feature", "subscription", "entitlement", "planoverride", "creditgrant", "usagecounter", "usageevent",
    "usageaggregate", "reconciliation", "meterreport", "quotawarning", "stripeevent",
]  # fmt: skip


@pytest.fixture
def operator(db: None) -> Client:
    user = User.objects.create(email="op@liftos.example", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.mark.parametrize("page", PAGES)
def test_each_page_opens_and_searches(page: str, operator: Client, acme: Organization) -> None:
    usage = Usage("test", "1", operation="search.hybrid")
    quota_use(organization_id=acme.id, meter=Meter.MEMORY_SEARCHES, quantity=1, usage=usage, now=timezone.now())
    url = reverse(f"admin:billing_{page}_changelist")
    assert operator.get(url).status_code == 200
    assert operator.get(url, {"q": str(acme.id)}).status_code == 200


def test_the_ledger_is_found_by_the_request(operator: Client, acme: Organization) -> None:
    usage = Usage("test", "1", operation="search.hybrid")
    quota_use(organization_id=acme.id, meter=Meter.MEMORY_SEARCHES, quantity=1, usage=usage, now=timezone.now())
    UsageEvent.objects.update(request_id="request-0042")
    answer = operator.get(reverse("admin:billing_usageevent_changelist"), {"q": "request-0042"})
    assert b"search.hybrid" in answer.content
    assert b"Acme" in answer.content


def test_a_plan_is_given_with_a_reason_and_ended(operator: Client, acme: Organization) -> None:
    fields = {"organization_id": str(acme.id), "plan": "professional", "feature": "", "limit": "", "reason": "A pilot"}
    answer = operator.post(reverse("admin:billing_planoverride_add"), {**fields, "ends_at_0": "", "ends_at_1": ""})
    assert answer.status_code == 302, answer.content
    assert entitlements_read(organization_id=acme.id).plan == "professional"
    given = PlanOverride.objects.get(plan="professional")
    assert (given.created_by, given.reason) == ("op@liftos.example", "A pilot")
    operator.post(
        reverse("admin:billing_planoverride_changelist"), {"action": "end", "_selected_action": [str(given.id)]}
    )
    assert entitlements_read(organization_id=acme.id).plan == "free"
    names = OutboxEvent.objects.filter(actor_kind="operator").order_by("id").values_list("name", flat=True)
    assert [name for name in names if name.startswith("override")] == ["override.given", "override.ended"]


def test_an_override_without_anything_is_refused(operator: Client, acme: Organization) -> None:
    fields = {"organization_id": str(acme.id), "plan": "", "feature": "", "limit": "", "reason": "Nothing"}
    answer = operator.post(reverse("admin:billing_planoverride_add"), {**fields, "ends_at_0": "", "ends_at_1": ""})
    assert answer.status_code == 200
    assert b"Choose either a plan, or a feature with its limit." in answer.content


def test_a_credit_is_recorded_and_handed_over(operator: Client, acme: Organization) -> None:
    fields = {"organization_id": str(acme.id), "amount_cents": "500", "reason": "Sorry"}
    assert operator.post(reverse("admin:billing_creditgrant_add"), fields).status_code == 302
    assert CreditGrant.objects.get().created_by == "op@liftos.example"
    assert Job.objects.filter(name="billing.grant_credit").exists()


def test_an_edited_plan_becomes_a_version(operator: Client, acme: Organization, run_jobs: Any) -> None:
    plan = Plan.objects.get(code="free")
    url = reverse("admin:billing_plan_change", args=["free"])
    form = operator.get(url).context["adminform"].form
    data = {name: value for name, value in form.initial.items() if value is not None}
    formsets = operator.get(url).context["inline_admin_formsets"]
    for one in formsets:
        formset = one.formset
        data |= {
            f"{formset.management_form.prefix}-{key}": value for key, value in formset.management_form.initial.items()
        }
        for row in formset.initial_forms:
            data |= {row.add_prefix(name): value for name, value in row.initial.items() if value is not None}
            data[row.add_prefix("id")] = row.instance.pk
    place = next(name for name, value in data.items() if value == "modules" and name.endswith("-feature"))
    data[place.replace("-feature", "-limit")] = "6"
    answer = operator.post(url, data)
    assert answer.status_code == 302, answer.context["errors"] if answer.context else answer.content
    run_jobs()
    assert PlanVersion.objects.get(plan=plan).changed_by == "op@liftos.example"
    assert entitlements_read(organization_id=acme.id).of("modules").limit == 6
    assert Entitlement.objects.get(organization_id=acme.id).plan_id == "free"
