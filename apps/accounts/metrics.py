"""How people and programs prove who they are, counted by way and outcome."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from prometheus_client import Counter

from apps.accounts.exceptions import MfaRequired, NoOrganization
from apps.core.exceptions import DomainError

Method = Literal[
    "password", "second_factor", "passkey", "identity_provider", "refresh_token", "access_token", "api_key"
]

_attempts = Counter("auth_attempts", "Proofs of identity that were tried.", ["method", "outcome"])


@contextmanager
def attempt(method: Method, *, refused: type[Exception] = DomainError) -> Iterator[None]:
    """Count what is done inside as one proof, which `refused` says did not hold; also a decorator."""
    try:
        yield
    except (MfaRequired, NoOrganization):
        # The proof was good; what it opens is another question.
        _attempts.labels(method, "success").inc()
        raise
    except refused:
        _attempts.labels(method, "failure").inc()
        raise
    _attempts.labels(method, "success").inc()
