"""`python -m deploy.dev COMMAND`: the commands behind `make dev`, `dev-up`, `dev-down`, `dev-status`."""

import argparse
import sys

from deploy.dev import background
from deploy.dev.console import Console
from deploy.dev.platform import Platform
from deploy.dev.services import Services
from deploy.dev.state import STATE_DIR
from deploy.dev.stop import StopFlag


def main() -> int:
    arguments = _parser().parse_args()
    console = Console()
    match arguments.command:
        case "run":
            return Platform(STATE_DIR, console, StopFlag(), detached=arguments.detached).run()
        case "up":
            return background.up(STATE_DIR, console)
        case "down":
            return background.down(STATE_DIR, console)
        case "status":
            return background.status(STATE_DIR, console, as_json=arguments.json)
        case "services-start":
            Services(STATE_DIR).start()
        case "services-stop":
            Services(STATE_DIR).stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.dev", description="Run the whole platform on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run in this terminal until Ctrl-C")
    run.add_argument("--detached", action="store_true", help=argparse.SUPPRESS)
    commands.add_parser("up", help="start in the background and wait until it is ready")
    commands.add_parser("down", help="stop it, wherever it was started")
    status = commands.add_parser("status", help="say what runs")
    status.add_argument("--json", action="store_true", help="as one JSON object")
    commands.add_parser("services-start", help="start PostgreSQL and Redis alone")
    commands.add_parser("services-stop", help="stop PostgreSQL and Redis")
    return parser


if __name__ == "__main__":
    sys.exit(main())
