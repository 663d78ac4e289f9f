"""What a mask shows, and that it never shows more."""

from __future__ import annotations

import copy
import pickle
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.content import Field, Masked, mask, show


@pytest.mark.parametrize(
    ("field", "plain", "expected"),
    [
        (Field.PHONE, "+8613812341234", "138****1234"),
        (Field.PHONE, "138 1234 1234", "138****1234"),
        (Field.PHONE, "+16145550123", "***-***-0123"),
        (Field.PHONE, "(614) 555-0123", "***-***-0123"),
        (Field.PHONE, "6145550123", "****0123"),
        (Field.PHONE, "+442079460018", "****0018"),
        (Field.NATIONAL_ID, "110101199003071234", "110101********1234"),
        (Field.NATIONAL_ID, "11010119900307123X", "110101********123X"),
        (Field.NATIONAL_ID, "123-45-6789", "***-**-6789"),
        (Field.NATIONAL_ID, "110101900307123", "***********7123"),
        (Field.NATIONAL_ID, "PEPJ800101HDFRRS09", "**************RS09"),
        (Field.CARD, "6222021234567890123", "****0123"),
        (Field.ACCOUNT, "4000123412341111", "****1111"),
        (Field.ACCOUNT, "123456", "***456"),
        (Field.ACCOUNT, "7", "*"),
        (Field.NAME, "张三", "张*"),
        (Field.NAME, "王小朋", "王**"),
        (Field.NAME, "김철수", "김**"),
        (Field.NAME, "Ana María Díaz", "A. M. D."),
        (Field.NAME, "X", "*"),
        (Field.EMAIL, "dingding@126.com", "d**@126.com"),
        (Field.EMAIL, "a@mail.example", "*@mail.example"),
        (Field.EMAIL, "nothing", "****"),
        (Field.DATE_OF_BIRTH, "1980-05-17", "****-**-**"),
        (Field.BALANCE, "$1,234.50", "$***"),
        (Field.BALANCE, "1.234,50 US$", "*** US$"),
        (Field.BALANCE, "¥5", "¥*"),
    ],
)
def test_each_field_is_masked_as_is_customary(field: Field, plain: str, expected: str) -> None:
    assert expected == mask(field, plain)


TEXTS = st.text(max_size=40) | st.from_regex(r"[0-9A-Z*. @+()-]{0,24}", fullmatch=True)
FIELDS = st.sampled_from(list(Field))


@given(FIELDS, TEXTS)
def test_masking_twice_is_masking_once(field: Field, plain: str) -> None:
    once = mask(field, plain)
    assert once == mask(field, once)


@given(FIELDS, TEXTS)
def test_a_mask_is_never_longer_than_what_it_hides(field: Field, plain: str) -> None:
    assert len(mask(field, plain)) <= len(plain)


@given(
    st.sampled_from([Field.ACCOUNT, Field.CARD, Field.NATIONAL_ID]),
    st.text("0123456789ABCDEF", min_size=1, max_size=30),
)
def test_an_account_or_foreign_id_shows_at_most_four_characters_and_half_of_it(
    field: Field, plain: str
) -> None:
    shown = mask(field, plain).strip("*") if len(plain) != 18 else mask(field, plain)[-4:]
    assert len(shown) <= min(4, len(plain) // 2)


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.text("0123456789", min_size=4, max_size=4))
def test_a_resident_id_never_shows_its_birth_date(day: date, end: str) -> None:
    masked = mask(Field.NATIONAL_ID, f"440305{day:%Y%m%d}{end}")
    assert f"440305********{end}" == masked


@given(st.text("0123456789", min_size=8, max_size=8))
def test_a_chinese_mobile_shows_three_and_four(rest: str) -> None:
    assert f"139****{rest[4:]}" == mask(Field.PHONE, f"+86139{rest}")


@given(st.integers(100_000, 10**12))
def test_the_mask_of_an_amount_does_not_tell_how_much(cents: int) -> None:
    assert "$***" == mask(Field.BALANCE, f"${cents // 100:,}.{cents % 100:02d}")


def test_a_masked_value_prints_its_mask_however_it_is_printed() -> None:
    value = Masked(Field.ACCOUNT, "4000123412341111")
    printed = [str(value), repr(value), f"{value}", f"{value:>20}", "%s" % value, "{0!r}".format(value)]  # noqa: UP030,UP031,UP032
    assert all("****1111" in text and "4000" not in text for text in printed)
    assert "****1111" == value.told(shown=False)
    assert "4000123412341111" == value.told(shown=True)


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_masked_value_cannot_be_copied_or_stored(take: object) -> None:
    with pytest.raises(TypeError, match="masked account"):
        take(Masked(Field.ACCOUNT, "4000123412341111"))  # type: ignore[operator]


@pytest.mark.parametrize(
    ("address", "expected"),
    [("+16145550123", "***-***-0123"), ("ana@mail.example", "a**@mail.example"), ("home", "home")],
)
def test_where_a_contact_goes_is_shown_masked(address: str, expected: str) -> None:
    assert expected == show(address)
