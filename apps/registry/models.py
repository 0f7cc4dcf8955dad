"""Modules, their versions and health, and which organisation uses which. Everything here lives in the public schema."""

from django.db import models
from django.utils import timezone

from apps.core.ids import new_id
from apps.registry.engine.health import ModuleState


class Module(models.Model):
    """A service that registered itself. Its manifest is the newest one that was accepted."""

    module_id = models.CharField(primary_key=True, max_length=63)
    name = models.CharField(max_length=80)
    version = models.CharField(max_length=60)
    base_url = models.CharField(max_length=300)
    manifest = models.JSONField()
    # Raised by every change of manifest or state: a check that began before one does not overwrite it.
    revision = models.PositiveIntegerField(default=1)
    state = models.CharField(
        max_length=12, choices=[(state.value, state.value) for state in ModuleState], default=ModuleState.REGISTERED
    )
    # Why the contract check refused it; empty when it passed.
    contract_errors = models.JSONField(default=list, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    successes = models.PositiveIntegerField(default=0)
    # When it became unavailable, as RFC 3339 times: what damping looks at.
    falls = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "module_id"]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class ModuleVersion(models.Model):
    """A manifest as it was accepted: the newest one of each version."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="versions")
    version = models.CharField(max_length=60)
    manifest = models.JSONField()
    registered_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-registered_at"]
        constraints = [models.UniqueConstraint(fields=["module", "version"], name="module_version_unique")]

    def __str__(self) -> str:
        return f"{self.module_id} {self.version}"


class HealthCheck(models.Model):
    """One answer of a module to the question how it is. Kept for a week."""

    id = models.BigAutoField(primary_key=True)
    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="health_checks")
    checked_at = models.DateTimeField()
    ok = models.BooleanField()
    latency_ms = models.FloatField()
    detail = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=12)

    class Meta:
        ordering = ["-checked_at"]
        indexes = [
            models.Index(fields=["module", "-checked_at"], name="health_check_by_module"),
            models.Index(fields=["checked_at"], name="health_check_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.module_id} {self.state} {self.checked_at}"


class Installation(models.Model):
    """A module that an organisation has enabled at some time, with what it has agreed to."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization_id = models.UUIDField()
    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="installations")
    enabled = models.BooleanField(default=True)
    # What the organisation agreed to. Permissions that a later version adds are held back until it agrees again.
    permissions_accepted = models.JSONField(default=list)
    config = models.JSONField(default=dict, blank=True)
    config_version = models.PositiveIntegerField(default=1)
    changed_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization_id", "module"], name="installation_unique")]

    def __str__(self) -> str:
        return f"{self.module_id} of {self.organization_id}"
