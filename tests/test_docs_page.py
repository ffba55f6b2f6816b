import re

from server.app import create_app
from server.config import Settings
from server.docs_page import docs_page
from server.openapi import document


def test_every_operation_stands_on_the_page():
    found = document(create_app(Settings()))
    page = docs_page(found)

    for operations in found["paths"].values():
        for operation in operations.values():
            assert f'id="{operation["operationId"]}"' in page


def test_page_asks_nothing_of_the_outside():
    page = docs_page(document(create_app(Settings())))

    assert not re.search(r"<script|<link|src=|href=\"https?:|url\(", page)


async def test_page_is_served(client):
    reply = await client.get("/api/docs")

    assert (reply.status_code, reply.mimetype) == (200, "text/html")
