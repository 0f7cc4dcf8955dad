"""What happens is written into the trail, which nobody changes unnoticed, a superuser of the database least of all."""

import base64
import hashlib
import json
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from apps.accounts.models import Membership, Organization
from apps.audit.engine.chain import START, Entry
from apps.audit.models import PLATFORM, AuditChain, AuditEntry, AuditKey
from apps.audit.selectors import chain_verify, entry_of
from apps.audit.services.heads import heads_export
from apps.audit.services.recording import entries_write
from apps.events.selectors import events_after
from apps.events.services.consumers import consume, consumers_ensure
from apps.events.services.outbox import emit
from apps.events.services.places import events_place
from apps.events.types import ANONYMOUS, SYSTEM, Actor, ActorKind
from tests.factories.fixtures import ClientFactory

URL = "/api/v1/audit"


def record() -> None:
    """Have all that was emitted written into the trail."""
    consumers_ensure()
    while events_place():
        pass
    while consume("audit"):
        pass


def happen(organization: Organization | None, *roles: str) -> None:
    for role in roles:
        emit(
            "role.deleted",
            organization_id=organization.id if organization else None,
            actor=SYSTEM,
            subject=("role", role),
            now=timezone.now(),
            role=role,
        )
    record()


def test_what_people_do_is_found_with_who_what_and_from_where(acme: Organization, client_of: ClientFactory) -> None:
    client = client_of(acme)
    client.post("/api/v1/orgs/current/roles", {"name": "auditor", "permissions": ["audit:read"]}, format="json")
    record()
    page = client.get(f"{URL}?action=role.created").json()
    (entry,) = page["results"]
    assert entry["actor"] == {"kind": "user", "id": str(client.user.id), "name": client.user.email}  # type: ignore[attr-defined]  # see the fixture
    assert entry["data"] == {"role": "auditor", "permissions": ["audit:read"]}
    assert (entry["ip"], len(entry["request_id"])) == ("127.0.0.1", 32)
    assert page["total"] == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("action=role.deleted,role.created", ["c", "b", "a"]),
        ("area=role", ["c", "b", "a"]),
        ("subject_id=b", ["b"]),
        ("subject_kind=role&actor_kind=system", ["c", "b", "a"]),
        ("actor_kind=user&area=role", []),
        ("request_id=nothing", []),
        ("ip=10.1.2.3", []),
        ("range=1h&area=role", ["c", "b", "a"]),
        ("from=2000-01-01T00:00:00Z&to=2001-01-01T00:00:00Z", []),
        ("area=role&limit=2", ["c", "b"]),
    ],
)
def test_filters(acme: Organization, client_of: ClientFactory, query: str, found: list[str]) -> None:
    happen(acme, "a", "b", "c")
    results = client_of(acme).get(f"{URL}?{query}").json()["results"]
    assert [one["subject"]["id"] for one in results] == found


@pytest.mark.parametrize(
    "query",
    [
        "action=nothing.such",
        "area=nothing",
        "cursor=x",
        "range=1h&to=2001-01-01T00:00:00Z",
        "ip=here",
        "q=x",
        "limit=0",
    ],
)
def test_what_is_wrong_with_a_filter_is_said(acme: Organization, client_of: ClientFactory, query: str) -> None:
    assert client_of(acme).get(f"{URL}?{query}").status_code == 400


def test_pages_show_each_entry_once_while_others_are_added(acme: Organization, client_of: ClientFactory) -> None:
    happen(acme, *"abcdef")
    client = client_of(acme)
    seen, cursor = [], ""
    while True:
        page = client.get(f"{URL}?area=role&limit=2{cursor}").json()
        seen += [one["subject"]["id"] for one in page["results"]]
        happen(acme, "later")
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == list("fedcba")


def test_what_a_person_does_with_their_account_is_told_to_their_organisations(
    acme: Organization, globex: Organization, client_of: ClientFactory
) -> None:
    client = client_of(acme)
    Membership.objects.create(user=client.user, organization=globex, role="viewer")  # type: ignore[attr-defined]  # see the fixture
    record()
    ends = {chain.owner: chain.position for chain in AuditChain.objects.all()}
    actor = Actor(ActorKind.USER, str(client.user.id))  # type: ignore[attr-defined]  # as above
    emit("user.password_changed", organization_id=None, actor=actor, subject=("user", actor.id), now=timezone.now())
    emit(
        "sign_in.failed",
        organization_id=None,
        actor=ANONYMOUS,
        subject=("user", ""),
        now=timezone.now(),
        email="who@example.com",
        reason="unknown",
    )
    record()
    grown = {chain.owner: chain.position - ends.get(chain.owner, 0) for chain in AuditChain.objects.all()}
    assert grown == {PLATFORM: 2, str(acme.id): 1, str(globex.id): 1}


