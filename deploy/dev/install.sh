#!/bin/sh
# Makes the virtual environment .venv and installs what uv.lock says, nothing else. Called by `make install`.
set -eu

fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null
}

if ! { [ -x .venv/bin/python ] && fits .venv/bin/python; }; then
    found=
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if fits "$candidate"; then
            found=$candidate
            break
        fi
    done
    if [ -z "$found" ]; then
        echo "Python 3.11, 3.12 or 3.13 is needed; tried: ${PYTHON:-python3 python3.13 python3.12 python3.11}." >&2
        echo "Install one, or name it: make install PYTHON=/path/to/python3.12" >&2
        exit 1
    fi
    if ! output=$("$found" -m venv --clear .venv 2>&1); then
        rm -rf .venv
        echo "$output" >&2
        echo "$found cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 1
    fi
fi

echo "Installing the Python packages (about a minute the first time)"
# The version of uv is the locked one, too.
version=$(sed -n '/^name = "uv"$/{n;s/^version = "\(.*\)"$/\1/p;}' uv.lock)
if [ "$(.venv/bin/uv --version 2>/dev/null | cut -d ' ' -f 2)" != "$version" ]; then
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$version"
fi
UV_PROJECT_ENVIRONMENT=.venv UV_PYTHON_DOWNLOADS=never .venv/bin/uv sync --frozen --quiet
