"""From a pass to an order of PostGrid's: addresses in its fields, the words as HTML that is only words."""

from __future__ import annotations

import html
import re
from typing import Any, Final

from outreach.channels import Cleared, SendFailed, refuse_unsayable

__all__ = ["order_of"]

_COUNTRY = re.compile(r"[A-Z]{2}")
# City, state or province, and postal code, as one line of an address has them.
_PLACES: Final = {
    "US": re.compile(r"(?P<city>\S.*?),? (?P<state>[A-Z]{2}) (?P<code>\d{5}(-\d{4})?)"),
    "CA": re.compile(r"(?P<city>\S.*?),? (?P<state>[A-Z]{2}) (?P<code>[A-Z]\d[A-Z] ?\d[A-Z]\d)"),
}
_HTML: Final = """<!doctype html>
<html lang="{language}">
<head><meta charset="utf-8"><style>
@page {{ margin: 0.75in }}
body {{ font: 10.5pt/1.4 Georgia, "Noto Serif CJK SC", serif; margin: 0.75in }}
h1 {{ font-size: 1em; margin: 0 0 1em }}
main {{ white-space: pre-wrap; overflow-wrap: anywhere }}
</style></head>
<body>{subject}<main>{text}</main></body>
</html>
"""


def order_of(cleared: Cleared) -> dict[str, Any]:
    """What to order.

    :raises SendFailed: ``cannot_say``.
    """
    words = cleared.words
    refuse_unsayable(words.text, words.subject, cleared.address, cleared.to_name, *words.envelope)
    recipient = _recipient(cleared)
    return {
        "to": recipient,
        "from_": _sender(cleared),
        "html": _HTML.format(
            language=_plain(words.languages[0] if words.languages else "en"),
            subject=f"<h1>{_plain(words.subject)}</h1>" if words.subject else "",
            text=_plain(words.text),
        ),
        "size": "us_letter",
    }


def _plain(text: str) -> str:
    """Text that is read neither as HTML nor as one of PostGrid's variables, ``{{to.firstName}}``."""
    return html.escape(text).replace("{", "&#123;").replace("}", "&#125;")


def _recipient(cleared: Cleared) -> dict[str, Any]:
    lines = [line.strip() for line in cleared.address.splitlines() if line.strip()]
    country = lines.pop() if len(lines) > 1 and _COUNTRY.fullmatch(lines[-1]) else "US"
    name = cleared.to_name.strip() or (lines[0] if lines else "")
    if lines and lines[0] == name:
        del lines[0]
    place = _PLACES[country].fullmatch(lines[-1]) if country in _PLACES and len(lines) > 1 else None
    if place is None or not name or "\n" in name:
        raise SendFailed.cannot_say("an address whose parts cannot be told apart")
    fields: dict[str, Any] = {
        "first_name": name,
        "address_line1": lines[0],
        "city": place["city"],
        "province_or_state": place["state"],
        "postal_or_zip": place["code"],
        "country_code": country,
    }
    if len(lines) > 2:
        fields["address_line2"] = ", ".join(lines[1:-1])
    return fields


def _sender(cleared: Cleared) -> dict[str, Any]:
    """The lines that were judged, in their order, in fields that PostGrid prints one below another."""
    lines = [line.strip() for line in cleared.words.envelope if line.strip()]
    if len(lines) < 2:
        raise SendFailed.cannot_say("an envelope without a sender: set the address of [collector]")
    fields: dict[str, Any] = {
        "company_name": lines[0],
        "address_line1": lines[1],
        "country_code": "US",
        "skip_verification": True,  # as it was judged, not as a directory would write it
    }
    if len(lines) > 2:
        fields["address_line2"] = ", ".join(lines[2:])
    return fields
