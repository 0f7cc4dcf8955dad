"""Replace the key that signs tokens; in an emergency, end what it has signed."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.accounts.services.signing_keys import signing_keys_rotate
from apps.core.exceptions import NotFound
from apps.core.tenancy.scope import public_scope


class Command(BaseCommand):
    help = "Let the next key sign tokens, and make a new next one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--emergency", action="store_true", help="revoke the present key: whoever it let in has to sign in again"
        )
        parser.add_argument(
            "--revoke",
            metavar="KID",
            action="append",
            default=[],
            help="revoke this key too; without --emergency, the present key goes on unless it is named",
        )
        parser.add_argument("--json", dest="as_json", action="store_true", help="print the result as one JSON object")

    def handle(self, *, emergency: bool, revoke: list[str], as_json: bool, **options: Any) -> None:
        try:
            with public_scope():
                states = signing_keys_rotate(now=timezone.now(), emergency=emergency, revoke=revoke)
        except NotFound as error:
            raise CommandError(error.detail) from None
        if as_json:
            self.stdout.write(json.dumps(asdict(states)))
            return
        self.stdout.write(f"{states.algorithm}: {states.current} signs; {states.next} is next")
        for kid in states.previous:
            self.stdout.write(f"{kid} still verifies")
        for kid in states.revoked:
            self.stdout.write(f"{kid} is revoked")
