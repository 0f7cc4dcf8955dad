"""Serves an ASGI app on the loopback interface from a thread of the test's process."""

import threading
import time
from types import TracebackType
from typing import Any, Self

import uvicorn

from lift_sdk.listening import listen

_START_SECONDS = 10.0
_STOP_SECONDS = 10.0


class LoopbackServer:
    """Listens on a free port of 127.0.0.1 while it is entered; `url` is known from the beginning."""

    def __init__(self, app: Any) -> None:
        self._listener = listen("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1, ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}, name="loopback", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        ends = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > ends:
                raise RuntimeError("the app did not start; its log says why")
            time.sleep(0.005)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.should_exit = True
        self._thread.join(_STOP_SECONDS)
        self._listener.close()
