"""Every statement on member data is held to a household: what row-level security would do (0025).

Read from the source of every queries*.py, all of it, not only what some test happens to run.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from server import db
from tests.sql.scopes import unheld
from tests.sql.texts import Module

ROOT = Path(__file__).parents[1]
SERVER = ROOT / "server"
# Statements that no household can hold, and why each may be so; None else.
# They name another owner on purpose.
OTHERS = {"account/queries_erasure.py: hand_over"}
_ROTATION = "a key is rotated in every row that it sealed, whosever it is"
_SENDER = "a sender works for everybody: what it holds by its token says whose it is"
UNHELD = {
    "messages/queries_sending.py: look_of_server": _SENDER,
    "messages/queries_sending.py: take_due_of_server": _SENDER,
    "messages/queries_sending.py: begin_attempts_of_server": _SENDER,
    "messages/queries_sending.py: suppress_of_server": _SENDER,
    "messages/queries_sending.py: put_off_of_server": _SENDER,
    "messages/queries_sending.py: give_up_of_server": _SENDER,
    "messages/queries_sending.py: renew_of_server": _SENDER,
    "messages/queries_sending.py: mark_calls_of_server": _SENDER,
    "messages/queries_sending.py: take_doubtful_of_server": _SENDER,
    "messages/queries_sending.py: take_parked_of_server": _SENDER,
    "admin/queries_messages.py: list_messages_of_server": "the admin's list",
    "admin/queries_users.py: list_users_of_server": "the admin's list",
    "admin/queries_users.py: find_user": "an admin looks at anybody",
    "admin/queries_messages.py: find_message": "an admin traces anybody's message",
    "alerts/queries_late.py: list_overdue_of_server": "what is late, whosever it is",
    "alerts/queries_late.py: find_unwritten_of_server": "the same, of digests",
    "alerts/queries_late.py: list_admin_phones_of_server": "whom an alert is for",
    "health/queries.py: list_messages_of_server": "counts of the whole server",
    "samples/queries.py: insert_sample_of_server": "counts of the whole server",
    "admin/queries_overview.py: count_of_server": "counts of the whole server",
    "admin/queries_expiries.py: list_tokens_of_server": "what ends soon, whosever it is",
    "admin/queries_expiries.py: list_invitations_of_server": "the same",
    "admin/queries_integrations.py: list_heard_of_server": "times of the whole server",
    "admin/queries_integrations.py: list_last_of_server": "times of the whole server",
    "health/queries.py: list_attempt_totals_of_server": "counts of the whole server",
    "calendars/queries.py: list_outdated_of_server": "which calendars the nightly job looks at",
    "calendars/queries_connections.py: claim_due_of_server": "which links a job fetches next",
    "contacts/queries.py: _ids": "its `whose` is one of two conditions; read where it is used",
    "contacts/queries_imports.py: list_known": "_OF_SEVERAL says whose it is around a subquery",
    "contacts/queries_imports.py: the module": "the same statement, in parts",
    "contacts/queries_imports.py: _found": "the same statement, in parts",
    "contacts/queries_photos.py: list_photo_ids_of_server": "which stored files are anyone's",
    "digests/queries.py: list_unscheduled_of_server": "whose schedule the job makes or moves",
    "digests/queries.py: list_left_out_ahead_of_server": "whose digest a wrong clock left out",
    "digests/queries.py: list_due_of_server": "whose digest the job writes next",
    "digests/queries_notices.py: hold_untold_of_server": "what the job tells at once, to anybody",
    "digests/queries_notices.py: hold_unasked_of_server": "what the job asks about, anybody",
    "digests/queries_notices.py: the module": "the columns of both",
    "messages/queries.py: the module": "_REACH: its conditions stand where it is used",
    "feeds/queries.py: find_feed": "the token's hash finds its owner",
    "jobs/queries.py: delete_batch": "retention deletes what is too old, whosever it is",
    "keys/queries.py: any_user_exists": "whether this is a new server",
    "replies/queries.py: find_any_received": "whether anybody's reply waits for the job",
    "replies/queries.py: find_next_received": "the job handles everybody's replies in turn",
    "suggestions/queries_pass.py: close_past_of_server": "ends what is over, whosever it is",
    "suggestions/queries_pass.py: insert_suggestions": "it joins the contacts by household itself",
    "suggestions/queries_pass.py: list_scopes_of_server": "whom the pass looks at",
    "suggestions/queries_pass.py: the module": "_CLOSE: its conditions stand where it is used",
    "users/queries.py: find_any_user": "whether this is a new server",
    "users/queries.py: find_household_of": "the e-mail address finds the household",
    "users/queries.py: find_user_by_email": "signing in: nobody is known yet",
    "users/queries.py: list_users_of_server": "the admin's list",
    "users/queries.py: find_session": "the token's session finds its user",
    "users/queries_refreshing.py: find_refresh_token": "the token's hash finds its owner",
    "users/queries_reach.py: find_by_phone": "an inbound SMS names its sender by their phone",
    "users/queries_reach.py: find_by_email": "an inbound mail names its sender by their address",
    "messages/queries_events.py: find_messages": "a provider names messages, not whose they are",
    "messages/queries_events.py: find_stored": "events by what a provider calls them",
    "messages/queries_events.py: find_owner": "an answered mail is named by a mac of ours",
    "messages/queries_events.py: move_of_server": "rows that find_messages found and holds",
    "preferences/queries_phone.py: find_oldest_beyond": "codes to one phone, whoever asked",
    "users/queries_console.py: find_oldest_admin": "the box's console acts as an admin",
    "users/queries_mfa.py: find_challenge": "the challenge's hash finds its owner",
    "users/queries_sessions.py: find_owner": "the admin's command ends a session by its id",
    "account/queries.py: list_rows": "`mine` of account/columns.py says whose",
    "account/queries_erasure.py: get_standing": "counts the server's other users and admins",
    "account/queries_erasure.py: count_rows": "`mine` of account/columns.py says whose",
    "audit/queries.py: _newest": "read where it is used: chains are held by their id",
    "users/queries_admins.py: list_admins_of_server": "whom an alert is for",
    "users/queries_api_tokens.py: find_token": "the token's hash finds its owner",
    "users/queries_invitations.py: find_invitation": "the invitation's hash finds its household",
    "users/queries_invitations.py: find_and_use": "the same",
    "users/queries_resets.py: find_reset": "the reset's hash finds its owner",
    "users/queries_resets.py: find_and_use": "the same",
    "users/queries_throttle.py: find_known": "an earlier token's hash finds its owner",
    "keys/queries_rotation.py: list_rotations": _ROTATION,
    "keys/queries_rotation.py: get_rotation": _ROTATION,
    "keys/queries_rotation.py: move": _ROTATION,
    "keys/queries_rotation.py: finish": _ROTATION,
    "keys/queries_rotation.py: set_total": _ROTATION,
    "keys/queries_rotation.py: list_sealed": _ROTATION,
    "keys/queries_rotation.py: hold": _ROTATION,
    "keys/queries_rotation.py: swap_sealed": _ROTATION,
    "keys/queries_rotation.py: count_sealed": _ROTATION,
    "keys/queries_rotation.py: list_unindexed": _ROTATION,
    "keys/queries_rotation.py: set_digests": _ROTATION,
    "keys/queries_rotation.py: count_unindexed": _ROTATION,
    "keys/queries_rotation.py: count_indexed": _ROTATION,
    "keys/queries_rotation.py: clear_digests": _ROTATION,
}
# What sends SQL to the database without being a queries*.py.
ELSEWHERE = {
    "migrate.py": "the owner's, on the schema",
}
OWNER = re.compile(r"\b(household_id|user_id)\s*=\s*(?:ANY\s*\(\s*)?\$(\d+)")


def modules() -> Iterator[tuple[str, Module]]:
    for path in sorted(SERVER.rglob("queries*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        yield path.relative_to(SERVER).as_posix(), Module(path, name)


@pytest.fixture
async def member_tables(database) -> frozenset[str]:
    """Every table whose rows belong to a household, and the households' users."""
    rows = await db.fetch(
        """SELECT table_name FROM information_schema.columns
            WHERE table_schema = 'public' AND column_name = 'household_id'"""
    )
    server_wide = {"key_ring", "audit_entries"}  # reached by key and by chain
    return frozenset(row["table_name"] for row in rows) - server_wide


