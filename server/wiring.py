"""Where a lower feature learns of higher ones: what they do when something happens below."""

from server.contacts import service_bulk as contacts
from server.digests import unsubscribe
from server.groups import service as groups
from server.groups import service_imported
from server.groups import service_tags as tags
from server.messages import opening
from server.users import service as users


def connect() -> None:
    """Register every step; the server, the worker and the command line call it once."""
    users.new_user_steps[:] = [groups.make_default_groups]
    contacts.new_contact_steps[:] = [tags.tag_new_contacts, service_imported.join_groups]
    opening.unsubscribe_url_steps[:] = [unsubscribe.url_of]
