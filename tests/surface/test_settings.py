"""Settings: where each value comes from, what is refused and how it is told, and that secrets stay hidden."""

import os
from pathlib import Path
from typing import Any

import pytest

from outreach.domain import CollectorKind, EndpointKind, Result, Way
from outreach.domain.dispositions import SHIPPED
from outreach.errors import SettingsError
from outreach.settings import HIDDEN, Settings, load_settings, origins

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith("OUTREACH_"):
            monkeypatch.delenv(name)


def project(tmp_path: Path, toml: str = "", dotenv: str = "") -> Path:
    (tmp_path / "outreach.toml").write_text(toml, "utf-8")
    if dotenv:
        (tmp_path / ".env").write_text(dotenv, "utf-8")
        (tmp_path / ".env").chmod(0o600)
    return tmp_path


def shown(settings: Settings, name: str) -> tuple[str, str]:
    [found] = [each for each in origins(settings) if each.name == name]
    return found.value, found.origin


# ---- where values come from ------------------------------------------------------------------------


def test_the_order_is_command_line_environment_dotenv_file_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = "group = 1\ntries = 1\ntask_minutes = 1\nfact_seconds = 1\n"
    folder = project(tmp_path, file, "OUTREACH_GROUP=2\nOUTREACH_TRIES=2\nOUTREACH_TASK_MINUTES=2\n")
    monkeypatch.setenv("OUTREACH_GROUP", "3")
    monkeypatch.setenv("OUTREACH_TRIES", "3")
    settings = load_settings(folder, {"group": 4})
    assert (4, 3, 2, 1.0, 14) == (
        settings.group,
        settings.tries,
        settings.task_minutes,
        settings.fact_seconds,
        settings.hold_expiry_days,
    )
    assert ("4", "command line") == shown(settings, "group")
    assert ("3", "environment OUTREACH_TRIES") == shown(settings, "tries")
    assert ("2", f"{folder / '.env'} OUTREACH_TASK_MINUTES") == shown(settings, "task_minutes")
    assert ("1.0", str(folder / "outreach.toml")) == shown(settings, "fact_seconds")
    assert ("14", "default") == shown(settings, "hold_expiry_days")


def test_tables_are_joined_value_by_value_and_lists_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project(tmp_path, 'plugins = ["a", "b"]\n[collector]\nname = "A"\nid = "a"\n')
    monkeypatch.setenv("OUTREACH_COLLECTOR__NAME", "B")
    monkeypatch.setenv("OUTREACH_PLUGINS", "c, d")
    settings = load_settings(folder)
    assert ("a", "B", ("c", "d")) == (settings.collector.id, settings.collector.name, settings.plugins)
    assert ("c, d", "environment OUTREACH_PLUGINS") == shown(settings, "plugins")


def test_a_list_in_the_environment_may_be_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_PLUGINS", '["outbox"]')
    assert ("outbox",) == load_settings(project(tmp_path)).plugins


def test_the_file_is_found_upward_and_paths_are_read_from_its_folder(tmp_path: Path) -> None:
    inner = project(tmp_path) / "campaigns" / "spring"
    inner.mkdir(parents=True)
    settings = load_settings(inner)
    assert tmp_path == settings.folder
    assert f"sqlite:///{tmp_path}/outreach.db" == settings.ledger_url()


