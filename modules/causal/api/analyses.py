"""The endpoints that compute. They are ordinary functions: FastAPI runs them beside the event loop."""

from fastapi import APIRouter, Request

from lift_sdk import Memory, requires
from modules.causal.api import reading
from modules.causal.api.findings import Answer, keep
from modules.causal.api.requests import (
    AbTestIn,
    BudgetIn,
    DesignIn,
    DidIn,
    IncrementalityIn,
    MarketingMixIn,
    SyntheticControlIn,
)
from modules.causal.engine.ab_test import AbTest
from modules.causal.engine.budget import Budget, optimise_budget
from modules.causal.engine.design import Design, design
from modules.causal.engine.did import DifferenceInDifferences
from modules.causal.engine.incrementality import Incrementality
from modules.causal.engine.marketing_mix import MarketingMix
from modules.causal.engine.synthetic_control import SyntheticControl

router = APIRouter(tags=["analyses"])
_writes = [requires("causal:write")]


def _version(request: Request) -> str:
    version: str = request.app.version
    return version


@router.post("/ab-tests", dependencies=_writes)
def ab_tests(given: AbTestIn, memory: Memory, request: Request) -> Answer[AbTest]:
    """Read out a randomised experiment."""
    return keep(memory, given, reading.read_ab_test(given), memory_type="experiments", version=_version(request))


@router.post("/difference-in-differences", dependencies=_writes)
def difference_in_differences(given: DidIn, memory: Memory, request: Request) -> Answer[DifferenceInDifferences]:
    """Compare before and after, treated and others."""
    result = reading.read_difference_in_differences(given)
    return keep(memory, given, result, memory_type="experiments", version=_version(request))


@router.post("/synthetic-controls", dependencies=_writes)
def synthetic_controls(given: SyntheticControlIn, memory: Memory, request: Request) -> Answer[SyntheticControl]:
    """Compare a single treated unit with a weighted mean of others."""
    result = reading.read_synthetic_control(given)
    return keep(memory, given, result, memory_type="experiments", version=_version(request))


@router.post("/marketing-mix", dependencies=_writes)
def marketing_mix(given: MarketingMixIn, memory: Memory, request: Request) -> Answer[MarketingMix]:
    """Fit what each channel's spend brought in."""
    result = reading.read_marketing_mix(given)
    return keep(memory, given, result, memory_type="causal_models", version=_version(request))


@router.post("/budget", dependencies=_writes)
def budget(given: BudgetIn, memory: Memory, request: Request) -> Answer[Budget]:
    """Spread a budget over the channels of a marketing mix."""
    bounds = {name: (each.low, given.budget if each.high is None else each.high) for name, each in given.bounds.items()}
    result = optimise_budget(given.curves, given.budget, bounds, metric=given.metric, level=given.level)
    return keep(memory, given, result, memory_type="insights", version=_version(request))


@router.post("/incrementality", dependencies=_writes)
def incrementality(given: IncrementalityIn, memory: Memory, request: Request) -> Answer[Incrementality]:
    """Compare what platforms claim with what lift tests found."""
    result = reading.read_incrementality(given)
    return keep(memory, given, result, memory_type="experiments", version=_version(request))


@router.post("/design", dependencies=[requires("causal:read")])
def experiment_design(given: DesignIn) -> Design:
    """Plan an experiment; nothing is stored."""
    return design(given)
