"""The memory on the demo corpus: the speed of searching and storing one by one."""

import json
import time
from functools import partial
from typing import Any

from django.utils import timezone
from pgvector.django import CosineDistance

from apps.accounts.models import Organization
from apps.accounts.services.organizations import organization_create
from apps.accounts.services.users import user_create
from apps.billing.models import PlanOverride
from apps.billing.services.overrides import override_give
from apps.core.tenancy.migrations import migrate_public, migrate_template
from apps.core.tenancy.scope import organization_scope
from apps.events.types import SYSTEM
from apps.memory.adapters.embedding import default_embedder
from apps.memory.engine.chunking import chunk_text
from apps.memory.engine.memory_index import CANDIDATES
from apps.memory.engine.reader import EVERYTHING
from apps.memory.engine.types import SearchType
from apps.memory.management.commands.seed_demo import CORPUS
from apps.memory.models import Chunk, Memory
from apps.memory.services.memories import memory_store
from apps.memory.services.search import memory_search
from apps.memory.types import SearchQuery, StoreItem
from tests.bench.__main__ import median_ms
from tests.bench.results import Speed

_TOP = 5
_FIELDS = ("content", "memory_type", "external_id", "metadata")


def measure_demo() -> list[Speed]:
    bench = organization()
    rows = [json.loads(line) for line in CORPUS.read_text().splitlines()]
    questions = json.loads((CORPUS.parent / "questions.json").read_text())
    with organization_scope(bench.id):
        return [_storing(bench, rows), *_searching(bench, [one["question"] for one in questions])]


def organization() -> Organization:
    """Make a new organisation, so that no earlier run is measured."""
    migrate_public()
    migrate_template()
    now = timezone.now()
    owner = user_create(email=f"bench-{now.timestamp()}@example.com", password="bench bench 1")
    created = organization_create(name="Bench", owner=owner, memory_domain="marketing", now=now)
    given = PlanOverride(organization_id=created.id, plan_id="enterprise", reason="Bench")
    override_give(override=given, actor=SYSTEM, now=now)
    return created


def _storing(organization: Organization, rows: list[dict[str, Any]]) -> Speed:
    embedder = default_embedder()
    passages = [[row["content"][one.start : one.end] for one in chunk_text(row["content"])] for row in rows]
    embedder.embed(["warm up"])
    began = time.perf_counter()
    for texts in passages:
        embedder.embed(texts)
    floor = len(rows) / (time.perf_counter() - began)
    began = time.perf_counter()
    for row in rows:
        item = StoreItem(**{name: row[name] for name in _FIELDS})
        memory_store(organization_id=organization.id, item=item, user_id=None, now=timezone.now())
    product = len(rows) / (time.perf_counter() - began)
    return Speed("storing", "texts/s", product, "embedding the same passages", floor, product / floor)


def _search(organization: Organization, search_type: SearchType, text: str) -> list[str]:
    query = SearchQuery(text=text, search_type=search_type, limit=_TOP)
    response = memory_search(organization_id=organization.id, reader=EVERYTHING, query=query, now=timezone.now())
    return [result.memory.external_id for result in response.results]


def _searching(organization: Organization, texts: list[str]) -> list[Speed]:
    def floor(text: str) -> object:
        vector = default_embedder().embed_query(text)
        nearest = Chunk.objects.annotate(distance=CosineDistance("embedding", vector)).order_by("distance", "id")
        found = nearest.values_list("memory_id", flat=True)[:CANDIDATES]
        return list(Memory.objects.filter(id__in=list(found)[:_TOP]))

    lowest = median_ms(floor, texts)
    speeds = []
    for search_type in SearchType:
        product = median_ms(partial(_search, organization, search_type), texts)
        what = f"{search_type.value} search, {Memory.objects.count()} memories"
        speeds.append(Speed(what, "ms p50", product, "embed, exact scan, fetch five", lowest, product / lowest))
    return speeds
