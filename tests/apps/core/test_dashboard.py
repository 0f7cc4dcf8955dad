"""The dashboard's one page, its files, and what they are answered with."""

import re
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from rest_framework.test import APIClient
from whitenoise.middleware import WhiteNoiseMiddleware

PAGE = b'<!doctype html><script type="module" src="/static/app/assets/index-Dx3_k-9Q.js"></script>'


@pytest.fixture
def build(settings: LazySettings, tmp_path: Path) -> Path:
    settings.DASHBOARD_BUILD = tmp_path
    (tmp_path / "index.html").write_bytes(PAGE)
    return tmp_path


@pytest.mark.usefixtures("build")
@pytest.mark.parametrize("path", ["/", "/acme", "/acme/memories", "/acme/memories/", "/sign-in", "/acme/docs/v1.2"])
def test_every_path_of_people_is_the_page(path: str, anonymous: APIClient) -> None:
    answer = anonymous.get(path, HTTP_ACCEPT="text/html")
    assert (answer.status_code, answer.content) == (200, PAGE)
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    # A new build is seen at the next load.
    assert answer["Cache-Control"] == "no-cache"
    assert anonymous.head(path).status_code == 200


@pytest.mark.usefixtures("build")
@pytest.mark.parametrize(
    "path",
    [
        "/static/app/assets/index-00000000.js", "/static/nothing.css", "/api/v1/nowhere", "/api", "/admin/nowhere",
        "/docs/nowhere", "/redoc/x", "/health/x", "/metrics/x", "/.well-known/x", "/module-ui/nowhere/",
        "/module-ui/demo", "/verify-email", "/favicon.ico", "/robots.txt", "/.env",
    ],
)  # fmt: skip
def test_no_other_path_is_answered_with_the_page(path: str, anonymous: APIClient) -> None:
    answer = anonymous.get(path, follow=True)
    assert PAGE not in answer.content
    assert answer.status_code == (200 if path.startswith("/admin") else 404)


@pytest.mark.usefixtures("build")
def test_only_reading_is_allowed(anonymous: APIClient) -> None:
    assert anonymous.post("/acme", {}, format="json").status_code == 405
    assert anonymous.post("/api/v1/nowhere", {}, format="json").status_code == 404


@pytest.mark.usefixtures("build")
def test_the_page_runs_no_code_but_ours_and_stands_in_no_frame(anonymous: APIClient) -> None:
    answer = anonymous.get("/acme")
    policy = dict(rule.split(" ", 1) for rule in answer["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Referrer-Policy"] == "same-origin"


def test_without_a_build_the_page_says_how_to_make_one(
    settings: LazySettings, tmp_path: Path, anonymous: APIClient
) -> None:
    settings.DASHBOARD_BUILD = tmp_path / "nothing"
    answer = anonymous.get("/acme")
    assert answer.status_code == 503
    assert b"make dev" in answer.content


def test_collected_files_keep_the_names_of_the_build_and_never_change(
    build: Path, settings: LazySettings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    script = build / "assets" / "index-Dx3_k-9Q.js"
    script.parent.mkdir()
    script.write_text("const answer = 'the same words compress well'\n" * 50)
    settings.STATIC_ROOT = tmp_path_factory.mktemp("collected")
    settings.STATICFILES_DIRS = [("app", build)]
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "liftos.dashboard.StaticFiles"}}
    settings.WHITENOISE_USE_FINDERS = False
    call_command("collectstatic", interactive=False, verbosity=0)
    collected = sorted(path.name for path in (settings.STATIC_ROOT / "app" / "assets").iterdir())
    assert collected == ["index-Dx3_k-9Q.js", "index-Dx3_k-9Q.js.br", "index-Dx3_k-9Q.js.gz"]
    files = WhiteNoiseMiddleware(lambda _: None).files
    name = next(url for url in files if re.fullmatch(r"/static/unfold/css/styles\.[0-9a-f]{12}\.css", url))
    for url, lasts in (("/static/app/assets/index-Dx3_k-9Q.js", True), (name, True), ("/static/app/index.html", False)):
        headers = dict(files[url].get_response("HEAD", {}).headers)
        assert ("immutable" in headers.get("Cache-Control", "")) is lasts
