"""Findings in the organisation's memory: a sentence with the numbers, and what it takes to sort and compare them."""

import hashlib
import json
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel

from lift_sdk import MemoryClient, Problem
from lift_sdk.memory.results import Found, Memory
from modules.causal.api.requests import Study
from modules.causal.engine.types import Result

MODULE = "lift_causal"
MemoryType = Literal["experiments", "causal_models", "insights"]
MEMORY_TYPES: tuple[MemoryType, ...] = ("experiments", "causal_models", "insights")
_DIGITS = 32

R = TypeVar("R")


class Answer(BaseModel, Generic[R]):
    """`memory_id` is where the finding is kept, None if it was not to be; `status` says if it was there already."""

    memory_id: UUID | None
    status: Literal["stored", "duplicate", "not_stored"]
    result: R


class Finding(BaseModel):
    memory_id: UUID
    content: str
    memory_type: str
    metadata: dict[str, Any]
    recorded_at: datetime

    @classmethod
    def of(cls, memory: Memory) -> "Finding":
        return cls(**{name: getattr(memory, name) for name in cls.model_fields})


class FindingPage(BaseModel):
    """`next` is the `cursor` of the following page, None on the last one."""

    results: list[Finding]
    next: str | None
    total: int


class SimilarFinding(BaseModel):
    """`score` is in [0, 1]."""

    finding: Finding
    score: float
    explanation: str | None


class SimilarFindings(BaseModel):
    results: list[SimilarFinding]


def keep(memory: MemoryClient, study: Study, result: R, *, memory_type: MemoryType, version: str) -> Answer[R]:
    """Store a finding, once for the same input, and return it with its place in memory."""
    if not isinstance(result, Result):
        raise TypeError("a finding is the result of an analysis")
    if not study.remember:
        return Answer(memory_id=None, status="not_stored", result=result)
    inputs = json.dumps(study.model_dump(mode="json", exclude={"remember"}), sort_keys=True)
    inputs_hash = hashlib.sha256(inputs.encode("utf-8", "surrogatepass")).hexdigest()
    content = _content(study, result)
    # The content is part of it: what a later version computes differently is another finding.
    external_id = hashlib.sha256(f"{inputs_hash}\n{content}".encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    stored = memory.store(
        content,
        memory_type=memory_type,
        metadata=_metadata(study, result, inputs_hash, version),
        source=MODULE,
        external_id=f"{MODULE}:{external_id}",
    )
    return Answer(memory_id=stored.memory_id, status=stored.status, result=result)


def page(memory: MemoryClient, *, memory_type: MemoryType | None, cursor: str | None, limit: int) -> FindingPage:
    found = memory.list_page(memory_type=memory_type, filters={"module": MODULE}, cursor=cursor, limit=limit)
    return FindingPage(results=[Finding.of(row) for row in found.results], next=found.next, total=found.total)


def one(memory: MemoryClient, memory_id: UUID) -> Finding:
    found = memory.get(memory_id)
    if found.module != MODULE:
        raise Problem(404, "not_found", "There is no such experiment.")
    return Finding.of(found)


def similar(memory: MemoryClient, question: str, *, limit: int) -> SimilarFindings:
    """Search what was found before, by this module or written down by people as an experiment."""
    found = memory.search(question, search_type="hybrid", memory_types=MEMORY_TYPES, limit=limit)
    return SimilarFindings(results=[_similar(row) for row in found.results])


def _similar(found: Found) -> SimilarFinding:
    return SimilarFinding(finding=Finding.of(found), score=found.score, explanation=found.explanation)


def _content(study: Study, result: Result) -> str:
    failed = [check.text for check in result.diagnostics if check.passed is False]
    parts = [
        f"{study.name}." if study.name else "",
        result.summary,
        f"Checks that failed: {' '.join(failed)}" if failed else "",
        study.notes,
    ]
    return "\n".join(part for part in parts if part)


def _metadata(study: Study, result: Result, inputs_hash: str, version: str) -> dict[str, Any]:
    return {
        "name": study.name,
        "method": result.method,
        "metric": result.metric,
        "unit": result.unit,
        "estimate": result.estimate,
        "interval": {"low": result.interval.low, "high": result.interval.high, "level": result.interval.level},
        "p_value": result.p_value,
        "failed_checks": [check.name for check in result.diagnostics if check.passed is False][:20],
        "inputs_hash": inputs_hash,
        "module_version": version,
    }
