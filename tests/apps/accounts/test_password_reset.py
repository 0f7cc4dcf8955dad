"""A forgotten password: a mail for those who have an account, the same answer for everybody."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from rest_framework.test import APIClient

from apps.accounts.models import Organization, Session, User
from apps.accounts.services.passwords import password_reset_key
from apps.core.models import Job
from tests.factories.fixtures import ClientFactory
from tests.factories.organizations import PASSWORD

URL = "/api/v1/auth/password/reset"
NEW = "a quite new password 7"
RunJobs = Callable[[], int]


def reset(client: APIClient, key: str, password: str = NEW) -> Any:
    return client.post(f"{URL}/confirm", {"key": key, "password": password}, format="json")


def sign_in(client: APIClient, email: str, password: str) -> int:
    return int(client.post("/api/v1/auth/token", {"email": email, "password": password}, format="json").status_code)


@pytest.fixture
def owner(acme: Organization) -> User:
    return User.objects.get(memberships__organization=acme, memberships__role="owner")


def test_the_link_of_the_mail_sets_a_password_once(anonymous: APIClient, owner: User, run_jobs: RunJobs) -> None:
    assert anonymous.post(URL, {"email": owner.email.upper()}, format="json").status_code == 204
    run_jobs()
    (message,) = mail.outbox
    assert message.to == [owner.email]
    found = re.search(r"/reset-password/(\S+)", str(message.body))
    assert found is not None
    assert reset(anonymous, found[1]).status_code == 204
    assert sign_in(anonymous, owner.email, NEW) == 200
    again = reset(anonymous, found[1], "yet another password 8")
    assert (again.status_code, again.json()["code"]) == (400, "invalid_reset_key")
    assert sign_in(anonymous, owner.email, NEW) == 200


def test_an_unknown_address_gets_the_same_answer_and_no_mail(anonymous: APIClient, run_jobs: RunJobs) -> None:
    assert anonymous.post(URL, {"email": "nobody@example.com"}, format="json").status_code == 204
    # As many rows as for a known one: neither takes longer.
    assert Job.objects.filter(name="accounts.send_password_reset_mail").count() == 1
    run_jobs()
    assert mail.outbox == []


def test_a_reset_ends_every_session(
    anonymous: APIClient,
    acme: Organization,
    client_of: ClientFactory,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    signed_in = client_of(acme)
    user: User = signed_in.user  # type: ignore[attr-defined]  # set by the fixture
    assert signed_in.get("/api/v1/auth/me").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        assert reset(anonymous, password_reset_key(user=user)).status_code == 204
    assert not Session.objects.filter(user=user, revoked_at=None).exists()
    assert signed_in.get("/api/v1/auth/me").status_code == 401


@pytest.mark.parametrize("key", ["x", "", ".", "00000000000000000000000000000000.abc-def", "\x00.a"])
def test_a_wrong_key_is_refused(anonymous: APIClient, key: str) -> None:
    assert reset(anonymous, key).status_code == 400


def test_the_key_of_another_person_is_refused(anonymous: APIClient, owner: User, globex: Organization) -> None:
    other = User.objects.get(memberships__organization=globex, memberships__role="owner")
    token = password_reset_key(user=owner).partition(".")[2]
    assert reset(anonymous, f"{other.id.hex}.{token}").status_code == 400


def test_a_weak_password_is_refused_and_the_link_still_holds(anonymous: APIClient, owner: User) -> None:
    key = password_reset_key(user=owner)
    weak = reset(anonymous, key, "password12")
    assert (weak.status_code, weak.json()["errors"][0]["pointer"]) == (400, "/password")
    assert sign_in(anonymous, owner.email, PASSWORD) == 200


@pytest.mark.usefixtures("flush_redis")
def test_so_many_mails_and_no_more(anonymous: APIClient, owner: User) -> None:
    answers = [anonymous.post(URL, {"email": owner.email}, format="json").status_code for _ in range(6)]
    assert answers == [204] * 5 + [429]
