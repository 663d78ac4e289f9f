"""Where a person may be: the union of what every address and number of hers points to."""

from __future__ import annotations

from collections import Counter, defaultdict

import phonenumbers
import pytest
import zipcodes
from phonenumbers.tzdata import TIMEZONE_DATA

from outreach.domain import Address, Consumer, EndpointKind, Phone, Places, RelatedPerson, Relation
from outreach.policy import postcodes
from outreach.policy.areacodes import STATE_OF
from outreach.policy.areas import Area
from outreach.policy.numbers import key_of, look_up
from outreach.policy.places import places
from outreach.policy.regions import _REGIONS, zones_of_region
from outreach.policy.zones import zones_of_country

EAST, CENTRAL, WEST = "America/New_York", "America/Chicago", "America/Los_Angeles"


def us(postal_code: str = "", region: str = "", kind: EndpointKind = EndpointKind.HOME) -> Address:
    return Address(kind, "US", region, postal_code)


def at(*addresses: Address, phones: tuple[str, ...] = (), timezone: str = "") -> Places:
    return places(
        Consumer(
            id="c",
            timezone=timezone,
            addresses=addresses,
            phones=tuple(Phone(number, EndpointKind.MOBILE) for number in phones),
        )
    )


def test_eastern_area_code_and_pacific_address_are_both_plausible() -> None:
    """Comment 6(b)(1)(i)-2."""
    found = at(us("90012", "CA"), phones=("+16145550123",))
    assert found.zones == (WEST, EAST)
    assert found.jurisdictions == ("us", "us.ca", "us.oh")
    assert found.sources == (("home address in US-CA", (WEST,)), ("area code 614", (EAST,)))


@pytest.mark.parametrize(
    ("code", "zones"),
    [
        ("850", (CENTRAL, EAST)),
        ("270", (CENTRAL, EAST)),
        ("614", (EAST,)),
        ("208", ("America/Denver", WEST)),
    ],
)
def test_an_area_code_points_to_the_union_of_its_zones(code: str, zones: tuple[str, ...]) -> None:
    found = at(phones=(f"+1{code}5550123",)).zones
    if code == "208":  # named America/Boise or America/Denver, as the data will have it
        assert WEST in found
        assert len(found) >= 2
    else:
        assert zones == found


def test_twenty_five_area_codes_span_several_zones() -> None:
    codes = sorted({key[1:4] for key in TIMEZONE_DATA if key[0] == "1" and len(key) >= 4})
    several = [code for code in codes if len(look_up(key_of(f"+1{code}2345678")).zones) > 1]
    expected = (
        "208 219 250 270 308 418 423 541 574 605 606 620 701 709 775 785 807 812 850 867 879 906 907 928 986"
    )
    assert expected == " ".join(several)


@pytest.mark.parametrize("number", ["+18005550123", "+18885550123", "+19005550123", "+15005550006"])
def test_toll_free_premium_and_personal_numbers_point_nowhere(number: str) -> None:
    found = at(phones=(number,))
    assert (found.zones, found.jurisdictions) == ((), ())
    assert found.warnings == (f"area code {number[2:5]}: no time zone is known",)
    beside = at(us("43215"), phones=(number,))
    assert (beside.zones, beside.jurisdictions) == ((EAST,), ("us", "us.oh"))


@pytest.mark.parametrize("number", ["+448001111111", "+80012345678", "+443001234567"])
def test_numbers_without_a_place_abroad_point_nowhere(number: str) -> None:
    assert at(phones=(number,)).jurisdictions == ()


def test_a_disputed_postal_code_points_to_what_both_tables_say() -> None:
    """37405 is Chattanooga: one table has Central time there, the other Eastern."""
    found = at(us("37405"))
    assert found.zones == (CENTRAL, EAST)
    assert found.jurisdictions == ("us", "us.tn")


@pytest.mark.parametrize("address", [us("09012"), us("09012", "AE"), us("", "AP")])
def test_a_military_post_office_has_no_zone_and_no_state(address: Address) -> None:
    found = at(address)
    assert found.zones == ()
    assert found.jurisdictions == ("us",)
    assert found.warnings == ("home address in US: no time zone is known",)


def test_a_zone_that_does_not_exist_is_dropped() -> None:
    """zipcodes places 99634 in 'Napakiak'; the other table in Anchorage."""
    assert at(us("99634")).zones == ("America/Anchorage",)


