"""What is left of a credential that was verified a while ago."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from apps.accounts.selectors.api_keys import api_key_state_of
from apps.accounts.selectors.memberships import member_principal
from apps.accounts.selectors.sessions import session_holds_read
from apps.core.types import Principal


def api_key_principal(*, key_id: UUID, now: datetime) -> Principal | None:
    """Return what an API key may do now, read now; None if it is revoked or over, or its maker may not act any more."""
    state = api_key_state_of(key_id=key_id)
    holds = state is not None and (state.expires_at is None or state.expires_at > now)
    return state.principal if state is not None and holds else None


def nobody(organization_id: UUID) -> Principal:
    """Return somebody who may do nothing in an organisation: what is left of who has left."""
    return Principal(user_id=UUID(int=0), organization_id=organization_id, email="", role="", permissions=frozenset())


def principal_again(principal: Principal, *, now: datetime) -> Principal | None:
    """Return the caller with those of their permissions that they still have; None if the credential does not hold.

    Nothing is believed that was read before: neither of the session or key, nor of the membership. Whether a module is
    still enabled is not asked.
    """
    if principal.key_id is not None:
        present = api_key_principal(key_id=principal.key_id, now=now)
    elif principal.session_id is not None and session_holds_read(session_id=principal.session_id):
        present = member_principal(user_id=principal.user_id, organization_id=principal.organization_id)
    else:
        present = None
    if present is None:
        return None
    return replace(
        principal, email=present.email, role=present.role, permissions=principal.permissions & present.permissions
    )
