"""Organisations and their host names."""

from django.db import models
from django.utils import timezone
from django_tenants.models import DomainMixin, TenantMixin

from apps.core.ids import new_id


class Organization(TenantMixin):
    """A customer. Its data lives in the schema named after its id; see core.tenancy."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=63, unique=True)
    is_active = models.BooleanField(default=True)
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
    """A host name of an organisation. It selects branding and sign-in, never whose data is served."""

    def __str__(self) -> str:
        return str(self.domain)
