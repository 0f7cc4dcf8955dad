"""Organisations and their host names."""

import secrets

from django.db import models
from django.utils import timezone
from django_tenants.models import DomainMixin, TenantMixin

from apps.core.ids import new_id


def new_domain_token() -> str:
    return secrets.token_hex(16)


class Organization(TenantMixin):
    """A customer. Its data lives in the schema named after its id; see core.tenancy."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=63, unique=True)
    is_active = models.BooleanField(default=True)
    # Members without a second factor may do nothing here until they have one.
    mfa_required = models.BooleanField(default=False)
    # Set while it waits to be deleted; until then operators can bring it back.
    delete_after = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    # Schemas are copied from the template by accounts.services, never by saving a row.
    auto_create_schema = False
    auto_drop_schema = False

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def memory_context(self) -> str:
        return f"org_{self.id}_context"


class Domain(DomainMixin):
    """A host name of an organisation. It selects branding and sign-in, never whose data is served.

    It counts once its proof, a TXT record, has been found; see services.domains.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Part of the TXT record that proves the name.
    token = models.CharField(max_length=64, default=new_domain_token, editable=False)
    verified_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    # Since when the proof of a verified name has been missing.
    failing_since = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return str(self.domain)


class Branding(models.Model):
    """How an organisation looks on its sign-in page, in its mails and in the dashboard."""

    organization = models.OneToOneField(
        Organization, primary_key=True, on_delete=models.CASCADE, related_name="branding"
    )
    # Empty means the organisation's own name and the platform's colours.
    name = models.CharField(max_length=100, blank=True)
    primary_color = models.CharField(max_length=7, blank=True)
    accent_color = models.CharField(max_length=7, blank=True)
    # A PNG that we have written ourselves, see services.branding; and the SHA-256 that names it.
    logo = models.BinaryField(null=True, blank=True)
    logo_hash = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"branding of {self.organization}"
