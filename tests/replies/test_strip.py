import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.replies.strip import strip

QUOTE = "> 1 Ben, Mon 18:00\n> Reply 1 yes, 1 no or 1 later"
ATTRIBUTIONS = (
    "On Sun, Mar 1, 2026 at 9:00 AM CatchUp <hello@catchup.example> wrote:",
    "On 1 Mar 2026, at 09:00, CatchUp\n<hello@catchup.example>\nwrote:",
    "Am So., 1. März 2026 um 09:00 Uhr schrieb CatchUp <hello@catchup.example>:",
    "Am 01.03.2026 um 09:00 schrieb CatchUp:",
    "Le dim. 1 mars 2026 à 09:00, CatchUp <hello@catchup.example> a écrit :",
    "El dom, 1 mar 2026 a las 9:00, CatchUp (<hello@catchup.example>) escribió:",
    "Il giorno dom 1 mar 2026 alle ore 09:00 CatchUp <hello@catchup.example> ha\nscritto:",
    "Em dom., 1 de mar. de 2026 às 09:00, CatchUp <hello@catchup.example> escreveu:",
    "Op zo 1 mrt 2026 om 09:00 schreef CatchUp <hello@catchup.example>:",
    "niedz., 1 mar 2026 o 09:00 CatchUp <hello@catchup.example> napisał(a):",
    "Den sön 1 mars 2026 kl 09:00 skrev CatchUp <hello@catchup.example>:",
    "Den søn. 1. mar. 2026 kl. 09.00 skrev CatchUp <hello@catchup.example>:",
    "su 1. maalisk. 2026 klo 9.00 CatchUp (hello@catchup.example) kirjoitti:",
    "ne 1. 3. 2026 v 9:00 odesílatel CatchUp <hello@catchup.example> napsal:",
    "CatchUp <hello@catchup.example>, 1 Mar 2026 Paz, 09:00 tarihinde şunu yazdı:",
    "вс, 1 мар. 2026 г. в 09:00, CatchUp <hello@catchup.example> написал(а):",
    "нд, 1 бер. 2026 р. о 09:00 CatchUp <hello@catchup.example> пише:",
    "Στις Κυρ 1 Μαρ 2026 στις 9:00 π.μ., ο χρήστης CatchUp <hello@catchup.example> έγραψε:",
    "2026年3月1日(日) 9:00 CatchUp <hello@catchup.example> のメール:",
    "CatchUp <hello@catchup.example> 于2026年3月1日周日 09:00写道：",
    "2026년 3월 1일 (일) 오전 9:00, CatchUp <hello@catchup.example>님이 작성:",
    "في الأحد، 1 مارس 2026 في 9:00 كتب CatchUp <hello@catchup.example>:",
    "रवि, 1 मार्च 2026 को 9:00 बजे CatchUp <hello@catchup.example> ने लिखा:",
    "Am Sonntag, 1. März 2026 um 09:00 hat CatchUp <hello@catchup.example> Folgendes geschrieben:",
    "Am Sonntag, 1. März 2026 hat CatchUp Folgendes geschrieben:",
    "On Sunday, 1 March 2026 at 09:00 +0100, CatchUp <hello@catchup.example>, wrote:",
    "вс, 1 мар. 2026 г. в 09:00, CatchUp <hello@catchup.example>:",
    '01.03.2026, 09:00, "CatchUp" <hello@catchup.example>:',
    "2026年3月1日(日) 9:00 CatchUp <hello@catchup.example>:",
    "2026年3月1日(日) 9:00 CatchUp, whose name is long\n<hello@catchup.example>:",
    "ned, 1. ožu 2026. u 09:00 CatchUp <hello@catchup.example> napisao je:",
    "На нд, 1.03.2026 г. в 9:00 CatchUp <hello@catchup.example> написа:",
    "Missatge de CatchUp <hello@catchup.example> del dia dg., 1 de març 2026 a les 9:00:",
    "ในวันที่ อา. 1 มี.ค. 2026 เวลา 09:00 CatchUp <hello@catchup.example> เขียนว่า:",
    "\u200fב-1 במרץ 2026 ב-9:00 מאת \u202aCatchUp\u202c <\u202ahello@catchup.example\u202c>:\u202c",
    "في الأحد، ١ مارس ٢٠٢٦ في ٩:٠٠ ص تمت كتابة ما يلي بواسطة CatchUp <hello@catchup.example>:",
)


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
@pytest.mark.parametrize("quoted", [QUOTE, "1 Ben, Mon 18:00\nReply 1 yes, 1 no or 1 later"])
def test_the_quoted_digest_goes_in_every_language(attribution, quoted):
    assert strip(f"1 yes, 2 no\n\n{attribution}\n\n{quoted}\n") == "1 yes, 2 no"


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_a_reply_below_the_quote_stays(attribution):
    assert strip(f"{attribution}\n{QUOTE}\n\n1 yes\n") == "1 yes"


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
@pytest.mark.parametrize(
    "reply", ["1 yes", "1 yes\n2 no", "On Monday, 1 yes", "Am 1. ja", '"1 yes"', "1/2/3 yes"]
)
def test_a_reply_that_touches_the_header_of_the_quote_stays(attribution, reply):
    assert strip(f"{reply}\n{attribution}\n{QUOTE}\n") == reply


