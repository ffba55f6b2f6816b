"""What build_cities.py knows about places beyond its sources.

Regions have GeoNames' codes (`CA.08` is Ontario), since places carry those.
"""

# The languages in which a country's name is understood everywhere, beside its own.
LOCALES = (
    *("en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "uk", "tr", "ar", "fa", "he", "hi"),
    *("ja", "ko", "zh", "zh_Hant", "sv", "da", "nb", "fi", "cs", "el", "hu", "ro", "id", "vi"),
    *("th", "ca", "bg", "hr", "sk", "sr", "bn"),
)

# Common names that neither GeoNames nor CLDR gives. `USA`, `UK` and `UAE` are names, too.
MORE_NAMES = {
    "AE": ("UAE", "U.A.E.", "Emirates"),
    "BA": ("Bosnia",),
    "CD": ("DR Congo", "Democratic Republic of the Congo", "DRC"),
    "CG": ("Republic of the Congo",),
    "CI": ("Ivory Coast",),
    "CN": ("PRC", "Mainland China", "People's Republic of China"),
    "CV": ("Cape Verde",),
    "CZ": ("Czech Republic",),
    "GB": ("UK", "Great Britain", "Britain"),
    "IE": ("Republic of Ireland",),
    "KP": ("DPRK",),
    "KR": ("Republic of Korea", "Korea"),
    "MK": ("Macedonia",),
    "MM": ("Burma",),
    "NL": ("Holland", "The Netherlands"),
    "RU": ("Russian Federation",),
    "SZ": ("Swaziland",),
    "TL": ("East Timor",),
    "TR": ("Turkey",),
    "US": ("USA", "U.S.A.", "United States of America", "America", "Estados Unidos de América"),
    "VA": ("Vatican", "Holy See"),
    "CA.02": ("Colombie-Britannique",),
    "CA.04": ("Nouveau-Brunswick",),
    "CA.05": ("Terre-Neuve-et-Labrador", "Newfoundland"),
    "CA.07": ("Nouvelle-Écosse",),
    "CA.09": ("Île-du-Prince-Édouard",),
    "CA.13": ("Territoires du Nord-Ouest",),
    "DE.02": ("Bayern",),
    "DE.05": ("Hessen",),
    "DE.06": ("Niedersachsen",),
    "DE.07": ("Nordrhein-Westfalen", "NRW"),
    "DE.08": ("Rheinland-Pfalz",),
    "DE.12": ("Mecklenburg-Vorpommern",),
    "DE.13": ("Sachsen",),
    "DE.14": ("Sachsen-Anhalt",),
    "DE.15": ("Thüringen",),
    "US.DC": ("District of Columbia", "Washington DC"),
}

# Codes of regions as addresses in these countries carry them; those of the USA, of Britain and
# of Switzerland are GeoNames' own.
_ISO_CODES = {
    "AU": "01 ACT, 02 NSW, 03 NT, 04 QLD, 05 SA, 06 TAS, 07 VIC, 08 WA",
    "BR": (
        "01 AC, 02 AL, 03 AP, 04 AM, 05 BA, 06 CE, 07 DF, 08 ES, 11 MS, 13 MA, 14 MT, 15 MG, "
        "16 PA, 17 PB, 18 PR, 20 PI, 21 RJ, 22 RN, 23 RS, 24 RO, 25 RR, 26 SC, 27 SP, 28 SE, "
        "29 GO, 30 PE, 31 TO"
    ),
    "CA": (
        "01 AB, 02 BC, 03 MB, 04 NB, 05 NL, 07 NS, 08 ON, 09 PE, 10 QC, 11 SK, 12 YT, 13 NT, 14 NU"
    ),
    "MX": (
        "01 AGS, 02 BC, 03 BCS, 04 CAMP, 05 CHIS, 06 CHIH, 07 COAH, 08 COL, 09 CDMX, 10 DGO, "
        "11 GTO, 12 GRO, 13 HGO, 14 JAL, 15 MEX, 16 MICH, 17 MOR, 18 NAY, 19 NL, 20 OAX, 21 PUE, "
        "22 QRO, 23 QROO, 24 SLP, 25 SIN, 26 SON, 27 TAB, 28 TAMPS, 29 TLAX, 30 VER, 31 YUC, 32 ZAC"
    ),
}
REGION_ABBREVIATIONS = {
    f"{country}.{pair.split()[0]}": pair.split()[1]
    for country, pairs in _ISO_CODES.items()
    for pair in pairs.split(", ")
}
# Countries whose region codes in GeoNames are those that people write.
WRITTEN_REGION_CODES = ("US", "GB", "CH")

# Codes of cities that people write; all others of three letters are airports'.
WRITTEN_CITY_CODES = ("NYC",)

# Names, as looked up, of cities so well known that nobody who writes them means another place
# that once was, or in another language is, so called (Milan: Syracuse, New York).
WELL_KNOWN = {
    *("adana", "anshan", "asuncion", "austin", "brooklyn", "cali", "cancun", "dhaka", "el paso"),
    *(
        "glasgow",
        "islamabad",
        "jayapura",
        "joao pessoa",
        "kaliningrad",
        "libreville",
        "macapa",
        "mesa",
    ),
    *("milan", "milwaukee", "minsk", "monterrey", "nottingham", "odesa", "panjin"),
    *("philadelphia", "phoenix", "pittsburgh", "porto alegre", "quebec", "samarkand"),
    *("san salvador", "stavropol", "tainan", "toluca"),
}

# Unicode's script codes, and the first words of the names of their characters.
SCRIPTS = {
    "Arab": ("ARABIC",),
    "Armn": ("ARMENIAN",),
    "Beng": ("BENGALI",),
    "Cyrl": ("CYRILLIC",),
    "Deva": ("DEVANAGARI",),
    "Ethi": ("ETHIOPIC",),
    "Geor": ("GEORGIAN",),
    "Grek": ("GREEK",),
    "Gujr": ("GUJARATI",),
    "Guru": ("GURMUKHI",),
    "Hans": ("CJK",),
    "Hant": ("CJK",),
    "Hebr": ("HEBREW",),
    "Jpan": ("CJK", "HIRAGANA", "KATAKANA"),
    "Khmr": ("KHMER",),
    "Knda": ("KANNADA",),
    "Kore": ("HANGUL",),
    "Laoo": ("LAO",),
    "Mlym": ("MALAYALAM",),
    "Mong": ("MONGOLIAN", "CYRILLIC"),
    "Mymr": ("MYANMAR",),
    "Orya": ("ORIYA",),
    "Sinh": ("SINHALA",),
    "Taml": ("TAMIL",),
    "Telu": ("TELUGU",),
    "Thaa": ("THAANA",),
    "Thai": ("THAI",),
    "Tibt": ("TIBETAN",),
}
