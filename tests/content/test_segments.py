"""Segments on both sides of each limit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.content import Encoding, segments

GSM, UCS = Encoding.GSM_7, Encoding.UCS_2


@pytest.mark.parametrize(
    ("text", "encoding", "characters", "count"),
    [
        ("", GSM, 0, 0),
        ("a", GSM, 1, 1),
        ("a" * 160, GSM, 160, 1),
        ("a" * 161, GSM, 161, 2),
        ("a" * 306, GSM, 306, 2),
        ("a" * 307, GSM, 307, 3),
        ("a" * 459, GSM, 459, 3),
        ("a" * 460, GSM, 460, 4),
        ("\n@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà", GSM, 43, 1),
        ("€", GSM, 2, 1),
        ("€" * 80, GSM, 160, 1),
        ("€" * 81, GSM, 162, 2),
        ("^{}\\[~]|€\f", GSM, 20, 1),
        ("a" * 158 + "€", GSM, 160, 1),
        ("a" * 159 + "€", GSM, 161, 2),
        # an escape pair is not parted: 152 fit in the first segment, and the euro goes into the second
        ("a" * 152 + "€" + "a" * 151, GSM, 305, 2),
        ("a" * 152 + "€" + "a" * 152, GSM, 306, 3),
        ("ç", UCS, 1, 1),
        ("ç" * 160, UCS, 160, 3),
        ("á", UCS, 1, 1),
        ("债" * 70, UCS, 70, 1),
        ("债" * 71, UCS, 71, 2),
        ("债" * 134, UCS, 134, 2),
        ("债" * 135, UCS, 135, 3),
        ("债" * 201, UCS, 201, 3),
        ("债" * 202, UCS, 202, 4),
        ("😀" * 35, UCS, 70, 1),
        ("😀" * 36, UCS, 72, 2),
        # a surrogate pair is not parted: 33 pairs and one unit of room left in each segment of 67
        ("😀" * 66, UCS, 132, 2),
        ("😀" * 67, UCS, 134, 3),
        ("a" + "😀" * 66, UCS, 133, 2),
        ("a" * 66 + "😀" + "a" * 65, UCS, 133, 2),
        ("a" * 66 + "😀" + "a" * 66, UCS, 134, 3),
        ("a" * 69 + "€", GSM, 71, 1),
        ("`", UCS, 1, 1),
    ],
)
def test_a_text_takes_as_many_segments_as_a_network_cuts_it_into(
    text: str, encoding: Encoding, characters: int, count: int
) -> None:
    taken = segments(text)
    assert (encoding, characters, count) == (taken.encoding, taken.characters, taken.count)


@given(st.text(max_size=500), st.text(max_size=5))
def test_a_longer_text_never_takes_fewer_segments(text: str, more: str) -> None:
    assert segments(text).count <= segments(text + more).count


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=400))
def test_ucs2_counts_the_units_of_utf16(text: str) -> None:
    taken = segments("ç" + text)
    assert (UCS, 1 + len(text.encode("utf-16-le")) // 2) == (taken.encoding, taken.characters)
