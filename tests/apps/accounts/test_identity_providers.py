"""Signing in by identity providers: the whole flow with a real one, and the attacks on it."""

import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization, PendingStep, Session, User
from apps.accounts.services.users import user_create
from apps.core.tenancy.scope import public_scope
from apps.events.models import OutboxEvent
from deploy.dev.identity_provider import KEY_ID, Person
from liftos.identity_providers import IdentityProvider, identity_providers
from tests.factories.fixtures import ClientFactory
from tests.factories.identity_providers import OAUTH, LyingProvider, come_back, fragment_of, query_of, start
from tests.factories.organizations import OWNERS, PASSWORD
from tests.factories.second_factors import code_of, enrol_totp

pytestmark = pytest.mark.usefixtures("flush_redis", "acme")
OWNER = Person(OWNERS["acme"], "Owner")
NEW = Person("new@elsewhere.example", "Nina New")
FOREIGN_KEY = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def browser(db: None) -> APIClient:
    """A client that keeps cookies, as browsers do."""
    return APIClient(raise_request_exception=False)


def whole_flow(browser: APIClient, provider: LyingProvider, person: Person, next_path: str = "/") -> Any:
    return come_back(browser, provider, start(browser, next_path=next_path), person)


def owner() -> User:
    return User.objects.get(email=OWNERS["acme"])


def refused(answer: Any) -> str:
    """Return the problem of a callback that signed nobody in."""
    assert answer.status_code == 302
    assert "lift_refresh" not in answer.cookies
    return fragment_of(answer)["problem"]


def reasons() -> list[str]:
    return [str(row.data["detail"]) for row in OutboxEvent.objects.filter(name="identity.refused").order_by("id")]


# --- The flow -------------------------------------------------------------------------------------------------------


def test_only_configured_providers_are_offered(browser: APIClient, settings: Any, provider: LyingProvider) -> None:
    assert browser.get(OAUTH).json() == {"results": [{"id": "local", "name": "Local sign-in"}]}
    assert browser.get(f"{OAUTH}/google/start").status_code == 404
    settings.IDENTITY_PROVIDERS = ()
    assert browser.get(OAUTH).json() == {"results": []}
    assert browser.get(f"{OAUTH}/local/start").status_code == 404


