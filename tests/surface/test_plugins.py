"""Plugins: used only if named, sealed off from each other, refused with a reason where they do not fit."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
import pytest
from jinja2.sandbox import SandboxedEnvironment

from outreach.builtin import Builtin, spoken
from outreach.channels import Accepted, Channel, Cleared
from outreach.domain import Contact, Event, Sender, Way
from outreach.errors import DraftError, PluginError
from outreach.hookspecs import OUTREACH_API, hookimpl
from outreach.plugins import Registry, State, load_plugins, survey
from outreach.settings import Settings, load_settings

PACKS = Path(__file__).resolve().parents[2] / "config" / "policies"
TWO = (Sender("a", Way.SMS, "1"), Sender("b", Way.SMS, "2"))
CONTACT = Contact("p1", Way.SMS, "to")

HEAD = "from outreach.channels import Accepted, Channel\nfrom outreach.domain import Way\n"
HEAD += "from outreach.hookspecs import hookimpl\nOUTREACH_API = 1\n"
CHANNEL = """
class C(Channel):
    name = "{name}"
    medium = Way.SMS
    def send(self, cleared):
        return Accepted("x")
@hookimpl
def outreach_register_channels(register, settings):
    register(C())
"""


class Fake(Channel):
    """A channel for tests of the registry."""

    name = "fake"
    medium = Way.SMS

    def send(self, cleared: Cleared) -> Accepted:
        return Accepted("x")


def drop(tmp_path: Path, name: str, text: str) -> None:
    folder = tmp_path / "plugins"
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / f"{name}.py").write_text(text, "utf-8")
    (folder / f"{name}.py").chmod(0o600)


def settings_for(tmp_path: Path, *plugins: str, **tables: dict[str, Any]) -> Settings:
    (tmp_path / "outreach.toml").touch()
    return load_settings(tmp_path, {"plugins": list(plugins), "plugin": tables})


def load(
    tmp_path: Path, *plugins: str, builtin: list[tuple[str, object]] | None = None, **tables: Any
) -> Registry:
    settings = settings_for(tmp_path, *plugins, **tables)
    return load_plugins(settings, project_folder=tmp_path, builtin=builtin or [])


def plugin(**hooks: Callable[..., Any]) -> object:
    """A plugin object with these hooks."""
    return type(
        "Plugin",
        (),
        {"OUTREACH_API": OUTREACH_API, **{k: staticmethod(hookimpl(v)) for k, v in hooks.items()}},
    )()


def registering(*channels: Channel) -> object:
    def outreach_register_channels(register: Callable[[Channel], None]) -> None:
        for channel in channels:
            register(channel)

    return plugin(outreach_register_channels=outreach_register_channels)


# ---- the good way ----------------------------------------------------------------------------------


def test_the_default_plugins_offer_the_five_channels(tmp_path: Path) -> None:
    registry = load(tmp_path, "outbox", "call-task")
    assert {"outbox-sms", "outbox-email", "outbox-letter", "call-task", "voicemail-task"} == set(
        registry.channels
    )


def test_the_core_offers_checks_packs_and_a_sender_like_everybody(tmp_path: Path) -> None:
    registry = load(tmp_path, builtin=[("outreach", Builtin(PACKS))])
    assert {"frequency", "hours", "suppression", "pause"} <= set(registry.checks)
    assert sorted(path.parent for path in PACKS.rglob("pack.yaml")) == list(registry.pack_folders)
    assert registry.choose_sender(CONTACT, TWO) in TWO


def test_the_report_tells_where_from_which_version_what_for_and_what_is_off(tmp_path: Path) -> None:
    drop(tmp_path, "my_sms", HEAD + CHANNEL.format(name="my-sms") + "__version__ = '3'\n")
    reports = {each.name: each for each in load(tmp_path, "outbox", "my-sms").report()}
    assert (State.ON, "3", ("channel my-sms",)) == (
        reports["my-sms"].state,
        reports["my-sms"].version,
        reports["my-sms"].gives,
    )
    assert "plugins/my_sms.py of the project" == reports["my-sms"].source
    assert ("outreach_register_channels",) == reports["outbox"].hooks
    assert "outreach_outbox, from outreach" in reports["outbox"].source
    assert State.OFF is reports["event-feed"].state


def test_what_is_not_named_is_not_even_imported(tmp_path: Path) -> None:
    drop(tmp_path, "my_sms", "raise SystemExit('imported')\n")
    sys.modules.pop("outreach_event_feed", None)
    reports = load(tmp_path, "outbox").report()
    assert {"my-sms", "event-feed"} <= {each.name for each in reports if each.state is State.OFF}
    assert "outreach_event_feed" not in sys.modules


def test_each_plugin_sees_its_own_settings_and_the_folder_and_no_others(tmp_path: Path) -> None:
    seen: dict[str, Any] = {}

    def seeing(name: str) -> object:
        def outreach_register_channels(register: Any, settings: Any) -> None:
            seen[name] = settings

        return plugin(outreach_register_channels=outreach_register_channels)

    drop(tmp_path, "one", HEAD + CHANNEL.format(name="c"))
    load(
        tmp_path,
        "one",
        builtin=[("two-b", seeing("two-b")), ("three", seeing("three"))],
        **{"two-b": {"a": 1}, "one": {"b": 2}},
    )
    assert {"two-b": {"a": 1, "folder": tmp_path}, "three": {"folder": tmp_path}} == {
        name: dict(table) for name, table in seen.items()
    }
    with pytest.raises(TypeError):
        seen["two-b"]["a"] = 2


def test_observers_are_plain_callables_with_their_plugins_names_and_own_settings(tmp_path: Path) -> None:
    told: list[Any] = []

    def all_of_it(event: Event, settings: Any) -> None:
        told.append((event, settings["colour"]))

    def none_of_it() -> None:
        told.append("called")

    one = plugin(outreach_event_recorded=all_of_it)
    two = plugin(outreach_event_recorded=none_of_it)
    drop(tmp_path, "one", HEAD + CHANNEL.format(name="c"))
    registry = load(tmp_path, builtin=[("one", one), ("two", two)], one={"colour": "red"})
    event: Any = object()
    for _, tell in registry.observers:
        tell(event=event)
    assert {"one", "two"} == {name for name, _ in registry.observers}
    assert {"called", (event, "red")} == set(told)


def test_senders_are_asked_for_in_the_order_of_the_settings_and_the_core_last(tmp_path: Path) -> None:
    answer = "@hookimpl\ndef outreach_choose_sender(senders):\n    return {}\n"
    drop(tmp_path, "silent", HEAD + answer.format("None"))
    drop(tmp_path, "second", HEAD + answer.format("senders[1]"))
    drop(tmp_path, "first", HEAD + answer.format("senders[0]"))
    core = plugin(outreach_choose_sender=lambda senders: 1 / 0)
    assert TWO[1] is load(tmp_path, "silent", "second", "first", builtin=[("core", core)]).choose_sender(
        CONTACT, TWO
    )
    assert TWO[0] is load(tmp_path, "first", "second", builtin=[("core", core)]).choose_sender(CONTACT, TWO)


def test_without_an_answer_the_first_sender_is_taken_and_a_single_one_is_not_asked_about(
    tmp_path: Path,
) -> None:
    assert TWO[0] is load(tmp_path).choose_sender(CONTACT, TWO)
    failing = [("core", plugin(outreach_choose_sender=lambda senders: 1 / 0))]
    assert TWO[1] is load(tmp_path, builtin=failing).choose_sender(CONTACT, TWO[1:])


def test_a_person_keeps_her_sender_and_a_new_one_moves_few() -> None:
    core, people = Builtin(PACKS), [Contact(f"p{n}", Way.SMS, "to") for n in range(300)]
    three = (*TWO, Sender("c", Way.SMS, "3"))
    before = [core.outreach_choose_sender(each, TWO) for each in people]
    after = [core.outreach_choose_sender(each, three) for each in people]
    assert before == [core.outreach_choose_sender(each, TWO[::-1]) for each in people]
    assert all(now == then or now.id == "c" for now, then in zip(after, before, strict=True))
    assert 60 < sum(now.id == "c" for now in after) < 140
    assert {"a", "b"} == {each.id for each in before}


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+16145550100", "1, 6 1 4, 5 5 5, 0 1 0 0"),
        ("614-555-0100", "6 1 4, 5 5 5, 0 1 0 0"),
        ("+442079460000", "4 4 2, 0 7 9, 4 6 0, 0 0 0"),
        (1234, "1 2 3 4"),
        ("", ""),
    ],
)
def test_spoken_reads_a_number_digit_by_digit(number: object, expected: str) -> None:
    assert expected == spoken(number)


def test_templates_get_the_filters_of_plugins(tmp_path: Path) -> None:
    environment = SandboxedEnvironment(undefined=jinja2.StrictUndefined)
    load(tmp_path, builtin=[("outreach", Builtin(PACKS))]).prepare_templates(environment)
    assert "1 2 3" == environment.from_string("{{ number | spoken }}").render(number="123")


# ---- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "what", "remedy"),
    [
        (CHANNEL.format(name="c"), "does not say for which version", "OUTREACH_API = 1"),
        (
            "OUTREACH_API = 2\n" + CHANNEL.format(name="c"),
            "for version 2 .* this is version 1",
            "install a version",
        ),
        ("@hookimpl\ndef outreach_register_chanels(register): pass\n", "could not register", "README"),
        ("@hookimpl\ndef outreach_register_channels(registre): pass\n", "could not register", "README"),
        ("def outreach_register_channels(register): pass\n", "is not marked as a hook", "@hookimpl"),
        ("x = 1\n", "implements no hook", "@hookimpl"),
        ("import surely_not_installed.deep\n", "cannot be imported", "pip install surely_not_installed"),
        ("1 / 0\n", "cannot be imported", "mend it"),
        ("this is no python\n", "cannot be imported", "mend it"),
        ("@hookimpl\ndef outreach_register_channels(register): 1 / 0\n", "could not register", "mend it"),
        (
            "@hookimpl(wrapper=True)\ndef outreach_register_channels(register):\n    return (yield)\n",
            "could not register",
            "README",
        ),
        (
            "@hookimpl(wrapper=True)\ndef outreach_choose_sender(senders):\n    return (yield)\n",
            "is a wrapper",
            "implement the hook itself",
        ),
        (
            "@hookimpl(hookwrapper=True)\ndef outreach_event_recorded(event):\n    yield\n",
            "is a wrapper",
            "implement the hook itself",
        ),
    ],
)
def test_a_plugin_that_does_not_fit_stops_the_start_and_is_named(
    tmp_path: Path, text: str, what: str, remedy: str
) -> None:
    stated = "does not say" not in what and "version 2" not in what
    drop(tmp_path, "my_sms", (HEAD if stated else HEAD.replace("OUTREACH_API = 1\n", "")) + text)
    with pytest.raises(PluginError, match=what) as error:
        load(tmp_path, "my-sms")
    assert "my-sms" in error.value.what
    assert remedy in error.value.remedy


def test_a_file_that_fails_leaves_no_half_made_module_behind(tmp_path: Path) -> None:
    before = set(sys.modules)
    drop(tmp_path, "half_made", HEAD + "1 / 0\n")
    with pytest.raises(PluginError):
        load(tmp_path, "half-made")
    assert not {name for name in set(sys.modules) - before if "half_made" in name}


def test_an_unknown_name_is_answered_with_the_nearest_and_where_was_looked(tmp_path: Path) -> None:
    with pytest.raises(PluginError) as error:
        load(tmp_path, "outbux")
    assert "did you mean 'outbox'?" == error.value.remedy
    assert str(tmp_path / "plugins" / "outbux.py") in error.value.why


def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "evil.py").write_text("raise SystemExit('read')")
    (tmp_path / "plugins").mkdir(mode=0o700)
    with pytest.raises(PluginError, match="there is no plugin"):
        load(tmp_path, "../evil")


@pytest.mark.parametrize("what", ["file", "folder"])
@pytest.mark.parametrize("mode", [0o020, 0o002])
def test_a_file_others_could_have_written_is_not_loaded(tmp_path: Path, what: str, mode: int) -> None:
    drop(tmp_path, "my_sms", "raise SystemExit('read')\n")
    path = tmp_path / "plugins" / ("my_sms.py" if what == "file" else "")
    path.chmod(0o700 | mode)
    with pytest.raises(PluginError, match="others can change this plugin") as error:
        load(tmp_path, "my-sms")
    assert f"chmod go-w {path}" == error.value.remedy


def test_a_link_to_a_folder_others_can_write_is_not_followed(tmp_path: Path) -> None:
    drop(tmp_path, "other", "")
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    (shared / "my_sms.py").write_text("raise SystemExit('read')\n")
    (tmp_path / "plugins" / "my_sms.py").symlink_to(shared / "my_sms.py")
    with pytest.raises(PluginError, match="others can change this plugin"):
        load(tmp_path, "my-sms")


def test_a_cached_copy_is_not_trusted(tmp_path: Path) -> None:
    """Python would run a .pyc beside the file without looking at who wrote it."""
    import py_compile

    drop(tmp_path, "my_sms", HEAD + CHANNEL.format(name="evil"))
    path = tmp_path / "plugins" / "my_sms.py"
    py_compile.compile(str(path), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    path.write_text(HEAD + CHANNEL.format(name="good"))
    assert {"good"} == set(load(tmp_path, "my-sms").channels)


def test_a_file_and_a_distribution_of_one_name_clash(tmp_path: Path) -> None:
    drop(tmp_path, "outbox", HEAD + CHANNEL.format(name="c"))
    with pytest.raises(PluginError, match="two plugins are called 'outbox'") as error:
        load(tmp_path, "outbox")
    assert "plugins/outbox.py" in error.value.where
    assert "from outreach" in error.value.where


def test_a_plugin_named_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="named twice"):
        load(tmp_path, "outbox", "outbox")


def test_a_setting_missing_from_a_plugins_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(PluginError) as error:
        load(tmp_path, "suppression-list")
    assert ("plugin.suppression-list", "path: Field required") == (error.value.where, error.value.why)


def test_a_plugins_own_error_keeps_its_place_and_cure(tmp_path: Path) -> None:
    with pytest.raises(PluginError) as error:
        load(tmp_path, "suppression-list", **{"suppression-list": {"path": "none.csv"}})
    assert "the suppression list is missing" in str(error.value) or "FileNotFoundError" in error.value.why


def test_a_table_that_belongs_to_no_plugin_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="belongs to no plugin") as error:
        load(tmp_path, "outbox", outbux={"path": "x"})
    assert "did you mean [plugin.outbox]?" == error.value.remedy
    load(tmp_path, "outbox", **{"event-feed": {"path": "x"}})


@pytest.mark.parametrize("kind", ["channel", "check", "fact source"])
def test_a_name_given_twice_is_refused_naming_both_plugins(tmp_path: Path, kind: str) -> None:
    def fact_source(register: Any) -> None:
        register(type("S", (), {"name": "crm", "facts": frozenset({"x"}), "ask": lambda self, c: []})())

    def check(register: Any) -> None:
        Builtin(PACKS).outreach_register_checks(register)

    def make() -> object:
        if kind == "channel":
            return registering(Fake())
        if kind == "check":
            return plugin(outreach_register_checks=check)
        return plugin(outreach_register_fact_sources=fact_source)

    with pytest.raises(PluginError, match=kind) as error:
        load(tmp_path, builtin=[("one", make()), ("two", make())])
    assert "'one'" in error.value.what
    assert "'two'" in error.value.what


def test_two_of_one_name_from_one_plugin_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="offered by the plugin 'one' and again by 'one'"):
        load(tmp_path, builtin=[("one", registering(Fake(), Fake()))])


def _channel(**changes: Any) -> Channel:
    made: Channel = type("Odd", (Fake,), changes)()
    return made


@pytest.mark.parametrize(
    ("offered", "lacks"),
    [
        ("not a channel", "base class"),
        (_channel(name="Fake Name"), "kebab-case"),
        (_channel(medium="sms"), "medium"),
        (_channel(abilities={"batch"}), "abilities"),
        (_channel(rate=3), "rate"),
        (_channel(deliver=lambda self, cleared, clock: self.send(cleared)), "deliver"),
    ],
)
def test_a_channel_that_breaks_the_contract_is_refused(tmp_path: Path, offered: Any, lacks: str) -> None:
    with pytest.raises(PluginError, match=lacks):
        load(tmp_path, builtin=[("one", registering(offered))])


def test_a_pack_folder_without_a_pack_is_refused(tmp_path: Path) -> None:
    offering = plugin(outreach_register_packs=lambda register: register(tmp_path))
    with pytest.raises(PluginError, match=r"pack\.yaml"):
        load(tmp_path, builtin=[("one", offering)])


def test_after_the_start_nothing_more_is_taken(tmp_path: Path) -> None:
    kept: list[Any] = []

    def keeping(register: Any) -> None:
        kept.append(register)

    late = plugin(outreach_register_channels=keeping)
    registry: Any = load(tmp_path, builtin=[("one", late)])
    with pytest.raises(PluginError, match="too late"):
        kept[0](Fake())
    with pytest.raises(TypeError):
        registry.channels["fake"] = Fake()
    assert {} == dict(registry.channels)


@pytest.mark.parametrize("answer", [lambda senders: 1 / 0, lambda senders: Sender("c", Way.SMS, "3")])
def test_a_choice_that_raises_or_is_a_stranger_blocks_the_contact(tmp_path: Path, answer: Any) -> None:
    registry = load(tmp_path, builtin=[("one", plugin(outreach_choose_sender=answer))])
    with pytest.raises(DraftError, match="'one'"):
        registry.choose_sender(CONTACT, TWO)
    with pytest.raises(DraftError, match="no sender"):
        registry.choose_sender(CONTACT, ())


@pytest.mark.parametrize(
    ("prepare", "what"),
    [
        (lambda environment: environment.filters.update(upper=str.lower), "replaces 'upper'"),
        (lambda environment: environment.filters.pop("upper"), "replaces 'upper'"),
        (lambda environment: setattr(environment, "undefined", jinja2.Undefined), "loosens"),
        (lambda environment: 1 / 0, "could not prepare"),
    ],
)
def test_a_plugin_that_would_change_templates_is_refused(tmp_path: Path, prepare: Any, what: str) -> None:
    registry = load(tmp_path, builtin=[("one", plugin(outreach_prepare_templates=prepare))])
    with pytest.raises(PluginError, match=what) as error:
        registry.prepare_templates(SandboxedEnvironment(undefined=jinja2.StrictUndefined))
    assert "one" == error.value.where


def test_a_credential_in_a_foreign_error_is_not_repeated(tmp_path: Path) -> None:
    drop(tmp_path, "my_sms", HEAD + "raise RuntimeError('bad token hunter2')\n")
    with pytest.raises(PluginError) as error:
        load(tmp_path, "my-sms")
    assert "hunter2" not in str(error.value)
    assert "RuntimeError at my_sms.py:" in error.value.why


def test_the_survey_lists_what_failed_with_its_reason_and_what_did_not(tmp_path: Path) -> None:
    drop(tmp_path, "my_sms", "import surely_not_installed\n")
    settings = settings_for(tmp_path, "outbox", "my-sms", "nowhere")
    found = {each.name: each for each in survey(settings, project_folder=tmp_path, builtin=[])}
    assert (State.ON, State.FAILED, State.FAILED) == (
        found["outbox"].state,
        found["my-sms"].state,
        found["nowhere"].state,
    )
    assert "surely_not_installed" in found["my-sms"].why
    assert State.OFF is found["event-feed"].state
