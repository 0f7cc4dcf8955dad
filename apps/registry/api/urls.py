from django.urls import path, register_converter

from apps.registry.api import views


class ModuleIdConverter:
    """As in the manifest; other names are no addresses."""

    regex = "[a-z][a-z0-9_]{1,62}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(ModuleIdConverter, "module_id")

urlpatterns = [
    path("", views.ModulesView.as_view(), name="modules"),
    path("/schema", views.ManifestSchemaView.as_view(), name="modules-schema"),
    path("/<module_id:module_id>", views.ModuleView.as_view(), name="module"),
    path("/<module_id:module_id>/enable", views.ModuleEnableView.as_view(), name="module-enable"),
    path("/<module_id:module_id>/disable", views.ModuleDisableView.as_view(), name="module-disable"),
    path("/<module_id:module_id>/config", views.ModuleConfigView.as_view(), name="module-config"),
    path("/<module_id:module_id>/health", views.ModuleHealthView.as_view(), name="module-health"),
    path("/<module_id:module_id>/token", views.ModuleTokenView.as_view(), name="module-token"),
]
