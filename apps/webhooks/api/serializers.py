"""What webhooks take and answer."""

from typing import Any

from rest_framework import serializers

from apps.core.api.serializers import PageQuery, StrictSerializer
from apps.events.selectors import IN_FEED
from apps.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from apps.webhooks.selectors import TEST_TYPE

MAX_URL = 2_000
MAX_DESCRIPTION = 200
DEFAULT_OVERLAP_HOURS = 24
MAX_OVERLAP_HOURS = 168


class EventTypesField(serializers.ListField):
    """Names of event types of the feed; none at all means all of them."""

    child = serializers.ChoiceField(sorted(IN_FEED))

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=len(IN_FEED), **options)


class WebhookInput(StrictSerializer):
    url = serializers.CharField(max_length=MAX_URL)
    description = serializers.CharField(required=False, default="", allow_blank=True, max_length=MAX_DESCRIPTION)
    event_types = EventTypesField(required=False, default=list)


class WebhookChange(StrictSerializer):
    url = serializers.CharField(required=False, max_length=MAX_URL)
    description = serializers.CharField(required=False, allow_blank=True, max_length=MAX_DESCRIPTION)
    event_types = EventTypesField(required=False)
    status = serializers.ChoiceField(WebhookEndpoint.Status.values, required=False)


class SecretRotateInput(StrictSerializer):
    overlap_hours = serializers.IntegerField(
        required=False, default=DEFAULT_OVERLAP_HOURS, min_value=0, max_value=MAX_OVERLAP_HOURS
    )


class ReplayInput(StrictSerializer):
    since = serializers.DateTimeField(required=False, default=None, allow_null=True)


class NothingInput(StrictSerializer):
    pass


class DeliveriesQuery(PageQuery):
    status = serializers.ChoiceField(WebhookDelivery.Status.values, required=False)
    event_type = serializers.ChoiceField([*sorted(IN_FEED), TEST_TYPE], required=False)


class AttemptOutput(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    status_code = serializers.IntegerField(allow_null=True)
    error = serializers.ChoiceField(WebhookAttempt.Error.values, allow_blank=True)
    milliseconds = serializers.IntegerField()


class AttemptLogOutput(AttemptOutput):
    number = serializers.IntegerField()
    response_excerpt = serializers.CharField(allow_blank=True)


class DeliveryOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    webhook_id = serializers.UUIDField()
    event_id = serializers.UUIDField(help_text="The header `webhook-id`: the same for every try.")
    event_type = serializers.CharField()
    cursor = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(WebhookDelivery.Status.values)
    reason = serializers.ChoiceField(WebhookDelivery.Reason.values, allow_blank=True)
    attempts = serializers.IntegerField()
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    last_attempt = AttemptOutput(allow_null=True)


class WebhookOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    url = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    event_types = serializers.ListField(child=serializers.CharField(), help_text="Empty: all of the feed.")
    status = serializers.ChoiceField(WebhookEndpoint.Status.values)
    disabled_reason = serializers.ChoiceField(WebhookEndpoint.Reason.values, allow_blank=True)
    disabled_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    created_by = serializers.UUIDField(allow_null=True)
    previous_secret_until = serializers.DateTimeField(allow_null=True)
    pending = serializers.IntegerField()
    delivered = serializers.IntegerField()
    exhausted = serializers.IntegerField()
    oldest_pending_at = serializers.DateTimeField(allow_null=True)
    first_pending = DeliveryOutput(allow_null=True, help_text="What goes next: all that is pending waits for it.")
    failing_since = serializers.DateTimeField(allow_null=True)
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    last_attempt = AttemptOutput(allow_null=True)
    last_success_at = serializers.DateTimeField(allow_null=True)


class WebhookMadeOutput(WebhookOutput):
    secret = serializers.CharField(help_text="Shown once: keep it.")


class WebhookPage(serializers.Serializer[Any]):
    results = WebhookOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()


class SecretOutput(serializers.Serializer[Any]):
    secret = serializers.CharField(help_text="Shown once: keep it.")
    previous_secret_until = serializers.DateTimeField()


class QueuedOutput(serializers.Serializer[Any]):
    queued = serializers.IntegerField()


class DeliveryDetailOutput(DeliveryOutput):
    payload = serializers.DictField(
        allow_null=True, help_text="Null when the event is no longer kept, or is about what you may not read."
    )
    log = AttemptLogOutput(many=True)


class DeliveryPage(serializers.Serializer[Any]):
    results = DeliveryOutput(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField()
