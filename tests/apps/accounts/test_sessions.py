"""Signing in, rotating, signing out, switching; and the limits against guessing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.core.cache import caches
from django.db.models import F
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.exceptions import InvalidToken, RefreshTokenReused
from apps.accounts.models import Membership, Organization, RefreshToken, Session, User
from apps.accounts.permissions import Role
from apps.accounts.selectors.memberships import membership_find
from apps.accounts.services.memberships import membership_add, membership_role_change
from apps.accounts.services.sessions import session_open, session_rotate
from apps.core.tenancy.scope import public_scope
from tests.factories.fixtures import ClientFactory
from tests.factories.organizations import OWNERS, PASSWORD

pytestmark = pytest.mark.usefixtures("flush_redis")


def sign_in(client: APIClient, **changes: Any) -> Any:
    body = {"email": OWNERS["acme"], "password": PASSWORD, **changes}
    return client.post("/api/v1/auth/token", body, format="json")


def refresh(client: APIClient, token: str | None = None) -> Any:
    return client.post("/api/v1/auth/token/refresh", {} if token is None else {"refresh": token}, format="json")


def test_signing_in_gives_the_documented_claims(acme: Organization, anonymous: APIClient) -> None:
    tokens = sign_in(anonymous, email=OWNERS["acme"].upper()).json()
    claims = jwt.decode(
        tokens["access"],
        jwt.PyJWK(anonymous.get("/.well-known/jwks.json").json()["keys"][0]).key,
        algorithms=["EdDSA"],
        audience="liftos",
    )
    owner = User.objects.get(email=OWNERS["acme"])
    session = Session.objects.get(user=owner)
    assert claims | {"exp": 0, "iat": 0, "jti": ""} == {
        "sub": str(owner.id),
        "org_id": str(acme.id),
        "email": OWNERS["acme"],
        "roles": ["owner"],
        "permissions": [
            "audit:read",
            "billing:read",
            "billing:write",
            "events:read",
            "keys:read",
            "keys:write",
            "members:read",
            "members:write",
            "memory:admin",
            "memory:export",
            "memory:read",
            "memory:write",
            "modules:read",
            "modules:write",
            "org:admin",
            "org:read",
            "org:write",
            "webhooks:read",
            "webhooks:write",
        ],
        "memory_context": f"org_{acme.id}_context",
        "subscription_tier": "free",
        "pv": Membership.objects.get(user=owner).permission_version,
        "sid": str(session.id),
        "auth_time": int(session.authenticated_at.timestamp()),
        "amr": ["pwd"],
        "iss": "http://localhost:8000",
        "aud": "liftos",
        "token_type": "access",
        "exp": 0,
        "iat": 0,
        "jti": "",
    }
    assert claims["exp"] - claims["iat"] == 900


@pytest.mark.parametrize(
    "changes", [{"password": "wrong wrong 1"}, {"email": "nobody@acme.example"}, {"password": PASSWORD.upper()}]
)
def test_wrong_credentials_get_one_answer(changes: dict[str, str], acme: Organization, anonymous: APIClient) -> None:
    answer = sign_in(anonymous, **changes)
    body = answer.json()
    assert (answer.status_code, body["code"]) == (401, "invalid_credentials")
    assert body["detail"] == "The address or the password is wrong."


def test_an_inactive_person_cannot_sign_in(acme: Organization, anonymous: APIClient) -> None:
    User.objects.filter(email=OWNERS["acme"]).update(is_active=False)
    assert sign_in(anonymous).json()["code"] == "invalid_credentials"


def test_signing_in_to_somebody_elses_organisation(
    acme: Organization, globex: Organization, anonymous: APIClient
) -> None:
    answer = sign_in(anonymous, org_id=str(globex.id))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_guessing_is_stopped_for_the_account_and_answers_alike_for_unknown_ones(
    acme: Organization, anonymous: APIClient
) -> None:
    for email in (OWNERS["acme"], "nobody@acme.example"):
        answers = [sign_in(anonymous, email=email, password=f"guess number {n}") for n in range(6)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429]
        assert int(answers[-1]["Retry-After"]) > 0
    assert sign_in(anonymous).status_code == 429


def test_a_refresh_token_works_once_and_its_reuse_ends_the_family(acme: Organization, anonymous: APIClient) -> None:
    first = sign_in(anonymous).json()["refresh"]
    second = refresh(anonymous, first).json()["refresh"]
    third = refresh(anonymous, second).json()["refresh"]
    reused = refresh(anonymous, first)
    assert (reused.status_code, reused.json()["code"]) == (401, "refresh_token_reused")
    after = refresh(anonymous, third)
    assert (after.status_code, after.json()["code"]) == (401, "invalid_token")
    assert Session.objects.filter(revoked_at=None).count() == 0


def test_reuse_ends_only_its_own_family(acme: Organization, anonymous: APIClient) -> None:
    here, there = sign_in(anonymous).json()["refresh"], sign_in(anonymous).json()["refresh"]
    refresh(anonymous, here)
    refresh(anonymous, here)
    assert refresh(anonymous, there).status_code == 200


def test_an_access_token_cannot_refresh(acme: Organization, anonymous: APIClient) -> None:
    assert refresh(anonymous, sign_in(anonymous).json()["access"]).json()["code"] == "invalid_token"


def test_browsers_get_the_refresh_token_as_a_cookie_only(acme: Organization, anonymous: APIClient) -> None:
    answer = sign_in(anonymous, use_cookie=True)
    assert set(answer.json()) == {"access"}
    cookie = answer.cookies["lift_refresh"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/api/v1/auth")
    rotated = refresh(anonymous)
    assert (rotated.status_code, set(rotated.json())) == (200, {"access"})
    assert rotated.cookies["lift_refresh"].value != cookie.value


def test_refreshing_without_a_token(anonymous: APIClient) -> None:
    assert refresh(anonymous).json()["code"] == "invalid_token"


def test_rights_are_read_afresh_at_every_rotation(acme: Organization, client_of: ClientFactory) -> None:
    client: Any = client_of(acme, Role.ADMIN)
    membership_role_change(membership=Membership.objects.get(user=client.user), role=Role.VIEWER)
    answer = refresh(APIClient(), client.tokens.refresh).json()
    assert jwt.decode(answer["access"], options={"verify_signature": False})["roles"] == ["viewer"]


def test_a_changed_role_ends_tokens_issued_before(
    acme: Organization, client_of: ClientFactory, django_capture_on_commit_callbacks: Any
) -> None:
    client: Any = client_of(acme, Role.ADMIN)
    assert client.get("/api/v1/auth/me").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        membership_role_change(membership=Membership.objects.get(user=client.user), role=Role.VIEWER)
    assert client.get("/api/v1/auth/me").status_code == 401


def test_a_role_changed_through_an_old_instance_takes_no_version_back(
    acme: Organization, client_of: ClientFactory
) -> None:
    client: Any = client_of(acme)
    old = Membership.objects.get(user=client.user)
    version = old.permission_version
    membership_role_change(membership=Membership.objects.get(id=old.id), role=Role.ADMIN)
    membership_role_change(membership=old, role=Role.VIEWER)
    assert Membership.objects.get(user=client.user).permission_version == version + 2


@pytest.mark.parametrize("what", ["membership", "user", "organization"])
def test_what_is_gone_refuses_access_and_refresh(what: str, acme: Organization, client_of: ClientFactory) -> None:
    client: Any = client_of(acme)
    if what == "membership":
        Membership.objects.filter(user=client.user).delete()
    elif what == "user":
        User.objects.filter(id=client.user.id).update(is_active=False)
    else:
        Organization.objects.filter(id=acme.id).update(is_active=False)
    # Within five seconds: the process may believe what it knew until then.
    caches["process"].clear()
    assert client.get("/api/v1/auth/me").status_code == 401
    assert refresh(APIClient(), client.tokens.refresh).status_code == 401


def test_sign_out_ends_the_session(acme: Organization, client_of: ClientFactory) -> None:
    client: Any = client_of(acme)
    assert client.post("/api/v1/auth/logout", {"refresh": client.tokens.refresh}, format="json").status_code == 204
    assert refresh(APIClient(), client.tokens.refresh).status_code == 401


def test_sign_out_everywhere_ends_access_tokens_too(
    acme: Organization, client_of: ClientFactory, django_capture_on_commit_callbacks: Any
) -> None:
    client: Any = client_of(acme)
    other = session_open(membership=Membership.objects.get(user=client.user), now=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/api/v1/auth/logout", {"everywhere": True}, format="json").status_code == 204
    assert client.get("/api/v1/auth/me").status_code == 401
    assert refresh(APIClient(), other.refresh).status_code == 401


def test_switching_between_ones_organisations(
    acme: Organization, globex: Organization, client_of: ClientFactory
) -> None:
    client: Any = client_of(acme)
    assert client.post("/api/v1/auth/switch", {"org_id": str(globex.id)}, format="json").status_code == 404
    membership_add(user=client.user, organization=globex, role=Role.VIEWER, now=timezone.now())
    tokens = client.post("/api/v1/auth/switch", {"org_id": str(globex.id)}, format="json").json()
    there = APIClient()
    there.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
    me = there.get("/api/v1/auth/me").json()
    assert (me["org"]["slug"], me["roles"]) == ("globex", ["viewer"])
    assert [row["slug"] for row in me["orgs"]] == ["acme", "globex"]


def test_an_expired_session_cannot_be_rotated(acme: Organization) -> None:
    membership = membership_find(user=User.objects.get(email=OWNERS["acme"]), organization_id=acme.id)
    pair = session_open(membership=membership, now=timezone.now())
    RefreshToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(InvalidToken):
        session_rotate(refresh=pair.refresh, now=timezone.now())


def test_of_concurrent_replays_one_wins_and_the_family_dies(committed_db: str) -> None:
    owner = User.objects.get(email=OWNERS["acme"])
    membership = membership_find(user=owner, organization_id=None)
    pair = session_open(membership=membership, now=timezone.now())

    def rotate(_: int) -> str:
        from django.db import connection  # noqa: PLC0415 - this thread's own

        with public_scope():
            try:
                session_rotate(refresh=pair.refresh, now=timezone.now())
            except (InvalidToken, RefreshTokenReused) as error:
                return error.code
            finally:
                connection.close()
        return "rotated"

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(rotate, range(6)))
    assert outcomes.count("rotated") == 1
    assert outcomes.count("refresh_token_reused") >= 1
    assert Session.objects.filter(user=owner, revoked_at=None).count() == 0


def test_a_token_that_is_younger_than_what_a_process_believes_is_accepted_at_once(
    acme: Organization, anonymous: APIClient
) -> None:
    before = sign_in(anonymous).json()["access"]
    assert anonymous.get("/api/v1/auth/me", HTTP_AUTHORIZATION=f"Bearer {before}").status_code == 200
    # As another process changes it: this one goes on believing what it has read.
    with public_scope():
        Membership.objects.filter(organization=acme).update(permission_version=F("permission_version") + 1)
    assert anonymous.get("/api/v1/auth/me", HTTP_AUTHORIZATION=f"Bearer {before}").status_code == 200
    after = sign_in(anonymous).json()["access"]
    assert anonymous.get("/api/v1/auth/me", HTTP_AUTHORIZATION=f"Bearer {after}").status_code == 200
    assert anonymous.get("/api/v1/auth/me", HTTP_AUTHORIZATION=f"Bearer {before}").status_code == 401
