"""`python -m lift_sdk run modules/<folder>` and `python -m lift_sdk check modules/<folder>`."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from lift_sdk import server
from lift_sdk.loading import NotAModule
from lift_sdk.manifest import Manifest, ManifestError

USAGE_ERROR = 2


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.command == "check":
        return check(options.folder, as_json=options.json)
    try:
        server.run(options.folder, host=options.host, port=options.port, reload=options.reload)
    except ManifestError as error:
        say(f"The manifest of {options.folder} is not valid:\n{error}")
        return USAGE_ERROR
    except NotAModule as error:
        say(str(error))
        return USAGE_ERROR
    except OSError as error:
        say(f"{options.host} cannot be listened on: {error.strerror}")
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def check(folder: Path, *, as_json: bool) -> int:
    """Print what is wrong with a manifest, a line for each field; return 0 if nothing is."""
    try:
        manifest = Manifest.load(folder)
    except ManifestError as error:
        listed = json.dumps([asdict(problem) for problem in error.problems], indent=2)
        print(listed if as_json else error)  # noqa: T201 - the output
        return 1
    print("[]" if as_json else f"{manifest.module_id} {manifest.version} is valid")  # noqa: T201 - the output
    return 0


def say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - a command line's errors


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lift_sdk", description="Run or check a Lift module.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="serve a module")
    run.add_argument("folder", type=Path, help="the module's folder, such as modules/hello")
    run.add_argument("--host", default=server.DEFAULT_HOST)
    run.add_argument("--port", type=int, help="default: that of the manifest's base_url; 0 takes a free one")
    run.add_argument("--reload", action="store_true", help="start anew when a file of the folder changes")
    checking = commands.add_parser("check", help="validate a module's manifest")
    checking.add_argument("folder", type=Path, help="the module's folder, or a manifest")
    checking.add_argument("--json", action="store_true", help="print a list of {pointer, code, detail}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
