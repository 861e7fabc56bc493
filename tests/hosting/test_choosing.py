"""Who serves whom: what the configuration chooses and sets, for all and for one tenant, and what is wrong with it."""

import re
from pathlib import Path

import pytest

from bg_graph.hosting.choosing import Plugins, choose, plugin_faults
from bg_graph.hosting.discovery import installed_points
from bg_graph.hosting.email_hosts import EmailHosts, NoEmailProvider
from bg_graph.hosting.storage import PassingStorage
from bg_graph.settings import Settings, WrongSettings, load_settings
from bg_graph.store.ids import new_id
from tests.email.mail_server import mail_server
from tests.email.messages import key_of, parsed, request
from tests.hosting.installed_plugins import Installation

PAGE = Path(__file__).parents[2] / "docs" / "email.md"
ACME = """
class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    region: str = Field(description="Where it is.")
    size: int = Field(1, description="How many.")
    tags: list[str] = Field([], description="Which.")
    api_key: SecretStr = Field(description="Its key.")

class Provider:
    def __init__(self, settings, context):
        self.settings = settings

PLUGIN = Plugin(name="acme", version="1", title="ACME", settings=Settings, provides={"email": Provider, "summary": Provider})
"""
GIVEN = {"BG_PLUGINS__ACME__REGION": "eu", "BG_PLUGINS__ACME__API_KEY": "s3cret"}


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    (tmp_path / "site").mkdir()
    made = Installation(tmp_path / "site", monkeypatch)
    made.install("acme-mail", "acme_for_choosing", ACME, acme="acme_for_choosing:PLUGIN")
    return made


def settings(content: str = "", **environment: str) -> Settings:
    Path("bg-graph.toml").write_text(content)
    return load_settings(environment=environment)


def plugins(content: str = "", **environment: str) -> Plugins:
    return Plugins(settings(content, **environment), lambda _: PassingStorage())


def faults(content: str = "", **environment: str) -> list[str]:
    with pytest.raises(WrongSettings) as caught:
        plugins(content, **environment)
    return [str(fault) for fault in caught.value.faults]


def names(chosen: Plugins, capability: str, tenant: str = "contoso") -> list[str]:
    return [hosted.name for hosted in chosen.chain(capability, tenant)]


def hosts_of(chosen: Plugins) -> EmailHosts:
    async def name_of(_tenant_id: object) -> str:
        return "contoso"

    return EmailHosts(chosen, name_of)


def test_what_comes_with_the_product_serves_where_nothing_is_chosen() -> None:
    chosen = plugins()
    assert [names(chosen, each) for each in ("summary", "intent", "email")] == [["facts"], ["activities"], ["outbox"]]


def test_a_chain_is_asked_in_the_order_of_the_configuration(installation: Installation) -> None:
    assert names(plugins("[providers]\nsummary = ['acme', 'facts']\n", **GIVEN), "summary") == ["acme", "facts"]
    assert names(plugins("[providers]\nsummary = ['facts', 'acme']\n", **GIVEN), "summary") == ["facts", "acme"]


def test_a_tenant_has_a_choice_of_its_own_and_the_others_keep_theirs(installation: Installation) -> None:
    chosen = plugins("[tenants.contoso.providers]\nemail = 'acme'\n", **GIVEN)
    assert (names(chosen, "email"), names(chosen, "email", "other")) == (["acme"], ["outbox"])
    assert names(chosen, "summary") == ["facts"], "what a tenant does not choose is as for all"


def test_a_provider_is_built_once_for_all_that_want_it_alike_and_again_where_settings_differ(
    installation: Installation,
) -> None:
    content = (
        "[providers]\nemail = 'acme'\n[tenants.a.providers]\nemail = 'acme'\n[tenants.b.plugins.acme]\nregion = 'us'\n"
    )
    chosen = plugins(content, **GIVEN)
    general, of_a, of_b = (chosen.email(tenant) for tenant in ("", "a", "b"))
    assert general is of_a
    assert general is not of_b
    assert general.settings_hash != of_b.settings_hash
    assert chosen.email("b") is of_b


def test_settings_of_a_tenant_go_before_those_for_all(installation: Installation) -> None:
    content = (
        "[plugins.acme]\nsize = 3\n[tenants.b.plugins.acme]\nregion = 'us'\n[tenants.b.providers]\nemail = 'acme'\n"
    )
    chosen = plugins(content, BG_PLUGINS__ACME__API_KEY="one", BG_TENANTS__B__PLUGINS__ACME__API_KEY="two")
    own = chosen._chosen.settings_for("acme", "b")
    assert (own.region, own.size, own.api_key.get_secret_value()) == ("us", 3, "two")