async def test_every_statement_is_held_to_a_household_or_says_why_not(member_tables):
    found: dict[str, set[str]] = {}
    for file, module in modules():
        texts = [(s.function, text, False) for s in module.statements() for text in s.texts]
        texts += [(part.function, part.text, True) for part in module.fragments()]
        for function, text, is_fragment in texts:
            if loose := unheld(text, member_tables, is_fragment=is_fragment):
                found.setdefault(f"{file}: {function}", set()).update(loose)
    wrong = {where: loose for where, loose in found.items() if where not in UNHELD}

    assert not wrong, f"name the household or user of each, or say why not in UNHELD: {wrong}"
    assert UNHELD.keys() - found.keys() == set(), "these are held now: take them off"


async def test_rows_that_are_copied_in_name_their_household(member_tables):
    copies = [(file, copy) for file, module in modules() for copy in module.copies()]

    assert len(copies) >= 3
    for file, copy in copies:
        assert {"household_id", "user_id"} <= set(copy.columns), (file, copy)


def test_a_condition_on_the_owner_gets_the_owner_of_the_scope():
    looked_at = 0
    for file, module in modules():
        for statement in module.statements():
            for name, number in OWNER.findall(" ".join(statement.texts)):
                if int(number) <= len(statement.values):
                    value = statement.values[int(number) - 1]
                    looked_at += 1
                    where = f"{file}: {statement.function}"
                    assert name in value or where in OTHERS, f"{where}: {name} = {value}"

    assert looked_at > 150


