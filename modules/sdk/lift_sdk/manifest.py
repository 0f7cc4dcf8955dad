"""The manifest `module.json`: what a module tells the platform about itself.

Unknown keys are refused, so that a misspelt one is noticed; keys that begin with `x-` are the author's own and pass.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    StringConstraints,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

MANIFEST_FILE = "module.json"
EXTENSION_PREFIX = "x-"
# From semver.org, "Is there a suggested regular expression".
_SEMVER = (
    r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?"
    r"(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$"
)
# Segments of unreserved characters; `.` and `..` are no segments.
_PATH = r"^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$"
_ROUTE_PATH = r"^(/([A-Za-z0-9_-][A-Za-z0-9._-]*|\{[a-z_]+\}))+$|^/$"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_POINTER = r"^(/([^/~]|~[01])+)+$"

ModuleId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,62}$")]
Permission = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,30}:[a-z][a-z0-9_]{0,30}$")]
MemoryType = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
EventType = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,30}[.][a-z_]{1,30}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]
UrlPath = Annotated[str, StringConstraints(pattern=_PATH, max_length=200)]
RoutePath = Annotated[str, StringConstraints(pattern=_ROUTE_PATH, max_length=200)]
Pointer = Annotated[str, StringConstraints(pattern=_POINTER, max_length=200)]
SearchType = Literal["neural", "conceptual", "knowledge", "hybrid"]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class ManifestError(Exception):
    """A manifest that cannot be used; `problems` says why, field by field."""

    def __init__(self, problems: "list[FieldProblem]") -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class FieldProblem:
    """`pointer` is the JSON pointer (RFC 6901) of the field, empty for the whole document."""

    pointer: str
    code: str
    detail: str

    def __str__(self) -> str:
        return f"{self.pointer or '(document)'}: {self.detail}"


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    _extensions: dict[str, Any] = PrivateAttr(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _set_extensions_aside(cls, data: Any, handler: ModelWrapValidatorHandler["_Block"]) -> "_Block":
        if not isinstance(data, Mapping):
            return handler(data)
        extensions = {key: value for key, value in data.items() if str(key).startswith(EXTENSION_PREFIX)}
        block = handler({key: value for key, value in data.items() if key not in extensions})
        block._extensions.update(extensions)  # noqa: SLF001 - its own class
        return block

    @model_serializer(mode="wrap")
    def _with_extensions(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {**handler(self), **self._extensions}


class MemoryRequirements(_Block):
    """What the module does with the organisation memory; its tokens hold no memory permission beyond this.

    What it stores is its own, but for memories of the `shared_types`: everybody who may read the memory reads those.
    """

    read_access: bool = False
    write_access: bool = False
    search_types: tuple[SearchType, ...] = ()
    memory_types: tuple[MemoryType, ...] = ()
    shared_types: tuple[MemoryType, ...] = ()


class UiComponent(_Block):
    """A page of the module in the dashboard: a document at `base_url + path`, shown to those with all `permissions`."""

    name: Name
    path: UrlPath
    permissions: tuple[Permission, ...] = ()
    memory_context: MemoryType | None = None


class MemoryEnrichment(_Block):
    """Search results that the gateway adds to a request's JSON body as `lift_memory`."""

    query_from: Pointer
    search_type: SearchType = "hybrid"
    limit: Annotated[int, Field(ge=1, le=100)] = 5


class Remember(_Block):
    """What the gateway stores of an answer's JSON body."""

    content_from: Pointer
    memory_type: MemoryType = "general"
    metadata_from: tuple[Pointer, ...] = ()


class Deprecated(_Block):
    """A route that will go: the gateway says so with every answer."""

    since: Annotated[str, StringConstraints(pattern=_DATE)]
    sunset: Annotated[str, StringConstraints(pattern=_DATE)] | None = None
    link: Annotated[str, StringConstraints(pattern=r"^https://[A-Za-z0-9._~:/?#%=&+-]+$", max_length=300)] | None = None


