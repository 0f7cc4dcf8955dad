"""Signing up, and proving the address."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from rest_framework.test import APIClient

from apps.accounts.models import Membership, Organization, User
from apps.core.models import Job
from apps.core.tenancy.schemas import schema_exists
from apps.core.tenancy.scope import organization_scope
from apps.memory.models import MemoryContext

pytestmark = pytest.mark.usefixtures("flush_redis")

BODY = {"email": "New@Person.example", "password": "correct horse 9", "org_name": "Fresh Start"}


def signup(client: APIClient, **changes: Any) -> Any:
    return client.post("/api/v1/auth/signup", {**BODY, **changes}, format="json")


def test_sign_up_makes_person_organisation_schema_and_context(anonymous: APIClient) -> None:
    answer = signup(anonymous, memory_domain="marketing")
    assert answer.status_code == 201
    body = answer.json()
    assert body["user"]["email"] == "new@person.example"
    assert body["org"]["slug"] == "fresh-start"
    organization = Organization.objects.get(id=body["org"]["id"])
    assert schema_exists(organization.schema_name)
    with organization_scope(organization.id):
        context = MemoryContext.objects.get()
    assert (context.name, context.domain) == (f"org_{organization.id}_context", "marketing")
    assert Membership.objects.get(organization=organization).role == "owner"
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {body['access']}")
    me = anonymous.get("/api/v1/auth/me").json()
    assert me["org"]["id"] == body["org"]["id"]
    assert me["subscription_tier"] == "free"
    assert me["user"]["email_verified"] is False
    assert me["memory_context"] == context.name


def test_an_address_signs_up_once_whatever_its_spelling(anonymous: APIClient) -> None:
    assert signup(anonymous).status_code == 201
    people, organizations = User.objects.count(), Organization.objects.count()
    answer = signup(anonymous, email="NEW@person.EXAMPLE", org_name="Another")
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
    assert (User.objects.count(), Organization.objects.count()) == (people, organizations)


def test_a_refused_sign_up_leaves_nothing(anonymous: APIClient) -> None:
    people, organizations = User.objects.count(), Organization.objects.count()
    answer = signup(anonymous, memory_domain="astrology")
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_domain")
    assert (User.objects.count(), Organization.objects.count()) == (people, organizations)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'org\\_%%'")
        assert cursor.fetchone()[0] == organizations


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"email": "nobody"}, "/email"),
        ({"email": "ä@example.com"}, "/email"),
        ({"email": "a" * 250 + "@example.com"}, "/email"),
        ({"password": "short"}, "/password"),
        ({"password": "password12"}, "/password"),
        ({"password": "new@person.example"}, "/password"),
        ({"password": "x" * 300}, "/password"),
        ({"org_name": ""}, "/org_name"),
        ({"org_name": "x" * 101}, "/org_name"),
        ({"org_name": "ab\u202ecd"}, "/org_name"),
        ({"org_name": "tab\tbed"}, "/org_name"),
        ({"org_name": ["a"]}, "/org_name"),
        ({"role": "owner"}, "/role"),
        ({"is_staff": True}, "/is_staff"),
    ],
)
def test_bad_input_is_named(changes: dict[str, Any], pointer: str, anonymous: APIClient) -> None:
    people = User.objects.count()
    answer = signup(anonymous, **changes)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert User.objects.count() == people


def test_two_organisations_of_one_name_get_different_short_names(anonymous: APIClient) -> None:
    first = signup(anonymous).json()["org"]["slug"]
    second = signup(anonymous, email="b@person.example").json()["org"]["slug"]
    assert first == "fresh-start"
    assert re.fullmatch(r"fresh-start-[0-9a-f]{6}", second)


@pytest.mark.parametrize(
    ("name", "slug"), [("日本", "organisation"), ("Ünïcode & Söhne", "unicode-sohne"), ("!!!", "organisation")]
)
def test_short_names_are_ascii(name: str, slug: str, anonymous: APIClient) -> None:
    assert signup(anonymous, org_name=name).json()["org"]["slug"] == slug


def test_the_mail_proves_the_address_once(anonymous: APIClient, run_jobs: Callable[[], int]) -> None:
    body = signup(anonymous).json()
    job = Job.objects.get(name="accounts.send_verification_mail")
    assert str(job.organization_id) == body["org"]["id"]
    run_jobs()
    assert mail.outbox[0].to == ["new@person.example"]
    key = str(mail.outbox[0].body).partition("/verify-email/")[2].split()[0]
    first = anonymous.post("/api/v1/auth/email/verify", {"key": key}, format="json")
    assert (first.status_code, first.json()) == (200, {"email": "new@person.example"})
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {body['access']}")
    assert anonymous.get("/api/v1/auth/me").json()["user"]["email_verified"] is True
    again = anonymous.post("/api/v1/auth/email/verify", {"key": key}, format="json")
    assert (again.status_code, again.json()["code"]) == (400, "invalid_verification_key")


def test_the_page_behind_the_link_asks_before_it_confirms(anonymous: APIClient, run_jobs: Callable[[], int]) -> None:
    signup(anonymous)
    run_jobs()
    path = "/verify-email/" + str(mail.outbox[0].body).partition("/verify-email/")[2].split()[0]
    assert b"Confirm address" in anonymous.get(path).content
    assert b"new@person.example is confirmed" in anonymous.post(path).content
    assert anonymous.post(path).status_code == 400


def test_sign_ups_from_one_address_are_limited(anonymous: APIClient) -> None:
    answers = [signup(anonymous, email=f"p{n}@person.example", memory_domain="astrology") for n in range(21)]
    assert [answer.status_code for answer in answers] == [400] * 20 + [429]
    assert answers[-1].json()["code"] == "rate_limited"
    assert int(answers[-1]["Retry-After"]) > 0
