"""Judge generated texts: 100 themes and 200 messages on the retail shop and the movies.

python -m benchmarks.quality.texts --data FOLDER          prints the tables of docs/generative.md
python -m benchmarks.quality.texts --data FOLDER --model smollm2-135m     the same with a small model

FOLDER has `retail/` and `movies/` (CSV files, gzipped). Lists are made of items that the same people chose,
so that no model has to be trained. Texts are the templates', or those of a small model as they leave the
writer: checked, written again, or replaced by the template's. The checks are those of this file and can
fail: they read the data again, and do not call the check that texts pass before they are used.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import random
import re
import resource
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from lambdas.support.generators.small_model import SmallModel
from tastemaker.contracts.text_models import TEXT_MODELS
from tastemaker.generation import messages, relevance, themes
from tastemaker.generation.generator import (
    TEMPLATE,
    TOKENS_OF_FORMAT,
    Around,
    Generated,
    Generator,
    Prompt,
    Templates,
    request_text,
)
from tastemaker.generation.item_facts import ItemFacts
from tastemaker.generation.messages import MessageOrder, MessageType
from tastemaker.generation.safe_text import safe_facts
from tastemaker.generation.terms import Background, language_of
from tastemaker.generation.writer import Writer

LETTERS_PER_TOKEN = 4
"""Of English text, as OpenAI's and Anthropic's guides say. Only the estimate of cost uses it."""
FORBIDDEN = re.compile(
    r"\b(free|discount|sale|guarantee\w*|best|cheap\w*|limited|only|last chance|% off|gratis|rabatt|"
    r"gratuit\w*|descuento\w*|oferta\w*|promo\w*)\b",
    re.IGNORECASE,
)
LANGUAGES = ("en", "de", "fr", "es")
TONES = ("NEUTRAL", "FRIENDLY", "FORMAL", "PLAYFUL")
LIST_LENGTH = 15


@dataclass
class Shop:
    """A catalog, and what the same people chose with each item."""

    name: str
    currency: str | None
    items: dict[str, ItemFacts]
    related: dict[str, list[str]]
    popular: list[str]


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a gzipped CSV file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def retail(folder: Path) -> Shop:
    """The retail shop, whose lists keep the category."""
    items = {}
    for row in rows(folder / "retail" / "items.csv.gz"):
        attributes = {name: row[name] for name in ("CATEGORY_L1", "CATEGORY_L2", "GENDER")}
        text = row["PRODUCT_DESCRIPTION"]
        items[row["ITEM_ID"]] = safe_facts(
            ItemFacts(row["ITEM_ID"], row["PRODUCT_NAME"], text, float(row["PRICE"]), attributes)
        )
    return _shop("retail", "USD", items, folder / "retail" / "interactions.csv.gz", same="CATEGORY_L1")


def movies(folder: Path) -> Shop:
    """The movies, which have titles, genres and years, and no texts."""
    items = {}
    for row in rows(folder / "movies" / "titles.csv.gz"):
        attributes = {"GENRES": row["genres"], "YEAR": row["year"]}
        items[row["item_id"]] = safe_facts(ItemFacts(row["item_id"], row["title"], attributes=attributes))
    return _shop("movies", None, items, folder / "movies" / "interactions.csv.gz")


def _shop(name, currency, items, path, same=None) -> Shop:
    histories: dict[str, list[str]] = defaultdict(list)
    for row in rows(path):
        if row["ITEM_ID"] in items:
            histories[row["USER_ID"]].append(row["ITEM_ID"])
    users = Counter(item for history in histories.values() for item in set(history))
    together: dict[str, Counter[str]] = defaultdict(Counter)
    for history in histories.values():
        newest = list(dict.fromkeys(history[::-1]))[:60]
        for left in newest:
            together[left].update(right for right in newest if right != left)
    popular = [item for item, _ in users.most_common(400)]
    related = {}
    for item in popular:
        near = sorted(together[item], key=lambda other: -together[item][other] / (users[other] + 5) ** 0.5)
        if same:
            value = items[item].attributes[same]
            near = [other for other in near if items[other].attributes[same] == value]
        related[item] = near[:LIST_LENGTH]
    return Shop(name, currency, items, related, popular)


class Timed(Around):
    """A Generator that counts the answers of another one and their time."""

    def __init__(self, generator: Generator) -> None:
        super().__init__(generator)
        self.calls, self.seconds = 0, 0.0

    def generate(self, prompt: Prompt) -> Generated:
        started = time.perf_counter()
        answer = self._generator.generate(prompt)
        self.seconds += time.perf_counter() - started
        self.calls += 1
        return answer


def judge_themes(
    shop: Shop, count: int, rng: random.Random, writer: Writer
) -> tuple[dict[str, float], list[str]]:
    """Themes of lists, and how much better their items fit than random ones."""
    background = Background([item.words for item in shop.items.values()])
    ids = list(shop.items)
    vectors = relevance.hashed_vectors([shop.items[item].words for item in ids], background)
    place = {item: number for number, item in enumerate(ids)}
    found, wins, gaps, by_model, examples = [], 0, [], 0, []
    for item in rng.sample([one for one in shop.popular if len(shop.related[one]) >= 3], count):
        group = [shop.items[other] for other in shop.related[item]]
        draft = themes.draft(group, background)
        written = writer.write(
            themes.prompt(group, draft), partial(themes.problems, items=group), clean=themes.clean
        )
        theme = written.text
        by_model += not written.by_template
        examples.append(f"{written.source}: {theme} (plain: {draft}) {list(written.problems)}")
        mine = vectors[[place[other] for other in shop.related[item]]]
        others = vectors[rng.sample(range(len(ids)), len(group))]
        vector = relevance.theme_vector(theme, background, vectors, mine)
        own, random_ = np.mean(relevance.scores(vector, mine)), np.mean(relevance.scores(vector, others))
        wins += own > random_
        gaps.append(float(own - random_))
        found.append((theme, group))
    texts = [theme for theme, _ in found]
    words = {theme: " ".join(item.words for item in group).casefold() for theme, group in found}
    supported = sum(
        all(
            word in words[theme] or word in ("the", "of") or word.rstrip("s").isdigit()
            for word in _words(theme)
        )
        for theme in texts
    )
    known = {theme: f"{words[theme]} " for theme in texts}
    judged = {
        "texts": len(texts),
        "written by a model": by_model,
        "names and numbers are in the data, %": 100
        * sum(_names(theme) <= set(_words(known[theme])) | {"s"} for theme in texts)
        / len(texts),
        "words that are in the items' data, %": 100 * supported / len(texts),
        "at most 60 letters, %": 100 * sum(len(theme) <= 60 for theme in texts) / len(texts),
        "without forbidden words, %": 100 * sum(not FORBIDDEN.search(theme) for theme in texts) / len(texts),
        "no word twice, %": 100 * sum(len(_words(t)) == len(set(_words(t))) for t in texts) / len(texts),
        "different themes, %": 100 * len(set(texts)) / len(texts),
        "fit better than random items, %": 100 * wins / len(texts),
        "relevance minus that of random items": statistics.mean(gaps),
    }
    return judged, examples


def judge_messages(
    shop: Shop, count: int, rng: random.Random, writer: Writer, languages: tuple[str, ...] = LANGUAGES
) -> tuple[dict[str, float], list[str]]:
    """Messages of all types, tones and languages about lists, judged by the data."""
    checks: Counter[str] = Counter()
    background = Background([item.words for item in shop.items.values()])
    examples = []
    by_model = 0
    for number in range(count):
        message_type = list(MessageType)[number % len(MessageType)]
        language, tone = languages[number // 5 % len(languages)], TONES[number // 20 % 4]
        order = MessageOrder(message_type, tone, language, currency=shop.currency)
        items = [shop.items[other] for other in shop.related[rng.choice(shop.popular)]] or [
            shop.items[shop.popular[0]]
        ]
        written = messages.write(order, items, writer, background)
        text = written.text
        by_model += written.source != TEMPLATE
        used = items[: messages.ITEMS[message_type]]
        data = " ".join(f"{item.words} {item.price}" for item in used)
        checks["numbers and prices are in the data"] += _numbers(text) <= _numbers(data) | _decades(data)
        if written.source != TEMPLATE:
            checks["names by the model are in the data"] += _names(text) <= set(_words(data))
        bare = text
        for item in used:
            for part in (item.name, item.text, *item.attributes.values()):
                bare = bare.replace(part, " ") if part else bare
        bare = re.sub(r"[^:\n]*…", " ", bare)  # a name that was cut
        own = language_of(bare)
        blurb = message_type in (MessageType.PRODUCT_BLURB, MessageType.ROW_TITLE)
        checks["language"] += blurb or own in (language, None)
        checks["length"] += 3 <= len(text) <= order.limit
        checks["no forbidden words beside the data"] += not FORBIDDEN.search(bare)
        checks["no placeholder, markup or address"] += not re.search(r"[{}<>]|https?://|@", text)
        lines = [line for line in text.splitlines() if line.strip()]
        checks["no line twice"] += len(lines) == len(set(lines))
        examples.append(f"{message_type} {language} {written.source}: {text} {list(written.problems)}")
    shares = {
        f"{name}, %": 100 * hits / (by_model if "by the model" in name else count)
        for name, hits in checks.items()
    }
    return {"texts": count, "written by a model": by_model, **shares}, examples


def tokens(shop: Shop, count: int, rng: random.Random) -> dict[str, tuple[int, int]]:
    """Mean input and output tokens of each type of text."""
    background = Background([item.words for item in shop.items.values()])
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for _ in range(count):
        items = [shop.items[other] for other in shop.related[rng.choice(shop.popular)]]
        if not items:
            continue
        phrase = themes.draft(items, background)
        found["THEME"].append(_tokens(themes.prompt(items, phrase), phrase))
        for message_type in MessageType:
            order = MessageOrder(message_type, currency=shop.currency)
            some = items[: messages.ITEMS[message_type]]
            text, _ = messages.draft(order, some, background)
            found[message_type.value].append(_tokens(messages.prompt(order, some, text), text))
    return {
        name: (round(statistics.mean(read for read, _ in pairs)), round(statistics.mean(w for _, w in pairs)))
        for name, pairs in found.items()
    }


def _tokens(prompt: Prompt, text: str) -> tuple[int, int]:
    read = len(prompt.system) + len(request_text(prompt))
    return TOKENS_OF_FORMAT + read // LETTERS_PER_TOKEN, -(-len(text) // LETTERS_PER_TOKEN)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text.casefold())


def _names(text: str) -> set[str]:
    """The words with a capital letter that begin no sentence, in lower case."""
    found: set[str] = set()
    for part in re.split(r"(?<=[.!?:…])\s+|\n+|\s[–—-]\s", text):
        _first, *rest = part.split(" ") if part else [""]
        found |= {word for one in rest if re.match(r"\W*[A-Z]", one) for word in _words(one)}
    return found


def _decades(text: str) -> set[float]:
    """The first years of the decades of the years in a text."""
    return {float(f"{year[:3]}0") for year in re.findall(r"\b(?:18|19|20)\d\d\b", text)}


def _numbers(text: str) -> set[float]:
    found = set()
    for token in re.findall(r"\d+(?:[.,\s]\d{3})*(?:[.,]\d{1,2})?(?!\d)", text):
        plain = re.sub(r"\s", "", token)
        if re.search(r"[.,]\d{1,2}$", plain):
            whole, cents = re.split(r"[.,](?=\d{1,2}$)", plain)
            found.add(float(f"{re.sub(r'[.,]', '', whole)}.{cents}"))
        else:
            found.add(float(re.sub(r"[.,]", "", plain)))
    return found


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="the folder with retail/ and movies/")
    parser.add_argument("--examples", action="store_true", help="print the texts too")
    parser.add_argument("--model", default="", help="a small model: smollm2-135m or the path of a GGUF file")
    parser.add_argument(
        "--messages", type=int, default=100, help="messages of each catalog; themes are half as many"
    )
    options = parser.parse_args()
    rng = random.Random(7)
    shops = [retail(options.data), movies(options.data)]
    timed = Timed(SmallModel(options.model, 60.0) if options.model else Templates())
    writer = Writer(timed)
    languages = ("en",) if options.model else LANGUAGES
    for shop in shops:
        print(f"\n## Themes, {shop.name}")
        themed, titles = judge_themes(shop, options.messages // 2, rng, writer)
        for name, value in themed.items():
            print(f"| {name} | {value:.4g} |")
        for title in titles if options.examples else ():
            print(f"    {title!r}")
        judged, examples = judge_messages(shop, options.messages, rng, writer, languages)
        print(f"\n## Messages, {shop.name}")
        for name, value in judged.items():
            print(f"| {name} | {value:.4g} |")
        for example in examples if options.examples else ():
            print(f"    {example!r}")
    if options.model:
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"\n{timed.calls} calls of {timed.name}: {timed.seconds / max(timed.calls, 1):.2f} s a call")
        print(f"{memory:.0f} MiB of memory at most, with the catalogs")
        return
    counted = tokens(shops[0], 200, rng)
    print("\n## Tokens of a text\n", counted)
    print("\n## One million texts, USD")
    for model in TEXT_MODELS.values():
        costs = [f"{model.cost(read, written) * 1e6:,.0f}" for read, written in counted.values()]
        print(f"| {model.model_id} | {' | '.join(costs)} |")


if __name__ == "__main__":
    main()
