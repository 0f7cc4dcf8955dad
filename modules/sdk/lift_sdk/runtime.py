"""What a module process holds while it serves: connections to the platform, its keys, caches and instruments."""

from contextlib import AsyncExitStack

from lift_sdk.configuration import ConfigurationCache
from lift_sdk.http import async_http, blocking_http
from lift_sdk.keys import JWKS_PATH, KeySet
from lift_sdk.manifest import Manifest
from lift_sdk.metrics import Metrics
from lift_sdk.settings import Settings
from lift_sdk.tokens import TokenVerifier


class Runtime:
    """One for each start of the app, made and closed in its event loop."""

    def __init__(self, manifest: Manifest, settings: Settings, metrics: Metrics) -> None:
        self.manifest = manifest
        self.settings = settings
        self.metrics = metrics
        self.http = async_http(settings.platform_url)
        self.blocking_http = blocking_http(settings.platform_url)
        self.keys = KeySet(settings.platform_url + JWKS_PATH, self.http)
        self.tokens = TokenVerifier(self.keys, issuer=settings.issuer, audience=manifest.module_id)
        self.configurations = ConfigurationCache(manifest.module_id)

    async def close(self) -> None:
        async with AsyncExitStack() as stack:
            stack.callback(self.blocking_http.close)
            stack.push_async_callback(self.http.aclose)
            stack.push_async_callback(self.keys.close)
