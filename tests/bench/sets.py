"""Retrieval sets: the demo organisation's, and public ones, which are folders with `corpus.jsonl`,
`queries.dev.jsonl` and `qrels.tsv` (query, document, relevance).

Documents are stored as memories through the product, and its searches are scored with the measures of the field. A set
whose documents have a `group` (one conversation of many) is searched inside the query's group, by a filter.
"""

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from django.utils import timezone
from tqdm import tqdm

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.engine.filters import parse_filter
from apps.memory.engine.reader import EVERYTHING
from apps.memory.engine.types import SearchType
from apps.memory.management.commands.seed_demo import CORPUS
from apps.memory.models import Memory
from apps.memory.services.archiving import memories_archive
from apps.memory.services.operations import operation_create, operation_process
from apps.memory.services.search import memories_find
from apps.memory.services.understanding import memories_understand
from apps.memory.services.vectors import SHARES
from apps.memory.types import MAX_BULK_IDS, MAX_CONTENT, MAX_QUERY, SearchQuery
from tests.bench.peers import peers

TOP = 10
_FIELDS = ("content", "memory_type", "external_id", "metadata", "source", "occurred_at")
Relevance = Mapping[str, Mapping[str, int]]
Row = dict[str, Any]
# From a query to the ids of documents, best first.
Answer = Callable[[Mapping[str, str]], list[str]]


@dataclass(frozen=True)
class SetQuality:
    """Means over the queries of a set: nDCG@10 (linear gain), recall at 5 and 10, reciprocal rank of the first hit."""

    name: str
    search_type: str
    ndcg_at_10: float
    recall_at_5: float
    recall_at_10: float
    mrr_at_10: float


@dataclass(frozen=True)
class RetrievalSet:
    """`rows` are texts to store, named by their external ids; a query has an `id`, a `text`, and maybe a `group`."""

    name: str
    rows: Sequence[Row]
    queries: Sequence[Mapping[str, str]]
    relevance: Relevance


def read_set(folder: Path) -> RetrievalSet:
    rows = [_row(json.loads(line)) for line in (folder / "corpus.jsonl").open()]
    queries = [json.loads(line) for line in (folder / "queries.dev.jsonl").open()]
    return RetrievalSet(folder.name, rows, queries, _relevance(folder / "qrels.tsv"))


def demo_set() -> RetrievalSet:
    """Return what the demo organisation remembers, which was made up, and the questions that come with it."""
    rows = [json.loads(line) for line in CORPUS.read_text().splitlines()]
    asked = json.loads((CORPUS.parent / "questions.json").read_text())
    queries = [{"id": str(number), "text": one["question"]} for number, one in enumerate(asked)]
    relevance = {str(number): dict.fromkeys(one["external_ids"], 1) for number, one in enumerate(asked)}
    return RetrievalSet("demo", [{name: row[name] for name in _FIELDS} for row in rows], queries, relevance)


def measure_set(given: RetrievalSet, organization: Organization) -> list[SetQuality]:
    """Store a set in an empty organisation and score every search type on its queries, after those of the peers."""
    found = [_scored(given, name, answer) for name, answer in _peer_answers(given.rows).items()]
    with organization_scope(organization.id):
        _store(given, organization)
        found += [_scored(given, one.value, partial(_searched, organization, one)) for one in SearchType]
    return found


def measure_archived(given: RetrievalSet, organization: Organization) -> list[SetQuality]:
    """Archive every second memory of a set, and score what a search finds without them and by their stubs."""
    with organization_scope(organization.id):
        _store(given, organization)
        cold = list(Memory.objects.order_by("number").values_list("id", flat=True))[::2]
        for start in range(0, len(cold), MAX_BULK_IDS):
            memories_archive(
                organization_id=organization.id,
                target=cold[start : start + MAX_BULK_IDS],
                user_id=None,
                now=timezone.now(),
            )
        half = replace(given, name=f"{given.name}, half archived")
        return [
            _scored(half, name, partial(_searched, organization, SearchType.HYBRID, include_archived=stubs))
            for name, stubs in (("hybrid", False), ("hybrid with stubs", True))
        ]


