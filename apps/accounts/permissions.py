"""Permissions (`area:action`) and the built-in roles, as data.

Modules bring further permissions; custom roles are made of the same strings. A role that is not listed has nothing.
"""

from enum import StrEnum


class Permission(StrEnum):
    ORG_READ = "org:read"
    ORG_WRITE = "org:write"
    MEMORY_READ = "memory:read"
    MEMORY_WRITE = "memory:write"
    MEMORY_ADMIN = "memory:admin"


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"


_VIEWER = frozenset({Permission.ORG_READ, Permission.MEMORY_READ})
_MEMBER = _VIEWER | {Permission.MEMORY_WRITE}
_ADMIN = _MEMBER | {Permission.ORG_WRITE, Permission.MEMORY_ADMIN}

ROLE_PERMISSIONS: dict[str, frozenset[str]] = {
    Role.OWNER: frozenset(map(str, _ADMIN)),
    Role.ADMIN: frozenset(map(str, _ADMIN)),
    Role.MEMBER: frozenset(map(str, _MEMBER)),
    Role.VIEWER: frozenset(map(str, _VIEWER)),
}


def permissions_of(role: str) -> frozenset[str]:
    return ROLE_PERMISSIONS.get(role, frozenset())
