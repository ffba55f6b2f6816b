"""What mail programs write around a reply, in the languages they speak."""

import re

# "On … wrote:", at the end of it (or, in some languages, before the name).
WROTE = (
    "wrote", "schrieb", "geschrieben", "a écrit", "escribió", "ha scritto", "scritto", "scrive",
    "escreveu", "schreef", "geschreven", "napisał", "napisała", "napisał(a)", "pisze", "skrev",
    "kirjoitti", "napsal", "napsala", "napsal(a)", "napísal", "yazdı", "şunu yazdı", "пишет",
    "писал", "писала", "писал(а)", "написал", "написала", "написал(а)", "пише", "написав",
    "написала", "пишу", "έγραψε", "のメール", "書きました", "写道", "寫道", "작성",
    "작성했습니다", "كتب", "كتبت", "ने लिखा", "लिखा", "ezt írta", "írta", "כתב", "כתבה", "כתב/ה",
    "a scris", "menulis", "đã viết", "wrote on",
)  # fmt: skip
OPENERS = (
    "on", "am", "le", "el", "il", "em", "op", "w dniu", "den", "dne", "dňa", "à", "lúc", "vào",
    "pada", "tarihinde", "στις", "в", "на", "mån", "tis", "ons", "tors", "fre", "lör", "sön",
    "man", "tir", "tor", "lør", "søn", "pe", "ti", "ke", "to", "la", "su", "ma", "pon", "wt",
    "śr", "czw", "pt", "sob", "niedz", "lun", "mar", "mer", "mié", "jue", "jeu", "vie", "ven",
    "sáb", "sam", "dom", "dim", "út", "st", "čt", "pá", "so", "ne", "po", "пн", "вт", "ср", "чт",
    "пт", "сб", "вс", "нд", "στις", "τη", "στο", "בתאריך",
)  # fmt: skip

# Labels of the header of a quoted mail; at least two of them in a few lines make one.
LABELS = (
    "from", "sent", "to", "cc", "bcc", "subject", "date", "reply-to", "replyto", "importance",
    "organization", "von", "gesendet", "an", "betreff", "datum", "kopie", "de", "envoyé",
    "envoyé le", "à", "objet", "date", "enviado", "enviado el", "enviada em", "enviado em", "para",
    "asunto", "assunto", "fecha", "data", "da", "inviato", "a", "oggetto", "van", "verzonden",
    "aan", "onderwerp", "od", "wysłano", "do", "temat", "från", "skickat", "till", "ämne", "fra",
    "sendt", "til", "emne", "dato", "lähettäjä", "lähetetty", "vastaanottaja", "aihe", "päiväys",
    "odesláno", "komu", "předmět", "kopie", "kimden", "gönderildi", "gönderme tarihi", "kime",
    "konu", "tarih", "от", "отправлено", "кому", "тема", "дата", "копия", "від", "надіслано",
    "από", "στάλθηκε", "προς", "θέμα", "ημερομηνία", "差出人", "送信日時", "宛先", "件名", "日時",
    "发件人", "发送时间", "收件人", "主题", "日期", "抄送", "寄件者", "寄件日期", "收件者", "主旨",
    "보낸 사람", "보낸 날짜", "받는 사람", "제목", "날짜", "من", "تاريخ الإرسال", "إلى", "الموضوع",
    "प्रेषक", "भेजा गया", "प्राप्तकर्ता", "विषय", "feladó", "címzett", "tárgy", "elküldve", "מאת",
    "נשלח", "אל", "נושא", "de la", "trimis", "către", "subiect", "dari", "kepada", "perihal",
)  # fmt: skip

FORWARDED = (
    "begin forwarded message", "anfang der weitergeleiteten nachricht",
    "début du message réexpédié", "début du message transféré", "inicio del mensaje reenviado",
    "inizio messaggio inoltrato", "início da mensagem reencaminhada", "begin doorgestuurd bericht",
    "vidarebefordrat brev", "videresendt melding", "начало переадресованного сообщения",
)  # fmt: skip

# "Sent from my phone": how such a line begins, or ends.
SENT_FROM = (
    "sent from", "sent via", "sent with", "diese nachricht wurde", "sent using", "gesendet von",
    "gesendet mit", "von meinem", "envoyé de", "envoyé depuis", "envoyé à partir", "enviado desde",
    "enviado do", "enviado de", "enviado a partir", "enviada do", "inviato da", "inviato dal",
    "verzonden vanaf", "verstuurd vanaf", "verzonden met", "wysłane z", "wysłano z",
    "skickat från", "skickades från", "sendt fra", "lähetetty", "odesláno z", "odoslané z",
    "отправлено с", "отправлено из", "надіслано з", "στάλθηκε από", "发自我的", "發自我的",
    "从我的", "從我的", "나의", "أرسلت من", "تم الإرسال من", "मेरे", "küldve",
    "נשלח מ", "trimis de pe", "dikirim dari", "telefonumdan",
)  # fmt: skip
SENT_FROM_ENDS = ("gesendet", "から送信", "보냄", "gönderildi", "से भेजा गया", "送信")

