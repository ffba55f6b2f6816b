"""Bugs of digests, planted by hand."""

from tests.planted.bugs import Bug

SERVICE = "tests/digests/test_service.py"

DIGESTS = (
    Bug(
        "a digest that comes again when its date does",
        "server/digests/service.py",
        'if row["state"] == "written" and row["id"] in first',
        'if row["state"] == "written"',
        (
            "tests/digests/test_service_clock.py::test_even_a_schedule_set_back_by_hand_writes_no_second_one",
        ),
    ),
    Bug(
        "a digest whose parts are committed one by one",
        "server/digests/service.py",
        "    async with durable(Step.DIGEST_WRITE):\n        held = await",
        "    if now:\n        held = await",
        ("tests/digests/test_killed.py::test_killed_at_each_step_what_is_due_is_written_once",),
    ),
    Bug(
        "a digest at nine o'clock of the winter",
        "server/digests/rules.py",
        "    return Occurrence(on, wall.astimezone(UTC))",
        "    winter = wall.replace(month=1, day=1)\n"
        "    return Occurrence(on, winter.astimezone(UTC) + (on - winter.date()))",
        ("tests/digests/test_rules.py::test_a_year_has_each_week_once_at_nine_on_the_wall",),
    ),
    Bug(
        "a name in a mail that is markup",
        "server/digests/letters.py",
        "<strong>{escape(_line(item.name))}</strong>",
        "<strong>{_line(item.name)}</strong>",
        ("tests/digests/test_letters.py::test_a_name_is_never_markup",),
    ),
    Bug(
        "a question about what has been answered",
        "server/digests/queries_notices.py",
        "WHERE s.state = 'accepted' AND s.slot_end <= $1",
        "WHERE s.slot_end <= $1",
        ("tests/digests/test_service_notices.py::test_who_has_said_it_already_is_not_asked",),
    ),
    Bug(
        "a link that unsubscribes whom it names",
        "server/digests/unsubscribe.py",
        "    if not await macs.fits(Use.UNSUBSCRIBE, str(user_id), raw[16:]):\n"
        "        raise NotFound\n",
        "",
        ("tests/digests/test_routes.py::test_a_token_of_somebody_elses_making_is_not_found",),
    ),
)
