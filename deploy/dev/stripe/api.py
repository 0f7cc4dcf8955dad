"""One request to the API or to the clock, from its parameters to its answer; nothing of HTTP but that."""

import base64
import binascii
import hashlib
import hmac
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from deploy.dev.stripe import clock, routes, webhooks
from deploy.dev.stripe.errors import StripeError, parameter_invalid
from deploy.dev.stripe.forms import Params, is_web_url
from deploy.dev.stripe.render import answer
from deploy.dev.stripe.store import Store

IDEMPOTENCY_SECONDS = 86_400
MAX_KEY = 255
# Ten years at a time.
MAX_ADVANCE = 10 * 366 * 86_400


@dataclass(frozen=True)
class Request:
    """What came: `values` are the nested parameters."""

    method: str
    path: str
    values: dict[str, Any]
    authorization: str = ""
    idempotency_key: str = ""


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]
    replayed: bool = False


@dataclass
class Api:
    """The API without its network."""

    store: Store
    secret_key: str
    webhook_secret: str
    courier: webhooks.Courier
    _under_way: set[str] = field(default_factory=set)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def handle(self, request: Request) -> Answer:
        try:
            self._authenticate(request.authorization)
            if request.path.startswith("/_"):
                return self._control(request)
            return self._call(request)
        except StripeError as error:
            return Answer(error.status, error.body())
        finally:
            self.courier.wake()

    def _authenticate(self, header: str) -> None:
        scheme, _, credentials = header.partition(" ")
        key = credentials.strip() if scheme.lower() == "bearer" else ""
        if scheme.lower() == "basic":
            try:
                key = base64.b64decode(credentials, validate=True).decode().partition(":")[0]
            except (binascii.Error, ValueError):
                key = ""
        if not hmac.compare_digest(key.encode(), self.secret_key.encode()):
            raise StripeError("Invalid API Key provided.", status=401)

    def _call(self, request: Request) -> Answer:
        found = routes.find(request.method, request.path)
        if found is None:
            raise StripeError(f"Unrecognized request URL ({request.method}: {request.path[:200]}).", status=404)
        key = request.idempotency_key
        if request.method != "POST" or not key:
            return self._execute(request, found)
        if len(key) > MAX_KEY:
            raise StripeError("An idempotency key has at most 255 characters.", kind="idempotency_error")
        with self._guard:
            if key in self._under_way:
                raise StripeError(
                    "There is currently another in-progress request using this Idempotent Key.",
                    status=409, kind="idempotency_error", code="idempotency_key_in_use",
                )  # fmt: skip
            self._under_way.add(key)
        try:
            return self._once(request, found, key)
        finally:
            with self._guard:
                self._under_way.discard(key)

    def _once(self, request: Request, found: Any, key: str) -> Answer:
        """Answer a key that was answered before with the same again."""
        described = json.dumps([request.method, request.path, request.values], sort_keys=True)
        fingerprint = hashlib.sha256(described.encode()).hexdigest()
        with self.store.transaction():
            self.store.rows("DELETE FROM idempotency WHERE created < ?", time.time() - IDEMPOTENCY_SECONDS)
            known = self.store.rows("SELECT fingerprint, status, body FROM idempotency WHERE key = ?", key)
        if known:
            if known[0][0] != fingerprint:
                raise StripeError(
                    "Keys for idempotent requests can only be used with the same parameters they were first used with.",
                    kind="idempotency_error",
                )
            return Answer(known[0][1], json.loads(known[0][2]), replayed=True)
        return self._execute(request, found, remember=(key, fingerprint))

    def _execute(self, request: Request, found: Any, remember: tuple[str, str] | None = None) -> Answer:
        handler, names = found
        try:
            with self.store.transaction():
                clock.catch_up(self.store, self.store.now())
                params = Params(request.values)
                paths = params.texts("expand")
                body = answer(self.store, handler(self.store, params, *names), paths)
                self._remember(remember, 200, body)
        except StripeError as error:
            if error.status == 402:  # noqa: PLR2004 - a payment was tried: that is an answer to keep
                with self.store.transaction():
                    self._remember(remember, error.status, error.body())
            raise
        return Answer(200, body)

    def _remember(self, key: tuple[str, str] | None, status: int, body: dict[str, Any]) -> None:
        if key:
            query = "INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?, ?)"
            self.store.rows(query, *key, status, json.dumps(body), time.time())

    def _control(self, request: Request) -> Answer:
        """Answer what only a stand-in can be asked."""
        params = Params(request.values)
        with self.store.transaction():
            body = self._controls(request, params)
            params.done()
        return Answer(200, body)

    def _controls(self, request: Request, params: Params) -> dict[str, Any]:
        store = self.store
        body: dict[str, Any] = {}
        match request.method, request.path:
            case "POST", "/_clock":
                seconds = params.integer("advance_seconds", low=0, high=MAX_ADVANCE) or 0
                body = {"done": clock.advance(store, seconds), "now": store.now(), "offset": store.offset()}
            case "GET", "/_clock":
                body = {"now": store.now(), "offset": store.offset()}
            case "POST", "/_deliveries":
                store.set_setting("deliveries_paused", "1" if params.flag("paused") else "0")
                self.courier.wake(at_once=True)
                body = self._deliveries()
            case "GET", "/_deliveries":
                body = self._deliveries()
            case "GET", "/_events":
                body = {"data": list(reversed(store.all("event")))}
            case "POST", "/_redeliver":
                ids = params.texts("ids") if params.has("ids") else None
                body = {"queued": webhooks.redeliver(store, ids)}
            case "POST", "/_webhook":
                body = self._set_webhook(params.text("url") or "")
            case method, path:
                raise StripeError(f"Unrecognized request URL ({method}: {path[:200]}).", status=404)
        return body

    def _set_webhook(self, url: str) -> dict[str, Any]:
        if url and not is_web_url(url):
            raise parameter_invalid("Not a valid URL", "url", code="url_invalid")
        webhooks.set_own_endpoint(self.store, url, self.webhook_secret)
        self.courier.wake(at_once=True)
        return {"url": url}

    def _deliveries(self) -> dict[str, Any]:
        pending = self.store.rows("SELECT count(*) FROM deliveries")[0][0]
        return {"paused": self.store.setting("deliveries_paused") == "1", "pending": pending}
