"""Erasures and their certificates, as the API and operators see them, and whether they hold."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.audit.keys import public_keys, signature_fits
from apps.core.tenancy.scope import public_scope
from apps.memory.engine.certificates import FORMAT, Certificate, Verify, chain_fault
from apps.memory.exceptions import ErasureNotFound
from apps.memory.models import Erasure
from apps.memory.selectors.places import places_count, subject_read


def erasures() -> QuerySet[Erasure]:
    return Erasure.objects.all()


def erasure_get(*, erasure_id: UUID) -> Erasure:
    erasure = Erasure.objects.filter(id=erasure_id).first()
    if erasure is None:
        raise ErasureNotFound("There is no erasure with this id.")
    return erasure


def certificate_content(erasure: Erasure) -> dict[str, Any]:
    """Return what the certificate of an erasure says, as JSON values."""
    return {
        "format": FORMAT,
        "organization_id": erasure.subject["organization_id"],
        "number": erasure.number,
        "erasure_id": str(erasure.id),
        "reason": erasure.reason,
        "requested_by": erasure.requested_by and str(erasure.requested_by),
        "requested_at": _time(erasure.requested_at),
        "completed_at": erasure.completed_at and _time(erasure.completed_at),
        "memory_ids": erasure.subject["memory_ids"],
        "places": {place: {"before": count, "after": erasure.after[place]} for place, count in erasure.before.items()},
        "previous_hash": erasure.previous_hash,
    }


def certificate_present(erasure: Erasure) -> dict[str, Any] | None:
    if erasure.status != Erasure.Status.CERTIFIED:
        return None
    with public_scope():
        public_key = public_keys().get(erasure.key_id, b"")
    return {
        "content": certificate_content(erasure),
        "hash": erasure.hash,
        "signature": erasure.signature,
        "key_id": erasure.key_id,
        "public_key": public_key.hex(),
    }


def erasure_summary(erasure: Erasure) -> dict[str, Any]:
    return {
        "id": str(erasure.id),
        "status": erasure.status,
        "number": erasure.number,
        "memories": len(erasure.subject["memory_ids"]),
        "reason": erasure.reason,
        "requested_by": erasure.requested_by and str(erasure.requested_by),
        "requested_at": erasure.requested_at,
        "completed_at": erasure.completed_at,
    }


def erasure_present(erasure: Erasure) -> dict[str, Any]:
    return {
        **erasure_summary(erasure),
        "memory_ids": erasure.subject["memory_ids"],
        "places": [
            {"place": place, "before": count, "after": erasure.after.get(place)}
            for place, count in erasure.before.items()
        ],
        "certificate": certificate_present(erasure),
    }


def verifier() -> Verify:
    with public_scope():
        keys = public_keys()

    def verify(key_id: str, hash_: str, signature: str) -> bool:
        try:
            return signature_fits(keys, key_id, bytes.fromhex(hash_), bytes.fromhex(signature), kind="erasure")
        except ValueError:
            return False

    return verify


def certificate_read(data: Mapping[str, Any]) -> Certificate:
    """Return a certificate from the JSON that the API gave out. Raises `KeyError` or `TypeError`."""
    return Certificate(
        content=dict(data["content"]),
        hash=str(data["hash"]),
        signature=str(data["signature"]),
        key_id=str(data["key_id"]),
    )


def erasures_verify() -> dict[str, Any]:
    """Check the chain of certificates, and look again for everything that they say is gone."""
    certified = Erasure.objects.exclude(number=None).order_by("number")
    chain = (Certificate(certificate_content(one), one.hash, one.signature, one.key_id) for one in certified)
    fault = chain_fault(chain, verifier())
    found = {}
    for one in certified:
        # What is computed or cached of other memories since is none of its business.
        counts = places_count(subject_read(one.subject))
        left = {place: count for place, count in counts.items() if count and place != "cached values"}
        if left:
            found[one.number] = left
    return {
        "certificates": certified.count(),
        "first_bad": {"number": fault[0], "reason": fault[1]} if fault else None,
        "found": found,
        "open": Erasure.objects.filter(number=None).count(),
    }


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
