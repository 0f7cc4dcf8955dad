"""Sketches of meaning by word vectors alone: thousands of texts a second, good enough until the models have read them.

Static embeddings of the wordllama wheel, of which no code is run; both files are pinned by SHA-256.
"""

import json
import threading
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from apps.memory.adapters.embedding import ModelFile, encodable

NAME = "wordllama-l2-supercat-256"
DIMENSION = 256
_MAX_TOKENS = 512
_READ_CHARACTERS = 16_384
_WEIGHTS = ModelFile(
    package="wordllama",
    path="weights/l2_supercat_256.safetensors",
    sha256="64b47a2dc493cb8e85944076601189739852d7b64e0e1eedcb1937a251cd9fd5",
)
_TOKENIZER = ModelFile(
    package="wordllama",
    path="tokenizers/l2_supercat_tokenizer_config.json",
    sha256="93248f2a9ec36c7b35f700a033d5f36228aae48db61aee31007fa49062cdeb68",
)

Floats = NDArray[np.float32]


class Sketcher:
    """Means of word vectors. Safe to share between threads. Raises ``ModelFileError`` on construction."""

    def __init__(self) -> None:
        self._vectors = _table(_WEIGHTS.read())
        self._tokenizer = Tokenizer.from_str(_TOKENIZER.read().decode())
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MAX_TOKENS)

    def sketch(self, texts: Sequence[str]) -> Floats:
        """Return float32 (n, 256), rows of length 1, or 0 for a text without a known token."""
        encoded = self._tokenizer.encode_batch(
            [encodable(text[:_READ_CHARACTERS]) for text in texts], add_special_tokens=False
        )
        means = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        for row, one in enumerate(encoded):
            if one.ids:
                means[row] = self._vectors[one.ids].mean(axis=0, dtype=np.float32)
        lengths = np.linalg.norm(means, axis=1, keepdims=True)
        return np.asarray(means / np.where(lengths > 0, lengths, 1.0), dtype=np.float32)


def _table(content: bytes) -> Floats:
    """Return the one tensor of a safetensors file: 8 bytes of length, a JSON header, the numbers."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    (tensor,) = (entry for name, entry in header.items() if name != "__metadata__")
    begin, end = tensor["data_offsets"]
    kinds = {"F16": np.float16, "F32": np.float32}
    numbers = np.frombuffer(content[8 + length + begin : 8 + length + end], dtype=kinds[tensor["dtype"]])
    return numbers.reshape(tensor["shape"]).astype(np.float32)


_building = threading.Lock()
_shared = cache(Sketcher)


def default_sketcher() -> Sketcher:
    """Return the sketcher of this process, built on first use; raises ``ModelFileError``."""
    with _building:
        return _shared()
