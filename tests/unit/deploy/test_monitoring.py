"""Dashboards and alerts as files: they load, and ask for nothing that the code does not tell."""

import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

from apps.observability.dependencies import registered_dependencies
from apps.observability.metrics import PROCESSES, registered_gauges
from deploy.dev.checks import alerts
from deploy.dev.state import REPOSITORY
from lift_sdk.metrics import Metrics

DASHBOARDS = sorted((REPOSITORY / "deploy" / "grafana" / "dashboards").glob("*.json"))
PROVISIONING = REPOSITORY / "deploy" / "grafana" / "provisioning"
RULES: dict[str, Any] = yaml.safe_load((REPOSITORY / "deploy" / "prometheus" / "rules" / "liftos.yml").read_text())
WANTED = {"platform", "tenant-usage", "memory", "gateway", "modules", "billing", "events"}
# Of the scraper itself.
FOREIGN = {"up"}
_WORDS = {"by", "on", "or", "and", "unless", "without", "le", "ignoring", "group_left"}


def metric_names() -> set[str]:
    """Return every name that a scrape of the platform, or of a module, may hold."""
    for path in (REPOSITORY / "apps").glob("*/metrics.py"):
        import_module(".".join(path.relative_to(REPOSITORY).with_suffix("").parts))
    # Instruments outside of such files.
    import_module("apps.gateway.adapters.limiter")
    names = {PROCESSES, *registered_gauges()}
    for family in [*REGISTRY.collect(), *Metrics("example", "1.0.0").registry.collect()]:
        names |= {f"{family.name}_total"} if family.type == "counter" else {family.name}
        if family.type == "histogram":
            names |= {f"{family.name}_{suffix}" for suffix in ("bucket", "count", "sum")}
    return names


def asked_for(expression: str) -> set[str]:
    """Return the metrics that a query names."""
    plain = re.sub(r'"[^"]*"', "", expression)
    plain = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b(?:by|on|without|ignoring)\s*\([^)]*\)", " ", plain)
    found = re.findall(r"[a-zA-Z_:][\w:]*(?!\w|\s*\()", plain)
    return set(found) - _WORDS


def expressions(dashboard: dict[str, Any]) -> Iterator[str]:
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    for variable in dashboard["templating"]["list"]:
        metric = re.fullmatch(r"label_values\((\w+), \w+\)", variable["query"]["query"])
        assert metric is not None
        yield metric[1]


def load(path: Path) -> dict[str, Any]:
    dashboard: dict[str, Any] = json.loads(path.read_text())
    return dashboard


def test_queries_are_understood_by_this_test() -> None:
    query = 'sum by (a, b) (rate(x_total{c=~"d|e"}[5m])) / on (f) y or absent(z) > 0.5'
    assert asked_for(query) == {"x_total", "y", "z"}


def test_every_dashboard_is_there_with_a_name_of_its_own() -> None:
    assert {path.stem for path in DASHBOARDS} == WANTED
    found = [load(path) for path in DASHBOARDS]
    for key in ("uid", "title"):
        assert len({dashboard[key] for dashboard in found}) == len(WANTED)
    assert all(re.fullmatch(r"[a-z-]{1,40}", dashboard["uid"]) for dashboard in found)


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_what_grafana_loads(path: Path) -> None:
    dashboard = load(path)
    assert "id" not in dashboard
    assert dashboard["schemaVersion"] >= 39
    assert dashboard["description"]
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 3
    sources = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yml").read_text())["datasources"]
    variables = {f"${variable['name']}" for variable in dashboard["templating"]["list"]}
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        assert panel["type"] in {"timeseries", "stat", "table"}
        assert panel["title"]
        assert panel["description"]
        assert panel["datasource"] == {"type": "prometheus", "uid": sources[0]["uid"]}
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"]) > 0
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells
    used = {name for one in expressions(dashboard) for name in re.findall(r"\$(?!__)\w+", one)}
    assert used <= variables


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_metric_of_a_dashboard_is_told(path: Path) -> None:
    names = metric_names()
    assert {one for query in expressions(load(path)) for one in asked_for(query)} - names == set()


def test_every_alert_says_what_is_lost_and_what_to_do_about_metrics_that_are_told() -> None:
    rules = [rule for group in RULES["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    names = metric_names() | FOREIGN
    for rule in rules:
        assert asked_for(rule["expr"]) - names == set(), rule["alert"]
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert set(rule["annotations"]) == {"summary", "consequence", "runbook"}
        assert all(len(text) > 15 for text in rule["annotations"].values())
    tested = yaml.safe_load((REPOSITORY / "deploy" / "prometheus" / "tests" / "liftos.yml").read_text())["tests"]
    assert {one["alertname"] for case in tested for one in case["alert_rule_test"]} == {rule["alert"] for rule in rules}


def test_the_tool_of_prometheus_agrees_where_it_is_installed() -> None:
    assert alerts() == ""


def test_grafana_finds_the_dashboards_where_compose_puts_them() -> None:
    compose = yaml.safe_load((REPOSITORY / "deploy" / "compose" / "compose.yaml").read_text())
    (provider,) = yaml.safe_load((PROVISIONING / "dashboards" / "lift-os.yml").read_text())["providers"]
    mounted = dict(one.removesuffix(":ro").split(":") for one in compose["services"]["grafana"]["volumes"])
    assert mounted["../grafana/dashboards"] == provider["options"]["path"]


def test_every_metric_and_alert_is_explained() -> None:
    text = (REPOSITORY / "docs" / "operations" / "observability.md").read_text()
    explained = set(re.findall(r"`(\w+)`", text))
    # What the library of database counters brings along unused, and what a single process tells of itself.
    unused = re.compile(r"django_model_|django_db_new_connection|process_|python_")
    families = {re.sub(r"_(?:bucket|count|sum)$", "", name) for name in metric_names() if not unused.match(name)}
    assert families - explained == set()
    assert {rule["alert"] for group in RULES["groups"] for rule in group["rules"]} <= explained


def test_every_dependency_is_explained() -> None:
    text = (REPOSITORY / "docs" / "operations" / "observability.md").read_text()
    plain = {"modules": "module:<id>", "sign_in": "sign_in:<id>"}
    assert all(f"`{plain.get(name, name)}`" in text for name in registered_dependencies())
