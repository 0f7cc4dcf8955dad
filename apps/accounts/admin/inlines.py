"""Rows shown inside other pages."""

from typing import Any

from django.http import HttpRequest
from unfold.admin import TabularInline

from apps.accounts.models import Membership


class MembershipInline(TabularInline):
    model = Membership
    extra = 0
    fields = ["organization", "user", "role", "created_at"]
    readonly_fields = ["organization", "user", "role", "created_at"]
    can_delete = False
    show_change_link = True
    # The row says it all; its title would be two ids.
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False