def _peer_answers(rows: Sequence[Row]) -> dict[str, Answer]:
    groups = np.array([row["metadata"].get("group", "") for row in rows])
    ids = [row["external_id"] for row in rows]
    found = peers([row["content"] for row in rows])

    def answer(peer: Any, query: Mapping[str, str]) -> list[str]:
        mask = groups == query["group"] if "group" in query else np.ones(len(ids), dtype=np.bool_)
        return [ids[place] for place in peer(query["text"][:MAX_QUERY], mask)[:TOP]]

    return {name: partial(answer, peer) for name, peer in found.items()}


def _searched(
    organization: Organization, search_type: SearchType, query: Mapping[str, str], *, include_archived: bool = False
) -> list[str]:
    condition = parse_filter({"metadata.group": query["group"]} if "group" in query else {})
    asked = SearchQuery(
        text=query["text"][:MAX_QUERY],
        search_type=search_type,
        limit=TOP,
        filter=condition,
        explain=False,
        include_archived=include_archived,
    )
    found = memories_find(organization_id=organization.id, reader=EVERYTHING, query=asked, now=timezone.now()).results
    return [one.memory.external_id for one in found]


def _store(given: RetrievalSet, organization: Organization) -> None:
    """Bring the documents in as a batch, and have the models read them, as workers would."""
    rows = [row for row in given.rows if row["content"]]
    operation = operation_create(organization_id=organization.id, rows=rows, user_id=None, now=timezone.now())
    operation_process(organization_id=organization.id, operation_id=operation.id)
    operation.refresh_from_db()
    if operation.failed:
        raise RuntimeError(f"{operation.failed} documents of {given.name} could not be stored")
    with tqdm(total=len(rows), desc=given.name, unit="text", disable=None) as bar:
        for share in range(SHARES):
            memories_understand(organization_id=organization.id, share=share, on_batch=bar.update)


def _row(document: dict[str, Any]) -> Row:
    said = f"{document['speaker']}: {document['text']}" if "speaker" in document else document["text"]
    if document.get("caption"):
        said += f" [image: {document['caption']}]"
    content = "\n\n".join(part for part in (document.get("title"), said) if part and part.strip())
    row: Row = {"content": content[:MAX_CONTENT], "external_id": str(document["id"]), "metadata": {}}
    if "group" in document:
        row["metadata"] = {"group": document["group"], "conversation": document["group"]}
    if "session" in document:
        # Turns follow one another within a session of a conversation.
        row["metadata"]["session"] = document["session"]
    occurred_at = _time(document.get("timestamp", ""))
    return row if occurred_at is None else {**row, "occurred_at": occurred_at}


def _time(text: str) -> datetime | None:
    """Return an ISO time as UTC; sets also hold dates in words, which only their readers understand."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None


def _relevance(path: Path) -> Relevance:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for line in path.read_text().splitlines():
        query, document, grade = line.split("\t")
        if int(grade) > 0:
            found[query][document] = int(grade)
    return found


def _scored(given: RetrievalSet, answered_by: str, answer: Answer) -> SetQuality:
    judged = [query for query in given.queries if query["id"] in given.relevance]
    rows = [tuple(_measures(answer(query), given.relevance[query["id"]])) for query in judged]
    ndcg, recall_5, recall_10, mrr = (sum(column) / len(rows) for column in zip(*rows, strict=True))
    return SetQuality(given.name, answered_by, ndcg, recall_5, recall_10, mrr)


def _measures(found: Sequence[str], relevant: Mapping[str, int]) -> Iterator[float]:
    """Yield nDCG@10, recall@5, recall@10 and the reciprocal rank."""
    gains = [relevant.get(document, 0) for document in found]
    ideal = sorted(relevant.values(), reverse=True)[:TOP]
    yield _discounted(gains) / _discounted(ideal)
    for depth in (5, 10):
        yield sum(gain > 0 for gain in gains[:depth]) / len(relevant)
    yield next((1 / rank for rank, gain in enumerate(gains, start=1) if gain > 0), 0.0)


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))
