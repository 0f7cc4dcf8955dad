"""Reading the memory as of a moment, on both clocks, against an oracle that folds what was done."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.engine.reader import EVERYTHING
from apps.memory.exceptions import SupersessionConflict
from apps.memory.models import Memory, MemoryState
from apps.memory.selectors.contexts import context_get
from apps.memory.selectors.differences import diff_page
from apps.memory.selectors.memories import memory_present
from apps.memory.selectors.visible import memories_visible
from apps.memory.services import earlier
from apps.memory.services.managing import (
    memory_edit,
    memory_restore,
    memory_supersede,
    memory_trash,
    memory_unsupersede,
)
from apps.memory.services.memories import memory_store
from apps.memory.services.purging import memories_purge
from apps.memory.types import AsOf, StoreItem
from tests.apps.memory.conftest import Search, Store

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DOINGS = ("store", "store", "edit", "backdate", "expire", "trash", "restore", "supersede", "erase")
WORDS = ("harbour", "tea", "discount", "annual plan", "Priya Raman", "EXP-117", "Oslo")


@dataclass
class Oracle:
    """What was done, in order: the moment, the memory, and the fields that it gave it; None for erased."""

    done: list[tuple[datetime, UUID, dict[str, Any] | None]] = field(default_factory=list)

    def fold(self, moment: datetime) -> dict[UUID, dict[str, Any]]:
        states: dict[UUID, dict[str, Any]] = {}
        for at, memory_id, fields in self.done:
            if at <= moment and fields is not None:
                states[memory_id] = {**states.get(memory_id, {}), **fields}
        return states

    @property
    def erased(self) -> set[UUID]:
        return {memory_id for _, memory_id, fields in self.done if fields is None}

    def read(self, *, valid: datetime | None, recorded: datetime | None, now: datetime) -> dict[UUID, dict[str, Any]]:
        found = {}
        for memory_id, state in self.fold(recorded or now).items():
            held = valid or recorded or now
            ended = [state["expires_at"], state["superseded_at"] if valid else None]
            if memory_id in self.erased or state["deleted"] or any(end and end <= held for end in ended):
                continue
            if state["occurred_at"] > valid if valid else state["superseded_at"]:
                continue
            found[memory_id] = {name: state[name] for name in ("content", "occurred_at", "expires_at")}
        return found


class History:
    """A random life of a memory, done to the product and told to the oracle."""

    def __init__(self, organization: Organization, seed: int) -> None:
        self.organization_id, self.chance, self.now = organization.id, random.Random(seed), BEGIN  # noqa: S311 - a repeatable history
        self.oracle = Oracle()
        self.snapshots: list[tuple[datetime, dict[UUID, dict[str, Any]]]] = []

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.now += MINUTE * self.chance.randint(1, 30)
            self.step()
            self.snapshots.append((self.now, shown(AsOf(), now=self.now)))

    def step(self) -> None:
        states = self.oracle.fold(self.now)
        there = [one for one in states if one not in self.oracle.erased]
        trashed = [one for one in there if states[one]["deleted"]]
        kept = [one for one in there if one not in trashed and self.is_kept(states[one])]
        doing = self.chance.choice(
            ["store", "store", "edit", "backdate", "expire", "trash", "restore", "supersede", "erase"]
        )
        if doing == "store" or not kept:
            self.store()
        elif doing in {"restore", "erase"} and trashed:
            self.of_trashed(doing, self.chance.choice(trashed))
        else:
            self.of_kept(doing, self.chance.choice(kept), kept)

    def is_kept(self, state: dict[str, Any]) -> bool:
        return state["expires_at"] is None or state["expires_at"] > self.now

    def text(self) -> str:
        return " ".join(self.chance.choices(WORDS, k=4)) + f" {len(self.oracle.done)}."

    def past(self) -> datetime:
        return self.now - MINUTE * self.chance.randint(-100, 2_000)

    def store(self) -> None:
        item = StoreItem(content=self.text(), occurred_at=self.past())
        stored = memory_store(organization_id=self.organization_id, item=item, user_id=None, now=self.now)
        self.tell(
            stored.memory_id,
            content=item.content,
            occurred_at=item.occurred_at,
            expires_at=None,
            superseded_at=None,
            deleted=False,
        )

    def of_trashed(self, doing: str, memory_id: UUID) -> None:
        if doing == "restore":
            memory_restore(
                reader=EVERYTHING, organization_id=self.organization_id, memory_id=memory_id, user_id=None, now=self.now
            )
            self.tell(memory_id, deleted=False)
        else:
            assert memories_purge(memory_ids=[memory_id], now=self.now) == 1
            self.oracle.done.append((self.now, memory_id, None))

    def of_kept(self, doing: str, memory_id: UUID, kept: list[UUID]) -> None:
        if doing == "supersede" and len(kept) > 1:
            self.supersede(memory_id, self.chance.choice([one for one in kept if one != memory_id]))
        elif doing == "trash":
            memory_trash(
                reader=EVERYTHING, organization_id=self.organization_id, memory_id=memory_id, user_id=None, now=self.now
            )
            self.tell(memory_id, deleted=True)
        else:
            fields: Any = {
                "backdate": {"occurred_at": self.past()},
                "expire": {"expires_at": self.now + MINUTE * self.chance.randint(0, 60)},
            }.get(doing, {"content": self.text()})
            memory_edit(
                reader=EVERYTHING,
                organization_id=self.organization_id,
                memory_id=memory_id,
                fields=fields,
                user_id=None,
                now=self.now,
            )
            self.tell(memory_id, **fields)

    def supersede(self, memory_id: UUID, by: UUID) -> None:
        states = self.oracle.fold(self.now)
        if states[memory_id]["superseded_at"] and self.chance.random() < 0.5:
            memory_unsupersede(reader=EVERYTHING, memory_id=memory_id, user_id=None, now=self.now)
            self.tell(memory_id, superseded_at=None)
            return
        known = Memory.objects.get(id=memory_id).superseded_by
        try:
            memory_supersede(reader=EVERYTHING, memory_id=memory_id, by=by, user_id=None, now=self.now)
        except SupersessionConflict:
            return
        if known != by:
            since = max(states[by]["occurred_at"], states[memory_id]["occurred_at"])
            self.tell(memory_id, superseded_at=since)

    def tell(self, memory_id: UUID, **fields: Any) -> None:
        self.oracle.done.append((self.now, memory_id, fields))


def shown(as_of: AsOf, *, now: datetime) -> dict[UUID, dict[str, Any]]:
    rows = memories_visible(reader=EVERYTHING, now=now, as_of=as_of)
    return {row.pk: {name: getattr(row, name) for name in ("content", "occurred_at", "expires_at")} for row in rows}


def presented(moment: datetime) -> dict[str, dict[str, Any]]:
    rows = memories_visible(reader=EVERYTHING, now=moment, as_of=AsOf(recorded=moment))
    return {str(row.pk): memory_present(row) for row in rows}


@pytest.fixture(params=range(4))
def history(request: pytest.FixtureRequest, in_acme: Organization) -> History:
    made = History(in_acme, seed=request.param)
    made.run(70)
    return made


def test_a_state_of_the_past_is_what_was_read_then_and_each_difference_leads_from_one_to_the_other(
    history: History,
) -> None:
    oracle, now = history.oracle, history.now
    assert oracle.erased, "the history erases nothing"
    for moment, snapshot in history.snapshots:
        then = {memory_id: state for memory_id, state in snapshot.items() if memory_id not in oracle.erased}
        assert shown(AsOf(recorded=moment), now=now) == then == oracle.read(valid=None, recorded=moment, now=now)
    moments = [moment for moment, _ in history.snapshots]
    for _ in range(60):
        valid = history.chance.choice(moments) - MINUTE * history.chance.randint(-50, 1_000)
        recorded = history.chance.choice([None, *moments])
        expected = oracle.read(valid=valid, recorded=recorded, now=now)
        assert shown(AsOf(valid=valid, recorded=recorded), now=now) == expected
    for _ in range(20):
        since, until = sorted(history.chance.sample(moments, 2))
        assert applied(differences(since, until, limit=history.chance.randint(1, 20)), presented(since)) == presented(
            until
        )
    assert {one["cause"] for one in differences(BEGIN, now, limit=10)} >= {"stored", "erased"}


def differences(since: datetime, until: datetime, *, limit: int) -> list[dict[str, Any]]:
    found, cursor = [], None
    while True:
        page = diff_page(reader=EVERYTHING, since=since, until=until, memory_type=None, cursor=cursor, limit=limit)
        found += page["results"]
        cursor = page["next"]
        if cursor is None:
            return found


def applied(found: list[dict[str, Any]], state: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    result = dict(state)
    for one in found:
        if one["cause"] != "erased":
            assert result.get(one["memory_id"]) == one["before"]
        if one["after"] is None:
            result.pop(one["memory_id"], None)
        else:
            result[one["memory_id"]] = one["after"]
    return result


def test_each_reading_takes_both_clocks(client: APIClient, store: Store, search: Search) -> None:
    old = store("The annual plan costs 100 euros, says Priya Raman.", occurred_at="2026-01-10T00:00:00Z")
    before = timezone.now()
    new = store("The annual plan costs 120 euros, says Priya Raman.", occurred_at="2026-03-10T00:00:00Z")
    answer = client.post(f"/api/v1/memory/{old}/supersede", {"by": new, "reason": "New price"}, format="json")
    assert answer.status_code == 200
    assert answer.json()["superseded_by"] == new
    changed = {"content": "The annual plan costs 125 euros, says Ada Lovelace."}
    assert client.patch(f"/api/v1/memory/{new}", changed, format="json").status_code == 200

    def ids(path: str, **query: str) -> list[str]:
        listed = client.get(f"/api/v1/memory{path}", query)
        assert listed.status_code == 200, listed.content
        return sorted(one["memory_id"] for one in listed.json()["results"])

    february, known = "2026-02-01T00:00:00Z", before.isoformat()
    assert ids("") == [new]
    assert ids("", state="superseded") == [old]
    assert ids("", as_of=february) == [old]
    assert ids("", as_of_recorded=known) == [old]
    assert client.get("/api/v1/memory", {"as_of": february, "state": "trash"}).status_code == 400
    found = search("what does the annual plan cost?", as_of=february)
    assert [one["memory_id"] for one in found] == [old]
    assert [one["memory_id"] for one in search("what does the annual plan cost?")] == [new]
    assert [one["memory_id"] for one in search("annual plan", as_of_recorded=known)] == [old]
    for path in ("/facets", "/insights"):
        key = "total" if path == "/facets" else "total_memories"
        assert client.get(f"/api/v1/memory{path}", {"as_of": "2025-01-01T00:00:00Z"}).json()[key] == 0
        assert client.get(f"/api/v1/memory{path}", {"as_of_recorded": known}).json()[key] == 1
    names = {node["name"] for node in client.get("/api/v1/memory/graph", {"as_of": february}).json()["nodes"]}
    assert "Priya Raman" in names
    assert "Ada Lovelace" not in names
    history = client.get(f"/api/v1/memory/{old}/history").json()["results"]
    assert [(one["action"], one["reason"]) for one in history] == [("superseded", "New price"), ("stored", None)]
    undone = client.post(f"/api/v1/memory/{old}/supersede", {"by": None}, format="json")
    assert undone.json()["superseded_at"] is None
    assert ids("") == sorted([old, new])


def test_a_text_that_was_edited_since_is_found_as_it_was(client: APIClient, store: Store, search: Search) -> None:
    other = store("Grace Hopper wrote the first compiler.")
    edited = store("Priya Raman runs the checkout test in Oslo.")
    gone = store("The harbour shop in Bergen sells green tea to Ada Lovelace.")
    known = timezone.now().isoformat()
    later = {"content": "Nobody runs the checkout test."}
    assert client.patch(f"/api/v1/memory/{edited}", later, format="json").status_code == 200
    assert client.delete(f"/api/v1/memory/{gone}").status_code == 204
    then = search("who runs the checkout test in Oslo?", as_of_recorded=known)
    assert then[0]["memory_id"] == edited
    assert then[0]["content"] == "Priya Raman runs the checkout test in Oslo."
    assert {one["memory_id"] for one in then} <= {other, edited, gone}
    assert search("green tea in Bergen", as_of_recorded=known)[0]["memory_id"] == gone
    assert all(one["memory_id"] != gone for one in search("green tea in Bergen"))
    sums = [sum(part["contribution_units"] or 0 for part in one["contributions"]) for one in then]
    assert sums == [one["score_units"] for one in then]
    nodes = client.get("/api/v1/memory/graph", {"as_of_recorded": known}).json()["nodes"]
    assert {"Priya Raman", "Ada Lovelace"} <= {node["name"] for node in nodes}
    nodes = client.get("/api/v1/memory/graph").json()["nodes"]
    assert not {"Priya Raman", "Ada Lovelace"} & {node["name"] for node in nodes}


def test_what_was_deleted_for_good_says_so(client: APIClient, store: Store, in_acme: Organization) -> None:
    memory_id = store("A secret that goes.")
    now = timezone.now()
    memory_trash(reader=EVERYTHING, organization_id=in_acme.id, memory_id=UUID(memory_id), user_id=None, now=now)
    assert memories_purge(memory_ids=[UUID(memory_id)], now=now) == 1
    for query in ({}, {"as_of_recorded": now.isoformat()}):
        answer = client.get(f"/api/v1/memory/{memory_id}", query)
        assert (answer.status_code, answer.json()["code"]) == (410, "memory_erased")


def test_a_memory_cannot_replace_itself(client: APIClient, store: Store) -> None:
    one, two, three = (store(f"Text {number} about tea.") for number in range(3))
    for memory_id, by in ((one, two), (two, three)):
        assert client.post(f"/api/v1/memory/{memory_id}/supersede", {"by": by}, format="json").status_code == 200
    for memory_id, by in ((three, one), (one, one)):
        answer = client.post(f"/api/v1/memory/{memory_id}/supersede", {"by": by}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (409, "supersession_conflict")


def test_earlier_texts_of_one_organisation_are_read_for_it_alone(acme: Organization, globex: Organization) -> None:
    """An archive brings a memory to another organisation under the id that it has here."""
    at = datetime(2026, 3, 1, tzinfo=UTC)

    def names(organization: Organization, content: str) -> set[str]:
        state = MemoryState(id=UUID(int=7), revision=1, content=content, metadata={}, occurred_at=at)
        with organization_scope(organization.id):
            (text,) = earlier._texts([state], context_get())
        return {entry.mention.key for entry in text.reading.entities}

    ours, theirs = names(acme, "Priya Raman is here."), names(globex, "Lena Hartwig is here.")
    assert ours
    assert theirs
    assert not ours & theirs
    assert names(acme, "Priya Raman is here.") == ours
    # Nor are two texts of one revision, as an archive may bring them, taken for each other.
    assert names(acme, "Orpheus Vandelay is here.") not in (ours, theirs)
    assert len({key[0] for key in earlier._read if key[1] == UUID(int=7)}) == 2
