"""Manifests: judged field by field against the published JSON Schema, and compared with each other. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import jsonschema
from jsonschema import Draft202012Validator

from apps.events.catalogue import EVENTS

SCHEMA: dict[str, Any] = json.loads(files(__package__).joinpath("manifest.schema.json").read_text())
# Of a manifest, in bytes of JSON: what is larger is no description.
MAX_BYTES = 256 * 1024
MAX_ERRORS = 50
# What the platform itself owns: a module may ask for these, and none may define others in these areas.
PLATFORM_PERMISSIONS = frozenset({"memory:read", "memory:write"})
# A module that brought permissions of these areas would hand out ours. A test compares them with what there is.
PLATFORM_AREAS = frozenset(
    {
        "accounts", "audit", "billing", "events", "keys", "members", "memory", "modules", "org", "registry", "roles",
        "webhooks",
    }
)  # fmt: skip

# What modules may be told of: events that name memories, never people.
EVENT_AREAS = frozenset({"memory", "memory_context", "entity", "operation"})
EVENT_ENDPOINT: str = SCHEMA["properties"]["events"]["properties"]["endpoint"]["default"]

_validator = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)


@dataclass(frozen=True, slots=True)
class FieldError:
    """`pointer` is a JSON pointer (RFC 6901) into what was judged."""

    pointer: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A top-level field that differs; None on the side where it is absent."""

    field: str
    before: Any
    after: Any


def manifest_errors(manifest: Any) -> list[FieldError]:
    """Return what is wrong with a manifest, at most `MAX_ERRORS`; nothing if it may be registered."""
    found = schema_errors(_validator, manifest)
    return found or _meaning_errors(manifest)


def completed(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a valid manifest with the defaults of what it leaves out."""
    properties = SCHEMA["properties"]
    defaults = {name: one["default"] for name, one in properties.items() if "default" in one}
    return {**defaults, **manifest}


def config_schema_validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def schema_errors(validator: Draft202012Validator, value: Any) -> list[FieldError]:
    """Return what a JSON Schema finds wrong with a value, in the order of the document."""
    errors = sorted(validator.iter_errors(value), key=lambda error: list(map(str, error.absolute_path)))
    return [
        FieldError(_pointer(error.absolute_path), str(error.validator), _text(error)) for error in errors[:MAX_ERRORS]
    ]


def own_permissions(manifest: Mapping[str, Any]) -> frozenset[str]:
    """Return the permissions that the module itself brings."""
    return frozenset(manifest["permissions"]) - PLATFORM_PERMISSIONS


def area(manifest: Mapping[str, Any]) -> str:
    """Return the prefix of the module's own permissions: `causal` of `causal:read`."""
    own = sorted(own_permissions(manifest))
    return own[0].partition(":")[0] if own else str(manifest["module_id"])


def manifest_diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FieldChange]:
    return [
        FieldChange(field, before.get(field), after.get(field))
        for field in sorted({*before, *after})
        if before.get(field) != after.get(field)
    ]


def _meaning_errors(manifest: Mapping[str, Any]) -> list[FieldError]:
    errors = []
    areas = {permission.partition(":")[0] for permission in own_permissions(manifest)}
    for index, permission in enumerate(manifest["permissions"]):
        if permission.partition(":")[0] in PLATFORM_AREAS and permission not in PLATFORM_PERMISSIONS:
            errors.append(FieldError(f"/permissions/{index}", "reserved", f"{permission} belongs to the platform."))
    if len(areas) > 1:
        text = f"A module's own permissions share one prefix; these have {', '.join(sorted(areas))}."
        errors.append(FieldError("/permissions", "mixed_areas", text))
    declared = set(manifest["permissions"])
    for index, route in enumerate(manifest.get("routes", [])):
        if route.get("permission", next(iter(declared), "")) not in declared:
            text = f"{route['permission']} is not among the module's permissions."
            errors.append(FieldError(f"/routes/{index}/permission", "undeclared", text))
        errors += _route_needs(index, route, declared)
    for index, component in enumerate(manifest.get("ui_components", [])):
        for permission in component.get("permissions", []):
            if permission not in declared:
                text = f"{permission} is not among the module's permissions."
                errors.append(FieldError(f"/ui_components/{index}/permissions", "undeclared", text))
    errors += _event_errors(manifest, declared)
    errors += _config_schema_errors(manifest.get("config_schema", {}))
    return errors[:MAX_ERRORS]


def _route_needs(index: int, route: Mapping[str, Any], declared: set[str]) -> list[FieldError]:
    needs = {"memory_enrichment": "memory:read", "remember": "memory:write"}
    return [
        FieldError(f"/routes/{index}/{block}", "undeclared", f"{block} needs {permission} among the permissions.")
        for block, permission in needs.items()
        if block in route and permission not in declared
    ]


def _event_errors(manifest: Mapping[str, Any], declared: set[str]) -> list[FieldError]:
    events = manifest.get("events")
    if events is None:
        return []
    errors = [
        FieldError(f"/events/types/{index}", "unknown", f"Modules are told of no events of type {name}.")
        for index, name in enumerate(events["types"])
        if name not in EVENTS or name.partition(".")[0] not in EVENT_AREAS
    ]
    if "memory:read" not in declared:
        errors.append(FieldError("/events", "undeclared", "events needs memory:read among the permissions."))
    prefix = manifest.get("api_prefix", SCHEMA["properties"]["api_prefix"]["default"])
    endpoint = events.get("endpoint", EVENT_ENDPOINT)
    if endpoint == prefix or endpoint.startswith(f"{prefix}/"):
        # The gateway brings people's calls there: what comes to the endpoint has to be ours.
        errors.append(FieldError("/events/endpoint", "overlaps", "The endpoint must stand outside of api_prefix."))
    return errors


def _config_schema_errors(schema: Mapping[str, Any]) -> list[FieldError]:
    # A reference would make the platform fetch what a stranger names.
    if _has_reference(schema):
        return [FieldError("/config_schema", "reference", "References ($ref, $dynamicRef) are not supported here.")]
    try:
        Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        return [FieldError(f"/config_schema{_pointer(error.absolute_path)}", "schema", _text(error))]
    return []


def _has_reference(value: Any) -> bool:
    if isinstance(value, dict):
        return bool({"$ref", "$dynamicRef"} & value.keys()) or any(map(_has_reference, value.values()))
    return isinstance(value, list) and any(map(_has_reference, value))


def _pointer(path: Sequence[Any] | Any) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def _text(error: jsonschema.ValidationError | jsonschema.SchemaError) -> str:
    return str(error.message)[:300]
