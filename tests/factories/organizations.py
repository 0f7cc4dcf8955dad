"""The two organisations that every test database holds: `acme` and, to prove that nothing crosses, `globex`."""

from datetime import UTC, datetime

from apps.accounts.models import User
from apps.accounts.services.organizations import organization_create
from apps.accounts.services.users import user_create
from apps.billing.models import PlanOverride
from apps.billing.services.overrides import override_give
from apps.events.types import SYSTEM

CREATED_AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
PASSWORD = "correct horse battery"
OWNERS = {"acme": "owner@acme.example", "globex": "owner@globex.example"}


def create_test_organizations() -> None:
    for slug, email in OWNERS.items():
        owner: User = user_create(email=email, password=PASSWORD, verified=True)
        organization = organization_create(
            name=slug.title(), slug=slug, owner=owner, memory_domain="general", now=CREATED_AT
        )
        # Most tests are not about how many people a plan has room for.
        room = PlanOverride(organization_id=organization.id, feature_id="users", reason="Tests", created_by="tests")
        override_give(override=room, actor=SYSTEM, now=CREATED_AT)
