"""An embedding model behind HTTP: against a server of its own, which answers as OpenAI's does, well and badly."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.models import Job
from apps.core.tenancy.scope import organization_scope
from apps.memory.adapters import embedders
from apps.memory.adapters.embedders import HttpEmbedder, embedder_named, models_known, scale_measured
from apps.memory.adapters.embedding import default_embedder
from apps.memory.exceptions import EmbedderUnavailable, ModelUnknown
from apps.memory.models import Memory
from apps.memory.tasks import understand_left
from tests.apps.memory.conftest import Search, Store

Answer = Callable[[dict[str, Any]], tuple[int, bytes]]
EPOCHS = "/api/v1/memory/epochs"
SEARCH = "/api/v1/memory/search"
MODEL = "far-away-8"
DIMENSION = 8
KEY = "sk-Zanzibarium"
TEXTS = ("The server burns, come at once.", "Customers complain about late parcels.", "A chair of oak.")
# Cosines of this model crowd together, as those of many do.
_TURN = np.random.default_rng(3).normal(size=(384, DIMENSION)).astype(np.float32)
_COMMON = np.full(DIMENSION, 2.0, dtype=np.float32)


def vectors(texts: list[str]) -> list[list[float]]:
    found: list[list[float]] = (default_embedder().embed(texts) @ _TURN + _COMMON).tolist()
    return found


def well(asked: dict[str, Any]) -> tuple[int, bytes]:
    rows = [{"index": place, "embedding": one} for place, one in enumerate(vectors(asked["input"]))]
    # In any order.
    return 200, json.dumps({"data": rows[::-1], "model": asked["model"]}).encode()


class _Handler(BaseHTTPRequestHandler):
    answer: Answer
    seen: list[tuple[str | None, dict[str, Any]]]

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append((self.headers.get("Authorization"), asked))
        status, body = type(self).answer(asked)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", self.path)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def serve(settings: Any) -> Iterator[Callable[[Answer], None]]:
    """Have a server on a free port answer as the test says, as the operator's model."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.MEMORY_EMBEDDING_URL = f"http://127.0.0.1:{server.server_port}/v1/embeddings"
    settings.MEMORY_EMBEDDING_MODEL, settings.MEMORY_EMBEDDING_DIMENSION = MODEL, DIMENSION
    settings.MEMORY_EMBEDDING_KEY = KEY
    _Handler.seen = []
    embedders._remote.cache_clear()

    def start(answer: Answer) -> None:
        _Handler.answer = staticmethod(answer)

    start(well)
    yield start
    server.shutdown()
    server.server_close()
    embedders._remote.cache_clear()


def remote(settings: Any) -> HttpEmbedder:
    return HttpEmbedder(settings.MEMORY_EMBEDDING_URL, name=MODEL, dimension=DIMENSION, key=KEY)


def test_vectors_come_in_the_order_of_the_texts_at_unit_length(serve: Callable[[Answer], None], settings: Any) -> None:
    embedder = remote(settings)
    texts = [f"Text {number}." for number in range(70)] + ["", "\ud800"]
    found = embedder.embed(texts)
    assert found.shape == (72, DIMENSION)
    expected = np.array(vectors(texts[:70]))
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert np.allclose(found[:70], expected, atol=1e-5)
    assert [len(asked["input"]) for _, asked in _Handler.seen] == [64, 8]
    assert {key for key, _ in _Handler.seen} == {f"Bearer {KEY}"}
    assert all(asked["model"] == MODEL and all(asked["input"]) for _, asked in _Handler.seen)
    assert np.array_equal(embedder.embed_query("Text 0."), embedder.embed_query("Text 0."))
    assert len(_Handler.seen) == 3


def _rows(*rows: object) -> Answer:
    return lambda _: (200, json.dumps({"data": rows}).encode())


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: (500, b"the text was: parcels"),
        lambda _: (401, b"{}"),
        lambda _: (302, b""),
        lambda _: (200, b"no json"),
        lambda _: (200, b"[]"),
        lambda _: (200, b'{"data": null}'),
        lambda _: (200, b" " * 1_000_000),
        _rows(),
        _rows({"index": 0, "embedding": [1.0]}),
        _rows({"index": 0, "embedding": [0.0] * DIMENSION}),
        _rows({"index": 0, "embedding": ["x"] * DIMENSION}),
        _rows({"index": 1, "embedding": [1.0] * DIMENSION}),
        _rows({"index": 10**30, "embedding": [1.0] * DIMENSION}),
        _rows("x"),
    ],
)
def test_what_is_no_answer_is_refused_without_a_word_of_it(
    answer: Answer, serve: Callable[[Answer], None], settings: Any
) -> None:
    serve(answer)
    with pytest.raises(EmbedderUnavailable) as refused:
        remote(settings).embed_query("Parcels.")
    assert "parcels" not in refused.value.detail.casefold()
    assert KEY not in refused.value.detail


