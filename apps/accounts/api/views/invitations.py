"""Inviting people, and answering."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.adapters import link_try_limit
from apps.accounts.api.serializers.members import (
    InvitationAcceptInput,
    InvitationInput,
    InvitationKeyInput,
    InvitationLookOutput,
    InvitationOutput,
    InvitationPage,
    InvitationsQuery,
)
from apps.accounts.api.serializers.sessions import TokensOutput
from apps.accounts.api.views.base import AccountsView, PublicView, tokens_response
from apps.accounts.models import Invitation
from apps.accounts.permissions import Permission
from apps.accounts.selectors.members import invitation_look, invitation_present, invitations
from apps.accounts.services.invitations import (
    invitation_accept,
    invitation_accept_new,
    invitation_by_key,
    invitation_create,
    invitation_resend,
    invitation_revoke,
)
from apps.core.api.idempotency import idempotent
from apps.core.api.pagination import page_of
from apps.core.api.permissions import PUBLIC
from apps.core.exceptions import InvalidInput
from apps.core.types import Principal


class InvitationsView(AccountsView):
    access = {"GET": Permission.MEMBERS_READ, "POST": Permission.MEMBERS_WRITE}

    @extend_schema(parameters=[InvitationsQuery], responses=InvitationPage)
    def get(self, request: Request) -> Response:
        """Whom your organisation has invited, newest first."""
        query = self.valid_query(request, InvitationsQuery)
        now = timezone.now()
        rows = invitations(organization_id=self.principal.organization_id, status=query["status"], now=now)

        def present(row: Invitation) -> dict[str, object]:
            return invitation_present(row, now=now)

        return Response(
            page_of(rows, order="-created_at", cursor=query.get("cursor"), limit=query["limit"], present=present)
        )

    @extend_schema(request=InvitationInput, responses={201: InvitationOutput})
    @idempotent
    def post(self, request: Request) -> Response:
        """Invite an address; a mail with a link follows, which works once, for seven days."""
        now = timezone.now()
        body = self.valid_body(request, InvitationInput)
        invitation = invitation_create(principal=self.principal, now=now, **body)
        return Response(invitation_present(invitation, now=now), status=201)


class InvitationView(AccountsView):
    access = {"DELETE": Permission.MEMBERS_WRITE}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, invitation_id: UUID) -> Response:
        """Take an invitation back."""
        invitation_revoke(principal=self.principal, invitation_id=invitation_id, now=timezone.now())
        return Response(status=204)


class InvitationResendView(AccountsView):
    access = {"POST": Permission.MEMBERS_WRITE}

    @extend_schema(request=None, responses=InvitationOutput)
    @idempotent
    def post(self, request: Request, invitation_id: UUID) -> Response:
        """Send an invitation again, with a new link; the old one ends."""
        now = timezone.now()
        invitation = invitation_resend(principal=self.principal, invitation_id=invitation_id, now=now)
        return Response(invitation_present(invitation, now=now))


class InvitationLookView(PublicView):
    @extend_schema(request=InvitationKeyInput, responses=InvitationLookOutput)
    def post(self, request: Request) -> Response:
        """What the invitation of a link is for."""
        key = self.valid_body(request, InvitationKeyInput)["key"]
        link_try_limit(request._request)  # noqa: SLF001 - allauth wants Django's request
        return Response(invitation_look(invitation_by_key(key, now=timezone.now())))


class InvitationAcceptView(AccountsView):
    """Open to all: who is signed in accepts as they are, everybody else makes an account."""

    access = {"POST": PUBLIC}

    @extend_schema(request=InvitationAcceptInput, responses={200: TokensOutput, 201: TokensOutput})
    def post(self, request: Request) -> Response:
        """Accept an invitation: signed in with the invited address, or with a password for a new account."""
        body = self.valid_body(request, InvitationAcceptInput)
        link_try_limit(request._request)  # noqa: SLF001 - as above
        now = timezone.now()
        if "password" in body:
            _, tokens = invitation_accept_new(key=body["key"], password=body["password"], name=body["name"], now=now)
            return tokens_response(tokens, use_cookie=body["use_cookie"], status=201)
        if not isinstance(request.user, Principal) or request.user.session_id is None:
            raise InvalidInput("Sign in first, or choose a password for a new account.", pointer="/password")
        tokens = invitation_accept(principal=request.user, key=body["key"], now=now)
        return tokens_response(tokens, use_cookie=body["use_cookie"])
