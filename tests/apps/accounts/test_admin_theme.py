"""The operators' admin: its pages are the theme's own."""

import pytest
from django.test import Client

from apps.accounts.models import User

pytestmark = pytest.mark.usefixtures("db")


def test_the_fields_of_the_sign_in_are_styled() -> None:
    page = Client().get("/admin/login/").content.decode()
    # Without a class the theme leaves a field without border or background: nobody can see it.
    for name in ("username", "password"):
        tag = next(line for line in page.split("<input") if f'name="{name}"' in line)
        assert "border" in tag.partition(">")[0]


def test_the_start_page_is_not_the_one_of_django_tenants() -> None:
    operator = User.objects.create_superuser("op@example.org", "correct horse 9")
    client = Client()
    client.force_login(operator)
    assert "global schema" not in client.get("/admin/").content.decode()
