"""The files of module UIs: what they are answered with, and that no path leads out of their folder."""

from pathlib import Path

import pytest
from django.conf import LazySettings
from rest_framework.test import APIClient


@pytest.fixture
def folder(settings: LazySettings, tmp_path: Path) -> Path:
    ui = tmp_path / "ui"
    (ui / "parts").mkdir(parents=True)
    (ui / "index.html").write_text("<!doctype html><script src=module.js></script>")
    (ui / "module.js").write_text("'use strict'")
    (ui / "parts" / "index.html").write_text("a part")
    (ui / ".git").write_text("secret")
    (tmp_path / "secret.txt").write_text("secret")
    (ui / "link.txt").symlink_to(tmp_path / "secret.txt")
    settings.MODULE_UIS = {"probe": ui}
    return ui


def _text(client: APIClient, path: str) -> tuple[int, bytes]:
    answer = client.get(path)
    return answer.status_code, answer.content


@pytest.mark.usefixtures("folder")
def test_files_are_served_by_their_names(anonymous: APIClient) -> None:
    assert _text(anonymous, "/module-ui/probe/")[1].startswith(b"<!doctype html>")
    assert _text(anonymous, "/module-ui/probe/module.js") == (200, b"'use strict'")
    assert _text(anonymous, "/module-ui/probe/parts/") == (200, b"a part")
    script = anonymous.get("/module-ui/probe/module.js")
    assert script["Content-Type"].startswith("text/javascript")
    assert script["X-Content-Type-Options"] == "nosniff"


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("path", ["", "module.js"])
def test_every_answer_is_isolated(path: str, anonymous: APIClient) -> None:
    answer = anonymous.get(f"/module-ui/probe/{path}")
    policy = dict(rule.split(" ", 1) for rule in answer["Content-Security-Policy"].split("; "))
    assert policy["sandbox"] == "allow-scripts allow-forms allow-downloads"
    assert policy["default-src"] == policy["connect-src"] == policy["form-action"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["font-src"] == "http://testserver/module-ui/"
    assert policy["frame-ancestors"] == "http://testserver"
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert not answer.cookies


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt", "..%2fsecret.txt", "%2e%2e/secret.txt", "parts/../../secret.txt", "parts/..%2f..%2fsecret.txt",
        "..%5csecret.txt", "%2fetc/passwd", "/etc/passwd", "link.txt", ".git", "parts/.hidden", "%00",
        "module.js%00.html", "nothing.js", "parts", "long" * 500,
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_folder(path: str, anonymous: APIClient) -> None:
    answer = anonymous.get(f"/module-ui/probe/{path}")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.usefixtures("folder")
def test_unknown_modules_and_writing_are_refused(anonymous: APIClient) -> None:
    assert anonymous.get("/module-ui/other/").status_code == 404
    assert anonymous.get("/module-ui/..%2f/").status_code == 404
    assert anonymous.post("/module-ui/probe/", {}, format="json").status_code == 405


def test_the_demo_and_the_sdk_are_there(anonymous: APIClient) -> None:
    for path in ("demo/", "demo/module.js", "demo/module.css", "sdk/lift-module.js"):
        assert anonymous.get(f"/module-ui/{path}").status_code == 200, path
