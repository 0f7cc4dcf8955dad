"""Time passing: everything that has fallen due is done, in order, each at its own moment."""

from deploy.dev.stripe import billing, checkout, invoicing, journal
from deploy.dev.stripe.due import TRIAL_WARNING
from deploy.dev.stripe.store import Record, Store

# More than a century of monthly renewals; a bound against a loop that never ends.
MAX_STEPS = 100_000


def advance(store: Store, seconds: int) -> int:
    """Move the clock and do what falls due on the way; return how many things that were."""
    target = store.now() + seconds
    done = catch_up(store, target)
    store.set_setting("clock_offset", str(store.offset() + seconds))
    return done


def catch_up(store: Store, until: int) -> int:
    for step in range(MAX_STEPS):
        due = store.next_due(until)
        if due is None:
            return step
        moment, record = due
        with store.at(moment):
            _do(store, record)
    return MAX_STEPS


def _do(store: Store, record: Record) -> None:
    if record["object"] == "invoice":
        retry(store, record)
    elif record["object"] == "checkout.session":
        checkout.expire(store, record)
    else:
        _subscription(store, record)


def retry(store: Store, invoice: Record) -> None:
    error = invoicing.attempt(store, invoice)
    billing.settle(store, invoice, error)


def _subscription(store: Store, record: Record) -> None:
    now = store.now()
    if record["status"] == "incomplete":
        billing.end(store, record, reason="payment_failed", status="incomplete_expired")
    elif record["cancel_at"] and record["cancel_at"] <= now:
        billing.final_usage(store, record)
        billing.end(store, record, reason="cancellation_requested")
    elif record["status"] == "trialing":
        if record["trial_end"] <= now:
            billing.end_trial(store, record)
        elif not record["_trial_warned"] and record["trial_end"] - TRIAL_WARNING <= now:
            billing.warn_of_trial_end(store, record)
        else:
            journal.update(store, record)
    else:
        billing.renew(store, record)
