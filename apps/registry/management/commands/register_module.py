"""Register a module by its manifest; the same manifest again changes nothing."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.accounts.models import Organization
from apps.billing.exceptions import QuotaExceeded
from apps.core.strict_json import loads
from apps.core.tenancy.scope import public_scope
from apps.registry.exceptions import InvalidManifest
from apps.registry.selectors import registered_present
from apps.registry.services.installations import module_enable
from apps.registry.services.modules import module_register


class Command(BaseCommand):
    help = "Register a module, or a new version of it, by its manifest (module.json)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="manifests")
        parser.add_argument("--enable-for", metavar="SLUG", help="enable them for this organisation, with full consent")
        parser.add_argument("--json", dest="as_json", action="store_true", help="print each result as a JSON object")

    def handle(self, *, files: Sequence[Path], enable_for: str | None, as_json: bool, **options: Any) -> None:
        problems = []
        for file in files:
            try:
                manifest = self._register(file, as_json=as_json)
                if enable_for:
                    self._enable(manifest, enable_for)
            except CommandError as error:
                problems.append(str(error))
        if problems:
            raise CommandError("\n".join(problems))

    def _enable(self, manifest: Mapping[str, Any], slug: str) -> None:
        with public_scope():
            organization = Organization.objects.filter(slug=slug).first()
            if organization is None:
                raise CommandError(f"There is no organisation {slug}.")
            try:
                module_enable(
                    organization_id=organization.id,
                    module_id=manifest["module_id"],
                    permissions_accepted=manifest["permissions"],
                    user_id=None,
                    now=timezone.now(),
                )
            except QuotaExceeded as error:
                raise CommandError(f"{slug}: {error.detail}") from None

    def _register(self, file: Path, *, as_json: bool) -> Mapping[str, Any]:
        """Register one manifest, print what came of it, and return it."""
        try:
            manifest = loads(file.read_bytes())
        except (OSError, ValueError) as error:
            raise CommandError(f"{file} cannot be read: {error}") from None
        try:
            with public_scope():
                registered = module_register(manifest=manifest, now=timezone.now())
        except InvalidManifest as error:
            rows: Any = error.extra.get("errors", [])
            text = "\n".join(f"  {row['pointer'] or '/'}: {row['detail']}" for row in rows)
            raise CommandError(f"{file}: {error.detail}\n{text}") from None
        result = registered_present(registered)
        if as_json:
            self.stdout.write(json.dumps(result))
            return dict(manifest)
        self.stdout.write(f"{registered.module_id} {registered.version}: {registered.status} ({registered.state})")
        for change in result["changes"]:
            self.stdout.write(f"  {change['field']}")
            self.stdout.write(f"  - {json.dumps(change['before'])}")
            self.stdout.write(f"  + {json.dumps(change['after'])}")
        return dict(manifest)
