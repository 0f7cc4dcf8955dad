"""Users, organisations and what connects them. Everything here lives in the public schema."""

from apps.accounts.models.memberships import Membership
from apps.accounts.models.organizations import Domain, Organization
from apps.accounts.models.sessions import RefreshSession
from apps.accounts.models.users import User, UserManager

__all__ = ["Domain", "Membership", "Organization", "RefreshSession", "User", "UserManager"]
