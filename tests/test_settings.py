"""Settings: where they come from, and that a wrong one stops the start with a message that helps."""

from pathlib import Path

import pytest

from bg_graph.settings import Settings, WrongSettings, known_settings, load_settings, settings_file


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(**sources: object) -> str:
    with pytest.raises(WrongSettings) as caught:
        load_settings(**{"environment": {}, **sources})
    return str(caught.value)


def test_without_anything_given_the_defaults_stand() -> None:
    assert load_settings(environment={}) == Settings()


def test_the_embedded_database_and_closed_doors_are_the_defaults() -> None:
    settings = load_settings(environment={})
    assert settings.database.url == "sqlite:///bg-graph.sqlite"
    assert settings.server.host == "127.0.0.1"
    assert settings.server.allowed_origins == ()
    assert settings.server.trusted_proxies == ()


def test_flags_go_before_the_environment_that_before_the_file_and_that_before_the_defaults() -> None:
    Path("bg-graph.toml").write_text("[server]\nport = 1\nhost = 'file'\nbase_url = 'http://file'\n")
    environment = {"BG_SERVER_PORT": "2", "BG_SERVER_HOST": "environment"}
    server = load_settings(environment=environment, flags={"server.port": 3, "server.host": None}).server
    assert (server.port, server.host, server.base_url) == (3, "environment", "http://file")
    assert server.shutdown_grace == 20


def test_the_file_is_the_one_named_by_flag_else_by_variable_else_the_one_in_this_folder() -> None:
    assert settings_file(None, {}) is None
    Path("bg-graph.toml").touch()
    assert settings_file(None, {}) == Path("bg-graph.toml")
    assert settings_file(None, {"BG_CONFIG": "b.toml"}) == Path("b.toml")
    assert settings_file(Path("a.toml"), {"BG_CONFIG": "b.toml"}) == Path("a.toml")


@pytest.mark.parametrize("given", ["https://a.example,https://b.example", " https://a.example , https://b.example,"])
def test_a_list_in_a_variable_is_separated_by_commas(given: str) -> None:
    settings = load_settings(environment={"BG_SERVER_ALLOWED_ORIGINS": given})
    assert settings.server.allowed_origins == ("https://a.example", "https://b.example")


def test_the_base_path_is_the_path_of_the_base_url() -> None:
    assert load_settings(environment={"BG_SERVER_BASE_URL": "https://a.example/bg/"}).server.base_path == "/bg"
    assert load_settings(environment={"BG_SERVER_BASE_URL": "https://a.example/"}).server.base_path == ""
    assert load_settings(environment={}).server.base_path == ""


def test_every_fault_is_told_at_once_with_its_place_and_what_is_allowed() -> None:
    file = Path("mine.toml")
    file.write_text("[server]\nprot = 1\nport = 'x'\n[sever]\nhost = 'h'\n")
    message = refused(config=file, environment={"BG_LOGGING_LEVEL": "loud"}, flags={"database.pool_size": 0})
    assert message.splitlines() == [
        "5 settings are wrong:",
        "  server.prot ([server] in mine.toml): there is no such setting (did you mean server.port?); "
        "[server] has host, port, base_url, allowed_origins, trusted_proxies, introspection, shutdown_grace",
        "  sever.host ([sever] in mine.toml): there is no section [sever]; "
        "there are [database], [server], [limits], [logging], [jobs], [live], [summaries], [email], [providers], [plugins], [tenants]",
        "  database.pool_size (flag): must be a whole number from 1 to 200; 0 is not",
        "  server.port ([server] in mine.toml): must be a whole number from 0 to 65535; 'x' is not",
        "  logging.level (environment, BG_LOGGING_LEVEL): must be one of debug, info, warning, error; 'loud' is not",
    ]


def test_a_value_outside_a_section_is_refused() -> None:
    Path("bg-graph.toml").write_text("port = 1\n")
    assert "port (bg-graph.toml): there is no section [port]" in refused()


def test_a_section_that_is_a_list_is_refused() -> None:
    Path("bg-graph.toml").write_text("[[server]]\nport = 1\n")
    assert "server (bg-graph.toml): must be a table" in refused()


def test_an_unknown_variable_with_our_prefix_is_refused() -> None:
    assert "BG_SERVER_PROT (environment): no setting has this variable (did you mean BG_SERVER_PORT?)" in refused(
        environment={"BG_SERVER_PROT": "1"}
    )


def test_variables_of_others_and_of_the_tests_are_left_alone() -> None:
    environment = {"PORT": "1", "BGX": "1", "BG_TEST_POSTGRES_URL": "x", "BG_TOKEN": "x"}
    assert load_settings(environment=environment) == Settings()


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"[server\n", "line 1"), (b"\xff", "utf-8"), (b"[server]\nport = 1\nport = 2\n", "line 3")],
)
def test_a_file_that_is_no_toml_is_told_with_the_place(content: bytes, reason: str) -> None:
    Path("bg-graph.toml").write_bytes(content)
    message = refused()
    assert "settings file (bg-graph.toml): can't be read" in message
    assert reason in message