def test_without_a_file_the_defaults_hold_in_the_folder_asked_from(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    assert (tmp_path, ("outbox", "call-task")) == (settings.folder, settings.plugins)
    assert {"default"} == {each.origin for each in origins(settings)}


def test_an_absolute_ledger_stays_where_it_is(tmp_path: Path) -> None:
    settings = load_settings(project(tmp_path), {"ledger.url": "sqlite:////srv/outreach.db"})
    assert "sqlite:////srv/outreach.db" == settings.ledger_url()


def test_settings_made_by_hand_read_nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_GROUP", "3")
    assert 500 == Settings().group


def test_a_disposition_code_of_ones_own_stands_beside_the_shipped_ones_or_in_their_place(
    tmp_path: Path,
) -> None:
    toml = '[dispositions]\nHRD = { result = "conversation", right_party = true, note = true }\n'
    toml += 'VM = { result = "mailbox_full", title = "we leave none" }\n'
    codes = load_settings(project(tmp_path, toml)).disposition_codes()
    assert set(codes) == {*SHIPPED, "HRD"}
    assert (Result.CONVERSATION, True, ("--note",)) == (
        codes["HRD"].result,
        codes["HRD"].right_party,
        codes["HRD"].needs,
    )
    assert Result.MAILBOX_FULL is codes["VM"].result
    assert SHIPPED["NA"] is codes["NA"]


# ---- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("toml", "what", "key", "remedy"),
    [
        ("grop = 1", "grop is not a setting", "grop", "did you mean group?"),
        ('[ledger]\nulr = "x"', "ledger.ulr is not a setting", "ledger.ulr", "did you mean ledger.url?"),
        (
            '[collector.address]\nzip = "1"',
            "collector.address.zip is not",
            "collector.address.zip",
            "postal_code",
        ),
        (
            '[creditors.a]\nnane = "x"\nname = "y"',
            "creditors.a.nane is not",
            "creditors.a.nane",
            "creditors.a.name",
        ),
        ('[routes]\nfax = "x"', "routes.fax is not a setting", "routes.fax", "call"),
        (
            '[[senders]]\nid = "a"\nchannel = "fax"\naddress = "1"',
            "senders.0.channel:",
            "senders.0.channel",
            "example",
        ),
        ("group = 0", "group: input should be greater", "group", "example"),
        ('[collector]\nphone = "614 555"', "collector.phone:", "collector.phone", "example"),
        (
            '[dispositions.NA]\nresult = "asleep"',
            "dispositions.NA.result:",
            "dispositions.NA.result",
            "example",
        ),
        (
            '[dispositions.NA]\nresult = "busy"\npromiss = true',
            "dispositions.NA.promiss is not",
            "dispositions.NA.promiss",
            "dispositions.NA.promise",
        ),
        ('[collector]\nkind = "shark"', "collector.kind:", "collector.kind", "example"),
        ('[ledger]\nurl = "x"\n[ledger]\n', "the settings are not TOML", "", ""),
    ],
)
def test_a_wrong_file_is_told_with_file_key_and_cure(
    tmp_path: Path, toml: str, what: str, key: str, remedy: str
) -> None:
    folder = project(tmp_path, toml)
    with pytest.raises(SettingsError) as error:
        load_settings(folder)
    assert what in error.value.what
    assert error.value.where == f"{folder / 'outreach.toml'}" + (f": {key}" if key else "")
    assert remedy in error.value.remedy


@pytest.mark.parametrize(
    ("toml", "what"),
    [
        ('[[senders]]\nid = "a"\nchannel = "sms"\naddress = "1"\n' * 2, "two senders have the id 'a'"),
        ('[[senders]]\nid = "a"\nchannel = "sms"\naddress = "1"\ncreditor = "c"', "the creditor 'c' is used"),
        ('[routes.by_creditor.c]\nsms = "x"', "the creditor 'c' is used"),
        ('[plugin.outbox]\nfolder = "x"', "may not set 'folder'"),
        ("[plugin.my-sms]\n[plugin.my_sms]\n", "stands twice"),
        (
            '[dispositions.RPC-X]\nresult = "busy"\nright_party = true',
            "the disposition code RPC-X: with",
        ),
        ('[dispositions.NA]\nresult = "no_answer"\npromise = true', "a promise is made in a conversation"),
    ],
)
def test_values_that_do_not_fit_each_other_are_refused(tmp_path: Path, toml: str, what: str) -> None:
    with pytest.raises(SettingsError, match=what):
        load_settings(project(tmp_path, toml))


