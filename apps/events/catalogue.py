"""Every event by name, `noun.what_happened`: what it means, and what its `data` hold. Nothing else can be emitted.

`docs/api/events.md` and `GET /api/v1/events/types` are made of this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

TEXT: dict[str, Any] = {"type": "string"}
TEXT_OR_NULL: dict[str, Any] = {"type": ["string", "null"]}
TEXTS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
ID: dict[str, Any] = {"type": "string", "format": "uuid"}
ID_OR_NULL: dict[str, Any] = {"type": ["string", "null"], "format": "uuid"}
TIME: dict[str, Any] = {"type": "string", "format": "date-time"}
TIME_OR_NULL: dict[str, Any] = {"type": ["string", "null"], "format": "date-time"}
NUMBER: dict[str, Any] = {"type": "integer"}
NUMBER_OR_NULL: dict[str, Any] = {"type": ["integer", "null"]}
YES_OR_NO: dict[str, Any] = {"type": "boolean"}
OBJECT: dict[str, Any] = {"type": "object"}


@dataclass(frozen=True, slots=True)
class EventType:
    """`data` are the fields that an event always has, `optional` those that some have; no other may occur.

    An event that is not `in_feed` is written to the audit trail and told to nobody.
    """

    description: str
    data: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    optional: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    in_feed: bool = True

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of its `data`."""
        return {
            "type": "object",
            "properties": {**self.data, **self.optional},
            "required": sorted(self.data),
            "additionalProperties": False,
        }


def _private(description: str, data: Mapping[str, Mapping[str, Any]] | None = None) -> EventType:
    """Return an event of a person or of the platform, which belongs to no organisation's feed."""
    return EventType(description, data or {}, in_feed=False)


_MEMBER = {"email": TEXT}
_INVITATION = {"email": TEXT, "role": TEXT}
_KEY = {"key_name": TEXT}
_DOMAIN = {"domain": TEXT}
_REVIEW = {"kind": TEXT, "older": ID, "newer": ID}
_EPOCH = {"model": TEXT}
_MEMORY = {"memory_type": TEXT, "module": TEXT, "revision": NUMBER}
_OVERRIDE = {"plan": TEXT_OR_NULL, "feature": TEXT_OR_NULL, "limit": NUMBER_OR_NULL, "ends_at": TIME_OR_NULL,
             "reason": TEXT}  # fmt: skip
_GRANT = {"principal_kind": TEXT, "principal_id": TEXT, "module": TEXT, "memory_types": TEXTS, "rights": TEXTS,
          "purpose": TEXT}  # fmt: skip
_FILE = {"media_type": TEXT, "size_bytes": NUMBER}
_ARCHIVE = {"memories": NUMBER, "size_bytes": NUMBER}
_OPERATION = {"kind": TEXT, "total": NUMBER}
_MODULE = {"version": TEXT}
_WEBHOOK = {"host": TEXT}

