"""The memories of a test's organisations: kept in a list, found by their words.

What it answers is true, but small: it has one channel, `lexical`, the share of the query's words that a text holds. It
refuses what it cannot do (`wait_for`, `rerank`, `filters` but for that of a list by its module) instead of leaving it
out.
"""

import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from lift_sdk.problems import Problem

_WORD = re.compile(r"\w+")
_MILLION = 1_000_000


@dataclass
class Organization:
    """One organisation's memories, batches and settings."""

    memories: list[dict[str, Any]] = field(default_factory=list)
    operations: dict[str, dict[str, Any]] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    config_version: int = 0
    replies: dict[str, tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def once(self, key: str | None, body: dict[str, Any], work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Do a creating call once for each `Idempotency-Key`."""
        with self.lock:
            if key is None:
                return work()
            if key in self.replies:
                known, reply = self.replies[key]
                if known != body:
                    raise Problem(422, "idempotency_key_reused", "Use a new Idempotency-Key for another request.")
                return reply
            reply = work()
            self.replies[key] = (body, reply)
            return reply

    def store(self, item: dict[str, Any], *, module: str | None) -> dict[str, Any]:
        same_id = next(
            (m for m in self.memories if item["external_id"] and m["external_id"] == item["external_id"]), None
        )
        if same_id is not None:
            if same_id["content"] != item["content"]:
                raise Problem(409, "external_id_conflict", "The external id belongs to another content.")
            return {"memory_id": same_id["memory_id"], "status": "duplicate", "duplicate_of": None, "similarity": None}
        now = datetime.now(UTC).isoformat()
        same_text = next((m["memory_id"] for m in self.memories if m["content"] == item["content"]), None)
        memory = {
            **item,
            "memory_id": str(uuid4()),
            "module": module,
            "occurred_at": item["occurred_at"] or now,
            "recorded_at": now,
            "revision": 1,
            "revised_at": now,
            "deleted_at": None,
        }
        self.memories.append(memory)
        return {
            "memory_id": memory["memory_id"],
            "status": "stored",
            "duplicate_of": same_text,
            "similarity": 1.0 if same_text else None,
        }

    def store_batch(self, items: list[dict[str, Any]], *, module: str | None) -> dict[str, Any]:
        errors = []
        for index, item in enumerate(items):
            try:
                self.store(item, module=module)
            except Problem as problem:
                errors.append({"index": index, "code": problem.code, "detail": problem.detail})
        now = datetime.now(UTC).isoformat()
        operation_id = str(uuid4())
        self.operations[operation_id] = {
            "operation_id": operation_id,
            "name": "",
            "status": "failed" if items and len(errors) == len(items) else "succeeded",
            "total": len(items),
            "done": len(items) - len(errors),
            "failed": len(errors),
            "understood": len(items) - len(errors),
            "created_at": now,
            "finished_at": now,
            "errors": errors,
            "duplicates": [],
            "duplicate_count": 0,
        }
        return {"operation_id": operation_id, "status": "queued"}

    def get(self, memory_id: str) -> dict[str, Any]:
        for memory in self.memories:
            if memory["memory_id"] == memory_id:
                return memory
        raise Problem(404, "memory_not_found", "There is no such memory.")

    def list_page(
        self, *, memory_type: str | None, module: str | None, cursor: str | None, limit: int
    ) -> dict[str, Any]:
        """Return memories, last recorded first; the cursor is the number of those before."""
        chosen = [
            memory
            for memory in reversed(self.memories)
            if memory_type in {None, memory["memory_type"]} and module in {None, memory["module"]}
        ]
        first = int(cursor or 0)
        following = str(first + limit) if first + limit < len(chosen) else None
        return {"results": chosen[first : first + limit], "next": following, "total": len(chosen)}

    def search(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        """Return all that the conditions let through, best first."""
        candidates = [memory for memory in self.memories if _gate(memory, query) is None]
        return [result for result in _hits(candidates, query) if result["score"] >= (query["threshold"] or 0)]

    def explain(self, query: dict[str, Any], memory_id: str) -> dict[str, Any]:
        """Say at which place a memory stands, or which gate keeps it out, in the order in which a search asks."""
        memory = self.get(memory_id)
        hits = _hits([m for m in self.memories if _gate(m, query) is None], query)
        place = next((n for n, hit in enumerate(hits) if hit["memory_id"] == memory_id), None)
        nothing: dict[str, Any] = {"rank": None, "score": None, "score_units": None, "contributions": []}
        answer = {**nothing, "candidates": len(hits)}
        if place is None:
            out = _gate(memory, query) or "not_found_by_any_channel"
            return {**answer, "gate": out, "detail": f"It is no candidate: {out}."}
        hit = hits[place]
        below = hit["score"] < (query["threshold"] or 0)
        gate = "threshold" if below else "limit" if place >= query["limit"] else None
        result = {name: hit[name] for name in ("score", "score_units", "contributions")}
        return {**answer, **result, "rank": place + 1, "gate": gate, "detail": f"It stands at place {place + 1}."}

    def insights(self, memory_types: list[str]) -> dict[str, Any]:
        """Count; a list of texts has neither entities nor clusters."""
        memories = [m for m in self.memories if not memory_types or m["memory_type"] in memory_types]
        moments = [datetime.fromisoformat(memory["occurred_at"]).astimezone(UTC) for memory in memories]
        hours = Counter(moment.weekday() * 24 + moment.hour for moment in moments)
        days = sorted(Counter(moment.date().isoformat() for moment in moments).items())
        return {
            "total_memories": len(memories),
            "dominant_concepts": [],
            "knowledge_density": 0.0,
            "knowledge_graph": {"entities": 0, "links": 0},
            "temporal_patterns": {
                "by_day": [{"date": day, "count": count} for day, count in days],
                "by_hour_of_week": [hours[hour] for hour in range(7 * 24)],
                "trend": None,
                "trend_windows": [],
            },
            "semantic_clusters": [],
            "clusters_pending": False,
            "memory_types": memory_types,
        }


def _gate(memory: dict[str, Any], query: dict[str, Any]) -> str | None:
    """Return which of the search's conditions keeps a memory out, under the platform's name for it."""
    occurred = datetime.fromisoformat(memory["occurred_at"])
    if memory["expires_at"] and datetime.fromisoformat(memory["expires_at"]) <= datetime.now(UTC):
        return "expired"
    if query["memory_types"] and memory["memory_type"] not in query["memory_types"]:
        return "memory_types"
    if query["occurred_after"] and occurred < query["occurred_after"]:
        return "time_window"
    if query["occurred_before"] and occurred >= query["occurred_before"]:
        return "time_window"
    return None


def _hits(memories: list[dict[str, Any]], query: dict[str, Any]) -> list[dict[str, Any]]:
    wanted = set(_words(query["query"]))
    found = [
        _found(memory, matched, len(wanted), explain=query["explain"])
        for memory in memories
        if (matched := sorted(wanted & set(_words(memory["content"]))))
    ]
    return sorted(found, key=lambda hit: (-hit["score_units"], hit["memory_id"]))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _found(memory: dict[str, Any], matched: list[str], wanted: int, *, explain: bool) -> dict[str, Any]:
    units = len(matched) * _MILLION // wanted
    score = units / _MILLION
    contribution = {
        "channel": "lexical",
        "raw": score,
        "rank": None,
        "weight": 1.0,
        "contribution": score,
        "contribution_units": units,
    }
    why = {"matched_terms": matched, "entities": [], "entity_path": [], "dimensions": []}
    return {
        **memory,
        "score": score,
        "score_units": units,
        "contributions": [contribution] if explain else [],
        "explanation": f"shares the words {', '.join(matched)}" if explain else None,
        "why": why if explain else None,
        "spans": [],
    }
