"""The sparse encoder that ships with the product: SPLADE-tiny as an int8 ONNX file, on one CPU thread.

File and tokenizer lie in `apps/memory/weights`, with their origin and licence; both are pinned by SHA-256.
"""

import threading
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from apps.memory.adapters.embedding import ModelFile, encodable, session_of
from apps.memory.engine.memory_index import SPARSE_STEPS

NAME = "splade-tiny-onnx-int8"
_MAX_TOKENS = 256
_READ_CHARACTERS = 16_384
_QUERY_CACHE = 1_000
_WEIGHTS = ModelFile(
    package="apps.memory.weights",
    path="splade_tiny/model.onnx",
    sha256="7c090de216befad3c7ff7ac287afced9ebd3895d6c095d8334122a215ef45dff",
)
_TOKENIZER = ModelFile(
    package="apps.memory.weights",
    path="splade_tiny/tokenizer.json",
    sha256="91f1def9b9391fdabe028cd3f3fcc4efd34e5d1f08c3bf2de513ebb5911a1854",
)

Keys = NDArray[np.uint16]
Weights = NDArray[np.uint8]


class SpladeEncoder:
    """Implements the engine's ``SparseEncoder`` port: keys are entries of the model's vocabulary of 30,522.

    Safe to share between threads. Raises ``ModelFileError`` on construction when a file is missing or altered.
    """

    def __init__(self) -> None:
        self._session = session_of(_WEIGHTS)
        self._tokenizer = Tokenizer.from_str(_TOKENIZER.read().decode())
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        self._query = lru_cache(maxsize=_QUERY_CACHE)(self.encode)

    @property
    def name(self) -> str:
        return NAME

    def encode(self, text: str) -> tuple[Keys, Weights]:
        """Return keys and weights of a text, of which the first 256 tokens are read."""
        tokens = np.array([self._tokenizer.encode(encodable(text[:_READ_CHARACTERS])).ids], dtype=np.int64)
        weights = self._session.run(None, {"input_ids": tokens, "attention_mask": np.ones_like(tokens)})[0][0]
        steps = np.minimum(np.rint(weights * SPARSE_STEPS), 255).astype(np.uint8)
        keys = np.flatnonzero(steps)
        return keys.astype(np.uint16), steps[keys]

    def encode_query(self, text: str) -> tuple[Keys, Weights]:
        """Return the same; the last 1,000 distinct queries are remembered."""
        return self._query(text)


_building = threading.Lock()
_shared = cache(SpladeEncoder)


def default_encoder() -> SpladeEncoder:
    """Return the encoder of this process, built on first use; raises ``ModelFileError``."""
    with _building:
        return _shared()
