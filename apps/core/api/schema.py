"""OpenAPI: problems, permissions and the Idempotency-Key are added to every operation from what the view declares."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

from apps.core.api.errors import PROBLEM_CONTENT_TYPE
from apps.core.api.permissions import AUTHENTICATED, PUBLIC

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


class ProblemAutoSchema(AutoSchema):
    """Describes what every operation has in common."""

    def _declared(self) -> str | None:
        return getattr(self.view, "access", {}).get(self.method)

    def get_summary(self) -> str:
        """Return the first sentence of the handler's docstring: what readers see in lists of operations."""
        text: str = super().get_description() or ""
        return text.partition(". ")[0].rstrip(".")

    def get_description(self) -> str:  # type: ignore[override]  # drf-spectacular dropped the parameters of DRF's
        text: str = super().get_description() or ""
        declared = self._declared()
        if declared in {None, PUBLIC, AUTHENTICATED}:
            return text
        return f"{text}\n\nNeeds the permission `{declared}`.".strip()

    def get_auth(self) -> list[Any]:
        return [] if self._declared() == PUBLIC else super().get_auth()

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation:
            operation["responses"]["default"] = {
                "description": "Any refusal or failure.",
                "content": {PROBLEM_CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
        return operation


def complete_components(result: dict[str, Any], generator: Any, request: Any, public: Any) -> dict[str, Any]:
    """Add the problem schema that every operation refers to, and say that input takes no unknown fields."""
    del generator, request, public
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    for name, schema in schemas.items():
        if name.endswith("Request") and schema.get("type") == "object":
            schema["additionalProperties"] = False
    schemas["Problem"] = PROBLEM_SCHEMA
    return result
