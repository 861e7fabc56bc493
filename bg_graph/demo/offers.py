"""What the demo's company sells: its products, what people read and attend about them, and who buys them.

The names are those of the set-up file that ships with the package.
"""

from dataclasses import dataclass

SITE = "https://www.northpeak.example"
"""The web site of the company whose tenant the demo is."""

PRACTITIONER = "Practitioner"
"""The seats of those who work with the product: where anything goes on, at least one of them is filled."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product of an offer, and the keywords that people look for when they are interested in it."""

    name: str
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seat:
    """A role of the committee: whose titles sit there, how many are needed, and what the CRM calls their part."""

    role: str
    titles: tuple[str, ...]
    needed: int
    crm_roles: tuple[str, ...]
    zeal: float = 1.0
    """How much more than others such people read and attend."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A solution interest: its products, its committee, and the industries whose accounts are asked about it."""

    name: str
    products: tuple[Product, ...]
    seats: tuple[Seat, ...]
    industries: tuple[str, ...]
    webinars: tuple[str, ...]
    deals: tuple[str, ...]
    least_employees: int = 0


DATA_PLATFORM = Offer(
    "Data Platform",
    products=(
        Product("Query Engine", ("sql performance", "data lake", "cost per query", "concurrency")),
        Product("Data Catalog", ("data lineage", "metadata", "data governance")),
        Product("Streaming Ingest", ("change data capture", "event streaming", "real-time analytics")),
    ),
    seats=(
        Seat(
            "Decision Maker",
            ("Chief Data Officer", "Chief Information Officer", "VP Data and Analytics"),
            2,
            ("Economic Buyer", "Decision Maker"),
            0.6,
        ),
        Seat(
            "Influencer",
            ("Enterprise Architect", "Head of Analytics", "Head of IT", "Data Architect"),
            1,
            ("Evaluator", "Influencer"),
            1.2,
        ),
        Seat(
            PRACTITIONER,
            ("Senior Data Engineer", "Data Engineer", "Data Analyst", "Lead Data Engineer"),
            3,
            ("Technical Buyer", "Business User", "Champion"),
            1.5,
        ),
        Seat("Procurement", ("Procurement Manager", "Head of Procurement"), 1, ("Procurement",), 0.3),
    ),
    industries=("Banking", "Insurance", "Retail", "Telecommunications", "Logistics"),
    webinars=("Queries at half the price", "Lineage that auditors believe", "From batch to streams in a quarter"),
    deals=("{} rollout", "{} pilot", "{} for the group's reporting"),
    least_employees=1001,
)

NETWORK_SECURITY = Offer(
    "Network Security",
    products=(
        Product("Zero Trust Access", ("zero trust", "single sign-on", "vpn replacement")),
        Product("Threat Detection", ("intrusion detection", "siem", "anomaly detection")),
        Product("Cloud Firewall", ("segmentation", "web application firewall", "ddos protection")),
    ),
    seats=(
        Seat(
            "Decision Maker",
            ("Chief Information Officer", "Chief Technology Officer"),
            1,
            ("Economic Buyer", "Decision Maker"),
            0.6,
        ),
        Seat(
            "Security Officer",
            ("Chief Information Security Officer", "Head of Security Operations"),
            1,
            ("Security",),
            1.3,
        ),
        Seat("Influencer", ("Head of IT", "Compliance Manager"), 1, ("Evaluator", "Influencer"), 0.9),
        Seat(
            PRACTITIONER,
            ("Security Engineer", "Network Engineer", "Systems Administrator"),
            2,
            ("Technical Buyer", ""),
            1.5,
        ),
    ),
    industries=("Banking", "Insurance", "Healthcare", "Energy"),
    webinars=("Leaving the VPN behind", "What a day in a SOC looks like", "Segment first, then sleep"),
    deals=("{} for all offices", "Zero trust: {}", "{} renewal and extension"),
)

FIELD_SERVICE = Offer(
    "Field Service",
    products=(
        Product("Dispatch Planner", ("route optimisation", "technician scheduling", "first-time fix rate")),
        Product("Remote Assist", ("augmented reality support", "remote diagnosis", "knowledge base")),
        Product("Spare Parts Hub", ("parts forecasting", "van stock", "warranty claims")),
    ),
    seats=(
        Seat("Decision Maker", ("Chief Operating Officer", "VP Service"), 1, ("Economic Buyer", "Decision Maker"), 0.6),
        Seat(
            "Influencer",
            ("Head of Service Delivery", "Operations Manager", "Plant Manager"),
            2,
            ("Influencer", "Evaluator"),
            1.1,
        ),
        Seat(PRACTITIONER, ("Service Planner", "Senior Service Planner"), 2, ("Business User", ""), 1.5),
        Seat("Procurement", ("Procurement Manager",), 1, ("Procurement",), 0.3),
    ),
    industries=("Manufacturing", "Energy", "Construction"),
    webinars=("Fixed at the first visit", "A technician in your pocket", "The van as a warehouse"),
    deals=("{} for 200 technicians", "{} in three regions", "{} pilot"),
)

OFFERS = (DATA_PLATFORM, NETWORK_SECURITY, FIELD_SERVICE)


def offers_for(industry: str, employees: int) -> tuple[Offer, ...]:
    """What accounts of an industry and size are asked about, as the set-up file says by its `accounts` conditions."""
    return tuple(offer for offer in OFFERS if industry in offer.industries and employees >= offer.least_employees)
