"""The exchange of a person's credential for one of a module."""

from dataclasses import replace
from datetime import datetime

from apps.accounts.tokens import module_token_issue
from apps.billing.selectors.entitlements import subscription_tier
from apps.core.types import Principal
from apps.registry import selectors
from apps.registry.exceptions import ModuleNotEnabled


def module_token(
    *, principal: Principal, permission_version: int, module_id: str, request_id: str, now: datetime
) -> str:
    """Return a token for one module with the permissions that the person and the module have in common.

    Raises `NotFound` or `ModuleNotEnabled`.
    """
    selectors.module_get(module_id=module_id)
    installed = selectors.installation_state(organization_id=principal.organization_id, module_id=module_id)
    if installed is None:
        raise ModuleNotEnabled("The organisation has not enabled this module.")
    return module_token_issue(
        principal=replace(principal, permissions=principal.permissions & installed.permissions),
        permission_version=permission_version,
        module_id=module_id,
        tier=subscription_tier(principal.organization_id),
        request_id=request_id,
        now=now,
    )
