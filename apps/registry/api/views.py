from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Permission
from apps.accounts.selectors.memberships import membership_state
from apps.accounts.tokens import MODULE_TOKEN_SECONDS
from apps.core.api.pagination import cursor_decode, cursor_encode
from apps.core.api.permissions import AUTHENTICATED_OR_MODULE, PUBLIC
from apps.core.api.serializers import PageQuery
from apps.core.api.views import ApiView
from apps.core.request_context import request_id
from apps.registry import selectors
from apps.registry.api import serializers as io
from apps.registry.engine.manifest import SCHEMA
from apps.registry.services.installations import module_configure, module_disable, module_enable
from apps.registry.services.modules import module_register, module_retire
from apps.registry.services.tokens import module_token

_ORDER = "module_id"


class ModulesView(ApiView):
    access = {"GET": Permission.MODULES_READ, "POST": Permission.REGISTRY_WRITE}

    @extend_schema(operation_id="modules_list", responses=io.ModulePageOutput, parameters=[PageQuery])
    def get(self, request: Request) -> Response:
        """The catalogue, as the caller's organisation sees it."""
        query = self.valid_query(request, PageQuery)
        rows = selectors.modules_listed()
        total, limit = rows.count(), query["limit"]
        if query.get("cursor"):
            (after,) = cursor_decode(query["cursor"], order=_ORDER, length=1)
            rows = rows.filter(module_id__gt=after)
        found = list(rows[: limit + 1])
        shown = found[:limit]
        installed = selectors.installations_of(
            organization_id=self.principal.organization_id, module_ids=[one.module_id for one in shown]
        )
        return Response(
            {
                "results": [selectors.module_present(one, installed.get(one.module_id)) for one in shown],
                "next": cursor_encode(_ORDER, shown[-1].module_id) if len(found) > limit else None,
                "total": total,
            }
        )

    @extend_schema(request=OpenApiTypes.OBJECT, responses={201: io.RegisteredOutput, 200: io.RegisteredOutput})
    def post(self, request: Request) -> Response:
        """Register a module by its manifest. Registering the same one again changes nothing.

        The JSON Schema of manifests is at `/api/v1/modules/schema`.
        """
        registered = module_register(manifest=request.data, now=timezone.now())
        body = selectors.registered_present(registered)
        return Response(body, status=201 if registered.status == "created" else 200)


class ManifestSchemaView(ApiView):
    access = {"GET": PUBLIC}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """The JSON Schema of manifests."""
        return Response(SCHEMA)


class ModuleView(ApiView):
    access = {"GET": Permission.MODULES_READ, "DELETE": Permission.REGISTRY_WRITE}

    @extend_schema(responses=io.ModuleWholeOutput)
    def get(self, request: Request, module_id: str) -> Response:
        """One module, with its versions and what can be configured."""
        module = selectors.module_get(module_id=module_id)
        installation = selectors.installation_get(organization_id=self.principal.organization_id, module_id=module_id)
        return Response(selectors.module_present_whole(module, installation))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, module_id: str) -> Response:
        """Deregister a module: nobody can call it any more, and it leaves the catalogue."""
        module_retire(module_id=module_id, now=timezone.now())
        return Response(status=204)


class ModuleEnableView(ApiView):
    access = {"POST": Permission.MODULES_WRITE}

    @extend_schema(request=io.EnableInput, responses=io.ModuleWholeOutput)
    def post(self, request: Request, module_id: str) -> Response:
        """Enable a module by agreeing to what it asks for. Access tokens issued before have to be refreshed."""
        installation = module_enable(
            organization_id=self.principal.organization_id,
            module_id=module_id,
            permissions_accepted=self.valid_body(request, io.EnableInput)["permissions_accepted"],
            user_id=self.principal.user_id,
            now=timezone.now(),
        )
        module = selectors.module_get(module_id=module_id)
        return Response(selectors.module_present_whole(module, installation))


class ModuleDisableView(ApiView):
    access = {"POST": Permission.MODULES_WRITE}

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, module_id: str) -> Response:
        """Disable a module: it can no longer be called, nor call. Its configuration stays."""
        module_disable(
            organization_id=self.principal.organization_id,
            module_id=module_id,
            user_id=self.principal.user_id,
            now=timezone.now(),
        )
        return Response(status=204)


class ModuleConfigView(ApiView):
    # A module reads its own; people need the permission.
    access = {"GET": AUTHENTICATED_OR_MODULE, "PUT": Permission.MODULES_WRITE}

    @extend_schema(responses=io.ConfigOutput)
    def get(self, request: Request, module_id: str) -> Response:
        """The organisation's configuration of a module; the module itself may read it too."""
        caller = self.principal
        allowed = caller.module == module_id if caller.module else Permission.MODULES_WRITE in caller.permissions
        if not allowed:
            raise PermissionDenied(f"The permission {Permission.MODULES_WRITE} is needed.")
        selectors.module_get(module_id=module_id)
        found = selectors.installation_get(organization_id=caller.organization_id, module_id=module_id)
        return Response({"config": found.config if found else {}, "version": found.config_version if found else 0})

    @extend_schema(request=io.ConfigInput, responses=io.ConfigOutput)
    def put(self, request: Request, module_id: str) -> Response:
        """Replace the organisation's configuration; the module's `config_schema` judges it."""
        installation = module_configure(
            organization_id=self.principal.organization_id,
            module_id=module_id,
            config=self.valid_body(request, io.ConfigInput)["config"],
            user_id=self.principal.user_id,
            now=timezone.now(),
        )
        return Response({"config": installation.config, "version": installation.config_version})


class ModuleHealthView(ApiView):
    access = {"GET": Permission.MODULES_READ}

    @extend_schema(
        responses=io.HealthHistoryOutput, parameters=[OpenApiParameter("limit", int, description="1 to 1000 checks")]
    )
    def get(self, request: Request, module_id: str) -> Response:
        """How a module is and was: its newest checks, newest first."""
        query = self.valid_query(request, io.HistoryQuery)
        module = selectors.module_get(module_id=module_id)
        history = selectors.health_history(module_id=module_id, limit=query["limit"])
        return Response({**selectors.health_present(module), "history": history})


class ModuleTokenView(ApiView):
    access = {"POST": Permission.MODULES_READ}

    @extend_schema(request=None, responses=io.ModuleTokenOutput)
    def post(self, request: Request, module_id: str) -> Response:
        """Exchange one's own token for one that this module alone accepts, with the rights that both have."""
        caller = self.principal
        if caller.module:
            raise PermissionDenied("A module cannot exchange the token that it was given.")
        state = membership_state(user_id=caller.user_id, organization_id=caller.organization_id)
        token = module_token(
            principal=caller,
            permission_version=state.permission_version if state else 0,
            module_id=module_id,
            request_id=request_id(),
            now=timezone.now(),
        )
        return Response({"access_token": token, "token_type": "Bearer", "expires_in": MODULE_TOKEN_SECONDS})
