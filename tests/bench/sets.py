"""Public retrieval sets: folders with `corpus.jsonl`, `queries.dev.jsonl` and `qrels.tsv` (query, document, relevance).

Documents are stored as memories through the product, and its searches are scored with the measures of the field. A set
whose documents have a `group` (one conversation of many) is searched inside the query's group, by a filter.
"""

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.utils import timezone
from tqdm import tqdm

from apps.accounts.models import Organization
from apps.core.tenancy.scope import organization_scope
from apps.memory.engine.filters import parse_filter
from apps.memory.engine.types import SearchType
from apps.memory.services.memories import memory_store
from apps.memory.services.search import memory_search
from apps.memory.types import MAX_CONTENT, MAX_QUERY, SearchQuery, StoreItem

TOP = 10
Relevance = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class SetQuality:
    """Means over the queries of a set: nDCG@10 (linear gain), recall at 5 and 10, reciprocal rank of the first hit."""

    name: str
    search_type: str
    ndcg_at_10: float
    recall_at_5: float
    recall_at_10: float
    mrr_at_10: float


def measure_set(folder: Path, organization: Organization) -> list[SetQuality]:
    """Store a set in an empty organisation and score every search type on its queries."""
    queries = [json.loads(line) for line in (folder / "queries.dev.jsonl").open()]
    relevance = _relevance(folder / "qrels.tsv")
    with organization_scope(organization.id):
        _store(folder, organization)
        return [_score(folder.name, organization, search_type, queries, relevance) for search_type in SearchType]


def _store(folder: Path, organization: Organization) -> None:
    lines = (folder / "corpus.jsonl").read_text().splitlines()
    for line in tqdm(lines, desc=folder.name, unit="text", disable=None):
        row = json.loads(line)
        said = f"{row['speaker']}: {row['text']}" if "speaker" in row else row["text"]
        content = "\n\n".join(part for part in (row.get("title"), said) if part and part.strip())
        if not content:
            continue
        item = StoreItem(
            content=content[:MAX_CONTENT],
            external_id=row["id"],
            metadata={"group": row["group"]} if "group" in row else {},
            occurred_at=_time(row.get("timestamp", "")),
        )
        memory_store(organization_id=organization.id, item=item, user_id=None, now=timezone.now())


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


def _score(
    name: str,
    organization: Organization,
    search_type: SearchType,
    queries: Sequence[Mapping[str, str]],
    relevance: Relevance,
) -> SetQuality:
    rows = []
    for query in queries:
        condition = parse_filter({"metadata.group": query["group"]} if "group" in query else {})
        asked = SearchQuery(
            text=query["text"][:MAX_QUERY], search_type=search_type, limit=TOP, filter=condition, explain=False
        )
        found = memory_search(organization_id=organization.id, query=asked, now=timezone.now())
        rows.append(tuple(_measures([one.memory.external_id for one in found.results], relevance[query["id"]])))
    ndcg, recall_5, recall_10, mrr = (sum(column) / len(rows) for column in zip(*rows, strict=True))
    return SetQuality(name, search_type.value, ndcg, recall_5, recall_10, mrr)


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
