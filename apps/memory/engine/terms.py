"""Turns text into the numbers that the lexical channel counts: hashes of stemmed words, and how often each occurs."""

import re
from collections import Counter
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from apps.memory.engine.lexicon import STOP_WORDS, WORD, stem

# A count is stored in a byte. BM25 is saturated long before.
MAX_COUNT = 255
# Ideographs and kana are written without blanks: pairs of them stand for words (hangul is written with blanks).
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")

Hashes = NDArray[np.uint64]
Counts = NDArray[np.uint8]


def term_hash(term: str) -> int:
    """Return the 64-bit number under which a stemmed word is counted."""
    return int.from_bytes(blake2b(term.encode(errors="replace"), digest_size=8).digest(), "little")


def terms_of(text: str) -> list[int]:
    """Return the hashes of a text's words in order, stop words left out.

    Words are compared by their English stems; a stretch of ideographs or kana gives each pair of neighbours.
    """
    found: list[int] = []
    for match in WORD.finditer(text):
        word = match[0]
        if not word.isascii() and _UNSPACED.search(word):
            found += [term_hash(piece) for piece in _pieces(word)]
        elif number := _hash_of(word.casefold()):
            found.append(number)
    return found


def count_terms(text: str) -> tuple[Hashes, Counts]:
    """Return the distinct terms of a text as uint64 (n,), ascending, and how often each occurs, uint8 (n,)."""
    counts = Counter(terms_of(text))
    hashes = np.fromiter(sorted(counts), dtype=np.uint64, count=len(counts))
    return hashes, np.fromiter(
        (min(counts[int(term)], MAX_COUNT) for term in hashes), dtype=np.uint8, count=len(counts)
    )


@lru_cache(maxsize=262_144)
def _hash_of(folded: str) -> int:
    """Return the hash of a word, 0 for a stop word. Cached: texts repeat their words."""
    return 0 if folded.replace("\u2019", "'") in STOP_WORDS else term_hash(stem(folded))


def _pieces(word: str) -> list[str]:
    pieces: list[str] = []
    for run in _UNSPACED.findall(word):
        pieces += [run] if len(run) == 1 else [run[index : index + 2] for index in range(len(run) - 1)]
    return pieces + [stem(rest) for rest in _UNSPACED.split(word) if rest]
