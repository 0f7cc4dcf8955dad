"""`manage.py reviews`, run as it is."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.accounts.models import Organization
from apps.core.models import Job
from apps.core.tenancy.scope import organization_scope
from apps.memory.models import Review, ReviewProgress
from apps.memory.services.memories import memory_store
from apps.memory.types import StoreItem


def run(action: str, *arguments: str, organization: str = "acme") -> str:
    output = StringIO()
    call_command("reviews", action, *arguments, "--organization", organization, stdout=output, stderr=StringIO())
    return output.getvalue()


def run_json(action: str, *arguments: str) -> Any:
    return json.loads(run(action, *arguments, "--json"))


@pytest.fixture(autouse=True)
def _pairs(acme: Organization) -> None:
    with organization_scope(acme.id):
        for plan in ("annual", "monthly"):
            for days, share in enumerate(("20", "25")):
                item = StoreItem(
                    content=f"The {plan} plan discount is {share}%.", occurred_at=timezone.now() - timedelta(days - 9)
                )
                memory_store(organization_id=acme.id, item=item, user_id=None, now=timezone.now())


def test_a_rescan_compares_and_the_list_and_progress_tell(acme: Organization) -> None:
    assert run_json("progress") == {"waiting": 4, "moved_at": None, "open": 0, "duplicate": 0, "contradiction": 0}
    assert run_json("rescan", "--wait") == {"action": "rescan", "dry_run": False, "memories": 4}
    progress = run_json("progress")
    assert (progress["waiting"], progress["open"], progress["contradiction"]) == (0, 2, 2)
    assert "0 memories wait to be compared; 2 pairs" in run("progress")
    first = run_json("list", "--limit", "1", "--kind", "contradiction")
    second = run_json("list", "--limit", "1", "--kind", "contradiction", "--cursor", first["next"])
    assert (first["total"], len({one["results"][0]["review_id"] for one in (first, second)})) == (2, 2)
    assert "plan discount is 20%" in run("list")
    assert run_json("list", "--status", "dismissed")["results"] == []


def test_a_dry_run_changes_nothing_and_a_rescan_leaves_the_work_to_a_worker(acme: Organization) -> None:
    run("rescan", "--wait")
    Job.objects.all().delete()
    assert "4 memories would be compared again" in run("rescan", "--dry-run")
    with organization_scope(acme.id):
        assert (ReviewProgress.objects.get().change > 0, Review.objects.count()) == (True, 2)
    assert not Job.objects.exists()
    assert "4 memories will be compared again" in run("rescan")
    assert Job.objects.get().name == "memory.find_reviews"


@pytest.mark.parametrize("arguments", [("list", "--limit", "0"), ("list", "--cursor", "x")])
def test_what_makes_no_sense_is_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run(*arguments)


def test_an_unknown_organisation_is_refused() -> None:
    with pytest.raises(CommandError, match="no organisation"):
        run("list", organization="unknown")
