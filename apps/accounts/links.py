"""Keys in the links of our mails: the id of a row and a signature, so that no secret has to be kept.

A row's `issue` is part of what is signed: raising it ends every link made before.
"""

from enum import StrEnum
from uuid import UUID

from django.core.signing import BadSignature, Signer


class Link(StrEnum):
    """What a key is for: one made for one purpose is no key for another."""

    INVITATION = "invitation"
    EMAIL_CONFIRM = "email-confirm"
    EMAIL_CANCEL = "email-cancel"


def link_key(link: Link, row_id: UUID, *, issue: int = 1) -> str:
    return _signer(link).sign(f"{row_id.hex}.{issue}")


def link_read(link: Link, key: str) -> tuple[UUID, int]:
    """Return the id and issue that a key was made for; raise `ValueError` for anything that is not a key of ours."""
    try:
        row_id, _, issue = _signer(link).unsign(key).partition(".")
    except BadSignature:
        raise ValueError("not a key of ours") from None
    return UUID(hex=row_id), int(issue)


def _signer(link: Link) -> Signer:
    return Signer(sep="~", salt=f"accounts.{link}")
