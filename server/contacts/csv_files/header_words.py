"""The words of headers, folded as `headers.folded` does."""

PLACES = {
    "home": "home",
    "private": "home",
    "personal": "home",
    "privat": "home",
    "business": "work",
    "work": "work",
    "geschaftlich": "work",
    "other": "other",
    "primary": "",
    "main": "main",
    "company main": "main",
    "company": "work",
    "car": "car",
    "assistant s": "assistant",
    "assistants": "assistant",
    "assistant": "assistant",
    "callback": "callback",
    "isdn": "isdn",
    "radio": "radio",
    "tty tdd": "tty",
}
"""Where or what, as a header says it → label."""

ADDRESS_WORDS = {
    "formatted": "value",
    "street": "street",
    "street address": "street",
    "address": "street",
    "city": "locality",
    "town": "locality",
    "locality": "locality",
    "state": "region",
    "province": "region",
    "state province": "region",
    "region": "region",
    "postal code": "postal_code",
    "postcode": "postal_code",
    "zip": "postal_code",
    "zip code": "postal_code",
    "zipcode": "postal_code",
    "country": "country",
    "country region": "country",
    "po box": "po_box",
    "address po box": "po_box",
    "extended address": "extended",
}

SERVICES = frozenset(
    """aim,discord,facebook,google talk,icq,instagram,jabber,linkedin,mastodon,matrix,msn,qq,
    signal,skype,skype name,telegram,threema,twitter,twitter handle,whatsapp,xing,xmpp,
    yahoo""".replace("\n    ", "").split(",")
)
"""Where someone has a social handle."""

Meaning = tuple[str, str, str, str]


def _all(
    words: str, field: str, part: str = "value", slot: str = "", label: str = ""
) -> dict[str, Meaning]:
    """Return an entry for each word; words are separated by commas."""
    return {word.strip(): (field, part, slot, label) for word in words.split(",")}


PLAIN: dict[str, Meaning] = {
    **_all("name, full name, display name, formatted name, contact name, anzeigename", "name"),
    **_all("nom complet, nombre completo, nome completo", "name"),
    **_all("file as, sort name", "file_as"),
    **_all("prefix, name prefix, courtesy title, anrede, salutation, honorific prefix", "prefix"),
    **_all("first name, given name, firstname, forename, first, vorname", "given_name"),
    **_all("prenom, nombre, primer nombre, voornaam", "given_name"),
    **_all("middle name, additional name, middlename, weitere vornamen", "additional_name"),
    **_all("last name, family name, lastname, surname, last, nachname", "family_name"),
    **_all("nom, nom de famille, apellido, apellidos, achternaam, cognome", "family_name"),
    **_all("suffix, name suffix, honorific suffix", "suffix"),
    **_all("nickname, nick name, alias, spitzname, surnom, apodo", "nickname"),
    **_all("company, organisation, organization, company name, employer, firma", "organisation"),
    **_all("societe, entreprise, empresa", "organisation"),
    **_all("job title, title, position, job, role title, berufsbezeichnung", "title"),
    **_all("notes, note, comments, comment, info, notizen, remarks, notas", "notes"),
    **_all("location, place, city country", "location"),
    **_all("zone, time zone, timezone", "zone"),
    **_all("uid", "uid"),
    **_all("birthday, birth date, birthdate, date of birth, dob, bday", "birthday"),
    **_all("geburtstag, geburtsdatum, date de naissance, cumpleanos", "birthday"),
    **_all("birth year", "birthday", "year"),
    **_all("birth month", "birthday", "month"),
    **_all("birth day", "birthday", "day"),
    **_all("anniversary, wedding anniversary, jahrestag", "anniversary"),
    **_all("anniversary year", "anniversary", "year"),
    **_all("anniversary month", "anniversary", "month"),
    **_all("anniversary day", "anniversary", "day"),
    **_all("labels, group membership, categories, category, tags, tag, group", "tags"),
    **_all("kategorien, keywords", "tags"),
    **_all("groups", "groups"),
    **_all("custom fields", "custom_json"),
    **_all("screen name", "social", slot="screen name"),
    **_all("linkedin profile", "social", slot="linkedin profile", label="linkedin"),
    **_all("email type, email 2 type, email 3 type", "ignore"),
    **_all("email display name", "echo", slot="1"),
    **_all("email 2 display name", "echo", slot="2"),
    **_all("email 3 display name", "echo", slot="3"),
    **_all("telefono, telefonnummer, phone number", "phone"),
    **_all("movil, mobiltelefon, mobilnummer, portable", "phone", label="cell"),
    **_all("mail, correo, correo electronico, courriel", "email"),
    **_all("street, street address, strasse, rue, calle", "address", "street", "plain"),
    **_all("address, adresse, postal address", "address", "street", "plain"),
    **_all("city, town, ort, stadt, ville, ciudad", "address", "locality", "plain"),
    **_all("state, province, region, bundesland", "address", "region", "plain"),
    **_all("zip, zip code, zipcode, postal code, postcode, plz", "address", "postal_code", "plain"),
    **_all("country, country region, land, pays, pais", "address", "country", "plain"),
    **_all("po box, postfach", "address", "po_box", "plain"),
    **{
        word: (word.replace(" ", "_"), "value", "", "")
        for word in (
            "visibility",
            "circle",
            "cadence",
            "cadence days",
            "paused until",
            "never suggest",
            "preferred way",
            "archived at",
        )
    },
}
"""Header → field, part, slot, label."""

_THUNDERBIRD = (
    "First Name,Last Name,Display Name,Nickname,Primary Email,Secondary Email,Screen Name,"
    "Work Phone,Home Phone,Fax Number,Pager Number,Mobile Number,Home Address,Home Address 2,"
    "Home City,Home State,Home ZipCode,Home Country,Work Address,Work Address 2,Work City,"
    "Work State,Work ZipCode,Work Country,Job Title,Department,Organization,Web Page 1,"
    "Web Page 2,Birth Year,Birth Month,Birth Day,Custom 1,Custom 2,Custom 3,Custom 4,Notes"
)
THUNDERBIRD = _THUNDERBIRD.split(",")
"""The columns of a Thunderbird export, which may come without its first line."""

EMPTY_WORDS = {
    "gender": {"unspecified"},
    "priority": {"normal", "1", "3"},
    "private": {"false"},
    "sensitivity": {"normal", "0"},
    "initials": set(),
}
"""What programs write into a column that nobody filled in."""
