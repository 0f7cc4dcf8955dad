"""Public names by which places and people are recognised: countries, large cities, common given names.

Small on purpose: a name that is both (Paris Hilton, Sofia) stands in one list only, or in none.
"""

from apps.memory.engine.lexicon import word_set


def _names(listed: str) -> frozenset[str]:
    return frozenset(name.strip() for name in listed.split("/"))


PLACES = word_set(
    """
    afghanistan albania algeria angola argentina armenia australia austria azerbaijan bahrain bangladesh belarus
    belgium bolivia botswana brazil bulgaria cambodia cameroon canada chile china colombia croatia cuba cyprus czechia
    denmark ecuador egypt england estonia ethiopia europe finland france germany ghana greece greenland guatemala
    haiti honduras hungary iceland india indonesia iran iraq ireland italy jamaica japan kazakhstan kenya kuwait laos
    latvia lebanon liberia libya liechtenstein lithuania luxembourg madagascar malaysia mali malta mexico moldova
    monaco mongolia montenegro morocco mozambique myanmar namibia nepal netherlands nicaragua niger nigeria norway
    oman pakistan panama paraguay peru philippines poland portugal qatar romania russia rwanda scotland senegal serbia
    singapore slovakia slovenia somalia spain sudan sweden switzerland syria taiwan tanzania thailand tunisia turkey
    uganda ukraine uruguay uzbekistan venezuela vietnam wales yemen zambia zimbabwe africa asia scandinavia california
    texas bavaria brittany uk us usa eu uae amsterdam antwerp athens atlanta auckland baghdad bangkok barcelona basel
    beijing beirut belfast belgrade bergen berlin bilbao birmingham bogota bonn bordeaux boston bremen bristol brno
    brussels bucharest budapest cairo calgary cambridge cardiff chennai chicago cologne copenhagen coventry dakar
    dallas damascus delhi denver detroit dresden dubai dublin dusseldorf d\xfcsseldorf edinburgh eindhoven essen
    frankfurt gdansk geneva genoa ghent glasgow gothenburg graz groningen hamburg hannover hanover havana helsinki
    houston istanbul jakarta jerusalem johannesburg karachi kiev kyiv krakow lagos lausanne leeds leicester leipzig
    lille lisbon liverpool ljubljana london lyon madrid malm\xf6 manchester manila marseille melbourne miami milan
    minsk montpellier montreal moscow mumbai munich m\xfcnchen nairobi nantes naples nottingham nuremberg osaka oslo
    ottawa oxford palermo paris perth philadelphia porto prague riga rome rotterdam salzburg seattle seoul seville
    shanghai sheffield stockholm strasbourg stuttgart tallinn tokyo toronto toulouse turin uppsala utrecht valencia
    vancouver venice vienna vilnius warsaw wellington zagreb zurich z\xfcrich zwolle
    """
) | _names(
    "abu dhabi/buenos aires/cape town/costa rica/czech republic/dominican republic/el salvador/hong kong/ivory coast"
    "/kuala lumpur/las vegas/los angeles/mexico city/new delhi/new york/new york city/new zealand/north korea"
    "/north macedonia/rio de janeiro/saint petersburg/san diego/san francisco/sao paulo/saudi arabia/sierra leone"
    "/south africa/south korea/south sudan/sri lanka/tel aviv/the hague/united arab emirates/united kingdom"
    "/united states/united states of america/washington dc"
)

GIVEN_NAMES = word_set(
    """
    aaron adam adrian agnes ahmed aiko aisha alan albert alejandro alessandro alex alexander alexandra alfred ali
    alice alison amanda amelia amir amy ana anders andrea andreas andrew andy angela anita ann anna anne annie anthony
    antoine antonio arjun arthur astrid barbara beatrice ben benjamin bernard bernhard betty bill bj\xf6rn bob brenda
    brian bruce callum camille carla carlos carmen carol caroline catherine charles charlie chiara chloe chris
    christian christina christine christopher claire clara claudia colin craig cristina daniel daniela david deborah
    diana diego dominic donald dorothy douglas duncan eduardo edward elena elisa elisabeth elizabeth ella ellen emil
    emily emma eric erik ernest esther eva evelyn farid fatima felix fernando fiona francesca francesco francis frank
    franz fred frederick friedrich gabriel gary george gerard gianni giulia giuseppe gordon grace greta guido gustav
    hannah hans harold harriet harry hassan heather heidi heinrich helen helena helga henri henry herbert hiroshi
    howard hugo ian ibrahim ingrid irene isabel isabella ivan jack jacob jacques james jamie jane janet jason jean
    jeff jeffrey jennifer jeremy jessica jim joan joanna joe johan johann johanna john jonas jonathan jorge jos\xe9
    joseph josephine joshua juan judith julia julian julie julien juliette karen karin karl kate katherine kathleen
    keith kelly ken kenneth kenji kevin kim klaus kristina lars laura lauren laurent lena leo leon leonard leonardo
    lewis liam linda lisa louis louise luca lucas lucia lucy luis luisa luke magnus marc marcel marco marcus margaret
    maria marie marion marta martha martin mary mathieu matteo matthew matthias maurice max maya mehmet melanie mia
    michael michel michelle miguel mike mohamed mohammed monica monika muhammad nadia naomi natalie natasha neil niamh
    nicholas nick nicolas nicole niels nina noah nora olga oliver olivia omar oscar oskar otto pablo pamela patricia
    patrick paul paula pedro peter petra philip philippe pierre priya rachel rafael raj ralph ravi raymond rebecca
    ricardo richard robert roberto robin roger roland ronald rosa rose rosie ruth ryan sam samantha samuel sandra sara
    sarah scott sean sebastian sergio sharon simon sofia sophia sophie stefan stefano stephanie stephen steve steven
    stuart susan sven sylvia takeshi tanya teresa theo theresa thomas tim timothy tobias tom tomasz tony tracy ursula
    valentina valerie vera veronica vikram vincent walter wei wendy werner wilhelm will william wim wolfgang xavier
    yasmin yuki yusuf yvonne zoe
    """
)

# Adjectives and peoples of places: capitalised, and no entity of their own.
DEMONYMS = word_set(
    """
    african american argentine asian australian austrian belgian brazilian british bulgarian canadian chilean chinese
    colombian croatian czech danish dutch egyptian english estonian ethiopian european finnish french german greek
    hungarian icelandic indian indonesian iranian irish israeli italian japanese kenyan korean latvian lithuanian
    mexican nigerian norwegian pakistani peruvian polish portuguese romanian russian rwandan scottish serbian slovak
    spanish swedish swiss thai turkish ukrainian vietnamese welsh
    """
)
