"""Whether the time that a refused sign-in takes tells if there is such an account.

The hashes of production, the real view, known and unknown addresses in turn: what disturbs the machine disturbs both.
The medians must differ by less than a tenth.
"""

import json
import statistics
import time
from dataclasses import dataclass

from django.conf import settings
from django.test import Client
from django.test.utils import override_settings

from apps.accounts.services.users import user_create

ROUNDS = 60
MOST_APART = 0.10


@dataclass(frozen=True, slots=True)
class SignInTimes:
    """Median milliseconds of a refused sign-in."""

    known: float
    unknown: float

    @property
    def apart(self) -> float:
        """By which share of the slower one they differ."""
        return abs(self.known - self.unknown) / max(self.known, self.unknown)

    def lines(self) -> list[str]:
        verdict = "alike" if self.apart < MOST_APART else "APART: an account can be told by the time"
        return [
            f"refused sign-in, known address    {self.known:8.1f} ms p50",
            f"refused sign-in, unknown address  {self.unknown:8.1f} ms p50",
            f"they differ by {self.apart:.1%} (less than {MOST_APART:.0%} is wanted): {verdict}",
        ]


def measure_sign_in() -> SignInTimes:
    """Time wrong passwords for one known address and many unknown ones."""
    from liftos.settings import base  # noqa: PLC0415 - the hashers of production; the test settings have cheap ones

    limits = {**settings.ACCOUNT_RATE_LIMITS, "login_failed": "1000000/m/ip"}
    with override_settings(PASSWORD_HASHERS=base.PASSWORD_HASHERS, ACCOUNT_RATE_LIMITS=limits):
        # The database outlives a run.
        address = f"known{time.time_ns()}@bench.example"
        user_create(email=address, password="bench bench 1", verified=True)
        known, unknown = [], []
        for number in range(-3, ROUNDS):
            pair = (_refused(address), _refused(f"unknown{number}@bench.example"))
            # The first ones warm up.
            if number >= 0:
                known.append(pair[0])
                unknown.append(pair[1])
    return SignInTimes(statistics.median(known), statistics.median(unknown))


def _refused(email: str) -> float:
    body = json.dumps({"email": email, "password": "not the password"})
    began = time.perf_counter()
    answer = Client().post("/api/v1/auth/token", body, content_type="application/json")
    elapsed = (time.perf_counter() - began) * 1000
    if answer.status_code != 401:
        raise RuntimeError(f"the sign-in was not refused: {answer.status_code}")
    return elapsed
