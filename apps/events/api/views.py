"""The catalogue of events, and an organisation's feed."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.permissions import PUBLIC
from apps.core.api.views import ApiView
from apps.core.tenancy.scope import public_scope
from apps.events.api.serializers import EventPage, EventsQuery, EventTypePage, event_present, event_types
from apps.events.registry import events_open
from apps.events.selectors import event_of, feed, feed_after, feed_types
from apps.events.types import Listener

EVENTS_READ = "events:read"


class EventTypesView(ApiView):
    access = {"GET": PUBLIC}
    authentication_classes = []

    @extend_schema(responses=EventTypePage)
    def get(self, request: Request) -> Response:
        """Every type of event, with the JSON Schema of its data."""
        del request
        types = event_types()
        return Response({"results": types, "next": None, "total": len(types)})


class EventsView(ApiView):
    access = {"GET": EVENTS_READ}

    @extend_schema(parameters=[EventsQuery], responses=EventPage)
    def get(self, request: Request) -> Response:
        """What happened in the organisation, in one order that never changes; follow it by its cursors.

        An event appears when everything before it has. 410 `cursor_expired` tells that events behind the cursor are no
        longer kept.
        """
        query = self.valid_query(request, EventsQuery)
        organization_id = self.principal.organization_id
        types, limit = feed_types(query.get("types")), query["limit"]
        with public_scope():
            rows = feed(organization_id=organization_id, types=types)
            if query["order"] == "asc":
                position = query.get("cursor", 0)
                # Without a cursor it begins with the oldest that is kept.
                found = (
                    feed_after(organization_id=organization_id, position=position, types=types, limit=limit + 1)
                    if position
                    else [event_of(row) for row in rows.order_by("position")[: limit + 1]]
                )
            else:
                older = rows.filter(position__lt=query["cursor"]) if "cursor" in query else rows
                found = [event_of(row) for row in older.order_by("-position")[: limit + 1]]
            total = rows.count()
            told = events_open(Listener(organization_id, self.principal), found[:limit])
        # What the caller may not be told of is passed over: a page may be shorter, and more may follow all the same.
        following = str(found[limit - 1].position) if len(found) > limit else None
        return Response({"results": [event_present(event) for event in told], "next": following, "total": total})
