"""Times that a question tells by what happened."""

from datetime import UTC, datetime

import pytest

from apps.memory.engine.question import understand

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("What was our churn before the redesign?", [("the redesign", True)]),
        ("What did we learn after the pricing change, and who said so?", [("the pricing change", False)]),
        ("how did sales do since EXP-117", [("EXP-117", False)]),
        ("Who led growth before Priya Raman joined?", [("Priya Raman", True)]),
        ("What changed after our move to Oslo in May?", [("our move to Oslo", False)]),
        (
            "What happened following the merger with Globex Corporation?",
            [("the merger with Globex Corporation", False)],
        ),
        ("Signups until the holiday sale started", [("the holiday sale", True)]),
        ("What did we say prior to the new landing page was live?", [("the new landing page", True)]),
        ("after the launch and before the redesign", [("the launch", False), ("the redesign", True)]),
        # Dates are times by themselves, and what says nothing is none.
        ("What was it like before March?", []),
        ("What happened after the end of the year?", []),
        ("What happened after that?", []),
        ("before lunch", []),
        ("What did we say about after-hours support?", []),
        ("", []),
    ],
)
def test_events_are_read_off_the_sentence(question: str, told: list[tuple[str, bool]]) -> None:
    events = understand(question, now=NOW).events
    assert [(one.event, one.is_before) for one in events] == told
    assert all(question[one.start : one.end].endswith(one.event) for one in events)


def test_a_long_text_is_no_trouble() -> None:
    assert len(understand("before the redesign " * 100, now=NOW).events) <= 3
