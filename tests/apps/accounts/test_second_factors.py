"""Second factors: enrolling, proving, taking away, and every way around them that was thought of."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from typing import Any

import jwt
import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from apps.accounts.exceptions import InvalidCode, InvalidToken
from apps.accounts.models import Membership, Organization, PendingStep, Session, User
from apps.accounts.selectors.second_factors import user_has_mfa
from apps.accounts.services.second_factors import code_verify, second_factors_reset, totp_setup_begin
from apps.accounts.services.sign_in import sign_in_finish
from apps.accounts.types import Proof
from apps.core.tenancy.scope import public_scope
from apps.events.models import OutboxEvent
from apps.events.types import Actor, ActorKind
from tests.factories.fixtures import ClientFactory
from tests.factories.organizations import OWNERS, PASSWORD
from tests.factories.passkeys import SoftPasskey
from tests.factories.second_factors import AUTH, code_of, enrol_totp, post, wrong_code

pytestmark = pytest.mark.usefixtures("flush_redis")


@pytest.fixture
def person(acme: Organization, client_of: ClientFactory) -> Any:
    """A signed-in person without second factors; `person.user` is the row."""
    return client_of(acme)


def enrol_passkey(client: APIClient, passkey: SoftPasskey, name: str = "Laptop") -> Any:
    begun = post(client, "mfa/passkeys/options").json()
    credential = passkey.create(begun["options"])
    return post(client, "mfa/passkeys", challenge_id=begun["challenge_id"], name=name, credential=credential)


def password_step(person: Any) -> Any:
    return post(APIClient(), "token", email=person.user.email, password=PASSWORD)


def mfa_token(person: Any) -> str:
    return str(password_step(person).json()["mfa_token"])


def events(name: str) -> list[dict[str, Any]]:
    return [row.data for row in OutboxEvent.objects.filter(name=name).order_by("id")]


def claims(answer: Any) -> dict[str, Any]:
    read: dict[str, Any] = jwt.decode(answer.json()["access"], options={"verify_signature": False})
    return read


# --- Authenticator apps ---------------------------------------------------------------------------------------------


def test_an_authenticator_app_is_set_up_and_asked_for(person: Any, run_jobs: Callable[[], int]) -> None:
    setup = post(person, "mfa/totp").json()
    assert setup["uri"].startswith("otpauth://totp/")
    assert "issuer=Lift%20OS" in setup["uri"]
    assert person.get(f"{AUTH}/mfa").json()["totp"] is None
    assert not user_has_mfa(user_id=person.user.id)
    secret, codes = enrol_totp(person)
    assert len(set(codes)) == 10
    listed = person.get(f"{AUTH}/mfa").json()
    assert listed["totp"]["created_at"]
    assert listed["recovery_codes"]["unused"] == 10
    refused = password_step(person)
    body = refused.json()
    assert (refused.status_code, body["code"], body["methods"]) == (401, "mfa_required", ["totp", "recovery_code"])
    assert "access" not in body
    assert not refused.cookies
    done = post(APIClient(), "mfa/verify", mfa_token=body["mfa_token"], code=code_of(secret))
    assert (done.status_code, claims(done)["amr"]) == (200, ["pwd", "otp", "mfa"])
    assert len(events("mfa.totp_enabled")) == len(events("mfa.recovery_codes_made")) == 1
    run_jobs()
    assert mail.outbox[-1].subject == "An authenticator app was added to your account"
    assert mail.outbox[-1].to == [person.user.email]


def test_secrets_are_sealed_and_shown_once(person: Any) -> None:
    secret, codes = enrol_totp(person)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert not any(code in stored for code in codes)
    answers = [person.get(f"{AUTH}/mfa"), person.get(f"{AUTH}/me")]
    assert not any(text in answer.content.decode() for answer in answers for text in (secret, *codes))
    assert secret not in str(list(PendingStep.objects.values_list("data", flat=True)))


def test_the_refresh_cookie_comes_with_the_second_step_only(person: Any) -> None:
    secret, _ = enrol_totp(person)
    first = post(APIClient(), "token", email=person.user.email, password=PASSWORD, use_cookie=True)
    assert not first.cookies
    done = post(APIClient(), "mfa/verify", mfa_token=first.json()["mfa_token"], code=code_of(secret), use_cookie=True)
    assert set(done.json()) == {"access"}
    assert done.cookies["lift_refresh"]["httponly"]


def test_a_code_counts_once_even_in_another_sign_in(person: Any) -> None:
    secret, _ = enrol_totp(person)
    code = code_of(secret)
    assert post(APIClient(), "mfa/verify", mfa_token=mfa_token(person), code=code).status_code == 200
    again = post(APIClient(), "mfa/verify", mfa_token=mfa_token(person), code=code)
    assert (again.status_code, again.json()["code"]) == (400, "invalid_code")
    assert events("mfa.refused")[-1]["reason"] == "code used before"


def test_a_code_older_than_the_last_one_does_not_count(person: Any) -> None:
    secret, _ = enrol_totp(person)
    assert post(APIClient(), "mfa/verify", mfa_token=mfa_token(person), code=code_of(secret, 1)).status_code == 200
    assert post(APIClient(), "mfa/verify", mfa_token=mfa_token(person), code=code_of(secret)).status_code == 400


def test_the_code_that_set_it_up_does_not_sign_in(person: Any) -> None:
    setup = post(person, "mfa/totp").json()
    code = code_of(setup["secret"])
    assert post(person, "mfa/totp/activate", setup_token=setup["setup_token"], code=code).status_code == 200
    assert post(APIClient(), "mfa/verify", mfa_token=mfa_token(person), code=code).status_code == 400


@pytest.fixture
def committed_person(committed_db: str) -> Any:
    """As `person`, where commits last."""
    client: Any = APIClient()
    client.user = User.objects.get(email=OWNERS["acme"])
    tokens = post(client, "token", email=client.user.email, password=PASSWORD).json()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
    return client


def test_of_parallel_uses_of_one_code_one_counts(committed_person: Any) -> None:
    person = committed_person
    secret, codes = enrol_totp(person)

    def use(code: str) -> bool:
        from django.db import connection, transaction  # noqa: PLC0415 - this thread's own

        with public_scope():
            try:
                with transaction.atomic():
                    code_verify(user_id=person.user.id, code=code, now=timezone.now())
            except InvalidCode:
                return False
            finally:
                connection.close()
        return True

    for code in (code_of(secret), codes[0]):
        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(use, [code] * 4)) == [False, False, False, True]


def test_of_parallel_ends_of_one_sign_in_one_gets_a_session(committed_person: Any) -> None:
    person = committed_person
    _, codes = enrol_totp(person)
    token, before = mfa_token(person), Session.objects.count()

    def finish(code: str) -> bool:
        from django.db import connection  # noqa: PLC0415 - this thread's own

        with public_scope():
            try:
                sign_in_finish(mfa_token=token, proof=Proof(code=code), now=timezone.now())
            except InvalidToken:
                return False
            finally:
                connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(finish, codes[:4])) == [False, False, False, True]
    assert Session.objects.count() == before + 1


def test_there_is_one_authenticator_app(person: Any) -> None:
    setup = post(person, "mfa/totp").json()
    enrol_totp(person)
    assert post(person, "mfa/totp").json()["code"] == "conflict"
    late = post(person, "mfa/totp/activate", setup_token=setup["setup_token"], code=code_of(setup["secret"]))
    assert (late.status_code, late.json()["code"]) == (409, "conflict")


def test_a_set_up_belongs_to_its_session_and_ends_after_five_wrong_codes(
    person: Any, acme: Organization, client_of: ClientFactory
) -> None:
    setup = post(person, "mfa/totp").json()
    other: Any = client_of(acme)
    stolen = post(other, "mfa/totp/activate", setup_token=setup["setup_token"], code=code_of(setup["secret"]))
    assert (stolen.status_code, stolen.json()["code"]) == (401, "invalid_token")
    for _ in range(5):
        wrong = post(person, "mfa/totp/activate", setup_token=setup["setup_token"], code=wrong_code(setup["secret"]))
        assert wrong.status_code == 400
    late = post(person, "mfa/totp/activate", setup_token=setup["setup_token"], code=code_of(setup["secret"]))
    assert late.status_code == 401
    assert not Authenticator.objects.exists()


def test_an_address_that_is_not_confirmed_gets_no_second_factor(person: Any) -> None:
    EmailAddress.objects.filter(user=person.user).update(verified=False)
    for path in ("mfa/totp", "mfa/passkeys/options"):
        answer = post(person, path)
        assert (answer.status_code, answer.json()["code"]) == (403, "email_not_verified")


def test_removing_the_last_factor_takes_the_recovery_codes_along(person: Any) -> None:
    enrol_totp(person)
    assert person.delete(f"{AUTH}/mfa/totp").status_code == 204
    assert person.delete(f"{AUTH}/mfa/totp").status_code == 404
    assert not Authenticator.objects.exists()
    assert password_step(person).status_code == 200
    assert len(events("mfa.totp_disabled")) == 1


# --- Recovery codes -------------------------------------------------------------------------------------------------


def test_a_recovery_code_counts_once(person: Any, run_jobs: Callable[[], int]) -> None:
    _, codes = enrol_totp(person)
    spelled = f"{codes[0][:4]}-{codes[0][4:]}"
    done = post(APIClient(), "mfa/verify", mfa_token=mfa_token(person), code=spelled)
    assert (done.status_code, claims(done)["amr"]) == (200, ["pwd", "otp", "mfa"])
    again = post(APIClient(), "mfa/verify", mfa_token=mfa_token(person), code=codes[0])
    assert (again.status_code, again.json()["code"]) == (400, "invalid_code")
    assert person.get(f"{AUTH}/mfa").json()["recovery_codes"]["unused"] == 9
    run_jobs()
    assert "A recovery code was used for your account" in [one.subject for one in mail.outbox]


def test_new_recovery_codes_end_the_old_ones(person: Any) -> None:
    assert post(person, "mfa/recovery-codes").status_code == 409
    _, old = enrol_totp(person)
    made = post(person, "mfa/recovery-codes")
    new = made.json()["recovery_codes"]
    assert made.status_code == 201
    assert not set(new) & set(old)
    assert post(APIClient(), "mfa/verify", mfa_token=mfa_token(person), code=old[1]).status_code == 400
    assert post(APIClient(), "mfa/verify", mfa_token=mfa_token(person), code=new[1]).status_code == 200


# --- Guessing and skipping ------------------------------------------------------------------------------------------


def test_guessing_codes_is_stopped_for_the_account_whatever_the_step(person: Any) -> None:
    secret, codes = enrol_totp(person)
    statuses = []
    for _ in range(3):
        token = mfa_token(person)
        statuses += [
            post(APIClient(), "mfa/verify", mfa_token=token, code=wrong_code(secret)).status_code for _ in range(2)
        ]
    assert statuses == [400] * 5 + [429]
    limited = post(APIClient(), "mfa/verify", mfa_token=mfa_token(person), code=codes[0])
    assert (limited.status_code, limited.json()["code"]) == (429, "rate_limited")
    assert int(limited["Retry-After"]) > 0
    # The same count for a signed-in person.
    assert post(person, "reauthenticate", code=codes[0]).status_code == 429
    assert len(events("mfa.refused")) == 5


def test_a_sign_in_ends_after_five_wrong_codes(person: Any, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "second_factor": "1000/m/ip"}
    secret, _ = enrol_totp(person)
    token = mfa_token(person)
    for _ in range(5):
        assert post(APIClient(), "mfa/verify", mfa_token=token, code=wrong_code(secret)).status_code == 400
    over = post(APIClient(), "mfa/verify", mfa_token=token, code=code_of(secret))
    assert (over.status_code, over.json()["code"]) == (401, "invalid_token")


def test_the_token_between_the_steps_opens_nothing(person: Any) -> None:
    enrol_totp(person)
    token = mfa_token(person)
    thief = APIClient(raise_request_exception=False)
    thief.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    for path in ("me", "mfa", "sessions"):
        assert thief.get(f"{AUTH}/{path}").status_code in {401, 404}
    assert thief.get(f"{AUTH}/me").status_code == 401
    assert post(APIClient(), "token/refresh", refresh=token).status_code == 401
    assert post(APIClient(), "token/verify", token=token).status_code == 401
    assert post(person, "mfa/totp/activate", setup_token=token, code="000000").status_code == 401
    assert post(APIClient(), "passkey", challenge_id=token, credential={"id": "x"}).status_code == 401
    assert post(person, "reauthenticate", challenge_id=token, credential={"id": "x"}).status_code == 401


def test_a_set_up_token_finishes_no_sign_in(person: Any) -> None:
    enrol_totp(person)
    person.delete(f"{AUTH}/mfa/totp")
    setup = post(person, "mfa/totp").json()
    done = post(APIClient(), "mfa/verify", mfa_token=setup["setup_token"], code=code_of(setup["secret"]))
    assert done.status_code == 401


def test_half_a_sign_in_expires_and_ends_with_all_sessions(person: Any) -> None:
    secret, _ = enrol_totp(person)
    token = mfa_token(person)
    PendingStep.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert post(APIClient(), "mfa/verify", mfa_token=token, code=code_of(secret)).status_code == 401
    token = mfa_token(person)
    assert post(person, "logout", everywhere=True).status_code == 204
    assert post(APIClient(), "mfa/verify", mfa_token=token, code=code_of(secret)).status_code == 401


def test_a_person_who_was_switched_off_meanwhile_does_not_get_in(person: Any) -> None:
    secret, _ = enrol_totp(person)
    token = mfa_token(person)
    User.objects.filter(id=person.user.id).update(is_active=False)
    assert post(APIClient(), "mfa/verify", mfa_token=token, code=code_of(secret)).status_code == 400


@pytest.mark.parametrize("body", [{}, {"code": "1", "credential": {"id": "x"}}, {"code": None}])
def test_a_second_step_brings_one_proof(body: dict[str, Any], person: Any) -> None:
    enrol_totp(person)
    answer = post(APIClient(), "mfa/verify", mfa_token=mfa_token(person), **body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


def test_changing_factors_needs_a_recent_proof(person: Any) -> None:
    enrol_totp(person)
    passkey = enrol_passkey(person, SoftPasskey()).json()["passkey"]["id"]
    Session.objects.filter(user=person.user).update(authenticated_at=timezone.now() - timedelta(hours=1))
    old = post(APIClient(), "token/refresh", refresh=person.tokens.refresh).json()["access"]
    person.credentials(HTTP_AUTHORIZATION=f"Bearer {old}")
    calls = [
        ("post", "mfa/totp"),
        ("delete", "mfa/totp"),
        ("post", "mfa/passkeys/options"),
        ("delete", f"mfa/passkeys/{passkey}"),
        ("post", "mfa/recovery-codes"),
    ]
    for method, path in calls:
        answer = getattr(person, method)(f"{AUTH}/{path}", {}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (403, "reauthentication_required"), path
    assert Authenticator.objects.count() == 3


# --- Passkeys -------------------------------------------------------------------------------------------------------


def passkey_sign_in(passkey: SoftPasskey, **changes: Any) -> Any:
    begun = post(APIClient(), "passkey/options").json()
    credential = passkey.get(begun["options"], **changes)
    return post(APIClient(), "passkey", challenge_id=begun["challenge_id"], credential=credential)


def test_a_passkey_signs_in_alone_and_as_second_factor(person: Any) -> None:
    passkey = SoftPasskey()
    added = enrol_passkey(person, passkey)
    assert added.status_code == 201
    assert len(added.json()["recovery_codes"]) == 10
    alone = passkey_sign_in(passkey)
    assert (alone.status_code, claims(alone)["amr"], claims(alone)["sub"]) == (
        200,
        ["hwk", "mfa"],
        str(person.user.id),
    )
    first = password_step(person).json()
    assert first["methods"] == ["recovery_code", "passkey"]
    options = post(APIClient(), "mfa/passkey/options", mfa_token=first["mfa_token"]).json()["options"]
    assert options["rpId"] == "localhost"
    assert len(options["allowCredentials"]) == 1
    done = post(APIClient(), "mfa/verify", mfa_token=first["mfa_token"], credential=passkey.get(options))
    assert (done.status_code, claims(done)["amr"]) == (200, ["pwd", "hwk", "mfa"])


def test_passkeys_are_listed_renamed_and_removed_by_their_owner_alone(
    person: Any, acme: Organization, client_of: ClientFactory
) -> None:
    added = enrol_passkey(person, SoftPasskey()).json()["passkey"]
    second = enrol_passkey(person, SoftPasskey(), "Key").json()
    assert second["recovery_codes"] is None
    path = f"{AUTH}/mfa/passkeys/{added['id']}"
    other: Any = client_of(acme)
    assert other.patch(path, {"name": "Mine"}, format="json").status_code == 404
    assert other.delete(path).status_code == 404
    assert person.patch(path, {"name": "Phone"}, format="json").json()["name"] == "Phone"
    assert [one["name"] for one in person.get(f"{AUTH}/mfa").json()["passkeys"]] == ["Phone", "Key"]
    assert person.delete(path).status_code == 204
    assert [one["name"] for one in person.get(f"{AUTH}/mfa").json()["passkeys"]] == ["Key"]
    assert user_has_mfa(user_id=person.user.id)


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:9999"},
        {"origin": "https://localhost:8000"},
        {"origin": "http://sub.localhost:8000"},
        {"rp_id": "evil.example"},
        {"verifies": False},
        {"cross_origin": True},
    ],
    ids=str,
)
def test_a_passkey_of_another_place_or_without_its_owner_is_refused(lie: dict[str, Any], person: Any) -> None:
    passkey = SoftPasskey()
    enrol_passkey(person, passkey)
    for name, value in lie.items():
        setattr(passkey, name, value)
    refused = passkey_sign_in(passkey)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_code")


@pytest.mark.parametrize(
    "lie", [{"origin": "https://evil.example"}, {"rp_id": "evil.example"}, {"cross_origin": True}], ids=str
)
def test_a_passkey_made_elsewhere_is_not_added(lie: dict[str, Any], person: Any) -> None:
    assert enrol_passkey(person, SoftPasskey(**lie)).status_code == 400
    assert not Authenticator.objects.exists()


def test_a_passkey_without_its_owners_verification_is_a_second_factor_only(person: Any) -> None:
    passkey = SoftPasskey(verifies=False)
    enrol_passkey(person, passkey)
    assert passkey_sign_in(passkey).status_code == 400
    token = mfa_token(person)
    options = post(APIClient(), "mfa/passkey/options", mfa_token=token).json()["options"]
    done = post(APIClient(), "mfa/verify", mfa_token=token, credential=passkey.get(options))
    assert claims(done)["amr"] == ["pwd", "hwk", "mfa"]


def test_a_challenge_is_answered_once(person: Any) -> None:
    passkey = SoftPasskey()
    enrol_passkey(person, passkey)
    begun = post(APIClient(), "passkey/options").json()
    credential = passkey.get(begun["options"])
    assert post(APIClient(), "passkey", challenge_id=begun["challenge_id"], credential=credential).status_code == 200
    again = post(APIClient(), "passkey", challenge_id=begun["challenge_id"], credential=credential)
    assert (again.status_code, again.json()["code"]) == (401, "invalid_token")
    other = post(APIClient(), "passkey/options").json()
    replayed = post(APIClient(), "passkey", challenge_id=other["challenge_id"], credential=credential)
    assert replayed.status_code == 400
    # A wrong answer uses a challenge up too.
    right = post(APIClient(), "passkey", challenge_id=other["challenge_id"], credential=passkey.get(other["options"]))
    assert right.status_code == 401


def test_a_copied_passkey_gives_itself_away_by_its_counter(person: Any) -> None:
    passkey = SoftPasskey(counter=5)
    enrol_passkey(person, passkey)
    for counter, status in ((6, 200), (6, 400), (5, 400), (0, 400), (7, 200)):
        passkey.counter = counter
        assert passkey_sign_in(passkey).status_code == status, counter
    assert events("mfa.refused")[0]["reason"] == "the counter of the passkey went back"


def test_one_persons_passkey_is_no_proof_of_anothers(person: Any, acme: Organization, client_of: ClientFactory) -> None:
    mine, theirs = SoftPasskey(), SoftPasskey()
    other: Any = client_of(acme)
    enrol_passkey(person, mine)
    enrol_passkey(other, theirs)
    # With the other's name in the answer: alone, as second step, as new proof, and the other's challenge.
    assert passkey_sign_in(mine, userHandle=_handle(other.user)).status_code == 400
    token = mfa_token(other)
    options = post(APIClient(), "mfa/passkey/options", mfa_token=token).json()["options"]
    assert post(APIClient(), "mfa/verify", mfa_token=token, credential=mine.get(options)).status_code == 400
    begun = post(other, "reauthenticate/options").json()
    stolen = post(person, "reauthenticate", challenge_id=begun["challenge_id"], credential=mine.get(begun["options"]))
    assert stolen.status_code == 401
    wrong = post(other, "reauthenticate", challenge_id=begun["challenge_id"], credential=mine.get(begun["options"]))
    assert wrong.status_code == 400
    assert enrol_passkey(other, mine).status_code == 400


def _handle(user: User) -> str:
    from fido2.utils import websafe_encode  # noqa: PLC0415 - used here only

    return str(websafe_encode(user.id.bytes))


def test_a_second_step_by_passkey_answers_its_own_challenge(person: Any) -> None:
    passkey = SoftPasskey()
    enrol_passkey(person, passkey)
    begun = post(APIClient(), "passkey/options").json()
    token = mfa_token(person)
    without = post(APIClient(), "mfa/verify", mfa_token=token, credential=passkey.get(begun["options"]))
    assert without.status_code == 400
    post(APIClient(), "mfa/passkey/options", mfa_token=token)
    foreign = post(APIClient(), "mfa/verify", mfa_token=token, credential=passkey.get(begun["options"]))
    assert foreign.status_code == 400


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(junk=_JSON, where=st.sampled_from(["id", "rawId", "type", "response", "clientDataJSON", "signature"]))
def test_junk_in_place_of_a_passkey_is_refused_and_never_a_failure(junk: Any, where: str, person: Any) -> None:
    if not Authenticator.objects.exists():
        enrol_passkey(person, SoftPasskey())
    passkey = SoftPasskey(user_handle=person.user.id.bytes)
    begun = post(person, "reauthenticate/options").json()
    credential = passkey.get(begun["options"])
    target = credential if where in credential else credential["response"]
    target[where] = junk
    client = APIClient(raise_request_exception=False)
    client.credentials(**person._credentials)
    answer = post(client, "reauthenticate", challenge_id=begun["challenge_id"], credential=credential)
    assert answer.status_code in {400, 401}, answer.content


def test_a_huge_credential_is_refused(person: Any) -> None:
    begun = post(APIClient(), "passkey/options").json()
    answer = post(APIClient(), "passkey", challenge_id=begun["challenge_id"], credential={"id": "x" * 40_000})
    assert answer.status_code == 400


# --- Proving again who one is ---------------------------------------------------------------------------------------


def test_a_new_proof_makes_the_session_young_again(person: Any) -> None:
    secret, codes = enrol_totp(person)
    passkey = SoftPasskey()
    enrol_passkey(person, passkey)

    def by_passkey() -> Any:
        begun = post(person, "reauthenticate/options").json()
        return post(
            person, "reauthenticate", challenge_id=begun["challenge_id"], credential=passkey.get(begun["options"])
        )

    proofs: list[Callable[[], Any]] = [
        lambda: post(person, "reauthenticate", password=PASSWORD),
        lambda: post(person, "reauthenticate", code=code_of(secret)),
        lambda: post(person, "reauthenticate", code=codes[0]),
        by_passkey,
    ]
    for proof in proofs:
        Session.objects.filter(user=person.user).update(authenticated_at=timezone.now() - timedelta(hours=1))
        answer = proof()
        assert answer.status_code == 200, answer.content
        young = APIClient()
        young.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access']}")
        assert post(young, "mfa/recovery-codes").status_code == 201
        codes[:] = post(young, "mfa/recovery-codes").json()["recovery_codes"]
    assert len(events("session.reauthenticated")) == 4


@pytest.mark.parametrize("proof", [{"password": "wrong wrong 1"}, {"code": "000000"}, {"code": "00000000"}])
def test_a_wrong_proof_is_none(proof: dict[str, str], person: Any) -> None:
    answer = post(person, "reauthenticate", **proof)
    assert answer.status_code in {400, 401}
    assert not events("session.reauthenticated")


# --- Operators and organisations ------------------------------------------------------------------------------------


def test_an_operator_takes_lost_factors_away(person: Any, run_jobs: Callable[[], int]) -> None:
    enrol_totp(person)
    operator = User.objects.create_superuser("operator@lift.example", PASSWORD)
    second_factors_reset(user=person.user, operator=Actor(ActorKind.OPERATOR, str(operator.id)), now=timezone.now())
    assert not Authenticator.objects.exists()
    assert Session.objects.filter(user=person.user, revoked_at=None).count() == 0
    row = OutboxEvent.objects.get(name="mfa.reset")
    assert (row.actor_kind, row.actor_id, row.subject_id) == ("operator", str(operator.id), str(person.user.id))
    run_jobs()
    assert mail.outbox[-1].subject == "An operator removed the second factors of your account"
    assert password_step(person).status_code == 200


def test_where_a_second_factor_is_required_tokens_are_renewed_with_it(person: Any, acme: Organization) -> None:
    before = Membership.objects.get(user=person.user).permission_version
    enrol_totp(person)
    assert Membership.objects.get(user=person.user).permission_version == before
    person.delete(f"{AUTH}/mfa/totp")
    Organization.objects.filter(id=acme.id).update(mfa_required=True)
    enrol_totp(person)
    assert Membership.objects.get(user=person.user).permission_version == before + 1


def test_setting_up_shows_a_secret_to_nobody_else(person: Any) -> None:
    from apps.accounts.selectors.memberships import principal_of  # noqa: PLC0415 - used here only

    membership = Membership.objects.get(user=person.user)
    session = Session.objects.filter(user=person.user).first()
    assert session is not None
    setup = totp_setup_begin(principal=principal_of(membership, session=session), now=timezone.now())
    assert setup.setup_token not in str(list(PendingStep.objects.values()))


@pytest.fixture
def operator(person: Any) -> Any:
    User.objects.filter(id=person.user.id).update(is_staff=True, is_superuser=True)
    return person


def admin_sign_in(person: Any, **fields: str) -> Any:
    client = Client()
    form = {"username": person.user.email, "password": PASSWORD, "next": "/admin/", **fields}
    return client, client.post("/admin/login/", form)


def test_operators_with_a_second_factor_need_it_in_the_admin_too(operator: Any) -> None:
    secret, codes = enrol_totp(operator)
    for wrong in ({}, {"code": wrong_code(secret)}, {"code": ""}):
        client, answer = admin_sign_in(operator, **wrong)
        assert answer.status_code == 200
        assert client.get("/admin/").status_code == 302
    code = code_of(secret)
    client, answer = admin_sign_in(operator, code=code)
    assert (answer.status_code, client.get("/admin/").status_code) == (302, 200)
    assert admin_sign_in(operator, code=code)[1].status_code == 200
    assert admin_sign_in(operator, code=codes[0])[1].status_code == 302
    assert b'autocomplete="one-time-code"' in Client().get("/admin/login/").content
    assert [one["step"] for one in events("mfa.refused")] == ["admin", "admin"]


def test_guessing_an_operators_code_is_stopped(operator: Any) -> None:
    secret, codes = enrol_totp(operator)
    for _ in range(5):
        admin_sign_in(operator, code=wrong_code(secret))
    assert b"Too many codes" in admin_sign_in(operator, code=codes[0])[1].content


def test_the_admin_takes_away_lost_factors_by_an_event(
    operator: Any, acme: Organization, client_of: ClientFactory
) -> None:
    other: Any = client_of(acme)
    enrol_totp(other)
    client, _ = admin_sign_in(operator)
    action = {"action": "take_away_second_factors", "_selected_action": [str(other.user.id), str(operator.user.id)]}
    assert client.post("/admin/accounts/user/", action).status_code == 302
    assert not user_has_mfa(user_id=other.user.id)
    assert [row.actor_id for row in OutboxEvent.objects.filter(name="mfa.reset")] == [str(operator.user.id)]


@pytest.mark.parametrize("page", ["accounts/signingkey/", "accounts/user/"])
def test_the_admin_shows_no_secret(page: str, operator: Any) -> None:
    client, _ = admin_sign_in(operator)
    answer = client.get(f"/admin/{page}")
    assert answer.status_code == 200
    assert b"gAAAA" not in answer.content
    assert client.get("/admin/mfa/authenticator/").status_code == 404


def test_a_secret_key_can_be_replaced(person: Any, settings: Any) -> None:
    secret, codes = enrol_totp(person)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another secret key, long enough for anything"
    with pytest.raises(CommandError, match="nothing was changed"):
        call_command("reseal_secrets")
    settings.SECRET_KEY_FALLBACKS = [old]
    out = StringIO()
    call_command("reseal_secrets", "--json", stdout=out)
    assert json.loads(out.getvalue())["second_factors"] == 2
    settings.SECRET_KEY_FALLBACKS = []
    for code in (code_of(secret), codes[0]):
        with transaction.atomic():
            assert code_verify(user_id=person.user.id, code=code, now=timezone.now()) == ["otp"]


def test_a_secret_that_cannot_be_opened_is_refused_and_no_failure(person: Any, settings: Any) -> None:
    secret, codes = enrol_totp(person)
    token = mfa_token(person)
    for row in Authenticator.objects.all():
        row.data |= {"secret": "x", "seed": "x"}
        row.save()
    for code in (code_of(secret), codes[0]):
        assert post(APIClient(), "mfa/verify", mfa_token=token, code=code).status_code == 400


def test_challenges_are_limited_by_address(person: Any, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "passkey": "2/m/ip"}
    assert [post(APIClient(), "passkey/options").status_code for _ in range(3)] == [200, 200, 429]
    assert post(APIClient(), "passkey", challenge_id="x", credential={"id": "x"}).status_code == 429
