"""Custom domains: what proves them, and which organisation a host name stands for."""

from typing import Any
from uuid import UUID

from django.core.cache import caches
from django.db import transaction

from apps.accounts.models import Domain

TXT_PREFIX = "_liftos"
# A host name that was just proven serves its sign-in within this time in every process.
BELIEVED_SECONDS = 4
_NONE = "none"


def txt_name(domain: Domain) -> str:
    """Return the name at which the TXT record has to stand."""
    return f"{TXT_PREFIX}.{domain.domain}"


def txt_value(domain: Domain) -> str:
    return f"liftos-verification={domain.token}"


def domain_present(domain: Domain) -> dict[str, Any]:
    verified = "failing" if domain.failing_since else "verified"
    return {
        "id": str(domain.id),
        "domain": domain.domain,
        "status": verified if domain.verified_at else "pending",
        "txt_name": txt_name(domain),
        "txt_value": txt_value(domain),
        "verified_at": domain.verified_at,
        "checked_at": domain.checked_at,
        "created_at": domain.created_at,
    }


def organization_of_host(host: str) -> UUID | None:
    """Return the organisation that has proven a host name, at most `BELIEVED_SECONDS` old; None for any other host."""
    cache = caches["process"]
    found: UUID | str | None = cache.get(_key(host))
    if found is None:
        row = Domain.objects.filter(domain=host, verified_at__isnull=False, tenant__is_active=True).first()
        found = row.tenant_id if row else _NONE
        cache.set(_key(host), found, BELIEVED_SECONDS)
    return found if isinstance(found, UUID) else None


def custom_domain_forget(host: str) -> None:
    transaction.on_commit(lambda: caches["process"].delete(_key(host)))


def _key(host: str) -> str:
    return f"custom-domain:{host[:253]}"