def test_variables_become_what_the_setting_is(installation: Installation) -> None:
    own = plugins(**GIVEN, BG_PLUGINS__ACME__SIZE="7", BG_PLUGINS__ACME__TAGS="a, b").settings_of("acme")
    assert (own.size, own.tags) == (7, ["a", "b"])


def test_a_secret_may_lie_in_a_file(installation: Installation) -> None:
    Path("key").write_text("s3cret\n")
    by_variable = plugins(BG_PLUGINS__ACME__REGION="eu", BG_PLUGINS__ACME__API_KEY_FILE="key").settings_of("acme")
    by_file = plugins("[plugins.acme]\nregion = 'eu'\napi_key_file = 'key'\n").settings_of("acme")
    assert by_variable.api_key.get_secret_value() == by_file.api_key.get_secret_value() == "s3cret"


def test_every_fault_is_told_at_once_and_no_secret(installation: Installation) -> None:
    content = "[plugins.acme]\nregoin = 'eu'\nsize = 'many'\napi_key = 's3cret'\n[providers]\nemail = 'nobody-else'\n"
    found = faults(content)
    assert found == [
        "providers.email ([providers] in bg-graph.toml): the plugin nobody-else is not installed: install the package that "
        "brings it (plugins are packages named bg-<kind>-nobody-else, or as their author says)",
        "plugins.acme.regoin ([plugins.acme] in bg-graph.toml): there is no such setting (did you mean region?); "
        "there are region, size, tags, api_key",
        "plugins.acme.api_key ([plugins.acme] in bg-graph.toml): a secret does not stand in the settings file: set "
        "BG_PLUGINS__ACME__API_KEY, or api_key_file to a file that holds it",
        "plugins.acme.region (not set): must be set",
        "plugins.acme.size ([plugins.acme] in bg-graph.toml): input should be a valid integer, unable to parse string as "
        "an integer",
    ]


def test_a_plugin_of_ours_that_is_an_extra_is_told_with_what_to_install() -> None:
    content = "[providers]\nsummary = ['openai', 'facts']\n"
    (fault,) = plugin_faults_without(content, "openai")
    assert fault.endswith('the plugin openai is not installed: install it: pip install "bg-graph[openai]"')


def plugin_faults_without(content: str, name: str) -> list[str]:
    given = settings(content)
    found = choose(given.providers, given.own, lambda: [each for each in installed_points() if each.name != name])
    return [str(fault) for fault in found.faults]


def test_a_choice_of_a_plugin_for_what_it_does_not_serve_is_told() -> None:
    (fault,) = faults("[providers]\nemail = 'facts'\n")
    assert (
        fault
        == "providers.email ([providers] in bg-graph.toml): the plugin facts does not serve email; it serves summary"
    )


def test_settings_that_do_not_go_together_are_told(installation: Installation) -> None:
    smtp = {"BG_PLUGINS__SMTP__HOST": "mail", "BG_PLUGINS__SMTP__SENDER": "a@b.example"}
    (fault,) = faults("[providers]\nemail = 'smtp'\n", **smtp, BG_PLUGINS__SMTP__USER="me")
    assert fault == "plugins.smtp (as a whole): user and password must be set together"
    (fault,) = faults(
        **smtp, BG_PLUGINS__SMTP__USER="me", BG_PLUGINS__SMTP__PASSWORD="s3cret", BG_PLUGINS__SMTP__TLS="none"
    )
    assert "must be starttls or tls where there is a password" in fault
    own = {"HOST": "127.0.0.1", "USER": "me", "PASSWORD": "word", "TLS": "none", "SENDER": "a@b.example"}
    assert plugins(**{f"BG_PLUGINS__SMTP__{name}": value for name, value in own.items()})


@pytest.mark.parametrize("sender", ["news", "news@", "@example.com", "", "ä@b.example", "a@b..example", "a@-b.example"])
def test_a_sender_that_is_no_address_is_refused(sender: str) -> None:
    (fault,) = faults(BG_PLUGINS__OUTBOX__SENDER=sender)
    assert fault.startswith("plugins.outbox.sender (environment, BG_PLUGINS__OUTBOX__SENDER): the sender can't be used")


