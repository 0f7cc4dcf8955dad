"""Incrementality: how many of the conversions that a platform claims would not have happened without it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

from modules.causal.engine.arms import LEAST_ROWS, Arm, arm_of_counts, contrast
from modules.causal.engine.checks import check_level
from modules.causal.engine.exceptions import InvalidData
from modules.causal.engine.holm import holm
from modules.causal.engine.text import number, percent, probability, span
from modules.causal.engine.types import Diagnostic, Interval, Point, Result, Series

MAX_CHANNELS = 50
# Channels that a sentence names.
_NAMED = 5


@dataclass(frozen=True)
class LiftTest:
    """An experiment on one channel: users who could see its advertising, and users held out from it, at random.

    Conversions are those of all users of the group, whether they saw an advertisement or not. `claimed` is what the
    platform attributes to itself in the treatment group, `value` the revenue of a conversion (None: no iROAS).
    """

    channel: str
    treatment_users: int
    treatment_conversions: int
    control_users: int
    control_conversions: int
    claimed: float
    spend: float
    value: float | None


@dataclass(frozen=True)
class ChannelIncrementality:
    """`factor` is incremental per claimed conversion; costs and returns are of incremental conversions.

    Intervals are for the channel alone; the p-value is Holm's over all channels. `cost_per_conversion` is None where
    no gain is to be seen.
    """

    channel: str
    claimed: float
    incremental: float
    incremental_interval: Interval
    p_value: float
    factor: float | None
    factor_interval: Interval | None
    cost_per_conversion: float | None
    iroas: float | None
    iroas_interval: Interval | None
    claimed_roas: float | None


@dataclass(frozen=True, kw_only=True)
class Incrementality(Result):
    """The estimate is the number of incremental conversions over all channels."""

    claimed: float
    factor: float | None
    iroas: float | None
    channels: tuple[ChannelIncrementality, ...]


def incrementality(tests: Sequence[LiftTest], *, metric: str = "conversions", level: float = 0.95) -> Incrementality:
    """Compare claimed with incremental conversions: treatment - control * users of treatment / users of control."""
    check_level(level)
    if not 1 <= len(tests) <= MAX_CHANNELS or len({test.channel for test in tests}) < len(tests):
        raise InvalidData("/channel", "channels", f"There are 1 to {MAX_CHANNELS} channels, each in one row.")
    arms = [_arms(test) for test in tests]
    contrasts = [contrast(treatment, control, level=level) for treatment, control in arms]
    adjusted = holm([found.p_value for found in contrasts])
    channels = tuple(
        _channel(test, found.interval, found.difference, p_value)
        for test, found, p_value in zip(tests, contrasts, adjusted, strict=True)
    )
    estimate = sum(channel.incremental for channel in channels)
    variance = sum(found.variance * test.treatment_users**2 for found, test in zip(contrasts, tests, strict=True))
    error = math.sqrt(variance)
    if len(tests) == 1:
        interval, p_value = channels[0].incremental_interval, channels[0].p_value
    else:
        half = float(stats.norm.ppf((1 + level) / 2)) * error
        interval = Interval(estimate - half, estimate + half, level)
        p_value = 2 * float(stats.norm.sf(abs(estimate) / error))
    claimed = sum(test.claimed for test in tests)
    spend = sum(test.spend for test in tests)
    values = [
        None if test.value is None else test.value * channel.incremental
        for test, channel in zip(tests, channels, strict=True)
    ]
    known = [value for value in values if value is not None]
    iroas = sum(known) / spend if len(known) == len(tests) and spend > 0 else None
    factor = estimate / claimed if claimed > 0 else None
    share = "" if factor is None else f", {percent(factor)} of the {number(claimed)} claimed"
    returns = "" if iroas is None else f"; iROAS {number(iroas)}"
    return Incrementality(
        method="incrementality",
        metric=metric,
        unit=metric,
        estimate=estimate,
        interval=interval,
        p_value=p_value,
        summary=(
            f"Incrementality of {_names(tests)}: "
            f"{number(estimate)} incremental {metric}{share} ({span(interval)}, {probability(p_value)}){returns}."
        ),
        assumptions=(
            "Users were assigned to treatment and hold-out at random, and the hold-out saw nothing of the channel.",
            "All users of both groups are counted, not only those who were reached.",
            "The tests of the channels are independent, and channels neither replace nor help one another.",
            "Spend and value of a conversion are known exactly; the claim is about the treatment group of the test.",
        ),
        diagnostics=tuple(_diagnostic(test, pair) for test, pair in zip(tests, arms, strict=True)),
        plot=(
            Series("claimed", tuple(Point(channel.channel, channel.claimed) for channel in channels)),
            Series("incremental", tuple(_point(channel) for channel in channels)),
        ),
        claimed=claimed,
        factor=factor,
        iroas=iroas,
        channels=channels,
    )


def _names(tests: Sequence[LiftTest]) -> str:
    named = [test.channel for test in tests[:_NAMED]]
    return ", ".join(named) + (f" and {len(tests) - _NAMED} more" if len(tests) > _NAMED else "")


def _arms(test: LiftTest) -> tuple[Arm, Arm]:
    if min(test.claimed, test.spend) < 0 or (test.value is not None and test.value < 0):
        raise InvalidData("/rows", "negative", f"Claim, spend and value of {test.channel!r} are not negative.")
    name = test.channel
    return (
        arm_of_counts(
            f"{name}: treatment", test.treatment_conversions, test.treatment_users, pointer="/treatment_conversions"
        ),
        arm_of_counts(
            f"{name}: hold-out", test.control_conversions, test.control_users, pointer="/control_conversions"
        ),
    )


def _channel(test: LiftTest, interval: Interval, difference: float, p_value: float) -> ChannelIncrementality:
    incremental = difference * test.treatment_users
    ends = _scaled(interval, test.treatment_users)
    value = None if test.value is None or test.spend <= 0 else test.value / test.spend
    return ChannelIncrementality(
        channel=test.channel,
        claimed=test.claimed,
        incremental=incremental,
        incremental_interval=ends,
        p_value=p_value,
        factor=incremental / test.claimed if test.claimed > 0 else None,
        factor_interval=_scaled(ends, 1 / test.claimed) if test.claimed > 0 else None,
        cost_per_conversion=test.spend / incremental if incremental > 0 else None,
        iroas=None if value is None else incremental * value,
        iroas_interval=None if value is None else _scaled(ends, value),
        claimed_roas=None if value is None else test.claimed * value,
    )


def _scaled(interval: Interval, factor: float) -> Interval:
    return Interval(interval.low * factor, interval.high * factor, interval.level)


def _diagnostic(test: LiftTest, arms: tuple[Arm, Arm]) -> Diagnostic:
    least = min(min(arm.successes, arm.size - arm.successes) for arm in arms)
    passed = least >= LEAST_ROWS
    text = f"{test.channel}: the rarer outcome occurs {least} times in the smaller count; {LEAST_ROWS} are wanted."
    return Diagnostic(f"smallest_count {test.channel}", float(least), passed, text)


def _point(channel: ChannelIncrementality) -> Point:
    ends = channel.incremental_interval
    return Point(channel.channel, channel.incremental, ends.low, ends.high)
