"""Organisations and the present one."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.serializers.organizations import (
    OrganizationInput,
    OrganizationOutput,
    OrganizationPage,
    OrganizationPatch,
)
from apps.accounts.models import User
from apps.accounts.permissions import Permission
from apps.accounts.selectors.organizations import organization_get, organization_present, organizations_of
from apps.accounts.services.organizations import organization_create, organization_update
from apps.core.api.idempotency import idempotent
from apps.core.api.permissions import AUTHENTICATED
from apps.core.api.views import ApiView


class OrganizationsView(ApiView):
    access = {"GET": AUTHENTICATED, "POST": AUTHENTICATED}

    @extend_schema(responses=OrganizationPage)
    def get(self, request: Request) -> Response:
        """The organisations that you belong to."""
        rows = organizations_of(user_id=self.principal.user_id)
        return Response({"results": rows, "next": None, "total": len(rows)})

    @extend_schema(request=OrganizationInput, responses={201: OrganizationOutput})
    @idempotent
    def post(self, request: Request) -> Response:
        """Create another organisation, which you own."""
        body = self.valid_body(request, OrganizationInput)
        owner = User.objects.get(id=self.principal.user_id)
        organization = organization_create(owner=owner, now=timezone.now(), **body)
        return Response(organization_present(organization), status=201)


class CurrentOrganizationView(ApiView):
    access = {"GET": Permission.ORG_READ, "PATCH": Permission.ORG_WRITE}

    @extend_schema(responses=OrganizationOutput)
    def get(self, request: Request) -> Response:
        """The organisation that your token speaks for."""
        organization = organization_get(organization_id=self.principal.organization_id)
        return Response(organization_present(organization))

    @extend_schema(request=OrganizationPatch, responses=OrganizationOutput)
    def patch(self, request: Request) -> Response:
        """Change its name or short name."""
        body = self.valid_body(request, OrganizationPatch)
        organization = organization_get(organization_id=self.principal.organization_id)
        return Response(organization_present(organization_update(organization=organization, **body)))
