import json
from collections.abc import Callable
from typing import Any

import anyio
import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from lift_sdk.http import async_http
from lift_sdk.keys import FRESH_SECONDS, JWKS_PATH, MIN_INTERVAL_SECONDS, RETRY_SECONDS, KeySet, KeysUnavailable, parse
from lift_sdk.testing import Platform, SigningKey


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def run(platform: Platform, steps: Callable[[KeySet, Clock], Any]) -> None:
    async def inside() -> None:
        clock = Clock()
        async with async_http(platform.url) as http:
            keys = KeySet(platform.url + JWKS_PATH, http, clock)
            await steps(keys, clock)
            await keys.close()

    anyio.run(inside)


def test_a_new_key_is_fetched_when_a_token_names_it(platform: Platform) -> None:
    async def steps(keys: KeySet, clock: Clock) -> None:
        first = platform.key.kid
        assert await keys.key(first)
        platform.rotate()
        assert await keys.key(platform.key.kid) is None, "asked again within the interval"
        clock.now += MIN_INTERVAL_SECONDS
        assert await keys.key(platform.key.kid)
        assert await keys.key(first), "a key that the platform still shows"

    run(platform, steps)


def test_a_withdrawn_key_ends_when_the_set_is_old(platform: Platform) -> None:
    async def steps(keys: KeySet, clock: Clock) -> None:
        withdrawn = platform.key.kid
        assert await keys.key(withdrawn)
        platform.rotate(keep=False)
        clock.now += FRESH_SECONDS + 1
        assert await keys.key(withdrawn), "answered at once, while the set is fetched beside it"
        for _ in range(200):
            if await keys.key(withdrawn) is None:
                return
            await anyio.sleep(0.01)
        pytest.fail("the withdrawn key still verifies")

    run(platform, steps)


def test_invented_key_ids_do_not_make_us_ask(platform: Platform) -> None:
    async def steps(keys: KeySet, clock: Clock) -> None:
        assert await keys.key(platform.key.kid)
        platform.rotate()
        for number in range(50):
            assert await keys.key(f"invented{number}") is None
        assert await keys.key(platform.key.kid) is None

    run(platform, steps)


def test_known_keys_are_used_while_the_platform_is_away() -> None:
    platform = Platform()

    async def inside() -> None:
        clock = Clock()
        async with async_http(platform.url) as http:
            keys = KeySet(platform.url + JWKS_PATH, http, clock)
            with platform:
                assert await keys.key(platform.key.kid)
            clock.now += FRESH_SECONDS * 100
            assert await keys.key(platform.key.kid)
            assert await keys.key("unknown") is None
            await keys.close()

    anyio.run(inside)


def test_without_any_keys_nothing_can_be_said() -> None:
    platform = Platform()

    async def inside() -> None:
        clock = Clock()
        async with async_http("http://127.0.0.1:9") as http:
            away = KeySet("http://127.0.0.1:9" + JWKS_PATH, http, clock)
            with pytest.raises(KeysUnavailable):
                await away.key("any")
        with platform:
            async with async_http(platform.url) as http:
                late = KeySet(platform.url + "/nothing", http, clock)
                with pytest.raises(KeysUnavailable):
                    await late.key(platform.key.kid)
                late._url = platform.url + JWKS_PATH
                clock.now += RETRY_SECONDS
                assert await late.key(platform.key.kid)

    anyio.run(inside)


def test_many_who_wait_ask_once(platform: Platform) -> None:
    asked: list[httpx2.Request] = []

    async def inside() -> None:
        async def note(request: httpx2.Request) -> None:
            asked.append(request)

        async with async_http(platform.url) as http:
            http.event_hooks["request"].append(note)
            keys = KeySet(platform.url + JWKS_PATH, http)
            async with anyio.create_task_group() as group:
                for _ in range(20):
                    group.start_soon(keys.key, platform.key.kid)

    anyio.run(inside)
    assert len(asked) == 1


def jwk(key: Any, algorithm: str, **members: Any) -> dict[str, Any]:
    public = json.loads(jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key()))
    return {**public, "kid": "k", "alg": algorithm, **members}


def test_only_keys_that_name_an_asymmetric_algorithm_are_used() -> None:
    large, small = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 1024)  # noqa: S505 - the point
    ed25519 = SigningKey(kid="k").jwk()
    for usable in (ed25519, jwk(ec.generate_private_key(ec.SECP256R1()), "ES256"), jwk(large, "RS256")):
        assert list(parse(json.dumps({"keys": [usable]}).encode())) == ["k"]
    secret = {"kty": "oct", "k": "c2VjcmV0", "kid": "k", "alg": "HS256"}
    for useless in (
        secret,
        {**secret, "alg": "EdDSA"},
        {**ed25519, "alg": None},
        {**ed25519, "alg": "none"},
        {**ed25519, "use": "enc"},
        {**ed25519, "kid": 7},
        {**ed25519, "x": "short"},
        jwk(small, "RS256"),
        "no object",
    ):
        assert parse(json.dumps({"keys": [useless]}).encode()) == {}


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"keys": {}}', b"x" * 200_000])
def test_what_is_no_key_set_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse(content)
