"""Where a lower feature learns of higher ones: what they do when something happens below."""

from server.contacts import service_bulk as contacts
from server.digests import unsubscribe
from server.groups import service as groups
from server.groups import service_imported
from server.groups import service_tags as tags
from server.messages import opening, opt_outs
from server.preferences import service as preferences
from server.users import reach
from server.users import service as users


def connect() -> None:
    """Register every step; the server, the worker and the command line call it once."""
    users.new_user_steps[:] = [groups.make_default_groups]
    contacts.new_contact_steps[:] = [tags.tag_new_contacts, service_imported.join_groups]
    reach.number_steps[:] = [opt_outs.follow_number]
    preferences.email_on_steps[:] = [opt_outs.consent_to_email]
    opening.unsubscribe_url_steps[:] = [unsubscribe.url_of]
