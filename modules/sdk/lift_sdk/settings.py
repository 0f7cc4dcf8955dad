"""What a module process takes from its environment."""

import os
from dataclasses import dataclass, field

DEFAULT_PLATFORM_URL = "http://localhost:8000"


@dataclass(frozen=True)
class Settings:
    """`base_url` is where the platform reaches this process, empty for the manifest's own.

    `issuer` is what the `iss` of a module token must be. Without a `registration_key` the module does not register
    itself.
    """

    platform_url: str = DEFAULT_PLATFORM_URL
    issuer: str = DEFAULT_PLATFORM_URL
    base_url: str = ""
    registration_key: str = field(default="", repr=False)

    @classmethod
    def from_environment(cls) -> "Settings":
        platform_url = os.environ.get("LIFT_PLATFORM_URL", DEFAULT_PLATFORM_URL).rstrip("/")
        return cls(
            platform_url=platform_url,
            issuer=os.environ.get("LIFT_ISSUER") or platform_url,
            base_url=os.environ.get("LIFT_BASE_URL", "").rstrip("/"),
            registration_key=os.environ.get("LIFT_REGISTRATION_KEY", ""),
        )
