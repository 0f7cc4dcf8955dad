"""The last lines of a start: where everything is, and who may log in."""

import os
from pathlib import Path

from deploy.dev.console import BOLD, GREEN, Console
from deploy.dev.record import Run
from deploy.dev.state import read_env

LOGINS = (
    ("Owner", "demo@northwind.example"),
    ("Viewer", "viewer@northwind.example"),
    ("Operator", "operator@liftos.example"),
)


def show(console: Console, state: Path, run: Run, seconds: float | None, *, detached: bool) -> None:
    """Print the table; `seconds` is how long the start took, None if it ran already."""
    title = "Lift OS is ready" if seconds is None else f"Lift OS is ready after {seconds:.1f} s"
    rows = [
        ("Dashboard", f"{run.url}/"),
        ("API docs", f"{run.url}/docs"),
        ("Admin", f"{run.url}/admin/"),
        ("Health", f"{run.url}/health/ready"),
        ("Mails", shown(state / "mail")),
    ]
    values = read_env(state / "dev.env")
    if stripe := values.get("STRIPE_API_HOST"):
        rows.append(("Stripe", f"{stripe}/ (a stand-in; no money moves)"))
    password = os.environ.get("DEMO_PASSWORD") or values.get("DEMO_PASSWORD", "")
    logins = [(role, f"{address:<26} {password}") for role, address in LOGINS]
    end = "Stop it with `make dev-down`." if detached else "Press Ctrl-C to stop."
    lines = [
        "",
        console.paint(BOLD + GREEN, title),
        "",
        *(f"  {name:<10} {value}" for name, value in rows),
        "",
        *(f"  {role:<10} {login}" for role, login in logins),
        "",
        console.paint(BOLD, end),
    ]
    console.say("\n".join(lines))


def shown(path: Path) -> str:
    """Return a path relative to the current folder if it lies inside."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