HEADERS = (
    "From: CatchUp <hello@catchup.example>\nSent: Sunday, March 1, 2026\nTo: Ana\nSubject: Week",
    "*From:* CatchUp <hello@catchup.example>\n*Sent:* Sunday, March 1, 2026 9:00 AM",
    "-----Original Message-----\nFrom: CatchUp",
    "----- Original Message -----",
    "________________________________\nVon: CatchUp\nGesendet: Sonntag, 1. März 2026 09:00",
    "Von: CatchUp <hello@catchup.example>\nGesendet: Sonntag, 1. März 2026 09:00\nAn: Ana",
    "De : CatchUp <hello@catchup.example>\nEnvoyé : dimanche 1 mars 2026 09:00\nÀ : Ana",
    "De: CatchUp\nEnviado el: domingo, 1 de marzo de 2026 9:00\nPara: Ana\nAsunto: Tu semana",
    "Da: CatchUp\nInviato: domenica 1 marzo 2026 09:00\nA: Ana\nOggetto: La tua settimana",
    "发件人: CatchUp\n发送时间: 2026年3月1日 9:00\n收件人: Ana\n主题: x",
    "差出人: CatchUp\n送信日時: 2026年3月1日 9:00",
    "От: CatchUp\nОтправлено: 1 марта 2026 г. 9:00\nКому: Ana",
    "-------- Ursprüngliche Nachricht --------\nVon: CatchUp",
    "---------- Forwarded message ---------",
    "Begin forwarded message:",
    "2026/3/1 CatchUp <hello@catchup.example>",
)


@pytest.mark.parametrize("header", HEADERS)
def test_what_stands_below_a_header_of_a_mail_goes(header):
    assert strip(f"2 later\n\n{header}\n\n1 Ben, Mon 18:00\n1 yes?\n") == "2 later"


SIGNATURES = (
    "-- \nAna Lee\nHead of tea",
    "--\nAna",
    "Sent from my iPhone",
    "Sent from Mail for Windows 10",
    "Get Outlook for iOS<https://aka.example/o>",
    "Von meinem iPhone gesendet",
    "Gesendet mit der GMX Mail App",
    "Envoyé de mon iPhone",
    "Enviado desde mi iPhone",
    "Inviato da iPhone",
    "Verzonden vanaf mijn iPhone",
    "Wysłane z iPhone'a",
    "Skickat från min iPhone",
    "Отправлено с iPhone",
    "iPhoneから送信",
    "发自我的iPhone",
    "나의 iPhone에서 보냄",
    "Von meinem Samsung Galaxy Smartphone gesendet.",
    "Envoyé depuis mon smartphone Samsung Galaxy.",
    "Sent from my iPhone, please excuse typos",
    "Sent from my BlackBerry 10 smartphone on the Verizon Wireless 4G LTE network.",
    "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
    "Sent from my Android device with K-9 Mail. Please excuse my brevity.",
    "Sent with Proton Mail secure email.",
    "Sent via Superhuman ( https://x.example/?vip=1 )",
    "Télécharger Outlook pour iOS",
    "Holen Sie sich Outlook für iOS<https://x.example/o0>",
    "Pobierz aplikację Outlook dla systemu Android<https://x.example/o0>",
    "Outlook for iOS を入手<https://x.example/o0>",
    "Cheers,\nAnni",
    "Best regards,\nA.",
    "- Ana",
    "—Ana",
    "Ana Lee",
    "Best regards,\nAna",
    "Viele Grüße\nAna Lee",
    "Merci,\n\nAna",
    "Ana\n+49 30 1234567\nwww.example.org",
)


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_signature_goes(signature):
    assert strip(f"1 yes\n\n{signature}", sender="Ana Lee") == "1 yes"


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_signature_above_the_quote_goes(signature):
    mail = f"1 yes\n\n{signature}\n\n{ATTRIBUTIONS[0]}\n{QUOTE}"

    assert strip(mail, sender="Ana Lee") == "1 yes"


KEPT = (
    "1 yes",
    "- 1 yes\n- 2 no",
    "-1 yes",
    "1 yes\n2 no\n3 later",
    "On Monday I met Ben.\n\nOn Tuesday Cleo wrote: she is well.",
    "Ben wrote that he is in Oslo.",
    "One thing is left:\n1 yes",
    "Thanks, 1 yes",
    "Thanks",
    "Thanks,\nBen is well",
    "Cheers to 1",
    "From Oslo with love",
    "From: Oslo it takes two hours",
    "To: do it now",
    "Here is it -- this is no signature.",
    "Sent from my desk, which is much easier than my phone.",
    "Sent from here to there.",
    "Sent from my iPhone. The code is 1 yes",
    "Outlook is bad, iOS is good, and on Android nothing works at all today",
    "Thanks,\nYes",
    "Hi. I am well.\n\nThanks,\nAnni",
    "Thanks,\nBen Is Well Now",
    "Write to Ben (ben@x.example) about 1:\nyes",
    "Ana",
    "I think -- no, 1 later",
    "A < B, and B > C",
    "Confidential: Ben is moving",
    "tak 1\nnie 2",
    "1 ja\nTak",
    "yes\n\n1",
)


