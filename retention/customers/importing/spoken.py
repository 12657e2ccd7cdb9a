"""How files of shops in our languages head their columns, and how they write yes and no. All words as `filing.heading_key` compares them.

Only what means one thing: a German "Name" may be the whole name or the last one, so it is left to the merchant.
"""

HEADINGS: dict[str, tuple[str, ...]] = {
    "email": (
        "e mail", "mail", "e mail adresse", "email adresse", "mail adresse", "adresse e mail", "adresse email",
        "courriel", "correo", "correo electrónico",
        "email contatto", "indirizzo e mail", "indirizzo email", "posta elettronica",
        "endereço de e mail", "endereço de email",
        "correio eletrónico", "e mailadres", "emailadres", "メール", "メールアドレス",
    ),
    "phone": (
        "telefon", "telefonnummer", "handy", "handynummer", "mobilnummer", "téléphone",
        "numéro de téléphone", "portable", "teléfono",
        "móvil", "telefono", "cellulare", "telefone", "telemóvel", "celular", "telefoon",
        "telefoonnummer", "mobiel", "phone no", "電話番号", "携帯電話",
    ),
    "external_id": (
        "kundennummer", "kunden id", "numéro client", "id client", "id cliente", "código cliente", "klantnummer",
        "klant id", "顧客id",
    ),
    "first_name": ("vorname", "prénom", "nombre", "nombre de pila", "nome", "voornaam", "名"),
    "last_name": (
        "nachname", "familienname", "nom", "nom de famille", "apellido", "apellidos", "cognome", "apelido",
        "sobrenome", "achternaam", "姓",
    ),
    "gender": ("geschlecht", "sexe", "genre", "sexo", "género", "sesso", "genere", "gênero", "geslacht", "性別"),
    "birthday": (
        "geburtstag", "geburtsdatum", "date de naissance", "anniversaire", "fecha de nacimiento",
        "cumpleaños", "data di nascita",
        "data de nascimento", "geboortedatum", "verjaardag", "生年月日", "誕生日",
    ),
    "language": ("sprache", "langue", "idioma", "lingua", "taal", "言語"),
    "city": (
        "ort", "stadt", "wohnort", "ville", "ciudad", "città", "cidade", "plaats", "woonplaats", "stad",
        "default address city", "市区町村",
    ),
    "region": ("bundesland", "région", "provincia", "regione", "região", "provincie", "default address province code", "都道府県"),
    "postcode": ("plz", "postleitzahl", "code postal", "código postal", "cap", "cep", "default address zip", "郵便番号"),
    "country": ("land", "pays", "país", "paese", "default address country code", "国"),
    "email_consent": (
        "newsletter", "newsletter abonniert", "accepts email marketing", "accepte les e mails",
        "acepta marketing", "nieuwsbrief", "メルマガ",
    ),
    "sms_consent": ("accepts sms marketing",),
}  # fmt: skip
# Headings of a first name that, without a column of family names beside them, head whole names as well: "Nome" over "Ana Silva".
WHOLE_NAMES = ("nome", "nombre")
# What a heading of family names holds, however it goes on: "Primer apellido", "Cognome cliente", "Billing last name"; "Last order" is none.
FAMILY_NAMES = (
    "apellid", "cognom", "sobrenom", "apelid", "paterno", "materno", "surname", "last name", "lastname", "family name",
    "ultimo nome", "último nome",
)  # fmt: skip
YES = ("yes", "y", "true", "1", "ja", "j", "oui", "sí", "si", "sì", "sim", "はい")
NO = ("no", "n", "false", "0", "nein", "non", "não", "nao", "nee", "いいえ")
