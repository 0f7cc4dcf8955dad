"""Whether the identity providers answer that people sign in with."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import requests
from django.conf import settings

from apps.observability.types import WELL, Finding, State

PREFIX = "sign_in:"
_SECONDS = 3


def providers_check() -> Mapping[str, Finding]:
    """Return for each provider whether its discovery document can be read."""
    providers = settings.IDENTITY_PROVIDERS
    if not providers:
        return {}
    with ThreadPoolExecutor(len(providers)) as pool:
        found = pool.map(_provider, [one.server_url for one in providers])
        return {f"{PREFIX}{one.id}": finding for one, finding in zip(providers, found, strict=True)}


def consequence(name: str) -> str:
    return f"Nobody can sign in with {name.removeprefix(PREFIX)}; who is signed in stays so, and passwords work."


def _provider(server_url: str) -> Finding:
    url = f"{server_url.rstrip('/')}/.well-known/openid-configuration"
    try:
        answer = requests.get(url, timeout=_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        return Finding(State.DOWN, f"does not answer ({type(error).__name__})")
    return WELL if answer.ok else Finding(State.DOWN, f"answers {answer.status_code}")