@pytest.mark.parametrize("text", KEPT)
def test_the_reply_itself_is_never_eaten(text):
    assert strip(text, sender="Ana Lee") == text
    assert strip(f"{text}\n\n{ATTRIBUTIONS[0]}\n\n{QUOTE}", sender="Ana Lee") == text


def test_answers_between_quoted_lines_stay():
    assert strip("> 1 Ben?\n\nyes\n\n> 2 Cleo?\n\nno\n") == "yes\n\nno"


def test_answers_right_below_quoted_lines_stay():
    assert strip("> 1 Ben\n1 yes\n> 2 Cleo\n2 no\n> Reply") == "1 yes\n2 no"
    assert strip(f"{ATTRIBUTIONS[0]}\n{QUOTE}\n1 yes\n\n-- \nAna") == "1 yes"
    assert strip(f"> {'a long line ' * 6}\n1 yes\n> 2 Cleo\n2 no") == "1 yes\n2 no"


def test_the_rest_of_a_quoted_line_that_was_broken_goes():
    assert strip("1 yes\n\n> Ben, whom you have not met for\nweeks\n> Cleo") == "1 yes"
    assert strip(f"> {'a long line ' * 6}\nof words\n> Cleo\n\nLet us see") == "Let us see"


def test_a_disclaimer_goes_above_and_below():
    banner = "CAUTION: This email originated from outside of the organisation. Do not click links."
    legal = (
        "CONFIDENTIALITY NOTICE: this e-mail and any files are for the intended recipient only"
        " and may be privileged."
    )

    assert strip(f"{banner}\n\n1 yes\n\n{legal}\n\nMore of it.") == "1 yes"


def test_a_mail_that_is_only_a_quote_says_nothing():
    assert strip(f"{ATTRIBUTIONS[0]}\n\n{QUOTE}") == ""


def test_only_a_signature_says_nothing():
    assert strip("-- \nAna") == ""
    assert strip("Sent from my iPhone") == ""


def test_windows_line_ends_and_invisible_signs_do_no_harm():
    assert strip("\ufeff1 yes\r\n\r\nSent from my\u00a0iPhone\r\n") == "1 yes"


GMAIL = (
    '<div dir="ltr">1 yes<br>2 no</div><br><div class="gmail_quote"><div class="gmail_attr">On Sun,'
    ' Mar 1, 2026 at 9:00 CatchUp &lt;<a href="mailto:c@x.example">c@x.example</a>&gt; wrote:<br>'
    '</div><blockquote class="gmail_quote">1 Ben<br>3 Cleo</blockquote></div>'
)
OUTLOOK = (
    "<html><head><style>p.MsoNormal {margin:0}</style></head><body><p class=MsoNormal>1 yes<br>"
    "2&nbsp;no<o:p></o:p></p><div style='border-top:solid'><p><b>From:</b> CatchUp<br>"
    "<b>Sent:</b> Sunday, March 1, 2026 9:00 AM</p></div><p>1 Ben</p></body></html>"
)
APPLE = (
    '<html><body dir="auto">1 yes<div>2 no</div><div id="AppleMailSignature">Sent from my iPhone'
    '</div><div><br>On 1 Mar 2026, at 09:00, CatchUp wrote:<br><br></div><blockquote type="cite">'
    "<div>1 Ben</div></blockquote></body></html>"
)
BELOW = (
    "<html><body><blockquote>1 Ben<br>2 Cleo</blockquote><p>1 yes</p><p>2 no</p>"
    '<div class="moz-signature">-- <br>Ana</div></body></html>'
)


@pytest.mark.parametrize("mail", [GMAIL, OUTLOOK, APPLE, BELOW])
def test_a_mail_of_html_only_is_read(mail):
    assert strip(mail).split() == ["1", "yes", "2", "no"]


@given(st.text(max_size=400))
def test_any_text_is_stripped_to_lines_of_it(text):
    assert isinstance(strip(text, sender=text[:20]), str)


HUGE = {
    "on": "On " * 30_000,
    "lines": "On x\n" * 20_000,
    "labels": "From: a\n" * 12_000,
    "blank": " \n" * 50_000 + "x",
    "rule": "_" * 100_000,
    "wrote": "1 wrote: a\n" * 9_000,
    "quotes": "> a\nb\n" * 15_000,
    "tags": "<div>" + "<div " * 40_000,
    "comments": "<div>" + "<!--" * 50_000,
    "deep": "<blockquote>" * 16_000 + "x<br>" * 1_000,
}


@pytest.mark.parametrize("kind", HUGE)
def test_no_mail_takes_long(kind):
    """Quadratic would be minutes; the limit is far from both, so that a busy machine passes."""
    started = time.process_time()

    strip(HUGE[kind])

    assert time.process_time() - started < 10
