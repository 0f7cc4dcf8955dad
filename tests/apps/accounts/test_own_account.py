"""What people do with their own account: name, password, address, sessions, deletion."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import EmailChange, Membership, Organization, Session, User
from apps.accounts.permissions import Role
from apps.accounts.services.deletion import due_purge
from apps.core.tenancy.schemas import schema_exists
from tests.apps.accounts.conftest import events, seconds_pass
from tests.factories.fixtures import ClientFactory
from tests.factories.organizations import OWNERS, PASSWORD

pytestmark = pytest.mark.usefixtures("flush_redis")
ME = "/api/v1/auth/me"
NEW_PASSWORD = "quite another battery"
NEW_EMAIL = "moved@acme.example"

Mailed = Callable[[str], str]


def bearer(tokens: Any) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
    return client


def sign_in(email: str, password: str = PASSWORD, **headers: Any) -> Any:
    body = {"email": email, "password": password}
    return APIClient().post("/api/v1/auth/token", body, format="json", headers=headers)


# --- Name and password ---


def test_a_name_is_changed_and_plain(owner: Any) -> None:
    assert owner.patch(ME, {"name": "Ada Acme"}, format="json").json()["name"] == "Ada Acme"
    assert owner.get(ME).json()["user"]["name"] == "Ada Acme"
    assert owner.patch(ME, {"name": "A\u202eda"}, format="json").status_code == 400
    assert owner.patch(ME, {"is_staff": True, "name": "x"}, format="json").status_code == 400
    assert len(events("user.updated")) == 1


def test_another_password_ends_all_other_sessions(owner: Any, mailed: Mailed) -> None:
    other = bearer(sign_in(owner.user.email).json())
    body = {"current_password": PASSWORD, "password": NEW_PASSWORD}
    answer = owner.post("/api/v1/auth/password/change", body, format="json")
    assert answer.status_code == 200
    seconds_pass()
    assert other.get(ME).status_code == 401
    assert owner.get(ME).status_code == 200
    assert bearer(answer.json()).get(ME).status_code == 200
    assert sign_in(owner.user.email).status_code == 401
    assert sign_in(owner.user.email, NEW_PASSWORD).status_code == 200
    assert mailed(owner.user.email) == "forgot-password"


def test_the_present_password_is_asked_for_and_the_new_one_is_strong(owner: Any) -> None:
    change = "/api/v1/auth/password/change"
    for body, pointer in (
        ({"password": NEW_PASSWORD}, "/current_password"),
        ({"password": NEW_PASSWORD, "current_password": "wrong wrong 1"}, "/current_password"),
        ({"password": "short", "current_password": PASSWORD}, "/password"),
    ):
        answer = owner.post(change, body, format="json")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    assert sign_in(owner.user.email).status_code == 200


def test_guessing_the_present_password_is_limited(owner: Any) -> None:
    body = {"password": NEW_PASSWORD, "current_password": "wrong wrong 1"}
    answers = [owner.post("/api/v1/auth/password/change", body, format="json").status_code for _ in range(8)]
    assert answers == [400] * 5 + [429] * 3


def test_who_has_no_password_yet_sets_one_with_a_fresh_proof(owner: Any, settings: Any) -> None:
    owner.user.set_unusable_password()
    owner.user.save()
    assert owner.get(ME).json()["user"]["has_password"] is False
    settings.RECENT_PROOF_SECONDS = -1
    refused = owner.post("/api/v1/auth/password/change", {"password": NEW_PASSWORD}, format="json")
    assert refused.json()["code"] == "reauthentication_required"
    settings.RECENT_PROOF_SECONDS = 900
    assert owner.post("/api/v1/auth/password/change", {"password": NEW_PASSWORD}, format="json").status_code == 200
    assert sign_in(owner.user.email, NEW_PASSWORD).status_code == 200


# --- Address ---


def ask(client: Any, email: str = NEW_EMAIL) -> Any:
    return client.post("/api/v1/auth/email/change", {"email": email}, format="json")


def key_of(path: str) -> str:
    return path.removeprefix("confirm-email/").partition("?")[0]


def confirm(key: str) -> Any:
    return APIClient().post("/api/v1/auth/email/change/confirm", {"key": key}, format="json")


def cancel(key: str) -> Any:
    return APIClient().post("/api/v1/auth/email/change/cancel", {"key": key}, format="json")


def test_an_address_changes_once_the_new_one_confirms(owner: Any, mailed: Mailed) -> None:
    old = owner.user.email
    assert ask(owner).status_code == 204
    assert owner.get(ME).json()["user"]["pending_email"] == NEW_EMAIL
    key = key_of(mailed(NEW_EMAIL))
    assert owner.get(ME).json()["user"]["email"] == old
    assert confirm(key).json() == {"email": NEW_EMAIL}
    user = owner.get(ME).json()["user"]
    assert (user["email"], user["email_verified"], user["pending_email"]) == (NEW_EMAIL, True, None)
    assert sign_in(old).status_code == 401
    assert sign_in(NEW_EMAIL).status_code == 200
    assert confirm(key).json()["code"] == "invalid_email_change"


def test_the_old_address_stops_a_change_even_after_it(owner: Any, mailed: Mailed) -> None:
    old = owner.user.email
    ask(owner)
    stop, go = mailed(old), key_of(mailed(NEW_EMAIL))
    assert stop.endswith("?action=cancel")
    assert confirm(go).status_code == 200
    assert cancel(key_of(stop)).status_code == 204
    seconds_pass()
    assert owner.get(ME).status_code == 401
    assert User.objects.get(id=owner.user.id).email == old
    assert sign_in(old).status_code == 200


def test_a_stopped_change_cannot_be_confirmed(owner: Any, mailed: Mailed) -> None:
    ask(owner)
    go = key_of(mailed(NEW_EMAIL))
    assert cancel(key_of(mailed(owner.user.email))).status_code == 204
    assert confirm(go).json()["code"] == "invalid_email_change"
    assert User.objects.get(id=owner.user.id).email == owner.user.email


def test_keys_serve_one_purpose_and_one_wish(owner: Any, mailed: Mailed) -> None:
    ask(owner)
    first, stop = key_of(mailed(NEW_EMAIL)), key_of(mailed(owner.user.email))
    assert confirm(stop).status_code == 400
    assert cancel(first).status_code == 400
    ask(owner, "elsewhere@acme.example")
    assert confirm(first).status_code == 400
    EmailChange.objects.update(expires_at=timezone.now())
    assert confirm(key_of(mailed("elsewhere@acme.example"))).status_code == 400
    for nonsense in ("x", "é", "a" * 200, "1.1~x"):
        assert confirm(nonsense).status_code == 400


def test_an_address_in_use_is_told_to_its_owner_only(owner: Any, mailed: Mailed) -> None:
    answer = ask(owner, OWNERS["globex"])
    assert (answer.status_code, answer.content) == (204, b"")
    mailed(owner.user.email)
    (message,) = [one for one in mail.outbox if one.to == [OWNERS["globex"]]]
    assert "http" not in message.body
    # The link that confirms it was sent to nobody.
    assert EmailChange.objects.get().confirmed_at is None


def test_an_address_taken_meanwhile_is_refused(owner: Any, mailed: Mailed) -> None:
    ask(owner)
    key = key_of(mailed(NEW_EMAIL))
    User.objects.create_user(NEW_EMAIL, PASSWORD)
    assert confirm(key).json()["code"] == "email_taken"
    assert User.objects.get(id=owner.user.id).email == owner.user.email


def test_a_change_of_address_needs_a_fresh_proof(owner: Any, settings: Any) -> None:
    settings.RECENT_PROOF_SECONDS = -1
    assert ask(owner).json()["code"] == "reauthentication_required"
    assert not EmailChange.objects.exists()


def test_the_verification_mail_comes_again_until_it_is_confirmed(owner: Any, mailed: Mailed) -> None:
    resend = "/api/v1/auth/email/verify/resend"
    assert owner.post(resend).status_code == 409
    owner.user.emailaddress_set.update(verified=False)
    assert owner.post(resend).status_code == 204
    key = mailed(owner.user.email).removeprefix("verify-email/")
    assert APIClient().post("/api/v1/auth/email/verify", {"key": key}, format="json").status_code == 200
    assert owner.get(ME).json()["user"]["email_verified"] is True
    assert len(events("user.email_verified")) == 1
    owner.user.emailaddress_set.update(verified=False)
    assert [owner.post(resend).status_code for _ in range(10)][-1] == 429


# --- Sessions ---


def test_sessions_tell_device_place_and_which_one_this_is(owner: Any) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
    there = bearer(sign_in(owner.user.email, **{"User-Agent": agent}).json())
    rows = there.get("/api/v1/auth/sessions").json()
    assert rows["total"] == 2
    assert [(row["current"], row["device"], row["browser"]) for row in rows["results"]] == [
        (True, "Linux", "Chrome 126"),
        (False, "", ""),
    ]
    assert rows["results"][0]["ip"] == "127.0.0.1"


def test_one_session_is_ended_from_another(owner: Any) -> None:
    there = bearer(sign_in(owner.user.email).json())
    assert there.get(ME).status_code == 200
    (session,) = [row["id"] for row in owner.get("/api/v1/auth/sessions").json()["results"] if not row["current"]]
    assert owner.delete(f"/api/v1/auth/sessions/{session}").status_code == 204
    seconds_pass()
    assert there.get(ME).status_code == 401
    assert owner.get(ME).status_code == 200
    assert owner.delete(f"/api/v1/auth/sessions/{session}").status_code == 404


def test_signing_out_ends_the_access_token_too(owner: Any) -> None:
    owner.post("/api/v1/auth/logout", {"refresh": owner.tokens.refresh}, format="json")
    seconds_pass()
    assert owner.get(ME).status_code == 401


def test_switching_goes_on_in_the_same_session(owner: Any, globex: Organization) -> None:
    Membership.objects.create(user=owner.user, organization=globex, role=Role.VIEWER)
    tokens = owner.post("/api/v1/auth/switch", {"org_id": str(globex.id)}, format="json").json()
    assert Session.objects.filter(user=owner.user).count() == 1
    assert bearer(tokens).get(ME).json()["org"]["slug"] == "globex"


# --- Deletion ---


def test_an_account_is_deleted_after_its_grace_with_what_is_only_theirs(anonymous: APIClient, mailed: Mailed) -> None:
    body = {"email": "leaving@x.example", "password": PASSWORD, "org_name": "Alone"}
    made = anonymous.post("/api/v1/auth/signup", body, format="json").json()
    organization = Organization.objects.get(id=made["org"]["id"])
    leaving = bearer(made)
    assert leaving.post(f"{ME}/delete", {"confirm": "someone@else.example"}, format="json").status_code == 400
    answer = leaving.post(f"{ME}/delete", {"confirm": "Leaving@x.example"}, format="json")
    assert answer.status_code == 200
    seconds_pass()
    assert leaving.get(ME).status_code == 401
    assert mailed("leaving@x.example") == "sign-in"
    now = timezone.now()
    assert due_purge(now=now + timedelta(days=13)) == (0, 0)
    assert due_purge(now=now + timedelta(days=15)) == (1, 1)
    assert not User.objects.filter(email="leaving@x.example").exists()
    assert not schema_exists(str(organization.schema_name))
    assert due_purge(now=now + timedelta(days=15)) == (0, 0)


def test_signing_in_again_keeps_the_account(owner: Any, acme: Organization) -> None:
    Membership.objects.filter(organization=acme).exclude(user=owner.user).delete()
    assert owner.post(f"{ME}/delete", {"confirm": owner.user.email}, format="json").status_code == 200
    back = bearer(sign_in(owner.user.email).json())
    assert back.get(ME).json()["user"]["delete_after"] is None
    assert due_purge(now=timezone.now() + timedelta(days=15)) == (0, 0)
    assert len(events("user.deletion_cancelled")) == 1


def test_nobody_leaves_others_without_an_owner(owner: Any, acme: Organization, client_of: ClientFactory) -> None:
    client_of(acme, Role.MEMBER)
    answer = owner.post(f"{ME}/delete", {"confirm": owner.user.email}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "sole_owner")
    assert [one["slug"] for one in answer.json()["organizations"]] == ["acme"]
    assert User.objects.get(id=owner.user.id).delete_after is None


def test_an_organisation_is_closed_at_once_and_deleted_later(
    owner: Any, acme: Organization, globex: Organization, client_of: ClientFactory, run_jobs: Callable[[], int]
) -> None:
    admin: Any = client_of(acme, Role.ADMIN)
    url = "/api/v1/orgs/current"
    assert admin.post(f"{url}/delete", {"confirm": "acme"}, format="json").status_code == 403
    assert owner.post(f"{url}/delete", {"confirm": "globex"}, format="json").status_code == 400
    secret = owner.post(f"{url}/api-keys", {"name": "k", "scopes": ["memory:read"]}, format="json").json()["secret"]
    assert owner.post(f"{url}/delete", {"confirm": "acme"}, format="json").status_code == 200
    seconds_pass()
    assert [client.get(ME).status_code for client in (owner, admin)] == [401, 401]
    assert APIClient().get("/api/v1/memory", headers={"X-API-Key": secret}).status_code == 401
    assert sign_in(owner.user.email).json()["code"] == "no_organization"
    run_jobs()
    assert {address for one in mail.outbox for address in one.to} >= {admin.user.email, owner.user.email}
    schema = str(acme.schema_name)
    assert due_purge(now=timezone.now() + timedelta(days=29)) == (0, 0)
    assert schema_exists(schema)
    assert due_purge(now=timezone.now() + timedelta(days=31)) == (0, 1)
    assert not schema_exists(schema)
    assert not Organization.objects.filter(slug="acme").exists()
    assert Organization.objects.filter(slug="globex").exists()
