"""A module whose pages attack the dashboard; its service does nothing else than be there."""

from pathlib import Path

from lift_sdk import create_app, requires

HERE = Path(__file__).parent
app = create_app(HERE, ui=HERE / "ui")


@app.get("/api/v1/presence", dependencies=[requires("hostile:read")])
def presence() -> str:
    return "here"
