from datetime import timedelta

import pytest

from server import config, storage
from server.errors import ProviderError
from server.lib.clock import utc_now


@pytest.fixture
def store_at(monkeypatch):
    """Use another store in this test."""

    def use(url, **more):
        for name, value in {"STORAGE_URL": url, **more}.items():
            monkeypatch.setenv(name, value)
        config.settings.cache_clear()

    yield use
    monkeypatch.undo()
    config.settings.cache_clear()


@pytest.fixture
def folder(store_at, tmp_path):
    store_at((tmp_path / "my objects").as_uri())
    return tmp_path / "my objects"


async def names(*, age=timedelta(0)):
    found = storage.list_older("photos/", before=utc_now() - age + timedelta(seconds=2))
    return [name async for batch in found for name in batch]


async def test_what_was_put_comes_back(folder):
    await storage.put("photos/a/b", b"\0\xff" * 100_000)

    assert await storage.get("photos/a/b") == b"\0\xff" * 100_000


async def test_only_the_owner_can_enter_the_folder(folder):
    await storage.put("photos/a", b"x")

    assert folder.stat().st_mode & 0o077 == 0


async def test_second_put_replaces_the_first(folder):
    await storage.put("photos/a", b"first")
    await storage.put("photos/a", b"second")

    assert await storage.get("photos/a") == b"second"


async def test_what_is_not_there_is_none(folder):
    assert await storage.get("photos/a") is None


async def test_delete_passes_over_what_is_not_there(folder):
    await storage.put("photos/b", b"x")

    await storage.delete(["photos/a", "photos/b"])

    assert await names() == []


async def test_list_names_what_is_older_than_an_instant(folder):
    await storage.put("photos/a/b", b"x")
    await storage.put("other/a", b"x")

    assert await names() == ["photos/a/b"]
    assert await names(age=timedelta(hours=1)) == []


async def test_without_a_setting_objects_lie_in_the_home_folder(store_at, monkeypatch, tmp_path):
    store_at("", CATCHUP_HOME=str(tmp_path))

    await storage.put("photos/a", b"x")

    assert (tmp_path / "objects" / "photos" / "a").read_bytes() == b"x"


@pytest.mark.parametrize(
    ("url", "more"),
    [
        ("s3://bucket/prefix", {"STORAGE_ENDPOINT": "http://127.0.0.1:1"}),
        ("az://container", {"STORAGE_ENDPOINT": "http://127.0.0.1:1"}),
        ("file:///dev/null/objects", {}),
    ],
)
async def test_store_that_cannot_be_used_is_a_provider_error(store_at, url, more):
    keys = {"STORAGE_ACCESS_KEY_ID": "name", "STORAGE_SECRET_ACCESS_KEY": "a2V5"}
    store_at(url, **keys, **more)

    for act in (storage.get("a"), storage.put("a", b"x"), storage.delete(["a"]), names()):
        with pytest.raises(ProviderError) as caught:
            await act
        assert caught.value.code == "storage_unavailable"
        assert caught.value.retryable
