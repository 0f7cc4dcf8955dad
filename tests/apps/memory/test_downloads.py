"""Links for downloads: for one thing, for a minute, and worth what its maker may do when it is followed."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from uuid import UUID

import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Membership, Organization, Session, User
from apps.accounts.permissions import Permission, Role
from apps.accounts.selectors.memberships import principal_of
from apps.accounts.services.api_keys import api_key_create, key_end
from apps.accounts.services.memberships import membership_end, membership_role_change
from apps.accounts.services.sessions import session_end
from apps.core.logging import formatter, without_secrets
from apps.core.tenancy.scope import organization_scope
from apps.core.types import Principal
from apps.events.models import OutboxEvent
from apps.memory.models import SourceFile
from apps.memory.services import downloads
from apps.memory.services.downloads import Download, Kind, download_sign
from liftos.file_storage import originals_storage
from tests.apps.memory.conftest import Store
from tests.apps.memory.test_batches import RunJobs
from tests.factories.fixtures import ClientFactory

API = "/api/v1/memory"
REPORT = b"The harbour shop sold more green tea than black tea."


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """A storage of the test's own."""
    settings.STORAGES = {**settings.STORAGES, "originals": originals_storage(folder=str(tmp_path), bucket="")}
    return tmp_path


@pytest.fixture
def export(client: APIClient, store: Store, run_jobs: RunJobs) -> str:
    """The address of an export of acme's."""
    store("A quiet week.")
    begun = client.post(f"{API}/export", {}, format="json").json()
    run_jobs()
    return f"{API}/exports/{begun['export_id']}"


@pytest.fixture
def file(client: APIClient) -> str:
    """The address of a file of acme's."""
    content = SimpleUploadedFile("report.txt", REPORT)
    assert client.post(f"{API}/store/batch", {"file": content}, format="multipart").status_code == 202
    (found,) = client.get(f"{API}/files").json()["results"]
    return f"{API}/files/{found['file_id']}"


def link(client: APIClient, address: str) -> str:
    answer = client.post(f"{address}/link")
    assert (answer.status_code, answer.json()["seconds"]) == (200, 60), answer.content
    return str(answer.json()["path"])


def body(answer: Any) -> bytes:
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def fetched() -> list[tuple[str, str]]:
    rows = OutboxEvent.objects.filter(name="export.downloaded").order_by("id")
    return list(rows.values_list("actor_kind", "actor_id"))


def caller(organization: Organization, client: APIClient) -> Principal:
    user: User = client.user  # type: ignore[attr-defined]  # what the factory leaves there
    member = Membership.objects.select_related("user", "organization").get(organization=organization, user=user)
    return principal_of(member, session=Session.objects.get(user=user))


def leads_nowhere(answer: Any) -> bool:
    return (answer.status_code, answer.json()["code"]) == (404, "download_not_found")


def test_an_archive_is_fetched_without_a_credential_and_that_is_told(
    client: APIClient, anonymous: APIClient, export: str
) -> None:
    path = link(client, export)
    direct = client.get(f"{export}/download")
    assert direct["Content-Disposition"].startswith('attachment; filename="memory-')
    plain = body(direct)
    answer = anonymous.get(path)
    assert body(answer) == plain
    for header in ("Content-Type", "Content-Length", "Content-Disposition", "Cache-Control", "X-Content-Type-Options"):
        assert answer[header] == direct[header]
    # A stale credential does not stand in the way.
    anonymous.credentials(HTTP_AUTHORIZATION="Bearer stale")
    assert body(anonymous.get(path)) == plain
    user: User = client.user  # type: ignore[attr-defined]  # what the factory leaves there
    assert fetched() == [("user", str(user.id))] * 3


def test_an_original_is_fetched_without_a_credential(client: APIClient, anonymous: APIClient, file: str) -> None:
    answer = anonymous.get(link(client, file))
    assert body(answer) == REPORT
    assert answer["Content-Disposition"] == 'attachment; filename="report.txt"'
    assert "sandbox" in answer["Content-Security-Policy"]


