"""Invitations: by mail, for one address, once, and for a while; everything else is refused and recorded."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.links import Link, link_key
from apps.accounts.models import Branding, Invitation, Membership, Organization, User
from apps.accounts.permissions import Role
from tests.apps.accounts.conftest import events
from tests.factories.fixtures import ClientFactory
from tests.factories.organizations import OWNERS, PASSWORD

pytestmark = pytest.mark.usefixtures("flush_redis")
INVITATIONS = "/api/v1/orgs/current/invitations"
NEW = "new@somewhere.example"

Mailed = Callable[[str], str]


def invite(client: Any, email: str = NEW, role: str = "member") -> Any:
    return client.post(INVITATIONS, {"email": email, "role": role}, format="json")


def html_of(message: EmailMessage) -> str:
    assert isinstance(message, EmailMultiAlternatives)
    return str(message.alternatives[0][0])


def accept(client: APIClient, key: str, **body: Any) -> Any:
    return client.post("/api/v1/invitations/accept", {"key": key, **body}, format="json")


def test_a_new_person_joins_by_the_mail(owner: Any, acme: Organization, anonymous: APIClient, mailed: Mailed) -> None:
    assert invite(owner, NEW.upper()).status_code == 201
    key = mailed(NEW).removeprefix("invitations/")
    look = anonymous.post("/api/v1/invitations/look", {"key": key}, format="json").json()
    assert (look["organization"]["slug"], look["email"], look["role"]) == ("acme", NEW, "member")
    assert (look["has_account"], look["invited_by"]) == (False, owner.user.email)
    answer = accept(anonymous, key, password=PASSWORD, name="Nia New")
    assert answer.status_code == 201
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access']}")
    me = anonymous.get("/api/v1/auth/me").json()
    assert (me["user"]["email"], me["user"]["email_verified"], me["user"]["name"]) == (NEW, True, "Nia New")
    assert (me["org"]["slug"], me["roles"]) == ("acme", ["member"])
    assert [row["status"] for row in owner.get(INVITATIONS).json()["results"]] == ["accepted"]
    assert len(events("invitation.accepted")) == len(events("member.joined")) == 1


def test_a_person_with_an_account_joins_as_they_are(
    owner: Any, globex: Organization, client_of: ClientFactory, mailed: Mailed
) -> None:
    guest: Any = client_of(globex, Role.VIEWER)
    invite(owner, guest.user.email, "admin")
    key = mailed(guest.user.email).removeprefix("invitations/")
    assert accept(APIClient(), key, password=PASSWORD).json()["code"] == "email_taken"
    tokens = accept(guest, key).json()
    guest.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
    me = guest.get("/api/v1/auth/me").json()
    assert (me["org"]["slug"], me["roles"]) == ("acme", ["admin"])
    assert [one["slug"] for one in me["orgs"]] == ["globex", "acme"]


def test_an_invitation_is_for_one_address(
    owner: Any, acme: Organization, globex: Organization, client_of: ClientFactory, mailed: Mailed
) -> None:
    thief: Any = client_of(globex, Role.OWNER)
    invite(owner)
    key = mailed(NEW).removeprefix("invitations/")
    answer = accept(thief, key)
    assert (answer.status_code, answer.json()["code"]) == (403, "invitation_for_another_address")
    assert not Membership.objects.filter(organization=acme, user=thief.user).exists()
    assert Invitation.objects.get().accepted_at is None
    (event,) = events("invitation.refused")
    assert (event.organization_id, event.actor_id) == (acme.id, str(thief.user.id))


@pytest.mark.parametrize(
    "how", ["used", "revoked", "expired", "resent", "forged", "other purpose", "inviter gone", "inviter demoted"]
)
def test_what_does_not_hold_is_refused_in_one_way(
    how: str, owner: Any, acme: Organization, client_of: ClientFactory, anonymous: APIClient, mailed: Mailed
) -> None:
    admin: Any = client_of(acme, Role.ADMIN)
    invite(admin, role="admin")
    key = mailed(NEW).removeprefix("invitations/")
    invitation = Invitation.objects.get()
    if how == "used":
        assert accept(APIClient(), key, password=PASSWORD).status_code == 201
    elif how == "revoked":
        assert owner.delete(f"{INVITATIONS}/{invitation.id}").status_code == 204
    elif how == "expired":
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif how == "resent":
        assert owner.post(f"{INVITATIONS}/{invitation.id}/resend").status_code == 200
    elif how == "forged":
        key = key[:-1] + ("A" if key[-1] != "A" else "B")
    elif how == "other purpose":
        key = link_key(Link.EMAIL_CONFIRM, invitation.id)
    elif how == "inviter gone":
        owner.delete(f"/api/v1/orgs/current/members/{admin.user.id}")
    else:
        owner.patch(f"/api/v1/orgs/current/members/{admin.user.id}", {"role": "member"}, format="json")
    members = Membership.objects.filter(organization=acme).count()
    for answer in (
        accept(anonymous, key, password=PASSWORD),
        anonymous.post("/api/v1/invitations/look", {"key": key}, format="json"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_invitation")
    assert Membership.objects.filter(organization=acme).count() == members
    refused = [event.organization_id for event in events("invitation.refused")]
    assert refused == ([] if how in {"forged", "other purpose"} else [acme.id, acme.id])


def test_a_resent_invitation_holds_again(owner: Any, anonymous: APIClient, mailed: Mailed) -> None:
    invite(owner)
    old = mailed(NEW)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert owner.get(INVITATIONS, query_params={"status": "expired"}).json()["total"] == 1
    owner.post(f"{INVITATIONS}/{Invitation.objects.get().id}/resend")
    new = mailed(NEW)
    assert new != old
    assert accept(anonymous, new.removeprefix("invitations/"), password=PASSWORD).status_code == 201


def test_nobody_invites_to_more_than_they_hold(acme: Organization, owner: Any, client_of: ClientFactory) -> None:
    admin: Any = client_of(acme, Role.ADMIN)
    answer = invite(admin, role="owner")
    assert (answer.status_code, answer.json()["code"]) == (403, "escalation_refused")
    assert not Invitation.objects.exists()
    assert events("escalation.refused")[0].data["action"] == "invitation.create"
    assert invite(client_of(acme, Role.MEMBER)).status_code == 403
    assert invite(owner, role="nobody").status_code == 400


def test_members_and_open_invitations_are_not_invited_again(owner: Any) -> None:
    assert invite(owner, owner.user.email).json()["code"] == "already_member"
    assert invite(owner).status_code == 201
    assert invite(owner).json()["code"] == "conflict"
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert invite(owner).status_code == 201


def test_one_mail_more_than_an_hour_allows_is_refused(owner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.accounts.services.invitations.MAX_PER_HOUR", 2)
    answers = [invite(owner, f"{number}@x.example").status_code for number in range(3)]
    assert answers == [201, 201, 409]


def test_who_belongs_nowhere_gets_in_by_signing_in(
    owner: Any, acme: Organization, globex: Organization, client_of: ClientFactory, anonymous: APIClient
) -> None:
    lost: Any = client_of(globex, Role.VIEWER)
    Membership.objects.filter(user=lost.user).delete()
    body = {"email": lost.user.email, "password": PASSWORD}
    answer = anonymous.post("/api/v1/auth/token", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "no_organization")
    invite(owner, lost.user.email, "viewer")
    lost.user.emailaddress_set.update(verified=False)
    assert anonymous.post("/api/v1/auth/token", body, format="json").json()["code"] == "no_organization"
    lost.user.emailaddress_set.update(verified=True)
    assert anonymous.post("/api/v1/auth/token", body, format="json").status_code == 200
    assert Membership.objects.get(user=lost.user).role == "viewer"


def test_the_mail_is_in_the_organisation_s_name_and_colour(owner: Any, acme: Organization, mailed: Mailed) -> None:
    Branding.objects.create(organization=acme, name="Acme Labs", primary_color="#ffe08a")
    invite(owner)
    mailed(NEW)
    html = html_of(mail.outbox[-1])
    assert "Acme Labs" in html
    # Dark text on a light colour.
    assert "background: #ffe08a; color: #111318" in html


def test_a_name_cannot_smuggle_a_header_or_markup(owner: Any, acme: Organization, mailed: Mailed) -> None:
    Organization.objects.filter(id=acme.id).update(name="<b>Acme</b>\r\nBcc: everyone@example.com")
    invite(owner)
    mailed(NEW)
    message = mail.outbox[-1]
    assert "\n" not in message.subject
    assert message.recipients() == [NEW]
    assert "<b>" not in html_of(message)


def test_the_existing_owner_of_another_organisation_can_be_looked_up_only_with_the_key(
    owner: Any, anonymous: APIClient
) -> None:
    invite(owner, OWNERS["globex"])
    answer = anonymous.post("/api/v1/invitations/look", {"key": str(Invitation.objects.get().id)}, format="json")
    assert answer.status_code == 400
    assert User.objects.filter(email=OWNERS["globex"]).exists()
