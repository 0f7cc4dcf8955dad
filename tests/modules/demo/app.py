"""The module that the browser tests enable, configure and look at."""

from pathlib import Path
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from lift_sdk import Configuration, create_app, requires

HERE = Path(__file__).parent
app = create_app(HERE, ui=HERE / "ui")


class Timeline(BaseModel):
    days: int
    greeting: str


@app.get("/api/v1/timeline", dependencies=[requires("demo:read")])
def timeline(days: Annotated[int, Query(ge=1, le=30)], settings: Configuration) -> Timeline:
    """Answer with what was asked for, and with what the organisation has configured."""
    return Timeline(days=days, greeting=str(settings.get("greeting", "Hello")))
