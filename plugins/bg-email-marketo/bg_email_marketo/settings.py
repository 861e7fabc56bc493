"""What the plugin needs to know to work with a Marketo subscription."""

import re
from datetime import date
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""Hosts to which nothing leaves the machine."""
MOST_TOKENS = 100
"""Tokens that one trigger takes. Source: providers.md, section 1."""
_TOKEN = re.compile(r"\{\{my\.[^{}]+\}\}\Z")


def _usable_address(given: str) -> str:
    """The address of an API without a slash at its end. Raises ValueError where tokens would be sent for all to read."""
    parts = urlsplit(given.strip())
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("must be an address such as https://123-ABC-456.mktorest.com")
    if parts.username or parts.query or parts.fragment:
        raise ValueError("must be a plain address, without a user, a query or a fragment")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("must begin with https://: tokens would be sent for all to read")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _usable_tokens(given: dict[str, str]) -> dict[str, str]:
    wrong = [name for name in given if not _TOKEN.match(name)]
    if wrong:
        raise ValueError(f"a token is written {{{{my.name}}}}, not {wrong[0]!r}")
    return given


Address = Annotated[str, AfterValidator(_usable_address)]
Tokens = Annotated[dict[str, str], AfterValidator(_usable_tokens), Field(max_length=MOST_TOKENS - 1)]


class CampaignChoice(BaseModel):
    """The campaign that sends an e-mail."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    campaign: int = Field(gt=0, description="Id of the requestable campaign.")
    tokens: Tokens = Field(
        default_factory=dict,
        description="Program tokens that the campaign is given, by name such as {{my.greeting}}; {email_id} and {tenant} "
        "in a value stand for the e-mail's id and the tenant's name.",
    )


class GenericCampaign(CampaignChoice):
    """One campaign for all e-mails, whose flow chooses by a token."""

    told_by: str = Field(
        "{{my.email id}}",
        pattern=r"^\{\{my\.[^{}]+\}\}$",
        description="The token that tells the campaign's flow the e-mail's id.",
    )
    emails: tuple[str, ...] = Field(
        (),
        description="Ids of the e-mails that its flow knows; none given: every e-mail without a campaign of its own.",
    )


class FolderChoice(BaseModel):
    """A folder or program whose e-mails are offered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int = Field(gt=0, description="Its id in Marketo.")
    type: Literal["Folder", "Program"] = Field("Folder", description="Whether it is a folder or a program.")


class MarketoSettings(BaseModel):
    """The subscription, the API user, which campaign sends which e-mail, and how much of the quota we take."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoint: Address = Field(
        description="Address of the subscription's API, from Admin > Web Services: https://123-ABC-456.mktorest.com. "
        "A `/rest` at its end may be left out."
    )
    identity: Address | None = Field(
        None, description="Address that gives tokens; none: the endpoint's own, with `/identity`."
    )
    client_id: SecretStr = Field(min_length=1, description="Client id of the API user's service, from LaunchPoint.")
    client_secret: SecretStr = Field(min_length=1, description="Client secret of that service.")
    connect_timeout: float = Field(5.0, gt=0, le=60, description="Seconds waited for a connection.")
    timeout: float = Field(
        15.0,
        gt=0,
        le=600,
        description="Seconds waited for an answer. Where one to a trigger is missing, its deliveries are UNKNOWN and "
        "settled from Marketo's activities.",
    )
    attempts: int = Field(3, ge=1, le=10, description="How often a call is tried where a repetition is safe.")
    pause: float = Field(
        0.5,
        gt=0,
        le=60,
        description="Seconds waited before the second of these; before each further one twice as long.",
    )
    campaigns: dict[str, CampaignChoice] = Field(
        default_factory=dict, description="Which campaign sends which e-mail, by the e-mail's id."
    )
    generic: GenericCampaign | None = Field(
        None, description="One campaign for all e-mails that have none of their own; none: there is no such campaign."
    )
    campaign_name: str | None = Field(
        "Send {email}",
        min_length=1,
        description="Name of the requestable campaign that sends an e-mail: {email} stands for the e-mail's name, "
        "{email_id} for its id. None: campaigns are not found by name.",
    )
    campaign_in_program: bool = Field(
        False,
        description="Whether the only requestable campaign of an e-mail's program sends it, where that program has no "
        "other approved e-mail.",
    )
    workspaces: dict[str, str] = Field(
        default_factory=dict,
        description="Workspaces that are offered: name to id. None given: all in which there are approved e-mails. "
        "The id is needed for e-mails of the new designer alone, and may be empty.",
    )
    folders: tuple[FolderChoice, ...] = Field(
        (), description="Folders and programs whose e-mails are offered; none given: all that the API user sees."
    )
    designer: Literal["classic", "both"] = Field(
        "classic", description="Whether e-mails of the new designer are listed too; `both` needs the workspaces' ids."
    )
    page_size: int = Field(200, ge=1, le=200, description="E-mails and campaigns asked for at a time.")
    crm_id_field: Literal["sfdcContactId", "sfdcLeadId", "id", "none"] = Field(
        "sfdcContactId",
        description="The lead field that holds the person's id in the CRM; whoever is not found by it is looked up by "
        "e-mail address.",
    )
    refuse_when: tuple[str, ...] = Field(
        ("unsubscribed", "emailInvalid"),
        min_length=1,
        description="Lead fields (true or false) that forbid an e-mail; whoever has one set is refused.",
    )
    daily_calls: int = Field(50_000, ge=1, description="API calls a day of the subscription, by its contract.")
    calls_per_window: int = Field(100, ge=1, description="API calls in 20 seconds of the subscription.")
    at_once: int = Field(10, ge=1, le=1000, description="API calls at one time of the subscription.")
    leave_for_others: float = Field(
        0.25,
        ge=0,
        lt=1,
        description="Share of the day's calls, of those in 20 seconds and of those at one time that is left to other "
        "integrations (and to other processes of bg-graph: with three, leave two thirds of what is ours).",
    )
    not_sent_after: float | None = Field(
        None,
        gt=0,
        description="Hours after which an unknown e-mail of which Marketo's activities know nothing counts as not sent, and "
        "may be sent again; none: a person settles it.",
    )

    import_since: date | None = Field(
        None, description="Day from which the first import reads; none: as many days back as import_days says."
    )
    import_days: int = Field(90, ge=1, le=3650, description="Days that the first import goes back.")
    import_leads_by: Literal["updatedAt", "createdAt"] = Field(
        "updatedAt",
        description="Which leads are new since the last import. Not every subscription can filter exports by updatedAt; "
        "by createdAt a lead that becomes a contact later is not noticed.",
    )
    import_contact_field: str = Field(
        "sfdcContactId", min_length=1, description="The lead field with the id of the person's contact in Salesforce."
    )
    import_activity_types: tuple[int, ...] = Field(
        (1, 2, 3, 10, 11, 46, 104), min_length=1, description="Ids of the activity types that are imported."
    )
    import_poll: float = Field(
        60.0, gt=0, le=60, description="Seconds between two looks at an export that is being made."
    )

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        """Refuse what can't work together."""
        if self.designer == "both" and not any(self.workspaces.values()):
            raise ValueError("designer = 'both' needs workspaces with their ids, such as { Europe = \"12\" }")
        return self

    @property
    def base(self) -> str:
        """Address below which `/rest` and `/bulk` lie."""
        return self.endpoint.removesuffix("/rest")

    @property
    def identity_base(self) -> str:
        """Address below which `/oauth/token` lies."""
        return self.identity or f"{self.base}/identity"
