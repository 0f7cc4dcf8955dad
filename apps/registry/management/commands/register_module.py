"""Register a module by its manifest; the same manifest again changes nothing."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.core.strict_json import loads
from apps.core.tenancy.scope import public_scope
from apps.registry.exceptions import InvalidManifest
from apps.registry.selectors import registered_present
from apps.registry.services.modules import module_register


class Command(BaseCommand):
    help = "Register a module, or a new version of it, by its manifest (module.json)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="the manifest")
        parser.add_argument("--json", dest="as_json", action="store_true", help="print the result as one JSON object")

    def handle(self, *, file: Path, as_json: bool, **options: Any) -> None:
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
            return
        self.stdout.write(f"{registered.module_id} {registered.version}: {registered.status} ({registered.state})")
        for change in result["changes"]:
            self.stdout.write(f"  {change['field']}")
            self.stdout.write(f"  - {json.dumps(change['before'])}")
            self.stdout.write(f"  + {json.dumps(change['after'])}")
