"""audit, policy, templates, plugins, settings and db: what an officer or operator looks at."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.cli.running import Command, run
from tests.support import TUESDAY, Project, consumer, email

# ---- audit -----------------------------------------------------------------------------------------


def tamper(project: Project, sql: str) -> None:
    """What somebody with the file and without scruples can do: the triggers are dropped first."""
    connection = sqlite3.connect(project.folder / "outreach.db")
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    assert connection.execute(sql).rowcount == 1
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("UPDATE entry SET body = replace(body, 'opt_out', 'opt_in') WHERE body LIKE '%opt_out%'", "changed"),
        ("DELETE FROM entry WHERE body LIKE '%opt_out%'", "missing"),
    ],
    ids=["changed", "cut off"],
)
def test_audit_verify_names_the_first_broken_row(
    project: Project, outreach: Command, sql: str, why: str
) -> None:
    assert 0 == outreach("audit", "verify").status
    tamper(project, sql)
    told = outreach("audit", "verify", "--json")
    assert 1 == told.status
    [broken] = told.line["broken"]
    assert why in broken["why"]
    assert broken["seq"] >= 1
    shown = outreach("audit", "verify")
    assert (1, True) == (shown.status, f"BROKEN at event {broken['seq']}" in shown.out)
    assert "not whole" in shown.out


def test_audit_verify_finds_a_contact_that_stands_otherwise_than_its_events_say(
    project: Project, outreach: Command
) -> None:
    project.send(email("p1"))
    tamper(project, "UPDATE contact SET state = 'blocked'")
    told = outreach("audit", "verify", "--json")
    assert (1, [], {"state": 1}) == (told.status, told.line["broken"], told.line["projection"])


# ---- policy ----------------------------------------------------------------------------------------


def test_policy_test_runs_a_case_file_and_fails_with_what_was_expected(tmp_path: Path) -> None:
    assert 0 == run("init", "a", folder=tmp_path).status
    folder = tmp_path / "a"
    told = run("policy", "test", "policies", folder=folder)
    assert (0, "2 passed, 0 failed" in told.out) == (told.status, True)
    cases = folder / "policies" / "agency" / "cases.yaml"
    cases.write_text(cases.read_text().replace("verdict: allow", "verdict: block"))
    failed = run("policy", "test", "policies", folder=folder)
    assert 1 == failed.status
    assert "agency-sixth-call" in failed.out
    assert 1 == sum(not line["passed"] for line in run("policy", "test", "policies", "--json", folder=folder)
                    .lines)  # fmt: skip
    cases.write_text("- id: broken\n  pakcs: [agency]\n")
    unreadable = run("policy", "test", "policies", folder=folder)
    assert 2 == unreadable.status
    assert "cases.yaml:" in unreadable.err


def test_policy_show_of_a_place_and_with_rules(unchanged: Command) -> None:
    everywhere = {line["pack"] for line in unchanged("policy", "show", "--json").lines}
    ohio = {line["pack"] for line in unchanged("policy", "show", "--place", "us.oh", "--json").lines}
    nowhere = {line["pack"] for line in unchanged("policy", "show", "--place", "de", "--json").lines}
    assert {"house", "us.federal.regulation-f", "us.federal.tcpa"} <= everywhere
    assert {"us.federal.regulation-f", "us.federal.tcpa"} <= ohio
    assert {"conduct", "house"} == nowhere  # the house takes phrases from `conduct`, which has no rules
    shown = unchanged("policy", "show", "--rules")
    assert "us.regf.call-frequency" in shown.out


@pytest.mark.parametrize("of", ["pack", "cases"])
def test_policy_schema_is_a_json_schema(unchanged: Command, of: str) -> None:
    told = unchanged("policy", "schema", of)
    assert 0 == told.status
    assert "$defs" in told.line or "properties" in told.line


def test_there_is_no_schema_of_anything_else(unchanged: Command) -> None:
    assert 2 == unchanged("policy", "schema", "song").status


def test_policy_lint_has_nothing_to_say_of_the_shipped_packs(unchanged: Command) -> None:
    told = unchanged("policy", "lint", "--json")
    assert (0, []) == (told.status, told.lines)


def test_policy_lint_says_where_and_what_to_do(project: Project, outreach: Command) -> None:
    folder = project.folder / "policies" / "thin"
    folder.mkdir(parents=True)
    (folder / "pack.yaml").write_text(THIN)
    told = outreach("policy", "lint", "--json")
    assert 1 == told.status
    thin = [line for line in told.lines if "thin/pack.yaml:" in line["where"]]
    assert thin
    assert all(line["what"] and line["remedy"] for line in thin)


# ---- words -----------------------------------------------------------------------------------------


def test_templates_check_lists_every_template_with_its_segments(unchanged: Command) -> None:
    told = unchanged("templates", "check", "--json")
    assert 0 == told.status
    texts = [line for line in told.lines if line["channel"] == "sms"]
    assert {"en", "es", "zh"} == {line["language"] for line in texts}
    assert all(line["segments"] for line in texts)


def test_templates_preview_shows_how_one_reads(unchanged: Command) -> None:
    told = unchanged("templates", "preview", "reminder", "--language", "zh")
    assert 0 == told.status
    assert "来自债务催收机构" in told.out.replace(" ", "")
    assert "UCS-2" in told.out
    mail = unchanged("templates", "preview", "reminder", "--channel", "email", "--json")
    assert mail.line["words"]["subject"]
    none = unchanged("templates", "preview", "nosuch")
    assert (2, "") == (none.status, none.out)


# ---- plugins, settings, db -------------------------------------------------------------------------


def test_plugins_says_what_is_on_and_off_and_what_each_gives(unchanged: Command) -> None:
    told = {line["name"]: line for line in unchanged("plugins", "--json").lines}
    assert ("on", "on", "off") == tuple(told[name]["state"] for name in ("wire", "call-task", "outbox"))
    assert any("wire-sms" in given for given in told["wire"]["gives"])


def test_settings_shows_origins_and_hides_secrets(project: Project, outreach: Command) -> None:
    (project.folder / ".env").write_text("OUTREACH_PLUGIN__WIRE__API_KEY=hush-hush\n")
    (project.folder / ".env").chmod(0o600)
    told = {line["name"]: line for line in outreach("settings", "--json").lines}
    assert told["group"]["origin"].endswith("outreach.toml")
    assert "default" == told["tries"]["origin"]
    assert ".env" in told["plugin.wire.api_key"]["origin"]
    assert "hush-hush" not in outreach("settings").out
    assert "hush-hush" not in outreach("settings", "--json").out


def test_a_wrong_setting_is_named_with_file_and_nearest_name(project: Project, outreach: Command) -> None:
    file = project.folder / "outreach.toml"
    file.write_text(file.read_text().replace("group =", "groop ="))
    told = outreach("settings")
    assert (3, "") == (told.status, told.out)
    assert "groop" in told.err
    assert "outreach.toml" in told.err
    assert "group" in told.err


def test_a_backup_is_a_ledger_and_is_never_written_over_a_file(project: Project, outreach: Command) -> None:
    project.send(email("p1"))
    told = outreach("db", "backup", "copy.db", "--json")
    assert (0, "copy.db") == (told.status, told.line["backup"])
    again = outreach("db", "backup", "copy.db")
    assert (2, "") == (again.status, again.out)
    copy = sqlite3.connect(project.folder / "copy.db")
    assert [(1,)] == copy.execute("SELECT count(*) FROM contact").fetchall()
    copy.close()


def test_a_ledger_is_encrypted_its_master_key_changed_and_no_key_shown(
    project: Project, outreach: Command
) -> None:
    project.send(email("p1"))
    dotenv = project.folder / ".env"
    dotenv.touch(0o600)
    first, second = outreach("db", "key").out.strip(), outreach("db", "key", "--json").line["key"]
    refused = outreach("db", "encrypt")
    assert (3, "") == (refused.status, refused.out)
    assert "outreach db key" in refused.err
    dotenv.write_text(f"OUTREACH_LEDGER__MASTER_KEYS={first}\n")
    done = outreach("db", "encrypt", "--json").line
    assert (4, 3, 1) == (done["keys"], done["versions"], done["contacts"])
    assert "0 keys" in outreach("db", "encrypt").out
    dotenv.write_text(f"OUTREACH_LEDGER__MASTER_KEYS={second},{first}\n")
    told = outreach("db", "rotate")
    assert "4 keys are now encrypted" in told.out
    assert "older master keys can be taken out" in told.out
    dotenv.write_text(f"OUTREACH_LEDGER__MASTER_KEYS={second}\n")
    assert (0, 0) == ((again := outreach("db", "rotate", "--json")).status, again.line["changed"])
    assert 0 == outreach("audit", "verify").status
    shown = outreach("settings").out + told.out + told.err
    assert first not in shown
    assert second not in shown
    dotenv.write_text("")
    refused = outreach("when", "p1")
    assert (3, "") == (refused.status, refused.out)
    assert "OUTREACH_LEDGER__MASTER_KEYS" in refused.err


def test_db_upgrade_of_a_ledger_of_this_version_says_so(unchanged: Command) -> None:
    told = unchanged("db", "upgrade", "--json")
    assert (0, told.line["to"]) == (told.status, told.line["from"])


def test_it_works_from_a_folder_below_the_project(project: Project) -> None:
    below = project.folder / "files" / "june"
    below.mkdir(parents=True)
    assert 0 == run("when", "p1", folder=below, clock=TUESDAY).status


def test_two_projects_do_not_know_each_other(project: Project, tmp_path: Path) -> None:
    other = Project(tmp_path / "other")
    other.consumers(consumer("p8"))
    other.close()
    assert 0 == run("when", "p8", folder=other.folder, clock=TUESDAY).status
    assert 2 == run("when", "p8", folder=project.folder, clock=TUESDAY).status


THIN = """
pack: thin
title: Thin
jurisdiction: any
authority: this test
checked: {on: "2020-01-01", against: "this test", again_by: "2021-01-01"}
evidence: text
force: house
rules:
  - id: thin.spacing
    title: An hour between texts
    check: spacing
    standard: prohibition
    cites: [this test]
    in_force: {"2026-01-01": {at_least: 60, unit: minutes, per: [person], channels: [sms]}}
"""
