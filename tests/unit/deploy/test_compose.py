"""The Compose file and the image: no daemon runs here, so what can be checked without one is."""

import re
from typing import Any

import pytest
import yaml

from deploy.dev.state import REPOSITORY

DOCKERFILE = (REPOSITORY / "deploy" / "docker" / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "deploy" / "compose" / "compose.yaml").read_text())
OURS = ("migrate", "web", "gateway", "worker", "scheduler")


def test_every_variable_that_it_wants_is_listed() -> None:
    listed = set(re.findall(r"^#? ?([A-Z_]+)=", (REPOSITORY / ".env.example").read_text(), re.MULTILINE))
    environment = COMPOSE["x-liftos"]["environment"]
    assert set(environment) <= listed
    wanted = re.findall(r"\$\{([A-Z_]+)", str(COMPOSE))
    # The password is the database's own; it reaches the product inside DATABASE_URL.
    assert set(wanted) - listed <= {"POSTGRES_PASSWORD"}


def test_secrets_have_no_default() -> None:
    text = str(COMPOSE)
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD"):
        assert f"${{{name}:?}}" in text
        assert f"${{{name}:-" not in text


@pytest.mark.parametrize("name", OURS)
def test_our_containers_are_confined(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["environment"]["ENVIRONMENT"] == "production"
    assert "postgres" in service["depends_on"] or "migrate" in service["depends_on"]


def test_only_nginx_is_published_and_on_loopback() -> None:
    published = {name: service["ports"] for name, service in COMPOSE["services"].items() if "ports" in service}
    monitoring = {name for name, service in COMPOSE["services"].items() if service.get("profiles") == ["monitoring"]}
    assert monitoring == {"prometheus", "grafana"}
    assert all(port.startswith("127.0.0.1:") for name in monitoring for port in published.pop(name))
    assert published == {"nginx": ["127.0.0.1:8000:8080"]}


def test_all_containers_count_and_log_in_one_place() -> None:
    environment = COMPOSE["x-liftos"]["environment"]
    mounted = {one.partition(":")[2] for one in COMPOSE["x-liftos"]["volumes"]}
    assert mounted == {environment[name] for name in ("PROMETHEUS_MULTIPROC_DIR", "LOG_FOLDER", "FILE_STORAGE_FOLDER")}
    assert all(COMPOSE["services"][name]["volumes"] == COMPOSE["x-liftos"]["volumes"] for name in OURS)
    assert all(folder in DOCKERFILE for folder in mounted)
    # Also what prometheus.yml reads.
    assert COMPOSE["services"]["prometheus"]["secrets"] == ["metrics_token"]
    scraper = yaml.safe_load((REPOSITORY / "deploy" / "prometheus" / "prometheus.yml").read_text())
    assert scraper["scrape_configs"][0]["authorization"] == {"credentials_file": "/run/secrets/metrics_token"}


def test_the_image_copies_what_exists_and_leaves_development_out() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    for name in " ".join(copied).split():
        assert (REPOSITORY / name).exists(), name
    assert "--no-default-groups" in DOCKERFILE
    assert re.search(r"^USER liftos$", DOCKERFILE, re.MULTILINE)
