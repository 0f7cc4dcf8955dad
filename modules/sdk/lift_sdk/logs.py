"""One JSON object a line on standard output, with the request that it is about."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from lift_sdk.context import current

# What every record has; the rest is what the caller gave as `extra`.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_MAX_VALUE = 2_000


class JsonFormatter(logging.Formatter):
    """`json.dumps` escapes line breaks and everything outside of ASCII, so a value cannot forge a second line."""

    def __init__(self, module_id: str) -> None:
        super().__init__()
        self._module_id = module_id

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            "module": self._module_id,
        }
        if context := current():
            line["request_id"] = context.request_id
            if context.traceparent:
                line["trace_id"] = context.traceparent.split("-")[1]
            if context.caller:
                line |= {"org_id": context.caller.org_id, "user": context.caller.user_id}
        for name, value in vars(record).items():
            if name not in _STANDARD and name not in line:
                line[name] = value[:_MAX_VALUE] if isinstance(value, str) else value
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configure(module_id: str, level: str) -> None:
    """Send the log of the whole process to standard output as JSON. `level` is a name such as `INFO`."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(module_id))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # Each call of the platform is told at DEBUG only; it has its own line over there.
    for name in ("httpx2", "httpcore2", "watchfiles"):
        logging.getLogger(name).setLevel(logging.WARNING)
