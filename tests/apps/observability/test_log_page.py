"""The operators' page of the log: who may see it, what it finds, how it goes on to older lines."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.accounts.services.users import user_create
from tests.factories.organizations import PASSWORD

pytestmark = pytest.mark.usefixtures("flush_redis")


@pytest.fixture
def operator(db: None, client: Client) -> User:
    user = user_create(email="operator@liftos.example", password=PASSWORD, verified=True)
    User.objects.filter(id=user.id).update(is_staff=True, is_superuser=True)
    client.force_login(User.objects.get(id=user.id))
    return user


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.LOG_FOLDER = str(tmp_path)
    # Many of one moment, so that a page ends in the middle of them.
    lines = [
        {"time": f"2026-03-01T12:00:0{number // 70}.000+00:00", "level": "info", "process": "web", "logger": "x"}
        | {"event": f"event-{number:03}", "request_id": f"request-{number % 2}"}
        for number in range(250)
    ]
    (tmp_path / "web-a-1.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (tmp_path / "worker-a-2.jsonl").write_text(
        '{"time": "2026-03-01T12:00:09.000+00:00", "level": "error", "process": "worker", "event": "<script>"}\n'
    )
    return tmp_path


def shown(client: Client, query: str) -> tuple[list[str], str]:
    answer = client.get(f"/admin/log/{query}")
    assert answer.status_code == 200
    text = answer.content.decode()
    older = re.search(r'href="(\?[^"]*before=[^"]*)"', text)
    return re.findall(r"event-\d{3}", text), unescape(older[1]) if older else ""


def test_pages_go_on_where_the_one_before_has_ended(client: Client, operator: User) -> None:
    seen: list[str] = []
    query = "?age="
    while query:
        found, query = shown(client, query)
        seen += found
    assert seen == [f"event-{number:03}" for number in reversed(range(250))]


def test_filters(client: Client, operator: User) -> None:
    found, older = shown(client, "?request_id=request-1&contains=EVENT-01")
    assert (found, older) == ([f"event-{number:03}" for number in (19, 17, 15, 13, 11)], "")
    assert shown(client, "?age=24h") == ([], "")
    assert b"&lt;script&gt;" in client.get("/admin/log/?level=error&age=").content


@pytest.mark.parametrize("query", ["?before=x", "?level=loud", "?organization_id=1%27", "?before=%00~1", "?age=9y"])
def test_nonsense_finds_nothing(client: Client, operator: User, query: str) -> None:
    assert shown(client, query) == ([], "")


def test_only_operators_who_may_see_everything(client: Client, operator: User) -> None:
    User.objects.filter(id=operator.id).update(is_superuser=False)
    assert client.get("/admin/log/").status_code == 403
    User.objects.filter(id=operator.id).update(is_staff=False)
    assert client.get("/admin/log/").status_code == 302
    client.logout()
    assert client.get("/admin/log/").status_code == 302


def test_without_a_folder_the_page_says_so(client: Client, operator: User, settings: Any) -> None:
    settings.LOG_FOLDER = ""
    assert b"LOG_FOLDER is not set" in client.get("/admin/log/").content
