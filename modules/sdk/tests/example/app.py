"""The module that the SDK's own tests run: an endpoint for each thing that can happen."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from lift_sdk import (
    AsyncMemory,
    Configuration,
    CurrentCaller,
    Memory,
    Problem,
    create_app,
    requires,
)

HERE = Path(__file__).parent
logger = logging.getLogger(__name__)


async def model_loaded() -> str | None:
    return None if (HERE / "ui").is_dir() else "the pages are missing"


app = create_app(HERE, ui=HERE / "ui", checks={"pages": model_loaded}, max_body_bytes=10_000)
router = APIRouter(prefix="/api/v1")


class Note(BaseModel):
    text: str
    weight: Annotated[float, Field(ge=0)] = 1.0


@router.get("/whoami", dependencies=[requires("example:read")])
async def whoami(who: CurrentCaller) -> dict[str, Any]:
    logger.info("asked who")
    left = who.seconds_left()
    return {"user": who.user_id, "org": who.org_id, "tier": who.subscription_tier, "seconds_left": left}


@router.post("/notes", status_code=201)
def add_note(note: Note, memory: Memory, who: Annotated[Any, requires("example:write")]) -> dict[str, str]:
    stored = memory.store(note.text, memory_type="note", metadata={"weight": note.weight, "by": who.user_id})
    return {"memory_id": str(stored.memory_id)}


@router.get("/notes", dependencies=[requires("example:read")])
async def find_notes(memory: AsyncMemory, q: Annotated[str, Query(min_length=1)]) -> list[str]:
    return [found.content for found in (await memory.search(q, memory_types=["note"])).results]


@router.get("/configuration")
async def show(configuration: Configuration) -> dict[str, Any]:
    return dict(configuration)


@router.post("/raw")
async def count(request: Request) -> int:
    return sum([len(part) async for part in request.stream()])


@router.get("/refuse")
async def refuse() -> None:
    raise Problem(409, "note_exists", "There is such a note.", errors=[{"pointer": "/a", "code": "b", "detail": "c"}])


@router.get("/fail")
async def fail() -> None:
    raise ValueError("the password is swordfish")


@router.get("/wrong")
async def wrong() -> Note:
    return {"weight": "heavy"}  # type: ignore[return-value]  # the point


@router.get("/broken-stream")
async def broken_stream() -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        yield b"the beginning"
        await asyncio.sleep(0)
        raise ValueError("no end")

    return StreamingResponse(parts())


app.include_router(router)
