"""When something falls due by itself: a pure function of a stored object."""

from typing import Any

DAY = 86_400
TRIAL_WARNING = 3 * DAY
INCOMPLETE_SECONDS = 23 * 3600


def due_at(record: dict[str, Any]) -> int | None:
    """Return the moment of the next thing that happens to it, None if nothing does."""
    kind = record["object"]
    if kind == "invoice" and record["status"] == "open":
        moment: int | None = record["next_payment_attempt"]
        return moment
    if kind == "checkout.session" and record["status"] == "open":
        return int(record["expires_at"])
    if kind == "subscription":
        return _subscription(record)
    return None


def _subscription(record: dict[str, Any]) -> int | None:
    status = record["status"]
    if status == "incomplete":
        return int(record["created"]) + INCOMPLETE_SECONDS
    if status not in {"trialing", "active", "past_due"}:
        return None
    moments = [int(item["current_period_end"]) for item in record["_items"]]
    if record["cancel_at"]:
        moments.append(record["cancel_at"])
    if status == "trialing":
        moments.append(record["trial_end"])
        if not record["_trial_warned"]:
            moments.append(max(record["trial_end"] - TRIAL_WARNING, record["trial_start"]))
    return min(moments)
