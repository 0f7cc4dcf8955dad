"""Have another embedding model read the memory of one organisation, and switch to it."""

import time
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from tqdm import tqdm

from apps.accounts.models import Organization
from apps.memory.adapters.embedders import models_known
from apps.memory.management.base import MemoryCommand
from apps.memory.models import EmbeddingEpoch
from apps.memory.selectors.contexts import context_get
from apps.memory.selectors.epochs import (
    epoch_get,
    epoch_missing,
    epoch_present,
    epochs_kept,
    epochs_latest,
    former_epoch,
)
from apps.memory.services.epochs import epoch_clear, epoch_drop, epoch_fill, epoch_rollback, epoch_start, epoch_switch
from apps.memory.services.vectors import FILL_SHARES


class Command(MemoryCommand):
    help = (
        "The index epochs of an organisation: all vectors that one embedding model made of its memory.\n\n"
        "  start      have a model read the memory; nothing changes for searches\n"
        "  status     which epochs there are and how far they are filled\n"
        "  switch     have a model's epoch answer; the one before it is kept current\n"
        "  rollback   have the epoch answer that answered before\n"
        "  drop       delete the vectors of a model that does not answer"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("action", choices=["start", "status", "switch", "rollback", "drop"])
        parser.add_argument("--model", help="the model to start, switch to or drop")
        parser.add_argument(
            "--wait", action="store_true", help="do the work of a start or a drop here, until it is done"
        )
        parser.add_argument("--dry-run", action="store_true", help="tell what would happen, and do nothing")

    def act(
        self,
        owner: Organization,
        *,
        action: str,
        model: str | None,
        wait: bool,
        dry_run: bool,
        as_json: bool,
        **_: Any,
    ) -> None:
        if action in {"start", "switch", "drop"} and model is None:
            known = ", ".join(one.name for one in models_known())
            raise CommandError(f"Say which model with --model; there are {known}.")
        began = time.perf_counter()
        if dry_run:
            rows = _tried(action, model or "")
        else:
            rows = _rows(self._do(owner, action, model or "", wait=wait, quiet=as_json))
        seconds = time.perf_counter() - began
        lines = [
            f"{row['epoch_id']}  {row['model']} ({row['dimension']}): {row['status']}, "
            f"{row['filled']} of {row['memories']} memories"
            for row in rows
        ]
        if action != "status":
            lines.append(f"{action}: {'nothing was done' if dry_run else f'{seconds:.2f} s'}")
        data = {"action": action, "dry_run": dry_run, "seconds": round(seconds, 3), "epochs": rows}
        self.report(data, *lines, as_json=as_json)

    def _do(self, owner: Organization, action: str, model: str, *, wait: bool, quiet: bool) -> EmbeddingEpoch | None:
        """Do it, and return the epoch that it was done to, None for all."""
        now = timezone.now()
        if action == "status":
            return None
        if action == "rollback":
            return epoch_rollback(organization_id=owner.id, now=now)
        if action == "start":
            epoch = epoch_start(model=model, user_id=None, now=now)
            if wait:
                self._fill(epoch, quiet=quiet)
            return epoch
        found = _kept(model)
        if action == "switch":
            return epoch_switch(organization_id=owner.id, epoch_id=found.id, now=now)
        epoch_drop(organization_id=owner.id, epoch_id=found.id, now=now)
        if wait:
            epoch_clear(epoch_id=found.id)
        return found

    def _fill(self, epoch: EmbeddingEpoch, *, quiet: bool) -> None:
        left = epoch_missing(epoch.id, context=context_get()).count()
        with tqdm(total=left, desc="read", unit="memory", disable=True if quiet else None) as bar:
            for share in range(FILL_SHARES):
                epoch_fill(epoch_id=epoch.id, share=share, on_batch=bar.update)


def _kept(model: str) -> EmbeddingEpoch:
    found = epochs_kept().filter(model=model).first()
    if found is None:
        raise CommandError(f"The model {model!r} has no index epoch; start it first.")
    return found


def _tried(action: str, model: str) -> list[dict[str, Any]]:
    """Return what an action would be done to. No text is read by a model, and nobody waits for that."""
    if action == "start":
        with transaction.atomic():
            rows = _rows(epoch_start(model=model, user_id=None, now=timezone.now()))
            transaction.set_rollback(True)
        return rows
    if action == "status":
        return _rows(None)
    context = context_get()
    found = former_epoch(context) if action == "rollback" else _kept(model)
    if found is None:
        raise CommandError("There is no former index epoch to return to.")
    is_active = found.id == context.epoch_id
    if action == "switch" and not is_active and found.state != EmbeddingEpoch.State.READY:
        raise CommandError("The index epoch is not ready to answer.")
    if action == "drop" and is_active:
        raise CommandError("The index epoch answers; switch to another one first.")
    return _rows(found)


def _rows(epoch: EmbeddingEpoch | None) -> list[dict[str, Any]]:
    context = context_get()
    shown = [epoch_get(epoch_id=epoch.id)] if epoch else epochs_latest()
    return [epoch_present(one, context=context) for one in shown]
