"""The known activity types in words, for one activity and for several; a type of a tenant's own is named as it is."""

from collections.abc import Mapping
from types import MappingProxyType

_ENGLISH = {
    "ATTEND_EVENT": ("event attended", "events attended"),
    "REGISTER_EVENT": ("event registered for", "events registered for"),
    "INTERESTING_MOMENT": ("interesting moment", "interesting moments"),
    "FILL_OUT_FORM": ("form filled out", "forms filled out"),
    "CLICK_LINK": ("link clicked", "links clicked"),
    "VISIT_PAGE": ("page visited", "pages visited"),
    "OPEN_EMAIL": ("e-mail opened", "e-mails opened"),
    "CLICK_EMAIL": ("e-mail clicked", "e-mails clicked"),
    "EMAIL_DELIVERED": ("e-mail delivered", "e-mails delivered"),
    "EMAIL_BOUNCED": ("e-mail bounced", "e-mails bounced"),
    "UNSUBSCRIBE_EMAIL": ("unsubscribe", "unsubscribes"),
    "EMAIL_COMPLAINT": ("complaint about an e-mail", "complaints about e-mails"),
}
_DUTCH = {
    "ATTEND_EVENT": ("evenement bijgewoond", "evenementen bijgewoond"),
    "REGISTER_EVENT": ("aanmelding voor een evenement", "aanmeldingen voor evenementen"),
    "INTERESTING_MOMENT": ("interessant moment", "interessante momenten"),
    "FILL_OUT_FORM": ("formulier ingevuld", "formulieren ingevuld"),
    "CLICK_LINK": ("link aangeklikt", "links aangeklikt"),
    "VISIT_PAGE": ("pagina bezocht", "pagina's bezocht"),
    "OPEN_EMAIL": ("e-mail geopend", "e-mails geopend"),
    "CLICK_EMAIL": ("klik in een e-mail", "kliks in e-mails"),
    "EMAIL_DELIVERED": ("e-mail afgeleverd", "e-mails afgeleverd"),
    "EMAIL_BOUNCED": ("e-mail onbestelbaar", "e-mails onbestelbaar"),
    "UNSUBSCRIBE_EMAIL": ("afmelding", "afmeldingen"),
    "EMAIL_COMPLAINT": ("klacht over een e-mail", "klachten over e-mails"),
}
_GERMAN = {
    "ATTEND_EVENT": ("besuchte Veranstaltung", "besuchte Veranstaltungen"),
    "REGISTER_EVENT": ("Anmeldung zu einer Veranstaltung", "Anmeldungen zu Veranstaltungen"),
    "INTERESTING_MOMENT": ("interessanter Moment", "interessante Momente"),
    "FILL_OUT_FORM": ("ausgefülltes Formular", "ausgefüllte Formulare"),
    "CLICK_LINK": ("angeklickter Link", "angeklickte Links"),
    "VISIT_PAGE": ("besuchte Seite", "besuchte Seiten"),
    "OPEN_EMAIL": ("geöffnete E-Mail", "geöffnete E-Mails"),
    "CLICK_EMAIL": ("Klick in einer E-Mail", "Klicks in E-Mails"),
    "EMAIL_DELIVERED": ("zugestellte E-Mail", "zugestellte E-Mails"),
    "EMAIL_BOUNCED": ("unzustellbare E-Mail", "unzustellbare E-Mails"),
    "UNSUBSCRIBE_EMAIL": ("Abmeldung", "Abmeldungen"),
    "EMAIL_COMPLAINT": ("Beschwerde über eine E-Mail", "Beschwerden über E-Mails"),
}
ACTIVITY_NOUNS: Mapping[str, Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "en": MappingProxyType(_ENGLISH),
        "nl": MappingProxyType(_DUTCH),
        "de": MappingProxyType(_GERMAN),
    }
)
"""By language and activity type."""
