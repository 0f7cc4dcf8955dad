from typing import Any

import pytest
from django.core.cache import cache
from django.test import override_settings

from apps.accounts.models import Organization
from apps.memory.adapters.kse import Cache
from tests.contracts.kse import call, error

pytestmark = pytest.mark.usefixtures("flush_redis")


def test_values_come_back_as_copies(acme: Organization) -> None:
    ours = Cache(acme.id)
    value = {"list": [1, (2, None)]}
    assert call(ours.get, "key") is None
    assert call(ours.exists, "key") is False
    assert call(ours.set, "key", value) is True
    value["list"].append("later")
    assert call(ours.get, "key") == {"list": [1, (2, None)]}
    assert call(ours.exists, "key") is True
    assert call(ours.delete, "key") is True
    assert call(ours.delete, "key") is False
    assert call(ours.get, "key") is None


def test_a_stored_none_exists(acme: Organization) -> None:
    assert call(Cache(acme.id).set, "key", None) is True
    assert call(Cache(acme.id).get, "key") is None
    assert call(Cache(acme.id).exists, "key") is True


@pytest.mark.parametrize("key", ["", "with blanks \n", "x" * 10_000, "half\ud800", "nul\x00"])
def test_any_string_is_a_key(acme: Organization, key: str) -> None:
    assert call(Cache(acme.id).set, key, 1) is True
    assert call(Cache(acme.id).get, key) == 1


def test_values_expire(acme: Organization) -> None:
    ours = Cache(acme.id)
    call(ours.set, "short", 1, 60)
    call(ours.set, "usual", 1)
    redis: Any = cache
    left = [redis._cache.get_client().ttl(cache.make_key(ours._key(key))) for key in ("short", "usual")]
    assert left == [pytest.approx(60, abs=5), pytest.approx(86_400, abs=5)]


@pytest.mark.parametrize("ttl", [0, -1, 86_401, 1.5, True, "60"])
def test_ttl_is_bounded(acme: Organization, ttl: Any) -> None:
    with pytest.raises(error("CacheError"), match="ttl"):
        call(Cache(acme.id).set, "key", 1, ttl)
    assert call(Cache(acme.id).exists, "key") is False


def test_values_and_keys_that_cannot_be_kept_are_refused(acme: Organization) -> None:
    with pytest.raises(error("CacheError"), match="cannot be copied"):
        call(Cache(acme.id).set, "key", (number for number in [1]))
    with pytest.raises(error("CacheError"), match="cannot be copied"):
        call(Cache(acme.id).set, "key", lambda: None)
    with pytest.raises(error("CacheError"), match="a key is a string"):
        call(Cache(acme.id).get, 7)


def test_organisations_share_no_keys(acme: Organization, globex: Organization) -> None:
    ours, theirs = Cache(acme.id), Cache(globex.id)
    call(theirs.set, "key", "theirs")
    assert (call(ours.get, "key"), call(ours.exists, "key"), call(ours.delete, "key")) == (None, False, False)
    call(ours.set, "key", "ours")
    for imitation in (f"kse:{globex.id.hex}:key", theirs._key("key")):
        assert call(ours.get, imitation) is None
    assert call(ours.delete, "key") is True
    assert call(theirs.get, "key") == "theirs"


def test_clear_is_refused(acme: Organization, globex: Organization) -> None:
    call(Cache(globex.id).set, "key", "theirs")
    with pytest.raises(error("CacheError"), match="shared"):
        call(Cache(acme.id).clear)
    assert call(Cache(globex.id).get, "key") == "theirs"


def test_a_cache_that_does_not_answer_is_said_so(acme: Organization) -> None:
    gone = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    with override_settings(CACHES={"default": gone, "process": gone}):
        for refused in ((Cache(acme.id).get, "key"), (Cache(acme.id).set, "key", 1)):
            with pytest.raises(error("CacheError"), match="did not answer"):
                call(*refused)
