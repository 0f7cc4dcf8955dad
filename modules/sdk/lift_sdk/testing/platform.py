"""A platform for tests, in memory and on a real loopback address: issues tokens, serves keys and a small memory."""

from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from lift_sdk.manifest import Manifest
from lift_sdk.testing.loopback import LoopbackServer
from lift_sdk.testing.memories import Organization
from lift_sdk.testing.platform_app import platform_app
from lift_sdk.testing.signing import LIFETIME_SECONDS, SigningKey, module_claims


class Platform:
    """Use it in a `with` block. `org_id` and `user_id` are those of tokens that name no others."""

    def __init__(self) -> None:
        self.key = SigningKey()
        # All that `/.well-known/jwks.json` tells; `key` signs.
        self.keys = {self.key.kid: self.key}
        self.org_id = str(uuid4())
        self.user_id = str(uuid4())
        self.registration_key = uuid4().hex
        self.registered: dict[str, Manifest] = {}
        self._organizations: dict[str, Organization] = {}
        self._server = LoopbackServer(platform_app(self))
        self.url = self._server.url

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.__exit__(kind, error, at)

    def organization(self, org_id: str = "") -> Organization:
        """Return the memories and settings of an organisation, the usual one by default."""
        return self._organizations.setdefault(org_id or self.org_id, Organization())

    def configure(self, config: dict[str, Any], org_id: str = "") -> None:
        """Set what `configuration()` returns to the module for an organisation."""
        organization = self.organization(org_id)
        organization.config = config
        organization.config_version += 1

    def claims(self, audience: str, permissions: Iterable[str] = (), **changes: Any) -> dict[str, Any]:
        """Return the claims of a valid token, for tests that spoil some."""
        usual = {"user_id": self.user_id, "org_id": self.org_id}
        return module_claims(issuer=self.url, audience=audience, permissions=permissions, **{**usual, **changes})

    def token(
        self,
        audience: str,
        permissions: Iterable[str] = (),
        *,
        org_id: str = "",
        expires_in: float = LIFETIME_SECONDS,
    ) -> str:
        """Return a module token for the module `audience`; `expires_in` is in seconds and may be negative."""
        claims = self.claims(audience, permissions, org_id=org_id or self.org_id, expires_in=expires_in)
        return self.key.sign(claims)

    def environment(self) -> dict[str, str]:
        """Return the variables that make a module process belong to this platform."""
        return {"LIFT_PLATFORM_URL": self.url, "LIFT_ISSUER": self.url}

    def rotate(self, *, keep: bool = True) -> None:
        """Sign with a new key from now on; `keep` leaves the old one in the key set."""
        self.key = SigningKey()
        self.keys = {**(self.keys if keep else {}), self.key.kid: self.key}