@pytest.mark.parametrize(
    ("name", "what", "remedy"),
    [
        ("OUTREACH_LEGDER__URL", "OUTREACH_LEGDER__URL sets nothing", "did you mean OUTREACH_LEDGER?"),
        ("OUTREACH_LEDGER__ULR", "ledger.ulr is not a setting", "did you mean ledger.url?"),
        ("OUTREACH_XYZ", "OUTREACH_XYZ sets nothing", "known: OUTREACH_CALLBACKS"),
    ],
)
@pytest.mark.parametrize("place", ["environment", ".env"])
def test_a_misspelt_variable_is_refused_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, name: str, what: str, remedy: str
) -> None:
    if place == "environment":
        monkeypatch.setenv(name, "x")
        folder, origin = project(tmp_path), "environment"
    else:
        folder, origin = project(tmp_path, dotenv=f"{name}=x\n"), str(tmp_path / ".env")
    with pytest.raises(SettingsError) as error:
        load_settings(folder)
    assert what == error.value.what
    assert f"{origin}: {name}" == error.value.where
    assert remedy in error.value.remedy


def test_a_variable_of_a_named_plugin_is_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_TWILIO_SMS_REGION", "us1")
    load_settings(project(tmp_path, 'plugins = ["twilio-sms"]'))
    with pytest.raises(SettingsError, match="sets nothing"):
        load_settings(tmp_path, {"plugins": ["outbox"]})


def test_a_wrong_value_is_not_repeated_for_it_may_be_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTREACH_GROUP", "hunter2")
    with pytest.raises(SettingsError) as error:
        load_settings(project(tmp_path))
    assert "environment: OUTREACH_GROUP" == error.value.where
    assert "hunter2" not in str(error.value)


def test_a_folder_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="'laws' of packs is missing"):
        load_settings(project(tmp_path, 'packs = ["laws"]'))
    (tmp_path / "laws").mkdir()
    assert [tmp_path / "laws"] == load_settings(tmp_path).pack_folders()


def test_default_folders_may_be_missing(tmp_path: Path) -> None:
    settings = load_settings(project(tmp_path))
    assert ([], []) == (settings.pack_folders(), settings.template_folders())
    (tmp_path / "templates").mkdir()
    assert [tmp_path / "templates"] == settings.template_folders()


def test_bytes_that_are_no_utf8_are_told(tmp_path: Path) -> None:
    (tmp_path / "outreach.toml").write_bytes(b'templates = "\xff"')
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path)


# ---- secrets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_dotenv_that_others_can_read_or_change_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    folder = project(tmp_path, dotenv="OUTREACH_GROUP=3\n")
    (folder / ".env").chmod(mode)
    with pytest.raises(SettingsError) as error:
        load_settings(folder)
    assert f"chmod 600 {folder / '.env'}" == error.value.remedy


