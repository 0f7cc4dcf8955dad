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
    SettingsOutput,
    SettingsPatch,
)
from apps.accounts.api.serializers.users import DeleteInput, DeleteOutput
from apps.accounts.api.views.base import AccountsView
from apps.accounts.models import User
from apps.accounts.permissions import Permission
from apps.accounts.selectors.organizations import organization_get, organization_present, organizations_of
from apps.accounts.services.deletion import organization_delete_request
from apps.accounts.services.organizations import organization_create, organization_update, settings_update
from apps.core.api.idempotency import idempotent
from apps.core.api.permissions import AUTHENTICATED


class OrganizationsView(AccountsView):
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


class CurrentOrganizationView(AccountsView):
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
        organization = organization_update(principal=self.principal, now=timezone.now(), **body)
        return Response(organization_present(organization))


class OrganizationDeleteView(AccountsView):
    access = {"POST": Permission.ORG_ADMIN}
    recent_proof = {"POST"}

    @extend_schema(request=DeleteInput, responses=DeleteOutput)
    def post(self, request: Request) -> Response:
        """Close the organisation at once and have it deleted in 30 days; operators can bring it back until then."""
        confirm = self.valid_body(request, DeleteInput)["confirm"]
        ends = organization_delete_request(principal=self.principal, confirm=confirm, now=timezone.now())
        return Response({"delete_after": ends})


class SettingsView(AccountsView):
    access = {"GET": Permission.ORG_READ, "PATCH": Permission.ORG_WRITE}
    recent_proof = {"PATCH"}

    @extend_schema(responses=SettingsOutput)
    def get(self, request: Request) -> Response:
        """What your organisation demands of its members."""
        organization = organization_get(organization_id=self.principal.organization_id)
        return Response({"mfa_required": organization.mfa_required})

    @extend_schema(request=SettingsPatch, responses=SettingsOutput)
    def patch(self, request: Request) -> Response:
        """Change what your organisation demands; it is in force within 5 s."""
        body = self.valid_body(request, SettingsPatch)
        organization = settings_update(principal=self.principal, now=timezone.now(), **body)
        return Response({"mfa_required": organization.mfa_required})
