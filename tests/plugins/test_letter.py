"""Letters as PDF keep every promise of a channel; what is printed is what was judged, where it belongs."""

import csv
import errno
import hashlib
import io
import json
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pypdf
import pypdfium2
import pytest
from pydantic import ValidationError

from outreach.channels import Channel, Cleared, SendFailed, opened_at
from outreach.content import Library
from outreach.content.sample import sample_request
from outreach.domain import Audience, FrozenClock, Outcome, Purpose, Result, Way, Words
from outreach.errors import InputError, SettingsError
from outreach.testing import NOW, ChannelSuite, Failure, Unsayable, make_cleared, sample_sender, sample_words
from outreach_letter import LetterPdf, LetterSettings, make_run, outreach_register_channels, read_returns
from outreach_letter.measures import WINDOWS, Box, Paper
from outreach_letter.runs import COLUMNS
from tests.plugins.disk import disk_says

TEMPLATES = Path(__file__).parents[2] / "templates"
_POINTS = 72 / 25.4
_MARGIN = 19.05
CHINESE = (
    "本信息来自债务催收机构。您的余额为1,234.50元。我们正在催收一笔债务，所获得的任何信息都将用于该目的。"
)
SPANISH = "Su saldo es de 1.234,50 €. ¿Podría llamarnos mañana? Señor Núñez"


def within(page: pypdfium2.PdfPage, box: Box) -> str:
    """The text that stands in a rectangle given in millimetres from the upper left."""
    height = page.get_height()
    return str(
        page.get_textpage().get_text_bounded(
            left=box.left * _POINTS,
            bottom=height - (box.top + box.height) * _POINTS,
            right=(box.left + box.width) * _POINTS,
            top=height - box.top * _POINTS,
        )
    )


def body_of(pdf: bytes, paper: Paper = Paper.US_LETTER) -> str:
    """What is printed below the windows and within the margins, over all pages."""
    parts = []
    for number, page in enumerate(pypdfium2.PdfDocument(pdf)):
        width, height = page.get_width() / _POINTS, page.get_height() / _POINTS
        top = WINDOWS[paper].body_top if number == 0 else _MARGIN - 2
        box = Box(left=1, top=top - 1, width=width - 2, height=height - top - _MARGIN + 1)
        parts.append(within(page, box))
    return "\n".join(parts)