def test_its_scale_brings_it_onto_the_engines(serve: Callable[[Answer], None], settings: Any) -> None:
    embedder = remote(settings)
    scale = scale_measured(embedder)
    assert scale == embedder.scale
    alike, apart = ("Parcels come late.", "Deliveries are late."), ("Parcels come late.", "A chair of oak.")
    for pair, low, high in ((alike, 0.4, 1.2), (apart, -1.0, 0.5)):
        one, two = embedder.embed(pair)
        assert low < (float(one @ two) - scale.zero) / scale.unit < high


def test_a_model_that_knows_no_difference_is_refused(serve: Callable[[Answer], None], settings: Any) -> None:
    serve(
        lambda asked: _rows(*[{"index": n, "embedding": [1.0] * DIMENSION} for n in range(len(asked["input"]))])(asked)
    )
    with pytest.raises(EmbedderUnavailable):
        scale_measured(remote(settings))


def test_only_models_of_this_installation_are_known(serve: Callable[[Answer], None], settings: Any) -> None:
    assert [one.is_remote for one in models_known()] == [False, False, True]
    settings.MEMORY_EMBEDDING_URL = ""
    assert len(models_known()) == 2
    with pytest.raises(ModelUnknown):
        embedder_named(MODEL)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MEMORY_EMBEDDING_URL", "far.example/v1/embeddings"),
        ("MEMORY_EMBEDDING_URL", "ftp://far.example/v1"),
        ("MEMORY_EMBEDDING_MODEL", ""),
        ("MEMORY_EMBEDDING_MODEL", "x" * 101),
        ("MEMORY_EMBEDDING_MODEL", default_embedder().name),
        ("MEMORY_EMBEDDING_DIMENSION", 0),
        ("MEMORY_EMBEDDING_DIMENSION", 3_073),
    ],
)
def test_a_model_that_cannot_be_one_is_told_at_the_start(
    serve: Callable[[Answer], None], settings: Any, name: str, value: object
) -> None:
    apps.get_app_config("memory").ready()
    setattr(settings, name, value)
    with pytest.raises(ImproperlyConfigured, match=name) as error:
        apps.get_app_config("memory").ready()
    assert KEY not in str(error.value)


def test_when_the_model_is_away_words_answer_and_texts_wait(
    client: APIClient,
    store: Store,
    search: Search,
    acme: Organization,
    run_jobs: Callable[[], int],
    serve: Callable[[Answer], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    for text in TEXTS:
        store(text)
    epoch = client.post(EPOCHS, {"model": MODEL}, format="json").json()
    run_jobs()
    assert client.post(f"{EPOCHS}/{epoch['epoch_id']}/switch").json()["status"] == "active"
    assert search("late deliveries", search_type="neural")[0]["content"] == TEXTS[1]

    serve(lambda _: (500, b"away"))
    with caplog.at_level(logging.DEBUG):
        body = client.post(SEARCH, {"query": "complain about parcels"}, format="json").json()
        assert (body["model"], body["dropped_channels"]) == (MODEL, ["neural", "conceptual"])
        assert body["results"][0]["content"] == TEXTS[1]
        answer = client.post(SEARCH, {"query": "other parcels", "search_type": "neural"}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (503, "embedder_unavailable")
        memory_id = store("Ships leave the harbour.")
        edited = client.patch(f"/api/v1/memory/{memory_id}", {"content": "Ships leave the dock."}, format="json")
        assert edited.status_code == 200
        assert client.get(f"/api/v1/memory/{memory_id}/related").status_code == 503
    assert KEY not in caplog.text
    assert search("ships at the dock")[0]["memory_id"] == memory_id
    with organization_scope(acme.id):
        assert not Memory.objects.get(id=memory_id).understood

    # The jobs have tried for minutes and been given up.
    Job.objects.all().delete()
    serve(well)
    understand_left()
    run_jobs()
    with organization_scope(acme.id):
        assert Memory.objects.get(id=memory_id).understood
    assert search("boats", search_type="neural", limit=10)
