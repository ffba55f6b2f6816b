"""What every reply carries."""


async def test_replies_of_the_api_are_kept_by_nobody(client, member):
    reply = await client.get("/api/auth/me", headers=member.headers)

    assert reply.headers["Cache-Control"] == "no-store"


async def test_errors_of_the_api_are_kept_by_nobody(client):
    reply = await client.get("/api/nothing-here")

    assert (reply.status_code, reply.headers["Cache-Control"]) == (404, "no-store")


async def test_no_reply_lets_a_browser_guess_its_type(client):
    for address in ("/health/live", "/api/nothing-here"):
        reply = await client.get(address)
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