class Route(_Block):
    """How the gateway treats the calls of one method and path, where the defaults do not fit."""

    method: Method
    path: RoutePath
    permission: Permission | None = None
    entitlement: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")] | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=300)] | None = None
    idempotent: bool | None = None
    deprecated: Deprecated | None = None
    memory_enrichment: MemoryEnrichment | None = None
    remember: Remember | None = None


class Events(_Block):
    """The events that the module is told of, and where; see `ModuleApp.handles`."""

    endpoint: UrlPath = "/events"
    types: Annotated[tuple[EventType, ...], Field(min_length=1, max_length=50)]


class Manifest(_Block):
    """A valid manifest. `Manifest.load` reads a file and tells all that is wrong at once."""

    manifest_version: Literal[1] = 1
    module_id: ModuleId
    name: Name
    version: Annotated[str, StringConstraints(pattern=_SEMVER, max_length=100)]
    description: Annotated[str, StringConstraints(max_length=1000)] = ""
    icon: Annotated[str, StringConstraints(max_length=200)] = ""
    base_url: str
    health_endpoint: UrlPath = "/health"
    api_prefix: UrlPath = "/api/v1"
    features: tuple[Name, ...] = ()
    memory_requirements: MemoryRequirements = MemoryRequirements()
    ui_components: tuple[UiComponent, ...] = ()
    permissions: tuple[Permission, ...] = ()
    routes: tuple[Route, ...] = ()
    events: Events | None = None
    config_schema: dict[str, Any] | None = None

    @field_validator("base_url")
    @classmethod
    def _is_an_origin(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-fA-F:]+\](:[0-9]{1,5})?", value):
            raise ValueError("must be http(s)://host or http(s)://host:port, without a path or a slash at the end")
        return value

    @model_validator(mode="after")
    def _paths_do_not_overlap(self) -> "Manifest":
        """Keep what needs a token and what is open to everybody apart."""
        opened = [self.health_endpoint, "/metrics", "/openapi.json", "/docs"]
        if self.events and (_within(self.events.endpoint, self.api_prefix) or self.events.endpoint in opened):
            raise ValueError(f"events endpoint {self.events.endpoint} overlaps with other paths")
        for path in [*opened, *(component.path for component in self.ui_components)]:
            if _within(path, self.api_prefix) or _within(self.api_prefix, path):
                raise ValueError(f"{path} and api_prefix {self.api_prefix} overlap")
        for component in self.ui_components:
            if any(_within(path, component.path) or _within(component.path, path) for path in opened):
                raise ValueError(f"ui component path {component.path} is taken")
        return self

    @classmethod
    def parse(cls, document: object) -> "Manifest":
        """Return the manifest of a parsed JSON document; raises `ManifestError`."""
        try:
            return cls.model_validate(document, strict=False)
        except ValidationError as error:
            raise ManifestError(list(_problems(error))) from None

    @classmethod
    def load(cls, path: Path) -> "Manifest":
        """Read a manifest from its file, or from `module.json` of a folder; raises `ManifestError`."""
        file = path / MANIFEST_FILE if path.is_dir() else path
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise ManifestError([FieldProblem("", "unreadable", f"{file} cannot be read: {error.strerror}")]) from None
        except ValueError as error:
            raise ManifestError([FieldProblem("", "not_json", f"{file} is not JSON: {error}")]) from None
        return cls.parse(document)

    def document(self, *, base_url: str | None = None) -> dict[str, Any]:
        """Return the JSON document to register, with the address that this process is reached at."""
        document: dict[str, Any] = self.model_dump(mode="json", exclude_unset=True)
        return {**document, "base_url": base_url} if base_url else document


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _problems(error: ValidationError) -> Iterator[FieldProblem]:
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        detail = item["msg"].removeprefix("Value error, ")
        yield FieldProblem(json_pointer(item["loc"]), item["type"], detail)


def json_pointer(location: tuple[int | str, ...]) -> str:
    """Return the JSON pointer (RFC 6901) of a location in a document."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)
