"""Puts the request id on every log record, and keeps the server's access log to one honest line for each request."""

import logging
import re

from apps.core.request_context import request_id

# The key in such a path proves an address: whoever reads it in a log could use it.
_SECRET_PATH = re.compile(r"\A(/verify-email/).+", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id()
        return True


class AccessLogFilter(logging.Filter):
    """For a server that logs decoded paths: one with a line feed or an escape sequence in it would forge log lines."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, dict):
            record.args = {name: _plain(value) for name, value in record.args.items()}
        return True


def _plain(value: object) -> object:
    if not isinstance(value, str):
        return value
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], _SECRET_PATH.sub(r"\1...", value))
