r"""The quality of the recipes about items and segments, beside simpler models and another library's.

    python -m benchmarks.quality.related --movies FOLDER --retail FOLDER --beauty FOLDER \
        --recbole WHEEL --grocery WHEEL --seeds 0 1 2 --out related.json

There are six questions, each for the data sets that suit it:

    next      aws-sims: a tenth of the users is not trained on. Asked for the last shown item of each,
              what part of their newest tenth is found? This is the protocol of GetSolutionMetrics, so
              the figures on the movies stand beside those that Amazon Personalize reported.
    alike     aws-similar-items beside aws-sims, with the same users withheld: is the next different item
              among the first ten? How much do the categories of an item's list resemble its own
              (cosine)? Which share of 80 lists of 25 has one of 40 items whose events were removed?
    cold      aws-similar-items: a tenth of the items with five events or more is removed from all
              histories. Asked for such an item, which of the five next events of its users are found in
              the whole catalog (`from`)? Asked for a known item, which of the cold ones that came within
              five events are found among all cold ones (`to`)?
    baskets   aws-ecomm-frequently-bought-together: asked for one random item of a basket of the last
              week, what else of that basket is found?
    segments  aws-item-affinity: the newest fifth of each user's events is the truth. How many of the
              users with the item in it are among the most likely 1 %?
    texts     the text encoders alone: are an item's ten nearest items by text of its category, and do
              they have the same users?

Our settings are chosen on validation data within the training events. Run with OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.data import datasets, lake
from benchmarks.quality import related_tables
from benchmarks.quality.related_questions import QUESTIONS
from training.config_reader import read_config
from training.data.prepare import prepare
from training.progress import log

DATA: dict[str, tuple[str, Callable[[Path], datasets.Data], tuple[str, ...]]] = {
    "movies": ("movies", datasets.movies, ("next", "alike", "cold", "segments", "texts")),
    "ml-100k": ("recbole", datasets.movielens_100k, ("next", "alike", "cold", "segments", "texts")),
    "retail": ("retail", datasets.retail, ("next", "alike", "cold", "segments", "texts")),
    "beauty": ("beauty", datasets.beauty, ("alike",)),
    "grocery": ("grocery", datasets.grocery, ("baskets",)),
}


def main(argv: list[str] | None = None) -> None:
    """Run what is asked for. Print each figure as it comes, and tables at the end."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quality.related",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for option in ("movies", "retail", "beauty", "recbole", "grocery"):
        parser.add_argument(f"--{option}", type=Path)
    parser.add_argument("--only", nargs="+", choices=DATA, default=list(DATA), help="these data sets alone")
    parser.add_argument("--question", nargs="+", choices=QUESTIONS, default=list(QUESTIONS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path, help="keep the figures here, as JSON, and add to those there")
    args = parser.parse_args(argv)
    rows: list[dict[str, Any]] = json.loads(args.out.read_text()) if args.out and args.out.exists() else []
    for name in args.only:
        option, read, questions = DATA[name]
        where = getattr(args, option)
        for row in _asked(name, read(where), questions, args) if where else ():
            rows.append(row)
            log(related_tables.line(row))
            if args.out:
                args.out.write_text(json.dumps(rows, indent=0))
    print(related_tables.markdown(rows))


def _asked(
    name: str, data: datasets.Data, questions: tuple[str, ...], args: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        path = lake.write(Path(folder), data.tables, categorical=data.categorical, texts=data.texts)
        config = read_config(path)
        prepared = prepare(config, Path(folder))
    for question in questions:
        if question in args.question:
            for seed in args.seeds:
                for figures in QUESTIONS[question](replace(config, seed=seed), prepared):
                    yield {"data": name, "question": question, "seed": seed, **figures}


if __name__ == "__main__":
    main()
