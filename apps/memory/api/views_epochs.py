"""Index epochs over HTTP: another embedding model reads the memory, and is switched to."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Permission
from apps.core.api.views import ApiView
from apps.memory.api import serializers_epochs as io
from apps.memory.selectors.contexts import context_get
from apps.memory.selectors.epochs import epoch_get, epoch_present, epochs_latest, models_present
from apps.memory.services.epochs import epoch_drop, epoch_rollback, epoch_start, epoch_switch


class EpochsView(ApiView):
    access = {"GET": Permission.MEMORY_ADMIN, "POST": Permission.MEMORY_ADMIN}

    @extend_schema(operation_id="memory_epochs", responses=io.EpochsOutput)
    def get(self, request: Request) -> Response:
        """The index epochs that are kept and the latest that were dropped, and the models that there are."""
        context = context_get()
        rows = [epoch_present(epoch, context=context) for epoch in epochs_latest()]
        return Response({"results": rows, "models": models_present()})

    @extend_schema(operation_id="memory_epoch_start", request=io.EpochInput, responses={202: io.EpochOutput})
    def post(self, request: Request) -> Response:
        """Have another embedding model read the whole memory in the background; nothing changes for searches."""
        model = self.valid_body(request, io.EpochInput)["model"]
        epoch = epoch_start(model=model, user_id=self.principal.user_id, now=timezone.now())
        return Response(epoch_present(epoch), status=202)


class EpochView(ApiView):
    access = {"GET": Permission.MEMORY_ADMIN, "DELETE": Permission.MEMORY_ADMIN}

    @extend_schema(operation_id="memory_epoch", responses=io.EpochOutput)
    def get(self, request: Request, epoch_id: UUID) -> Response:
        """One index epoch and how far it is filled."""
        return Response(epoch_present(epoch_get(epoch_id=epoch_id)))

    @extend_schema(operation_id="memory_epoch_drop", responses={204: None})
    def delete(self, request: Request, epoch_id: UUID) -> Response:
        """Delete the vectors of an epoch that does not answer."""
        epoch_drop(organization_id=self.principal.organization_id, epoch_id=epoch_id, now=timezone.now())
        return Response(status=204)


class EpochSwitchView(ApiView):
    access = {"POST": Permission.MEMORY_ADMIN}

    @extend_schema(operation_id="memory_epoch_switch", request=None, responses=io.EpochOutput)
    def post(self, request: Request, epoch_id: UUID) -> Response:
        """Have this epoch answer from now on; the one before it is kept current, for the way back."""
        organization_id = self.principal.organization_id
        epoch = epoch_switch(organization_id=organization_id, epoch_id=epoch_id, now=timezone.now())
        return Response(epoch_present(epoch))


class EpochRollbackView(ApiView):
    access = {"POST": Permission.MEMORY_ADMIN}

    @extend_schema(operation_id="memory_epoch_rollback", request=None, responses=io.EpochOutput)
    def post(self, request: Request) -> Response:
        """Have the epoch answer that answered before."""
        return Response(
            epoch_present(epoch_rollback(organization_id=self.principal.organization_id, now=timezone.now()))
        )
