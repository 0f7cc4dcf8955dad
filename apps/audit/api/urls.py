from django.urls import path

from apps.audit.api.views import AuditExportView, AuditKeysView, AuditVerifyView, AuditView

urlpatterns = [
    path("", AuditView.as_view(), name="audit"),
    path("/export", AuditExportView.as_view(), name="audit-export"),
    path("/verify", AuditVerifyView.as_view(), name="audit-verify"),
    path("/keys", AuditKeysView.as_view(), name="audit-keys"),
]
