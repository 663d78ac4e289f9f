"""Until when records are kept: three years after the last activity by 12 CFR 1006.100(a), or longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from outreach.assemble import data_folder
from outreach.domain import Event
from outreach.errors import InputError, PolicyError
from outreach.privacy import Retention
from outreach.privacy.retention import last_activity
from tests.support import TUESDAY, Project, consents, consumer, sms

DATA = data_folder() / "config" / "retention.yaml"
NOW = datetime(2026, 6, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "until"),
    [
        (datetime(2026, 6, 2, 19, tzinfo=UTC), datetime(2029, 6, 2, 19, tzinfo=UTC)),
        (datetime(2024, 2, 29, 12, tzinfo=UTC), datetime(2027, 3, 1, 12, tzinfo=UTC)),
    ],
)
def test_the_law_keeps_records_three_years_after_the_last_activity(last: datetime, until: datetime) -> None:
    keeping = Retention(DATA, None).keeping(last, {"us", "us.oh"}, NOW)
    assert until == keeping.until
    assert "12 CFR 1006.100(a)" in keeping.cites
    assert not keeping.over(until - timedelta(seconds=1))
    assert keeping.over(until)


def test_the_settings_lengthen_it_and_cannot_shorten_it() -> None:
    years = [Retention(DATA, each).keeping(NOW, {"us"}, NOW).years for each in (None, 1, 3, 7)]
    assert [3, 3, 3, 7] == years


def test_a_place_without_such_a_law_goes_by_the_settings_alone() -> None:
    assert None is Retention(DATA, None).keeping(NOW, {"gb"}, NOW).until
    assert 2 == Retention(DATA, 2).keeping(NOW, {"gb"}, NOW).years
    assert Retention(DATA, 2).lawful(NOW, {"gb"}, NOW).over(NOW)


def test_a_person_of_no_known_place_is_kept_as_long_as_any_law_says() -> None:
    assert 3 == Retention(DATA, None).keeping(NOW, (), NOW).years


def test_how_we_keep_records_is_no_activity_and_everything_else_is() -> None:
    later = NOW + timedelta(days=9)
    assert NOW == last_activity([Event("legal_hold", later, recorded_at=later)], NOW)
    assert later == last_activity([Event("inbound", NOW, recorded_at=later)], NOW)
    assert later == last_activity([Event("attempt", later, recorded_at=NOW)], NOW)


def test_a_file_with_a_strange_word_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "retention.yaml"
    path.write_text(DATA.read_text().replace("years: 3", "yeers: 3"))
    with pytest.raises(PolicyError):
        Retention(path, None)


def test_whoever_is_due_is_listed_and_swept_but_for_a_legal_hold(project: Project) -> None:
    project.consumers(*(consumer(ref) for ref in ("p1", "p2", "p3")))
    project.events(consents("p1", 1), consents("p2", 2), consents("p3", 3))
    project.send(sms("p1", 1), sms("p2", 2))
    project.app.privacy.hold("p2", "case 26-114", "clerk")
    assert [] == list(project.app.privacy.due())
    project.clock.set(TUESDAY.replace(year=2029) - timedelta(seconds=1))
    assert [] == [each.ref for each in project.app.privacy.due() if each.ref == "p1"]
    project.clock.set(TUESDAY.replace(year=2029) + timedelta(seconds=1))
    due = {each.ref: each.kept_back for each in project.app.privacy.due()}
    assert {"p1": "", "p2": "legal hold", "p3": ""} == due
    project.events(consents("p3", 3, at="2029-06-02T10:00:00-04:00") | {"key": "new"})
    assert 1 == len(project.app.privacy.sweep("D. Officer"))
    assert ["p2"] == [each.ref for each in project.app.privacy.due()]
    assert "D. Officer" == project.app.privacy.proof("p1").erased.fields["by"]
    assert () == project.app.ledger.verify().broken


def test_a_sweep_wants_an_officer(project: Project) -> None:
    with pytest.raises(InputError, match="who answers"):
        project.app.privacy.sweep("")
