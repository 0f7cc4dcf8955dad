"""Access is declared on the view, as data: `access = {"GET": "memory:read"}`. What is not declared is refused."""

from typing import TYPE_CHECKING, Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

if TYPE_CHECKING:
    # DRF's views import this class by its name in the settings.
    from rest_framework.views import APIView

# Anyone, without a credential.
PUBLIC = "public"
# Any valid credential, whatever its permissions.
AUTHENTICATED = "authenticated"


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
        if declared == AUTHENTICATED:
            return True
        self.message = f"The permission {declared} is needed."
        return declared in principal.permissions
