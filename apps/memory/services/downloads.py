"""Links by which a browser fetches by itself what is too large for the memory of a page.

A browser sends no credential with a download, so the link is one: for one thing, for a minute, and never worth more
than what it was made with is worth when it is followed.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.core import signing

from apps.core.types import Principal
from apps.memory.exceptions import DownloadNotFound

LINK_SECONDS = 60
_SALT = "memory.downloads"


class Kind(StrEnum):
    """What a link leads to."""

    EXPORT = "export"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Download:
    """What a link leads to and for whom, with what they were allowed when it was made."""

    kind: Kind
    id: UUID
    principal: Principal


def download_sign(download: Download) -> str:
    """Return the token of a link. It is a secret as long as it holds."""
    caller = download.principal
    return signing.dumps(
        {
            "kind": download.kind,
            "id": download.id.hex,
            "user": caller.user_id.hex,
            "organization": caller.organization_id.hex,
            "permissions": sorted(caller.permissions),
            "module": caller.module,
            "key": caller.key_id and caller.key_id.hex,
            "session": caller.session_id and caller.session_id.hex,
        },
        salt=_SALT,
        compress=True,
    )


def download_read(token: str) -> Download:
    """Return what a token was made for. Raises `DownloadNotFound` for one that is not ours, or older than a minute."""
    try:
        signed = signing.loads(token, salt=_SALT, max_age=LINK_SECONDS)
    except signing.BadSignature:
        raise DownloadNotFound("The link is not valid, or its minute is over. Ask for another one.") from None
    caller = Principal(
        user_id=UUID(signed["user"]),
        organization_id=UUID(signed["organization"]),
        email="",
        role="",
        permissions=frozenset(signed["permissions"]),
        module=signed["module"],
        key_id=signed["key"] and UUID(signed["key"]),
        session_id=signed["session"] and UUID(signed["session"]),
    )
    return Download(Kind(signed["kind"]), UUID(signed["id"]), caller)
