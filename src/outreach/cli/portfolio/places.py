"""Real places for invented people: area codes, with towns and ZIP codes that lie in them.

Some area codes span two time zones (850, 270, 208, 605, 574 and others), and Arizona keeps its own time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

__all__ = ["PLACES", "ZONES", "Place"]

ZONES: Final = {
    "E": ZoneInfo("America/New_York"),
    "C": ZoneInfo("America/Chicago"),
    "M": ZoneInfo("America/Denver"),
    "A": ZoneInfo("America/Phoenix"),
    "P": ZoneInfo("America/Los_Angeles"),
    "H": ZoneInfo("Pacific/Honolulu"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A town. ``zone`` is a letter of ``ZONES``."""

    area_code: str
    zone: str
    city: str
    state: str
    zip: str


def _places(table: str) -> tuple[Place, ...]:
    found = []
    for line in table.strip().splitlines():
        area_code, _, towns = line.partition(": ")
        for town in towns.split("; "):
            city, _, rest = town[2:].rpartition(", ")
            found.append(Place(area_code, town[0], city, rest[:2], rest[3:]))
    return tuple(found)


PLACES: Final = _places("""
614: E New Albany, OH 43054; E Mount Sterling, OH 43143; E Columbus, OH 43222
216: E Cleveland, OH 44104; E Cleveland, OH 44120; E Maple Heights, OH 44137
513: E Waynesville, OH 45068; E Cincinnati, OH 45232; E Bath, IN 47010; E Cedar Grove, IN 47016
419: E Delta, OH 43515; E Lima, OH 45801; E Fremont, IN 46737; E Spencerville, IN 46788
212: E New York, NY 10018; E New York, NY 10107; E New York, NY 10280
718: E Staten Island, NY 10305; E Brooklyn, NY 11211; E Springfield Gardens, NY 11413
917: E New York, NY 10033; E Bronx, NY 10467; E East Elmhurst, NY 11370
516: E Inwood, NY 11096; E Malverne, NY 11565; E Jericho, NY 11753
716: E East Aurora, NY 14052; E Buffalo, NY 14208; E Lakewood, NY 14750
315: E La Fayette, NY 13084; E Middleville, NY 13406; E Potsdam, NY 13676
617: E Roxbury Crossing, MA 02120; E Chelsea, MA 02150; E Newton Lower Falls, MA 02462
508: E Spencer, MA 01562; E Plymouth, MA 02360; E New Bedford, MA 02746
413: E Holyoke, MA 01040; E Lee, MA 01238; E Readsboro, VT 05350
860: E East Hartland, CT 06027; E Pomfret Center, CT 06259; E Waterbury, CT 06708
203: E North Branford, CT 06471; E Waterbury, CT 06710; E Westport, CT 06880
401: E Barrington, RI 02806; E Cumberland, RI 02864; E Riverside, RI 02915
207: E Scarborough, ME 04074; E Rockwood, ME 04478; E Owls Head, ME 04854
603: E Temple, NH 03084; E Franconia, NH 03580; E Effingham, NH 03882
802: E Newbury, VT 05051; E Huntington, VT 05462; E Craftsbury Common, VT 05827
215: E Hereford, PA 18056; E Gladwyne, PA 19035; E Philadelphia, PA 19140
412: E Morgan, PA 15064; E Wilmerding, PA 15148; E Pittsburgh, PA 15236
717: E Mc Alisterville, PA 17049; E Dover, PA 17315; E Middleburg, PA 17842
201: E East Rutherford, NJ 07073; E Wyckoff, NJ 07481; E Ridgefield, NJ 07657
609: E Riverside, NJ 08075; E Margate City, NJ 08402; E Joint Base Mdl, NJ 08640
302: E New Castle, DE 19720; E Frederica, DE 19946; E Marydel, MD 21649
410: E Annapolis Junction, MD 20701; E Gwynn Oak, MD 21207; E Taneytown, MD 21787
202: E Washington, DC 20008; E Washington, DC 20045; E Hyattsville, MD 20781
703: E Catharpin, VA 20143; E Fairfax, VA 22031; E Fort Myer, VA 22211
804: E Warsaw, VA 22572; E Moon, VA 23119; E Chesterfield, VA 23832
304: E Lewisburg, WV 24901; E Delbarton, WV 25670; E Metz, WV 26585
919: E Snow Camp, NC 27349; E Morrisville, NC 27560; E Hollister, NC 27844
704: E Davidson, NC 28036; E Spencer, NC 28159; E Hiddenite, NC 28636
803: E Eutawville, SC 29048; E Columbia, SC 29201; E Martin, SC 29836
404: E Scottdale, GA 30079; E Atlanta, GA 30307; E Atlanta, GA 30337
912: E Newington, GA 30446; E Savannah, GA 31410; E West Green, GA 31567
305: E Homestead, FL 33033; E Miami, FL 33142; E Miami, FL 33181
407: E Maitland, FL 32751; E Orlando, FL 32824; E Kenansville, FL 34739
813: E Lutz, FL 33548; E Tampa, FL 33607; E Mulberry, FL 33860
850: C Graceville, FL 32440; C Molino, FL 32577; E Tallahassee, FL 32304; E Perry, FL 32348
615: C Cottontown, TN 37048; C Rockvale, TN 37153; C Buffalo Valley, TN 38548
423: E Cleveland, TN 37312; E La Follette, TN 37766; C Guild, TN 37340; C Allardt, TN 38504
901: C Grand Junction, TN 38039; C Memphis, TN 38116; C Lamar, MS 38642
270: C Kirksey, KY 42054; C Nebo, KY 42441; E Boston, KY 40107; E Campbellsville, KY 42718
502: E Mount Washington, KY 40047; E Salvisa, KY 40372; E Louisville, KY 40208; E Louisville, KY 40272
859: E Stanton, KY 40380; E Jonesville, KY 41052; E Florence, IN 47020; E Vevay, IN 47043
205: C Leeds, AL 35094; C Duncanville, AL 35456; C Campbell, AL 36727
251: C Flomaton, AL 36441; C Leroy, AL 36548; C Mobile, AL 36618
601: C Hazlehurst, MS 39083; C Louin, MS 39338; C Jayess, MS 39641
504: C Braithwaite, LA 70040; C Westwego, LA 70094; C New Orleans, LA 70130
318: C Haynesville, LA 71038; C Sondheimer, LA 71276; C Mora, LA 71455
501: C Beebe, AR 72012; C Mayflower, AR 72106; C Little Rock, AR 72223
314: C Fenton, MO 63026; C Saint Louis, MO 63116; C Saint Louis, MO 63139
816: C Lexington, MO 64067; C Kansas City, MO 64154; C Harrisonville, MO 64701
312: C Chicago, IL 60604; C Chicago, IL 60611; C Chicago, IL 60654
773: C Oak Park, IL 60304; C Chicago, IL 60626; C Chicago, IL 60656
217: C Sidell, IL 61876; C Morrisonville, IL 62546; E Fairbanks, IN 47849; E Perrysville, IN 47974
574: E Mishawaka, IN 46545; E Logansport, IN 46947; C San Pierre, IN 46374; C Knox, IN 46534
317: E Sheridan, IN 46069; E New Palestine, IN 46163; E Indianapolis, IN 46235
219: C Hobart, IN 46342; C Kentland, IN 47951; E West Lafayette, IN 47906; E Monticello, IN 47960
313: E Dearborn, MI 48126; E Detroit, MI 48207; E Detroit, MI 48228
906: E Allouez, MI 49805; E Bruce Crossing, MI 49912; C Hermansville, MI 49847; C Bessemer, MI 49911
616: E Sidney, MI 48885; E Sand Lake, MI 49343; E Grand Rapids, MI 49504
414: C Elm Grove, WI 53122; C Milwaukee, WI 53209; C Milwaukee, WI 53224
608: C Deforest, WI 53532; C Stitzer, WI 53825; C Tomah, WI 54660
612: C Saint Paul, MN 55116; C Minneapolis, MN 55412; C Minneapolis, MN 55425
507: C Webster, MN 55088; C Ellendale, MN 56026; C Sherburn, MN 56171
515: C Dows, IA 50071; C Van Meter, IA 50261; C Ledyard, IA 50556
319: C Plainfield, IA 50666; C Parnell, IA 52325; C Salem, IA 52649
605: C Viborg, SD 57070; C Pierpont, SD 57468; M Ralph, SD 57650; M Union Center, SD 57787
701: C Fargo, ND 58104; C Linton, ND 58552; M Elgin, ND 58533; M Regent, ND 58650
402: C Weston, NE 68070; C Chambers, NE 68725; M Batesland, SD 57716; M Ashby, NE 69333
308: C Ansley, NE 68814; C Upland, NE 68981; M Elsie, NE 69134; M Scottsbluff, NE 69361
316: C Douglass, KS 67039; C Sedgwick, KS 67135; C Mcconnell AFB, KS 67221
785: C Marysville, KS 66508; C Gaylord, KS 67638; M Sharon Springs, KS 67758; M Idalia, CO 80735
405: C Gracemont, OK 73042; C Oklahoma City, OK 73127; C Asher, OK 74826
918: C Catoosa, OK 74015; C Fairland, OK 74343; C Shidler, OK 74652
214: C Garland, TX 75043; C Seagoville, TX 75159; C Dallas, TX 75242
512: C New Braunfels, TX 78132; C Round Mountain, TX 78663; C Austin, TX 78747
713: C Houston, TX 77036; C Cleveland, TX 77328; C Angleton, TX 77515
915: M El Paso, TX 79904; M El Paso, TX 79934; C Fort Davis, TX 79734; C Valentine, TX 79854
303: M Larkspur, CO 80118; M Jefferson, CO 80456; C Kenton, OK 73946
970: M Windsor, CO 80550; M Grand Junction, CO 81506; C Saint Francis, KS 67756
505: M Corrales, NM 87048; M Embudo, NM 87531; A Saint Johns, AZ 85936
602: A Phoenix, AZ 85014; A Phoenix, AZ 85034; A Tempe, AZ 85281
520: A Gila Bend, AZ 85337; A Tucson, AZ 85712; M Animas, NM 88020; M Lordsburg, NM 88045
928: A Yuma, AZ 85367; A Cornville, AZ 86325; M Saint George, UT 84790; M Quemado, NM 87829
801: M Layton, UT 84041; M Salt Lake City, UT 84101; M Ogden, UT 84404
435: M Myton, UT 84052; M Spanish Fork, UT 84660; M Malad City, ID 83252; M Fish Haven, ID 83287
702: P Henderson, NV 89052; P Las Vegas, NV 89142; A Mohave Valley, AZ 86440; A Meadview, AZ 86444
775: P Fernley, NV 89408; P Deeth, NV 89823; M Wendover, UT 84083; M Modena, UT 84753
208: M Twin Falls, ID 83301; M Indian Valley, ID 83632; P Athol, ID 83801; P Worley, ID 83876
406: M Fairview, MT 59221; M Polaris, MT 59746; M Carmen, ID 83462; M Salmon, ID 83467
307: M Jelm, WY 82063; M Upton, WY 82730; M Montpelier, ID 83254; M Tetonia, ID 83452
213: P Los Angeles, CA 90017; P Los Angeles, CA 90058; P South Pasadena, CA 91030
415: P San Francisco, CA 94109; P San Francisco, CA 94143; P Nicasio, CA 94946
619: P Jacumba, CA 91934; P Santee, CA 92071; P San Diego, CA 92123
916: P Fair Oaks, CA 95628; P Walnut Grove, CA 95690; P Sacramento, CA 95829
530: P Foresthill, CA 95631; P Oroville, CA 95966; P Alturas, CA 96101
503: P Maupin, OR 97037; P Portland, OR 97201; P Otis, OR 97368
541: P Bandon, OR 97411; P Pendleton, OR 97801; M Marsing, ID 83639; M Jordan Valley, OR 97910
206: P Mercer Island, WA 98040; P Seattle, WA 98119; P Seattle, WA 98174
509: P Klickitat, WA 98628; P Mead, WA 99021; P Spokane, WA 99207
360: P Coupeville, WA 98239; P Poulsbo, WA 98370; P Cougar, WA 98616
808: H Honokaa, HI 96727; H Mountain View, HI 96771; H Honolulu, HI 96822
""")
