"""What Stripe has told us, kept until it has been looked into."""

from django.db import models
from django.utils import timezone


class StripeEvent(models.Model):
    """A verified event. Only what is needed to ask Stripe for the present state; bodies are not kept."""

    id = models.CharField(primary_key=True, max_length=255)
    type = models.CharField(max_length=100)
    customer_id = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(help_text="By Stripe's clock.")
    received_at = models.DateTimeField(default=timezone.now)
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["customer_id", "processed_at"], name="stripe_event_customer"),
            models.Index(fields=["received_at"], name="stripe_event_received"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"