def test_a_named_file_that_is_not_there_is_told() -> None:
    assert "settings file (none.toml): can't be read: No such file" in refused(config=Path("none.toml"))


def test_a_wrong_database_url_is_not_shown_since_it_may_hold_a_password() -> None:
    message = refused(environment={"BG_DATABASE_URL": "mysql://me:secret@host/db"})
    assert "secret" not in message
    assert "sqlite:///path/to/file or postgresql://" in message


def test_the_settings_do_not_show_a_password_when_printed() -> None:
    url = "postgresql://me:secret@host/db"
    assert "secret" not in repr(load_settings(environment={"BG_DATABASE_URL": url}))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BG_SERVER_BASE_URL", "example.com"),
        ("BG_SERVER_BASE_URL", "https://a.example/?x=1"),
        ("BG_SERVER_ALLOWED_ORIGINS", "*"),
        ("BG_SERVER_ALLOWED_ORIGINS", "https://a.example/"),
        ("BG_SERVER_ALLOWED_ORIGINS", "https://a.example,b.example"),
        ("BG_SERVER_TRUSTED_PROXIES", "proxy.example"),
        ("BG_SERVER_HOST", ""),
        ("BG_JOBS_SCHEDULE", "at two"),
        ("BG_JOBS_SCHEDULE", "0 25 * * *"),
        ("BG_JOBS_ENABLED", "perhaps"),
        ("BG_LIMITS_DEADLINE", "0"),
        ("BG_LIMITS_MAX_DEPTH", "nan"),
        ("BG_LIMITS_DEADLINE", "nan"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed(variable: str, value: str) -> None:
    assert f"(environment, {variable}): must be " in refused(environment={variable: value})


def test_every_setting_has_a_description_and_says_what_is_allowed() -> None:
    for info in known_settings():
        assert len(info.description) > 10, info.key
        assert info.allowed, info.key


def test_every_default_is_allowed() -> None:
    given = {
        f"{info.section}.{info.name}": getattr(getattr(Settings(), info.section), info.name)
        for info in known_settings()
    }
    assert load_settings(environment={}, flags=given) == Settings()


def test_a_secret_may_lie_in_a_file_that_a_variable_names() -> None:
    Path("secret").write_text("sixteen characters and more\n")
    secret = load_settings(environment={"BG_EMAIL_WEBHOOK_SECRET_FILE": "secret"}).email.webhook_secret
    assert secret is not None
    assert secret.get_secret_value() == "sixteen characters and more"


def test_a_secret_whose_file_is_not_there_is_told_with_the_file() -> None:
    message = refused(environment={"BG_EMAIL_WEBHOOK_SECRET_FILE": "none.txt"})
    place = "email.webhook_secret (environment, BG_EMAIL_WEBHOOK_SECRET_FILE)"
    assert f"{place}: the file none.txt can't be read: No such file" in message


def test_only_secrets_have_a_variable_for_a_file() -> None:
    assert "BG_SERVER_HOST_FILE (environment): no setting" in refused(environment={"BG_SERVER_HOST_FILE": "x"})


def test_a_secret_that_is_wrong_is_not_shown() -> None:
    message = refused(environment={"BG_EMAIL_WEBHOOK_SECRET": "short"})
    assert "email.webhook_secret (environment, BG_EMAIL_WEBHOOK_SECRET): must be at least 16 characters" in message
    assert "short" not in message


def test_settings_that_do_not_go_together_are_refused() -> None:
    fault = "email.lease (environment, BG_EMAIL_LEASE): must be more than email.deadline"
    assert fault in refused(environment={"BG_EMAIL_LEASE": "60"})


@pytest.mark.parametrize(
    ("content", "environment", "told"),
    [
        ("[smtp]\nhost = 'a'\n", {}, "smtp.host ([smtp] in bg-graph.toml): it is plugins.smtp.host now"),
        ("[email]\nprovider = 'smtp'\n", {}, "email.provider ([email] in bg-graph.toml): it is providers.email now"),
        ("[email]\nsender = 'a@b.example'\n", {}, "it is plugins.smtp.sender now"),
        ("[outbox]\nfolder = 'a'\n", {}, "it is plugins.outbox.folder now"),
        ("", {"BG_SMTP_HOST": "a"}, "BG_SMTP_HOST (environment): it is BG_PLUGINS__SMTP__HOST now"),
        ("", {"BG_SMTP_PASSWORD_FILE": "a"}, "it is BG_PLUGINS__SMTP__PASSWORD_FILE now"),
        ("", {"BG_EMAIL_PROVIDER": "smtp"}, "it is BG_PROVIDERS__EMAIL now"),
        ("", {"BG_OUTBOX_FOLDER": "a"}, "it is BG_PLUGINS__OUTBOX__FOLDER now"),
    ],
)
def test_who_writes_a_setting_in_its_old_place_is_told_the_new_one(
    content: str, environment: dict[str, str], told: str
) -> None:
    Path("bg-graph.toml").write_text(content)
    assert told in refused(environment=environment)
