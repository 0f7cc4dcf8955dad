"""Members, ownership, roles and what roles are made of."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.serializers.members import (
    MemberOutput,
    MemberPage,
    MemberPatch,
    MembersQuery,
    OwnershipInput,
    PermissionPage,
    RoleInput,
    RoleOutput,
    RolePage,
    RolePatch,
)
from apps.accounts.api.views.base import AccountsView
from apps.accounts.permissions import Permission
from apps.accounts.selectors.members import (
    member_get,
    member_present,
    members,
    permissions,
    role_members,
    role_present,
    roles,
)
from apps.accounts.services.memberships import member_remove, member_role_change, ownership_transfer
from apps.accounts.services.roles import role_create, role_delete, role_update
from apps.core.api.idempotency import idempotent
from apps.core.api.pagination import page_of
from apps.core.api.permissions import AUTHENTICATED


def whole_list(rows: list[dict[str, Any]]) -> Response:
    """Answer a list that is always short in the form of a page."""
    return Response({"results": rows, "next": None, "total": len(rows)})


class MembersView(AccountsView):
    access = {"GET": Permission.MEMBERS_READ}

    @extend_schema(parameters=[MembersQuery], responses=MemberPage)
    def get(self, request: Request) -> Response:
        """The members of your organisation, the first to join first."""
        query = self.valid_query(request, MembersQuery)
        rows = members(organization_id=self.principal.organization_id, q=query["q"], role=query["role"])
        return Response(
            page_of(rows, order="created_at", cursor=query.get("cursor"), limit=query["limit"], present=member_present)
        )


class MemberView(AccountsView):
    # Leaving is anybody's right, so the service asks for `members:write` where someone else is removed.
    access = {"PATCH": Permission.MEMBERS_WRITE, "DELETE": AUTHENTICATED}

    @extend_schema(request=MemberPatch, responses=MemberOutput)
    def patch(self, request: Request, user_id: UUID) -> Response:
        """Give a member another role, of the rights that you hold yourself at most."""
        role = self.valid_body(request, MemberPatch)["role"]
        member_role_change(principal=self.principal, user_id=user_id, role=role, now=timezone.now())
        return Response(member_get(organization_id=self.principal.organization_id, user_id=user_id))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, user_id: UUID) -> Response:
        """Remove a member, or leave if it is you. Their API keys of this organisation end too."""
        member_remove(principal=self.principal, user_id=user_id, now=timezone.now())
        return Response(status=204)


class OwnershipView(AccountsView):
    access = {"POST": Permission.ORG_ADMIN}
    recent_proof = {"POST"}

    @extend_schema(request=OwnershipInput, responses={204: None})
    def post(self, request: Request) -> Response:
        """Make another member the owner in your place; you become an admin."""
        user_id = self.valid_body(request, OwnershipInput)["user_id"]
        ownership_transfer(principal=self.principal, user_id=user_id, now=timezone.now())
        return Response(status=204)


class RolesView(AccountsView):
    access = {"GET": Permission.MEMBERS_READ, "POST": Permission.MEMBERS_WRITE}

    @extend_schema(responses=RolePage)
    def get(self, request: Request) -> Response:
        """The roles that members can have: the built-in ones, then your own."""
        return whole_list(roles(organization_id=self.principal.organization_id))

    @extend_schema(request=RoleInput, responses={201: RoleOutput})
    @idempotent
    def post(self, request: Request) -> Response:
        """Make a role of permissions that you hold yourself."""
        role = role_create(principal=self.principal, now=timezone.now(), **self.valid_body(request, RoleInput))
        return Response(role_present(role, members=0), status=201)


class RoleView(AccountsView):
    access = {"PATCH": Permission.MEMBERS_WRITE, "DELETE": Permission.MEMBERS_WRITE}

    @extend_schema(request=RolePatch, responses=RoleOutput)
    def patch(self, request: Request, role_id: UUID) -> Response:
        """Change a role of your own; it is in force for its members within 5 s."""
        body = self.valid_body(request, RolePatch)
        role = role_update(principal=self.principal, role_id=role_id, now=timezone.now(), **body)
        return Response(role_present(role, members=role_members(role)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, role_id: UUID) -> Response:
        """Delete a role that nobody holds."""
        role_delete(principal=self.principal, role_id=role_id, now=timezone.now())
        return Response(status=204)


class PermissionsView(AccountsView):
    access = {"GET": Permission.MEMBERS_READ}

    @extend_schema(responses=PermissionPage)
    def get(self, request: Request) -> Response:
        """What roles and API keys can be made of, permissions of enabled modules included."""
        return whole_list(permissions(principal=self.principal))
