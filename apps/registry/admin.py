"""The operators' pages for modules."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apps.core.admin import OperatorAdmin, ReadOnlyAdmin
from apps.core.exceptions import NotFound
from apps.registry.exceptions import InvalidManifest
from apps.registry.models import HealthCheck, Installation, Module
from apps.registry.services.modules import module_check_again, module_register, module_retire


class ManifestForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    """Registration by hand: the manifest is all there is to say."""

    class Meta:
        model = Module
        fields = ("manifest",)

    def clean_manifest(self) -> Any:
        manifest = self.cleaned_data["manifest"]
        try:
            self.instance = Module.objects.get(
                module_id=module_register(manifest=manifest, now=timezone.now()).module_id
            )
        except InvalidManifest as error:
            rows: Any = error.extra.get("errors", [])
            raise forms.ValidationError(
                [f"{row['pointer']}: {row['detail']}" for row in rows] or error.detail
            ) from None
        return manifest


@admin.register(Module)
class ModuleAdmin(OperatorAdmin):
    """What is registered, and how it is."""

    form = ManifestForm
    list_display = ["name", "module_id", "version", "state", "base_url", "checked_at"]
    list_filter = ["state"]
    search_fields = ["module_id", "name", "base_url"]
    actions = ["check_again", "retire"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        del request
        return ["state", "contract_errors", "checked_at"] if obj else []

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["manifest", *self.get_readonly_fields(request, obj)]

    def save_model(self, request: HttpRequest, obj: Module, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Leave it to `module_register`, which the form has called."""

    @admin.action(description="Check the contract again", permissions=["change"])
    def check_again(self, request: HttpRequest, rows: QuerySet[Module]) -> None:
        for module in rows:
            module_check_again(module_id=module.module_id, now=timezone.now())
        self.message_user(request, f"{len(rows)} modules are being checked.")

    @admin.action(description="Retire", permissions=["change"])
    def retire(self, request: HttpRequest, rows: QuerySet[Module]) -> None:
        for module in rows:
            try:
                module_retire(module_id=module.module_id, now=timezone.now())
            except NotFound:
                continue
        self.message_user(request, "They have left the catalogue.")


@admin.register(HealthCheck)
class HealthCheckAdmin(ReadOnlyAdmin):
    list_display = ["module_id", "checked_at", "state", "ok", "latency_ms", "detail"]
    list_filter = ["module", "ok", "state"]


@admin.register(Installation)
class InstallationAdmin(ReadOnlyAdmin):
    list_display = ["module_id", "organization_id", "enabled", "config_version", "updated_at"]
    list_filter = ["module", "enabled"]
    search_fields = ["organization_id"]
    # A configuration may hold what only the organisation should read.
    exclude = ["config"]
