from django.urls import path

from apps.events.api.views import EventsView, EventTypesView

urlpatterns = [
    path("", EventsView.as_view(), name="events"),
    path("/types", EventTypesView.as_view(), name="event-types"),
]
