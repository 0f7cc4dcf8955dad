"""Base of all API views."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from apps.core.types import Principal


class ApiView(APIView):
    """A view with declared access: method -> permission, `AUTHENTICATED` or `PUBLIC`. See core.api.permissions."""

    access: ClassVar[Mapping[str, str]] = {}
    # The methods that need a person who has just proven who they are.
    recent_proof: ClassVar[Collection[str]] = ()

    @property
    def principal(self) -> Principal:
        """The verified caller; there is one wherever the declared access is not `PUBLIC`."""
        caller: Any = self.request.user
        if not isinstance(caller, Principal):
            raise NotAuthenticated
        return caller

    def valid_body(self, request: Request, serializer: type[Serializer[Any]]) -> dict[str, Any]:
        """Return the validated body; raise the 400 that names what is wrong with it."""
        checked = serializer(data=request.data)
        checked.is_valid(raise_exception=True)
        return dict(checked.validated_data)

    def valid_query(self, request: Request, serializer: type[Serializer[Any]]) -> dict[str, Any]:
        """Return the validated query parameters; a parameter given twice counts once, with its last value."""
        checked = serializer(data=request.query_params.dict())
        checked.is_valid(raise_exception=True)
        return dict(checked.validated_data)
