import asyncio
import io

from server import config, db
from server.keys import service as keys
from server.messages.reply_address import reply_address
from tests.webhooks import signing
from tests.webhooks.phones import leave_message
from tests.webhooks.signing import MULTIPART, by_secret, mail, multipart, sendgrid_headers

INBOUND = "/api/webhooks/email/inbound"


async def texts(member):
    rows = await db.fetch(
        "SELECT id, body FROM inbox_messages WHERE user_id = $1 ORDER BY id", member.scope.user_id
    )
    box = await keys.box(member.scope.household_id)
    return [box.open("inbox_messages", "body", row["id"], row["body"]).strip() for row in rows]


async def post(client, fields, headers=None):
    body = multipart(fields)
    headers = headers or sendgrid_headers(body, content_type=MULTIPART)
    return await client.post(INBOUND, headers=headers, data=body)


async def test_a_mail_of_a_user_is_stored(client, member):
    reply = await post(client, mail(member.email, text="1 yes"))

    assert reply.status_code == 204
    assert await texts(member) == ["1 yes"]


async def test_fields_are_read_by_their_charsets(client, member):
    written = {
        "iso-8859-1": "ça va",
        "windows-1252": "naïve – “yes”",
        "iso-8859-8-i": "כן",
        "windows-874": "ใช่",
        "koi8-r": "да",
        "shift_jis": "はい",
        "gb18030": "好的",
        "utf-16": "sí",
    }
    for number, (charset, text) in enumerate(written.items()):
        name = charset.removesuffix("-i").replace("windows-874", "cp874")
        fields = mail(
            member.email,
            text=text.encode(name),
            headers=f"Message-ID: <{number}@example.org>\n",
            charsets=f'{{"text":"{charset}","from":"UTF-8"}}',
        )
        assert (await post(client, fields)).status_code == 204, charset

    assert await texts(member) == list(written.values())


async def test_unknown_and_lying_charsets_keep_the_words_around(client, member):
    lies: list[tuple[str, str | bytes]] = [
        ("x-klingon", "ja é"),
        ("us-ascii", "ja é"),
        ("punycode", "ja"),
        ("zlib", "ja"),
        ("utf-8", b"ja \xff"),
    ]
    for number, (charset, text) in enumerate(lies):
        fields = mail(
            member.email,
            text=text,
            headers=f"Message-ID: <{number}@example.org>\n",
            charsets=f'{{"text":"{charset}"}}',
        )
        assert (await post(client, fields)).status_code == 204, charset

    assert [text[:2] for text in await texts(member)] == ["ja"] * len(lies)


async def test_a_mail_with_html_only_is_read_as_its_words(client, member):
    html = "<p>1&nbsp;yes</p><blockquote><div>Did you meet Ben?</div></blockquote>"

    await post(client, mail(member.email, text="", html=html))

    assert await texts(member) == ["1 yes\n\n> Did you meet Ben?"]


async def test_a_raw_mail_is_read_with_its_own_charset(client, member):
    raw = (
        f"From: Ana <{member.email}>\r\nMessage-ID: <r@example.org>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/alternative; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n1 s=ED\r\n"
        "--b\r\nContent-Type: text/html\r\n\r\n<p>no</p>\r\n--b--\r\n"
    )
    fields = mail(member.email, email=raw)
    for name in ("text", "headers"):
        del fields[name]

    await post(client, fields)

    assert await texts(member) == ["1 sí"]


async def test_an_unknown_sender_leaves_nothing_and_gets_the_same_answer(client, member):
    reply = await post(client, mail("stranger@elsewhere.example"))

    assert (reply.status_code, await reply.get_data()) == (204, b"")
    assert await db.fetch_value("SELECT count(*) FROM inbox_messages") == 0


async def test_a_mail_posted_again_with_another_boundary_is_stored_once(client, member):
    fields = mail(member.email)
    again = multipart(fields).replace(signing.BOUNDARY.encode(), b"another")
    kind = MULTIPART.replace(signing.BOUNDARY, "another")

    await post(client, fields)
    await client.post(INBOUND, headers=sendgrid_headers(again, content_type=kind), data=again)

    assert len(await texts(member)) == 1


async def test_a_sender_that_nothing_vouches_for_is_not_believed(client, member):
    domain = member.email.rpartition("@")[2]
    spoofs = [
        {"SPF": "fail", "dkim": "none"},
        {"SPF": "softfail", "dkim": f"{{@{domain} : fail}}"},
        {"SPF": "pass", "dkim": "{@evil.example : pass}", "envelope": '{"from":"x@evil.example"}'},
        {"SPF": "none", "dkim": f"{{@not{domain} : pass}}"},
        {"SPF": "pass", "dkim": "", "envelope": "{}"},
        {"SPF": "pass", "from": f"{member.email}, x@evil.example"},
        {"headers": f"From: x@evil.example\nFrom: {member.email}\n"},
    ]
    for fields in spoofs:
        assert (await post(client, mail(member.email, **fields))).status_code == 204

    assert await texts(member) == []


