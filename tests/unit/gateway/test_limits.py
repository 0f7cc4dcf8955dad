from hypothesis import given
from hypothesis import strategies as st

from apps.gateway.engine.limits import Limit, SlidingWindow, plan_limits

LIMIT = Limit("organization", calls=10, seconds=60, slot_seconds=5)


@given(st.lists(st.floats(min_value=0, max_value=30), min_size=1, max_size=80))
def test_no_stretch_of_the_window_s_length_has_more_calls_than_the_limit(pauses: list[float]) -> None:
    window, now = SlidingWindow(), 1000.0
    passed = []
    for pause in pauses:
        now += pause
        if window.take(LIMIT, now=now).allowed:
            passed.append(now)
    for start in passed:
        assert sum(start <= one < start + LIMIT.seconds for one in passed) <= LIMIT.calls


@given(st.lists(st.floats(min_value=0, max_value=30), min_size=1, max_size=60))
def test_a_refused_call_may_pass_after_the_time_it_was_told(pauses: list[float]) -> None:
    window, now = SlidingWindow(), 1000.0
    for pause in pauses:
        now += pause
        verdict = window.take(LIMIT, now=now)
        if not verdict.allowed:
            now += verdict.reset_seconds
            assert window.take(LIMIT, now=now).allowed


def test_what_remains_is_told() -> None:
    window = SlidingWindow()
    remaining = [window.take(LIMIT, now=0).remaining for _ in range(12)]
    assert remaining == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0]


def test_a_plan_without_limit_has_none() -> None:
    assert plan_limits(None) is None
    limits = plan_limits(1000)
    assert limits is not None
    assert [(limit.calls, limit.seconds) for limit in limits] == [(1000, 3600), (100, 60)]
