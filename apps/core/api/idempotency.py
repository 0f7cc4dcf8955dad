"""`Idempotency-Key`: the answer is stored in the transaction of the work, so both exist or neither does.

A process killed before the commit leaves no trace and the retry does the work; killed after it, the retry gets the
stored answer. A key is never left locked: the lock is PostgreSQL's and ends with the transaction.
"""

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.db import connection, transaction
from django.utils import timezone
from django.utils.http import parse_header_parameters
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.exceptions import IdempotencyKeyInUse, IdempotencyKeyReused, InvalidInput
from apps.core.models import IdempotencyRecord
from apps.core.services import IDEMPOTENCY_LIFETIME

MAX_KEY_LENGTH = 255

View = TypeVar("View", bound=Callable[..., Response])


def idempotent(method: View) -> View:
    """Make a POST handler honour `Idempotency-Key`; without the header it runs as it is, in one transaction."""

    @wraps(method)
    def handler(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            with transaction.atomic():
                return method(self, request, *args, **kwargs)
        if not 1 <= len(key) <= MAX_KEY_LENGTH or not key.isprintable():
            raise InvalidInput("Idempotency-Key must have 1 to 255 printable characters.", pointer="/Idempotency-Key")
        with transaction.atomic():
            return _once(lambda: method(self, request, *args, **kwargs), request=request, key=key)

    handler.is_idempotent = True  # type: ignore[attr-defined]  # asked by `is_idempotent`
    return handler  # type: ignore[return-value]  # wraps keeps the signature, which mypy cannot see


def is_idempotent(view: Any, request: Request) -> bool:
    """Tell whether this call, when it comes again, gets the answer of the first."""
    handler = getattr(view, request.method.lower(), None) if request.method else None
    return "Idempotency-Key" in request.headers and getattr(handler, "is_idempotent", False)


def _once(work: Callable[[], Response], *, request: Request, key: str) -> Response:
    owner = _owner(request)
    fingerprint = _fingerprint(request)
    _lock(owner, key)
    now = timezone.now()
    known = IdempotencyRecord.objects.filter(owner=owner, key=key, created_at__gt=now - IDEMPOTENCY_LIFETIME).first()
    if known is not None:
        if known.request_hash != fingerprint:
            raise IdempotencyKeyReused("Use a new Idempotency-Key for another request.")
        return Response(known.response_body, status=known.response_status, headers={"Idempotency-Replayed": "true"})
    response = work()
    IdempotencyRecord.objects.update_or_create(
        owner=owner,
        key=key,
        defaults={
            "request_hash": fingerprint,
            "response_status": response.status_code,
            # As it was sent: times and ids are text by then.
            "response_body": json.loads(JSONRenderer().render(response.data)),
            "created_at": now,
        },
    )
    return response


def _owner(request: Request) -> str:
    """Return whose keys these are: organisations, people of one, and modules for one of them may use the same key."""
    principal: Any = request.user
    return f"{principal.organization_id}/{principal.user_id}" + (f"/{principal.module}" if principal.module else "")


def _fingerprint(request: Request) -> str:
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    body: bytes = request._request.body  # noqa: SLF001 - the raw bytes, which DRF does not expose
    _, parameters = parse_header_parameters(request.content_type or "")
    if boundary := parameters.get("boundary"):
        # Clients choose a new boundary for every attempt; the form between the boundaries is what counts.
        body = body.replace(boundary.encode(), b"")
    digest.update(body)
    return digest.hexdigest()


def _lock(owner: str, key: str) -> None:
    digest = hashlib.sha256(f"{owner}/{key}".encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [int.from_bytes(digest[:8], signed=True)])
        if not cursor.fetchone()[0]:
            raise IdempotencyKeyInUse("Wait for the first request, then repeat this one.", retry_after=1)