def whole(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def letter_words(text: str, **changes: object) -> Words:
    return replace(sample_words(Way.LETTER), text=text, **changes)


class Letters:
    """A channel in a folder, and what it has written."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder / "letters"
        self.channel = LetterPdf(LetterSettings.read({"folder": folder, **settings}))

    def send(self, cleared: Cleared | None = None, **changes: object) -> bytes:
        cleared = cleared or make_cleared(Way.LETTER, **changes)  # type: ignore[arg-type]
        self.channel.deliver(cleared, FrozenClock(NOW))
        return self.pdf(cleared.attempt)

    def pdf(self, attempt: str, kind: str = "single") -> bytes:
        return (self.folder / kind / f"{attempt}.pdf").read_bytes()

    def refused(self, **changes: object) -> str:
        with pytest.raises(SendFailed) as failed:
            self.send(**changes)
        assert not failed.value.sayable
        assert not list(self.folder.rglob("*.pdf"))
        return failed.value.code


@pytest.fixture
def letters(tmp_path: Path) -> Letters:
    return Letters(tmp_path)


class TestLetterPdf(ChannelSuite):
    def make_channel(self, folder: Path) -> Channel:
        self.folder = folder
        return Letters(folder).channel

    def carried(self) -> Sequence[str]:
        found = sorted(self.folder.glob("letters/single/*.pdf"))
        return [body_of(path.read_bytes()).replace("About your account", "", 1) for path in found]

    def failures(self) -> Sequence[Failure]:
        return [
            Failure("disk full", lambda: disk_says(errno.ENOSPC, "fsync"), Outcome.NOT_SENT, retry=True),
            Failure("disk read only", lambda: disk_says(errno.EROFS, "open"), Outcome.NOT_SENT, retry=True),
            Failure("no rename", lambda: disk_says(errno.EDQUOT, "rename"), Outcome.NOT_SENT, retry=True),
        ]

    def unsayable(self) -> Sequence[Unsayable]:
        sender = sample_sender(Way.LETTER)
        return [
            Unsayable("no text", letter_words(" \n")),
            Unsayable("NUL in the text", letter_words("before\0after")),
            Unsayable("no address", address="\n \n"),
            Unsayable("a line break in the name", to_name="Rosalind\nOkafor"),
            Unsayable("a character that no font has", letter_words("Hello \U0001f600")),
            Unsayable("a name that no font has", to_name="\U00012000\U00012001\U00012002"),
            Unsayable("more lines than the window", address="\n".join(f"Line {n}" for n in range(12))),
            Unsayable("a line wider than the window", address=f"Rosalind Okafor\n{'W' * 60}\nColumbus OH"),
            Unsayable("a word wider than the page", letter_words("x" * 200)),
            Unsayable("a word wider than its column", letter_words(f"a | b | c\n{'W' * 40} | x | y")),
            Unsayable("a letterhead without end", sender=replace(sender, address="Suite 1\n" * 30)),
            Unsayable("sections that say something else", letter_words("One.", sections=(("body", "Two."),))),
        ]

    def test_a_failed_write_leaves_no_letter_and_the_attempt_can_be_tried_again(self) -> None:
        attempt = self.cleared().attempt
        with disk_says(errno.ENOSPC, "fsync"), pytest.raises(SendFailed, match="enospc"):
            self.deliver(self.cleared(attempt=attempt))
        assert [] == list(self.carried())
        self.deliver(self.cleared(attempt=attempt))
        assert 1 == len(self.carried())

    def test_the_same_attempt_with_other_words_does_not_replace_what_left(self) -> None:
        attempt = self.cleared().attempt
        self.deliver(self.cleared(attempt=attempt))
        [before] = self.carried()
        with pytest.raises(SendFailed, match="another_content") as failed:
            self.deliver(self.cleared(attempt=attempt, words=letter_words("Something else.")))
        assert Outcome.UNKNOWN is failed.value.outcome
        assert [before] == list(self.carried())

    def test_only_the_owner_may_read_what_was_written(self) -> None:
        self.deliver(self.cleared())
        paths = [path for path in self.folder.rglob("*") if path.is_file()]
        assert 3 == len(paths)
        assert {0o600} == {path.stat().st_mode & 0o777 for path in paths}


# ---- the words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [CHINESE, SPANISH], ids=["chinese", "spanish"])
def test_chinese_and_spanish_are_printed_and_read_back_as_they_were(letters: Letters, text: str) -> None:
    pdf = letters.send(words=letter_words(text))
    assert text.replace(" ", "") in "".join(body_of(pdf).split())
    assert "\0" not in whole(pdf)


def test_what_looks_like_markup_is_printed_as_it_stands(letters: Letters) -> None:
    evil = "#evil[$x$] #panic(\"x\") *bold* _it_ `raw` <tag> @ref = H \\u{41} // no /* yes */ -- ... ~ 'q'"
    pdf = letters.send(
        words=letter_words(f"{evil}\n{evil}", subject='#read("/etc/hostname") $y$'),
        to_name="#evil[$x$]",
        address="#let x = 1\n*12* Larkspur Lane\nColumbus OH 43004",
        sender=replace(sample_sender(Way.LETTER), name="#sys.version"),
    )
    assert f'#read("/etc/hostname") $y$ {evil} {evil}'.split() == body_of(pdf).split()
    for text in ("#evil[$x$]\n#let x = 1\n*12* Larkspur Lane", "#sys.version"):
        assert text in whole(pdf)


def test_a_letter_of_five_pages_loses_no_word_and_numbers_its_pages(letters: Letters) -> None:
    text = "\n\n".join(f"Paragraph {n}. " + "Words that fill the page. " * 22 for n in range(40))
    pdf = letters.send(words=letter_words(text, subject=""))
    assert text.split() == body_of(pdf).split()
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]
    assert 5 == len(pages)
    assert [f"{n} / 5" for n in range(1, 6)] == [page.splitlines()[-1] for page in pages]


def test_a_letter_of_one_page_has_no_page_number(letters: Letters) -> None:
    assert "1 / 1" not in whole(letters.send())


def test_lines_of_cells_become_a_table_and_keep_every_cell(letters: Letters) -> None:
    text = "Before.\n\nCreditor | Account\nFirst Bank | ****1111\nClinic | ****8877\nTotal: $3\n\nA | alone"
    pdf = letters.send(words=letter_words(text, subject=""))
    cells = [word for word in text.replace("A | alone", "A \u2016 alone").split() if word != "|"]
    assert [word.replace("\u2016", "|") for word in cells] == body_of(pdf).split()


def test_the_same_attempt_gives_the_same_bytes_on_every_machine(tmp_path: Path) -> None:
    attempt = make_cleared(Way.LETTER).attempt
    first = Letters(tmp_path / "a").send(attempt=attempt)
    assert first == Letters(tmp_path / "b").send(attempt=attempt)
    assert first != Letters(tmp_path / "c").send()


def test_the_date_is_that_of_the_attempt_and_none_is_invented(letters: Letters) -> None:
    assert "2026-03-10" in whole(letters.send())
    assert NOW == opened_at(make_cleared(Way.LETTER).attempt)
    assert "20" not in whole(letters.send(attempt="from-another-system", address="A\nB")).replace(
        "1,234.50", ""
    )


# ---- where it stands ------------------------------------------------------------------------------------


@pytest.mark.parametrize("paper", list(Paper))
def test_the_window_shows_the_addressee_and_nothing_else(letters: Letters, paper: Paper) -> None:
    pdf = (
        letters.send()
        if paper is Paper.US_LETTER
        else letters.send(address="Rosalind Okafor\nRing 1\nBonn\nDE")
    )
    page = pypdfium2.PdfDocument(pdf)[0]
    address = within(page, WINDOWS[paper].address).split()
    expected = "Rosalind Okafor 12 Larkspur Lane Columbus OH 43004"
    assert (expected if paper is Paper.US_LETTER else "Rosalind Okafor Ring 1 Bonn DE").split() == address
    assert ["PO", "Box", "7", "Columbus", "OH", "43004"] == within(page, WINDOWS[paper].sender).split()


def dark(page: pypdfium2.PdfPage, box: Box) -> set[tuple[int, int]]:
    """The printed points of a rectangle, a point being a quarter of a millimetre."""
    image = page.render(scale=4 / _POINTS, grayscale=True).to_pil()
    left, top = round(box.left * 4), round(box.top * 4)
    right, bottom = round((box.left + box.width) * 4), round((box.top + box.height) * 4)
    pixels = image.load()
    assert pixels is not None
    return {(x, y) for x in range(left, right) for y in range(top, bottom) if pixels[x, y] < 128}


@pytest.mark.parametrize("lines", [3, 5])
def test_ink_around_the_address_stays_within_its_window(letters: Letters, lines: int) -> None:
    """Where the page lies in its envelope is not sure, so what may be seen at all has to be ours."""
    address = "\n".join(
        ["Rosalind Okafor", *["Care of the Larkspur Lane Housing Office"] * (lines - 2), "Columbus"]
    )
    page = pypdfium2.PdfDocument(letters.send(address=address))[0]
    window = WINDOWS[Paper.US_LETTER].address
    ink = dark(page, window)
    assert ink
    # 4.5 inches from the left edge is as far as a window of 4 inches, half an inch in, can ever show.
    around = Box(
        left=1, top=window.top - 15, width=113.3, height=WINDOWS[Paper.US_LETTER].body_top - window.top + 13
    )
    assert ink == dark(page, around)


def test_a_long_address_is_set_smaller_rather_than_cut(letters: Letters) -> None:
    lines = [
        "Rosalind Okafor",
        "The Larkspur Lane Housing and Community Office",
        "Third floor",
        "12 Larkspur Lane",
    ]
    pdf = letters.send(address="\n".join([*lines, "Columbus OH 43004", "US"]))
    page = pypdfium2.PdfDocument(pdf)[0]
    shown = within(page, WINDOWS[Paper.US_LETTER].address)
    assert [*lines, "Columbus OH 43004"] == [line for line in shown.splitlines() if line.strip()]


@pytest.mark.parametrize(("country", "size"), [("US", (612, 792)), ("CA", (612, 792)), ("DE", (595, 842))])
def test_the_paper_is_what_is_usual_where_the_letter_goes(
    letters: Letters, country: str, size: tuple[int, int]
) -> None:
    pdf = letters.send(address=f"Rosalind Okafor\n1 Way\nSomewhere\n{country}")
    page = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].mediabox
    assert size == (round(page.width), round(page.height))
    assert (country == "US") is (country not in whole(pdf).split())


def test_windows_of_the_settings_move_the_address(tmp_path: Path) -> None:
    windows = WINDOWS[Paper.US_LETTER].model_dump() | {"address": Box(left=20, top=60, width=60, height=20)}
    letters = Letters(tmp_path, paper="us-letter", windows={"us-letter": windows})
    page = pypdfium2.PdfDocument(letters.send())[0]
    assert "Rosalind Okafor" in within(page, Box(left=19, top=59.5, width=62, height=6))


@pytest.mark.parametrize("envelope", [("PO Box 7", "Columbus OH 43004"), ()])
def test_the_envelope_shows_the_lines_that_were_judged_and_the_addressee(
    letters: Letters, envelope: tuple[str, ...]
) -> None:
    """12 CFR 1006.22(f)(2)."""
    cleared = make_cleared(Way.LETTER, words=letter_words("A debt.", envelope=envelope))
    letters.send(cleared)
    shown = whole(letters.pdf(cleared.attempt, "envelopes"))
    address = ["Rosalind Okafor", "12 Larkspur Lane", "Columbus OH 43004"]
    assert [*envelope, *address] == [line for line in shown.splitlines() if line.strip()]


def test_what_no_envelope_line_says_is_not_where_a_window_could_show_it(letters: Letters) -> None:
    page = pypdfium2.PdfDocument(letters.send(words=letter_words("A debt.", envelope=())))[0]
    seen = within(page, Box(left=1, top=1, width=113.3, height=WINDOWS[Paper.US_LETTER].body_top - 3))
    assert ["Rosalind", "Okafor", "12", "Larkspur", "Lane", "Columbus", "OH", "43004"] == seen.split()


# ---- letters of the shipped templates --------------------------------------------------------------------


def shipped(name: str, language: str, purpose: Purpose) -> Cleared:
    request = sample_request(name, Way.LETTER, language, purpose, Audience.CONSUMER)
    words = Library([TEMPLATES]).compose(request)
    name_ = dict(words.sections)["address"].splitlines()[0]
    address = "\n".join([*dict(words.sections)["address"].splitlines(), "US"])
    return make_cleared(Way.LETTER, words=words, to_name=name_, address=address)


@pytest.mark.parametrize("language", ["en", "es", "zh"])
def test_a_validation_notice_is_one_page_with_every_word_and_the_form_at_its_bottom(
    letters: Letters, language: str
) -> None:
    """12 CFR 1006.34(c)(4): apart from the rest, at the bottom."""
    cleared = shipped("validation_notice", language, Purpose.VALIDATION_NOTICE)
    pdf = letters.send(cleared)
    assert 1 == len(pypdf.PdfReader(io.BytesIO(pdf)).pages)
    printed = "".join(whole(pdf).split())
    for name, text in cleared.words.sections:
        for line in text.splitlines():
            for cell in line.split(" | "):
                assert "".join(cell.split()) in printed, name
    heading = dict(cleared.words.sections)["response"].splitlines()[0]
    page = pypdfium2.PdfDocument(pdf)[0]
    lower = Box(left=1, top=150, width=214, height=125)
    assert heading in within(page, lower)
    assert dict(cleared.words.sections)["itemization"].splitlines()[-1].split(" | ")[1] not in within(
        page, lower
    )


@pytest.mark.parametrize("name", ["first_notice", "reminder", "receipt"])
@pytest.mark.parametrize("language", ["en", "es", "zh"])
def test_letterhead_and_address_of_a_template_are_printed_once(
    letters: Letters, name: str, language: str
) -> None:
    cleared = shipped(name, language, Purpose.COLLECT)
    printed = whole(letters.send(cleared))
    assert 1 == printed.count("1 Example Street")
    assert 2 == printed.count("3 Example Plaza")  # letterhead, and what the window shows
    assert 1 == printed.count(dict(cleared.words.sections)["date"])


def test_an_address_in_the_words_that_is_not_the_one_on_the_envelope_is_printed_too(letters: Letters) -> None:
    cleared = shipped("reminder", "en", Purpose.COLLECT)
    other = make_cleared(Way.LETTER, words=cleared.words)
    assert "1 Example Street" in body_of(letters.send(other))


# ---- fonts ----------------------------------------------------------------------------------------------


def test_where_no_font_has_chinese_it_is_refused_and_not_printed_as_boxes(tmp_path: Path) -> None:
    with patch("outreach_letter.printing.files", _without_cjk):
        letters = Letters(tmp_path)
        assert "cannot_say: a character that no font has" == letters.refused(words=letter_words(CHINESE))
        letters.send()  # what can be printed still is


def _without_cjk(package: str) -> object:
    from importlib.resources import files

    return files("outreach_letter" if package == "manimgx_fonts_cjk" else package)


def test_a_folder_of_fonts_brings_in_what_is_missing(tmp_path: Path) -> None:
    import manimgx_fonts_cjk

    (tmp_path / "fonts").symlink_to(Path(manimgx_fonts_cjk.__file__).parent)
    with patch("outreach_letter.printing.files", _without_cjk):
        pdf = Letters(tmp_path, fonts="fonts").send(words=letter_words(CHINESE))
    assert "\0" not in whole(pdf)


def test_checking_names_a_font_or_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="font is not there"):
        Letters(tmp_path, font="No Such Face").channel.check()
    with pytest.raises(SettingsError, match="folder of the fonts"):
        Letters(tmp_path, fonts="nowhere").channel.check()


@pytest.mark.parametrize(
    "settings",
    [{"paper": "a5"}, {"country": "usa"}, {"postage_class": "a\nb"}, {"unknown": 1}, {"font": ""}],
    ids=str,
)
def test_a_wrong_setting_stops_the_start(tmp_path: Path, settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        outreach_register_channels(lambda channel: None, {"folder": tmp_path, **settings})


def test_the_plugin_registers_its_channel(tmp_path: Path) -> None:
    found: list[Channel] = []
    outreach_register_channels(found.append, {"folder": tmp_path, "paper": ""})
    assert ["letter-pdf"] == [channel.name for channel in found]


# ---- jobs and runs --------------------------------------------------------------------------------------

LONG = "\n\n".join("Words that fill the page. " * 22 for _ in range(20))


def manifest(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_job_says_what_the_print_room_has_to_know_and_nothing_about_a_person(letters: Letters) -> None:
    cleared = make_cleared(Way.LETTER, words=letter_words(LONG))
    pdf = letters.send(cleared)
    job = json.loads((letters.folder / "jobs" / f"{cleared.attempt}.json").read_bytes())
    expected = {
        "attempt": cleared.attempt,
        "pages": 3,
        "sheets": 2,
        "duplex": True,
        "postage_class": "first-class",
        "paper": "us-letter",
        "sha256": hashlib.sha256(pdf).hexdigest(),
    }
    assert expected == job


def test_a_run_holds_each_waiting_letter_once_and_says_where(letters: Letters) -> None:
    passes = [make_cleared(Way.LETTER, words=letter_words(text)) for text in ("One.", LONG, "Three.")]
    for cleared in passes:
        letters.send(cleared)
    run = make_run(letters.folder)
    assert run is not None
    order = sorted(cleared.attempt for cleared in passes)
    assert tuple(order) == run.attempts
    rows = manifest(run.manifest)
    assert list(COLUMNS) == list(rows[0])
    assert order == [row["attempt"] for row in rows]
    assert [{"yes"}, {"first-class"}, {"us-letter"}] == [
        {row[name] for row in rows} for name in ("duplex", "postage_class", "paper")
    ]
    together = pypdf.PdfReader(io.BytesIO(run.pdf.read_bytes()))
    assert run.pages == len(together.pages) == 8
    for row in rows:
        single = pypdf.PdfReader(io.BytesIO(letters.pdf(row["attempt"])))
        first, count = int(row["position"]) - 1, int(row["pages"])
        assert first % 2 == 0, "printed on both sides, a letter begins on a sheet of its own"
        assert count == len(single.pages)
        texts = [page.extract_text() for page in together.pages[first : first + count]]
        assert [page.extract_text() for page in single.pages] == texts
    private = run.manifest.read_text()
    assert [] == [text for text in ("Rosalind", "Larkspur", "Columbus", "43004") if text in private]


def test_a_letter_is_never_in_two_runs_and_stays_where_it_was(letters: Letters) -> None:
    first = make_cleared(Way.LETTER)
    before = letters.send(first)
    assert make_run(letters.folder) is not None
    assert None is make_run(letters.folder)
    second = make_cleared(Way.LETTER)
    letters.send(second)
    run = make_run(letters.folder)
    assert run is not None
    assert ("run-000002", (second.attempt,)) == (run.folder.name, run.attempts)
    assert before == letters.pdf(first.attempt)


def test_printed_on_one_side_letters_follow_each_other(tmp_path: Path) -> None:
    letters = Letters(tmp_path, duplex=False)
    letters.send()
    letters.send()
    run = make_run(letters.folder)
    assert run is not None
    assert [("1", "1", "no"), ("2", "1", "no")] == [
        (row["position"], row["sheets"], row["duplex"]) for row in manifest(run.manifest)
    ]


def test_letters_on_different_paper_are_not_in_one_run(letters: Letters) -> None:
    letters.send()
    letters.send(address="Rosalind Okafor\nRing 1\nBonn\nDE")
    runs = [make_run(letters.folder), make_run(letters.folder)]
    assert None is make_run(letters.folder)
    assert [1, 1] == [len(run.attempts) for run in runs if run]


def test_a_run_has_at_most_so_many_letters(letters: Letters) -> None:
    for _ in range(3):
        letters.send()
    sizes = []
    while run := make_run(letters.folder, at_most=2):
        sizes.append(len(run.attempts))
    assert [2, 1] == sizes


@pytest.mark.parametrize("call", ["fsync", "rename"])
def test_after_a_crash_a_run_is_there_whole_or_not_at_all(letters: Letters, call: str) -> None:
    letters.send()
    with disk_says(errno.EIO, call), pytest.raises(OSError, match="Input/output"):
        make_run(letters.folder)
    assert [] == list((letters.folder / "runs").glob("run-*"))
    run = make_run(letters.folder)
    assert run is not None
    assert 1 == len(run.attempts)
    assert ["run-000001"] == [path.name for path in (letters.folder / "runs").iterdir() if path.is_dir()]


def test_runs_made_at_once_share_no_letter(letters: Letters) -> None:
    for _ in range(6):
        letters.send()
    ready = threading.Barrier(3)

    def make(_: int) -> tuple[str, ...]:
        ready.wait(30)
        run = make_run(letters.folder, at_most=2)
        return run.attempts if run else ()

    with ThreadPoolExecutor(3) as pool:
        made = [attempt for attempts in pool.map(make, range(3)) for attempt in attempts]
    assert 6 == len(made) == len(set(made))


def test_a_letter_that_was_changed_on_the_disk_stops_the_run(letters: Letters) -> None:
    cleared = make_cleared(Way.LETTER)
    letters.send(cleared)
    (letters.folder / "single" / f"{cleared.attempt}.pdf").write_bytes(b"%PDF-1.7 something else")
    with pytest.raises(InputError, match="not the one that was written"):
        make_run(letters.folder)
    assert [] == list((letters.folder / "runs").glob("run-*"))


def test_what_was_never_written_whole_is_in_no_run(letters: Letters) -> None:
    cleared = make_cleared(Way.LETTER)
    rename, seen = os.rename, []

    def fails_at_the_letter(source: Path, target: Path) -> None:
        seen.append(target)
        if target.parent.name == "single":
            raise OSError(errno.ENOSPC, "full")
        rename(source, target)

    with patch.object(os, "rename", fails_at_the_letter), pytest.raises(SendFailed, match="enospc"):
        letters.send(cleared)
    assert 3 == len(seen)
    assert None is make_run(letters.folder)


# ---- returned mail --------------------------------------------------------------------------------------


def returned(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "returned.csv"
    path.write_text("\n".join(("attempt,returned_on,reason", *rows)) + "\n", encoding="utf-8-sig")
    return path


def test_returned_letters_are_news_that_they_bounced(tmp_path: Path) -> None:
    path = returned(
        tmp_path,
        "01K5,2026-04-02,ATTEMPTED - NOT KNOWN",
        '01K6,2026-04-03,"Moved, Left No Address"',
        "01K7,2026-04-03,",
        "01K8,2026-04-03,her brother Bo says she left",
    )
    news = list(read_returns(path))
    assert ["01K5", "01K6", "01K7", "01K8"] == [one.attempt for one in news]
    assert {Result.BOUNCED} == {one.result for one in news}
    assert ["attempted_not_known", "moved_left_no_address", "", "other"] == [one.said for one in news]
    assert datetime(2026, 4, 2, tzinfo=UTC) == news[0].at


def test_the_same_letter_in_another_list_is_the_same_news(tmp_path: Path) -> None:
    [first] = read_returns(returned(tmp_path, "01K5,2026-04-02,vacant"))
    [again] = read_returns(returned(tmp_path, "01K5,2026-04-09,unclaimed"))
    assert first.key == again.key


@pytest.mark.parametrize(
    ("rows", "where", "column"),
    [
        (["01K5,2026-04-02,", "../x,2026-04-02,"], "returned.csv:3", "attempt"),
        (["01K5,04/02/2026,"], "returned.csv:2", "returned_on"),
        (["01K5"], "returned.csv:2", "returned_on"),
    ],
)
def test_a_bad_row_names_its_line_and_column(
    tmp_path: Path, rows: list[str], where: str, column: str
) -> None:
    with pytest.raises(InputError) as error:
        list(read_returns(returned(tmp_path, *rows)))
    assert (where, column) == (error.value.where, error.value.column)


def _foreign() -> Iterator[bytes]:
    yield b"attempt,reason\n01K5,vacant\n"
    yield "attempt,returned_on,reason\n01K5,2026-04-02,año\n".encode("latin-1")


@pytest.mark.parametrize("content", list(_foreign()), ids=["column missing", "not UTF-8"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "returned.csv"
    path.write_bytes(content)
    with pytest.raises(InputError):
        list(read_returns(path))
