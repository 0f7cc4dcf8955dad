"""Second factors: enrolling them, proving them, taking them away. The rows and the arithmetic are allauth's.

Of an authenticator app's codes each counts once, and none that is older than the last one used; of recovery codes each
counts once; of a passkey's counters none that is not above the last one.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt, encrypt
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import transaction
from django.db.models import F

from apps.accounts import webauthn
from apps.accounts.exceptions import EmailNotVerified, InvalidCode, MfaRequired
from apps.accounts.models import Membership, PendingStep, User
from apps.accounts.selectors.memberships import membership_state_forget
from apps.accounts.selectors.second_factors import (
    mfa_summary,
    passkey_find,
    passkey_present,
    sign_in_methods,
    user_has_mfa,
)
from apps.accounts.selectors.users import email_is_verified
from apps.accounts.services.pending_steps import Kind, refusal_record, step_begin, step_finish, step_look
from apps.accounts.services.sessions import session_reauthenticate, sessions_end_all
from apps.accounts.types import TokenPair, TotpSetup
from apps.core.exceptions import Conflict, NotFound
from apps.core.ids import new_id
from apps.core.sealing import SealBroken
from apps.core.services import enqueue
from apps.core.types import Principal
from apps.events.services.outbox import emit
from apps.events.types import Actor, ActorKind

logger = logging.getLogger(__name__)

Type = Authenticator.Type

# Words of RFC 8176 for how somebody has proven who they are.
CODE_METHOD = "otp"
PASSKEY_METHOD = "hwk"
SEVERAL = "mfa"
MAX_PASSKEYS = 20
# Of how many digits a code of an authenticator app is; recovery codes have eight.
_TOTP_DIGITS = 6


def second_factor_demand(*, user: User, methods: Sequence[str], organization_id: UUID | None, now: datetime) -> None:
    """Raise `MfaRequired` for a person with a second factor who has proven the first one only."""
    summary = mfa_summary(user_id=user.id)
    if SEVERAL in methods or not (summary.totp or summary.passkeys):
        return
    data = {"methods": list(methods), "organization_id": str(organization_id) if organization_id else None}
    token = step_begin(kind=Kind.SIGN_IN, user_id=user.id, data=data, now=now)
    raise MfaRequired("A second factor is needed.", mfa_token=token, methods=sign_in_methods(summary))


def sign_in_passkey_options(*, mfa_token: str, now: datetime) -> dict[str, Any]:
    """Return what to ask the browser for, for the second step of a sign-in; raises `InvalidToken`."""
    step = step_look(kind=Kind.SIGN_IN, token=mfa_token, now=now)
    options, challenge = webauthn.authentication_begin(user_id=step.user_id)
    PendingStep.objects.filter(id=step.id).update(data={**step.data, "challenge": challenge})
    return options


def code_verify(*, user_id: UUID, code: str, now: datetime) -> list[str]:
    """Use up a code of the authenticator app or a recovery code; raises `InvalidCode`."""
    plain = code.replace(" ", "").replace("-", "")
    is_totp = len(plain) == _TOTP_DIGITS
    row = (
        Authenticator.objects.select_for_update()
        .filter(user_id=user_id, type=Type.TOTP if is_totp else Type.RECOVERY_CODES)
        .first()
    )
    if row is None:
        raise InvalidCode("no such factor")
    try:
        if is_totp:
            _totp_use(row, plain, now=now)
            return [CODE_METHOD]
        if not RecoveryCodes(row).validate_code(plain):
            raise InvalidCode("wrong or used recovery code")
    except SealBroken:
        logger.exception("a second factor cannot be opened: was SECRET_KEY changed without a fallback?")
        raise InvalidCode("the secret cannot be opened") from None
    Authenticator.objects.filter(pk=row.pk).update(last_used_at=now)
    _emit("mfa.recovery_code_used", user_id=user_id, now=now)
    _mail(user_id, "recovery_code_used", now=now)
    return [CODE_METHOD]


def passkey_verify(step: PendingStep, *, user_id: UUID, credential: dict[str, Any], now: datetime) -> list[str]:
    """Use the answer to the challenge of a step; raises `InvalidCode`."""
    challenge = step.data.get("challenge")
    if challenge is None:
        raise InvalidCode("no challenge was asked for")
    asserted = webauthn.authentication_complete(challenge, user_id=user_id, credential=credential)
    row = asserted.authenticator
    known = int(row.data.get("sign_count", 0))
    # Authenticators without a counter say 0 for ever. One that goes back has been copied.
    if (asserted.sign_count or known) and asserted.sign_count <= known:
        raise InvalidCode("the counter of the passkey went back")
    row.data["sign_count"] = asserted.sign_count
    row.last_used_at = now
    row.save(update_fields=["data", "last_used_at"])
    return [PASSKEY_METHOD, SEVERAL] if asserted.user_verified else [PASSKEY_METHOD]


def passkey_sign_in_begin(*, now: datetime) -> tuple[str, dict[str, Any]]:
    """Begin a sign-in by passkey alone: return its token and what to ask the browser for."""
    options, challenge = webauthn.authentication_begin(user_id=None)
    return step_begin(kind=Kind.PASSKEY_SIGN_IN, data={"challenge": challenge}, now=now), options


def reauthentication_begin(*, principal: Principal, now: datetime) -> tuple[str, dict[str, Any]]:
    """Begin a proof by passkey within a session."""
    options, challenge = webauthn.authentication_begin(user_id=principal.user_id)
    token = step_begin(
        kind=Kind.REAUTHENTICATION,
        user_id=principal.user_id,
        session_id=principal.session_id,
        data={"challenge": challenge},
        now=now,
    )
    return token, options


def reauthenticate_by_passkey(
    *, principal: Principal, challenge_id: str, credential: dict[str, Any], now: datetime
) -> TokenPair:
    def work(step: PendingStep) -> TokenPair:
        methods = passkey_verify(step, user_id=principal.user_id, credential=credential, now=now)
        return session_reauthenticate(principal=principal, methods=methods, now=now)

    return step_finish(
        kind=Kind.REAUTHENTICATION,
        token=challenge_id,
        session_id=principal.session_id,
        work=work,
        attempts=1,
        now=now,
    )


def reauthenticate_by_code(*, principal: Principal, code: str, now: datetime) -> TokenPair:
    try:
        with transaction.atomic():
            methods = code_verify(user_id=principal.user_id, code=code, now=now)
            return session_reauthenticate(principal=principal, methods=methods, now=now)
    except InvalidCode as error:
        refusal_record(user_id=principal.user_id, reason=error.reason, step=Kind.REAUTHENTICATION, now=now)
        raise


def operator_code_use(*, user: User, code: str, now: datetime) -> None:
    """Prove an operator's second factor for the admin; raises `InvalidCode`."""
    try:
        with transaction.atomic():
            code_verify(user_id=user.id, code=code, now=now)
    except InvalidCode as error:
        refusal_record(user_id=user.id, reason=error.reason, step="admin", now=now)
        raise


