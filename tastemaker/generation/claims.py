"""Words that promise something. A text may use one only if the item's own data do."""

from __future__ import annotations

import re
from collections.abc import Mapping

CLAIMS: Mapping[str, tuple[str, ...]] = {
    "en": (
        r"free (?:shipping|delivery|returns?|gifts?|trials?)",
        r"for free",
        r"discount\w*",
        r"on sale",
        r"clearance",
        r"half[- ]price",
        r"save (?:up to|big|money|\d+)",
        r"\d+ ?% off",
        r"(?:money[- ]back|satisfaction) guarantee\w*",
        r"guarantee\w*",
        r"warranty",
        r"limited[- ](?:time|edition|offer|stock)",
        r"only \w+ (?:left|remaining)",
        r"(?:ends|expires) (?:today|tonight|soon|tomorrow)",
        r"last chance",
        r"cheap\w*",
        r"lowest price\w*",
        r"best[- ]?sell\w*",
        r"top[- ]rated",
        r"award[- ]winning",
        r"number one|no\. ?1|#1",
        r"world'?s (?:best|first|finest)",
        r"clinically|scientifically|proven|certified|patented",
        r"cures?|heals?|treats?",
        r"waterproof|water[- ]resistant",
        r"organic|vegan|cruelty[- ]free|fair[- ]?trade|sustainabl\w+|eco[- ]friendly|recycled|biodegradable",
        r"hand[- ]?made|handcrafted",
        r"hypoallergenic|non[- ]toxic|bpa[- ]free|gluten[- ]free",
        r"in stock|next[- ]day|same[- ]day|back in stock",
        r"risk[- ]free|no risk",
    ),
    "de": (
        r"(?:kostenlos|gratis|versandkostenfrei)\w*",
        r"rabatt\w*",
        r"reduziert\w*",
        r"sonderangebot\w*|im angebot",
        r"garant\w+",
        r"nur (?:noch|heute)",
        r"letzte chance",
        r"billig\w*|günstigst\w*|bestpreis",
        r"bestseller\w*|testsieger\w*|preisgekrönt\w*",
        r"nummer eins|nr\. ?1",
        r"klinisch|wissenschaftlich|nachgewiesen\w*|zertifiziert\w*|patentiert\w*",
        r"heilt|heilend\w*",
        r"wasserdicht\w*|wasserfest\w*",
        r"bio|vegan\w*|nachhaltig\w*|umweltfreundlich\w*|recycelt\w*|handgemacht\w*|handgefertigt\w*",
        r"auf lager|sofort lieferbar",
    ),
    "fr": (
        r"gratuit\w*|offert\w*",
        r"remise\w*|rabais|réduction\w*|promo\w*|soldes?|en solde",
        r"garanti\w*",
        r"(?:plus que|seulement) \w+ (?:restant\w*|en stock)",
        r"dernière chance|offre limitée|édition limitée",
        r"moins chers?|meilleurs? prix|pas cher",
        r"meilleures? ventes?|best[- ]?seller\w*|primée?s?",
        r"numéro un|n° ?1",
        r"cliniquement|scientifiquement|prouvée?s?|certifiée?s?|brevetée?s?",
        r"imperméables?|étanches?|waterproof",
        r"bio|biologiques?|véganes?|durables?|écologiques?|recyclée?s?|faite?s? (?:à la )?main|artisanal\w*",
        r"en stock",
    ),
    "es": (
        r"gratis|gratuit\w+",
        r"descuentos?|rebaja\w*|oferta\w*|en promoción",
        r"garant\w+",
        r"sol[oa] quedan?|últimas? (?:unidades|oportunidad)|edición limitada|tiempo limitado",
        r"barat\w+|mejor precio",
        r"más vendid\w+|superventas|premiad\w+|galardonad\w+",
        r"número uno|n\.? ?º ?1",
        r"clínicamente|científicamente|probad\w+|certificad\w+|patentad\w+",
        r"impermeables?|resistentes? al agua",
        r"orgánic\w+|ecológic\w+|vegan\w+|sostenibles?|reciclad\w+|hech\w+ a mano|artesanal\w*",
        r"en stock|en existencias",
    ),
}
"""Patterns of claims by language."""

_PATTERNS = {
    name: re.compile(rf"(?<![^\W_])(?:{'|'.join(claims)})(?![^\W_])", re.IGNORECASE)
    for name, claims in CLAIMS.items()
}


def claims_in(text: str, language: str | None = None) -> list[str]:
    """The claims of a text, in lower case, in their order and without repetition.

    A text in a known language is searched for claims of that language, and for those of English, which
    advertisements use everywhere. Any other text is searched for all.
    """
    return list(dict.fromkeys(claim for _, claim in placed_claims(text, language)))


def placed_claims(text: str, language: str | None = None) -> list[tuple[int, str]]:
    """Like `claims_in`, every claim with its place in the text."""
    names = _PATTERNS if language not in _PATTERNS else ("en", language)
    return [
        (match.start(), match.group().casefold())
        for name in names
        for match in _PATTERNS[str(name)].finditer(text)
    ]
