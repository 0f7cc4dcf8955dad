"""Questions that tell a time by what happened: the memory knows when that was."""

from tests.apps.memory.conftest import Search, Store


def _remember(store: Store) -> dict[str, str]:
    return {
        "earlier": store("Churn of the shop was measured at 4 percent.", occurred_at="2026-01-10T10:00:00Z"),
        "event": store("We launched the redesign.", occurred_at="2026-03-01T10:00:00Z"),
        "talk": store(
            "In the meeting somebody said that the redesign of the shop had been much work for all of us.",
            occurred_at="2026-06-01T10:00:00Z",
        ),
        "later": store("Churn of the shop was measured at 2 percent.", occurred_at="2026-05-10T10:00:00Z"),
    }


def test_before_and_after_an_event(store: Store, search: Search) -> None:
    ids = _remember(store)
    for question, best in (
        ("What was the churn of the shop before the redesign?", "earlier"),
        ("What was the churn of the shop after the redesign?", "later"),
        ("churn of the shop since the redesign launched", "later"),
        ("churn of the shop until the redesign", "earlier"),
    ):
        found = [one for one in search(question) if one["memory_id"] in {ids["earlier"], ids["later"]}]
        assert found[0]["memory_id"] == ids[best], question
        temporal = {one["channel"]: one["contribution_units"] for one in found[0]["contributions"]}["temporal"]
        assert temporal


def test_an_event_that_nobody_knows_says_nothing(store: Store, search: Search) -> None:
    _remember(store)
    plain = [(one["memory_id"], one["score_units"]) for one in search("churn of the shop")]
    assert plain
    for one in search("churn of the shop before the acquisition"):
        temporal = {row["channel"]: row["contribution_units"] for row in one["contributions"]}["temporal"]
        assert not temporal


def test_a_memory_without_a_time_of_its_own_dates_nothing(store: Store, search: Search) -> None:
    store("The redesign is here.")
    store("Churn was 4 percent.", occurred_at="2026-01-10T10:00:00Z")
    for one in search("churn before the redesign"):
        assert not {row["channel"]: row["contribution_units"] for row in one["contributions"]}["temporal"]
