"""Writes a new module from `modules/template`."""

import json
import keyword
import re
from pathlib import Path
from urllib.parse import urlsplit

import copier

FIRST_PORT = 9101
_NAME = re.compile(r"[a-z][a-z0-9_]{1,62}")
# Folders of `modules` that are none, and areas of permissions that belong to the platform.
RESERVED = frozenset({"sdk", "template", "tests", "memory", "org", "registry", "gateway", "billing", "platform"})


class NotCreated(Exception):
    """The text says why no module was written."""


def create(modules: Path, name: str) -> Path:
    """Write the module and return its folder; `my-module` and `my_module` mean the same. Raises `NotCreated`."""
    module_id = _module_id(name)
    folder = modules / module_id
    if folder.exists():
        raise NotCreated(f"{folder.relative_to(modules.parent)} exists already.")
    answers = {"name": module_id, "title": module_id.replace("_", " ").title(), "port": next_port(modules)}
    copier.run_copy(str(modules / "template"), folder, data=answers, defaults=True, quiet=True)
    return folder


def _module_id(name: str) -> str:
    module_id = name.strip().replace("-", "_")
    if not module_id:
        raise NotCreated("Say which: make create-module name=my-module")
    if not _NAME.fullmatch(module_id):
        raise NotCreated(f"{name!r} is no name: 2 to 63 small letters, digits and dashes, a letter first.")
    if module_id in RESERVED or keyword.iskeyword(module_id):
        raise NotCreated(f"{name!r} means something else already; choose another name.")
    return module_id


def next_port(modules: Path) -> int:
    """Return the first port from 9101 on that no other module's manifest names."""
    taken = {_port(manifest) for manifest in modules.glob("*/module.json")}
    return next(port for port in range(FIRST_PORT, 65536) if port not in taken)


def _port(manifest: Path) -> int | None:
    """Return the port of a manifest, which its author may just be editing."""
    try:
        base_url: str = json.loads(manifest.read_text())["base_url"]
        return urlsplit(base_url).port
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
