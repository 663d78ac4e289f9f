"""Writes docs/reference/official-examples.md from the cases beside the packs: python tools/pass_list.py

tests/docs/test_reference.py compares the page with what this gives.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from outreach.policy import CaseResult, Policy, builtin_checks, load, run_cases

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "official-examples.md"
PACK = "us.federal.regulation-f"
OURS = "ours-"

_HEAD = """\
# The Bureau's own examples

This page is written by `tools/pass_list.py` from the cases beside the pack `us.federal.regulation-f`: the
worked examples of 12 CFR part 1006 with Supplement I, and cases made from its text, each judged as shipped.
`outreach policy test` runs the same. An *ambiguous* example can be read in two ways; where our reading is the
other one, it says so and counts as a question, not as a failure.

"""
_PARAGRAPH = re.compile(r"(?:comments? |1006\.)(\d+)")


def page() -> str:
    """The whole page."""
    policy = load([ROOT / "config" / "policies"], {check.kind: check for check in builtin_checks()})
    return _HEAD + "\n".join(_lines(policy)) + "\n"


def _lines(policy: Policy) -> Iterator[str]:
    beside = next(pack.cases for pack in policy.packs if pack.name == PACK)
    assert beside is not None
    results = [each for each in run_cases(policy, [beside]) if not each.id.startswith(OURS)]
    clear = [each for each in results if each.counts]
    asked = [each for each in results if not each.counts]
    yield f"{sum(each.passed for each in clear)} of {len(clear)} unambiguous examples hold;"
    yield f"{sum(each.passed for each in asked)} of {len(asked)} ambiguous ones are answered as they have it."
    sections: dict[int, list[CaseResult]] = {}
    for each in results:
        found = _PARAGRAPH.search(each.source)
        sections.setdefault(int(found[1]) if found else 0, []).append(each)
    for number in sorted(sections):
        yield ""
        yield f"## 1006.{number}"
        yield ""
        yield "| source | example | answer | |"
        yield "|---|---|---|---|"
        for each in sections[number]:
            title = each.title.replace("|", "/")
            yield f"| {_short(each.source)} | {title} | {_answer(each)} | {_mark(each)} |"


def _short(source: str) -> str:
    return source.replace("12 CFR 1006 Supp. I, ", "").replace("12 CFR ", "")


def _answer(each: CaseResult) -> str:
    until = each.got.get("until")
    return f"{each.got['verdict']} until {until}" if until else str(each.got["verdict"])


def _mark(each: CaseResult) -> str:
    if each.counts:
        return "holds" if each.passed else "FAILS"
    return "ambiguous" if each.passed else "ambiguous; the example has " + str(each.expected["verdict"])


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
