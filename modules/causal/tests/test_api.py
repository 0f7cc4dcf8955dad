from importlib.resources import files
from typing import Any

import httpx2
import numpy as np
import pytest

from lift_sdk.testing import Platform
from modules.causal.engine.response import adstock, saturate

PROP99 = (files("synthdid") / "data" / "california_prop99.csv").read_text()
CALIFORNIA = {
    "csv": PROP99,
    "metric": "PacksPerCapita",
    "unit": "State",
    "time": "Year",
    "treated": "California",
    "start": "1989",
    "name": "Proposition 99",
    "notes": "Tobacco tax and control programme",
}
TOTALS: list[dict[str, Any]] = [
    {"variant": "control", "signups": 100, "visitors": 1000},
    {"variant": "green button", "signups": 141, "visitors": 1000},
]
BUTTON = {"rows": TOTALS, "metric": "signups", "trials": "visitors", "name": "Green checkout button"}


def mix_rows() -> list[dict[str, float]]:
    rng = np.random.default_rng(40)
    tv, search = rng.gamma(2, 50, (2, 120))
    sales = 1000 + 300 * saturate(adstock(tv, 0.5), 80.0, 1.0, "hill") + 200 * saturate(search, 80.0, 1.0, "hill")
    sales += rng.normal(0, 15, 120)
    return [{"week": week, "tv": tv[week], "search": search[week], "sales": sales[week]} for week in range(120)][::-1]


def answered(response: httpx2.Response) -> Any:
    assert response.status_code == 200, response.text
    return response.json()


def test_a_synthetic_control_is_answered_stored_and_found_again(client: httpx2.Client, platform: Platform) -> None:
    body = answered(client.post("/synthetic-controls", json=CALIFORNIA))
    assert body["status"] == "stored"
    assert body["result"]["estimate"] == pytest.approx(-19.5, abs=0.1)
    assert [series["name"] for series in body["result"]["plot"]] == ["observed", "synthetic", "gap"]
    again = answered(client.post("/synthetic-controls", json=CALIFORNIA))
    assert (again["memory_id"], again["status"]) == (body["memory_id"], "duplicate")
    assert len(platform.organization().memories) == 1

    finding = answered(client.get(f"/experiments/{body['memory_id']}"))
    assert finding["content"].startswith(
        "Proposition 99.\nSynthetic control: PacksPerCapita of 'California' changed by -19.5"
    )
    assert finding["memory_type"] == "experiments"
    assert finding["metadata"]["estimate"] == body["result"]["estimate"]
    assert finding["metadata"]["interval"]["level"] == 0.95
    similar = answered(client.get("/similar", params={"question": "tobacco tax in California"}))
    assert similar["results"][0]["finding"]["memory_id"] == body["memory_id"]


def test_totals_and_rows_of_one_experiment_agree(client: httpx2.Client) -> None:
    totals = answered(client.post("/ab-tests", json=BUTTON))["result"]
    rows = [
        {"variant": row["variant"], "signups": int(place < int(row["signups"]))}
        for row in TOTALS
        for place in range(1000)
    ]
    users = answered(client.post("/ab-tests", json={"rows": rows, "metric": "signups"}))["result"]
    for name in ("estimate", "p_value", "sequential_p_value", "interval", "sequential_interval", "lift_interval"):
        assert users["comparisons"][0][name] == pytest.approx(totals["comparisons"][0][name])
    assert totals["comparisons"][0]["lift"] == pytest.approx(0.41)


def test_difference_in_differences_of_csv(client: httpx2.Client) -> None:
    given = {
        "csv": PROP99,
        "metric": "PacksPerCapita",
        "unit": "State",
        "time": "Year",
        "treatment": "treated",
        "errors": "robust",
        "remember": False,
    }
    body = answered(client.post("/difference-in-differences", json=given))
    assert body["result"]["estimate"] == pytest.approx(-27.3, abs=0.1)
    assert (body["memory_id"], body["status"]) == (None, "not_stored")


def test_a_mix_gives_the_curves_that_the_budget_takes(client: httpx2.Client, platform: Platform) -> None:
    given = {"rows": mix_rows(), "metric": "sales", "time": "week", "channels": ["tv", "search"], "saturation": "log"}
    mix = answered(client.post("/marketing-mix", json=given, timeout=30))["result"]
    assert mix["plot"][0]["points"][0]["x"] == "0"
    curves = [channel["curve"] for channel in mix["channels"]]
    wanted = {"metric": "sales", "budget": 200, "curves": curves, "bounds": {"tv": {"low": 20}}}
    budget = answered(client.post("/budget", json=wanted))["result"]
    assert sum(each["optimal"] for each in budget["allocations"]) == pytest.approx(200)
    assert {memory["memory_type"] for memory in platform.organization().memories} == {"causal_models", "insights"}


