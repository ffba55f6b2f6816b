"""Give an address book back: everything that came in, and what changed since."""

from collections.abc import AsyncIterator

from server.contacts import queries, service_rows
from server.contacts.card_drafts import card_of_draft
from server.contacts.vcard.write import write_card
from server.keys import service as keys
from server.lib.scope import Scope

PAGE = 500


async def export_vcards(scope: Scope) -> AsyncIterator[str]:
    """Yield every contact that the user sees as vCard 4.0, archived ones too, by name.

    Reads page by page: memory does not grow with the address book, and nothing is locked.
    """
    box = await keys.box(scope.household_id)
    after = None
    while rows := await queries.list_whole_page(scope, after=after, limit=PAGE):
        for row in rows:
            card = card_of_draft(
                service_rows.draft(row, box),
                uid=f"urn:uuid:{row['id']}",
                tags=[tag["name"] for tag in row["tags"]],
            )
            yield write_card(card)
        after = (rows[-1]["name_key"], rows[-1]["id"])