def test_the_provider_is_asked_with_pkce_nonce_and_state(browser: APIClient, provider: LyingProvider) -> None:
    answer = browser.get(f"{OAUTH}/local/start", {"next": "/memory"})
    asked = query_of(answer["Location"])
    assert answer["Location"].startswith(f"{provider.issuer}/authorize?")
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert set(asked["scope"].split()) == {"openid", "email", "profile"}
    assert asked["redirect_uri"] == "http://localhost:8000/api/v1/auth/oauth/local/callback"
    assert all(len(asked[name]) >= 43 for name in ("state", "nonce", "code_challenge"))
    cookie = answer.cookies["lift_oauth"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", OAUTH)
    stored = str(PendingStep.objects.values())
    assert asked["state"] not in stored
    assert cookie.value not in stored


def test_a_known_person_is_signed_in_and_linked(
    browser: APIClient, provider: LyingProvider, run_jobs: Callable[[], int]
) -> None:
    answer = whole_flow(browser, provider, OWNER, "/memory?view=map")
    assert (answer.status_code, answer["Location"]) == (302, "/memory?view=map")
    assert answer.cookies["lift_refresh"]["httponly"]
    access = browser.post("/api/v1/auth/token/refresh", {}, format="json").json()["access"]
    claims = jwt.decode(access, options={"verify_signature": False})
    assert (claims["email"], claims["amr"]) == (OWNERS["acme"], ["fed"])
    assert SocialAccount.objects.get().user == owner()
    run_jobs()
    assert mail.outbox[-1].subject == "A sign-in by another provider was added to your account"
    # The next time the subject counts, whatever the address is by then.
    subject = OWNER.claims()["sub"]
    again = whole_flow(APIClient(), provider, Person("other@acme.example", email_verified=False, subject=subject))
    assert "lift_refresh" in again.cookies
    assert SocialAccount.objects.count() == 1


def test_somebody_new_signs_up(browser: APIClient, provider: LyingProvider) -> None:
    answer = whole_flow(browser, provider, NEW)
    told = fragment_of(answer)
    assert answer["Location"].startswith("/sign-up#")
    assert (told["email"], told["name"]) == (NEW.email, NEW.name)
    body = {"token": told["oauth"], "org_name": "Elsewhere", "use_cookie": True}
    done = browser.post(f"{OAUTH}/signup", body, format="json")
    assert done.status_code == 201, done.content
    assert (done.json()["user"]["email"], done.json()["org"]["slug"]) == (NEW.email, "elsewhere")
    user = User.objects.get(email=NEW.email)
    assert not user.has_usable_password()
    assert EmailAddress.objects.get(user=user).verified
    assert user.name == NEW.name
    assert browser.post(f"{OAUTH}/signup", body, format="json").status_code == 401
    assert "lift_refresh" in whole_flow(APIClient(), provider, NEW).cookies


def test_a_sign_up_belongs_to_the_browser_that_was_at_the_provider(browser: APIClient, provider: LyingProvider) -> None:
    token = fragment_of(whole_flow(browser, provider, NEW))["oauth"]
    victim = APIClient()
    start(victim)
    for other in (victim, APIClient()):
        answer = other.post(f"{OAUTH}/signup", {"token": token, "org_name": "Trap"}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert not User.objects.filter(email=NEW.email).exists()


def test_an_address_taken_meanwhile_is_not_taken_over(browser: APIClient, provider: LyingProvider) -> None:
    token = fragment_of(whole_flow(browser, provider, NEW))["oauth"]
    user_create(email=NEW.email, password=PASSWORD)
    answer = browser.post(f"{OAUTH}/signup", {"token": token, "org_name": "Elsewhere"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
    assert not SocialAccount.objects.exists()


def test_who_has_a_second_factor_passes_it_here_too(
    browser: APIClient, provider: LyingProvider, acme: Organization, client_of: ClientFactory
) -> None:
    person: Any = client_of(acme)
    secret, _ = enrol_totp(person)
    answer = whole_flow(browser, provider, Person(person.user.email))
    told = fragment_of(answer)
    assert answer["Location"].startswith("/sign-in?redirect=%2F")
    assert "lift_refresh" not in answer.cookies
    assert told["methods"] == "totp,recovery_code"
    assert not SocialAccount.objects.exists()
    body = {"mfa_token": told["mfa_token"], "code": code_of(secret)}
    tokens = browser.post("/api/v1/auth/mfa/verify", body, format="json").json()
    assert jwt.decode(tokens["access"], options={"verify_signature": False})["amr"] == ["fed", "otp", "mfa"]


# --- Addresses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [OWNERS["acme"], "x@new.example"])
def test_an_address_that_the_provider_has_not_verified_opens_nothing(
    address: str, browser: APIClient, provider: LyingProvider
) -> None:
    unverified = Person(address, email_verified=False)
    assert refused(whole_flow(browser, provider, unverified)) == "oauth_email_not_verified"
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("value", ["false", 0, 1, "1", [], {"a": 1}, None])
def test_verified_means_true(value: Any, browser: APIClient, provider: LyingProvider) -> None:
    provider.changes = {"email_verified": value}
    assert refused(whole_flow(browser, provider, OWNER)) in {"oauth_email_not_verified", "oauth_failed"}


@pytest.mark.parametrize("address", ["", "x", "a@b", "öwner@acme.example", "a@b.example\r\nBcc: c@d.example", 7, ["a"]])
def test_an_address_that_is_none_opens_nothing(address: Any, browser: APIClient, provider: LyingProvider) -> None:
    provider.changes = {"email": address}
    assert refused(whole_flow(browser, provider, NEW)) == "oauth_email_not_verified"


def test_an_account_that_has_not_proven_its_address_is_never_merged(
    browser: APIClient, provider: LyingProvider
) -> None:
    # Somebody has signed up with the address of another, and waits for them to come by their provider.
    squatted = user_create(email=NEW.email, password=PASSWORD)
    assert refused(whole_flow(browser, provider, NEW)) == "oauth_account_not_verified"
    assert not SocialAccount.objects.filter(user=squatted).exists()


def test_an_account_that_was_switched_off_stays_so(browser: APIClient, provider: LyingProvider) -> None:
    assert "lift_refresh" in whole_flow(browser, provider, OWNER).cookies
    User.objects.filter(email=OWNER.email).update(is_active=False)
    assert refused(whole_flow(APIClient(), provider, OWNER)) == "invalid_credentials"


# --- State, nonce, PKCE ---------------------------------------------------------------------------------------------


def test_a_callback_without_its_state_is_refused(browser: APIClient, provider: LyingProvider) -> None:
    asked = start(browser)
    back = query_of(provider.authorize(asked, OWNER))
    for state in (None, "", "x", asked["state"][:-1], "x" * 10_000):
        query = {"code": back["code"]} | ({} if state is None else {"state": state})
        assert refused(browser.get(f"{OAUTH}/local/callback", query)) == "invalid_oauth_state"


def test_a_state_holds_once(browser: APIClient, provider: LyingProvider) -> None:
    asked = start(browser)
    assert "lift_refresh" in come_back(browser, provider, asked, OWNER).cookies
    assert refused(come_back(browser, provider, asked, OWNER)) == "invalid_oauth_state"


def test_a_state_expires(browser: APIClient, provider: LyingProvider) -> None:
    asked = start(browser)
    PendingStep.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert refused(come_back(browser, provider, asked, OWNER)) == "invalid_oauth_state"


def test_a_code_cannot_be_pushed_into_another_browser(browser: APIClient, provider: LyingProvider) -> None:
    # The attacker signs in at the provider, and sends the victim the callback: with no flow, and within one.
    asked = start(browser)
    assert refused(come_back(APIClient(), provider, asked, OWNER)) == "invalid_oauth_state"
    victim = APIClient()
    own, foreign = start(victim), start(browser)
    code = query_of(provider.authorize(foreign, NEW))["code"]
    answer = victim.get(f"{OAUTH}/local/callback", {"code": code, "state": own["state"]})
    # The code was given for another challenge.
    assert refused(answer) == "oauth_failed"


def test_a_code_of_another_sign_in_in_the_same_browser_is_refused(browser: APIClient, provider: LyingProvider) -> None:
    first, second = start(browser), start(browser)
    code = query_of(provider.authorize(first, OWNER))["code"]
    answer = browser.get(f"{OAUTH}/local/callback", {"code": code, "state": second["state"]})
    assert refused(answer) == "oauth_failed"


def test_the_provider_refuses_a_code_without_its_verifier(browser: APIClient, provider: LyingProvider) -> None:
    asked = start(browser)
    step = PendingStep.objects.get()
    from apps.core.sealing import seal  # noqa: PLC0415 - used here only

    step.data["verifier"] = seal("x" * 43, purpose="provider-sign-in")
    step.save()
    assert refused(come_back(browser, provider, asked, OWNER)) == "oauth_failed"


def test_a_challenge_that_was_taken_out_on_the_way_is_noticed_by_the_provider(
    browser: APIClient, provider: LyingProvider
) -> None:
    asked = start(browser)
    for changes in ({"code_challenge_method": "plain"}, {"code_challenge": ""}):
        with pytest.raises(Exception, match="invalid_request"):
            provider.authorize(asked | changes, OWNER)


@pytest.mark.parametrize("changes", [{"nonce": None}, {"nonce": ""}, {"nonce": "another"}, {"nonce": 7}], ids=str)
def test_an_identity_token_of_another_sign_in_is_refused(
    changes: dict[str, Any], browser: APIClient, provider: LyingProvider
) -> None:
    provider.changes = changes
    assert refused(whole_flow(browser, provider, OWNER)) == "oauth_failed"
    assert reasons() == ["the identity token is of another sign-in"]


def test_another_providers_callback_does_not_finish_it(
    browser: APIClient, provider: LyingProvider, settings: Any
) -> None:
    other = IdentityProvider("other", "Other", provider.issuer, "liftos", "a secret of tests")
    settings.IDENTITY_PROVIDERS += (other,)
    asked = start(browser)
    code = query_of(provider.authorize(asked, OWNER))["code"]
    answer = browser.get(f"{OAUTH}/other/callback", {"code": code, "state": asked["state"]})
    assert refused(answer) == "invalid_oauth_state"


def test_a_callback_that_names_another_issuer_is_refused(browser: APIClient, provider: LyingProvider) -> None:
    asked = start(browser)
    back = query_of(provider.authorize(asked, OWNER))
    answer = browser.get(f"{OAUTH}/local/callback", back | {"iss": "https://evil.example"})
    assert refused(answer) == "oauth_failed"


def test_giving_up_at_the_provider(browser: APIClient, provider: LyingProvider) -> None:
    for error, problem in (("access_denied", "oauth_cancelled"), ("server_error", "oauth_failed")):
        asked = start(browser)
        answer = browser.get(f"{OAUTH}/local/callback", {"error": error, "state": asked["state"]})
        assert refused(answer) == problem


# --- Identity tokens ------------------------------------------------------------------------------------------------


def _public_pem(provider: LyingProvider) -> bytes:
    return provider.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _hmac(claims: dict[str, Any], secret: bytes) -> str:
    from tests.security.test_forged_tokens import _raw  # noqa: PLC0415 - its fixtures are not wanted here

    return _raw({"alg": "HS256", "typ": "JWT", "kid": KEY_ID}, claims, secret)


FORGERIES: dict[str, Callable[[LyingProvider, dict[str, Any]], str]] = {
    "alg none": lambda _, claims: jwt.encode(claims, "", algorithm="none"),
    "alg none with its kid": lambda _, claims: jwt.encode(claims, "", algorithm="none", headers={"kid": KEY_ID}),
    "foreign key": lambda _, claims: jwt.encode(claims, FOREIGN_KEY, algorithm="ES256", headers={"kid": KEY_ID}),
    "foreign key without a kid": lambda _, claims: jwt.encode(claims, FOREIGN_KEY, algorithm="ES256"),
    "unknown kid": lambda provider, claims: jwt.encode(claims, provider.key, algorithm="ES256", headers={"kid": "x"}),
    "HS256 with the public key": lambda provider, claims: _hmac(claims, _public_pem(provider)),
    "HS256 with the client's secret": lambda _, claims: _hmac(claims, b"a secret of tests"),
    "no token": lambda _, __: "",
    "not a token": lambda _, __: "a.b.c",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_identity_token_is_refused(name: str, browser: APIClient, provider: LyingProvider) -> None:
    provider.sign = lambda claims: FORGERIES[name](provider, claims)
    assert refused(whole_flow(browser, provider, OWNER)) == "oauth_failed"
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"aud": ["liftos", "another"]},
        {"aud": ["liftos", "another"], "azp": "another"},
        {"azp": "another"},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"iat": int(time.time()) + 3600},
        {"nbf": int(time.time()) + 3600},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 300},
    ],
    ids=range(14),
)
def test_an_identity_token_for_somebody_else_or_another_time_is_refused(
    changes: dict[str, Any], browser: APIClient, provider: LyingProvider
) -> None:
    provider.changes = changes
    assert refused(whole_flow(browser, provider, OWNER)) == "oauth_failed"
    assert Session.objects.count() == 0