def test_incrementality_and_design(client: httpx2.Client) -> None:
    csv = (
        "channel,treatment_users,treatment_conversions,control_users,control_conversions,claimed,spend,value\n"
        "video,100000,2300,20000,400,1000,5000,40\n"
    )
    result = answered(client.post("/incrementality", json={"csv": csv, "value": "value"}))["result"]
    assert result["channels"][0]["iroas"] == pytest.approx(2.4)
    misspelt = client.post("/design", json={"kind": "share", "baseline": 0.1, "effect": 0.02, "powr": 0.9})
    assert (misspelt.status_code, misspelt.json()["errors"][0]["pointer"]) == (400, "/powr")
    plan = answered(client.post("/design", json={"kind": "share", "baseline": 0.1, "effect": 0.02}))
    assert plan["total_units"] == 7682


def test_findings_are_listed_by_page(client: httpx2.Client, platform: Platform) -> None:
    for place in range(3):
        answered(client.post("/ab-tests", json={**BUTTON, "notes": f"run {place}"}))
    organization = platform.organization()
    organization.store({**organization.memories[0], "content": "by hand", "external_id": None}, module=None)
    first = answered(client.get("/experiments", params={"limit": 2}))
    assert (first["total"], len(first["results"])) == (3, 2)
    second = answered(client.get("/experiments", params={"limit": 2, "cursor": first["next"]}))
    assert (second["next"], len(second["results"])) == (None, 1)
    by_hand = organization.memories[-1]["memory_id"]
    assert client.get(f"/experiments/{by_hand}").status_code == 404
    assert answered(client.get("/experiments", params={"memory_type": "insights"}))["total"] == 0


@pytest.mark.parametrize(
    ("path", "change", "pointer"),
    [
        ("/ab-tests", {"rows": None}, "/rows"),
        ("/ab-tests", {"csv": "a,b\n1,2"}, "/rows"),
        ("/ab-tests", {"metric": "sign-ups"}, "/metric"),
        ("/ab-tests", {"rows": [{**TOTALS[0], "signups": "many"}, TOTALS[1]]}, "/rows/0/signups"),
        ("/ab-tests", {"rows": [TOTALS[0], {"variant": "b"}]}, "/rows/1"),
        ("/ab-tests", {"rows": [TOTALS[0], {**TOTALS[1], "signups": 1.5}]}, "/metric"),
        ("/ab-tests", {"rows": [TOTALS[0], {**TOTALS[1], "signups": 10**400}]}, None),
        ("/ab-tests", {"level": 2}, "/level"),
        ("/ab-tests", {"unknown": 1}, "/unknown"),
        ("/ab-tests", {"control": "placebo"}, "/control"),
        ("/ab-tests", {"shares": {"control": 1e308, "green button": 1e308}}, "/shares"),
        ("/ab-tests", {"shares": {"control": 1}}, "/shares"),
    ],
)
def test_refusals_name_the_field(
    client: httpx2.Client, platform: Platform, path: str, change: dict[str, Any], pointer: str | None
) -> None:
    response = client.post(path, json={**BUTTON, **change})
    assert response.status_code == 400
    assert response.json()["code"] in {"validation_failed", "malformed_request"}
    if pointer is not None:
        assert response.json()["errors"][0]["pointer"] == pointer
    assert platform.organization().memories == []


def test_reading_needs_other_permissions_than_computing(client: httpx2.Client, platform: Platform) -> None:
    def token(*permissions: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {platform.token('lift_causal', permissions)}"}

    reader = token("causal:read", "memory:read")
    assert client.get("/experiments", headers=reader).status_code == 200
    assert client.post("/ab-tests", json=BUTTON, headers=reader).status_code == 403
    assert client.get("/similar", params={"question": "x"}, headers=token("causal:write")).status_code == 403
    # Who may not write into the memory gets the memory's refusal, or computes without it.
    writer = token("causal:write")
    assert client.post("/ab-tests", json=BUTTON, headers=writer).status_code == 403
    assert client.post("/ab-tests", json={**BUTTON, "remember": False}, headers=writer).status_code == 200


def test_organisations_do_not_see_each_other(client: httpx2.Client, platform: Platform) -> None:
    body = answered(client.post("/ab-tests", json=BUTTON))
    everything = ("causal:read", "memory:read")
    other = {"Authorization": f"Bearer {platform.token('lift_causal', everything, org_id='other')}"}
    assert answered(client.get("/experiments", headers=other))["total"] == 0
    assert client.get(f"/experiments/{body['memory_id']}", headers=other).status_code == 404
    assert answered(client.get("/similar", params={"question": "button"}, headers=other))["results"] == []
