"""Access is declared on the view, as data: `access = {"GET": "memory:read"}`. What is not declared is refused.

`recent_proof = {"DELETE"}` names the methods that need a person who has proven who they are a short while ago.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.core.exceptions import ReauthenticationRequired
from apps.core.types import Principal

if TYPE_CHECKING:
    # DRF's views import this class by its name in the settings.
    from rest_framework.views import APIView

# Anyone, without a credential.
PUBLIC = "public"
# Any person with a valid credential, whatever their permissions; no module or API key that acts for one.
AUTHENTICATED = "authenticated"
# As `AUTHENTICATED`, and modules too: the view itself decides what they see.
AUTHENTICATED_OR_MODULE = "authenticated_or_module"
# A module that acts for somebody, and nobody else.
MODULE = "module"


class DeclaredAccess(BasePermission):
    """Compare the method's declared access with the permissions of the verified credential."""

    message = "Your role does not include the permission that this needs."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        method = "GET" if request.method == "HEAD" else str(request.method)
        if not hasattr(view, method.lower()):
            # There is no handler to protect: DRF answers 405.
            return True
        declared: str | None = getattr(view, "access", {}).get(method)
        if declared == PUBLIC or request.method == "OPTIONS":
            return True
        principal: Any = request.user
        if principal is None or declared is None:
            return False
        if declared in {AUTHENTICATED, AUTHENTICATED_OR_MODULE}:
            is_person = isinstance(principal, Principal) and not principal.module and principal.key_id is None
            may = is_person or (isinstance(principal, Principal) and declared == AUTHENTICATED_OR_MODULE)
        elif declared == MODULE:
            self.message = "Only modules may call this."
            may = isinstance(principal, Principal) and bool(principal.module)
        else:
            self.message = f"The permission {declared} is needed."
            may = declared in principal.permissions
        if may and method in getattr(view, "recent_proof", ()):
            recent_proof_check(principal)
        return may


def recent_proof_check(principal: Any) -> None:
    """Raise `ReauthenticationRequired` unless the credential is of a person who has just proven who they are."""
    proven: datetime | None = getattr(principal, "authenticated_at", None)
    if proven is None:
        raise ReauthenticationRequired("This needs a person who has just signed in: no key or module may do it.")
    if timezone.now() - proven > timedelta(seconds=settings.RECENT_PROOF_SECONDS):
        raise ReauthenticationRequired("Prove again who you are with POST /api/v1/auth/reauthenticate.")
