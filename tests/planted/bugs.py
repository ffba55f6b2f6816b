"""Mistakes that would let somebody in, and the tests that must notice each (test_planted_bugs.py).

To add one: what was done wrong, the file, a text that stands in it exactly once, what takes its
place, and the tests that have to fail, each by itself. Of a test with parameters one case is
enough. When a file changes, `make test` says which text is gone: write the same mistake anew.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bug:
    """One mistake, made by replacing `old` with `new`, and the tests that it turns red."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


CLAIMING = "tests/messages/test_claiming.py"
DRILL = "tests/messages/test_kill_drill.py"
IN_DOUBT = "tests/messages/test_in_doubt.py"
MARKS = "tests/messages/test_marks.py"
KILLED = "test_killed_at_each_step_a_message_is_sent_once"
FOREIGN = "test_a_foreign_object_is_not_found_wherever_its_id_stands"


def _test(file: str, function: str) -> str:
    return f"{file}::{function}"


BUGS = (
    Bug(
        "a query without a scope",
        "server/contacts/queries.py",
        "FROM {_FROM} WHERE {VISIBLE} AND c.id = $3",
        "FROM {_FROM} WHERE c.id = $3",
        (
            "tests/test_scopes.py::test_every_statement_is_held_to_a_household_or_says_why_not",
            _test("tests/test_isolation.py", FOREIGN),
        ),
    ),
    Bug(
        "a query that is held to the household only, not to the reader",
        "server/contacts/queries.py",
        "VISIBLE = \"c.household_id = $1 AND (c.visibility = 'household' OR c.user_id = $2)\"",
        'VISIBLE = "c.household_id = $1 AND $2::uuid IS NOT NULL"',
        (_test("tests/test_isolation.py", FOREIGN),),
    ),
    Bug(
        "the user's id where the household's belongs",
        "server/feeds/queries.py",
        """f"SELECT {_COLUMNS} FROM feeds f WHERE {_OWN} AND f.id = $3",
        scope.household_id,""",
        """f"SELECT {_COLUMNS} FROM feeds f WHERE {_OWN} AND f.id = $3",
        scope.user_id,""",
        ("tests/test_scopes.py::test_a_condition_on_the_owner_gets_the_owner_of_the_scope",),
    ),
    Bug(
        "a signature that nobody checks",
        "server/users/tokens.py",
        "jwt.decode(token, lambda unsigned: _key(keys, unsigned), algorithms=[ALGORITHM])",
        "pass",
        (
            "tests/users/test_tokens.py::test_a_hostile_token_is_refused",
            "tests/users/test_hostile_tokens.py::test_no_hostile_token_opens_anything",
        ),
    ),
    Bug(
        "a header that may say anything besides",
        "server/users/tokens.py",
        'if {**header, "kid": ""} != {"alg": ALGORITHM, "typ": TOKEN_TYPE, "kid": ""}:',
        'if header["typ"] != TOKEN_TYPE:',
        ("tests/users/test_tokens.py::test_a_hostile_token_is_refused",),
    ),
    Bug(
        "a token that lives for ever",
        "server/users/tokens.py",
        "if claims.expires <= now.timestamp():",
        "if claims.expires < 0:",
        (
            "tests/users/test_tokens.py::test_an_expired_token_says_that_it_expired",
            "tests/users/test_hostile_tokens.py::test_no_hostile_token_opens_anything",
        ),
    ),
    Bug(
        "a token of a key that is gone",
        "server/users/access_tokens.py",
        "await server_keys.signing_keys(now=now))]\n        _verified.clear()",
        "await server_keys.signing_keys(now=now))]",
        (
            _test(
                "tests/users/test_sessions.py",
                "test_a_key_that_goes_takes_the_tokens_with_it_that_it_verified",
            ),
        ),
    ),
    Bug(
        "somebody else's name on one's own session",
        "server/users/sessions.py",
        "if identity.scope.user_id != claims.user_id:",
        "if claims.user_id is None:",
        (
            _test(
                "tests/users/test_hostile_tokens.py",
                "test_a_good_token_beside_another_users_name_is_refused",
            ),
        ),
    ),
    Bug(
        "a route that asks for no permission",
        "server/groups/routes.py",
        '@groups.get("")\n@requires(Permission.CONTACTS_READ, reads=True)\n',
        '@groups.get("")\n',
        (
            _test(
                "tests/test_architecture.py",
                "test_every_route_names_a_permission_or_says_why_it_is_public",
            ),
        ),
    ),
    Bug(
        "403 for what is another's",
        "server/errors.py",
        'status = 404\n    code = "not_found"',
        'status = 403\n    code = "not_found"',
        (_test("tests/test_isolation.py", FOREIGN),),
    ),
    Bug(
        "fields that nobody declared",
        "server/lib/fields.py",
        'model_config = ConfigDict(extra="forbid", frozen=True)',
        'model_config = ConfigDict(extra="ignore", frozen=True)',
        ("tests/test_undeclared_fields.py::test_no_undeclared_field_of_any_object_is_taken",),
    ),
    Bug(
        "a secret in the log",
        "server/request_log.py",
        "logs.write_request(method, route, status",
        "logs.write_request(method, request.path, status",
        ("tests/feeds/test_reading.py::test_no_log_line_has_the_token",),
    ),
    Bug(
        "what a statement was given, in the log of its error",
        "server/problems.py",
        'log.error("request.failed", error=type(error).__name__',
        'log.error("request.failed", error=repr(error)',
        (
            _test(
                "tests/test_problems.py",
                "test_the_log_of_an_unexpected_error_has_its_place_but_not_its_text",
            ),
        ),
    ),
    Bug(
        "a reply that says nothing to browsers",
        "server/http_headers.py",
        '    "X-Content-Type-Options": "nosniff",\n',
        "",
        ("tests/test_http_headers.py::test_any_address_answers_with_them",),
    ),
    Bug(
        "any page may read replies",
        "server/cors.py",
        "        if origin in allowed:\n            response",
        "        if origin:\n            response",
        ("tests/test_cors.py::test_other_pages_are_told_nothing",),
    ),
    Bug(
        "an address that the client itself says",
        "server/lib/addresses.py",
        '    return entries[-hops] if len(entries) >= hops else ""',
        "    return entries[0]",
        ("tests/test_http_headers.py::test_the_clients_address_is_that_behind_our_proxies",),
    ),
    Bug(
        "a link by the caller's word for where we are",
        "server/feeds/routes.py",
        '    if config.public_url is None and config.app_env == "development":\n        return',
        "    if request.host:\n        return",
        ("tests/test_links.py::test_no_reply_believes_the_caller_where_the_server_is",),
    ),
    Bug(
        "blind resend: a message in doubt that is sent again without asking",
        "server/messages/sending.py",
        "    answer = await _ask(attempt, channel)\n",
        "    answer: Found | Absent | CannotTell = Absent()\n",
        (
            _test("tests/messages/test_killed.py", KILLED),
            _test(IN_DOUBT, "test_an_answer_that_was_lost_is_found_and_nothing_is_sent_twice"),
            _test(DRILL, "test_a_few_lines_that_drop_double_nothing"),
        ),
    ),
    Bug(
        "no outbox: nothing says that a message may have left",
        "server/messages/queries_sending.py",
        "SET state = 'sending', lease_token = $3",
        "SET state = 'pending', lease_token = $3",
        (
            _test("tests/messages/test_killed.py", KILLED),
            _test(DRILL, "test_a_killed_worker_loses_nothing_and_doubles_nothing"),
        ),
    ),
    Bug(
        "a mark that does not ask whose the message is by now",
        "server/messages/queries_sending.py",
        """AND m.lease_token = n.token AND m.state = 'sending'
            RETURNING m.id\"\"\",
        message_ids,
        tokens,
    )
    return {row["id"] for row in rows}


async def suppress""",
        """AND m.state = 'sending'
            RETURNING m.id\"\"\",
        message_ids,
        tokens,
    )
    return {row["id"] for row in rows}


async def suppress""",
        (_test(MARKS, "test_who_lost_the_message_may_not_call"),),
    ),
    Bug(
        "a call that nobody marked",
        "server/messages/sending.py",
        "        await mark()\n",
        "",
        (
            _test("tests/messages/test_killed.py", KILLED),
            _test(MARKS, "test_a_sender_that_lost_its_lease_hands_nothing_over"),
        ),
    ),
    Bug(
        "no outbox: a message that is written whether its cause is committed or not",
        "server/outbox/service.py",
        "    first = await queries.insert_messages(",
        "    db.engine().current_transaction.set(None)\n    first = await queries.insert_messages(",
        ("tests/outbox/test_service.py::test_what_is_taken_back_leaves_no_message",),
    ),
    Bug(
        "a list of a provider that is believed at once",
        "server/messages/rules.py",
        "LIST_LAG = timedelta(seconds=15)",
        "LIST_LAG = timedelta(seconds=0)",
        (_test(IN_DOUBT, "test_a_list_that_lags_makes_nothing_leave_twice"),),
    ),
    Bug(
        "a sender that decides after it lost its lease",
        "server/messages/queries_outcomes.py",
        "AND id = $3 AND lease_token = $4",
        "AND id = $3 AND $4::uuid IS NOT NULL",
        (_test(IN_DOUBT, "test_a_sender_that_lost_its_lease_decides_nothing"),),
    ),
    Bug(
        "two senders that count a user's hour at the same time",
        "server/messages/queries_sending.py",
        "FOR NO KEY UPDATE OF m, u SKIP LOCKED",
        "FOR NO KEY UPDATE OF m SKIP LOCKED",
        (_test(CLAIMING, "test_of_two_senders_one_looks_at_a_users_messages_at_a_time"),),
    ),
)
