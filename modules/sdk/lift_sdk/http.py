"""Connections to the platform. They keep no cookies, follow no redirects and use no proxy of the environment."""

from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2

# Calls set their own time-outs; this one is for those that do not.
_TIMEOUT_SECONDS = 10.0


def async_http(base_url: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=base_url, timeout=_TIMEOUT_SECONDS, cookies=_no_cookies(), trust_env=False)


def blocking_http(base_url: str) -> httpx2.Client:
    return httpx2.Client(base_url=base_url, timeout=_TIMEOUT_SECONDS, cookies=_no_cookies(), trust_env=False)


def _no_cookies() -> CookieJar:
    """Return a jar that stays empty: one connection serves many callers, and must not mix them."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))
