"""The dashboard's tools: `python -m deploy.dev.frontend build | test | dev`. Node is needed here, and only here.

Packages are installed when the lock file has changed, and the build is made when its sources have; stamps in
`node_modules` and `dist` say what each was made of.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from filelock import FileLock

from deploy.dev.console import BOLD, DIM, GREEN, RED, Console
from deploy.dev.state import REPOSITORY, STATE_DIR, read_env

FRONTEND = REPOSITORY / "frontend"
BUILD = FRONTEND / "dist"
# Vite writes beside the build in use, which is replaced at once when all is there.
NEXT_BUILD = FRONTEND / "dist-next"
OLD_BUILD = FRONTEND / "dist-old"
INSTALLED = FRONTEND / "node_modules" / ".lift-installed"
BUILT = ".lift-built"
LOCKED = ("package.json", "package-lock.json", ".npmrc")
SOURCES = (*LOCKED, "index.html", "vite.config.ts", "tsconfig.json", "public", "src")
NODE_MAJOR = 20
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
MEMORY_OF_LINES = 40


class FrontendError(Exception):
    """A step of the dashboard's tools has failed; the text says why and what to do."""


def packages_install(console: Console) -> None:
    """Install what the lock file says, unless that has been done."""
    node_require()
    INSTALLED.parent.parent.mkdir(exist_ok=True)
    STATE_DIR.mkdir(parents=True, exist_ok=True)
    with FileLock(STATE_DIR / "frontend.lock"):
        wanted = fingerprint(FRONTEND, LOCKED)
        if _read(INSTALLED) == wanted:
            return
        console.say("  Installing the dashboard's packages (half a minute the first time)")
        _quietly("npm", "ci", "--no-audit", "--no-fund", "--loglevel", "error")
        INSTALLED.write_text(wanted)


def is_built() -> bool:
    return _read(BUILD / BUILT) == fingerprint(FRONTEND, SOURCES)


def build(console: Console) -> None:
    """Build the dashboard, unless the build there is was made of the same sources."""
    if is_built():
        return
    packages_install(console)
    with FileLock(STATE_DIR / "frontend-build.lock"):
        # Before the build: a file that changes meanwhile makes the next call build again.
        made_of = fingerprint(FRONTEND, SOURCES)
        if _read(BUILD / BUILT) == made_of:
            return
        console.say("  Building the dashboard")
        _quietly("npm", "run", "--silent", "build", "--", "--outDir", NEXT_BUILD.name, "--emptyOutDir")
        # Small answers in development too; in production `collectstatic` does the same.
        _quietly(sys.executable, "-m", "whitenoise.compress", "--quiet", NEXT_BUILD.name)
        (NEXT_BUILD / BUILT).write_text(made_of)
        shutil.rmtree(OLD_BUILD, ignore_errors=True)
        if BUILD.exists():
            BUILD.rename(OLD_BUILD)
        NEXT_BUILD.rename(BUILD)
        shutil.rmtree(OLD_BUILD, ignore_errors=True)


def script_problem(script: str) -> str:
    """Run a script of package.json; return what is wrong, or nothing."""
    try:
        packages_install(Console(sys.stderr))
        _quietly("npm", "run", "--silent", script)
    except FrontendError as error:
        return str(error)
    return ""


def test(console: Console) -> None:
    """Test the parts, measure the build, and use the whole platform in a browser: all, whatever the others say."""
    packages_install(console)
    build(console)
    browser = browser_require(console)
    failed = []
    for name, script in (("parts", "test"), ("sizes", "size"), ("browser", "e2e")):
        try:
            _step(console, name, "npm", "run", "--silent", script, CHROMIUM=browser, PYTHON=sys.executable)
        except FrontendError as error:
            failed.append(str(error))
    if failed:
        raise FrontendError("\n".join(failed))


def develop(console: Console) -> None:
    """Become the development server with hot reload, in front of the platform of `make dev`."""
    packages_install(console)
    platform = read_env(STATE_DIR / "dev.env").get("PUBLIC_URL", "http://localhost:8000")
    console.say(f"API calls go to {platform}, which `make dev` starts.")
    os.chdir(FRONTEND)
    os.execvpe("npm", ["npm", "run", "dev"], {**os.environ, "LIFT_PLATFORM": platform})  # noqa: S606, S607 - npm is found on the path


def node_require() -> None:
    """Raise `FrontendError` if there is no Node that is new enough."""
    advice = f"The dashboard is built with Node {NODE_MAJOR} or newer and npm"
    if not (shutil.which("node") and shutil.which("npm")):
        raise FrontendError(f"{advice}; they are not on the path. On Debian and Ubuntu: apt-get install nodejs npm")
    version = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout.strip()  # noqa: S607 - node is found on the path
    if int(version.removeprefix("v").partition(".")[0]) < NODE_MAJOR:
        raise FrontendError(f"{advice}; this is Node {version}.")


def browser_require(console: Console) -> str:
    """Return the path of a Chromium, which is installed if that is possible without asking."""
    named = os.environ.get("CHROMIUM")
    if found := named or next(filter(None, map(shutil.which, BROWSERS)), None):
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        console.say("  Installing Chromium")
        _quietly("apt-get", "update", "-qq")
        _quietly("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")
        if found := shutil.which("chromium"):
            return found
    raise FrontendError(
        "The browser tests need Chromium: apt-get install chromium, or name one in the variable CHROMIUM."
    )


def fingerprint(root: Path, names: Iterable[str]) -> str:
    """Return a hash of the names and contents of files, and of the files below folders."""
    digest = hashlib.sha256()
    for name in names:
        path = root / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                content = file.read_bytes()
                digest.update(f"{file.relative_to(root)}\0{len(content)}\0".encode())
                digest.update(content)
    return digest.hexdigest()


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _quietly(*command: str) -> None:
    """Run a command and show nothing; raise `FrontendError` with its last lines if it fails."""
    done = subprocess.run(  # noqa: S603 - our own commands
        command, check=False, cwd=FRONTEND, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode != 0:
        lines = done.stdout.decode(errors="replace").strip().splitlines()[-MEMORY_OF_LINES:]
        raise FrontendError("\n".join([f"`{' '.join(command[:3])}` failed:", *lines]))


def _step(console: Console, name: str, *command: str, **variables: str) -> None:
    console.say(f"{console.paint(BOLD, 'dashboard')}: {name}")
    began = time.monotonic()
    environment: Mapping[str, str] = {**os.environ, **variables}
    done = subprocess.run(command, check=False, cwd=FRONTEND, env=environment, stdin=subprocess.DEVNULL)  # noqa: S603 - our own commands
    if done.returncode != 0:
        raise FrontendError(f"The dashboard's {name} failed; see above.")
    console.say(console.paint(DIM, f"  {name} took {time.monotonic() - began:.1f} s"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.dev.frontend", description="The dashboard's tools.")
    parser.add_argument("command", choices=["build", "test", "dev"])
    console = Console()
    try:
        match parser.parse_args().command:
            case "build":
                build(console)
            case "test":
                test(console)
                console.say(console.paint(GREEN, "The dashboard's tests passed."))
            case "dev":
                develop(console)
    except FrontendError as error:
        console.say(console.paint(RED, str(error)))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