def test_statements_stand_in_queries_and_nowhere_else():
    for path in SERVER.rglob("*.py"):
        name = path.relative_to(SERVER).as_posix()
        if path.name.startswith("queries") or name == "db.py" or name in ELSEWHERE:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                sent = ("fetch", "fetch_row", "fetch_value", "execute", "insert_rows")
                assert not (node.value.id == "db" and node.attr in sent), f"{name}: {node.attr}"


TABLES = frozenset({"users", "contacts", "contact_tags", "interactions", "tags"})


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM contacts WHERE id = $1",
        "SELECT * FROM contacts",
        "SELECT * FROM contacts WHERE household_id <> $1",
        "SELECT * FROM contacts WHERE household_id = $1 OR visibility = 'household'",
        "SELECT * FROM contacts WHERE (household_id = $1 OR true) AND id = $2",
        "SELECT * FROM contacts WHERE NOT (household_id = $1)",
        "SELECT * FROM contacts -- WHERE household_id = $1",
        "SELECT 'WHERE household_id = $1' FROM contacts",
        "SELECT household_id = $1 FROM contacts WHERE id = $2",
        "SELECT * FROM contacts WHERE household_id = household_id",
        "SELECT * FROM contacts c, tags t WHERE c.household_id = $1",
        "SELECT * FROM contacts c JOIN tags t ON t.name = c.name WHERE c.household_id = $1",
        "SELECT * FROM contacts c LEFT JOIN tags t ON t.user_id = $2 AND c.household_id = $1",
        "SELECT * FROM unnest($1::uuid[]) AS n (id) JOIN contacts c ON c.id = n.id",
        "SELECT * FROM contacts WHERE id IN (SELECT contact_id FROM contact_tags)",
        "SELECT * FROM contacts WHERE household_id = $1 UNION SELECT * FROM contacts",
        "SELECT (SELECT count(*) FROM tags) FROM contacts WHERE household_id = $1",
        "WITH c AS (SELECT * FROM contacts) SELECT * FROM c WHERE household_id = $1",
        "UPDATE contacts SET household_id = $1 WHERE id = $2",
        "UPDATE contacts c SET name = $3 FROM tags t WHERE t.household_id = $1 AND c.name = t.name",
        "DELETE FROM contacts WHERE id = ANY($1)",
        "DELETE FROM contacts c USING tags t WHERE t.id = $1 AND c.id = t.id",
        "INSERT INTO contacts (id, user_id) VALUES ($1, $2)",
        "INSERT INTO tags (household_id) SELECT household_id FROM contacts WHERE id = $1",
        "SELECT * FROM ⟨⟩ WHERE id = $1",
    ],
)
def test_a_statement_without_a_scope_is_found(statement):
    assert unheld(statement, TABLES)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM contacts WHERE household_id = $1",
        "SELECT * FROM contacts c WHERE c.id = $2 AND (c.household_id = $1 AND c.user_id = $3)",
        "SELECT * FROM contacts WHERE household_id = ANY ($1) AND id = $2",
        "SELECT * FROM contacts WHERE household_id = $1 AND a OR user_id = $2 AND b",
        "SELECT * FROM users WHERE id = $1",
        "SELECT * FROM contacts c JOIN interactions i ON i.contact_id = c.id WHERE c.user_id = $1",
        "SELECT * FROM (contacts c LEFT JOIN tags t ON t.contact_id = c.id) WHERE c.user_id = $1",
        "SELECT * FROM unnest($1::uuid[]) AS m (user_id) JOIN tags t ON t.user_id = m.user_id",
        """SELECT (SELECT count(*) FROM tags t WHERE t.contact_id = c.id) FROM contacts c
            WHERE c.household_id = $1""",
        "SELECT * FROM tags WHERE contact_id IN (SELECT id FROM contacts WHERE user_id = $1)",
        """WITH mine AS (SELECT id FROM contacts WHERE user_id = $1)
            SELECT * FROM tags t JOIN mine ON mine.id = t.contact_id""",
        """UPDATE contacts c SET name = n.name FROM unnest($2::uuid[]) AS n (id)
            WHERE c.household_id = $1 AND c.id = n.id""",
        "INSERT INTO contacts (id, household_id, user_id) VALUES ($1, $2, $3)",
        "SELECT * FROM schedules",
    ],
)
def test_a_statement_with_a_scope_is_let_through(statement):
    assert unheld(statement, TABLES) == []