@pytest.mark.parametrize("code", ["43215", "43215-1234", "432151234", " 43215 "])
def test_a_postal_code_may_carry_four_digits_more(code: str) -> None:
    assert at(us(code)).jurisdictions == ("us", "us.oh")


@pytest.mark.parametrize("code", ["", "00000", "4321", "K1A 0B1"])
def test_without_a_known_postal_code_all_zones_of_the_region_are_plausible(code: str) -> None:
    found = at(us(code, "FL"))
    assert found.zones == (CENTRAL, EAST)
    assert found.jurisdictions == ("us", "us.fl")


def test_without_a_region_too_all_zones_of_the_country_are_plausible() -> None:
    found = at(us())
    assert {"America/Adak", "Pacific/Honolulu", EAST} <= set(found.zones)
    assert found.jurisdictions == ("us",)


def test_a_postal_code_of_another_state_than_the_one_written_counts_for_both() -> None:
    found = at(us("90012", "OH"))
    assert found.zones == (WEST, EAST)
    assert found.jurisdictions == ("us", "us.ca", "us.oh")


def test_an_unknown_region_brings_no_zone_and_stays_a_place() -> None:
    found = at(us("", "XX"))
    assert (found.zones, found.jurisdictions) == ((), ("us", "us.xx"))


def test_work_places_her_like_home() -> None:
    found = at(us("43215"), us("90012", kind=EndpointKind.WORK))
    assert found.zones == (WEST, EAST)
    assert ("work address in US-CA", (WEST,)) in found.sources


def test_a_location_known_for_certain_decides_alone_about_zones() -> None:
    found = at(us("90012"), phones=("+16145550123",), timezone="America/Denver")
    assert found.zones == ("America/Denver",)
    assert found.jurisdictions == ("us", "us.ca", "us.oh")
    assert found.sources[0] == ("known location", ("America/Denver",))


def test_a_location_known_for_certain_names_its_country() -> None:
    assert at(timezone="Asia/Shanghai").jurisdictions == ("cn",)


def test_people_around_her_do_not_place_her() -> None:
    mother = RelatedPerson("p1", Relation.PARENT, phones=(Phone("+12135550100"),))
    consumer = Consumer(id="c", addresses=(us("43215"),), people=(mother,))
    assert places(consumer).zones == (EAST,)


@pytest.mark.parametrize(
    ("number", "jurisdictions"),
    [
        ("+14165550123", ("ca",)),
        ("+18765550123", ("jm",)),
        ("+17875550123", ("us", "us.pr")),
        ("+442079460958", ("gb",)),
        ("+447700900123", ("gb",)),
        ("+8613800138000", ("cn",)),
        ("+61491570156", ("au",)),
    ],
)
def test_a_number_points_to_its_country(number: str, jurisdictions: tuple[str, ...]) -> None:
    found = at(phones=(number,))
    assert found.jurisdictions == jurisdictions
    assert found.zones


def test_an_address_abroad_points_to_all_zones_of_its_country() -> None:
    found = at(Address(EndpointKind.HOME, "de", "BE"))
    assert (found.zones, found.jurisdictions) == (("Europe/Berlin", "Europe/Busingen"), ("de", "de.be"))
    assert {"America/St_Johns", "America/Vancouver"} <= set(at(Address(country="CA")).zones)


def test_puerto_rico_is_the_united_states_however_it_is_written() -> None:
    written = [Address(country="PR"), us("00901"), us("", "PR")]
    assert {("us", "us.pr")} == {at(each).jurisdictions for each in written}
    assert {("America/Puerto_Rico",)} == {at(each).zones for each in written}


def test_a_country_that_cannot_be_read_is_a_place_without_known_law() -> None:
    assert at(Address(country="USA")).jurisdictions == ("zz",)


def test_free_text_in_the_region_stays_out_of_jurisdictions() -> None:
    found = at(us("43215", "12 Elm Street"))
    assert found.jurisdictions == ("us", "us.oh")
    assert "ELM" not in repr(found).upper()


def test_nobody_is_nowhere() -> None:
    assert places(Consumer(id="c")) == Places()
    assert at(Address()).jurisdictions == ()


@pytest.mark.parametrize("number", ["", "+", "12345", "+999999999999", "+1614", "portal"])
def test_what_is_no_number_points_nowhere(number: str) -> None:
    assert at(phones=(number,)).zones == ()