EVENTS: dict[str, EventType] = {
    # --- People -------------------------------------------------------------------------------------------------------
    "user.created": _private("An account was made.", {"email": TEXT}),
    "user.updated": _private("A person changed their name."),
    "user.email_verified": _private("An address was proven by the link sent to it.", {"email": TEXT}),
    "user.email_change_requested": _private(
        "A person asked to change their address; both addresses got a mail.", {"old_email": TEXT, "new_email": TEXT}
    ),
    "user.email_changed": _private(
        "The new address was proven and is in force.", {"old_email": TEXT, "new_email": TEXT}
    ),
    "user.email_change_cancelled": _private(
        "A change of address was stopped from the old address.", {"old_email": TEXT, "new_email": TEXT}
    ),
    "user.password_changed": _private("A person changed their password; their other sessions ended."),
    "user.password_reset": _private("A password was set by the link of a mail; all sessions ended."),
    "user.deletion_requested": _private("A person asked for their account to be deleted; it is signed out everywhere."),
    "user.deletion_cancelled": _private("The person signed in again before the account was deleted."),
    "user.deleted": _private("The account was deleted after its grace period."),
    "session.opened": EventType("A person signed in.", {"methods": TEXTS}),
    "session.ended": EventType("A session was ended by its owner.", optional={"user_id": ID}),
    "session.ended_everywhere": EventType("A person signed out everywhere."),
    "session.reauthenticated": EventType("A person proved again who they are.", {"methods": TEXTS}),
    "session.token_reused": EventType(
        "A refresh token came back after it was exchanged; its session was ended.", {"user_id": ID}
    ),
    "sign_in.failed": _private("A sign-in was refused.", {"email": TEXT, "reason": TEXT}),
    "mfa.totp_enabled": _private("An authenticator app became a second factor."),
    "mfa.totp_disabled": _private("An authenticator app is no second factor any more."),
    "mfa.passkey_added": _private("A passkey was added.", {"passkey": TEXT}),
    "mfa.passkey_renamed": _private("A passkey got another name.", {"passkey": TEXT}),
    "mfa.passkey_removed": _private("A passkey was removed.", {"passkey": TEXT}),
    "mfa.recovery_codes_made": _private("Recovery codes were made; earlier ones hold no more."),
    "mfa.recovery_code_used": _private("A recovery code was used up."),
    "mfa.refused": _private("A second factor was refused.", {"reason": TEXT, "step": TEXT}),
    "mfa.reset": _private("An operator took away somebody's second factors."),
    "identity.linked": _private("An identity of a provider was linked to an account.", {"provider": TEXT}),
    "identity.unlinked": _private("The link of an identity to an account was taken away.", {"provider": TEXT}),
    "identity.refused": _private(
        "A sign-in or a link by an identity provider was refused.", {"provider": TEXT, "problem": TEXT, "detail": TEXT}
    ),
    # --- Organisations ------------------------------------------------------------------------------------------------
    "organization.created": EventType("An organisation was made.", {"organization_name": TEXT}),
    "organization.updated": EventType("Name, short name or settings of an organisation changed.", {"changed": OBJECT}),
    "organization.ownership_transferred": EventType("An owner made another member the owner.", _MEMBER),
    "organization.deletion_requested": EventType(
        "An owner asked for the organisation to be deleted; nobody can use it any more.", {"organization_name": TEXT}
    ),
    "organization.restored": EventType("An operator brought an organisation back before it was deleted."),
    "organization.deleted": EventType(
        "The organisation and its schema were deleted after the grace period.", {"organization_name": TEXT}
    ),
    "branding.updated": EventType("Name, colours or logo of an organisation changed.", {"changed": TEXTS}),
    "domain.added": EventType("A custom domain was added; it still has to be proven.", _DOMAIN),
    "domain.verified": EventType("The proof of a custom domain was found in DNS.", _DOMAIN),
    "domain.failing": EventType("The proof of a verified domain was not found any more.", _DOMAIN),
    "domain.removed": EventType("A custom domain was removed.", _DOMAIN),
    "member.joined": EventType("A person became a member.", {**_MEMBER, "role": TEXT}),
    "member.role_changed": EventType("A member got another role.", {**_MEMBER, "before": TEXT, "after": TEXT}),
    "member.removed": EventType("A member was removed.", _MEMBER, {"role": TEXT}),
    "member.left": EventType("A member left.", {"role": TEXT}, _MEMBER),
    "invitation.created": EventType("A person was invited.", _INVITATION),
    "invitation.resent": EventType("An invitation was sent again with a new link.", _INVITATION),
    "invitation.revoked": EventType("An invitation was taken back.", _INVITATION),
    "invitation.accepted": EventType("An invitation was accepted.", _INVITATION),
    "invitation.refused": EventType(
        "Someone tried an invitation that was not theirs to accept.", {"detail": TEXT}, {"invitation_id": ID}
    ),
    "role.created": EventType("A custom role was made.", {"role": TEXT, "permissions": TEXTS}),
    "role.updated": EventType("A custom role changed.", {"role": TEXT, "before": TEXTS, "after": TEXTS}),
    "role.deleted": EventType("A custom role was deleted.", {"role": TEXT}),
    "api_key.created": EventType("An API key was made.", {**_KEY, "scopes": TEXTS}),
    "api_key.rotated": EventType(
        "An API key was replaced by a new one; both hold for the overlap.",
        {**_KEY, "rotated_from": ID, "old_ends": TIME},
    ),
    "api_key.revoked": EventType("An API key was revoked.", _KEY),
    "permission.refused": EventType(
        "Someone tried to change people, rights or settings without the permission for it.",
        {"detail": TEXT, "action": TEXT},
    ),
    "escalation.refused": EventType(
        "Someone tried to give, or to take, more rights than they hold.",
        {"detail": TEXT, "action": TEXT},
        {"wanted": TEXTS, "role": TEXT},
    ),
    # --- The platform -------------------------------------------------------------------------------------------------
    "signing_key.rotated": _private("Another key signs tokens."),
    "signing_key.revoked": _private("A key was revoked, and with it every token that it signed."),
    "operator.signed_in": _private("An operator signed in to the admin."),
    "operator.acted": EventType(
        "An operator added, changed or deleted something in the admin.",
        {"action": TEXT, "object": TEXT, "changes": TEXT},
        in_feed=False,
    ),
    # --- Billing ------------------------------------------------------------------------------------------------------
    "plan.updated": _private("An operator changed a plan; its content is kept as a version.", {"version": NUMBER}),
    "entitlements.changed": EventType(
        "What an organisation may use has changed.", {"plan": TEXT, "plan_before": TEXT_OR_NULL, "version": NUMBER}
    ),
    "override.given": EventType("An operator gave an organisation more than it pays for.", _OVERRIDE),
    "override.ended": EventType("What an operator had given has ended.", _OVERRIDE),
    "credit.given": EventType(
        "An operator credited money to an organisation.", {"amount_cents": NUMBER, "currency": TEXT, "reason": TEXT}
    ),
    "subscription.checkout_started": EventType(
        "A person went to the payment page for a plan.", {"plan": TEXT, "interval": TEXT}
    ),
    "subscription.changed": EventType(
        "Plan, status or period of a subscription changed, as Stripe said.",
        {"plan": TEXT, "status": TEXT, "interval": TEXT_OR_NULL, "cancel_at_period_end": YES_OR_NO},
    ),
    "subscription.change_requested": EventType(
        "A person asked for another plan, to cancel, or to resume.", {"change": TEXT}, {"plan": TEXT, "interval": TEXT}
    ),
    "billing_settings.updated": EventType(
        "The address for invoices, the spend limit or the alerts changed.", {"changed": TEXTS}
    ),
    "quota.warning": EventType(
        "A share of a quota was reached.",
        {"meter": TEXT, "percent": NUMBER, "used": NUMBER, "limit": NUMBER, "period": TEXT},
    ),
    "usage.difference": EventType(
        "Counts of usage in different places do not agree.",
        {"ledger": NUMBER, "aggregates": NUMBER, "reported": NUMBER_OR_NULL, "stripe": NUMBER_OR_NULL},
    ),
    # --- Modules ------------------------------------------------------------------------------------------------------
    "module.registered": _private("A module was registered, or a new version of it.", {**_MODULE, "status": TEXT}),
    "module.retired": _private("A module was taken out of the catalogue."),
    "module.state_changed": _private("The health of a module changed.", {"before": TEXT, "after": TEXT}),
    "module.enabled": EventType("A module was enabled, and what it may do was agreed to.", {"permissions": TEXTS}),
    "module.disabled": EventType("An organisation disabled a module."),
    "module.configured": EventType("The configuration of a module changed.", {"version": NUMBER, "changed": TEXTS}),
    # --- Memory -------------------------------------------------------------------------------------------------------
    "memory.stored": EventType("A text was remembered.", _MEMORY),
    "memory.updated": EventType("A memory changed.", {**_MEMORY, "changed": TEXTS}),
    "memory.trashed": EventType("A memory was moved to the trash.", _MEMORY),
    "memory.restored": EventType("A memory was taken out of the trash.", _MEMORY),
    "memory.archived": EventType(
        "A memory was archived: it stays as a stub, and counts with its packed size from now on.",
        {**_MEMORY, "size_before": NUMBER, "size_after": NUMBER},
    ),
    "memory.unarchived": EventType("A memory was brought back from the archive, as it was.", _MEMORY),
    "memory.archive_changed": EventType("The rules for what is archived changed.", {"rules": NUMBER}),
    "memory.erasure_requested": EventType(
        "Memories were deleted for good, with all that only they supported; a certificate follows.",
        {"memories": NUMBER, "reason": TEXT},
    ),
    "memory.erasure_certified": EventType(
        "Nothing of erased memories is found any more; the certificate of this number and hash says so.",
        {"number": NUMBER, "hash": TEXT},
    ),
    "memory.erasure_failed": EventType(
        "Something of erased memories could not be removed, however often it was tried.", {"left": TEXTS}
    ),
    "memory.hold_placed": EventType("Somebody ordered that memories be kept.", {"title": TEXT}),
    "memory.hold_released": EventType("An order to keep memories was lifted.", {"title": TEXT}),
    "memory.retention_changed": EventType(
        "For how long memories are kept was changed. An import names the types (`off`) whose rules it brought switched "
        "off, which the rule for all others reaches no more.",
        {"rules": NUMBER},
        optional={"off": TEXTS},
    ),
    "memory_grant.created": EventType("Memories of a module were opened to somebody.", _GRANT),
    "memory_grant.revoked": EventType("What was opened to somebody was closed again.", _GRANT),
    "memory_grant.used": EventType(
        "Somebody was shown memories that a grant opens to them.",
        {"operation": TEXT, "memory_ids": TEXTS},
        in_feed=False,
    ),
    "memory.superseded": EventType("A memory was replaced by another one.", {**_MEMORY, "by": ID}),
    "memory.reinstated": EventType("A memory is no longer replaced by another one.", _MEMORY),
    "memory.erased": EventType("A memory was deleted for good.", {"memory_type": TEXT, "module": TEXT}),
    "memory_context.updated": EventType("The field or the dimensions of the memory changed.", {"changed": TEXTS}),
    "epoch.started": EventType("Another embedding model began to read the memory.", _EPOCH),
    "epoch.ready": EventType("It has read the memory and can be switched to.", _EPOCH),
    "epoch.switched": EventType("Searches are answered by the vectors of another model.", {**_EPOCH, "former": ID}),
    "epoch.failed": EventType("An embedding model did not answer and was given up.", _EPOCH),
    "epoch.dropped": EventType("The vectors of an embedding model are being deleted.", _EPOCH),
    "review.opened": EventType("Two memories were found that may say the same, or contradict each other.", _REVIEW),
    "review.decided": EventType("Somebody decided about such a pair.", {**_REVIEW, "status": TEXT, "kept": ID_OR_NULL}),
    "review.undone": EventType("A decision about such a pair was taken back.", {**_REVIEW, "status": TEXT}),
    "review.outdated": EventType("A text of such a pair changed or went before anybody decided.", _REVIEW),
    "entity.merged": EventType("A name was said to mean another entity.", {"into": ID}),
    "entity.parted": EventType("A name was said to mean an entity of its own.", {"parted_from": ID}),
    "operation.created": EventType("Work on many memories began.", _OPERATION),
    "operation.read": EventType("The files of work on many memories were read; their texts are counted.", _OPERATION),
    "operation.finished": EventType(
        "Work on many memories ended.", {**_OPERATION, "status": TEXT, "done": NUMBER, "failed": NUMBER}
    ),
    "operation.cancelled": EventType("Work on many memories was stopped.", _OPERATION),
    "operation.retried": EventType("What had failed is tried again.", _OPERATION),
    "file.stored": EventType("The original of a file was kept.", _FILE),
    "file.deleted": EventType("The original of a file was deleted.", _FILE),
    "export.requested": EventType("Somebody asked for an archive of the memory.", {"whole": YES_OR_NO}),
    "export.finished": EventType("An archive of the memory was written, or failed.", {**_ARCHIVE, "status": TEXT}),
    "export.downloaded": EventType("An archive of the memory was fetched.", _ARCHIVE),
    "export.deleted": EventType("An archive of the memory was deleted.", _ARCHIVE),
    "import.started": EventType("An archive is being brought into the memory.", {"size_bytes": NUMBER}),
    "import.finished": EventType(
        "Work on an archive ended.",
        {"status": TEXT, "created": NUMBER, "skipped": NUMBER, "failed": NUMBER},
    ),
    # --- Webhooks and audit -------------------------------------------------------------------------------------------
    "webhook.created": EventType("A webhook was made.", {**_WEBHOOK, "event_types": TEXTS}),
    "webhook.updated": EventType("A webhook changed.", {**_WEBHOOK, "changed": TEXTS}),
    "webhook.deleted": EventType("A webhook was deleted.", _WEBHOOK),
    "webhook.secret_rotated": EventType("The secret of a webhook was replaced.", {**_WEBHOOK, "previous_until": TIME}),
    "webhook.disabled": EventType("A webhook was switched off.", {**_WEBHOOK, "reason": TEXT}),
    "webhook.enabled": EventType("A webhook was switched on.", _WEBHOOK),
    "webhook.tested": EventType("A test event was sent to a webhook.", _WEBHOOK),
    "webhook.replayed": EventType("Deliveries of a webhook were queued again.", {**_WEBHOOK, "deliveries": NUMBER}),
    "webhook.skipped": EventType("A delivery that held up others was given up.", {**_WEBHOOK, "event_type": TEXT}),
    "audit.exported": EventType("The audit trail was exported.", {"format": TEXT}),
    "audit.verified": EventType("The audit trail was verified.", {"valid": YES_OR_NO, "checked": NUMBER}),
}  # fmt: skip


class UnknownEvent(ValueError):
    """What is emitted does not stand in the catalogue as it is."""


def event_check(name: str, data: Mapping[str, Any]) -> None:
    """Raise `UnknownEvent` unless the catalogue has the name, and its schema accepts the data."""
    if name not in EVENTS:
        raise UnknownEvent(f"{name} is not in the catalogue of events")
    error = next(iter(_validator(name).iter_errors(data)), None)
    if error is not None:
        raise UnknownEvent(f"{name}: {error.message}")


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(EVENTS[name].schema)
