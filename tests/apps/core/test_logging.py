"""The access log: one line for each request, without what a reader could use."""

import logging
from typing import Any

import pytest

import liftos.wsgi  # noqa: F401 - adds the filter to the server's logger


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/api/v1/memory", "/api/v1/memory"),
        ("/x\nERROR forged 200", "/x\\nERROR forged 200"),
        ("/x\r\x1b[31mred\x00\x85\u2028", "/x\\r\\x1b[31mred\\x00\\x85\\u2028"),
        ("/verify-email/NA:1xVp0v:secret", "/verify-email/..."),
        ("/verify-email/a\nsecret", "/verify-email/..."),
        ("/café", "/café"),
    ],
)
def test_a_path_cannot_forge_a_line_or_show_a_key(path: str, shown: str) -> None:
    seen: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record.getMessage())

    logger, handler = logging.getLogger("granian.access"), Keep()
    arguments: dict[str, Any] = {"method": "GET", "path": path, "status": 404}
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        logger.info("%(method)s %(path)s %(status)d", arguments)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    assert seen == [f"GET {shown} 404"]