@transaction.atomic
def second_factors_reseal() -> int:
    """Seal all secrets under the present `SECRET_KEY`; return how many there are."""
    rows = Authenticator.objects.select_for_update().filter(type__in=[Type.TOTP, Type.RECOVERY_CODES])
    for row in rows:
        name = "secret" if row.type == Type.TOTP else "seed"
        row.data[name] = encrypt(decrypt(row.data[name]))
        row.save(update_fields=["data"])
    return len(rows)


def totp_setup_begin(*, principal: Principal, now: datetime) -> TotpSetup:
    """Make a secret for an authenticator app; it counts once a code of it has been given.

    Raises `Conflict` for who has one, `EmailNotVerified` for who has not confirmed their address: whoever signs up with
    somebody else's must not be able to lock them out.
    """
    user = _enrolling(principal.user_id)
    _check_no_totp(user.id)
    secret = generate_totp_secret()
    token = step_begin(
        kind=Kind.TOTP_SETUP,
        user_id=user.id,
        session_id=principal.session_id,
        data={"secret": encrypt(secret)},
        now=now,
    )
    return TotpSetup(secret=secret, uri=get_adapter().build_totp_url(user, secret), setup_token=token)


def totp_setup_finish(*, principal: Principal, setup_token: str, code: str, now: datetime) -> list[str] | None:
    """Enrol the authenticator app that gives this code; return recovery codes if these are the person's first."""

    def work(step: PendingStep) -> list[str] | None:
        user = _enrolling(principal.user_id)
        _check_no_totp(user.id)
        row = TOTP.activate(user, decrypt(step.data["secret"])).instance
        _totp_use(row, code.replace(" ", ""), now=now)
        return _enrolled(user, "mfa.totp_enabled", "totp_enabled", now=now)

    return step_finish(kind=Kind.TOTP_SETUP, token=setup_token, session_id=principal.session_id, work=work, now=now)


