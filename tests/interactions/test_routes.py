from uuid import UUID

import pytest

from tests.rows import insert_contact

PAST, FUTURE = "2020-05-01T18:30:00+02:00", "2150-05-01T18:30:00+02:00"
URL = "/api/interactions"


def body(*contact_ids, **more):
    return {
        "contact_ids": [str(contact_id) for contact_id in contact_ids],
        "kind": "call",
        "occurred_at": PAST,
        **more,
    }


async def logged(client, member, **more):
    contact = await insert_contact(member)
    reply = await client.post(URL, json=body(contact, **more), headers=member.headers)
    assert reply.status_code == 201, await reply.get_json()
    return await reply.get_json()


async def test_logging_answers_the_whole_interaction(client, member):
    made = await logged(client, member, notes="Long talk.")

    assert (made["state"], made["notes"], made["visibility"]) == (
        "confirmed",
        "Long talk.",
        "private",
    )


async def test_logging_names_where_the_new_one_is(client, member):
    contact = await insert_contact(member)
    reply = await client.post(URL, json=body(contact), headers=member.headers)

    made = await reply.get_json()
    assert reply.headers["Location"] == f"{URL}/{made['id']}"


async def test_times_are_answered_in_utc(client, member):
    made = await logged(client, member)

    assert made["occurred_at"] == "2020-05-01T16:30:00Z"


async def test_a_future_call_cannot_be_confirmed_already(client, member):
    contact = await insert_contact(member)
    early = body(contact, occurred_at=FUTURE, state="confirmed")

    reply = await client.post(URL, json=early, headers=member.headers)

    problem = await reply.get_json()
    assert (reply.status_code, problem["code"]) == (400, "not_yet")
    assert problem["errors"][0]["field"] == "occurred_at"


async def test_a_body_with_an_unseen_contact_answers_404(client, member, stranger):
    theirs = await insert_contact(stranger)

    reply = await client.post(URL, json=body(theirs), headers=member.headers)

    assert (reply.status_code, (await reply.get_json())["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_bad_input_names_the_field(client, member, method):
    made = await logged(client, member)
    sent = {**body(*made["contact_ids"]), "occurred_at": "2020-05-01T18:30:00"}
    path = URL if method == "POST" else f"{URL}/{made['id']}"

    reply = await client.open(path, method=method, json=sent, headers=member.headers)

    problem = await reply.get_json()
    assert reply.status_code == 400, problem
    assert [error["field"] for error in problem["errors"]] == ["occurred_at"]


async def test_an_empty_patch_is_fine(client, member):
    made = await logged(client, member)

    reply = await client.patch(f"{URL}/{made['id']}", json={}, headers=member.headers)

    assert reply.status_code == 200


async def test_the_etag_lets_an_edit_through(client, member):
    made = await logged(client, member)
    read = await client.get(f"{URL}/{made['id']}", headers=member.headers)
    headers = member.headers | {"If-Match": read.headers["ETag"]}

    reply = await client.patch(f"{URL}/{made['id']}", json={"kind": "text"}, headers=headers)

    assert (reply.status_code, reply.headers["ETag"]) == (200, '"2"')


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
async def test_an_old_etag_stops_an_edit(client, member, method):
    made = await logged(client, member)
    sent = {} if method == "patch" else body(*made["contact_ids"])
    reply = await client.open(
        f"{URL}/{made['id']}",
        method=method.upper(),
        json=None if method == "delete" else sent,
        headers=member.headers | {"If-Match": '"7"'},
    )

    assert reply.status_code == 412


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("PUT", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/confirm")],
)
async def test_another_users_interaction_is_not_found(client, member, stranger, method, path):
    made = await logged(client, member, visibility="household")
    theirs = await insert_contact(stranger)
    sent = {"PUT": body(theirs), "PATCH": {}}.get(method)

    reply = await client.open(
        f"{URL}/{made['id']}{path}", method=method, json=sent, headers=stranger.headers
    )

    assert reply.status_code == 404


async def test_a_plan_is_confirmed_by_its_route(client, member):
    made = await logged(client, member, state="planned")

    reply = await client.post(f"{URL}/{made['id']}/confirm", headers=member.headers)

    assert (await reply.get_json())["state"] == "confirmed"


async def test_a_future_plan_is_not_confirmed(client, member):
    made = await logged(client, member, occurred_at=FUTURE)

    reply = await client.post(f"{URL}/{made['id']}/confirm", headers=member.headers)

    assert (reply.status_code, (await reply.get_json())["code"]) == (409, "not_yet")


async def test_deleting_answers_nothing(client, member):
    made = await logged(client, member)

    reply = await client.delete(f"{URL}/{made['id']}", headers=member.headers)

    assert (reply.status_code, await reply.get_data()) == (204, b"")


async def test_a_list_takes_its_filters_from_the_address(client, member):
    made = await logged(client, member)
    await logged(client, member, occurred_at=FUTURE)

    filters = f"contact={made['contact_ids'][0]}&state=confirmed&from=2020-01-01T00:00:00Z"
    reply = await client.get(f"{URL}?{filters}&to=2021-01-01T00:00:00Z", headers=member.headers)

    assert [item["id"] for item in (await reply.get_json())["items"]] == [made["id"]]


async def test_a_contacts_list_has_pages(client, member):
    contact = await insert_contact(member)
    for _ in range(3):
        await client.post(URL, json=body(contact), headers=member.headers)
    path = f"/api/contacts/{contact}/interactions?limit=2"

    first = await (await client.get(path, headers=member.headers)).get_json()
    cursor = first["next_cursor"]
    second = await (await client.get(f"{path}&cursor={cursor}", headers=member.headers)).get_json()

    assert (len(first["items"]), len(second["items"]), second["next_cursor"]) == (2, 1, None)


async def test_the_list_of_an_unseen_contact_answers_404(client, member, stranger):
    theirs = await insert_contact(stranger)

    reply = await client.get(f"/api/contacts/{theirs}/interactions", headers=member.headers)

    assert reply.status_code == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=1&limit=2", "limit"), ("cursor=nonsense", "cursor"), ("order=oldest", "order")],
)
async def test_a_bad_filter_is_named(client, member, query, field):
    reply = await client.get(f"{URL}?{query}", headers=member.headers)

    problem = await reply.get_json()
    assert reply.status_code == 400, problem
    assert [error["field"] for error in problem["errors"]] == [field]


@pytest.mark.parametrize("values", ["WyJ4IiwieSJd", "W251bGwsbnVsbF0"], ids=["texts", "nulls"])
async def test_another_lists_cursor_is_refused(client, member, values):
    reply = await client.get(f"{URL}?cursor={values}", headers=member.headers)

    assert (await reply.get_json())["errors"][0]["code"] == "bad_cursor"


@pytest.mark.parametrize("path", [URL, f"{URL}/{UUID(int=1)}"])
async def test_nobody_reads_without_signing_in(client, path):
    assert (await client.get(path)).status_code == 401
