import pytest

from server import config
from server.config import SettingsError
from server.config_messages import SmtpServer, sender, smtp_server

ACCOUNT = "AC" + "0" * 32
SERVICE = "MG" + "0" * 32


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", SmtpServer("mail.example.org", 587, "starttls")),
        ("smtps://mail.example.org", SmtpServer("mail.example.org", 465, "implicit")),
        ("smtp://mail.example.org:25", SmtpServer("mail.example.org", 25, "starttls")),
        ("smtp://mail.lan?starttls=off", SmtpServer("mail.lan", 587, "none")),
        ("smtp://localhost:25", SmtpServer("localhost", 25, "none")),
        ("smtp://[::1]:25", SmtpServer("::1", 25, "none")),
        ("smtp://127.0.0.1?starttls=required", SmtpServer("127.0.0.1", 587, "starttls")),
        (
            "smtp://ana%40example.org:p%3A%2Fw@mail.example.org",
            SmtpServer("mail.example.org", 587, "starttls", "ana@example.org", "p:/w"),
        ),
        (
            "smtp://ana@example.org:pw@mail.example.org",
            SmtpServer("mail.example.org", 587, "starttls", "ana@example.org", "pw"),
        ),
        (
            "smtps://mail.lan?ca=/etc/ssl/lan.pem",
            SmtpServer("mail.lan", 465, "implicit", authority="/etc/ssl/lan.pem"),
        ),
        ("smtp://ana:pw@localhost", SmtpServer("localhost", 587, "none", "ana", "pw")),
    ],
)
def test_a_url_says_how_a_server_is_reached(url, expected):
    assert smtp_server(url) == expected


def test_a_password_does_not_show_in_a_servers_repr():
    assert "hunter2" not in repr(smtp_server("smtps://ana:hunter2@mail.example.org"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("catchup@example.org", "CatchUp <catchup@example.org>"),
        ("Ana & Co <hello@example.org>", "Ana & Co <hello@example.org>"),
        ('"Fischer, Ana" <hello@example.org>', '"Fischer, Ana" <hello@example.org>'),
    ],
)
def test_a_sender_has_a_name_and_an_address(text, expected):
    assert str(sender(text)) == expected


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"TWILIO_ACCOUNT_SID": ACCOUNT}, "TWILIO_AUTH_TOKEN"),
        ({"TWILIO_MESSAGING_SERVICE_SID": SERVICE}, "TWILIO_ACCOUNT_SID"),
        ({"TWILIO_PHONE_NUMBER": "+14155550100"}, "TWILIO_ACCOUNT_SID"),
        (
            {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "t"},
            "TWILIO_PHONE_NUMBER or TWILIO_MESSAGING_SERVICE_SID",
        ),
        ({"SENDGRID_API_KEY": "SG.x"}, "SENDGRID_FROM_EMAIL"),
        ({"SENDGRID_FROM_EMAIL": "a@b.example"}, "SENDGRID_API_KEY"),
        ({"SMTP_URL": "smtp://localhost"}, "SMTP_FROM_EMAIL"),
        ({"SMTP_FROM_EMAIL": "a@b.example"}, "SMTP_URL"),
    ],
)
def test_half_a_provider_stops_the_start_and_names_what_is_missing(set_env, values, missing):
    set_env(**values)

    with pytest.raises(SettingsError) as refused:
        config.load()

    (line,) = refused.value.lines
    assert line.startswith(f"{missing}: not set, but {next(iter(values))} is")


@pytest.mark.parametrize(
    "values",
    [
        {},
        {
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": "t",
            "TWILIO_PHONE_NUMBER": "+14155550100",
        },
        {
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": "t",
            "TWILIO_MESSAGING_SERVICE_SID": SERVICE,
        },
        {"TWILIO_AUTH_TOKEN": "for webhooks alone"},
        {"SENDGRID_API_KEY": "SG.x", "SENDGRID_FROM_EMAIL": "a@b.example"},
        {"SMTP_URL": "smtp://localhost", "SMTP_FROM_EMAIL": "a@b.example"},
    ],
)
def test_a_whole_provider_or_none_starts(set_env, values):
    set_env(**values)

    config.load()