@transaction.atomic
def totp_remove(*, principal: Principal, now: datetime) -> None:
    """Take the authenticator app away; raises `NotFound` without one."""
    user = _locked(principal.user_id)
    deleted, _ = Authenticator.objects.filter(user_id=user.id, type=Type.TOTP).delete()
    if not deleted:
        raise NotFound("There is no authenticator app.")
    _removed(user, "mfa.totp_disabled", "totp_disabled", now=now)


def passkey_setup_begin(*, principal: Principal, now: datetime) -> tuple[str, dict[str, Any]]:
    """Begin to add a passkey; raises `EmailNotVerified`, or `Conflict` for who has a great many."""
    user = _enrolling(principal.user_id)
    if Authenticator.objects.filter(user_id=user.id, type=Type.WEBAUTHN).count() >= MAX_PASSKEYS:
        raise Conflict(f"You have {MAX_PASSKEYS} passkeys; remove one first.")
    options, challenge = webauthn.registration_begin(user)
    token = step_begin(
        kind=Kind.PASSKEY_SETUP,
        user_id=user.id,
        session_id=principal.session_id,
        data={"challenge": challenge},
        now=now,
    )
    return token, options


def passkey_setup_finish(
    *, principal: Principal, challenge_id: str, name: str, credential: dict[str, Any], now: datetime
) -> tuple[dict[str, Any], list[str] | None]:
    """Add a passkey; return it, and recovery codes if these are the person's first."""

    def work(step: PendingStep) -> tuple[dict[str, Any], list[str] | None]:
        user = _enrolling(principal.user_id)
        registered = webauthn.registration_complete(step.data["challenge"], credential)
        known = {"type": Type.WEBAUTHN, "data__credential__rawId": registered.credential["rawId"]}
        if Authenticator.objects.filter(**known).exists():
            raise InvalidCode("the passkey is known already")
        row = WebAuthn.add(user, name, registered.credential).instance
        # What the API calls it: allauth's own numbers say how many there are.
        row.data |= {"id": str(new_id()), "sign_count": registered.sign_count}
        row.save(update_fields=["data"])
        codes = _enrolled(user, "mfa.passkey_added", "passkey_added", now=now, passkey=name)
        return passkey_present(row), codes

    return step_finish(
        kind=Kind.PASSKEY_SETUP,
        token=challenge_id,
        session_id=principal.session_id,
        work=work,
        attempts=1,
        now=now,
    )


@transaction.atomic
def passkey_rename(*, principal: Principal, passkey_id: UUID, name: str, now: datetime) -> dict[str, Any]:
    row = passkey_find(user_id=principal.user_id, passkey_id=passkey_id, lock=True)
    row.data["name"] = name
    row.save(update_fields=["data"])
    _emit("mfa.passkey_renamed", user_id=principal.user_id, now=now, passkey=name)
    return passkey_present(row)


@transaction.atomic
def passkey_remove(*, principal: Principal, passkey_id: UUID, now: datetime) -> None:
    user = _locked(principal.user_id)
    row = passkey_find(user_id=user.id, passkey_id=passkey_id, lock=True)
    name = row.data["name"]
    row.delete()
    _removed(user, "mfa.passkey_removed", "passkey_removed", now=now, passkey=name)


