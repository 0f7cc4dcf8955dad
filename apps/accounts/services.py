"""Sign-up, sign-in and sessions; organisations and who belongs to them."""

from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.text import slugify
from rest_framework_simplejwt.settings import api_settings

from apps.accounts import registry, selectors
from apps.accounts.exceptions import (
    EmailTaken,
    InvalidResetKey,
    InvalidToken,
    InvalidVerificationKey,
    RefreshTokenReused,
    SlugTaken,
)
from apps.accounts.models import Membership, Organization, RefreshSession, User
from apps.accounts.permissions import Role
from apps.accounts.tokens import access_token_issue, refresh_token_issue, refresh_token_verify
from apps.accounts.types import TokenPair
from apps.core.exceptions import InvalidInput, NotFound
from apps.core.ids import new_id
from apps.core.services import enqueue
from apps.core.tenancy.schemas import schema_clone
from apps.core.tenancy.scope import organization_scope, public_scope, schema_name_for
from apps.core.types import Principal

MAX_SLUG_ATTEMPTS = 20
# First parts of paths that belong to the platform and to the dashboard itself: `/<slug>` would not lead to these.
RESERVED_SLUGS = frozenset(
    {
        "admin", "api", "docs", "health", "metrics", "module-ui", "problems", "redoc", "static", "verify-email",
        "account", "billing", "dev", "forgot-password", "help", "invitations", "reset-password", "settings", "sign-in",
        "sign-out", "sign-up", "status", "welcome",
    }
)  # fmt: skip


@transaction.atomic
def signup(
    *, email: str, password: str, org_name: str, memory_domain: str | None, now: datetime, name: str = ""
) -> tuple[User, Organization, TokenPair]:
    """Create a person, an organisation they own, its schema and memory context, and sign them in.

    All of it commits or none. Raises `EmailTaken`, or `InvalidInput` for a weak password.
    """
    user = user_create(email=email, password=password, name=name)
    organization = organization_create(name=org_name, owner=user, memory_domain=memory_domain, now=now)
    enqueue("accounts.send_verification_mail", organization_id=organization.id, user_id=str(user.id), now=now)
    membership = selectors.membership_find(user=user, organization_id=organization.id)
    return user, organization, session_open(membership=membership, now=now)


def user_create(*, email: str, password: str, name: str = "", verified: bool = False) -> User:
    email = email.strip().lower()
    if User.objects.filter(email=email).exists():
        raise EmailTaken("An account with this address exists. Sign in, or reset the password.")
    password_check(password, user=User(email=email, name=name))
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name)
    except IntegrityError:
        # Two sign-ups at once: the unique constraint decides.
        raise EmailTaken("An account with this address exists. Sign in, or reset the password.") from None
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=verified)
    return user


def password_check(password: str, *, user: User) -> None:
    try:
        validate_password(password, user=user)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages), pointer="/password", item_code="weak_password") from None


@transaction.atomic
def organization_create(
    *, name: str, owner: User, memory_domain: str | None, now: datetime, slug: str | None = None
) -> Organization:
    """Create an organisation with its schema; `memory_domain` None means the configured default."""
    organization_id = new_id()
    organization = Organization(
        id=organization_id, name=name, schema_name=schema_name_for(organization_id), created_at=now
    )
    _organization_save_with_slug(organization, slug or slugify(name)[:50] or "organisation")
    schema_clone(organization.schema_name)
    Membership.objects.create(user=owner, organization=organization, role=Role.OWNER, created_at=now)
    with public_scope(), organization_scope(organization_id):
        registry.organization_created(organization_id=organization_id, memory_domain=memory_domain, now=now)
    return organization


def _organization_save_with_slug(organization: Organization, base: str) -> None:
    for attempt in range(MAX_SLUG_ATTEMPTS):
        # The tail of a UUIDv7 is random: the second try nearly always fits.
        is_free = attempt == 0 and base not in RESERVED_SLUGS
        organization.slug = base if is_free else f"{base}-{new_id().hex[-6:]}"
        try:
            with transaction.atomic(), public_scope():
                organization.save(force_insert=True)
        except IntegrityError:
            continue
        return
    raise SlugTaken("No free short name was found for this organisation.")


@transaction.atomic
def organization_update(
    *, organization: Organization, name: str | None = None, slug: str | None = None
) -> Organization:
    """Change name or slug; raises `SlugTaken`."""
    if name is not None:
        organization.name = name
    if slug is not None:
        if slug in RESERVED_SLUGS:
            raise SlugTaken("This short name is not to be had: it is part of the platform's own addresses.")
        organization.slug = slug
    try:
        with transaction.atomic(), public_scope():
            organization.save(update_fields=["name", "slug"])
    except IntegrityError:
        raise SlugTaken("Another organisation uses this short name.") from None
    return organization


def membership_add(*, user: User, organization: Organization, role: Role, now: datetime) -> Membership:
    return Membership.objects.create(user=user, organization=organization, role=role, created_at=now)


def membership_role_change(*, membership: Membership, role: Role) -> None:
    """Change a role; tokens issued before carry an older permission version and stop working within 5 s."""
    # Counted in the database: the instance may be older than another change.
    Membership.objects.filter(id=membership.id).update(role=role, permission_version=F("permission_version") + 1)
    membership.refresh_from_db(fields=["role", "permission_version"])
    selectors.membership_state_forget(user_id=membership.user_id, organization_id=membership.organization_id)


