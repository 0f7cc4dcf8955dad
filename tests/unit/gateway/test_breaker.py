from apps.gateway.engine.breaker import OPEN_SECONDS, PROBE_SECONDS, BreakerState, CircuitBreaker, RetryBudget


def opened() -> CircuitBreaker:
    breaker = CircuitBreaker()
    for _ in range(5):
        breaker.failed(0.0)
    return breaker


def test_a_few_failures_among_many_calls_change_nothing() -> None:
    breaker = CircuitBreaker()
    for number in range(40):
        breaker.failed(0.0) if number % 4 == 0 else breaker.succeeded(0.0)
    assert breaker.state is BreakerState.CLOSED


def test_it_opens_when_half_of_the_calls_fail() -> None:
    breaker = opened()
    assert breaker.state is BreakerState.OPEN
    assert not breaker.try_pass(1.0)
    assert breaker.retry_after(1.0) == OPEN_SECONDS - 1


def test_one_call_at_a_time_finds_out() -> None:
    breaker = opened()
    assert [breaker.try_pass(OPEN_SECONDS) for _ in range(3)] == [True, False, False]
    breaker.failed(OPEN_SECONDS)
    assert not breaker.try_pass(OPEN_SECONDS + 1)
    assert breaker.try_pass(2 * OPEN_SECONDS)
    breaker.succeeded(2 * OPEN_SECONDS)
    assert breaker.state is BreakerState.CLOSED


def test_a_probe_whose_caller_left_makes_room_for_another() -> None:
    breaker = opened()
    assert breaker.try_pass(OPEN_SECONDS)
    breaker.abandoned()
    assert breaker.try_pass(OPEN_SECONDS)


def test_a_probe_that_never_reports_does_not_hold_for_ever() -> None:
    breaker = opened()
    assert breaker.try_pass(OPEN_SECONDS)
    assert breaker.try_pass(OPEN_SECONDS + PROBE_SECONDS + 1)


def test_old_failures_are_forgotten() -> None:
    breaker = CircuitBreaker()
    for second in range(0, 100, 5):
        breaker.failed(float(second))
    assert breaker.state is BreakerState.CLOSED


def test_retries_are_a_tenth_of_the_calls() -> None:
    budget = RetryBudget()
    assert sum(budget.spend() for _ in range(10)) == 3
    for _ in range(101):
        budget.earn()
    assert sum(budget.spend() for _ in range(50)) == 10