@transaction.atomic
def recovery_codes_make(*, principal: Principal, now: datetime) -> list[str]:
    """Make new recovery codes, which are shown this once; earlier ones hold no more. Raises `Conflict` without MFA."""
    user = _locked(principal.user_id)
    if not user_has_mfa(user_id=user.id):
        raise Conflict("Recovery codes come with an authenticator app or a passkey.")
    Authenticator.objects.filter(user_id=user.id, type=Type.RECOVERY_CODES).delete()
    _mail(user.id, "recovery_codes_made", now=now)
    return _recovery_codes(user, now=now)


@transaction.atomic
def second_factors_reset(*, user: User, operator: Actor, now: datetime) -> None:
    """Take all second factors of a person away who has lost them; every session of theirs ends."""
    locked = _locked(user.id)
    Authenticator.objects.filter(user_id=locked.id).delete()
    _rights_changed(locked.id)
    sessions_end_all(user_id=locked.id, now=now)
    emit(
        "mfa.reset",
        organization_id=None,
        actor=operator,
        subject=("user", locked.id),
        now=now,
    )
    _mail(locked.id, "reset", now=now)


def _totp_use(row: Authenticator, code: str, *, now: datetime) -> None:
    """Count a code as used, the row being locked: no code of its step or of an earlier one holds any more."""
    secret = decrypt(row.data["secret"])
    last = int(row.data.get("last_counter", 0))
    for counter in yield_hotp_counters_from_time():
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, counter))):
            if counter <= last:
                raise InvalidCode("code used before")
            row.data["last_counter"] = counter
            row.last_used_at = now
            row.save(update_fields=["data", "last_used_at"])
            return
    raise InvalidCode("wrong code")


def _locked(user_id: UUID) -> User:
    """Return a person whose factors change: one change at a time."""
    return User.objects.select_for_update().get(id=user_id)


def _enrolling(user_id: UUID) -> User:
    with transaction.atomic():
        user = _locked(user_id)
        if not email_is_verified(user_id=user.id):
            raise EmailNotVerified("Confirm your e-mail address first.")
        return user


def _check_no_totp(user_id: UUID) -> None:
    if Authenticator.objects.filter(user_id=user_id, type=Type.TOTP).exists():
        raise Conflict("There is an authenticator app already. Remove it first.")


def _enrolled(user: User, event: str, mail: str, *, now: datetime, **data: Any) -> list[str] | None:
    _emit(event, user_id=user.id, now=now, **data)
    _mail(user.id, mail, now=now)
    _rights_changed(user.id)
    if Authenticator.objects.filter(user_id=user.id, type=Type.RECOVERY_CODES).exists():
        return None
    return _recovery_codes(user, now=now)


def _recovery_codes(user: User, *, now: datetime) -> list[str]:
    codes: list[str] = RecoveryCodes.activate(user).generate_codes()
    _emit("mfa.recovery_codes_made", user_id=user.id, now=now)
    return codes


def _removed(user: User, event: str, mail: str, *, now: datetime, **data: Any) -> None:
    if not user_has_mfa(user_id=user.id):
        Authenticator.objects.filter(user_id=user.id).delete()
    _emit(event, user_id=user.id, now=now, **data)
    _mail(user.id, mail, now=now)
    _rights_changed(user.id)


def _rights_changed(user_id: UUID) -> None:
    """Have tokens renewed where rights depend on having a second factor."""
    memberships = Membership.objects.filter(user_id=user_id, organization__mfa_required=True)
    memberships.update(permission_version=F("permission_version") + 1)
    for organization_id in memberships.values_list("organization_id", flat=True):
        membership_state_forget(user_id=user_id, organization_id=organization_id)


def _emit(event: str, *, user_id: UUID, now: datetime, **data: Any) -> None:
    emit(
        event,
        organization_id=None,
        actor=Actor(ActorKind.USER, str(user_id)),
        subject=("user", user_id),
        now=now,
        **data,
    )


def _mail(user_id: UUID, what: str, *, now: datetime) -> None:
    enqueue("accounts.send_second_factor_mail", organization_id=None, user_id=str(user_id), what=what, now=now)
