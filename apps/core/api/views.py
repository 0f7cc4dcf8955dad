"""Base of all API views."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar

from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from apps.core.types import Principal

# Asked of every call that is let in; may refuse it by a domain error, or return what sees its answer.
Gate = Callable[["ApiView", Request], Callable[[Response], None] | None]

_gates: list[Gate] = []


def register_gate(gate: Gate) -> None:
    """Have `gate` asked of every call whose credential and permission are good: metering is such a gate."""
    if gate not in _gates:
        _gates.append(gate)


class ApiView(APIView):
    """A view with declared access: method -> permission, `AUTHENTICATED` or `PUBLIC`. See core.api.permissions."""

    access: ClassVar[Mapping[str, str]] = {}
    # The methods that need a person who has just proven who they are.
    recent_proof: ClassVar[Collection[str]] = ()
    # Calls that count towards no quota: those that tell of quotas, and lift them.
    unmetered: ClassVar[bool] = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self._passed = [seen for gate in _gates if (seen := gate(self, request)) is not None]

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        for seen in getattr(self, "_passed", ()):
            seen(response)
        return super().finalize_response(request, response, *args, **kwargs)

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