@pytest.mark.parametrize("required", [False, True])
def test_a_plugin_that_fails_stops_the_start_only_where_it_is_required(
    installation: Installation, required: bool
) -> None:
    installation.install("broken", "broken_one", "raise RuntimeError('broken')", broken="broken_one:PLUGIN")
    content = "[providers]\nsummary = ['broken', 'facts']\n" + (
        "[plugins.broken.fence]\nrequired = true\n" if required else ""
    )
    if required:
        (fault,) = faults(content)
        assert fault.startswith("plugins.broken.fence.required (is true): The plugin broken can't be imported")
    else:
        chosen = plugins(content)
        assert names(chosen, "summary") == ["facts"]
        (broken,) = (each for each in chosen.discovered if each.name == "broken")
        assert "RuntimeError: broken" in (broken.why or "")


async def test_nobody_else_sends_where_the_e_mail_provider_of_a_tenant_fails(installation: Installation) -> None:
    installation.install("broken", "broken_mail", "raise RuntimeError('broken')", broken="broken_mail:PLUGIN")
    chosen = plugins("[tenants.contoso.providers]\nemail = 'broken'\n")
    hosts = hosts_of(chosen)
    assert (await hosts.of("other")).name == "outbox"
    with pytest.raises(NoEmailProvider):
        await hosts.of("contoso")
    with pytest.raises(NoEmailProvider):
        await hosts.serving("contoso")
    await chosen.close()


async def test_the_outbox_keeps_messages_where_the_settings_say_for_each_tenant(tmp_path: Path) -> None:
    content = "[plugins.outbox]\nfolder = 'here'\n[tenants.contoso.plugins.outbox]\nfolder = 'there'\n"
    chosen = plugins(content)
    hosts = hosts_of(chosen)
    await (await hosts.of("acme")).send(request())
    await (await hosts.of("contoso")).send(request(tenant="contoso"))
    await chosen.close()
    assert sorted(str(path) for path in Path().rglob("*.eml")) == [
        f"here/acme/{key_of(1)}.eml",
        f"there/contoso/{key_of(1)}.eml",
    ]


async def test_the_sender_that_is_set_is_the_usual_one_of_either() -> None:
    async with mail_server() as server:
        chosen = plugins(
            "[providers]\nemail = 'smtp'\n[tenants.contoso.providers]\nemail = 'outbox'\n",
            BG_PLUGINS__SMTP__SENDER="Service <service@example.com>",
            BG_PLUGINS__SMTP__HOST="127.0.0.1",
            BG_PLUGINS__SMTP__PORT=str(server.port),
            BG_PLUGINS__SMTP__TLS="none",
            BG_PLUGINS__OUTBOX__SENDER="Other <other@example.com>",
        )
        hosts = hosts_of(chosen)
        await (await hosts.of("acme")).send(request())
        await (await hosts.of("contoso")).send(request())
        await chosen.close()
        assert server.taken[0].mail_from == "service@example.com"
    kept = Path("outbox", "acme", f"{key_of(1)}.eml").read_bytes()
    assert parsed(kept)["from"] == "Other <other@example.com>"


async def test_a_delivery_is_carried_by_whom_it_was_asked_of_whoever_is_chosen_now(installation: Installation) -> None:
    chosen = plugins("[providers]\nemail = 'acme'\n[plugins.outbox]\nfolder = 'outbox'\n", **GIVEN)
    hosts = hosts_of(chosen)
    assert sorted(hosts.plugins) == ["acme", "outbox"]
    assert (await hosts.carrying("outbox", new_id())).host.name == "outbox"
    with pytest.raises(NoEmailProvider, match=r"\[plugins\.smtp\]"):
        await hosts.carrying("smtp", new_id())
    await chosen.close()


def test_the_pages_examples_are_settings_that_hold(tmp_path: Path) -> None:
    section = PAGE.read_text(encoding="utf-8").partition("\n## Providers\n")[2]
    examples = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)
    secret = {"BG_PLUGINS__SMTP__PASSWORD": "word"}
    chosen = [names(plugins(each, **(secret if "smtp" in each else {})), "email") for each in examples]
    assert chosen[:2] == [["outbox"], ["smtp"]]


def test_all_that_is_wrong_with_plugins_is_told_with_all_that_is_wrong_else() -> None:
    Path("bg-graph.toml").write_text("[server]\nport = 'x'\n[providers]\nemail = 'nobody'\n")
    with pytest.raises(WrongSettings) as caught:
        load_settings(environment={}, judge=plugin_faults)
    assert [fault.key for fault in caught.value.faults] == ["server.port", "providers.email"]


def test_an_empty_table_enables_a_plugin_that_needs_no_setting() -> None:
    tables = settings("[plugins.acme]\n[plugins.marketo.fence]\n").own.plugins
    assert list(tables) == ["acme", "marketo"]
    assert tables["acme"].given == ()
