"""What the statement says is what the code does."""

from server.account.columns import TABLES
from server.account.kinds import Personal
from server.account.service_privacy import statement
from server.account.words import KINDS, RECIPIENTS
from server.config import Settings
from server.config_retention import Retention
from server.keys.classes import ENCRYPTED


def test_every_kind_has_words():
    assert KINDS.keys() == set(Personal)


def test_every_table_and_every_encrypted_column_is_told():
    told = statement(Settings()).data

    assert sorted(table for kind in told for table in kind.tables) == sorted(TABLES)
    assert sorted(place for kind in told for place in kind.encrypted) == sorted(
        ".".join(place) for place in ENCRYPTED
    )


def test_the_days_are_those_of_the_settings():
    told = {
        kind.name: kind.kept_days for kind in statement(Settings(retention_messages_days=17)).data
    }

    assert told["messages"] == 17
    assert told["contacts"] is None
    assert {kind.setting for kind in KINDS.values()} - {None} <= Retention.model_fields.keys()


def test_nobody_gets_anything_by_default_but_who_a_member_names():
    active = [one.name for one in statement(Settings()).goes_to if one.active]

    assert active == ["Servers of calendar links that you gave us"]


def test_who_is_switched_on_is_told():
    mail = Settings(
        sendgrid_api_key="k", sendgrid_from_email="a@example.org", storage_url="s3://bucket/x"
    )

    told = statement(mail)

    active = {one.name for one in told.goes_to if one.active}
    assert {"SendGrid", "The store of photos and recordings"} <= active
    assert "SendGrid gets your e-mail address" in told.text


def test_a_folder_on_this_server_is_nobody_else():
    told = statement(Settings(storage_url="file:///var/lib/catchup/objects"))

    assert not any(one.active for one in told.goes_to if "store" in one.name)


def test_every_provider_of_the_settings_is_told_of():
    secrets = {
        name
        for name in Settings.model_fields
        if name.endswith(("_api_key", "_account_sid", "_client_id", "_dsn", "smtp_url"))
    }
    told = {name for recipient in RECIPIENTS for name in recipient.settings}

    assert secrets - told == {"openai_transcription_api_key"}  # goes with its base URL


def test_the_words_hold_the_whole_statement():
    told = statement(Settings())

    assert all(kind.what in told.text for kind in told.data)
    assert all(right in told.text for right in told.rights)
