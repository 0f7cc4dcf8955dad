"""Gives committed events their places.

Any number of relays may run: one at a time works, and a batch gets its places in one transaction, so whoever sees an
event sees all that come before it.
"""

from django.db import connection, transaction

from apps.events.models import OutboxEvent
from apps.events.selectors import ALL, event_of
from apps.events.types import Event

BATCH = 1_000
# Of PostgreSQL's advisory locks, ours for this.
_LOCK = 0x11F7_0001
_PLACE = """
    WITH waiting AS MATERIALIZED (
        SELECT id, organization_id FROM events_outboxevent WHERE sequence IS NULL ORDER BY id LIMIT %(batch)s
    ), numbered AS MATERIALIZED (
        SELECT id, organization_id,
            row_number() OVER (ORDER BY id) AS number,
            row_number() OVER (PARTITION BY organization_id ORDER BY id) AS own_number
        FROM waiting
    ), heads AS (
        INSERT INTO events_eventhead AS head (owner, last)
        SELECT organization_id, count(*) FROM waiting WHERE organization_id IS NOT NULL GROUP BY organization_id
        UNION ALL SELECT %(all)s, count(*) FROM waiting HAVING count(*) > 0
        ON CONFLICT (owner) DO UPDATE SET last = head.last + excluded.last
        RETURNING owner, last
    ), added AS (
        SELECT organization_id AS owner, count(*) AS count FROM waiting
        WHERE organization_id IS NOT NULL GROUP BY organization_id
    )
    UPDATE events_outboxevent AS event SET
        sequence = (SELECT last FROM heads WHERE owner = %(all)s) - (SELECT count(*) FROM waiting) + numbered.number,
        position = own.last - added.count + numbered.own_number
    FROM numbered
    LEFT JOIN heads own ON own.owner = numbered.organization_id
    LEFT JOIN added ON added.owner = numbered.organization_id
    WHERE event.id = numbered.id
    RETURNING event.id
"""


@transaction.atomic
def events_place(*, batch: int = BATCH) -> list[Event]:
    """Give the next committed events their places and return them in order; none while another relay is at it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return []
        # A statement of its own, so that it sees what the last holder of the lock has done.
        cursor.execute(_PLACE, {"batch": batch, "all": ALL})
        ids = [row[0] for row in cursor.fetchall()]
    return [event_of(row) for row in OutboxEvent.objects.filter(id__in=ids).order_by("sequence")]
