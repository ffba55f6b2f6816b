import json

import asyncpg


async def test_what_was_seen_is_acknowledged(catchup, own_database):
    connection = await asyncpg.connect(own_database.database)
    await connection.execute(
        """INSERT INTO security_alerts (id, kind, name, at)
            VALUES (gen_random_uuid(), 'mass_export', 'x', now())"""
    )
    await connection.close()

    refused = await catchup("alerts", "acknowledge", typed="n\n")
    done = await catchup("alerts", "acknowledge", "--yes")
    (found,) = json.loads((await catchup("alerts", "list", "--json")).stdout)
    again = await catchup("alerts", "acknowledge")

    assert refused.exit_code == 1
    assert "Many contacts were exported" in refused.stdout
    assert done.stdout.endswith("1 acknowledged.\n")
    assert (found["kind"], found["is_acknowledged"]) == ("mass_export", True)
    assert again.stdout == "There is none to acknowledge.\n"
