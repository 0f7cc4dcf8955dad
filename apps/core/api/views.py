"""Base of all API views."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

T = TypeVar("T")


class ApiView(APIView):
    """A view with declared access: method -> permission, `AUTHENTICATED` or `PUBLIC`. See core.api.permissions."""

    access: ClassVar[Mapping[str, str]] = {}

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
