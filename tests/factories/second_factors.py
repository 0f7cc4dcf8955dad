"""Setting up an authenticator app by the API, and its codes."""

from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from rest_framework.test import APIClient

AUTH = "/api/v1/auth"


def post(client: APIClient, path: str, **body: Any) -> Any:
    return client.post(f"{AUTH}/{path}", body, format="json")


def code_of(secret: str, step: int = 0) -> str:
    """Return what an authenticator app shows now, or so many half minutes later."""
    now = list(yield_hotp_counters_from_time())[1]
    return str(format_hotp_value(hotp_value(secret, now + step)))


def wrong_code(secret: str) -> str:
    valid = {code_of(secret, step) for step in (-1, 0, 1)}
    return next(code for code in (f"{n:06}" for n in range(10)) if code not in valid)


def enrol_totp(client: APIClient) -> tuple[str, list[str]]:
    """Return the secret and the recovery codes; the code of the step before is used up by it."""
    setup = post(client, "mfa/totp").json()
    done = post(client, "mfa/totp/activate", setup_token=setup["setup_token"], code=code_of(setup["secret"], -1))
    assert done.status_code == 200, done.content
    return setup["secret"], done.json()["recovery_codes"]
