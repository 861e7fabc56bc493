"""The words of the demo: industries, company names, places, and names of people from several parts of the world."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Industry:
    """A line of business, how its companies end their names, and how many people they employ, from and to."""

    name: str
    endings: tuple[str, ...]
    employees: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """A country: cities with state and postal code, names of its people, currency, hours from UTC, phone numbers.

    `phone` has two digits to fill, from the numbers that the country keeps for fiction; empty where there are none.
    """

    country: str
    cities: tuple[tuple[str, str, str], ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    currency: str
    hours_from_utc: int
    phone: str = ""


INDUSTRIES = (
    Industry("Banking", ("Bank", "Savings Bank", "Capital", "Credit Union"), (900, 24000)),
    Industry("Manufacturing", ("Machinery", "Pumps", "Precision Parts", "Drives"), (300, 9000)),
    Industry("Retail", ("Stores", "Home Market", "Outfitters", "Grocers"), (1200, 40000)),
    Industry("Energy", ("Power", "Wind", "Grid Services", "Energy"), (400, 15000)),
    Industry("Insurance", ("Insurance", "Mutual", "Assurance", "Reinsurance"), (700, 18000)),
    Industry("Healthcare", ("Clinics", "Health", "Diagnostics", "Care Group"), (350, 12000)),
    Industry("Logistics", ("Logistics", "Freight", "Parcel", "Shipping Lines"), (800, 21000)),
    Industry("Construction", ("Construction", "Civil Works", "Building Systems", "Elevators"), (250, 7000)),
    Industry("Telecommunications", ("Telecom", "Networks", "Mobile", "Fibre"), (1100, 30000)),
    Industry("Education", ("University", "Learning", "Academy", "Schools Trust"), (150, 4000)),
)

STEMS = (
    "Halvorsen", "Brightwater", "Kestrel", "Montclair", "Oakhurst", "Silverlode", "Tannberg", "Veridian",
    "Aldermoor", "Bexley Park", "Corvina", "Dunmore", "Eastgate", "Falkenried", "Granville", "Hartwell",
    "Inverness", "Juniper", "Kalinowski", "Larkspur", "Meridian Bay", "Northbrook", "Orsini", "Pemberton",
    "Quarry Hill", "Rosenthal", "Sandoval", "Thornbury", "Umbria", "Valmont", "Westerly", "Yarrow",
    "Zellwood", "Amberfield", "Bluestone", "Cedar Ridge", "Delacroix", "Elmstead", "Foxglove", "Glenrock",
    "Highmark", "Ironbridge", "Jasper Lake", "Kingsley", "Lindqvist", "Marigold", "Nakashima", "Oldenburg",
    "Pinecrest", "Ravello", "Stonehaven", "Tamarind", "Underhill", "Vistula", "Windermere", "Yellowstone",
    "Ashworth", "Birchwood", "Copperfield", "Driftwood",
)  # fmt: skip

PLACES = (
    Place(
        "United States",
        (("Chicago", "IL", "60601"), ("Denver", "CO", "80202"), ("Atlanta", "GA", "30303"), ("Boston", "MA", "02108")),
        ("Olivia", "Ethan", "Grace", "Marcus", "Hannah", "Tyrone", "Megan", "Caleb", "Naomi", "Wesley", "Paige", "Dwight"),
        ("Carter", "Brooks", "Hayes", "Whitfield", "Coleman", "Sutton", "Barrett", "Lowell", "Jennings", "Pruitt"),
        "USD",
        -6,
        "+1 312 555 01{}",
    ),
    Place(
        "United Kingdom",
        (("London", "", "EC2A 4NE"), ("Leeds", "", "LS1 4AP"), ("Bristol", "", "BS1 5TR")),
        ("Imogen", "Alistair", "Freya", "Rhys", "Beatrix", "Callum", "Priya", "Duncan", "Saoirse", "Kwame"),
        ("Ashdown", "Penrose", "MacLeod", "Okafor", "Whitaker", "Llewellyn", "Bashir", "Fairclough", "Tindall"),
        "GBP",
        0,
        "+44 20 7946 09{}",
    ),
    Place(
        "Germany",
        (("Hamburg", "", "20095"), ("Stuttgart", "BW", "70173"), ("Leipzig", "SN", "04109"), ("Köln", "NW", "50667")),
        ("Annika", "Jürgen", "Leonie", "Matthias", "Sabine", "Emre", "Katharina", "Lukas", "Dilara", "Volker"),
        ("Brandt", "Köhler", "Öztürk", "Lindemann", "Schäfer", "Vogelsang", "Hartmann", "Yilmaz", "Petersen", "Groß"),
        "EUR",
        1,
        "+49 30 23125 0{}",
    ),
    Place(
        "France",
        (("Lyon", "", "69002"), ("Nantes", "", "44000"), ("Lille", "", "59000")),
        ("Élodie", "Théo", "Margaux", "Karim", "Solène", "Baptiste", "Aïcha", "Loïc", "Clémence", "Yann"),
        ("Moreau", "Lefèvre", "Benali", "Garnier", "Chevalier", "Rousseau", "Mercier", "Diallo", "Fabre"),
        "EUR",
        1,
        "+33 1 99 00 46 {}",
    ),
    Place(
        "Spain",
        (("Valencia", "", "46002"), ("Bilbao", "", "48001")),
        ("Lucía", "Álvaro", "Carmen", "Iker", "Noelia", "Gonzalo", "Begoña", "Sergi"),
        ("Ortega", "Ibáñez", "Navarro", "Echevarría", "Salas", "Peña", "Castellanos", "Vidal"),
        "EUR",
        1,
    ),
    Place(
        "Sweden",
        (("Göteborg", "", "411 05"), ("Malmö", "", "211 20")),
        ("Astrid", "Björn", "Linnéa", "Oskar", "Ebba", "Mikael", "Saga", "Rasmus"),
        ("Lindgren", "Ekström", "Sjöberg", "Nyström", "Hedlund", "Åkesson", "Dahlberg"),
        "SEK",
        1,
        "+46 8 465 004 {}",
    ),
    Place(
        "Poland",
        (("Gdańsk", "", "80-831"), ("Wrocław", "", "50-106")),
        ("Agnieszka", "Tomasz", "Zofia", "Paweł", "Małgorzata", "Jakub", "Kinga", "Marek"),
        ("Nowak", "Wiśniewska", "Zieliński", "Kamińska", "Wójcik", "Dąbrowska", "Mazur"),
        "PLN",
        1,
    ),
    Place(
        "India",
        (("Pune", "MH", "411001"), ("Chennai", "TN", "600002")),
        ("Ananya", "Rohan", "Kavita", "Vikram", "Meera", "Arjun", "Sunita", "Imran", "Lakshmi"),
        ("Iyer", "Deshmukh", "Banerjee", "Khan", "Reddy", "Kulkarni", "Chatterjee", "Menon"),
        "INR",
        5,
    ),
    Place(
        "Japan",
        (("Osaka", "", "530-0001"), ("Fukuoka", "", "810-0001")),
        ("Haruka", "Kenji", "Yui", "Takumi", "Misaki", "Daichi", "Aya", "Shinji"),
        ("Nakamura", "Fujita", "Hayashi", "Ogawa", "Matsumoto", "Kondo", "Arai", "Ueda"),
        "JPY",
        9,
    ),
    Place(
        "Brazil",
        (("Curitiba", "PR", "80010-000"), ("Recife", "PE", "50010-000")),
        ("Beatriz", "Thiago", "Larissa", "Caio", "Fernanda", "Rafael", "Júlia", "Otávio"),
        ("Carvalho", "Teixeira", "Moura", "Araújo", "Siqueira", "Brandão", "Nogueira", "Leão"),
        "BRL",
        -3,
    ),
)  # fmt: skip

BYSTANDERS = (
    "Chief Executive Officer", "Chief Financial Officer", "Marketing Manager", "HR Business Partner", "Sales Director",
    "Legal Counsel", "Controller", "Executive Assistant", "Head of Communications", "Facilities Manager",
)  # fmt: skip
"""Titles of people who stand outside most committees."""