def test_an_address_may_come_from_userinfo_about_the_same_subject(browser: APIClient, provider: LyingProvider) -> None:
    provider.changes = {"email": None, "email_verified": None}
    assert "lift_refresh" in whole_flow(browser, provider, OWNER).cookies
    provider.changes = {"email": None, "sub": "another"}
    assert refused(whole_flow(APIClient(), provider, OWNER)) == "oauth_failed"


# --- Providers that misbehave ---------------------------------------------------------------------------------------


def test_a_discovery_document_of_another_issuer_is_refused(browser: APIClient, provider: LyingProvider) -> None:
    provider.configuration_changes = {"issuer": "https://evil.example"}
    assert refused(browser.get(f"{OAUTH}/local/start")) == "oauth_failed"


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"HTTP/1.1 500 x\r\n\r\n",
        b"HTTP/1.1 302 x\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 x\r\nContent-Type: application/json\r\n\r\n[]",
        b"HTTP/1.1 200 x\r\nContent-Type: application/json\r\n\r\n{}",
        b"HTTP/1.1 200 x\r\nContent-Type: application/json\r\n\r\n{" + b'"x": 1, ' * 100_000,
    ],
    ids=["nothing", "500", "redirect", "list", "empty", "large"],
)
def test_a_provider_that_answers_nonsense_is_unavailable(reply: bytes, browser: APIClient, settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(reply)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        settings.IDENTITY_PROVIDERS = (IdentityProvider("local", "Local", address, "x", "y"),)
        assert refused(browser.get(f"{OAUTH}/local/start")) == "oauth_failed"
        thread.join(5)


def test_a_provider_that_is_silent_is_given_up(browser: APIClient, settings: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("apps.accounts.adapters.PROVIDER_READ_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        settings.IDENTITY_PROVIDERS = (IdentityProvider("local", "Local", address, "x", "y"),)
        assert refused(browser.get(f"{OAUTH}/local/start")) == "oauth_failed"


def test_asking_too_often_is_stopped(browser: APIClient, provider: LyingProvider, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "identity_provider": "2/m/ip"}
    start(browser)
    start(browser)
    assert refused(browser.get(f"{OAUTH}/local/start")) == "rate_limited"
    assert refused(browser.get(f"{OAUTH}/local/callback")) == "rate_limited"


# --- Where it leads -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "next_path",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/ /evil.example",
        "javascript:alert(1)",
        "memory",
        "",
        "/a\r\nLocation: https://evil.example",
        "/a#problem=x",
        "/" + "a" * 600,
    ],
)
def test_it_leads_to_no_other_site(
    next_path: str, browser: APIClient, provider: LyingProvider, acme: Organization, client_of: ClientFactory
) -> None:
    assert browser.get(f"{OAUTH}/local/start", {"next": next_path}).status_code == 400
    linking = client_of(acme).post(f"{OAUTH}/local/link", {"next": next_path}, format="json")
    assert linking.status_code == 400


# --- Linking --------------------------------------------------------------------------------------------------------


@pytest.fixture
def person(acme: Organization, client_of: ClientFactory) -> Any:
    return client_of(acme)


def begin_link(client: APIClient, **body: Any) -> dict[str, str]:
    answer = client.post(f"{OAUTH}/local/link", body, format="json")
    assert answer.status_code == 200, answer.content
    return query_of(answer.json()["authorization_url"])


def navigate(client: APIClient, provider: LyingProvider, asked: dict[str, str], person: Person) -> Any:
    """As a browser navigates: with its cookies, without the token that scripts send."""
    plain = APIClient()
    plain.cookies = client.cookies
    return come_back(plain, provider, asked, person)


def test_an_identity_is_linked_listed_and_taken_away(person: Any, provider: LyingProvider) -> None:
    elsewhere = Person("private@elsewhere.example", "Private")
    answer = navigate(person, provider, begin_link(person, next="/account/security"), elsewhere)
    assert answer["Location"] == "/account/security"
    assert "lift_refresh" not in answer.cookies
    listed = person.get(f"{OAUTH}/links").json()["results"]
    assert [(row["provider"], row["email"]) for row in listed] == [("local", elsewhere.email)]
    assert "lift_refresh" in whole_flow(APIClient(), provider, elsewhere).cookies
    assert person.delete(f"{OAUTH}/links/{listed[0]['id']}").status_code == 204
    assert person.get(f"{OAUTH}/links").json()["total"] == 0
    assert [row.name for row in OutboxEvent.objects.filter(name__startswith="identity.").order_by("id")] == [
        "identity.linked",
        "identity.unlinked",
    ]


def test_linking_needs_a_recent_proof_and_a_proven_address(person: Any, provider: LyingProvider) -> None:
    EmailAddress.objects.filter(user=person.user).update(verified=False)
    answer = person.post(f"{OAUTH}/local/link", {}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "email_not_verified")
    Session.objects.filter(user=person.user).update(authenticated_at=timezone.now() - timedelta(hours=1))
    refresh = APIClient().post("/api/v1/auth/token/refresh", {"refresh": person.tokens.refresh}, format="json")
    person.credentials(HTTP_AUTHORIZATION=f"Bearer {refresh.json()['access']}")
    answer = person.post(f"{OAUTH}/local/link", {}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "reauthentication_required")


def test_an_identity_of_somebody_else_is_not_linked(
    person: Any, acme: Organization, client_of: ClientFactory, provider: LyingProvider
) -> None:
    shared = Person("shared@elsewhere.example")
    other: Any = client_of(acme)
    navigate(other, provider, begin_link(other), shared)
    assert refused(navigate(person, provider, begin_link(person), shared)) == "oauth_identity_taken"
    assert SocialAccount.objects.get().user == other.user


def test_linking_ends_in_the_browser_and_the_session_that_began_it(person: Any, provider: LyingProvider) -> None:
    elsewhere = Person("private@elsewhere.example")
    # The victim's browser is made to finish what the attacker began, so that the attacker gets the victim's identity.
    victim = APIClient()
    start(victim)
    asked = begin_link(person)
    assert refused(navigate(victim, provider, asked, elsewhere)) == "invalid_oauth_state"
    asked = begin_link(person)
    Session.objects.filter(user=person.user).update(revoked_at=timezone.now())
    assert refused(navigate(person, provider, asked, elsewhere)) == "invalid_oauth_state"
    assert not SocialAccount.objects.exists()


def test_an_unverified_identity_is_not_linked(person: Any, provider: LyingProvider) -> None:
    unverified = Person("private@elsewhere.example", email_verified=False)
    answer = navigate(person, provider, begin_link(person, next="/account"), unverified)
    assert refused(answer) == "oauth_email_not_verified"
    assert answer["Location"].startswith("/account#")


def test_the_last_way_in_stays(browser: APIClient, provider: LyingProvider) -> None:
    token = fragment_of(whole_flow(browser, provider, NEW))["oauth"]
    done = browser.post(f"{OAUTH}/signup", {"token": token, "org_name": "Elsewhere"}, format="json").json()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {done['access']}")
    link = client.get(f"{OAUTH}/links").json()["results"][0]["id"]
    answer = client.delete(f"{OAUTH}/links/{link}")
    assert (answer.status_code, answer.json()["code"]) == (409, "last_way_in")
    with public_scope():
        user = User.objects.get(email=NEW.email)
        user.set_password(PASSWORD)
        user.save()
    assert client.delete(f"{OAUTH}/links/{link}").status_code == 204


def test_links_of_others_are_unknown(
    person: Any, acme: Organization, client_of: ClientFactory, provider: LyingProvider
) -> None:
    navigate(person, provider, begin_link(person), Person("private@elsewhere.example"))
    link = person.get(f"{OAUTH}/links").json()["results"][0]["id"]
    assert client_of(acme).delete(f"{OAUTH}/links/{link}").status_code == 404
    assert SocialAccount.objects.count() == 1


# --- Configuration --------------------------------------------------------------------------------------------------


def _configured(others: str, *, allow_http: bool = False) -> tuple[IdentityProvider, ...]:
    return identity_providers(google_id="", google_secret="", others=others, allow_http=allow_http)


def test_providers_come_from_the_environment() -> None:
    google = identity_providers(google_id="id", google_secret="secret", others="", allow_http=False)
    assert [(one.id, one.server_url) for one in google] == [("google", "https://accounts.google.com")]
    row = '{"id": "acme", "name": "Acme", "server_url": "https://id.example", "client_id": "x", "client_secret": "y"}'
    assert [one.name for one in _configured(f"[{row}]")] == ["Acme"]
    assert _configured("") == ()


@pytest.mark.parametrize(
    "others",
    [
        "no JSON s3cret",
        "{}x",
        "[1]",
        '[{"id": "acme"}]',
        '[{"id": "Acme", "name": "A", "server_url": "https://a.example", "client_id": "x", "client_secret": "s3cret"}]',
        '[{"id": "links", "name": "A", "server_url": "https://a.org", "client_id": "x", "client_secret": "s3cret"}]',
        '[{"id": "a", "name": "A", "server_url": "http://a.example", "client_id": "x", "client_secret": "s3cret"}]',
        '[{"id": "a", "name": "A", "server_url": "https://a.example", "client_id": "", "client_secret": "s3cret"}]',
    ],
)
def test_a_slip_in_the_configuration_stops_the_start_and_quotes_no_secret(others: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        _configured(others)
    assert "s3cret" not in str(caught.value)
