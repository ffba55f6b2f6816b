"""vCard import: cards a second, and whether a bigger file takes more memory."""

import asyncio
import json
import sys
import tempfile

from benchmarks import data, processes, stage, texts
from benchmarks.figures import Figure

CARDS_PER_S = 1_000
# The peak of five times the cards over that of the first: 1 would be no growth at all.
FLAT = 1.1


def run() -> list[Figure]:
    """Import files of 10,000, 20,000 and 50,000 cards, each in a fresh process."""
    return asyncio.run(_run())


async def _run() -> list[Figure]:
    async with stage.stage() as environment:
        small, middle, large = [
            await stage.measure(environment, "benchmarks.vcard_import", count)
            for count in (10_000, 20_000, 50_000)
        ]
    return [
        Figure("20,000 cards", middle["cards_per_s"], "cards/s", CARDS_PER_S, "at least"),
        Figure("50,000 cards", large["cards_per_s"], "cards/s", CARDS_PER_S, "at least"),
        Figure("our CPU, 50,000 cards", large["cpu_s"], "s"),
        Figure("PostgreSQL's CPU, 50,000 cards", large["postgres_s"], "s"),
        Figure("peak memory, 10,000 cards", small["peak_mb"], "MB"),
        Figure("peak memory, 50,000 cards", large["peak_mb"], "MB"),
        Figure("peak memory, ratio", large["peak_mb"] / small["peak_mb"], "", FLAT),
    ]


async def _measure(count: int) -> dict[str, float]:
    from server.contacts.service_imports import Wishes, import_file

    with tempfile.TemporaryFile() as file:
        for number in range(count):
            file.write(texts.card(number))
        file.seek(0)
        async with data.open_database():
            scope = await data.make_user(count)
            backend = await data.backend_pid()
            processes.forget_peak()
            before = processes.clocks(backend)
            done = await import_file(scope, file, Wishes(), now=data.NOW)
            spent = processes.clocks(backend) - before
    if done.created != count:
        raise RuntimeError(f"{done.created} of {count} cards were created")
    return {
        "cards_per_s": count / spent.elapsed_s,
        "cpu_s": spent.ours_s,
        "postgres_s": spent.postgres_s,
        "peak_mb": processes.peak_rss_mb(),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure(int(sys.argv[1])))))
