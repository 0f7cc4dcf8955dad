"""A reranker judges what is found: against a server of its own, which answers as text-embeddings-inference does."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.memory.adapters.reranking import default_reranker
from tests.apps.memory.conftest import Search, Store

Answer = Callable[[dict[str, Any]], tuple[int, Any]]
SEARCH = "/api/v1/memory/search"
LIGHTHOUSES = ("The old lighthouse is red.", "The lighthouse keeper retired.", "A lighthouse was painted green.")


class _Handler(BaseHTTPRequestHandler):
    answer: Answer

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, body = type(self).answer(asked)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def serve(settings: Any) -> Iterator[Callable[[Answer], None]]:
    """Have a server on a free port answer as the test says."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def start(answer: Answer) -> None:
        _Handler.answer = staticmethod(answer)
        settings.MEMORY_RERANK_URL = f"http://127.0.0.1:{server.server_port}/rerank"
        default_reranker.cache_clear()

    yield start
    server.shutdown()
    server.server_close()
    default_reranker.cache_clear()


def prefers(word: str) -> Answer:
    return lambda asked: (
        200,
        [{"index": place, "score": float(word in text)} for place, text in enumerate(asked["texts"])],
    )


def test_the_judgement_is_one_more_channel_and_the_sum_stays_exact(
    store: Store, search: Search, serve: Callable[[Answer], None]
) -> None:
    for text in LIGHTHOUSES:
        store(text)
    serve(prefers("painted"))
    results = search("lighthouse", rerank=True)
    assert results[0]["content"] == LIGHTHOUSES[2]
    assert len(results) == len(LIGHTHOUSES)
    judged = {one["channel"]: one for one in results[0]["contributions"]}["rerank"]
    assert (judged["raw"], judged["rank"], judged["weight"], judged["contribution_units"]) == (1.0, 1, 0.5, 500_000)
    for result in results:
        units = sum(one["contribution_units"] or 0 for one in result["contributions"])
        assert units == result["score_units"]


def test_passages_of_no_more_than_fifty_are_judged_and_the_limit_holds(
    store: Store, search: Search, serve: Callable[[Answer], None]
) -> None:
    seen: list[int] = []

    def answer(asked: dict[str, Any]) -> tuple[int, Any]:
        seen.append(len(asked["texts"]))
        return prefers("painted")(asked)

    for text in LIGHTHOUSES:
        store(text)
    serve(answer)
    assert [one["content"] for one in search("lighthouse", rerank=True, limit=1)] == [LIGHTHOUSES[2]]
    assert seen == [3]


def test_without_a_reranker_the_request_is_refused(client: APIClient, store: Store) -> None:
    store(LIGHTHOUSES[0])
    answer = client.post(SEARCH, {"query": "lighthouse", "rerank": True}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "reranker_missing")


def broken(_: dict[str, Any]) -> tuple[int, Any]:
    return 500, {}


def incomplete(_: dict[str, Any]) -> tuple[int, Any]:
    return 200, [{"index": 0, "score": 1.0}]


def senseless(_: dict[str, Any]) -> tuple[int, Any]:
    return 200, {"error": "no"}


def slow(asked: dict[str, Any]) -> tuple[int, Any]:
    time.sleep(0.5)
    return prefers("painted")(asked)


@pytest.mark.parametrize("answer", [broken, incomplete, senseless, slow])
def test_a_reranker_that_fails_is_dropped_and_named(
    client: APIClient, store: Store, serve: Callable[[Answer], None], answer: Answer
) -> None:
    for text in LIGHTHOUSES:
        store(text)
    # Only the slow one needs a deadline; under it a busy machine may drop other channels, too.
    asked = {"query": "lighthouse", **({"deadline_ms": 300} if answer is slow else {})}
    expected = client.post(SEARCH, {"query": "lighthouse"}, format="json").json()["results"]
    serve(answer)
    found = client.post(SEARCH, {**asked, "rerank": True}, format="json").json()
    assert "rerank" in found["dropped_channels"]
    if answer is not slow:
        assert found["dropped_channels"] == ["rerank"]
        assert [one["score"] for one in found["results"]] == [one["score"] for one in expected]
