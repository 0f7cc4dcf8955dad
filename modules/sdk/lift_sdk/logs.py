"""One JSON object a line on standard output, and in a folder that is named, with the request that it is about."""

import json
import logging
import os
import re
import socket
import sys
import time
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

from lift_sdk.context import current

# What every record has; the rest is what the caller gave as `extra`.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_MAX_VALUE = 2_000
_MAX_FILE_BYTES = 50 * 1024 * 1024
# Keys of the platform, tokens, and what a header carries: whoever reads one in a log could use it.
_SECRETS = re.compile(r"lift_live_\w{6,}|\beyJ[\w-]+\.[\w-]+\.[\w-]*|(?<=Bearer )[^\s\"]+|\b(?:sk|rk)[_-]\w{16,}")


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
            "process": self._module_id,
            "pid": os.getpid(),
        }
        if context := current():
            line["request_id"] = context.request_id
            line["trace_id"] = context.traceparent.split("-")[1]
            if context.caller:
                line |= {"organization_id": context.caller.org_id, "user_id": context.caller.user_id}
        for name, value in vars(record).items():
            if name not in _STANDARD and name not in line:
                line[name] = value[:_MAX_VALUE] if isinstance(value, str) else value
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _SECRETS.sub("[secret]", json.dumps(line, default=str))


class ProcessFile(WatchedFileHandler):
    """A file of this process alone, as the platform's own processes keep them; a full one is moved aside."""

    def __init__(self, folder: Path, module_id: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(folder / f"{module_id}-{socket.gethostname()}-{os.getpid()}.jsonl", encoding="utf-8")

    def emit(self, record: logging.LogRecord) -> None:
        if self.stream is not None and self.stream.tell() > _MAX_FILE_BYTES:
            path = Path(self.baseFilename)
            path.replace(path.with_suffix(f".{time.time_ns()}.jsonl"))
        super().emit(record)


def configure(module_id: str, level: str, folder: str = "") -> None:
    """Send the log of the whole process to standard output, and to a file in `folder` if one is named, as JSON.

    `level` is a name such as `INFO`.
    """
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stdout)]
    if folder:
        handlers.append(ProcessFile(Path(folder), module_id))
    for handler in handlers:
        handler.setFormatter(JsonFormatter(module_id))
    logging.basicConfig(handlers=handlers, level=level.upper(), force=True)
    # Each call of the platform is told at DEBUG only; it has its own line over there.
    for name in ("httpx2", "httpcore2", "watchfiles"):
        logging.getLogger(name).setLevel(logging.WARNING)