# What phones and mail programs call themselves: then more may follow in the line.
_DEVICES = (
    "iphone", "ipad", "android", "samsung", "galaxy", "huawei", "xiaomi", "pixel", "smartphone",
    "blackberry", "nokia", "mobile", "mobiltelefon", "handy", "tablet", "outlook", "proton",
    "yahoo", "gmail", "gmx", "k-9", "thunderbird", "superhuman", "windows", "mail",
)  # fmt: skip

CLOSINGS = (
    "thanks", "thank you", "many thanks", "thanks a lot", "cheers", "best", "best regards",
    "kind regards", "warm regards", "regards", "best wishes", "all the best", "sincerely", "love",
    "yours", "yours sincerely", "talk soon", "mit freundlichen grüßen", "mit freundlichen grüssen",
    "freundliche grüße", "viele grüße", "liebe grüße", "beste grüße", "grüße", "gruß", "lg", "vg",
    "mfg", "danke", "vielen dank", "cordialement", "bien cordialement", "merci", "amitiés",
    "bien à vous", "saludos", "un saludo", "un abrazo", "atentamente", "gracias",
    "cordiali saluti", "saluti", "grazie", "un caro saluto", "obrigado", "obrigada", "abraços",
    "atenciosamente", "cumprimentos", "met vriendelijke groet", "vriendelijke groet", "groeten",
    "groetjes", "bedankt", "pozdrawiam", "z poważaniem", "dziękuję", "med vänliga hälsningar",
    "vänliga hälsningar", "mvh", "hälsningar", "tack", "med venlig hilsen", "venlig hilsen",
    "hilsen", "tak", "med vennlig hilsen", "vennlig hilsen", "takk", "terveisin",
    "ystävällisin terveisin", "kiitos", "s pozdravem", "děkuji", "saygılarımla", "teşekkürler",
    "с уважением", "спасибо", "з повагою", "дякую", "με εκτίμηση", "ευχαριστώ", "此致", "谢谢",
    "よろしくお願いします", "감사합니다", "مع أطيب التحيات", "شكرا", "धन्यवाद",
)  # fmt: skip

# What lawyers have mail servers add. A paragraph that has one and is long enough is theirs.
DISCLAIMERS = (
    "confidentiality notice", "this e-mail and any", "this email and any", "disclaimer:",
    "intended recipient", "originated from outside", "privileged and confidential",
    "this message contains confidential", "diese e-mail enthält vertrauliche",
    "diese nachricht ist vertraulich", "vertrauliche informationen", "ce message est confidentiel",
    "ce courriel et", "informations confidentielles", "este mensaje y sus", "es confidencial",
    "este correo electrónico", "questo messaggio e", "informazioni riservate",
    "esta mensagem e", "informações confidenciais", "dit bericht is vertrouwelijk",
    "uitsluitend bestemd voor", "ta wiadomość", "detta meddelande är konfidentiellt",
    "denne e-mail er fortrolig", "virus-free", "scanned for viruses", "avast.com",
)  # fmt: skip


def _one_of(words: tuple[str, ...], *, is_start: bool = False) -> str:
    """Match any of the words as a whole; scripts without blanks have no whole words."""
    found = []
    for word in sorted(set(words), key=len, reverse=True):
        if word[-1] >= _NO_BLANKS:
            found.append(re.escape(word))
        else:
            found.append(rf"{'' if is_start else _BEGINS}{re.escape(word)}(?!\w)")
    return "|".join(found)


_BEGINS = r"(?<!\w)"
_NO_BLANKS = "\u2e80"
WROTE_PATTERN = re.compile(_one_of(WROTE), re.IGNORECASE)
OPENER_PATTERN = re.compile(rf"\W*(?:{_one_of(OPENERS, is_start=True)})", re.IGNORECASE)
LABEL_PATTERN = re.compile(rf"[*>\s]*({_one_of(LABELS, is_start=True)})[*\s]*[:：]", re.IGNORECASE)
SENT_FROM_PATTERN = re.compile(
    rf"\W{{0,3}}(?:{_one_of(SENT_FROM, is_start=True)})"
    rf"|.{{0,90}}(?:{_one_of(SENT_FROM_ENDS)})\W{{0,3}}$",
    re.IGNORECASE,
)
DEVICE_PATTERN = re.compile(rf"{_BEGINS}(?:{'|'.join(_DEVICES)})(?!\w)", re.IGNORECASE)
# "Get Outlook for iOS", in whatever language.
APP_PATTERN = re.compile(r"(?=.*\boutlook\b).*\b(?:ios|android)\b", re.IGNORECASE)
