"""Finds a module's folder and imports its app."""

import importlib
import sys
from pathlib import Path

from lift_sdk.app import ModuleApp

APP_FILE = "app.py"


class NotAModule(Exception):
    """The folder cannot be a module; the text says why."""


def import_name(folder: Path) -> str:
    """Return the dotted name of a folder's `app.py` and make it importable; raises `NotAModule`.

    It is `modules.<folder>.app` where the folder above is a package, else `<folder>.app`.
    """
    folder = folder.resolve()
    if not (folder / APP_FILE).is_file():
        raise NotAModule(f"{folder} holds no {APP_FILE}")
    parts = [folder.name]
    above = folder.parent
    while (above / "__init__.py").is_file():
        parts.insert(0, above.name)
        above = above.parent
    if not all(part.isidentifier() for part in parts):
        raise NotAModule(f"{'.'.join(parts)} cannot be imported: use letters, digits and underscores")
    if str(above) not in sys.path:
        sys.path.insert(0, str(above))
    return ".".join([*parts, APP_FILE.removesuffix(".py")])


def load_app(folder: Path) -> ModuleApp:
    """Import the app of a module's folder; raises `NotAModule`, and whatever the module raises."""
    name = import_name(folder)
    app = getattr(importlib.import_module(name), "app", None)
    if not isinstance(app, ModuleApp):
        raise NotAModule(f"{name} defines no `app` made by lift_sdk.create_app")
    return app
