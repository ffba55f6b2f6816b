from datetime import timedelta

import pytest

from server import db
from server.lib.latency import BOUNDS_S
from server.samples import queries, service
from server.samples.rules import floor
from tests.times import MONDAY

NOW = floor(MONDAY, 600)


def histogram(place, amount):
    return [amount if at == place else 0 for at in range(len(BOUNDS_S) + 1)]


async def keep(at, process="server", **more):
    noted = {
        "cpu_percent": 30.0,
        "memory_bytes": 1000,
        "latency_counts": histogram(3, 0),
        "queued": 1,
        "running": 0,
        "connections": 2,
    } | more
    await queries.insert_sample_of_server(queries.Noted(process, at, **noted))


async def listed(step_s=10, **more):
    return await service.list_samples(
        since=NOW - timedelta(days=30), until=NOW, step_s=step_s, **more
    )


async def spans():
    return await db.fetch("SELECT span_s, count(*) AS kept FROM samples GROUP BY 1 ORDER BY 1")


async def test_processes_are_added_up(database):
    at = NOW - timedelta(minutes=1)
    await keep(at, queued=4)
    await keep(at, process="worker", cpu_percent=12.5, queued=5)

    (row,) = await listed()

    assert (row["at"], row["cpu_percent"], row["memory_bytes"]) == (at, 42.5, 2000)
    assert (row["queued"], row["connections"]) == (5, 4)


async def test_one_process_can_be_looked_at(database):
    at = NOW - timedelta(minutes=1)
    await keep(at)
    await keep(at, process="worker", cpu_percent=12.5)

    (row,) = await listed(process="worker")

    assert row["cpu_percent"] == 12.5


async def test_a_long_step_is_the_mean_of_its_samples(database):
    at = NOW - timedelta(minutes=10)
    for number in range(6):
        await keep(at + timedelta(seconds=10 * number), cpu_percent=10.0 * number)

    (row,) = await listed(step_s=60)

    assert (row["cpu_percent"], row["memory_bytes"]) == (25, 1000)


async def test_what_was_not_running_weighs_nothing(database):
    await keep(NOW - timedelta(minutes=10))

    (row,) = await listed(step_s=60)

    assert row["cpu_percent"] == pytest.approx(5)


async def test_histograms_of_requests_are_added_up(database):
    at = NOW - timedelta(minutes=1)
    await keep(at, latency_counts=histogram(3, 5))
    await keep(at + timedelta(seconds=10), latency_counts=histogram(4, 7))

    (row,) = await listed(step_s=60)

    assert row["requests"] == 12
    assert (row["latency_counts"][3], row["latency_counts"][4]) == (5, 7)


async def test_a_step_in_which_redis_was_away_does_not_know_its_queue(database):
    await keep(NOW - timedelta(minutes=1), queued=None)

    (row,) = await listed()

    assert row["queued"] is None


async def test_old_samples_are_put_together_and_say_the_same(database):
    at = floor(NOW - timedelta(hours=5), 60)
    for number in range(6):
        for process in ("server", "worker"):
            await keep(at + timedelta(seconds=10 * number), process, latency_counts=histogram(3, 2))
    before = await listed(step_s=60)

    await service.thin(now=NOW)

    assert await listed(step_s=60) == before
    assert [(row["span_s"], row["kept"]) for row in await spans()] == [(60, 2)]


async def test_samples_of_days_ago_are_coarser_still_and_gone_after_a_week(database):
    for days in (3, 8):
        for number in range(60):
            await keep(NOW - timedelta(days=days) + timedelta(seconds=10 * number))

    await service.thin(now=NOW)

    assert [(row["span_s"], row["kept"]) for row in await spans()] == [(600, 1)]


async def test_new_samples_stay_as_they_are(database):
    await keep(NOW - timedelta(hours=2))

    assert await service.thin(now=NOW) == 0
    assert [row["span_s"] for row in await spans()] == [10]


async def test_thinning_twice_changes_nothing_more(database):
    await keep(NOW - timedelta(hours=5))
    await service.thin(now=NOW)
    before = await db.fetch("SELECT * FROM samples")

    await service.thin(now=NOW)

    assert await db.fetch("SELECT * FROM samples") == before


async def test_histograms_of_a_step_are_added_up_place_by_place(database):
    at = NOW - timedelta(minutes=2)
    await keep(at, latency_counts=histogram(3, 4))
    await keep(at, process="worker", latency_counts=histogram(len(BOUNDS_S), 2))
    await keep(at + timedelta(seconds=10), latency_counts=histogram(3, 1))

    (row,) = await listed(step_s=60)

    assert row["latency_counts"] == [*histogram(3, 5)[:-1], 2]


async def test_a_step_without_requests_has_no_histogram(database):
    await keep(NOW - timedelta(minutes=1))

    (row,) = await listed()

    assert row["latency_counts"] is None
