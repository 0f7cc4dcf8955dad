"""The HTTP side of the test's platform: keys, memory, a module's settings, registration."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import jwt
from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from lift_sdk import problems
from lift_sdk.keys import JWKS_PATH
from lift_sdk.manifest import Manifest, ManifestError, MemoryType
from lift_sdk.problems import Problem
from lift_sdk.testing.memories import Organization

if TYPE_CHECKING:
    from lift_sdk.testing.platform import Platform

_MAX_STORED = 50_000
router = APIRouter()


class Item(BaseModel):
    model_config = ConfigDict(extra="forbid")

    content: Annotated[str, Field(min_length=1, max_length=_MAX_STORED)]
    memory_type: MemoryType = "general"
    metadata: dict[str, Any] = {}
    occurred_at: AwareDatetime | None = None
    occurred_end: AwareDatetime | None = None
    expires_at: AwareDatetime | None = None
    source: str | None = None
    external_id: str | None = None


class Batch(BaseModel):
    model_config = ConfigDict(extra="forbid")

    items: Annotated[list[Item], Field(min_length=1, max_length=1000)]


class Conditions(BaseModel):
    """The fields of a search that this platform can honour."""

    model_config = ConfigDict(extra="forbid")

    query: Annotated[str, Field(min_length=1, max_length=2000)]
    search_type: Literal["neural", "conceptual", "knowledge", "hybrid"] = "hybrid"
    limit: Annotated[int, Field(ge=1, le=100)] = 10
    memory_types: list[MemoryType] = []
    occurred_after: AwareDatetime | None = None
    occurred_before: AwareDatetime | None = None
    threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    deadline_ms: int | None = None
    explain: bool = True


class OfModule(BaseModel):
    """The one filter of a list that this platform can honour."""

    model_config = ConfigDict(extra="forbid")

    module: str


class Explain(Conditions):
    memory_id: str


@dataclass(frozen=True)
class Principal:
    organization: Organization
    module: str
    permissions: frozenset[str] = field(default_factory=frozenset)

    def needs(self, permission: str) -> None:
        if permission not in self.permissions:
            raise Problem(403, "permission_denied", f"The permission {permission} is needed.")


def platform_app(platform: "Platform") -> FastAPI:
    app = FastAPI(openapi_url=None)
    app.state.platform = platform
    problems.install(app)
    app.include_router(router)
    return app


def running(request: Request) -> "Platform":
    platform: Platform = request.app.state.platform
    return platform


Running = Annotated[Any, Depends(running)]


def principal(platform: Running, authorization: Annotated[str, Header()] = "") -> Principal:
    """Return whom a module token speaks for; as in the platform, any module's token will do."""
    try:
        token = authorization.removeprefix("Bearer ")
        key = platform.keys[jwt.get_unverified_header(token)["kid"]].private.public_key()
        options: Any = {"require": ["exp", "org_id"], "verify_aud": False}
        claims = jwt.decode(token, key, ["EdDSA"], options=options, issuer=platform.url, leeway=10)
    except (jwt.PyJWTError, KeyError):
        raise Problem(401, "not_authenticated") from None
    organization = platform.organization(claims["org_id"])
    return Principal(organization, claims["aud"], frozenset(claims["permissions"]))


Who = Annotated[Principal, Depends(principal)]
Key = Annotated[str | None, Header(alias="Idempotency-Key")]


@router.get(JWKS_PATH)
def jwks(platform: Running) -> dict[str, Any]:
    return {"keys": [key.jwk() for key in platform.keys.values()]}


@router.post("/api/v1/memory/store", status_code=201)
def store(item: Item, who: Who, idempotency_key: Key = None) -> dict[str, Any]:
    who.needs("memory:write")
    fields = _fields(item)
    return who.organization.once(idempotency_key, fields, lambda: who.organization.store(fields, module=who.module))


@router.post("/api/v1/memory/store/batch", status_code=202)
def store_batch(batch: Batch, who: Who, idempotency_key: Key = None) -> dict[str, Any]:
    who.needs("memory:write")
    items = [_fields(item) for item in batch.items]
    return who.organization.once(
        idempotency_key, {"items": items}, lambda: who.organization.store_batch(items, module=who.module)
    )


@router.get("/api/v1/memory/operations/{operation_id}")
def operation(operation_id: str, who: Who) -> dict[str, Any]:
    who.needs("memory:read")
    if operation_id not in who.organization.operations:
        raise Problem(404, "operation_not_found", "There is no such operation.")
    return who.organization.operations[operation_id]


@router.post("/api/v1/memory/search")
def search(query: Conditions, who: Who) -> dict[str, Any]:
    who.needs("memory:read")
    results = who.organization.search(query.model_dump())[: query.limit]
    return {
        "results": results,
        "count": len(results),
        "search_type": query.search_type,
        "took_ms": 0.0,
        "dropped_channels": [],
    }


@router.post("/api/v1/memory/explain")
def explain(query: Explain, who: Who) -> dict[str, Any]:
    who.needs("memory:read")
    return who.organization.explain(query.model_dump(), query.memory_id)


@router.get("/api/v1/memory/insights")
def insights(who: Who, memory_types: Annotated[list[str], Query()] = []) -> dict[str, Any]:  # noqa: B006 - FastAPI copies it
    who.needs("memory:read")
    return who.organization.insights(memory_types)


@router.get("/api/v1/memory/context")
def context(who: Who) -> dict[str, Any]:
    who.needs("memory:read")
    counts = {"memories": len(who.organization.memories)}
    return {"memory_context": "test", "domain": "general", "dimensions": [], "status": "ready", "counts": counts}


@router.get("/api/v1/memory")
def list_page(
    who: Who,
    memory_type: MemoryType | None = None,
    filters: Annotated[str, Query(max_length=200)] = "",
    cursor: Annotated[str | None, Query(pattern=r"^[0-9]{1,6}$")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> dict[str, Any]:
    who.needs("memory:read")
    try:
        module = OfModule.model_validate_json(filters).module if filters else None
    except ValidationError as error:
        raise Problem(400, "validation_failed", str(error)) from None
    return who.organization.list_page(memory_type=memory_type, module=module, cursor=cursor, limit=limit)


@router.get("/api/v1/memory/{memory_id}")
def get(memory_id: str, who: Who) -> dict[str, Any]:
    who.needs("memory:read")
    return who.organization.get(memory_id)


@router.get("/api/v1/modules/{module_id}/config")
def config(module_id: str, who: Who) -> dict[str, Any]:
    if module_id != who.module:
        raise Problem(404, "not_found")
    return {"config": who.organization.config, "version": who.organization.config_version}


@router.post("/api/v1/modules", status_code=201)
def register(document: dict[str, Any], platform: Running, x_api_key: Annotated[str, Header()] = "") -> dict[str, Any]:
    if x_api_key != platform.registration_key:
        raise Problem(401, "not_authenticated")
    try:
        manifest = Manifest.parse(document)
    except ManifestError as error:
        rows = [{"pointer": row.pointer, "code": row.code, "detail": row.detail} for row in error.problems]
        raise Problem(400, "validation_failed", errors=rows) from None
    platform.registered[manifest.module_id] = manifest
    return document


def _fields(item: Item) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in item.model_dump().items()
    }
