#!/usr/bin/env python
"""Commands for operators. They run in the public scope; a command that works on an organisation opens its scope."""

import os
import sys

from django.core.management import execute_from_command_line

from liftos.env import settings_module


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings_module())
    from apps.core.tenancy.scope import public_scope  # noqa: PLC0415 - settings must be named first

    with public_scope():
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
