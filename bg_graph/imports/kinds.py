"""The kinds of files: what each is called, its columns, and its place in the order of import."""

from dataclasses import dataclass
from enum import StrEnum

from bg_graph.accounts.tables import MARKETO, SALESFORCE

FILE = "file"
"""The source of what came in a file of our own kinds."""


class KindName(StrEnum):
    """What a file holds."""

    ACCOUNT = "Account"
    CONTACT = "Contact"
    OPPORTUNITY = "Opportunity"
    CONTACT_ROLE = "OpportunityContactRole"
    LEAD = "Marketo leads"
    ACTIVITY = "Marketo activities"
    JOURNEY = "AccountJourney"
    SIGNAL = "IntentSignal"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file. `source` is the system it comes from, `words` what a file's name says of it.

    `distinctive`: the required columns alone tell the kind; of others `telling` names columns that a file without a
    telling name must have too. `foreign`: columns that no file of this kind has.
    `null_is_empty`: the text `null` stands for an empty value.
    """

    name: KindName
    source: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    words: tuple[str, ...]
    foreign: frozenset[str] = frozenset()
    distinctive: bool = True
    telling: tuple[str, ...] = ()
    null_is_empty: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, the required ones first."""
        return (*self.required, *self.optional)


ACCOUNT = Kind(
    KindName.ACCOUNT,
    SALESFORCE,
    required=("Id", "Name"),
    optional=(
        "ParentId",
        "Industry",
        "Website",
        "BillingCountry",
        "NumberOfEmployees",
        "IsDeleted",
        "MasterRecordId",
    ),
    words=("account",),
    foreign=frozenset({"AccountId", "OpportunityId", "StageName", "sfdcContactId", "marketoGUID"}),
    distinctive=False,
)
CONTACT = Kind(
    KindName.CONTACT,
    SALESFORCE,
    required=("Id", "AccountId", "LastName"),
    optional=(
        "FirstName",
        "Title",
        "Email",
        "EmailBouncedDate",
        "HasOptedOutOfEmail",
        "Phone",
        "MobilePhone",
        "MailingCity",
        "MailingState",
        "MailingCountry",
        "MailingPostalCode",
        "IsDeleted",
        "MasterRecordId",
    ),
    words=("contact",),
)
OPPORTUNITY = Kind(
    KindName.OPPORTUNITY,
    SALESFORCE,
    required=("Id", "AccountId", "Name", "StageName"),
    optional=("Type", "Amount", "CurrencyIsoCode", "CloseDate", "IsClosed", "IsDeleted"),
    words=("opportunity", "opportunities"),
)
CONTACT_ROLE = Kind(
    KindName.CONTACT_ROLE,
    SALESFORCE,
    required=("Id", "OpportunityId", "ContactId"),
    optional=("Role", "IsPrimary", "IsDeleted"),
    words=("contactrole",),
)
LEAD = Kind(
    KindName.LEAD,
    MARKETO,
    required=("id",),
    optional=("sfdcContactId",),
    words=("lead",),
    distinctive=False,
    telling=("sfdcContactId",),
    null_is_empty=True,
)
ACTIVITY = Kind(
    KindName.ACTIVITY,
    MARKETO,
    required=("marketoGUID", "leadId", "activityDate", "activityTypeId"),
    optional=("primaryAttributeValue", "attributes"),
    words=("activity", "activities"),
    null_is_empty=True,
)
JOURNEY = Kind(
    KindName.JOURNEY,
    FILE,
    required=("Id", "AccountId", "Name", "Status", "EnteredDate"),
    optional=(),
    words=("journey",),
)
SIGNAL = Kind(
    KindName.SIGNAL,
    FILE,
    required=("SubjectType", "SubjectId", "Kind", "Category", "Name", "Probability", "ComputedAt"),
    optional=("SolutionInterest", "Product", "Model", "ModelVersion", "AccountDomain", "AccountName"),
    words=("intent", "signal"),
)

KINDS = (ACCOUNT, CONTACT, OPPORTUNITY, CONTACT_ROLE, LEAD, ACTIVITY, JOURNEY, SIGNAL)
"""Every kind, in the order in which files are imported: what is pointed at comes first."""
