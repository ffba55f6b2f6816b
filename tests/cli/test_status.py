"""How the server is, asked as an admin asks on the box."""

import io
import json
import tarfile

import pytest

from server.admin import service_expiries, service_overview


@pytest.fixture(autouse=True)
def looked_at_anew():
    service_overview.forget()
    service_expiries.forget()


async def test_status_says_what_waits_for_somebody(catchup):
    done = await catchup("status")

    assert done.exit_code == 0, done.output
    assert ("database: it answers" in done.stdout, "Needs you" in done.stdout) == (True, True)


async def test_each_twin_answers_json(catchup):
    shown = {
        words[0]: json.loads((await catchup(*words, "--json")).stdout)
        for words in (["status"], ["expiries"], ["samples"], ["preflight"])
    }

    assert shown["status"]["counts"]["users"] == 1
    assert {one["kind"] for one in shown["expiries"]} >= {"key", "disk"}
    assert (shown["samples"]["items"], shown["preflight"]["pending"]) == ([], [])


async def test_integrations_are_listed_and_tested(catchup):
    listed = await catchup("integrations", "list", "--json")
    tested = await catchup("integrations", "test", "storage")

    assert [one["name"] for one in json.loads(listed.stdout)] == ["sms", "email", "storage"]
    assert (tested.exit_code, "storage: it answers" in tested.stdout) == (0, True)


async def test_a_support_bundle_is_for_its_writer_only_and_overwrites_nothing(catchup, tmp_path):
    file = tmp_path / "bundle.tar.gz"

    first = await catchup("support-bundle", "--out", str(file))
    second = await catchup("support-bundle", "--out", str(file))

    assert first.exit_code == 0, first.output
    assert file.stat().st_mode & 0o777 == 0o600
    with tarfile.open(fileobj=io.BytesIO(file.read_bytes())) as archive:
        assert any(name.endswith("/checks.json") for name in archive.getnames())
    assert (second.exit_code, "cannot be written" in second.stderr) == (1, True)
