"""How an organisation looks, and the host names on which it does."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views import View
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.serializers.branding import (
    BrandingOutput,
    BrandingPatch,
    DomainInput,
    DomainOutput,
    DomainPage,
    HostBrandingOutput,
    LogoInput,
)
from apps.accounts.api.views.base import AccountsView, PublicView
from apps.accounts.api.views.members import whole_list
from apps.accounts.models import Domain
from apps.accounts.permissions import Permission
from apps.accounts.selectors.branding import branding_of, branding_present, host_branding, logo_read
from apps.accounts.selectors.domains import domain_present
from apps.accounts.services.branding import branding_update, logo_remove, logo_set
from apps.accounts.services.domains import domain_add, domain_remove, domain_verify
from apps.core.api.errors import problem_http_response
from apps.core.api.idempotency import idempotent
from apps.core.api.parsers import FormParser
from apps.core.api.permissions import PUBLIC


class BrandingView(AccountsView):
    access = {"GET": Permission.ORG_READ, "PATCH": Permission.ORG_WRITE}

    @extend_schema(responses=BrandingOutput)
    def get(self, request: Request) -> Response:
        """Name, colours and logo that your organisation has chosen."""
        return Response(branding_present(branding_of(organization_id=self.principal.organization_id)))

    @extend_schema(request=BrandingPatch, responses=BrandingOutput)
    def patch(self, request: Request) -> Response:
        """Choose a name or colours; null goes back to the platform's own."""
        changes = {field: value or "" for field, value in self.valid_body(request, BrandingPatch).items()}
        if changes:
            branding_update(principal=self.principal, now=timezone.now(), **changes)
        return Response(branding_present(branding_of(organization_id=self.principal.organization_id)))


class LogoView(AccountsView):
    access = {"PUT": Permission.ORG_WRITE, "DELETE": Permission.ORG_WRITE}
    parser_classes = [FormParser]

    @extend_schema(request={"multipart/form-data": LogoInput}, responses=BrandingOutput)
    def put(self, request: Request) -> Response:
        """Upload a logo; it is kept as PNG, its longer side at most 512 pixels."""
        file = self.valid_body(request, LogoInput)["file"]
        return Response(branding_present(logo_set(principal=self.principal, file=file, now=timezone.now())))

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Remove the logo."""
        logo_remove(principal=self.principal, now=timezone.now())
        return Response(status=204)


class HostBrandingView(PublicView):
    access = {"GET": PUBLIC}

    @extend_schema(responses=HostBrandingOutput)
    def get(self, request: Request) -> Response:
        """What the sign-in page of this host name shows; a host name chooses nothing else."""
        raw: Any = request._request  # noqa: SLF001 - where the middleware left its finding
        return Response(host_branding(organization_id=raw.branded_organization_id))


class LogoFileView(View):
    """A logo under a name that changes with it; mails and sign-in pages show it to anybody."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, organization_id: UUID, logo_hash: str) -> HttpResponse:
        png = logo_read(organization_id=organization_id, logo_hash=logo_hash)
        if png is None:
            return problem_http_response("not_found")
        return HttpResponse(
            png,
            content_type="image/png",
            headers={
                "Cache-Control": "public, max-age=31536000, immutable",
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "default-src 'none'",
            },
        )


class DomainsView(AccountsView):
    access = {"GET": Permission.ORG_READ, "POST": Permission.ORG_WRITE}

    @extend_schema(responses=DomainPage)
    def get(self, request: Request) -> Response:
        """The custom domains of your organisation."""
        rows = Domain.objects.filter(tenant_id=self.principal.organization_id).order_by("domain")
        return whole_list([domain_present(row) for row in rows])

    @extend_schema(request=DomainInput, responses={201: DomainOutput})
    @idempotent
    def post(self, request: Request) -> Response:
        """Add a domain; it counts once the TXT record that the answer names is found."""
        domain = self.valid_body(request, DomainInput)["domain"]
        row = domain_add(principal=self.principal, domain=domain, now=timezone.now())
        return Response(domain_present(row), status=201)


class DomainView(AccountsView):
    access = {"DELETE": Permission.ORG_WRITE}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, domain_id: UUID) -> Response:
        """Remove a domain; its sign-in page is the platform's within 5 s."""
        domain_remove(principal=self.principal, domain_id=domain_id, now=timezone.now())
        return Response(status=204)


class DomainVerifyView(AccountsView):
    access = {"POST": Permission.ORG_WRITE}

    @extend_schema(request=None, responses=DomainOutput)
    def post(self, request: Request, domain_id: UUID) -> Response:
        """Look for the TXT record now."""
        row = domain_verify(principal=self.principal, domain_id=domain_id, now=timezone.now())
        return Response(domain_present(row))