def test_a_link_that_was_altered_or_is_old_leads_nowhere(
    client: APIClient, anonymous: APIClient, export: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = link(client, export)
    token = parse_qs(urlsplit(path).query)["token"][0]
    head, _, signature = token.rpartition(":")
    altered = [f"{head}:{signature[::-1]}", f"x{token}", head, "\u20ac", signing.dumps({"kind": "export"}), "." + token]
    for one in altered:
        assert leads_nowhere(anonymous.get(f"{API}/downloads?token={quote(one)}")), one
    assert anonymous.get(f"{API}/downloads").status_code == 400
    monkeypatch.setattr(downloads, "LINK_SECONDS", -1)
    assert leads_nowhere(anonymous.get(path))
    assert fetched() == []


def _removed(member: Membership) -> None:
    membership_end(member, now=timezone.now())


def _demoted(member: Membership) -> None:
    membership_role_change(membership=member, role=Role.MEMBER)


def _signed_out(member: Membership) -> None:
    session_end(session_id=Session.objects.get(user=member.user).id, now=timezone.now())


def _locked(member: Membership) -> None:
    User.objects.filter(id=member.user_id).update(is_active=False)


def _closed(member: Membership) -> None:
    Organization.objects.filter(id=member.organization_id).update(is_active=False)


def _without_second_factor(member: Membership) -> None:
    Organization.objects.filter(id=member.organization_id).update(mfa_required=True)


@pytest.mark.parametrize("lose", [_removed, _demoted, _signed_out, _locked, _closed, _without_second_factor])
def test_a_link_of_somebody_who_may_not_any_more_leads_nowhere(
    lose: Callable[[Membership], None], acme: Organization, client_of: ClientFactory, anonymous: APIClient, export: str
) -> None:
    admin = client_of(acme, Role.ADMIN)
    path = link(admin, export)
    lose(Membership.objects.select_related("user", "organization").get(user=admin.user))  # type: ignore[attr-defined]  # what the factory leaves there
    assert leads_nowhere(anonymous.get(path))
    assert fetched() == []


def test_a_link_ends_with_the_key_that_made_it(
    client: APIClient, anonymous: APIClient, acme: Organization, export: str
) -> None:
    scopes = [Permission.MEMORY_EXPORT]
    owner = caller(acme, client)
    key, secret = api_key_create(principal=owner, name="Backup", scopes=scopes, expires_at=None, now=timezone.now())
    program = APIClient(raise_request_exception=False)
    program.credentials(HTTP_X_API_KEY=secret)
    path = link(program, export)
    assert body(anonymous.get(path))
    assert fetched() == [("api_key", str(key.id))]
    # Its maker may still do what the key may not.
    type(key).objects.filter(id=key.id).update(scopes=[Permission.MEMORY_READ])
    assert leads_nowhere(anonymous.get(path))
    type(key).objects.filter(id=key.id).update(scopes=scopes)
    key_end(key, now=timezone.now())
    assert leads_nowhere(anonymous.get(path))
    assert len(fetched()) == 1


def test_links_lead_into_no_other_organisation(
    client: APIClient, acme: Organization, globex: Organization, client_of: ClientFactory, export: str, file: str
) -> None:
    theirs = client_of(globex)
    for address in (export, file):
        assert theirs.post(f"{address}/link").status_code == 404
        # One of acme's that somebody of globex has got hold of.
        assert leads_nowhere(theirs.get(link(client, address)))
        # Signed by us for somebody of globex, but for what is acme's.
        kind, row_id = Kind(address.split("/")[-2].removesuffix("s")), UUID(address.rpartition("/")[2])
        mine = caller(globex, theirs)
        forged = download_sign(Download(kind, row_id, mine))
        assert theirs.get(f"{API}/downloads?token={forged}").status_code == 404
        # As if they said that they were of acme: they are no members there.
        forged = download_sign(Download(kind, row_id, replace(mine, organization_id=acme.id)))
        assert leads_nowhere(APIClient().get(f"{API}/downloads?token={forged}"))
    assert fetched() == []


def test_what_a_module_keeps_stays_its_own(
    client: APIClient, acme: Organization, client_of: ClientFactory, anonymous: APIClient, file: str
) -> None:
    member = client_of(acme, Role.MEMBER)
    path, of_owner = link(member, file), link(client, file)
    with organization_scope(acme.id):
        SourceFile.objects.update(module="alpha")
    assert member.post(f"{file}/link").status_code == 404
    assert anonymous.get(path).status_code == 404
    assert body(anonymous.get(of_owner)) == REPORT
    row_id, mine = UUID(file.rpartition("/")[2]), caller(acme, member)
    of_alpha, of_beta = (
        f"{API}/downloads?token={download_sign(Download(Kind.FILE, row_id, replace(mine, module=module)))}"
        for module in ("alpha", "beta")
    )
    assert body(anonymous.get(of_alpha)) == REPORT
    assert anonymous.get(of_beta).status_code == 404


def test_what_is_gone_or_not_there_yet_has_no_link(
    client: APIClient, anonymous: APIClient, export: str, run_jobs: RunJobs
) -> None:
    begun = client.post(f"{API}/export", {}, format="json").json()
    early = client.post(f"{API}/exports/{begun['export_id']}/link")
    assert (early.status_code, early.json()["code"]) == (409, "export_not_ready")
    path = link(client, export)
    assert client.delete(export).status_code == 204
    assert anonymous.get(path).json()["code"] == "export_not_found"
    assert client.post(f"{export}/link").status_code == 404


def test_no_log_and_no_error_names_the_token(
    client: APIClient, anonymous: APIClient, export: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = link(client, export)
    # Its last part is written the same in addresses.
    token = parse_qs(urlsplit(path).query)["token"][0].rpartition(":")[2]
    caplog.clear()
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="django.request"):
        body(anonymous.get(path))
        refused = anonymous.get(f"{path}x")
    assert leads_nowhere(refused)
    assert token not in refused.content.decode()
    assert [one.route for one in caplog.records if one.name == "web.access"] == ["/api/v1/memory/downloads"] * 2  # type: ignore[attr-defined]  # given as extra
    # What Django would say of a refusal names the request with its whole address.
    assert any(token in repr(vars(record)) for record in caplog.records)
    for as_json in (True, False):
        write = formatter(process="test", as_json=as_json).format
        assert [record.name for record in caplog.records if token in write(record)] == []
    assert without_secrets(f"GET {path}&a=1 failed") == f"GET {API}/downloads?token=[secret]&a=1 failed"
