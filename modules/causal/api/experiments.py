"""The endpoints that read: what was found before."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from lift_sdk import Memory, requires
from modules.causal.api import findings
from modules.causal.api.findings import Finding, FindingPage, MemoryType, SimilarFindings

router = APIRouter(tags=["experiments"], dependencies=[requires("causal:read")])


@router.get("/experiments")
def experiments(
    memory: Memory,
    memory_type: MemoryType | None = None,
    cursor: Annotated[str | None, Query(min_length=1, max_length=1_500)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> FindingPage:
    """List the findings of this module, the latest first."""
    return findings.page(memory, memory_type=memory_type, cursor=cursor, limit=limit)


@router.get("/experiments/{memory_id}")
def experiment(memory_id: UUID, memory: Memory) -> Finding:
    """Return one finding."""
    return findings.one(memory, memory_id)


@router.get("/similar")
def similar(
    memory: Memory,
    question: Annotated[str, Query(min_length=1, max_length=2_000)],
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> SimilarFindings:
    """Search past experiments by what they were about."""
    return findings.similar(memory, question, limit=limit)
