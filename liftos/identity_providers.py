"""Reads who may vouch for people: Google and other OpenID Connect providers, from the environment."""

import json
import re
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured

GOOGLE = "https://accounts.google.com"
# Ids stand in addresses, beside `signup` and `links`.
_ID = re.compile(r"(?!signup$|links$)[a-z][a-z0-9-]{0,30}")
_FIELDS = {"id", "name", "server_url", "client_id", "client_secret"}


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """`server_url` is the issuer; everything else about it is read from its discovery document."""

    id: str
    name: str
    server_url: str
    client_id: str
    client_secret: str


def identity_providers(
    *, google_id: str, google_secret: str, others: str, allow_http: bool
) -> tuple[IdentityProvider, ...]:
    """Return the configured providers, Google first; raise `ImproperlyConfigured` without quoting a secret."""
    found = [IdentityProvider("google", "Google", GOOGLE, google_id, google_secret)] if google_id else []
    try:
        rows = json.loads(others or "[]")
        found += [_provider(row, allow_http=allow_http) for row in rows]
    except (ValueError, TypeError, AttributeError):
        raise ImproperlyConfigured("OIDC_PROVIDERS is no JSON list of objects") from None
    if len({one.id for one in found}) != len(found):
        raise ImproperlyConfigured("OIDC_PROVIDERS names a provider twice")
    return tuple(found)


def _provider(row: dict[str, Any], *, allow_http: bool) -> IdentityProvider:
    if set(row) != _FIELDS or not all(isinstance(value, str) and value for value in row.values()):
        raise ImproperlyConfigured(f"a provider in OIDC_PROVIDERS has the fields {', '.join(sorted(_FIELDS))}")
    schemes = ("https://", "http://") if allow_http else ("https://",)
    if not _ID.fullmatch(row["id"]) or not row["server_url"].startswith(schemes):
        raise ImproperlyConfigured("the id or the server_url of a provider in OIDC_PROVIDERS is not usable")
    return IdentityProvider(**row)