def session_open(*, membership: Membership, now: datetime, family_id: UUID | None = None) -> TokenPair:
    """Issue an access and a refresh token; without `family_id` a new family begins."""
    session = RefreshSession.objects.create(
        family_id=family_id or new_id(),
        user_id=membership.user_id,
        organization_id=membership.organization_id,
        created_at=now,
        expires_at=now + api_settings.REFRESH_TOKEN_LIFETIME,
    )
    access = access_token_issue(
        principal=selectors.principal_of(membership), permission_version=membership.permission_version, now=now
    )
    refresh = refresh_token_issue(
        session_id=session.id, user_id=membership.user_id, organization_id=membership.organization_id, issued=now
    )
    return TokenPair(access=access, refresh=refresh)


def session_rotate(*, refresh: str, now: datetime) -> TokenPair:
    """Exchange a refresh token, once.

    The row lock makes concurrent replays take turns: the first rotates, every other one finds it rotated, and the whole
    family is revoked. Raises `InvalidToken` or `RefreshTokenReused`.
    """
    session_id = refresh_token_verify(refresh)
    with transaction.atomic():
        session = RefreshSession.objects.select_for_update().filter(id=session_id).first()
        if session is None or session.revoked_at is not None or session.expires_at <= now:
            raise InvalidToken("The session has ended. Sign in again.")
        reused = session.rotated_at is not None
        if reused:
            family_revoke(family_id=session.family_id, now=now)
        else:
            session.rotated_at = now
            session.save(update_fields=["rotated_at"])
            try:
                membership = selectors.membership_find(user=session.user, organization_id=session.organization_id)
            except NotFound:
                raise InvalidToken("You no longer belong to this organisation.") from None
            if not membership.user.is_active:
                raise InvalidToken("The account is not active.")
            return session_open(membership=membership, now=now, family_id=session.family_id)
    # Raised outside the transaction: the revocation above has to be committed.
    raise RefreshTokenReused("This refresh token was used before. All sessions that descend from it have ended.")


def family_revoke(*, family_id: UUID, now: datetime) -> None:
    RefreshSession.objects.filter(family_id=family_id, revoked_at=None).update(revoked_at=now)


def session_close(*, refresh: str, now: datetime) -> None:
    """Sign out: end the family of a refresh token. An invalid token has no session, so there is nothing to do."""
    try:
        session_id = refresh_token_verify(refresh)
    except InvalidToken:
        return
    session = RefreshSession.objects.filter(id=session_id).first()
    if session is not None:
        family_revoke(family_id=session.family_id, now=now)


@transaction.atomic
def sessions_close_all(*, user_id: UUID, now: datetime) -> None:
    """Sign out everywhere: end all families, and refuse access tokens issued before."""
    RefreshSession.objects.filter(user_id=user_id, revoked_at=None).update(revoked_at=now)
    memberships = Membership.objects.filter(user_id=user_id)
    memberships.update(permission_version=F("permission_version") + 1)
    for organization_id in memberships.values_list("organization_id", flat=True):
        selectors.membership_state_forget(user_id=user_id, organization_id=organization_id)


def organization_rights_changed(*, organization_id: UUID) -> None:
    """Refuse the access tokens of all members issued before: what their roles include has changed."""
    memberships = Membership.objects.filter(organization_id=organization_id)
    memberships.update(permission_version=F("permission_version") + 1)
    for user_id in memberships.values_list("user_id", flat=True):
        selectors.membership_state_forget(user_id=user_id, organization_id=organization_id)


def organization_switch(*, principal: Principal, organization_id: UUID, now: datetime) -> TokenPair:
    """Open a session of the same person in another of their organisations; raises `NotFound`."""
    user = User.objects.get(id=principal.user_id)
    return session_open(membership=selectors.membership_find(user=user, organization_id=organization_id), now=now)


def password_reset_start(*, email: str, now: datetime) -> None:
    """Have a reset mail sent if there is such an account; whether there is one cannot be told from outside."""
    user = User.objects.filter(email=email, is_active=True).first()
    # A job in either case, so that both take as long.
    enqueue("accounts.send_password_reset_mail", organization_id=None, user_id=str(user.id) if user else None, now=now)


def password_reset_key(*, user: User) -> str:
    """Return what the reset link carries: who, and a token that holds for an hour and until the password changes."""
    return f"{user.id.hex}.{default_token_generator.make_token(user)}"


@transaction.atomic
def password_reset(*, key: str, password: str, now: datetime) -> None:
    """Set a password by the key from the mail, and sign the person out everywhere.

    Raises `InvalidResetKey` for a wrong, expired or used key, or `InvalidInput` for a weak password.
    """
    user_id, _, token = key.partition(".")
    try:
        user = User.objects.select_for_update().filter(id=UUID(user_id), is_active=True).first()
    except ValueError:
        user = None
    if user is None or not default_token_generator.check_token(user, token):
        raise InvalidResetKey("The link is wrong, has expired or was used before. Ask for a new one.")
    password_check(password, user=user)
    user.set_password(password)
    user.save(update_fields=["password"])
    sessions_close_all(user_id=user.id, now=now)


def email_verify(*, key: str) -> str:
    """Mark an address as verified by the key from the mail; return the address.

    Raises `InvalidVerificationKey` for a wrong, expired or used key.
    """
    confirmation = EmailConfirmationHMAC.from_key(key)
    if confirmation is None:
        raise InvalidVerificationKey("The link is wrong, has expired or was used before.")
    address = confirmation.email_address
    EmailAddress.objects.filter(pk=address.pk).update(verified=True)
    return str(address.email)
