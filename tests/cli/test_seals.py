"""audit key, seal, verify and export: the whole way of a proof, through the command."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from outreach.ledger import SealKey
from tests.cli.running import Command, run
from tests.support import Project


def told_to(project: Project, **settings: str) -> None:
    """Add a table [seals] to the project's settings."""
    file = project.folder / "outreach.toml"
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    file.write_text("\n".join([file.read_text("utf-8"), "[seals]", *lines, ""]), "utf-8")


def test_a_key_is_made_once_and_its_public_half_told_again(tmp_path: Path) -> None:
    made = run("audit", "key", "seals.key", "--json", folder=tmp_path)
    assert (0, True, "seals.key") == (made.status, made.line["made"], made.line["file"])
    assert SealKey.load(tmp_path / "seals.key").public == made.line["public_key"]
    again = run("audit", "key", "seals.key", folder=tmp_path)
    assert f"found seals.key\npublic key {made.line['public_key']}\n" == again.out


def test_a_key_that_others_can_read_signs_nothing(project: Project, outreach: Command) -> None:
    outreach("audit", "key", "seals.key")
    told_to(project, key_file="seals.key")
    (project.folder / "seals.key").chmod(0o644)
    for words in (("seal",), ("verify",), ("key", "seals.key")):
        told = outreach("audit", *words)
        assert (3, True) == (told.status, "can be read by others" in told.err)


def test_what_is_sealed_is_copied_verified_and_handed_to_an_examiner(
    project: Project, outreach: Command, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    public = outreach("audit", "key", "seals.key", "--json").line["public_key"]
    told_to(project, key_file="seals.key", copy_to=str(tmp_path / "elsewhere"))
    before = outreach("audit", "verify", "--json").line
    assert (0, before["events"]) == (before["seals"]["seals"], before["unsealed"])
    made = outreach("audit", "seal", "--json").line["seal"]
    assert (1, before["events"], public) == (made["number"], made["events"], made["key"])
    assert "nothing new since the last seal\n" == outreach("audit", "seal").out
    assert {"seal": None} == outreach("audit", "seal", "--json").line
    outreach("record", "p1", "opt_out", "--channel", "sms")
    shown = outreach("audit", "verify")
    assert 0 == shown.status
    assert f"1 seals, 1 signed; 1 events unsealed\nkey {public}\n1 seals in" in shown.out
    shown = outreach("audit", "seal")
    assert "seal 2 of Tue 2026-06-02 19:00" in shown.out
    assert f"signed {public}\ncopied to" in shown.out
    assert ["seal-00000001.json", "seal-00000002.json"] == sorted(
        each.name for each in (tmp_path / "elsewhere").iterdir()
    )
    told = outreach("audit", "export", tmp_path / "export", "--json").line
    assert (before["events"] + 1, False) == (told["events"], told["words"])
    script, copies = tmp_path / "export" / "verify.py", tmp_path / "elsewhere"
    done = subprocess.run(
        [sys.executable, script, "--key", public, "--copies", copies],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.endswith("VERDICT     the record is whole\n")
    assert 3 == outreach("audit", "export", tmp_path / "export").status


def test_without_a_key_a_seal_says_that_it_is_not_signed(project: Project, outreach: Command) -> None:
    assert "not signed: no key ([seals] key_file)" in outreach("audit", "seal").out
    assert "1 seals, none signed; 0 events unsealed" in outreach("audit", "verify").out


def test_a_seal_that_was_changed_is_named_and_the_record_not_whole(
    project: Project, outreach: Command
) -> None:
    outreach("audit", "seal")
    outreach("record", "p1", "opt_out", "--channel", "sms")
    outreach("audit", "seal")
    with closing(sqlite3.connect(project.folder / "outreach.db")) as connection:
        connection.execute("DROP TRIGGER seal_is_never_changed")
        connection.execute("UPDATE seal SET leaves = replace(leaves, '\",', 'x\",')")
        connection.commit()
    shown = outreach("audit", "verify")
    assert (1, True) == (shown.status, "BROKEN seal 1: what it covers was changed" in shown.out)
    assert "the record is not whole" in shown.out
    assert {1, 2} == {
        each["number"] for each in outreach("audit", "verify", "--json").line["seals"]["broken"]
    }


def test_keys_of_earlier_seals_are_believed_by_name(project: Project, outreach: Command) -> None:
    old = outreach("audit", "key", "old.key", "--json").line["public_key"]
    told_to(project, key_file="old.key")
    outreach("audit", "seal")
    outreach("record", "p1", "opt_out", "--channel", "sms")
    outreach("audit", "key", "new.key")
    file = project.folder / "outreach.toml"
    file.write_text(file.read_text("utf-8").replace("old.key", "new.key"), "utf-8")
    outreach("audit", "seal")
    told = outreach("audit", "verify")
    assert (1, True) == (told.status, f"BROKEN seal 1: it is signed with the key {old}" in told.out)
    file.write_text(file.read_text("utf-8") + f'public_keys = ["{old}"]\n', "utf-8")
    assert 0 == outreach("audit", "verify").status