def test_no_source_or_warning_repeats_a_number_or_postal_code() -> None:
    found = at(us("43215"), us("09012"), phones=("+16145550123", "+442079460958", "+18005550123"))
    said = repr(found.sources) + repr(found.warnings)
    for private in ("43215", "09012", "5550123", "79460958"):
        assert private not in said


def test_numbers_of_one_area_code_share_one_place() -> None:
    assert key_of("+16145550123") == key_of("+16145559999") != key_of("+16155550123")
    assert key_of("+442079460958") == "+442079460958"


def test_every_area_code_lies_in_the_state_in_which_most_of_its_postal_codes_lie() -> None:
    """STATE_OF is a table of ours; zipcodes is asked about every code it knows."""
    states: dict[str, Counter[str]] = defaultdict(Counter)
    for state in sorted({*STATE_OF.values()}):
        for row in zipcodes.filter_by(state=state):
            for code in row["area_codes"]:
                states[code][state] += 1
    known = {code: states[code].most_common(1)[0][0] for code in STATE_OF if states[code]}
    assert len(known) > 330
    assert known == {code: STATE_OF[code] for code in known}


def test_every_area_code_of_the_fifty_states_is_in_our_table() -> None:
    codes = {key[1:4] for key in TIMEZONE_DATA if key[0] == "1" and len(key) >= 4}
    american = {
        code
        for code in codes
        if phonenumbers.region_code_for_number(phonenumbers.parse(f"+1{code}2345678")) == "US"
    }
    assert american == set(STATE_OF)


def test_states_have_the_zones_of_all_their_postal_codes() -> None:
    assert postcodes.look_up("OH", "")[0] == (EAST,)
    assert {"America/Boise", WEST} <= set(postcodes.look_up("OR", "")[0])


def test_a_region_has_the_zones_that_reach_into_it_and_an_unlisted_one_all_of_its_country() -> None:
    assert ("Australia/Brisbane", "Australia/Lindeman") == zones_of_region("AU", "QLD")
    assert zones_of_country("AU") == zones_of_region("AU", "XYZ")
    assert ("Europe/Dublin",) == zones_of_region("IE", "D")
    for country, regions in _REGIONS.items():
        for region in regions:
            assert set(zones_of_region(country, region)) <= set(zones_of_country(country)), region


# ---- parts of states -----------------------------------------------------------------------------

CITY = Area("us.ny.nyc", "NY", frozenset({"Kings County", "Queens County"}), frozenset({"718"}))


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        (Address(EndpointKind.HOME, "US", "NY", "11201"), True),
        (Address(EndpointKind.HOME, "US", "NY", "11201-1234", city="Albany"), True),  # the code decides
        (Address(EndpointKind.HOME, "US", "", "11201"), True),
        (Address(EndpointKind.HOME, "US", "NY", "12207"), False),
        (Address(EndpointKind.HOME, "US", "NY", "12207", city="Brooklyn"), False),
        (Address(EndpointKind.HOME, "US", "NY", city="  brooklyn "), True),
        (Address(EndpointKind.HOME, "US", "NY", city="Albany"), False),
        (Address(EndpointKind.HOME, "US", "NY", city="Nowhere-on-Hudson"), True),  # it may be anywhere there
        (Address(EndpointKind.HOME, "US", "NY"), True),
        (Address(EndpointKind.HOME, "US", "NY", "07030"), True),  # New Jersey's code: one of the two is wrong
        (Address(EndpointKind.HOME, "US", "NJ", "07030"), False),
        (Address(EndpointKind.WORK, "US", "NY", "11201"), True),
    ],
)
def test_a_city_with_a_law_of_its_own_is_told_by_the_postal_code_or_the_name(
    address: Address, inside: bool
) -> None:
    found = places(Consumer(id="c", addresses=(address,)), (CITY,))
    assert inside is ("us.ny.nyc" in found.jurisdictions)


def test_an_area_code_of_the_city_points_to_it_and_another_of_the_state_does_not() -> None:
    for number, inside in (("+17185550123", True), ("+15185550123", False)):
        found = places(Consumer(id="c", phones=(Phone(number, EndpointKind.MOBILE),)), (CITY,))
        assert inside is ("us.ny.nyc" in found.jurisdictions)
        assert "us.ny" in found.jurisdictions


def test_without_such_packs_nobody_is_in_a_city() -> None:
    assert ("us", "us.ny") == at(us("11201", "NY")).jurisdictions
