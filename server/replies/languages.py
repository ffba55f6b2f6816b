"""The words of a reply in each language; words.py brings them together."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """Words of one language, separated by blanks. `small`: words that change nothing."""

    yes: str
    no: str
    later: str = ""
    all: str = ""
    link: str = ""
    small: str = ""
    tomorrow: str = ""
    day: str = ""
    week: str = ""
    undo: str = ""
    help: str = ""


# fmt: off
LANGUAGES = {
    "en": Language(
        yes="yes y yeah yea yep yup sure ok okay accept accepted confirm",
        no="no n nope nah skip dismiss decline reject cancel",
        later="later snooze remind postpone",
        all="all both everything everyone",
        link="and n' plus",
        small="please pls plz to for in on number nr option me it them then thanks thx ty",
        tomorrow="tomorrow", day="day days d", week="week weeks w wk wks",
        undo="undo revert", help="help info commands",
    ),
    "de": Language(
        yes="ja jo jep jawohl gern gerne klar einverstanden",
        no="nein nee nö ablehnen",
        later="später spaeter nachher",
        all="alle allen alles beide",
        link="und",
        small="bitte danke zu für in nummer",
        tomorrow="morgen", day="tag tage tagen", week="woche wochen",
        undo="rückgängig rueckgaengig zurücknehmen", help="hilfe",
    ),
    "fr": Language(
        yes="oui ouais d'accord accepter",
        no="non refuser",
        later="tard",
        all="tous toutes tout",
        link="et",
        small="merci svp stp plus pour dans numéro",
        tomorrow="demain", day="jour jours", week="semaine semaines",
        undo="annuler défaire", help="aide",
    ),
    "es": Language(
        yes="sí vale claro aceptar",
        no="no rechazar",
        later="luego después",
        all="todo todos todas ambos",
        link="e",
        small="gracias más tarde para en dentro de número",
        tomorrow="mañana", day="día días", week="semana semanas",
        undo="deshacer", help="ayuda",
    ),
    "it": Language(
        yes="sì certo accetto",
        no="no rifiuto",
        later="dopo",
        all="tutto tutti tutte entrambi",
        link="e ed",
        small="grazie più tardi per tra fra numero",
        tomorrow="domani", day="giorno giorni", week="settimana settimane",
        undo="annulla", help="aiuto",
    ),
    "pt": Language(
        yes="sim aceito",
        no="não nao recuso",
        later="depois",
        all="tudo todos todas ambos",
        link="e",
        small="obrigado obrigada mais tarde para em número",
        tomorrow="amanhã", day="dia dias", week="semana semanas",
        undo="desfazer", help="ajuda",
    ),
    "nl": Language(
        yes="ja jawel graag prima",
        no="nee neen",
        later="later straks",
        all="alle alles allemaal allebei",
        link="en",
        small="bedankt dank alstublieft voor over in nummer",
        tomorrow="morgen", day="dag dagen", week="week weken",
        undo="herstel ongedaan", help="hulp help",
    ),
    "pl": Language(
        yes="tak zgoda dobrze",
        no="nie",
        later="później pozniej potem",
        all="wszystkie wszystko oba",
        link="i oraz",
        small="proszę dziękuję za numer",
        tomorrow="jutro", day="dzień dni", week="tydzień tygodnie tygodni",
        undo="cofnij", help="pomoc",
    ),
    "sv": Language(
        yes="ja jo japp gärna",
        no="nej nä",
        later="senare sen",
        all="alla allt båda",
        link="och",
        small="tack om till nummer",
        tomorrow="imorgon", day="dag dagar", week="vecka veckor",
        undo="ångra", help="hjälp",
    ),
    "da": Language(
        yes="ja jo gerne",
        no="nej",
        later="senere",
        all="alle alt begge",
        link="og",
        small="om til nummer",
        tomorrow="imorgen", day="dag dage", week="uge uger",
        undo="fortryd", help="hjælp",
    ),
    "no": Language(
        yes="ja jo gjerne",
        no="nei",
        later="senere seinere",
        all="alle alt begge",
        link="og",
        small="takk om til nummer",
        tomorrow="imorgen", day="dag dager", week="uke uker",
        undo="angre", help="hjelp",
    ),
    "fi": Language(
        yes="kyllä joo juu",
        no="ei",
        later="myöhemmin",
        all="kaikki molemmat",
        small="kiitos",
        tomorrow="huomenna", day="päivä päivää päivän", week="viikko viikkoa viikon",
        undo="kumoa", help="apua ohje",
    ),
    "cs": Language(
        yes="ano jo jasně",
        no="ne",
        later="později pozdeji potom",
        all="vše všechno všechny oba",
        link="a i",
        small="prosím díky děkuji za číslo",
        tomorrow="zítra", day="den dny dní", week="týden týdny týdnů",
        undo="zpět vrátit", help="pomoc nápověda",
    ),
    "tr": Language(
        yes="evet olur tamam",
        no="hayır olmaz",
        later="sonra",
        all="hepsi tümü",
        link="ve",
        small="lütfen teşekkürler daha numara",
        tomorrow="yarın", day="gün", week="hafta",
        undo="gerial geri", help="yardım",
    ),
    "ru": Language(
        yes="да ага хорошо",
        no="нет",
        later="позже потом",
        all="все всё оба",
        link="и",
        small="пожалуйста спасибо через на номер",
        tomorrow="завтра", day="день дня дней", week="неделя неделю недели недель",
        undo="отмена отменить", help="помощь справка",
    ),
    "uk": Language(
        yes="так добре",
        no="ні",
        later="пізніше потім",
        all="усі всі усе обидва",
        link="і та й",
        small="дякую через на номер",
        tomorrow="завтра", day="день дні днів", week="тиждень тижні тижнів",
        undo="скасувати", help="допомога",
    ),
    "el": Language(
        yes="ναι εντάξει",
        no="όχι οχι",
        later="αργότερα μετά",
        all="όλα όλοι όλες",
        link="και",
        small="παρακαλώ ευχαριστώ σε",
        tomorrow="αύριο", day="μέρα μέρες ημέρα ημέρες", week="εβδομάδα εβδομάδες",
        undo="αναίρεση", help="βοήθεια",
    ),
    "ja": Language(
        yes="はい ハイ うん 了解 オーケー",
        no="いいえ いや ダメ だめ",
        later="後で あとで",
        all="全部 すべて 全て",
        link="と",
        small="お願いします ありがとう を は",
        tomorrow="明日", day="日 日後", week="週間 週間後",
        undo="取り消し 取消", help="ヘルプ",
    ),
    "zh": Language(
        yes="是 是的 好 好的 可以 行",
        no="否 不 不是 不要 不行 不用",
        later="以后 稍后 晚点 以後 稍後 晚點",
        all="全部 都",
        link="和",
        small="请 請 谢谢 謝謝",
        tomorrow="明天", day="天 天后 天後", week="周 週 星期",
        undo="撤销 撤銷 取消", help="帮助 幫助",
    ),
    "ko": Language(
        yes="네 예 응 좋아요",
        no="아니요 아니오 아니",
        later="나중에",
        all="모두 전부",
        link="와 과",
        small="감사합니다 고마워요 번",
        tomorrow="내일", day="일", week="주",
        undo="실행취소 취소", help="도움말 도움",
    ),
    "ar": Language(
        yes="نعم أجل موافق ايوه",
        no="لا كلا",
        later="لاحقا لاحقًا بعدين",
        all="الكل جميع كل",
        link="و",
        small="شكرا من فضلك رقم بعد",
        tomorrow="غدا غدًا", day="يوم أيام", week="أسبوع أسابيع",
        undo="تراجع", help="مساعدة",
    ),
    "hi": Language(
        yes="हाँ हां जी ठीक",
        no="नहीं नही ना",
        later="बाद",
        all="सब सभी",
        link="और",
        small="कृपया धन्यवाद में",
        day="दिन",
        week="हफ्ते हफ्ता सप्ताह",
        undo="पूर्ववत", help="मदद सहायता",
    ),
    "he": Language(
        yes="כן",
        no="לא",
        later="אחרכך",
        all="הכל",
        small="תודה בבקשה",
        tomorrow="מחר",
        undo="בטל", help="עזרה",
    ),
    "hu": Language(
        yes="igen", no="nem", later="később", small="köszönöm kérem", help="segítség"
    ),
    "id": Language(
        yes="ya", no="tidak", later="nanti", small="terima kasih tolong", help="bantuan"
    ),
}
# fmt: on