async def test_the_address_that_our_mail_gave_vouches_for_who_answers_it(client, member, stranger):
    unsigned = {"SPF": "none", "dkim": "none"}
    mine = await reply_address(await leave_message(member, channel="email"))
    theirs = await reply_address(await leave_message(stranger, channel="email"))
    assert mine is not None

    for number, to in enumerate((mine, theirs, mine.replace("+", "+a"), mine.replace("@", "a@"))):
        envelope = f'{{"to":["{to}"],"from":"x@relay.example"}}'
        fields = mail(member.email, envelope=envelope, text=f"{number} yes", **unsigned)
        await post(client, {**fields, "headers": f"Message-ID: <{number}@example.org>\n"})

    assert await texts(member) == ["0 yes"]


async def test_what_a_machine_wrote_is_passed_over(client, member):
    for line in (
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated (vacation)",
        "Precedence: bulk",
        "X-Autoreply: yes",
    ):
        await post(client, mail(member.email, headers=f"{line}\nMessage-ID: <{line}>\n"))
    await post(client, mail(member.email, envelope='{"from":""}'))
    await post(client, mail(member.email, headers="Auto-Submitted: no\nMessage-ID: <h@x>\n"))

    assert await texts(member) == ["1 yes"]


async def test_a_secret_in_the_address_lets_in_who_cannot_sign(client, member):
    reply = await post(client, mail(member.email), by_secret())

    assert reply.status_code == 204
    assert await texts(member) == ["1 yes"]


async def test_old_and_new_secret_are_taken_while_it_is_changed(client, member, monkeypatch):
    monkeypatch.setenv("EMAIL_INBOUND_SECRET", f"{'b' * 40},{signing.INBOUND_SECRET}")
    config.settings.cache_clear()

    replies = [
        await post(client, mail(member.email), by_secret(secret))
        for secret in ("b" * 40, signing.INBOUND_SECRET, "c" * 40)
    ]

    config.settings.cache_clear()
    assert [reply.status_code for reply in replies] == [204, 204, 403]


async def test_who_signs_is_held_to_the_signature(client, member):
    body = multipart(mail(member.email))
    wrong = sendgrid_headers(body + b" ", content_type=MULTIPART) | by_secret()

    reply = await client.post(INBOUND, headers=wrong, data=body)

    assert reply.status_code == 403
    assert await texts(member) == []


async def test_without_key_or_secret_every_mail_is_refused(client, member, monkeypatch):
    monkeypatch.delenv("EMAIL_INBOUND_SECRET")
    monkeypatch.delenv("SENDGRID_WEBHOOK_PUBLIC_KEY")
    config.settings.cache_clear()

    replies = [
        await post(client, mail(member.email)),
        await post(client, mail(member.email), by_secret("")),
    ]

    config.settings.cache_clear()
    assert [reply.status_code for reply in replies] == [403, 403]
    assert await texts(member) == []


async def test_forms_that_are_none_are_bad_input(client):
    for kind, body in (
        (MULTIPART, b"nothing"),
        ("multipart/form-data", multipart({})),
        ("text/plain", b"1 yes"),
        (MULTIPART, multipart({str(n): "x" for n in range(1000)})),
    ):
        reply = await client.post(INBOUND, headers=by_secret() | {"Content-Type": kind}, data=body)

        assert reply.status_code == 400, (kind, await reply.get_data())


async def test_attachments_pass_by(client, member):
    part = f'--{signing.BOUNDARY}\r\nContent-Disposition: form-data; name="attachment1";'
    file = f'{part} filename="photo.jpg"\r\n\r\n'.encode() + b"\xff" * 5_000_000 + b"\r\n"
    body = file + multipart(mail(member.email))

    reply = await client.post(INBOUND, headers=by_secret(), data=body)

    assert reply.status_code == 204
    assert await texts(member) == ["1 yes"]


async def test_a_mail_over_the_limit_is_refused(client):
    body = io.BytesIO(b"x" * (31 * 2**20 + 1)).getvalue()

    reply = await client.post(INBOUND, headers=by_secret(), data=body)

    assert reply.status_code == 413


async def test_duplicates_at_once_are_stored_once(client, member):
    replies = await asyncio.gather(*(post(client, mail(member.email)) for _ in range(30)))

    assert {reply.status_code for reply in replies} == {204}
    assert len(await texts(member)) == 1


async def test_the_name_of_a_mail_is_kept_for_its_answer_if_it_is_one(client, member):
    names = ["<a@mail.example.org>", "no name", "<b c@d>"]
    for number, name in enumerate(names):
        head = f"Message-ID: {name}\nX-Number: {number}\n"
        await post(client, mail(member.email, text=f"{number} yes", headers=head))

    rows = await db.fetch("SELECT id, mail_id FROM inbox_messages ORDER BY id")
    box = await keys.box(member.scope.household_id)
    kept = [box.open_if("inbox_messages", "mail_id", row["id"], row["mail_id"]) for row in rows]
    assert kept == ["<a@mail.example.org>", None, None]
