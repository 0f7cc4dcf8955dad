"""A reader of the memory's stream who is cut off at random knows exactly what the API shows.

A whole platform. Writers store, edit, replace, trash, restore and erase, one by one and by the thousand, while readers
of the stream lose their connections again and again and go on by `Last-Event-ID`. `FEED_CHANGES=4000` in the
environment gives a smaller dose.
"""

import json
import os
import random
import threading
import time
from collections import Counter
from typing import Any

import httpx2 as httpx
import pytest

from deploy.dev.state import LOOPBACK, read_env
from tests.reliability.conftest import Stack, eventually

pytestmark = pytest.mark.slow

CHANGES = int(os.environ.get("FEED_CHANGES", "20000"))
STORED = CHANGES // 4
READERS = 2
MOST_ITEMS = 1_000
STREAM = "/api/v1/memory/stream"
MEMORY = "/api/v1/memory"
# What an event makes of a memory; a reader needs nothing else.
STATES = {
    "memory.stored": "live",
    "memory.updated": None,
    "memory.trashed": "trash",
    "memory.restored": "live",
    "memory.superseded": "superseded",
    "memory.reinstated": "live",
    "memory.erased": "gone",
}

State = dict[str, tuple[str, int]]


class Reader(threading.Thread):
    """Follows the stream from its beginning and loses the connection every few hundred events."""

    def __init__(self, client: httpx.Client, seed: int) -> None:
        super().__init__(daemon=True)
        self.client, self.chance = client, random.Random(seed)  # noqa: S311 - nothing secret
        self.state: State = {}
        self.seen: Counter[str] = Counter()
        self.last, self.cuts, self.failed = "0", 0, ""
        self.leave = threading.Event()

    def run(self) -> None:
        while not self.leave.is_set():
            try:
                self._follow(self.chance.randint(1, 700))
                self.cuts += 1
            except httpx.TransportError:
                time.sleep(0.1)
            except Exception as error:  # noqa: BLE001 - told by the test
                self.failed = repr(error)
                return

    def _follow(self, most: int) -> None:
        with self.client.stream("GET", STREAM, headers={"Last-Event-ID": self.last}, timeout=30) as answer:
            assert answer.status_code == 200, answer.read()
            fields: dict[str, str] = {}
            for line in answer.iter_lines():
                if self.leave.is_set():
                    return
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                    continue
                if "data" in fields:
                    self._take(fields)
                    most -= 1
                fields = {}
                if most <= 0:
                    return

    def _take(self, fields: dict[str, str]) -> None:
        event = json.loads(fields["data"])
        self.last = fields["id"]
        name = event["type"]
        if name not in STATES:
            return
        self.seen[event["id"]] += 1
        memory_id = event["subject"]["id"]
        if STATES[name] == "gone":
            self.state.pop(memory_id)
            return
        before = self.state.get(memory_id, ("live", 0))
        self.state[memory_id] = (STATES[name] or before[0], event["data"]["revision"])


def shown(client: httpx.Client) -> State:
    """Return what the API shows, page by page."""
    found: State = {}
    for state in ("live", "superseded", "trash"):
        cursor: str | None = ""
        while cursor is not None:
            page = client.get(
                MEMORY, params={"state": state, "limit": 100, **({"cursor": cursor} if cursor else {})}
            ).json()
            found |= {row["memory_id"]: (state, row["revision"]) for row in page["results"]}
            cursor = page["next"]
    return found


def test_a_reader_who_is_cut_off_rebuilds_what_the_api_shows(stack: Stack) -> None:
    assert stack.command("up").returncode == 0
    password = read_env(stack.state / "dev.env")["DEMO_PASSWORD"]
    with httpx.Client(base_url=f"http://{LOOPBACK}:{stack.port}", timeout=120) as client:
        signed_in = client.post(
            "/api/v1/auth/token", json={"email": "demo@northwind.example", "password": password}
        ).json()
        client.headers["Authorization"] = f"Bearer {signed_in['access']}"
        readers = [Reader(client, seed) for seed in range(READERS)]
        for reader in readers:
            reader.start()

        def post(path: str, body: Any) -> Any:
            answer = client.post(f"{MEMORY}{path}", json=body)
            assert answer.is_success, answer.text
            return answer.json()

        # A quarter of the changes stores, a quarter edits, a quarter trashes and a quarter restores.
        items = [{"content": f"Parcel {n} left the harbour.", "memory_type": "parcel"} for n in range(STORED)]
        operations = [
            post("/store/batch", {"items": items[start : start + MOST_ITEMS]})["operation_id"]
            for start in range(0, STORED, MOST_ITEMS)
        ]
        singles = [post("/store", {"content": f"Single {n}.", "memory_type": "single"})["memory_id"] for n in range(60)]
        for operation in operations:
            path = f"{MEMORY}/operations/{operation}"
            assert eventually(lambda path=path: client.get(path).json()["status"] == "succeeded", seconds=600)  # type: ignore[misc]  # bound now, on purpose
        done = post("/bulk", {"action": "update", "memory_type": "parcel", "set": {"metadata": {"seen": True}}})["done"]
        for number, memory_id in enumerate(singles):
            match number % 4:
                case 0:
                    client.patch(f"{MEMORY}/{memory_id}", json={"content": f"Single {number}, edited."})
                case 1:
                    post(f"/{memory_id}/supersede", {"by": singles[number - 1]})
                case 2:
                    client.delete(f"{MEMORY}/{memory_id}")
                case _:
                    post(f"/{singles[number - 2]}/supersede", {"by": None})
        done += post("/bulk", {"action": "trash", "memory_type": "parcel"})["done"]
        done += post("/bulk", {"action": "restore", "memory_type": "parcel"})["done"]
        gone = post("/erasures", {"ids": singles[3::4], "reason": "The test."})["memories"]
        assert STORED + done + gone >= CHANGES

        expected = shown(client)
        caught_up = eventually(lambda: all(reader.state == expected for reader in readers), seconds=300)
        for reader in readers:
            reader.leave.set()
        assert [reader.failed for reader in readers] == [""] * READERS
        for reader in readers:
            differing = {key for key in {*expected, *reader.state} if expected.get(key) != reader.state.get(key)}
            assert not differing
            assert len(reader.seen) >= CHANGES
            # Each event once, whatever was cut off.
            assert set(reader.seen.values()) == {1}
            assert reader.cuts >= CHANGES // 1000
        assert caught_up
        assert client.get(f"{MEMORY}/{singles[3]}").status_code == 410
