"""Which addresses can be written into an envelope and a header without quoting."""

from __future__ import annotations

import re

__all__ = ["is_plain_address"]

# Dot-atom and host name of RFC 5321 section 4.1.2, with the letters that RFC 6531 adds.
_ATOM = r"[0-9A-Za-z!#$%&'*+/=?^_`{|}~\u00a1-\u167f\u1681-\u1fff\u2c00-\u2fff\u3001-\ud7ff\uf900-\U0010ffff-]"
_LABEL = r"[0-9A-Za-z\u00a1-\u167f\u1681-\u1fff\u2c00-\u2fff\u3001-\ud7ff\uf900-\U0010ffff-]"
_ADDRESS = re.compile(rf"{_ATOM}{{1,64}}(?:\.{_ATOM}{{1,64}})*@{_LABEL}{{1,63}}(?:\.{_LABEL}{{1,63}})+")
_LONGEST = 254  # RFC 5321 section 4.5.3.1.3, without the angle brackets
_LONGEST_LOCAL = 64


def is_plain_address(address: str) -> bool:
    """Whether it is one address without quotes, comments or control characters, within the usual lengths.

    Addresses that need quotes are refused: hardly any exist, and a comma or bracket in one could be read
    as a second recipient.
    """
    return (
        len(address.encode(errors="replace")) <= _LONGEST
        and _ADDRESS.fullmatch(address) is not None
        and len(address.partition("@")[0].encode()) <= _LONGEST_LOCAL
    )
