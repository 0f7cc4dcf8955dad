"""Name, colours and logo of an organisation."""

import hashlib
import io
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from django.db import transaction
from PIL import Image, UnidentifiedImageError

from apps.accounts.models import Branding
from apps.core.exceptions import InvalidInput
from apps.core.types import Principal
from apps.events.services.outbox import emit
from apps.events.types import Actor

LOGO_FORMATS = ("PNG", "JPEG", "WEBP")
MAX_LOGO_BYTES = 512 * 1024
# A picture may say that it is far larger than its file: what it would fill in memory is bounded before it is read.
MAX_LOGO_PIXELS = 4_000_000
# The longer side of what is kept; larger ones are scaled down.
LOGO_SIDE = 512


@transaction.atomic
def branding_update(*, principal: Principal, now: datetime, **changes: str) -> Branding:
    """Change `name`, `primary_color` or `accent_color`; an empty text means the platform's own."""
    branding = _branding_locked(principal.organization_id)
    for field, value in changes.items():
        setattr(branding, field, value)
    branding.save(update_fields=list(changes))
    _emit(principal, now=now, changed=sorted(changes))
    return branding


@transaction.atomic
def logo_set(*, principal: Principal, file: BinaryIO, now: datetime) -> Branding:
    """Keep a picture as logo: read, scaled down and written anew as PNG, so that nothing else in the file survives.

    Raises `InvalidInput` for what is no picture of the formats we take, or too large.
    """
    png = _as_png(file.read(MAX_LOGO_BYTES + 1))
    branding = _branding_locked(principal.organization_id)
    branding.logo = png
    branding.logo_hash = hashlib.sha256(png).hexdigest()
    branding.save(update_fields=["logo", "logo_hash"])
    _emit(principal, now=now, changed=["logo"])
    return branding


@transaction.atomic
def logo_remove(*, principal: Principal, now: datetime) -> None:
    branding = _branding_locked(principal.organization_id)
    if branding.logo_hash:
        branding.logo, branding.logo_hash = None, ""
        branding.save(update_fields=["logo", "logo_hash"])
        _emit(principal, now=now, changed=["logo"])


def _as_png(raw: bytes) -> bytes:
    if len(raw) > MAX_LOGO_BYTES:
        raise InvalidInput(f"A logo has at most {MAX_LOGO_BYTES // 1024} KB.", pointer="/file", item_code="too_large")
    try:
        with Image.open(io.BytesIO(raw), formats=LOGO_FORMATS) as picture:
            if picture.width * picture.height > MAX_LOGO_PIXELS:
                raise InvalidInput("The picture has too many pixels.", pointer="/file", item_code="too_large")
            picture.thumbnail((LOGO_SIDE, LOGO_SIDE))
            written = io.BytesIO()
            picture.convert("RGBA").save(written, "PNG", optimize=True)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise InvalidInput("This is no PNG, JPEG or WebP picture.", pointer="/file") from None
    return written.getvalue()


def _branding_locked(organization_id: UUID) -> Branding:
    Branding.objects.get_or_create(organization_id=organization_id)
    return Branding.objects.select_for_update().get(organization_id=organization_id)


def _emit(principal: Principal, *, now: datetime, changed: list[str]) -> None:
    emit(
        "branding.updated",
        organization_id=principal.organization_id,
        actor=Actor.of(principal),
        subject=("organization", principal.organization_id),
        now=now,
        changed=changed,
    )
