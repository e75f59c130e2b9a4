"""Words that say nothing about what a text is about, by language.

Articles, pronouns, prepositions and forms of auxiliary verbs. The lists are short on purpose: in product
search, a word too many in a list hides results.
"""


def _list(text: str) -> frozenset[str]:
    return frozenset(text.split())


ENGLISH = _list("""
    a an and are as at be been but by for from had has have he her his if in into is it its my no not of on or
    our she so such that the their then there these they this to was we were will with you your
""")
GERMAN = _list("""
    aber als am an auch auf aus bei beim bin bis bist da das dass dem den denn der des die dies diese diesem
    diesen dieser dieses du durch ein eine einem einen einer eines er es euch für hat hatte ich ihr ihre im in
    ist ja kein keine mein meine mit nach nicht noch nun nur ob oder sein seine sich sie sind so über um und
    uns unser unsere unter vom von vor war was wenn wer wie wir wird zu zum zur
""")
FRENCH = _list("""
    à au aux avec ce ces cet cette dans de des du elle elles en est et eu il ils je la le les leur leurs lui
    ma mais me mes mon ne nos notre nous on ont ou où par pas pour qu que qui sa se ses son sont sur ta te
    tes toi ton tu un une vos votre vous
""")
SPANISH = _list("""
    a al algo como con de del desde donde e el ella ellas ellos en entre era es esa ese eso esta este esto fue
    ha han hasta hay la las le les lo los mas más me mi mis muy nos o para pero por porque que qué se ser si
    sí sin sobre son su sus también te tu tus un una uno unos y ya yo
""")
ELISIONS = _list("c d j l m n qu s t jusqu lorsqu puisqu quoiqu")
"""French articles, pronouns and conjunctions that lose their vowel: `l'avion`, `qu'il`."""
