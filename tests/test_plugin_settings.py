"""What is given for plugins and tenants: from file, variables and flags; each value keeps its place; secrets stay unseen."""

from pathlib import Path

import pytest

from bg_graph.settings import PluginTable, SettingFault, Settings, WrongSettings, load_settings

FILE = """
[providers]
summary = ["openai", "facts"]
email = ["smtp"]

[plugins.acme-mail]
region = "eu"
[plugins.acme-mail.names]
one = "a"
[plugins.acme-mail.fence]
isolation = "process"
deadline = 2

[tenants.contoso.providers]
email = "marketo"
[tenants.contoso.plugins.marketo]
client_id = "c"
"""


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def loaded(content: str = "", **environment: str) -> Settings:
    Path("bg-graph.toml").write_text(content)
    return load_settings(environment=environment)


def refused(content: str = "", **environment: str) -> str:
    with pytest.raises(WrongSettings) as caught:
        loaded(content, **environment)
    return str(caught.value)


def values(table: PluginTable) -> dict[str, object]:
    return {".".join(each.path): each.value for each in table.given}


def test_the_file_chooses_providers_and_gives_plugins_their_settings() -> None:
    settings = loaded(FILE)
    assert settings.providers.summary == ("openai", "facts")
    assert settings.providers.email == "smtp", "a list of exactly one is that one"
    acme = settings.own.plugins["acme-mail"]
    assert values(acme) == {"region": "eu", "names": {"one": "a"}}
    assert (acme.fence.isolation, acme.fence.deadline, acme.fence.required) == ("process", 2, False)


def test_a_tenant_has_providers_and_settings_of_its_own() -> None:
    contoso = loaded(FILE).own.tenants["contoso"]
    assert contoso.providers == {"email": ("marketo",)}
    assert values(contoso.plugins["marketo"]) == {"client_id": "c"}


def test_an_empty_table_enables_a_plugin_for_a_tenant_alone() -> None:
    own = loaded("[tenants.contoso.plugins.acme-crm]").own
    assert list(own.tenants["contoso"].plugins) == ["acme-crm"]
    assert values(own.tenants["contoso"].plugins["acme-crm"]) == {}
    assert own.plugins == {}


def test_without_anything_given_what_comes_with_the_product_serves() -> None:
    settings = loaded()
    assert (settings.providers.summary, settings.providers.intent) == (("facts",), ("activities",))
    assert settings.providers.email == "outbox"
    assert settings.own.plugins == settings.own.tenants == {}


def test_variables_name_plugins_tenants_and_settings_with_two_underscores_between() -> None:
    settings = loaded(
        FILE,
        BG_PROVIDERS__SUMMARY="facts",
        BG_PLUGINS__ACME_MAIL__REGION="us",
        BG_PLUGINS__ACME_MAIL__API_KEY="s3cret",
        BG_PLUGINS__ACME_MAIL__FENCE__DEADLINE="3.5",
        BG_TENANTS__CONTOSO__PROVIDERS__EMAIL="outbox",
        BG_TENANTS__CONTOSO__PLUGINS__MARKETO__CLIENT_ID="d",
    )
    acme, contoso = settings.own.plugins["acme-mail"], settings.own.tenants["contoso"]
    assert settings.providers.summary == ("facts",)
    assert values(acme) == {"names": {"one": "a"}, "api_key": "s3cret", "region": "us"}
    assert (acme.fence.deadline, acme.fence.isolation) == (3.5, "process")
    assert contoso.providers == {"email": ("outbox",)}
    assert values(contoso.plugins["marketo"]) == {"client_id": "d"}


def test_a_flag_goes_before_both() -> None:
    Path("bg-graph.toml").write_text("[plugins.outbox]\nfolder = 'a'\n")
    settings = load_settings(environment={"BG_PLUGINS__OUTBOX__FOLDER": "b"}, flags={"plugins.outbox.folder": "c"})
    assert values(settings.own.plugins["outbox"]) == {"folder": "c"}


def test_the_settings_do_not_show_what_was_given_for_plugins_when_printed() -> None:
    settings = loaded(BG_PLUGINS__ACME__API_KEY="s3cret")
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in repr(settings.own)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[plugins]\nsmtp = 'a'\n", "plugins.smtp ([plugins] in bg-graph.toml): must be a table"),
        (
            "[plugins.Smtp]\nhost = 'a'\n",
            "plugins.Smtp.host ([plugins.Smtp] in bg-graph.toml): a name has small letters",
        ),
        (
            "[plugins.a.fence]\ndeadlin = 2\n",
            "plugins.a.fence.deadlin ([plugins.a.fence] in bg-graph.toml): there is no such",
        ),
        ("[plugins.a.fence]\ndeadlin = 2\n", "did you mean deadline?"),
        ("[plugins.a.fence]\nisolation = 'cage'\n", "must be one of thread, process, inline; 'cage' is not"),
        (
            "[providers]\nemail = ['a', 'b']\n",
            "providers.email ([providers] in bg-graph.toml): must be the name of a plugin",
        ),
        (
            "[tenants.a.providers]\nemail = ['a', 'b']\n",
            "tenants.a.providers.email ([tenants.a.providers] in bg-graph.toml): must",
        ),
        ("[tenants.a.providers]\ncrm = 'a'\n", "there are summary, intent, email"),
        ("[tenants.a]\nemail = 'a'\n", "tenants.a.email ([tenants.a] in bg-graph.toml): must be a table"),
        (
            "[tenants.a.plugins.b.fence]\ndeadline = 2\n",
            "the fence of a plugin is the same for all tenants: [plugins.b.fence]",
        ),
        ("[tenants.a.roles]\nx = 'y'\n", "a tenant has [tenants.a.providers] and [tenants.a.plugins.<plugin>]"),
    ],
)
def test_what_stands_in_the_wrong_place_is_told_with_the_right_one(content: str, told: str) -> None:
    assert told in refused(content)


def test_all_faults_are_told_at_once_with_those_that_plugins_find() -> None:
    Path("bg-graph.toml").write_text("[server]\nport = 'x'\n[plugins.a.fence]\ndeadline = 'y'\n")
    with pytest.raises(WrongSettings) as caught:
        load_settings(environment={"BG_SMTP_HOST": "h"}, judge=lambda _providers, own: [*map(found, own.plugins)])
    assert [fault.key for fault in caught.value.faults] == [
        "BG_SMTP_HOST",
        "plugins.a.fence.deadline",
        "server.port",
        "a",
    ]


def found(name: str) -> SettingFault:
    return SettingFault(name, "there", "is wrong")