@pytest.mark.parametrize(
    "toml",
    [
        '[plugin.my-sms]\nauth_token = "hunter2"',
        '[ledger]\nurl = "postgresql://me:hunter2@db.example/x"',
        '[ledger]\nurl = "postgresql://db.example/x?user=me&password=hunter2"',
        '[ledger]\nendpoint_key = "hunter2"',
        '[ledger]\nmaster_keys = "hunter2"',
    ],
)
def test_a_secret_in_the_settings_file_is_refused_and_not_repeated(tmp_path: Path, toml: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings(project(tmp_path, toml))
    assert "hunter2" not in str(error.value)
    assert "OUTREACH_" in error.value.remedy


def test_secrets_reach_their_plugin_and_are_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project(
        tmp_path, '[plugin.twilio-sms]\nregion = "us1"\n', "OUTREACH_PLUGIN__TWILIO_SMS__AUTH_TOKEN=0123\n"
    )
    monkeypatch.setenv("OUTREACH_LEDGER__URL", "postgresql://me:hunter2@db.example/x")
    settings = load_settings(folder)
    assert {"region": "us1", "auth_token": "0123"} == dict(settings.plugin_table("twilio-sms"))
    assert (HIDDEN, f"{folder / '.env'} OUTREACH_PLUGIN__TWILIO_SMS__AUTH_TOKEN") == shown(
        settings, "plugin.twilio-sms.auth_token"
    )
    assert ("us1", str(folder / "outreach.toml")) == shown(settings, "plugin.twilio-sms.region")
    said = repr(origins(settings))
    assert "0123" not in said
    assert "hunter2" not in said
    assert f"postgresql://{HIDDEN}@db.example/x" in said


# ---- what others read from it ----------------------------------------------------------------------


def test_a_default_route_falls_away_with_its_plugin_and_a_written_one_stays(tmp_path: Path) -> None:
    both = load_settings(project(tmp_path)).route_names()
    assert {Way.CALL, Way.VOICEMAIL, Way.SMS, Way.EMAIL, Way.LETTER} == set(both)
    some = load_settings(project(tmp_path, 'plugins = ["my-sms"]\n[routes]\nsms = "my-sms"\n')).route_names()
    assert {Way.SMS: "my-sms"} == some
    none = load_settings(project(tmp_path, '[routes]\nsms = ""\n')).route_names()
    assert Way.SMS not in none


def test_routes_by_creditor_are_told_by_way(tmp_path: Path) -> None:
    settings = load_settings(
        project(tmp_path, '[creditors.a]\nname = "A"\n[routes.by_creditor.a]\nsms = "x"\n')
    )
    assert {"a": {Way.SMS: "x"}} == settings.creditor_routes()


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    settings: Any = load_settings(project(tmp_path))
    with pytest.raises(ValueError, match="frozen"):
        settings.group = 3
    with pytest.raises(TypeError):
        settings.plugin_table("x")["a"] = 1


def test_the_shipped_example_is_valid_and_shows_every_setting(tmp_path: Path) -> None:
    text = (ROOT / "config" / "outreach.toml").read_text("utf-8")
    settings = load_settings(project(tmp_path, text))
    assert (CollectorKind.AGENCY, EndpointKind.WORK, "OH") == (
        settings.collector_value().kind,
        settings.collector_value().address.kind,
        settings.collector_value().address.region,
    )
    assert {Way.CALL, Way.VOICEMAIL, Way.SMS, Way.EMAIL, Way.LETTER} == {
        s.channel for s in settings.sender_values()
    }
    for name in Settings.model_fields:
        assert any(line.lstrip("#[ ").startswith(name) for line in text.splitlines()), f"{name} is not shown"


def test_what_the_example_comments_out_is_the_default(tmp_path: Path) -> None:
    text = (ROOT / "config" / "outreach.toml").read_text("utf-8")
    top = text.partition("[ledger]")[0].replace("# packs", "packs").replace("# templates =", "templates =")
    lines = [line.removeprefix("# ") if " = " in line else line for line in top.splitlines()]
    (tmp_path / "policies").mkdir()
    (tmp_path / "templates").mkdir()
    assert Settings().model_dump() == load_settings(project(tmp_path, "\n".join(lines))).model_dump()


def test_the_shipped_dotenv_example_sets_nothing_and_names_what_exists(tmp_path: Path) -> None:
    text = (ROOT / "config" / ".env.example").read_text("utf-8")
    assert Settings().model_dump() == load_settings(project(tmp_path, dotenv=text)).model_dump()
    lines = [line.removeprefix("# ") for line in text.splitlines() if line.startswith("# OUTREACH_")]
    settings = load_settings(project(tmp_path, dotenv="\n".join(lines)))
    assert ("info", {"auth_token": ""}) == (settings.log.level, dict(settings.plugin_table("twilio-sms")))
