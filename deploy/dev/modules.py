"""The modules of this checkout: where they are, which ports they get, and how each is run."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from deploy.dev.state import LOOPBACK, REPOSITORY, free_port
from deploy.dev.supervisor import UNSET, ProcessSpec

MANIFEST = "module.json"
# Below `modules/`, but no modules.
_NO_MODULES = frozenset({"sdk", "template"})
# Where the platform lets modules live in development, see `MODULE_ADDRESSES`; taken ports are replaced by these.
FIRST_PORT, LAST_PORT = 9001, 9999


@dataclass(frozen=True, slots=True)
class LocalModule:
    """A module's folder with the port that it gets in this run."""

    folder: Path
    module_id: str
    port: int

    @property
    def base_url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"


def module_folders() -> list[Path]:
    """Return the folders below `modules/`, and below those that `MODULE_FOLDERS` names, that hold a manifest."""
    roots = [
        REPOSITORY / "modules",
        *(Path(one) for one in filter(None, os.environ.get("MODULE_FOLDERS", "").split(":"))),
    ]
    found = (path.parent for root in roots for path in sorted(root.glob(f"*/{MANIFEST}")))
    return [folder for folder in found if folder.name not in _NO_MODULES and (folder / "app.py").is_file()]


def local_modules(folders: Sequence[Path]) -> tuple[list[LocalModule], list[str]]:
    """Give every module a free port, its own if it can be had; return them and what is wrong with the others."""
    modules: list[LocalModule] = []
    problems = []
    taken: set[int] = set()
    for folder in folders:
        try:
            manifest = json.loads((folder / MANIFEST).read_text())
            wanted = urlsplit(manifest["base_url"]).port or FIRST_PORT
            port = next(port for port in _ports(wanted) if port not in taken and free_port(port) == port)
            modules.append(LocalModule(folder, str(manifest["module_id"]), port))
        except (OSError, ValueError, KeyError, TypeError, StopIteration) as error:
            problems.append(f"{folder.name}: {MANIFEST} cannot be used ({error})")
            continue
        taken.add(port)
    return modules, problems


def manifests_write(modules: Sequence[LocalModule], folder: Path) -> list[Path]:
    """Write the manifests as they hold in this run, each with the address that its module has got."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for module in modules:
        manifest = json.loads((module.folder / MANIFEST).read_text())
        path = folder / f"{module.module_id}.json"
        path.write_text(json.dumps({**manifest, "base_url": module.base_url}, indent=2))
        paths.append(path)
    return paths


def module_specs(
    modules: Sequence[LocalModule], platform_url: str, issuer: str, *, key: str, logs: str
) -> tuple[ProcessSpec, ...]:
    """Return the processes of the modules: each restarts itself when its code changes, and none holds up the start."""
    return tuple(
        ProcessSpec(
            module.module_id,
            (
                sys.executable, "-m", "lift_sdk", "run", str(module.folder), "--host", LOOPBACK,
                "--port", str(module.port), "--reload",
            ),
            environment={
                "LIFT_PLATFORM_URL": platform_url,
                "LIFT_ISSUER": issuer,
                "LIFT_BASE_URL": module.base_url,
                "LIFT_REGISTRATION_KEY": key,
                "LIFT_LOG_FOLDER": logs,
                # Its figures are its own, scraped at its own address.
                "PROMETHEUS_MULTIPROC_DIR": UNSET,
            },
            required=False,
        )
        for module in modules
    )  # fmt: skip


def _ports(wanted: int) -> Iterator[int]:
    yield wanted
    yield from range(FIRST_PORT, LAST_PORT + 1)
