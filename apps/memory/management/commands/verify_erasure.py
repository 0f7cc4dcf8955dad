"""Verify certificates of erasure, and look again for what they say is gone."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.models import Organization
from apps.core.strict_json import StrictJSONError, loads
from apps.core.tenancy.scope import organization_scope
from apps.memory.engine.certificates import certificate_fault
from apps.memory.selectors.erasures import certificate_read, erasures_verify, verifier


class Command(BaseCommand):
    help = (
        "Check the chain of an organisation's certificates of erasure and look again for what they say is gone; or, "
        "with --certificate, check one certificate as the API gave it out. Ends with 1 if one is not as it was issued."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="whose certificates; those of all without it")
        parser.add_argument("--certificate", type=Path, metavar="FILE", help="a certificate as JSON")
        parser.add_argument("--json", dest="as_json", action="store_true", help="print the result as one JSON object")

    def handle(self, *, organization: str | None, certificate: Path | None, as_json: bool, **options: Any) -> None:
        del options
        if certificate is not None:
            self._one(certificate, as_json=as_json)
            return
        owners = Organization.objects.filter(is_active=True).order_by("slug")
        if organization is not None:
            owners = owners.filter(slug=organization)
            if not owners:
                raise CommandError(f"There is no organisation {organization!r}.")
        results = {}
        for owner in owners:
            with organization_scope(owner.id):
                results[owner.slug] = erasures_verify()
            if not as_json:
                self.stdout.write(f"{owner.slug}: {_text(results[owner.slug])}")
        if as_json:
            self.stdout.write(json.dumps(results))
        bad = [slug for slug, found in results.items() if found["first_bad"] or found["found"]]
        if bad:
            raise CommandError(f"{len(bad)} of {len(results)} organisations are not as their certificates say")

    def _one(self, file: Path, *, as_json: bool) -> None:
        try:
            data = loads(file.read_bytes())
            certificate = certificate_read(data.get("certificate") or data)
            fault = certificate_fault(certificate, verifier())
        except (OSError, StrictJSONError) as error:
            raise CommandError(f"The file cannot be read: {error}") from None
        except (AttributeError, KeyError, TypeError):
            raise CommandError("The file holds no certificate.") from None
        if as_json:
            self.stdout.write(json.dumps({"valid": not fault, "reason": fault or None}))
        if fault:
            raise CommandError(f"The certificate is not as it was issued: {fault}")
        if not as_json:
            self.stdout.write("The certificate is as it was issued.")


def _text(found: dict[str, Any]) -> str:
    if found["first_bad"]:
        return f"certificate {found['first_bad']['number']} is {found['first_bad']['reason']}"
    if found["found"]:
        return "found again: " + "; ".join(f"certificate {number}: {left}" for number, left in found["found"].items())
    waiting = f", {found['open']} erasures without a certificate" if found["open"] else ""
    return f"{found['certificates']} certificates, all as they were issued, nothing found{waiting}"
