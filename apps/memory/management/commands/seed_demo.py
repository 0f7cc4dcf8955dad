"""The demo organisation "Northwind Growth": two years of a growth department's memory."""

import json
import secrets
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from tqdm import tqdm

from apps.accounts.models import Organization, User
from apps.accounts.permissions import Role
from apps.accounts.services.memberships import membership_add
from apps.accounts.services.organizations import organization_create
from apps.accounts.services.users import user_create
from apps.billing.models import PlanOverride
from apps.billing.services.overrides import override_give
from apps.core.tenancy.scope import organization_scope
from apps.events.types import SYSTEM
from apps.memory.adapters.documents.records import read_jsonl
from apps.memory.api.batches import checked
from apps.memory.models import Memory
from apps.memory.services.operations import operation_create, operation_process
from apps.memory.types import ReadLimits

CORPUS = Path(__file__).resolve().parents[2] / "demo" / "northwind.jsonl"
NAME, SLUG, PLAN, DOMAIN = "Northwind Growth", "northwind", "professional", "marketing"
OWNER, VIEWER, OPERATOR = "demo@northwind.example", "viewer@northwind.example", "operator@liftos.example"


class Command(BaseCommand):
    help = "Create the demo organisation with its people and memories, and an operator. Safe to run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--password", help="for the demo accounts; else $DEMO_PASSWORD, else a random one")
        parser.add_argument("--force", action="store_true", help="allow it in production")
        parser.add_argument("--json", dest="as_json", action="store_true", help="print one JSON object")

    def handle(self, *, password: str | None, force: bool, as_json: bool, **options: Any) -> None:
        if settings.SETTINGS_MODULE.endswith("production") and not force:
            raise CommandError("This is a production installation; use --force if you mean it.")
        now = timezone.now()
        given = password or settings.DEMO_PASSWORD
        password = given or secrets.token_urlsafe(12)
        created = not Organization.objects.filter(slug=SLUG).exists()
        if created:
            with transaction.atomic():
                _people_and_organization(password, now)
        organization = Organization.objects.get(slug=SLUG)
        with organization_scope(organization.id):
            stored = _memories(organization, now, quiet=as_json)
            total = Memory.objects.live(now).count()
        report = {"organization": SLUG, "created": created, "stored": stored, "memories": total, "owner": OWNER}
        if created and not given:
            report["password"] = password
        self.stdout.write(json.dumps(report) if as_json else _sentence(report))


def _people_and_organization(password: str, now: datetime) -> None:
    owner = user_create(email=OWNER, password=password, name="Lena Hartwig", verified=True)
    viewer = user_create(email=VIEWER, password=password, name="Ruth Adeyemi", verified=True)
    organization = organization_create(name=NAME, slug=SLUG, owner=owner, memory_domain=DOMAIN, now=now)
    given = PlanOverride(organization_id=organization.id, plan_id=PLAN, reason="The demo", created_by="seed_demo")
    override_give(override=given, actor=SYSTEM, now=now)
    membership_add(user=viewer, organization=organization, role=Role.VIEWER, now=now)
    if not User.objects.filter(email=OPERATOR).exists():
        operator = user_create(email=OPERATOR, password=password, name="Operator", verified=True)
        User.objects.filter(id=operator.id).update(is_staff=True, is_superuser=True)


def _memories(organization: Organization, now: datetime, *, quiet: bool) -> int:
    """Store what is missing of the corpus; return how many texts that was."""
    known = set(Memory.objects.filter(deleted_at=None).values_list("external_id", flat=True))
    rows = [
        row
        for row in (checked(read.row) for read in read_jsonl(CORPUS.read_bytes(), ReadLimits()))
        if not isinstance(row, dict) or row["external_id"] not in known
    ]
    if not rows:
        return 0
    operation = operation_create(organization_id=organization.id, rows=rows, user_id=None, now=now)
    with tqdm(total=len(rows), desc="demo memories", unit="text", disable=True if quiet else None) as bar:

        def show() -> None:
            operation.refresh_from_db(fields=["done", "failed"])
            bar.update(operation.done + operation.failed - bar.n)

        operation_process(organization_id=organization.id, operation_id=operation.id, on_item=show)
        show()
    if operation.failed:
        raise CommandError(f"{operation.failed} demo memories could not be stored.")
    return len(rows)


def _sentence(report: dict[str, Any]) -> str:
    password = f", password {report['password']}" if "password" in report else ""
    return (
        f"Demo organisation {report['organization']}: {report['memories']} memories, owner {report['owner']}{password}"
    )
