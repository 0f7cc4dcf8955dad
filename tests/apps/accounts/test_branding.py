"""Branding and custom domains: proven by DNS, and choosing nothing but how the sign-in looks."""

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image, PngImagePlugin
from rest_framework.test import APIClient

from apps.accounts.models import Branding, Domain, Organization
from apps.accounts.permissions import Role
from apps.accounts.services.domains import domains_recheck
from tests.apps.accounts.conftest import events, seconds_pass
from tests.factories.dns import dns_server
from tests.factories.fixtures import ClientFactory

BRANDING = "/api/v1/orgs/current/branding"
DOMAINS = "/api/v1/orgs/current/domains"
HOST = "sign-in.acme.example"


def picture(kind: str = "PNG", size: tuple[int, int] = (900, 300), **extra: Any) -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", size, "#cc3344").save(file, kind, **extra)
    file.seek(0)
    file.name = f"logo.{kind.lower()}"
    return file


def upload(client: Any, file: Any) -> Any:
    return client.put(f"{BRANDING}/logo", {"file": file}, format="multipart")


def test_name_and_colours_are_chosen_and_given_back(owner: Any) -> None:
    body = {"name": "Acme Labs", "primary_color": "#AABBCC"}
    assert owner.patch(BRANDING, body, format="json").json() == {
        "name": "Acme Labs",
        "primary_color": "#aabbcc",
        "accent_color": None,
        "logo_url": None,
    }
    assert owner.get("/api/v1/auth/me").json()["org"]["branding"]["primary_color"] == "#aabbcc"
    assert owner.patch(BRANDING, {"primary_color": None}, format="json").json()["primary_color"] is None
    for wrong in ("red", "#abc", "#aabbcc;background:url(x)", 7):
        assert owner.patch(BRANDING, {"primary_color": wrong}, format="json").status_code == 400


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_logo_is_written_anew_and_served_to_anybody(kind: str, owner: Any, anonymous: APIClient) -> None:
    url = upload(owner, picture(kind)).json()["logo_url"]
    answer = anonymous.get(url)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert "immutable" in answer["Cache-Control"]
    with Image.open(io.BytesIO(answer.content)) as kept:
        assert (kept.format, kept.size) == ("PNG", (512, 171))
    assert owner.delete(f"{BRANDING}/logo").status_code == 204
    assert anonymous.get(url).status_code == 404
    assert owner.get(BRANDING).json()["logo_url"] is None


def test_nothing_but_the_picture_survives(owner: Any, anonymous: APIClient) -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "<script>alert(1)</script>")
    file = picture("PNG", pnginfo=notes)
    file.seek(0, io.SEEK_END)
    file.write(b"<?php system($_GET['c']); ?>")
    file.seek(0)
    kept = anonymous.get(upload(owner, file).json()["logo_url"]).content
    assert b"script" not in kept
    assert b"php" not in kept


@pytest.mark.parametrize(
    "file",
    [
        io.BytesIO(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        io.BytesIO(b"GIF89a" + b"\0" * 100),
        io.BytesIO(b""),
        io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"\0" * 60),
        io.BytesIO(b"x" * (512 * 1024 + 1)),
        picture("PNG", (3000, 3000)),
    ],
    ids=["svg", "gif", "empty", "broken", "too large", "too many pixels"],
)
def test_what_is_no_picture_that_we_take_is_refused(file: io.BytesIO, owner: Any) -> None:
    file.seek(0)
    file.name = "logo.png"
    answer = upload(owner, file)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/file")
    assert not Branding.objects.exclude(logo_hash="").exists()


# --- Domains ---


@pytest.fixture
def records(settings: Any) -> Iterator[dict[str, list[str]]]:
    """The TXT records of a DNS server that the platform asks; empty at first."""
    known: dict[str, list[str]] = {}
    with dns_server(known) as address:
        settings.DNS_SERVERS = [address]
        yield known


def add(client: Any, domain: str = HOST) -> Any:
    return client.post(DOMAINS, {"domain": domain}, format="json")


def verify(client: Any, row: Any) -> Any:
    return client.post(f"{DOMAINS}/{row['id']}/verify")


