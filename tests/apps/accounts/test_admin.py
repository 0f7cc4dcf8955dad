"""The operators' admin: who gets in, that every page works, and that rights are changed so that tokens notice."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import ApiKey, Membership, Organization, Session, User
from apps.accounts.selectors.memberships import principal_of
from apps.accounts.services.api_keys import api_key_create
from apps.accounts.services.branding import branding_update
from apps.accounts.services.domains import domain_add
from apps.accounts.services.invitations import invitation_create
from apps.accounts.services.roles import role_create
from apps.accounts.services.sessions import session_open
from apps.accounts.services.users import user_create
from apps.core.models import Job
from apps.core.services import enqueue, job_give_up
from apps.core.tenancy.scope import organization_scope
from apps.events.models import OutboxEvent
from apps.memory.engine.reader import PrincipalKind, Right
from apps.memory.models import Erasure, MemoryContext
from apps.memory.services.erasing import erasure_certify, memories_erase
from apps.memory.services.exports import export_create
from apps.memory.services.grants import grant_make
from apps.memory.services.holds import hold_place
from apps.memory.services.memories import memory_store
from apps.memory.services.retention import retention_set
from apps.memory.types import GrantOffer, StoreItem
from tests.factories.fixtures import ClientFactory
from tests.factories.organizations import OWNERS, PASSWORD

pytestmark = pytest.mark.usefixtures("flush_redis")

OPERATOR = "operator@liftos.example"
PAGES = [
    "accounts_organization",
    "accounts_domain",
    "accounts_branding",
    "accounts_invitation",
    "accounts_customrole",
    "accounts_session",
    "accounts_apikey",
    "events_outboxevent",
    "memory_organizationmemory",
    "accounts_user",
    "accounts_membership",
    "account_emailaddress",
    "billing_plan",
    "billing_subscription",
    "billing_usagecounter",
    "core_job",
]


@pytest.fixture
def operator(acme: Organization) -> User:
    user = user_create(email=OPERATOR, password=PASSWORD, verified=True)
    User.objects.filter(id=user.id).update(is_staff=True, is_superuser=True)
    return user


def sign_in(client: Client, email: str, password: str = PASSWORD) -> Any:
    return client.post(reverse("admin:login"), {"username": email, "password": password, "next": "/admin/"})


@pytest.fixture
def admin(client: Client, operator: User) -> Client:
    assert sign_in(client, OPERATOR).status_code == 302
    return client


def test_only_operators_get_in(client: Client, operator: User) -> None:
    assert sign_in(client, OWNERS["acme"]).status_code == 200
    assert sign_in(client, OPERATOR, "wrong password").status_code == 200
    assert client.get("/admin/").status_code == 302
    assert sign_in(client, OPERATOR.upper()).status_code == 302
    assert client.get("/admin/").status_code == 200


def test_guessing_an_operators_password_is_stopped(client: Client, operator: User) -> None:
    for number in range(5):
        sign_in(client, OPERATOR, f"guess {number}")
    answer = sign_in(client, OPERATOR)
    assert answer.status_code == 200
    assert b"Too many failed attempts" in answer.content


def test_the_address_works_without_its_slash(client: Client) -> None:
    assert client.get("/admin", follow=True).redirect_chain[0] == ("/admin/", 302)


def test_an_api_token_does_not_open_the_admin(acme: Organization, client_of: ClientFactory) -> None:
    client: APIClient = client_of(acme)
    assert client.get("/admin/").status_code == 302


def fill(acme: Organization) -> None:
    """Give every list a row."""
    now = timezone.now()
    owner = Membership.objects.select_related("user", "organization").get(organization=acme)
    session_open(membership=owner, now=now)
    principal = principal_of(owner, session=Session.objects.get(user=owner.user))
    api_key_create(principal=principal, name="Import", scopes=["memory:read"], expires_at=None, now=now)
    invitation_create(principal=principal, email="new@acme.example", role="viewer", now=now)
    domain_add(principal=principal, domain="x.acme.example", now=now)
    branding_update(principal=principal, name="Acme Labs", now=now)
    role_create(principal=principal, name="analyst", title="", description="", permissions=["memory:read"], now=now)


def act(admin: Client, model: str, action: str, row: Any) -> Any:
    data = {"action": action, "_selected_action": [str(row.pk)]}
    return admin.post(reverse(f"admin:accounts_{model}_changelist"), data, follow=True)


def test_operators_end_keys_sessions_and_everything_of_a_person(
    admin: Client, operator: User, acme: Organization, client_of: ClientFactory
) -> None:
    fill(acme)
    key = ApiKey.objects.get()
    assert b"five seconds" in act(admin, "apikey", "revoke", key).content
    key.refresh_from_db()
    assert key.revoked_at is not None
    member: Any = client_of(acme)
    session = Session.objects.get(user=member.user)
    act(admin, "session", "end", session)
    assert member.get("/api/v1/auth/me").status_code == 401
    another: Any = client_of(acme)
    act(admin, "user", "sign_out", another.user)
    assert another.get("/api/v1/auth/me").status_code == 401
    made = OutboxEvent.objects.filter(actor_kind="operator").exclude(name__startswith="operator.").order_by("id")
    assert [(event.name, event.actor_id) for event in made] == [
        ("api_key.revoked", str(operator.id)),
        ("session.ended", str(operator.id)),
        ("session.ended_everywhere", str(operator.id)),
    ]
    acted = OutboxEvent.objects.filter(name="operator.acted", actor_id=str(operator.id)).order_by("id")
    assert [(event.data["action"], event.subject_kind, event.organization_id) for event in acted] == [
        ("revoke", "apikey", acme.id),
        ("end", "session", None),
        ("sign_out", "user", None),
    ]


def test_an_organisation_that_waits_to_be_deleted_is_brought_back(
    admin: Client, acme: Organization, client_of: ClientFactory
) -> None:
    owner: Any = client_of(acme)
    assert owner.post("/api/v1/orgs/current/delete", {"confirm": "acme"}, format="json").status_code == 200
    assert b"is back" in act(admin, "organization", "restore", acme).content
    acme.refresh_from_db()
    assert (acme.is_active, acme.delete_after) == (True, None)
    assert b"not waiting" in act(admin, "organization", "restore", acme).content


def test_a_membership_gets_only_roles_that_exist(admin: Client, acme: Organization, client_of: ClientFactory) -> None:
    member: Any = client_of(acme, "viewer")
    membership = Membership.objects.get(user=member.user)
    url = reverse("admin:accounts_membership_change", args=[membership.id])
    assert b"There is no role emperor" in admin.post(url, {"role": "emperor"}).content
    membership.refresh_from_db()
    assert membership.role == "viewer"
    delete = reverse("admin:accounts_membership_delete", args=[membership.id])
    assert admin.post(delete, {"post": "yes"}).status_code == 302
    assert member.get("/api/v1/auth/me").status_code == 401
    assert OutboxEvent.objects.filter(name="member.removed", actor_kind="operator").exists()


@pytest.mark.parametrize("page", PAGES)
def test_lists_their_search_and_their_first_row_work(page: str, admin: Client, acme: Organization) -> None:
    enqueue("memory.ingest", organization_id=acme.id, operation_id="x")
    fill(acme)
    path = reverse(f"admin:{page}_changelist")
    answer = admin.get(path)
    assert answer.status_code == 200
    assert admin.get(path, {"q": "acme"}).status_code == 200
    link = re.search(rf'href="({re.escape(path)}[^"/]+/change/)', answer.content.decode())
    if link:
        assert admin.get(link[1]).status_code == 200


def test_the_sidebar_leads_to_every_page(admin: Client) -> None:
    content = admin.get("/admin/").content.decode()
    assert [page for page in PAGES if reverse(f"admin:{page}_changelist") not in content] == []


def test_organisations_and_jobs_are_not_made_or_deleted_by_hand(admin: Client, acme: Organization) -> None:
    assert admin.get(reverse("admin:accounts_organization_add")).status_code == 403
    assert admin.post(reverse("admin:accounts_organization_delete", args=[acme.id]), {"post": "yes"}).status_code == 403
    assert admin.get(reverse("admin:core_job_add")).status_code == 403
    assert Organization.objects.filter(id=acme.id).exists()


def test_a_role_changed_by_an_operator_ends_older_tokens(
    admin: Client, acme: Organization, client_of: ClientFactory
) -> None:
    member: Any = client_of(acme)
    membership = Membership.objects.get(user=member.user)
    version = membership.permission_version
    data = {"user": member.user.id, "organization": acme.id, "role": "viewer"}
    answer = admin.post(reverse("admin:accounts_membership_change", args=[membership.id]), data)
    assert answer.status_code == 302
    membership.refresh_from_db()
    assert (membership.role, membership.permission_version) == ("viewer", version + 1)
    assert member.get("/api/v1/auth/me").status_code == 401


def test_passwords_are_set_checked_and_never_shown(admin: Client, operator: User) -> None:
    path = reverse("admin:accounts_user_change", args=[User.objects.get(email=OWNERS["acme"]).id])
    inlines = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    data = {"email": OWNERS["acme"], "name": "", "is_active": "on", **inlines}
    assert admin.post(path, {**data, "password": "short"}).status_code == 200
    assert admin.post(path, {**data, "password": "a much better one 1"}).status_code == 302
    assert User.objects.get(email=OWNERS["acme"]).check_password("a much better one 1")
    assert b"scrypt" not in admin.get(path).content


def test_a_missing_memory_context_is_shown_and_made(admin: Client, acme: Organization) -> None:
    with organization_scope(acme.id):
        MemoryContext.objects.all().delete()
    path = reverse("admin:memory_organizationmemory_changelist")
    assert b"no context" in admin.get(path).content
    admin.post(path, {"action": "create_missing", "_selected_action": [str(acme.id)]})
    with organization_scope(acme.id):
        context = MemoryContext.objects.select_related("epoch").get()
    assert context.name == f"org_{acme.id}_context"
    assert context.epoch.model in admin.get(path).content.decode()


def test_an_operator_can_have_memories_compared_again(admin: Client, acme: Organization) -> None:
    path = reverse("admin:memory_organizationmemory_changelist")
    assert b"to review" in admin.get(path).content.lower()
    admin.post(path, {"action": "compare_again", "_selected_action": [str(acme.id)]})
    assert Job.objects.get().name == "memory.find_reviews"


def test_an_operator_can_have_archived_what_is_due(admin: Client, acme: Organization) -> None:
    path = reverse("admin:memory_organizationmemory_changelist")
    assert b"archived" in admin.get(path).content.lower()
    admin.post(path, {"action": "archive_due", "_selected_action": [str(acme.id)]})
    assert Job.objects.get().name == "memory.sweep_archive"


def test_the_page_of_a_memory_shows_its_life_but_no_content(admin: Client, acme: Organization) -> None:
    page = reverse("admin:memory_organizationmemory_change", args=[acme.id])
    assert admin.get(page).status_code == 200
    now = timezone.now()
    offer = GrantOffer(
        principal_kind=PrincipalKind.ROLE,
        principal_id="viewer",
        module="causal",
        rights=[Right.READ],
        purpose="To see",
        memory_types=["insight"],
    )
    with organization_scope(acme.id):
        stored = [
            memory_store(
                organization_id=acme.id, item=StoreItem(content=text, module="causal"), user_id=None, now=now
            ).memory_id
            for text in ("Zanzibarium is kept.", "Zanzibarium is erased.")
        ]
        erasure = memories_erase(organization_id=acme.id, target=stored[1:], reason="Asked", user_id=None, now=now)
        erasure = erasure_certify(erasure_id=erasure.id, now=now)
        grant_make(organization_id=acme.id, offer=offer, user_id=None, now=now)
        hold_place(name="Case 7", reason="Whistle-blower", filters={"memory_type": "note"}, user_id=None, now=now)
        retention_set(rules=[{"memory_type": "note", "days": 400, "action": "trash"}], user_id=None, now=now)
        export_create(
            organization_id=acme.id,
            conditions={"q": "Zanzibarium"},
            include_versions=True,
            include_files=True,
            user_id=None,
            now=now,
        )
    shown = admin.get(page).content.decode()
    for part in ("role viewer", "causal", "insight", "Case 7", "400 days", erasure.hash[:16], "a part", "active"):
        assert part in shown, part
    assert "Zanzibarium" not in shown
    assert "Whistle-blower" not in shown
    rows = reverse("admin:memory_organizationmemory_changelist")
    chosen = {"action": "verify_certificates", "_selected_action": [str(acme.id)]}
    assert "1 certificates, all as they were issued" in admin.post(rows, chosen, follow=True).content.decode()
    with organization_scope(acme.id):
        Erasure.objects.update(reason="Nobody asked")
    assert "certificate 1 is" in admin.post(rows, chosen, follow=True).content.decode()


def test_given_up_jobs_can_be_run_again(admin: Client, acme: Organization) -> None:
    job = enqueue("memory.ingest", organization_id=acme.id, operation_id="x")
    job_give_up(job=job)
    path = reverse("admin:core_job_changelist")
    admin.post(path, {"action": "run_again", "_selected_action": [str(job.id)]})
    job.refresh_from_db()
    assert (job.status, job.attempts) == (Job.Status.QUEUED, 0)
