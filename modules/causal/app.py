"""Lift Causal as a service: `python -m lift_sdk run modules/causal`."""

from pathlib import Path

from fastapi import Request
from fastapi.responses import JSONResponse
from numpy.linalg import LinAlgError

from lift_sdk import Problem, create_app
from lift_sdk.problems import problem_response
from modules.causal.api import analyses, experiments
from modules.causal.engine.exceptions import InvalidData

FOLDER = Path(__file__).parent
# A CSV of the largest size, its quotes and line breaks escaped in JSON, or as many rows of a few columns.
MAX_BODY_BYTES = 8_000_000

app = create_app(FOLDER, FOLDER / "ui", max_body_bytes=MAX_BODY_BYTES)
app.include_router(analyses.router, prefix=app.manifest.api_prefix)
app.include_router(experiments.router, prefix=app.manifest.api_prefix)


@app.exception_handler(InvalidData)
def invalid_data(request: Request, error: InvalidData) -> JSONResponse:
    del request
    row = {"pointer": error.pointer, "code": error.code, "detail": error.detail}
    return problem_response(Problem(400, "validation_failed", error.detail, errors=[row]))


@app.exception_handler(LinAlgError)
def unsolvable(request: Request, error: LinAlgError) -> JSONResponse:
    """Answer what numerical algebra gives up on: a fault of the data, not of the service."""
    return invalid_data(request, InvalidData("/rows", "no_estimate", f"These data leave no stable estimate: {error}."))