def branding_at(host: str) -> Any:
    return APIClient().get("/api/v1/branding", headers={"Host": host})


def test_a_domain_counts_once_it_is_proven(owner: Any, records: dict[str, list[str]], settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "testserver"]
    owner.patch(BRANDING, {"name": "Acme Labs", "primary_color": "#aabbcc"}, format="json")
    row = add(owner, f" {HOST.upper()}. ").json()
    assert (row["domain"], row["status"], row["txt_name"]) == (HOST, "pending", f"_liftos.{HOST}")
    refused = verify(owner, row)
    assert (refused.status_code, refused.json()["code"]) == (400, "domain_not_proven")
    assert branding_at(HOST).status_code == 400
    records[row["txt_name"]] = ["v=spf1 -all", row["txt_value"]]
    assert verify(owner, row).json()["status"] == "verified"
    seconds_pass()
    assert branding_at(f"{HOST}:8000").json() == {
        "name": "Acme Labs",
        "primary_color": "#aabbcc",
        "accent_color": None,
        "logo_url": None,
        "organization": {"slug": "acme", "name": "Acme"},
    }
    assert branding_at("localhost").json()["organization"] is None
    assert branding_at("other.example").status_code == 400
    assert owner.delete(f"{DOMAINS}/{row['id']}").status_code == 204
    seconds_pass()
    assert branding_at(HOST).status_code == 400


def test_a_host_name_chooses_nobody_s_data(
    acme: Organization, globex: Organization, client_of: ClientFactory, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "testserver"]
    Domain.objects.create(tenant=globex, domain=HOST, verified_at=timezone.now(), is_primary=False)
    client = client_of(acme)
    answer = client.get("/api/v1/auth/me", headers={"Host": HOST})
    assert (answer.status_code, answer.json()["org"]["slug"]) == (200, "acme")


def test_a_proof_of_one_organisation_proves_nothing_for_another(
    owner: Any, globex: Organization, client_of: ClientFactory, records: dict[str, list[str]]
) -> None:
    thief = client_of(globex)
    theirs = add(thief).json()
    # What nobody has proven stands in nobody's way.
    mine = add(owner).json()
    records[mine["txt_name"]] = [mine["txt_value"]]
    assert verify(thief, theirs).status_code == 404
    assert verify(owner, mine).status_code == 200
    assert add(thief).json()["code"] == "domain_taken"
    assert add(owner).json()["code"] == "conflict"


@pytest.mark.parametrize(
    "domain",
    [
        "localhost",
        "127.0.0.1",
        "a b.example",
        "http://x.example",
        "-x.example",
        "x..example",
        "x.1",
        "*.x.example",
        "x" * 250 + ".com",
    ],
)
def test_only_host_names_are_domains(domain: str, owner: Any) -> None:
    assert add(owner, domain).status_code == 400


def test_a_proof_that_is_gone_counts_for_three_more_days(owner: Any, records: dict[str, list[str]]) -> None:
    row = add(owner).json()
    records[row["txt_name"]] = [row["txt_value"]]
    verify(owner, row)
    now = timezone.now()
    assert domains_recheck(now=now) == 0
    assert domains_recheck(now=now + timedelta(days=1, minutes=1)) == 1
    records.clear()
    assert domains_recheck(now=now + timedelta(days=3)) == 1
    assert owner.get(DOMAINS).json()["results"][0]["status"] == "failing"
    assert domains_recheck(now=now + timedelta(days=5)) == 1
    assert owner.get(DOMAINS).json()["results"][0]["status"] == "failing"
    assert domains_recheck(now=now + timedelta(days=7)) == 1
    assert owner.get(DOMAINS).json()["results"][0]["status"] == "pending"
    assert len(events("domain.failing")) == 1


def test_members_see_domains_and_admins_change_them(acme: Organization, owner: Any, client_of: ClientFactory) -> None:
    add(owner)
    member = client_of(acme, Role.MEMBER)
    assert member.get(DOMAINS).json()["total"] == 1
    assert add(member, "other.acme.example").status_code == 403
    assert Domain.objects.count() == 1
