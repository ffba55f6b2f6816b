"""The account's routes, as a client sees them."""

import io
import json
import zipfile


async def test_an_export_is_a_file_to_keep(client, member):
    reply = await client.get("/api/account/export", headers=member.headers)

    assert reply.mimetype == "application/json"
    assert reply.headers["Content-Disposition"] == 'attachment; filename="catchup.json"'
    assert reply.headers["Cache-Control"] == "no-store"
    assert json.loads(await reply.get_data())["user_id"] == str(member.scope.user_id)


async def test_a_zip_is_one(client, member):
    reply = await client.get("/api/account/export?format=zip", headers=member.headers)

    names = zipfile.ZipFile(io.BytesIO(await reply.get_data())).namelist()
    assert reply.mimetype == "application/zip"
    assert {"account.json", "contacts.vcf", "tables/contacts.csv"} <= set(names)


async def test_another_format_is_refused(client, member):
    reply = await client.get("/api/account/export?format=pdf", headers=member.headers)

    assert reply.status_code == 400
