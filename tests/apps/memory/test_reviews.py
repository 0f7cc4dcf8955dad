"""Pairs of memories that people are to decide about: found in what was stored, decided, taken back."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import Organization
from apps.core.models import Job
from apps.core.tenancy.scope import organization_scope, public_scope
from apps.events.models import OutboxEvent
from apps.events.services.consumers import consume, consumers_ensure
from apps.events.services.places import events_place
from apps.memory.engine.reader import EVERYTHING
from apps.memory.exceptions import ReviewConflict
from apps.memory.models import Memory, Review, ReviewProgress
from apps.memory.services import reviews as finder
from apps.memory.services.deciding import review_decide, review_undo
from apps.memory.services.memories import memory_store
from apps.memory.services.purging import memories_purge
from apps.memory.services.reviews import reviews_find, reviews_rescan
from apps.memory.types import ReviewDecision, StoreItem
from tests.apps.memory.conftest import Store
from tests.apps.memory.test_batches import URL as BATCH
from tests.apps.memory.test_batches import RunJobs, started
from tests.unit.memory.contradicting_pairs import SEEN, UNSEEN

URL = "/api/v1/memory/reviews"
OLD = "The annual plan discount is 20% for customers in Europe."
NEW = "The annual plan discount is 25% for customers in Europe."
NOTE = (
    "EXP-117: Priya Raman tested a discount of twenty percent on the annual plan among European customers, "
    "and conversion rose while revenue for each account stayed level."
)
NEARLY = NOTE.replace("European", "Nordic")
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
MARCH, APRIL = "2026-03-01T09:00:00Z", "2026-03-09T09:00:00Z"


def listed(client: APIClient, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(URL, query)
    assert answer.status_code == 200, answer.content
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def only(client: APIClient, **query: Any) -> dict[str, Any]:
    reviews_find()
    (one,) = listed(client, **query)
    return one


def decide(client: APIClient, review: dict[str, Any], decision: str, **fields: Any) -> dict[str, Any]:
    answer = client.post(f"{URL}/{review['review_id']}/decide", {"decision": decision, **fields}, format="json")
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def undone(client: APIClient, review: dict[str, Any]) -> Any:
    return client.post(f"{URL}/{review['review_id']}/undo")


@pytest.fixture
def contradiction(client: APIClient, store: Store) -> dict[str, Any]:
    store(OLD, occurred_at=MARCH)
    store(NEW, occurred_at=APRIL)
    return only(client)


@pytest.fixture
def duplicate(client: APIClient, store: Store) -> dict[str, Any]:
    store(NOTE, occurred_at=MARCH, metadata={"team": "Pricing", "tags": ["a"]})
    store(NEARLY, occurred_at=APRIL, metadata={"team": "Growth", "tags": ["b", "a"], "market": "EU"})
    return only(client)


@pytest.mark.usefixtures("in_acme")
def test_a_contradiction_is_found_and_shown_where_it_stands(client: APIClient, contradiction: dict[str, Any]) -> None:
    assert (contradiction["kind"], contradiction["status"]) == ("contradiction", "open")
    assert (contradiction["older"]["excerpt"], contradiction["newer"]["excerpt"]) == (OLD, NEW)
    review = client.get(f"{URL}/{contradiction['review_id']}").json()
    (evidence,) = review["evidence"]
    assert OLD[slice(*evidence["older"]["value"])] == "20%"
    assert review["newer"]["content"][slice(*evidence["newer"]["value"])] == "25%"
    assert 0.5 < review["score"] <= 1
    # The row itself holds no words.
    assert "plan" not in json.dumps(list(Review.objects.values()), default=str)


@pytest.mark.usefixtures("in_acme")
def test_what_happened_first_is_the_older_one_however_late_it_was_stored(client: APIClient, store: Store) -> None:
    store(NEW, occurred_at=APRIL)
    store(OLD, occurred_at=MARCH)
    assert only(client)["older"]["excerpt"] == OLD


@pytest.mark.usefixtures("in_acme")
def test_a_near_duplicate_is_found_and_of_copies_each_once(client: APIClient, store: Store) -> None:
    for text in (NOTE, NEARLY, NOTE, NOTE):
        store(text)
    reviews_find()
    found = listed(client)
    assert {one["kind"] for one in found} == {"duplicate"}
    assert len(found) == 3


@pytest.mark.usefixtures("in_acme")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (NOTE, NOTE.replace("EXP-117", "EXP-118")),
        ("Week 12: churn 4.2% among all plans, no incident was reported by anyone in support.",
         "Week 13: churn 4.9% among all plans, no incident was reported by anyone in support."),
        ("Harbor Checkout opens in May.", "The tea arrives on Mondays."),
    ],
)  # fmt: skip
def test_texts_with_other_figures_or_of_other_things_are_no_pair(
    one: str, other: str, client: APIClient, store: Store
) -> None:
    store(one)
    store(other)
    reviews_find()
    assert listed(client, status="any") == []


def test_labelled_pairs_are_found_in_one_memory(in_acme: Organization) -> None:
    """Every third of them, among each other: a pair that is none is not told, most others are."""
    told, wanted = set(), set()
    for number, pair in list(enumerate((*SEEN, *UNSEEN)))[::3]:
        for side, text, days in (("older", pair.older, 0), ("newer", pair.newer, pair.days)):
            _stored(in_acme, text, external_id=f"{number}-{side}", occurred_at=MONDAY + timedelta(days=days))
        if pair.differ_in:
            wanted.add(number)
    reviews_find()
    for review in Review.objects.filter(kind="contradiction").select_related("older", "newer"):
        (one, _), (other, _) = (row.external_id.split("-") for row in (review.older, review.newer))
        if one == other:
            told.add(int(one))
    assert told <= wanted
    assert len(told) >= 0.8 * len(wanted)


def _stored(organization: Organization, content: str, **fields: Any) -> UUID:
    item = StoreItem(content=content, **fields)
    return memory_store(organization_id=organization.id, item=item, user_id=None, now=timezone.now()).memory_id


@pytest.mark.usefixtures("in_acme")
def test_what_says_that_it_replaces_another_needs_no_nearness(client: APIClient, store: Store) -> None:
    older = store("EXP-114, free shipping above 49 euros: 3% more orders, to be kept.", occurred_at=MARCH)
    store("Tea in the kitchen is green from now on. This replaces EXP-114.", occurred_at=APRIL)
    review = only(client)
    assert (review["kind"], review["older"]["memory_id"]) == ("contradiction", older)


# --- Following the changes --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("in_acme")
def test_an_edit_closes_a_pair_at_once_and_another_wording_opens_it_again(
    client: APIClient, contradiction: dict[str, Any]
) -> None:
    path = f"/api/v1/memory/{contradiction['newer']['memory_id']}"
    client.patch(path, {"content": OLD.replace("Europe", "the Union")}, format="json")
    assert listed(client) == []
    assert [one["status"] for one in listed(client, status="outdated")] == ["outdated"]
    refused = client.post(f"{URL}/{contradiction['review_id']}/decide", {"decision": "accept"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "review_conflict")
    client.patch(path, {"content": NEW.replace("25", "30")}, format="json")
    again = only(client)
    assert again["review_id"] == contradiction["review_id"]
    assert client.get(f"{URL}/{again['review_id']}").json()["evidence"] != []


@pytest.mark.usefixtures("in_acme")
def test_the_trash_closes_a_pair_and_the_way_back_opens_it(client: APIClient, contradiction: dict[str, Any]) -> None:
    path = f"/api/v1/memory/{contradiction['newer']['memory_id']}"
    client.delete(path)
    assert listed(client) == []
    reviews_find()
    assert Review.objects.values_list("status", "evidence").get() == ("outdated", [])
    shown = client.get(f"{URL}/{contradiction['review_id']}").json()
    assert (shown["status"], shown["newer"], shown["evidence"]) == ("outdated", None, [])
    client.post(f"{path}/restore")
    assert only(client)["review_id"] == contradiction["review_id"]


@pytest.mark.usefixtures("in_acme")
def test_a_pair_goes_with_what_is_deleted_for_good(client: APIClient, contradiction: dict[str, Any]) -> None:
    memory_id = contradiction["older"]["memory_id"]
    client.delete(f"/api/v1/memory/{memory_id}")
    assert memories_purge(memory_ids=[UUID(memory_id)], now=timezone.now()) == 1
    assert not Review.objects.exists()
    assert client.get(f"{URL}/{contradiction['review_id']}").json()["code"] == "review_not_found"


@pytest.mark.usefixtures("in_acme")
def test_a_dismissed_pair_stays_away_until_a_text_changes(client: APIClient, contradiction: dict[str, Any]) -> None:
    decide(client, contradiction, "dismiss", reason="Two markets.")
    path = f"/api/v1/memory/{contradiction['newer']['memory_id']}"
    client.patch(path, {"metadata": {"team": "Pricing"}}, format="json")
    reviews_find()
    assert listed(client) == []
    client.patch(path, {"content": NEW.replace("25", "30")}, format="json")
    assert only(client)["reason"] is None


def test_a_batch_is_looked_at_when_the_models_have_read_it(client: APIClient, run_jobs: RunJobs) -> None:
    items = [{"content": OLD, "occurred_at": MARCH}, {"content": NEW, "occurred_at": APRIL}]
    started(client.post(BATCH, {"items": items}, format="json"))
    run_jobs()
    (review,) = listed(client)
    assert review["older"]["excerpt"] == OLD


def test_events_wake_the_search_for_one_organisation_once(
    client: APIClient, acme: Organization, store: Store, run_jobs: RunJobs
) -> None:
    store(OLD, occurred_at=MARCH)
    store(NEW, occurred_at=APRIL)
    with public_scope():
        events_place()
        consumers_ensure()
        consume("reviews")
    jobs = Job.objects.filter(name="memory.find_reviews")
    assert [job.organization_id for job in jobs] == [acme.id]
    run_jobs()
    assert len(listed(client)) == 1
    assert not jobs.all().exists()


@pytest.mark.usefixtures("in_acme")
def test_each_pair_is_told_once_and_so_is_what_becomes_of_it(client: APIClient, contradiction: dict[str, Any]) -> None:
    reviews_rescan(organization_id=Organization.objects.get(slug="acme").id, now=timezone.now())
    reviews_find()
    decide(client, contradiction, "accept")
    assert undone(client, contradiction).status_code == 200
    client.delete(f"/api/v1/memory/{contradiction['newer']['memory_id']}")
    reviews_find()
    names = OutboxEvent.objects.filter(name__startswith="review.").order_by("id").values_list("name", flat=True)
    assert sorted(names) == ["review.decided", "review.opened", "review.outdated", "review.undone"]


def test_a_finder_that_is_killed_leaves_nothing_out_and_nothing_double(
    in_acme: Organization, client: APIClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finder, "_BATCH", 1)
    for place in range(3):
        store(OLD.replace("annual", f"team-{place}"), occurred_at=MARCH)
        store(NEW.replace("annual", f"team-{place}"), occurred_at=APRIL)

    def killed(done: int) -> None:
        killed_after.append(done)
        if len(killed_after) == 3:
            raise KeyboardInterrupt

    killed_after: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        reviews_find(on_batch=killed)
    before = ReviewProgress.objects.get().number
    assert 0 < before < Memory.objects.count()
    reviews_find()
    found = listed(client)
    assert len(found) == 3
    assert OutboxEvent.objects.filter(name="review.opened").count() == 3
    reviews_rescan(organization_id=in_acme.id, now=timezone.now())
    reviews_find()
    assert listed(client) == found


# --- Deciding ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("in_acme")
def test_to_accept_replaces_the_older_one_and_undo_brings_it_back(
    client: APIClient, contradiction: dict[str, Any], search: Any
) -> None:
    older, newer = (contradiction[side]["memory_id"] for side in ("older", "newer"))
    decided = decide(client, contradiction, "accept", reason="Agreed in April.")
    assert (decided["status"], decided["kept"], decided["reason"]) == ("accepted", newer, "Agreed in April.")
    assert (decided["older"]["superseded_by"], decided["decided_at"] is None) == (newer, False)
    assert [one["memory_id"] for one in search("annual plan discount")] == [newer]
    assert (listed(client), len(listed(client, status="accepted"))) == ([], 1)
    assert undone(client, contradiction).json()["status"] == "open"
    assert client.get(f"/api/v1/memory/{older}").json()["superseded_by"] is None
    reviews_find()
    assert [one["review_id"] for one in listed(client)] == [contradiction["review_id"]]
    assert undone(client, contradiction).json()["code"] == "review_conflict"


@pytest.mark.usefixtures("in_acme")
def test_a_person_may_say_that_the_older_one_holds(client: APIClient, contradiction: dict[str, Any]) -> None:
    older = contradiction["older"]["memory_id"]
    decided = decide(client, contradiction, "accept", keep=older)
    assert decided["newer"]["superseded_by"] == older


@pytest.mark.usefixtures("in_acme")
def test_to_merge_unites_the_metadata_and_undo_parts_them(client: APIClient, duplicate: dict[str, Any]) -> None:
    older = duplicate["older"]["memory_id"]
    decided = decide(client, duplicate, "merge")
    assert (decided["status"], decided["kept"]) == ("merged", older)
    assert decided["older"]["metadata"] == {"team": "Pricing", "tags": ["a", "b"], "market": "EU"}
    assert decided["newer"]["superseded_by"] == older
    revision = decided["older"]["revision"]
    opened = undone(client, duplicate).json()
    assert opened["older"]["metadata"] == {"team": "Pricing", "tags": ["a"]}
    assert (opened["older"]["revision"], opened["newer"]["superseded_by"]) == (revision + 1, None)


@pytest.mark.usefixtures("in_acme")
@pytest.mark.parametrize("side", ["older", "newer"])
def test_a_merge_cannot_be_taken_back_once_either_has_changed(
    side: str, client: APIClient, duplicate: dict[str, Any]
) -> None:
    decide(client, duplicate, "accept")
    client.patch(f"/api/v1/memory/{duplicate[side]['memory_id']}", {"source": "mail"}, format="json")
    before = list(Memory.objects.order_by("id").values_list("metadata", "revision", "superseded_by"))
    refused = undone(client, duplicate)
    assert (refused.status_code, refused.json()["code"]) == (409, "review_conflict")
    assert list(Memory.objects.order_by("id").values_list("metadata", "revision", "superseded_by")) == before


@pytest.mark.usefixtures("in_acme")
def test_metadata_that_would_be_too_large_together_are_not_merged(client: APIClient, store: Store) -> None:
    store(NOTE, metadata={"a": "x" * 9_000})
    store(NOTE, metadata={"b": "y" * 9_000})
    review = only(client)
    refused = client.post(f"{URL}/{review['review_id']}/decide", {"decision": "merge"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (400, "metadata_too_large")
    assert listed(client) == [review]
    assert set(Memory.objects.values_list("revision", flat=True)) == {1}


@pytest.mark.usefixtures("in_acme")
@pytest.mark.parametrize(
    "body",
    [{}, {"decision": "later"}, {"decision": "merge"}, {"decision": "accept", "keep": str(UUID(int=1))},
     {"decision": "dismiss", "keep": str(UUID(int=1))}, {"decision": "accept", "reason": "x" * 501}],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    body: dict[str, Any], client: APIClient, contradiction: dict[str, Any]
) -> None:
    answer = client.post(f"{URL}/{contradiction['review_id']}/decide", body, format="json")
    assert answer.status_code == 400
    assert listed(client) == [contradiction]


@pytest.mark.usefixtures("in_acme")
def test_lists_are_paged_and_narrowed(client: APIClient, contradiction: dict[str, Any], store: Store) -> None:
    store(NOTE)
    store(NEARLY)
    reviews_find()
    first = client.get(URL, {"limit": 1}).json()
    second = client.get(URL, {"limit": 1, "cursor": first["next"]}).json()
    assert (first["total"], second["next"], second["results"]) == (2, None, [contradiction])
    assert [one["kind"] for one in listed(client, kind="duplicate")] == ["duplicate"]
    (entity,) = client.get("/api/v1/memory/entities", {"q": "Priya Raman"}).json()["results"]
    assert [one["kind"] for one in listed(client, entity=entity["id"])] == ["duplicate"]


def test_of_two_who_decide_at_once_one_is_refused(committed_db: str) -> None:
    acme = Organization.objects.get(slug="acme")
    with organization_scope(acme.id):
        for text, moment in ((OLD, MARCH), (NEW, APRIL)):
            _stored(acme, text, occurred_at=datetime.fromisoformat(moment))
        reviews_find()
        review = Review.objects.get()
    start = Barrier(2)

    def act(decision: ReviewDecision) -> str:
        try:
            with public_scope(), organization_scope(acme.id):
                start.wait(10)
                review_decide(
                    reader=EVERYTHING,
                    organization_id=acme.id,
                    review_id=review.id,
                    decision=decision,
                    user_id=None,
                    now=timezone.now(),
                )
        except ReviewConflict:
            return "refused"
        finally:
            connection.close()
        return decision.value

    with ThreadPoolExecutor(2) as pool:
        outcomes = set(pool.map(act, (ReviewDecision.ACCEPT, ReviewDecision.DISMISS)))
    assert len(outcomes - {"refused"}) == 1
    assert "refused" in outcomes
    with organization_scope(acme.id):
        assert OutboxEvent.objects.filter(name="review.decided").count() == 1
        replaced = Memory.objects.exclude(superseded_by=None).count()
        assert replaced == (1 if "accept" in outcomes else 0)
        review_undo(reader=EVERYTHING, organization_id=acme.id, review_id=review.id, user_id=None, now=timezone.now())
        assert not Memory.objects.exclude(superseded_by=None).exists()


def test_finders_at_the_same_time_find_each_pair_once(committed_db: str) -> None:
    acme = Organization.objects.get(slug="acme")
    with organization_scope(acme.id):
        for place in range(8):
            for text, moment in ((OLD, MARCH), (NEW, APRIL)):
                named = text.replace("annual", f"team-{place}")
                _stored(acme, named, occurred_at=datetime.fromisoformat(moment))
    start = Barrier(3)

    def find(_: int) -> None:
        try:
            with public_scope(), organization_scope(acme.id):
                start.wait(10)
                reviews_find()
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(find, range(3)))
    with organization_scope(acme.id):
        assert Review.objects.count() == 8
        assert OutboxEvent.objects.filter(name="review.opened").count() == 8
