"""Users, organisations and what connects them. Everything here lives in the public schema."""

from apps.accounts.models.api_keys import ApiKey
from apps.accounts.models.memberships import CustomRole, Invitation, Membership
from apps.accounts.models.organizations import Branding, Domain, Organization
from apps.accounts.models.pending_steps import PendingStep
from apps.accounts.models.sessions import RefreshToken, Session
from apps.accounts.models.signing_keys import SigningKey
from apps.accounts.models.users import EmailChange, User, UserManager

__all__ = [
    "ApiKey",
    "Branding",
    "CustomRole",
    "Domain",
    "EmailChange",
    "Invitation",
    "Membership",
    "Organization",
    "PendingStep",
    "RefreshToken",
    "Session",
    "SigningKey",
    "User",
    "UserManager",
]