def test_a_session_that_an_operator_ends_is_told_where_the_person_belongs(
    acme: Organization, globex: Organization, client_of: ClientFactory
) -> None:
    person, operator = client_of(acme).user, client_of(globex).user  # type: ignore[attr-defined]  # see the fixture
    record()
    before = dict(AuditChain.objects.values_list("owner", "position"))
    emit(
        "session.ended",
        organization_id=None,
        actor=Actor(ActorKind.OPERATOR, str(operator.id)),
        subject=("session", "x"),
        now=timezone.now(),
        user_id=str(person.id),
    )
    record()
    after = dict(AuditChain.objects.values_list("owner", "position"))
    assert {owner for owner in after if after[owner] != before.get(owner)} == {PLATFORM, str(acme.id)}


def test_many_chains_cost_few_statements(
    acme: Organization, globex: Organization, django_assert_max_num_queries: Any
) -> None:
    happen(acme, "a")
    for organization in (acme, globex, None):
        emit(
            "role.deleted",
            organization_id=organization.id if organization else None,
            actor=SYSTEM,
            subject=("role", "x"),
            now=timezone.now(),
            role="x",
        )
    events = events_place()
    with django_assert_max_num_queries(8):
        entries_write(events)
    for owner in (str(acme.id), str(globex.id), PLATFORM):
        assert chain_verify(owner=owner).fault is None


