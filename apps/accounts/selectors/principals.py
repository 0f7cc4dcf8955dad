"""What is left of a credential that was verified a while ago."""

from dataclasses import replace
from datetime import datetime

from apps.accounts.selectors.api_keys import api_key_state_of
from apps.accounts.selectors.memberships import member_principal
from apps.accounts.selectors.sessions import session_holds_read
from apps.core.types import Principal


def principal_again(principal: Principal, *, now: datetime) -> Principal | None:
    """Return the caller with those of their permissions that they still have; None if the credential does not hold.

    Nothing is believed that was read before: neither of the session or key, nor of the membership.
    """
    if principal.key_id is not None:
        state = api_key_state_of(key_id=principal.key_id)
        holds = state is not None and (state.expires_at is None or state.expires_at > now)
        present = state.principal if state is not None and holds else None
    elif principal.session_id is not None and session_holds_read(session_id=principal.session_id):
        present = member_principal(user_id=principal.user_id, organization_id=principal.organization_id)
    else:
        present = None
    if present is None:
        return None
    return replace(
        principal, email=present.email, role=present.role, permissions=principal.permissions & present.permissions
    )
