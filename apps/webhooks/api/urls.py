from django.urls import path

from apps.webhooks.api import views

urlpatterns = [
    path("", views.WebhooksView.as_view(), name="webhooks"),
    path("/<uuid:webhook_id>", views.WebhookView.as_view(), name="webhook"),
    path("/<uuid:webhook_id>/secret/rotate", views.SecretRotateView.as_view(), name="webhook-secret-rotate"),
    path("/<uuid:webhook_id>/test", views.WebhookTestView.as_view(), name="webhook-test"),
    path("/<uuid:webhook_id>/replay", views.WebhookReplayView.as_view(), name="webhook-replay"),
    path("/<uuid:webhook_id>/deliveries", views.DeliveriesView.as_view(), name="webhook-deliveries"),
    path("/deliveries/<uuid:delivery_id>", views.DeliveryView.as_view(), name="webhook-delivery"),
    path("/deliveries/<uuid:delivery_id>/replay", views.DeliveryReplayView.as_view(), name="webhook-delivery-replay"),
    path("/deliveries/<uuid:delivery_id>/skip", views.DeliverySkipView.as_view(), name="webhook-delivery-skip"),
]