def test_an_event_is_written_once_however_often_it_comes(acme: Organization) -> None:
    happen(acme, "a")
    before = AuditEntry.objects.count()
    entries_write(events_after(sequence=0, limit=1_000))
    assert AuditEntry.objects.count() == before
    assert chain_verify(owner=str(acme.id)).fault is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditentry SET data = '{}'",
        "DELETE FROM audit_auditentry",
        "TRUNCATE audit_auditentry",
    ],
)
def test_the_database_refuses_to_change_entries(acme: Organization, statement: str) -> None:
    happen(acme, "a")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_api_verifies_page_by_page(
    acme: Organization, client_of: ClientFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.audit.api.views.VERIFIED_AT_ONCE", 4)
    client = client_of(acme)
    happen(acme, *"abcdefghij")
    after, checked = 0, 0
    while True:
        answer = client.post(f"{URL}/verify", {"after": after}, format="json").json()
        assert (answer["valid"], answer["first_bad"]) == (True, None)
        checked += answer["checked"]
        if answer["next"] is None:
            break
        after = answer["next"]
    assert checked == answer["head"]["position"] == AuditEntry.objects.filter(owner=str(acme.id)).count()
    beyond = client.post(f"{URL}/verify", {"after": 10**6}, format="json").json()
    assert (beyond["valid"], beyond["first_bad"]["position"]) == (False, 10**6)


def test_an_export_can_be_verified_by_whoever_has_it(acme: Organization, client_of: ClientFactory) -> None:
    client = client_of(acme)
    happen(acme, "a", "=b", "c")
    answer = client.get(f"{URL}/export")
    assert answer["Content-Disposition"].endswith('.jsonl"')
    lines = [json.loads(line) for line in b"".join(answer.streaming_content).decode().splitlines()]  # type: ignore[attr-defined]  # a streaming answer
    keys = {one["key_id"]: base64.b64decode(one["public_key"]) for one in client.get(f"{URL}/keys").json()["results"]}
    previous = START
    for line in lines:
        hash_, signature, key_id = bytes.fromhex(line.pop("hash")), line.pop("signature"), line.pop("key_id")
        text = json.dumps(line, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        assert hashlib.sha256(previous + text.encode()).digest() == hash_
        Ed25519PublicKey.from_public_bytes(keys[key_id]).verify(
            base64.b64decode(signature), b"liftos/audit/1\0" + hash_
        )
        previous = hash_
    assert [line["position"] for line in lines] == list(range(1, len(lines) + 1))
    table = b"".join(client.get(f"{URL}/export?format=csv&area=role").streaming_content).decode()  # type: ignore[attr-defined]  # as above
    assert [row.split(",")[8] for row in table.splitlines()[1:]] == ["a", "'=b", "c"]
    record()
    assert client.get(f"{URL}?action=audit.exported").json()["total"] == 2


def test_nothing_of_another_organisation_is_seen(
    acme: Organization, globex: Organization, client_of: ClientFactory
) -> None:
    happen(globex, "theirs")
    client = client_of(acme)
    assert client.get(f"{URL}?subject_id=theirs").json()["total"] == 0
    assert b"theirs" not in b"".join(client.get(f"{URL}/export").streaming_content)  # type: ignore[attr-defined]  # a streaming answer
    assert client.get(f"{URL}?owner={globex.id}").status_code == 400


class Superuser:
    """Somebody who may do everything in the database, and has no key of ours."""

    def __init__(self, url: str, owner: str) -> None:
        self._url, self.owner = url, owner

    def do(self, statement: str, *values: object) -> None:
        """Run a statement, in which `MINE` stands for what belongs to the chain, without the trigger."""
        query = statement.replace("MINE", f"owner = '{self.owner}'")
        with psycopg.connect(self._url, autocommit=True) as other:
            other.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER USER")
            other.execute(query, values)
            other.execute("ALTER TABLE audit_auditentry ENABLE TRIGGER USER")

    def rewrite(self, position: int) -> None:
        """Change an entry and make all hashes fit again, the end of the chain included."""
        forged = json.dumps({"role": "forged"})
        self.do("UPDATE audit_auditentry SET data = %s WHERE MINE AND position = %s", forged, position)
        rows = AuditEntry.objects.filter(owner=self.owner).order_by("position")
        entries: list[Entry] = [entry_of(row) for row in rows]
        previous = entries[position - 2].hash if position > 1 else START
        for entry in entries[position - 1 :]:
            previous = entry.hash_after(previous)
            self.do("UPDATE audit_auditentry SET hash = %s WHERE MINE AND position = %s", previous, entry.position)
        self.do("UPDATE audit_auditchain SET hash = %s WHERE MINE", previous)


@pytest.fixture
def superuser(committed_db: str) -> Superuser:
    organization = Organization.objects.get(slug="acme")
    happen(organization, *[f"r{number}" for number in range(20)])
    return Superuser(committed_db, str(organization.id))


def verify(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    with suppress(CommandError):
        call_command("verify_audit", "--json", *arguments, stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_a_superuser_is_found_out(superuser: Superuser, tmp_path: Path, settings: Any) -> None:
    settings.AUDIT_HEADS_FILE = str(tmp_path / "heads.jsonl")
    file, owner = Path(settings.AUDIT_HEADS_FILE), superuser.owner
    assert heads_export(file=file, now=timezone.now()) >= 1
    assert heads_export(file=file, now=timezone.now()) == 0
    kept = list(AuditEntry.objects.filter(owner=owner).order_by("position").values())
    end = AuditChain.objects.get(owner=owner)
    last = end.position

    def first_bad() -> int | None:
        found = verify()
        others = {name: one for name, one in found.items() if name != owner}
        assert all(one["valid"] for one in others.values())
        bad = found[owner]["first_bad"]
        return bad["position"] if bad else None

    def restore() -> None:
        superuser.do("DELETE FROM audit_auditentry WHERE MINE")
        AuditEntry.objects.bulk_create(AuditEntry(**row) for row in kept)
        AuditChain.objects.update_or_create(owner=owner, defaults={"position": last, "hash": end.hash})
        assert first_bad() is None

    restore()
    superuser.do("UPDATE audit_auditentry SET actor_id = 'x' WHERE MINE AND position = 7")
    assert first_bad() == 7
    restore()
    superuser.do("DELETE FROM audit_auditentry WHERE MINE AND position = 9")
    assert first_bad() == 9
    restore()
    # Deleted, and those behind it moved up.
    superuser.do("ALTER TABLE audit_auditentry DROP CONSTRAINT audit_position")
    superuser.do("DELETE FROM audit_auditentry WHERE MINE AND position = 9")
    superuser.do("UPDATE audit_auditentry SET position = position - 1 WHERE MINE AND position > 9")
    superuser.do("UPDATE audit_auditchain SET position = position - 1 WHERE MINE")
    assert first_bad() == 9
    restore()
    superuser.do("UPDATE audit_auditentry SET position = 11 - position WHERE MINE AND position IN (5, 6)")
    assert first_bad() == 5
    restore()
    superuser.rewrite(11)
    assert first_bad() == 11
    restore()
    # The end cut off, and its note beside the chain changed to fit: only what was exported tells.
    superuser.do("DELETE FROM audit_auditentry WHERE MINE AND position > %s", last - 3)
    superuser.do("UPDATE audit_auditchain SET position = %s, hash = %s WHERE MINE", last - 3, kept[last - 4]["hash"])
    assert first_bad() == last - 2
    restore()
    # Everything gone, as if there had never been anything.
    superuser.do("DELETE FROM audit_auditentry WHERE MINE")
    superuser.do("DELETE FROM audit_auditchain WHERE MINE")
    assert first_bad() == 1


def test_another_key_in_place_of_ours_vouches_for_nothing(superuser: Superuser) -> None:
    AuditKey.objects.update(public_key=bytes(32))
    bad = verify()[superuser.owner]["first_bad"]
    assert bad["position"] == 1
    assert "not signed" in bad["reason"]


def test_the_command_ends_with_an_error_and_says_where(superuser: Superuser) -> None:
    superuser.do("UPDATE audit_auditentry SET actor_id = 'x' WHERE MINE AND position = 7")
    out = StringIO()
    with pytest.raises(CommandError, match="1 of 1 chains"):
        call_command("verify_audit", "--organization", superuser.owner, stdout=out)
    assert "entry 7 is changed" in out.getvalue()


def test_a_file_of_heads_that_was_altered_is_not_believed(superuser: Superuser, tmp_path: Path) -> None:
    file = tmp_path / "heads.jsonl"
    assert heads_export(file=file, now=timezone.now()) >= 1
    text = file.read_text()
    line = json.loads(text.splitlines()[0])
    line["hash"] = "00" * 32
    for broken in (text + "{}\n", text + "nonsense\n", json.dumps(line) + "\n", text.replace("hash", "hush")):
        file.write_text(broken)
        with pytest.raises(CommandError, match="line"):
            call_command("verify_audit", "--heads", str(file), "--organization", superuser.owner, stdout=StringIO())
