"""Takes the columns that a request names out of its rows."""

from dataclasses import replace

import numpy as np

from modules.causal.api.requests import AbTestIn, DidIn, IncrementalityIn, MarketingMixIn, SyntheticControlIn
from modules.causal.engine.ab_test import AbTest, Plan, ab_test, compare
from modules.causal.engine.arms import arm_of_counts
from modules.causal.engine.did import DifferenceInDifferences, Panel, difference_in_differences
from modules.causal.engine.exceptions import InvalidData
from modules.causal.engine.incrementality import Incrementality as IncrementalityResult
from modules.causal.engine.incrementality import LiftTest, incrementality
from modules.causal.engine.marketing_mix import MarketingMix, marketing_mix
from modules.causal.engine.mix_data import MixData
from modules.causal.engine.synthetic_control import SyntheticControl, synthetic_control
from modules.causal.engine.table import Table
from modules.causal.engine.types import Floats


def read_ab_test(given: AbTestIn) -> AbTest:
    table = given.table()
    plan = Plan(given.control, given.level, given.planned_size, given.shares)
    variant = table.labels(given.variant, pointer="/variant")
    if given.trials is None:
        outcome = table.numbers(given.metric, pointer="/metric")
        covariate = None if given.covariate is None else table.numbers(given.covariate, pointer="/covariate")
        return ab_test(outcome, variant, plan, metric=given.metric, covariate=covariate, ordered=given.ordered)
    if given.covariate is not None or given.ordered:
        raise InvalidData("/trials", "totals_only", "Totals have neither a covariate nor an order of arrival.")
    if table.size != len(variant.names):
        raise InvalidData("/variant", "repeated", "With `trials`, every variant has one row.")
    successes = _counts(table, given.metric, "/metric")
    trials = _counts(table, given.trials, "/trials")
    names = [variant.names[code] for code in variant.codes]
    arms = [arm_of_counts(*row, pointer="/trials") for row in zip(names, successes, trials, strict=True)]
    return compare(arms, plan, metric=given.metric)


def read_difference_in_differences(given: DidIn) -> DifferenceInDifferences:
    table = given.table()
    unit = table.labels(given.unit, pointer="/unit")
    cluster = None
    if given.errors == "clustered":
        cluster = unit if given.cluster is None else table.labels(given.cluster, pointer="/cluster")
    panel = Panel(
        outcome=table.numbers(given.metric, pointer="/metric"),
        treatment=table.flags(given.treatment, pointer="/treatment"),
        unit=unit,
        time=table.times(given.time, pointer="/time"),
        cluster=cluster,
    )
    return difference_in_differences(panel, metric=given.metric, level=given.level)


def read_synthetic_control(given: SyntheticControlIn) -> SyntheticControl:
    table = given.table()
    return synthetic_control(
        table.numbers(given.metric, pointer="/metric"),
        table.labels(given.unit, pointer="/unit"),
        table.times(given.time, pointer="/time"),
        treated=given.treated.strip(),
        start=given.start.strip(),
        metric=given.metric,
        level=given.level,
    )


def read_marketing_mix(given: MarketingMixIn) -> MarketingMix:
    table = given.table()
    time = table.times(given.time, pointer="/time")
    if len(time.names) < table.size:
        raise InvalidData("/time", "repeated", "Every period has one row.")
    order = np.argsort(time.codes)
    columns = [given.metric, *given.channels, *given.controls]
    if len(set(columns)) < len(columns):
        raise InvalidData("/channels", "repeated", "Metric, channels and controls are different columns.")

    def ordered(column: str, pointer: str) -> Floats:
        return table.numbers(column, pointer=pointer)[order]

    data = MixData(
        outcome=ordered(given.metric, "/metric"),
        spend={name: ordered(name, f"/channels/{place}") for place, name in enumerate(given.channels)},
        controls={name: ordered(name, f"/controls/{place}") for place, name in enumerate(given.controls)},
        season=given.season,
    )
    result = marketing_mix(data, metric=given.metric, saturation=given.saturation, level=given.level)
    named = [series for series in result.plot if series.name in {"observed", "fitted"}]
    renamed = tuple(
        replace(
            series, points=tuple(replace(point, x=name) for point, name in zip(series.points, time.names, strict=True))
        )
        for series in named
    )
    return replace(result, plot=(*renamed, *result.plot[len(named) :]))


def read_incrementality(given: IncrementalityIn) -> IncrementalityResult:
    table = given.table()
    channel = table.labels(given.channel, pointer="/channel")
    names = [channel.names[code] for code in channel.codes]
    counts = [
        _counts(table, column, pointer)
        for column, pointer in (
            (given.treatment_users, "/treatment_users"),
            (given.treatment_conversions, "/treatment_conversions"),
            (given.control_users, "/control_users"),
            (given.control_conversions, "/control_conversions"),
        )
    ]

    def number(column: str, pointer: str) -> list[float]:
        return [float(value) for value in table.numbers(column, pointer=pointer)]

    claimed, spend = number(given.claimed, "/claimed"), number(given.spend, "/spend")
    value: list[float | None] = [None] * table.size
    if given.value is not None:
        value = [*number(given.value, "/value")]
    tests = [LiftTest(*row) for row in zip(names, *counts, claimed, spend, value, strict=True)]
    return incrementality(tests, level=given.level)


def _counts(table: Table, column: str, pointer: str) -> list[int]:
    values = table.numbers(column, pointer=pointer)
    if (values < 0).any() or (values != np.round(values)).any():
        raise InvalidData(pointer, "not_a_count", f"{column!r} holds whole numbers from 0 on.")
    return [int(value) for value in values]
