"""Nothing personal or secret leaves with a support bundle: canaries are planted and looked for."""

import gzip
import io
import json
import tarfile

import pytest

from server import config, db
from server.admin import service_bundle
from server.embedded.kept_lines import FOLDER, SUFFIX
from server.health import service as health
from server.lib.clock import utc_now
from server.lib.ids import uuid7
from tests.canaries import Canaries
from tests.messages.letters import insert_letter
from tests.rows import insert_contact

SECRETS = ("TWILIO_AUTH_TOKEN", "SENDGRID_API_KEY", "OPENAI_API_KEY", "SENTRY_DSN", "SMTP_URL")
PERSONAL = {
    "SMTP_FROM_EMAIL": "{}@example.org",
    "SECURITY_CONTACT": "mailto:{}@example.org",
    "STORAGE_ENDPOINT": "http://127.0.0.1:1/{}",
}


def unpacked(bundle):
    with tarfile.open(fileobj=io.BytesIO(bundle)) as archive:
        return {
            member.name.rpartition("/")[2]: json.load(file)
            for member in archive.getmembers()
            if (file := archive.extractfile(member))
        }


@pytest.fixture
def home(tmp_path):
    (tmp_path / FOLDER).mkdir()
    return tmp_path


def write_log(home, **fields):
    line = {"timestamp": utc_now().isoformat(), "level": "warning", **fields}
    with (home / FOLDER / f"worker{SUFFIX}").open("a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")


@pytest.fixture
def canaries(monkeypatch):
    """Secrets in the environment; the caches of settings are put right afterwards."""
    found = Canaries()
    for name in SECRETS:
        canary = found.new(name)
        url = {"SENTRY_DSN": f"http://{canary}@127.0.0.1:1/1", "SMTP_URL": f"smtp://u:{canary}@x"}
        monkeypatch.setenv(name, url.get(name, canary))
    for name, form in PERSONAL.items():
        monkeypatch.setenv(name, form.format(found.new(name)))
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", f"AC{'0' * 32}")
    monkeypatch.setenv("TWILIO_PHONE_NUMBER", "+15005550006")
    monkeypatch.setenv("SENDGRID_FROM_EMAIL", f"{found.new('from')}@example.org")
    return found


async def bundle_of(home):
    """Make it as the command does: it opens a pool of its own."""
    engine = db.engine()
    tests_own, engine.pool = engine.pool, None
    try:
        return await service_bundle.make(config.load(), home=home, now=utc_now())
    finally:
        engine.pool = tests_own


async def test_no_canary_leaves(database, member, canaries, home, monkeypatch):
    monkeypatch.setattr(health, "_providers", _nothing)
    await insert_contact(member, name=f"Mara {canaries.new('contact')}")
    await db.execute(
        "UPDATE users SET name = $1, email = $2",
        canaries.new("user"),
        f"{canaries.new('e-mail')}@example.org",
    )
    await insert_letter(member, error_code=canaries.new("error code")[:20])
    await db.execute(
        """INSERT INTO job_failures
                (id, function, job_key, payload, attempts, error_code, error, failed_at)
            VALUES ($1, 'retention', $2, $3, 3, 'OSError', $4, $5)""",
        uuid7(),
        canaries.new("job key"),
        {"user_id": canaries.new("payload")},
        canaries.new("job error"),
        utc_now(),
    )
    write_log(home, event=f"Mara {canaries.new('event')}", who=canaries.new("field"))
    write_log(home, event="job.failed", error=canaries.new("error"), function=canaries.new("f"))
    write_log(home, event="request", route=f"/api/x/{canaries.new('route')}", status=200)

    bundle = gzip.decompress(await bundle_of(home))

    assert canaries.found_in(bundle) == []
    for name in (member.email, str(member.scope.user_id), "+15005550006"):
        assert name.encode() not in bundle


async def test_the_canaries_can_be_found(database, canaries, home):
    text = canaries.new("planted").encode()

    assert canaries.found_in(b"x" + text) != []


async def test_it_tells_what_helps(database, member, home):
    write_log(home, event="job.failed", error="OSError", function="retention", attempt=2)

    parts = unpacked(await bundle_of(home))

    assert parts.keys() == {
        "version.json", "settings.json", "checks.json", "log.json", "database.json",
        "migrations.json", "schedules.json", "failed_jobs.json", "samples.json",
    }  # fmt: skip
    (line,) = parts["log.json"]
    assert (line["event"], line["function"], line["error"]) == (
        "job.failed",
        "retention",
        "OSError",
    )
    values = {one["name"]: one for one in parts["settings.json"]}
    assert (values["DATABASE_POOL_MAX"]["value"], values["ENCRYPTION_KEY"]["value"]) == ("20", None)
    assert values["ENCRYPTION_KEY"]["is_set"] is True


async def test_without_a_database_it_tells_the_rest(database, home, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://x:y@127.0.0.1:1/x")

    parts = unpacked(await bundle_of(home))

    assert parts["database.json"]["error"]
    assert "migrations.json" not in parts
    assert any(check["status"] == "fail" for check in parts["checks.json"])


async def _nothing(_settings):
    return []
