"""Telling others: endpoints, signatures, and deliveries that go on until they are answered."""

import hashlib
import hmac
import http.client
import json
import secrets
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from deploy.dev.stripe import journal
from deploy.dev.stripe.errors import StripeError, parameter_missing
from deploy.dev.stripe.forms import Params
from deploy.dev.stripe.render import Page, listing, render
from deploy.dev.stripe.store import Record, Store, new_id

# The endpoint that the stand-in was started with.
OWN_ENDPOINT = "we_standin"
TIMEOUT_SECONDS = 20.0
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 600.0
# As long as Stripe tries in production.
GIVE_UP_SECONDS = 3 * 86_400.0
IDLE_SECONDS = 30.0


def create_endpoint(store: Store, params: Params) -> Record:
    params.needed("url")
    url, events = params.url("url") or "", params.texts("enabled_events")
    if not events:
        raise parameter_missing("enabled_events")
    record = _endpoint(store, new_id("we"), url, events, f"whsec_{secrets.token_hex(16)}")
    record |= {"description": params.text("description") or None, "metadata": params.metadata()}
    params.ignore("api_version", "connect")
    params.done()
    journal.create(store, record)
    # Told once, as Stripe does.
    return record | {"secret": record["_secret"]}


def _endpoint(store: Store, id_: str, url: str, events: list[str], secret: str) -> Record:
    return {
        "id": id_,
        "object": "webhook_endpoint",
        "api_version": journal.API_VERSION,
        "application": None,
        "created": store.now(),
        "description": None,
        "enabled_events": events,
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": url,
        "_secret": secret,
    }


def set_own_endpoint(store: Store, url: str, secret: str) -> None:
    """Send everything to `url` from now on; nothing while it is empty."""
    before = store.find("webhook_endpoint", OWN_ENDPOINT)
    record = before or _endpoint(store, OWN_ENDPOINT, url, ["*"], secret)
    store.put(record | {"url": url, "_secret": secret})


def update_endpoint(store: Store, params: Params, id_: str) -> Record:
    record = store.get("webhook_endpoint", id_)
    record["metadata"] = params.metadata(record["metadata"])
    record["url"] = params.url("url") or record["url"]
    record["enabled_events"] = params.texts("enabled_events") or record["enabled_events"]
    if params.has("description"):
        record["description"] = params.text("description") or None
    if (disabled := params.flag("disabled")) is not None:
        record["status"] = "disabled" if disabled else "enabled"
    params.done()
    return journal.update(store, record)


def delete_endpoint(store: Store, params: Params, id_: str) -> Record:
    record = store.get("webhook_endpoint", id_)
    params.done()
    if id_ == OWN_ENDPOINT:
        raise StripeError("This endpoint belongs to the stand-in itself.")
    store.rows("DELETE FROM deliveries WHERE endpoint = ?", id_)
    return journal.remove(store, record)


def list_events(store: Store, params: Params) -> Page:
    kind, kinds = params.text("type"), params.texts("types")
    records = [
        record
        for record in store.all("event")
        if (kind is None or _matches(record["type"], kind)) and (not kinds or record["type"] in kinds)
    ]
    params.ignore("delivery_success")
    return listing(params, records, "/v1/events")


def _matches(type_: str, wanted: str) -> bool:
    return type_.startswith(wanted[:-1]) if wanted.endswith(".*") else type_ == wanted


def redeliver(store: Store, ids: list[str] | None) -> int:
    """Queue events for the stand-in's own endpoint once more, all of them if none are named; return how many."""
    known = [record["id"] for record in reversed(store.all("event"))]
    chosen = [id_ for id_ in known if ids is None or id_ in ids]
    for id_ in chosen:
        journal.queue(store, id_, OWN_ENDPOINT)
    return len(chosen)


def signature(secret: str, body: bytes, moment: int) -> str:
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


@dataclass(frozen=True)
class Delivery:
    seq: int
    url: str
    secret: str
    body: bytes
    attempts: int
    created: float


class Courier:
    """The thread that delivers, in order. No answer at all holds up the rest, a refusal only what was refused."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._wake = threading.Event()
        self._stopping = False
        self._away_until = 0.0
        self._silences = 0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()
        self._thread.join(TIMEOUT_SECONDS)

    def wake(self, *, at_once: bool = False) -> None:
        if at_once:
            self._away_until, self._silences = 0.0, 0
        self._wake.set()

    def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            delivery, pause = self._next()
            if delivery is None:
                self._wake.wait(pause)
            else:
                self._settle(delivery, self._send(delivery))

    def _next(self) -> tuple[Delivery | None, float]:
        """Return what is to be delivered now, or how long there is nothing."""
        now = time.time()
        if self._away_until > now:
            return None, self._away_until - now
        with self._store.transaction():
            if self._store.setting("deliveries_paused") == "1":
                return None, IDLE_SECONDS
            self._store.rows("DELETE FROM deliveries WHERE created < ?", now - GIVE_UP_SECONDS)
            query = (
                "SELECT seq, event, endpoint, attempts, created FROM deliveries WHERE next_at <= ? ORDER BY seq LIMIT 1"
            )
            for seq, event, endpoint, attempts, created in self._store.rows(query, now):
                target, record = self._store.find("webhook_endpoint", endpoint), self._store.find("event", event)
                if target is None or record is None or not target["url"] or target["status"] != "enabled":
                    self._store.rows("DELETE FROM deliveries WHERE seq = ?", seq)
                    return None, 0.0
                body = json.dumps(render(self._store, record), indent=2).encode()
                return Delivery(seq, target["url"], target["_secret"], body, attempts, created), 0.0
            following = self._store.rows("SELECT min(next_at) FROM deliveries")[0][0]
        return None, IDLE_SECONDS if following is None else max(0.01, following - now)

    def _send(self, delivery: Delivery) -> int | None:
        """Return the status of the answer, None if there was none."""
        parts = urlsplit(delivery.url)
        # A stand-in talks to its own machine only, whatever somebody registers.
        if parts.scheme != "http" or parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
            return 200
        connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=TIMEOUT_SECONDS)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(delivery.secret, delivery.body, int(time.time())),
            "User-Agent": "Stripe stand-in",
        }
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request("POST", path, delivery.body, headers)
            response = connection.getresponse()
            response.read(65_536)
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        return response.status

    def _settle(self, delivery: Delivery, status: int | None) -> None:
        now = time.time()
        if status is None:
            self._away_until = now + pause_after(self._silences)
            self._silences += 1
            return
        self._silences = 0
        with self._store.transaction():
            if 200 <= status < 300:  # noqa: PLR2004 - success in HTTP
                self._store.rows("DELETE FROM deliveries WHERE seq = ?", delivery.seq)
                return
            self._store.rows(
                "UPDATE deliveries SET attempts = attempts + 1, next_at = ? WHERE seq = ?",
                now + pause_after(delivery.attempts), delivery.seq,
            )  # fmt: skip


def pause_after(attempts: int) -> float:
    return float(min(FIRST_PAUSE_SECONDS * 2 ** min(attempts, 20), LONGEST_PAUSE_SECONDS))
