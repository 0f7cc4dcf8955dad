from django.urls import path

from apps.memory.api import views, views_aliases, views_health, views_insights, views_managing

urlpatterns = [
    path("", views_managing.MemoriesView.as_view(), name="memory-list"),
    path("/bulk", views_managing.BulkView.as_view(), name="memory-bulk"),
    path("/diff", views_managing.DiffView.as_view(), name="memory-diff"),
    path("/facets", views_managing.FacetsView.as_view(), name="memory-facets"),
    path("/store", views.StoreView.as_view(), name="memory-store"),
    path("/store/batch", views.BatchView.as_view(), name="memory-store-batch"),
    path("/operations", views.OperationsView.as_view(), name="memory-operations"),
    path("/operations/<uuid:operation_id>/events", views.OperationEventsView.as_view(), name="memory-operation-events"),
    path("/operations/<uuid:operation_id>", views.OperationView.as_view(), name="memory-operation"),
    path("/operations/<uuid:operation_id>/cancel", views.OperationCancelView.as_view(), name="memory-operation-cancel"),
    path("/operations/<uuid:operation_id>/retry", views.OperationRetryView.as_view(), name="memory-operation-retry"),
    path("/search", views.SearchView.as_view(), name="memory-search"),
    path("/entities/aliases", views_aliases.AliasesView.as_view(), name="memory-entity-aliases"),
    path("/entities/<uuid:entity_id>/merge", views_aliases.EntityMergeView.as_view(), name="memory-entity-merge"),
    path("/explain", views.ExplainView.as_view(), name="memory-explain"),
    path("/insights", views_insights.InsightsView.as_view(), name="memory-insights"),
    path("/graph", views_insights.GraphView.as_view(), name="memory-graph"),
    path("/graph/path", views_insights.PathView.as_view(), name="memory-graph-path"),
    path("/entities", views_insights.EntitiesView.as_view(), name="memory-entities"),
    path("/map", views_insights.MapView.as_view(), name="memory-map"),
    path("/health", views_health.MemoryHealthView.as_view(), name="memory-health"),
    path("/context", views.ContextView.as_view(), name="memory-context"),
    path("/<uuid:memory_id>", views_managing.MemoryView.as_view(), name="memory-detail"),
    path("/<uuid:memory_id>/concepts", views_insights.ConceptsView.as_view(), name="memory-concepts"),
    path("/<uuid:memory_id>/history", views_managing.HistoryView.as_view(), name="memory-history"),
    path("/<uuid:memory_id>/related", views_insights.RelatedView.as_view(), name="memory-related"),
    path("/<uuid:memory_id>/restore", views_managing.MemoryRestoreView.as_view(), name="memory-restore"),
    path("/<uuid:memory_id>/supersede", views_managing.SupersedeView.as_view(), name="memory-supersede"),
]
