"""Permissions (`area:action`) and the built-in roles, as data.

Modules bring further permissions; custom roles are made of the same strings.
"""

from enum import StrEnum


class Permission(StrEnum):
    ORG_READ = "org:read"
    ORG_WRITE = "org:write"
    # The owners' alone: giving the organisation away, and deleting it.
    ORG_ADMIN = "org:admin"
    MEMBERS_READ = "members:read"
    MEMBERS_WRITE = "members:write"
    KEYS_READ = "keys:read"
    KEYS_WRITE = "keys:write"
    MEMORY_READ = "memory:read"
    MEMORY_WRITE = "memory:write"
    MEMORY_ADMIN = "memory:admin"
    # Everything at once, to be carried away.
    MEMORY_EXPORT = "memory:export"
    BILLING_READ = "billing:read"
    BILLING_WRITE = "billing:write"
    MODULES_READ = "modules:read"
    MODULES_WRITE = "modules:write"
    EVENTS_READ = "events:read"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"
    AUDIT_READ = "audit:read"
    # Of no role: operators have it, and the key that modules register themselves with.
    REGISTRY_WRITE = "registry:write"


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"


_VIEWER = frozenset(
    {
        Permission.ORG_READ,
        Permission.MEMBERS_READ,
        Permission.BILLING_READ,
        Permission.MEMORY_READ,
        Permission.MODULES_READ,
    }
)
_MEMBER = _VIEWER | {Permission.MEMORY_WRITE}
_ADMIN = _MEMBER | {
    Permission.ORG_WRITE,
    Permission.MEMBERS_WRITE,
    Permission.KEYS_READ,
    Permission.KEYS_WRITE,
    Permission.BILLING_WRITE,
    Permission.MEMORY_ADMIN,
    Permission.MEMORY_EXPORT,
    Permission.MODULES_WRITE,
    Permission.EVENTS_READ,
    Permission.WEBHOOKS_READ,
    Permission.WEBHOOKS_WRITE,
    Permission.AUDIT_READ,
}

ROLE_PERMISSIONS: dict[str, frozenset[str]] = {
    Role.OWNER: frozenset(map(str, _ADMIN | {Permission.ORG_ADMIN})),
    Role.ADMIN: frozenset(map(str, _ADMIN)),
    Role.MEMBER: frozenset(map(str, _MEMBER)),
    Role.VIEWER: frozenset(map(str, _VIEWER)),
}

DESCRIPTIONS: dict[str, str] = {
    Permission.ORG_READ: "See the organisation and its settings.",
    Permission.ORG_WRITE: "Change name, settings, branding and domains.",
    Permission.MEMBERS_READ: "See members, roles and invitations.",
    Permission.MEMBERS_WRITE: "Invite and remove people, change their roles, and make roles.",
    Permission.KEYS_READ: "See API keys, never their secrets.",
    Permission.KEYS_WRITE: "Make, rotate and revoke API keys.",
    Permission.BILLING_READ: "See the plan, what was used, and invoices.",
    Permission.BILLING_WRITE: "Choose and cancel the plan, and change how it is paid.",
    Permission.MEMORY_READ: "Search and read the memory.",
    Permission.MEMORY_WRITE: "Store, change and delete memories.",
    Permission.MEMORY_ADMIN: (
        "Read what modules keep and open it to others; change the memory's field, dimensions and model; import; erase."
    ),
    Permission.MEMORY_EXPORT: (
        "Take the whole memory away in an archive, with what modules keep, rules, and legal holds with their reasons."
    ),
    Permission.MODULES_READ: "See modules.",
    Permission.MODULES_WRITE: "Enable, configure and disable modules.",
    Permission.EVENTS_READ: "Follow everything that happens in the organisation.",
    Permission.WEBHOOKS_READ: "See webhooks and what was delivered to them.",
    Permission.WEBHOOKS_WRITE: "Make, change and delete webhooks, and send events again.",
    Permission.AUDIT_READ: "Read, export and verify the audit trail.",
}
