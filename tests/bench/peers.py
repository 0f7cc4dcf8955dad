"""What others would answer: BM25, embeddings of whole documents, and the two combined in the usual ways."""

from collections.abc import Callable, Mapping, Sequence

import bm25s
import numpy as np
import Stemmer
from numpy.typing import NDArray

from apps.memory.adapters.embedding import default_embedder

DEPTH = 100
# Reciprocal rank fusion (Cormack, Clarke and Buettcher, 2009) with the constant of its paper.
_RRF = 60

Scores = NDArray[np.float64]
Answer = Callable[[str, NDArray[np.bool_]], list[int]]


def peers(documents: Sequence[str]) -> Mapping[str, Answer]:
    """Return by name functions from a question and a mask of the documents that count to their numbers, best first."""
    stemmer = Stemmer.Stemmer("english")
    lexical = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    lexical.index(bm25s.tokenize(documents, stopwords="en", stemmer=stemmer, show_progress=False), show_progress=False)
    vectors = default_embedder().embed(documents)

    def bm25(question: str) -> Scores:
        tokens = bm25s.tokenize(question, stopwords="en", stemmer=stemmer, return_ids=False, show_progress=False)
        known = [token for token in tokens[0] if token in lexical.vocab_dict]
        return np.asarray(lexical.get_scores(known), dtype=np.float64) if known else np.zeros(len(documents))

    def dense(question: str) -> Scores:
        return np.asarray(vectors @ default_embedder().embed_query(question), dtype=np.float64)

    def single(scores_of: Callable[[str], Scores]) -> Answer:
        return lambda question, mask: _best(scores_of(question), mask)

    def rrf(question: str, mask: NDArray[np.bool_]) -> list[int]:
        total = np.zeros(len(documents))
        for scores in (bm25(question), dense(question)):
            ranked = _best(scores, mask)
            total[ranked] += 1 / (_RRF + np.arange(1, len(ranked) + 1))
        return _best(total, mask)

    def weighted_sum(question: str, mask: NDArray[np.bool_]) -> list[int]:
        return _best(sum((_stretched(one, mask) for one in (bm25(question), dense(question))), np.zeros(1)), mask)

    return {"bm25": single(bm25), "dense": single(dense), "rrf(bm25, dense)": rrf, "sum(bm25, dense)": weighted_sum}


def _best(scores: Scores, mask: NDArray[np.bool_]) -> list[int]:
    shown = np.where(mask, scores, -np.inf)
    order = np.lexsort((np.arange(len(shown)), -shown))[:DEPTH]
    return [int(place) for place in order if shown[place] > 0]


def _stretched(scores: Scores, mask: NDArray[np.bool_]) -> Scores:
    """Stretch the hundred best to [0, 1]; the others get nothing."""
    best = _best(scores, mask)
    stretched = np.zeros(len(scores))
    if best:
        low, high = scores[best].min(), scores[best].max()
        stretched[best] = (scores[best] - low) / (high - low) if high > low else 1.0
    return stretched
