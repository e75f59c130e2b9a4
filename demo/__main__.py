"""The main job, end to end, as a stock boto3 client sees it: import, train, ask, send events, ask again.

make demo                            starts its own local run and ends it afterwards
python -m demo --endpoint URL        against one that runs already (`make local`)
"""

import argparse
import contextlib
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3

from demo import movielens, search
from local import Local

CACHE = Path(".cache")
BUCKET = "movielens-for-tastemaker"
RECIPES = {
    "popular": "aws-popularity-count",
    "similar": "aws-similar-items",
    "for-you": "aws-user-personalization-v2",
}
SEARCH_RECIPES = {"ranking": "aws-personalized-ranking-v2"}
"""What a personalized search needs, trained last: the first recommendations do not wait for it."""
METRICS = {
    "NDCG@10": "normalized_discounted_cumulative_gain_at_10",
    "NDCG@25": "normalized_discounted_cumulative_gain_at_25",
    "MRR@25": "mean_reciprocal_rank_at_25",
    "precision@10": "precision_at_10",
    "coverage": "coverage",
}
KNOWN_FILM = "Star Wars"
EVENTS = 5
PROFILE_SECONDS = 1.0
"""Time that a user's events certainly need to reach the user's profile."""


class Demo:
    """One run of the demo. Every call is a plain boto3 call; only the endpoint is ours."""

    def __init__(self, endpoint: str, data: movielens.MovieLens) -> None:
        session = boto3.Session(
            aws_access_key_id="demo", aws_secret_access_key="demo", region_name="us-east-1"
        )
        self.s3, self.iam, self.personalize, self.runtime, self.events = (
            session.client(name, endpoint_url=endpoint)
            for name in ("s3", "iam", "personalize", "personalize-runtime", "personalize-events")
        )
        self.data = data
        self.versions: dict[str, str] = {}
        self.search = search.Searches(endpoint, self.film)
        self.title = dict(zip(data.items["ITEM_ID"], data.items["TITLE"], strict=True))
        self.genres = {
            item: str(genres).split("|") if isinstance(genres, str) else []
            for item, genres in zip(data.items["ITEM_ID"], data.items["GENRES"], strict=True)
        }

    def run(self) -> None:
        self.group = self.personalize.create_dataset_group(name="movielens")["datasetGroupArn"]
        self.tracker = self.personalize.create_event_tracker(name="movielens", datasetGroupArn=self.group)[
            "trackingId"
        ]
        self.import_data()
        campaigns = self.train(RECIPES)
        self.show_metrics()
        user, searcher = self.typical_users()
        self.show_recommendations(campaigns["for-you"], user)
        self.show_events(campaigns["for-you"], user)
        self.show_similar(campaigns["similar"])
        ranking = self.train(SEARCH_RECIPES)["ranking"]
        self.show_search(campaigns["for-you"], ranking, searcher)

    def import_data(self) -> None:
        heading("Import")
        self.s3.create_bucket(Bucket=BUCKET)
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": "personalize.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        role = self.iam.create_role(
            RoleName="PersonalizeDemo",
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )["Role"]["Arn"]
        self.iam.attach_role_policy(
            RoleName="PersonalizeDemo", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
        )
        start = time.monotonic()
        jobs = []
        for kind, fields in movielens.SCHEMAS.items():
            key = f"{kind.lower()}.csv"
            self.s3.put_object(Bucket=BUCKET, Key=key, Body=self.data.csv(kind).encode())
            schema = {
                "type": "record",
                "name": kind,
                "namespace": "com.amazonaws.personalize.schema",
                "fields": fields,
                "version": "1.0",
            }
            schema_arn = self.personalize.create_schema(name=f"movielens-{kind}", schema=json.dumps(schema))[
                "schemaArn"
            ]
            dataset = self.personalize.create_dataset(
                name=f"movielens-{kind}", datasetGroupArn=self.group, datasetType=kind, schemaArn=schema_arn
            )["datasetArn"]
            jobs.append(
                self.personalize.create_dataset_import_job(
                    jobName=f"movielens-{kind}",
                    datasetArn=dataset,
                    dataSource={"dataLocation": f"s3://{BUCKET}/{key}"},
                    roleArn=role,
                )["datasetImportJobArn"]
            )
        for job in jobs:
            wait(self.personalize.describe_dataset_import_job, "datasetImportJob", datasetImportJobArn=job)
        rows = len(self.data.interactions) + len(self.data.items) + len(self.data.users)
        print(f"  {rows:,} rows of items, users and interactions, in {time.monotonic() - start:.1f} s")

    def train(self, recipes: Mapping[str, str]) -> dict[str, str]:
        """Train and deploy each recipe. Returns the ARNs of the campaigns by the keys of `recipes`."""
        campaigns = {}
        for name, recipe in recipes.items():
            heading(f"Train {recipe}")
            start = time.monotonic()
            solution = self.personalize.create_solution(
                name=f"movielens-{name}",
                datasetGroupArn=self.group,
                recipeArn=f"arn:aws:personalize:::recipe/{recipe}",
                performAutoTraining=False,
            )["solutionArn"]
            version = self.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
            wait(self.personalize.describe_solution_version, "solutionVersion", solutionVersionArn=version)
            self.versions[name] = version
            print(f"  trained in {time.monotonic() - start:.1f} s")
            campaign = self.personalize.create_campaign(name=f"movielens-{name}", solutionVersionArn=version)[
                "campaignArn"
            ]
            wait(self.personalize.describe_campaign, "campaign", campaignArn=campaign)
            campaigns[name] = campaign
        return campaigns

    def show_metrics(self) -> None:
        heading("Metrics on held-out events (the newest 10 % of the events of 10 % of the users)")
        found = {
            name: self.personalize.get_solution_metrics(solutionVersionArn=version)["metrics"]
            for name, version in self.versions.items()
        }
        print(f"  {'':14}{'popularity':>12}{'for you':>12}{'':>6}")
        for label, key in METRICS.items():
            popular, personal = found["popular"][key], found["for-you"][key]
            ratio = f"× {personal / popular:.1f}" if popular else ""
            print(f"  {label:14}{popular:12.4f}{personal:12.4f}  {ratio:>6}")

    def typical_users(self) -> tuple[str, str]:
        """Two users with a typical number of films: one for the recommendations, one for the search."""
        counts = self.data.interactions["USER_ID"].value_counts().sort_index(kind="stable")
        first, second = (counts - counts.median()).abs().sort_values(kind="stable").index[:2]
        return str(first), str(second)

    def show_recommendations(self, campaign: str, user: str) -> None:
        """Show the user's last films and the recommendations."""
        seen = self.data.interactions[self.data.interactions["USER_ID"] == user].sort_values(
            "TIMESTAMP", kind="stable"
        )
        heading(f"User {user}: the last films of {len(seen)}")
        for item in seen["ITEM_ID"].tail(8):
            print(f"  {self.film(item)}")
        heading(f"Recommended for user {user}")
        for row in self.recommend(campaign, user)[:10]:
            print(f"  {row['score']:.4f}  {self.film(row['itemId'])}")

    def watch(self, user: str, genre: str, recommended: Sequence[str]) -> None:
        """Send events: the user watches popular films of a genre that are not recommended."""
        popular = self.data.interactions["ITEM_ID"].value_counts().index
        films = [item for item in popular if genre in self.genres.get(item, ()) and item not in recommended]
        heading(f"User {user} now watches {EVENTS} films of another genre: {genre}")
        for item in films[:EVENTS]:
            print(f"  {self.film(item)}")
        now = int(time.time())
        self.events.put_events(
            trackingId=self.tracker,
            userId=user,
            sessionId="demo",
            eventList=[
                {"eventType": "watch", "itemId": item, "sentAt": now - 60 * (EVENTS - place)}
                for place, item in enumerate(films[:EVENTS])
            ],
        )

    def show_events(self, campaign: str, user: str) -> None:
        """Show how the recommendations change when the user watches films of another genre."""
        before = [row["itemId"] for row in self.recommend(campaign, user)]
        genre = self.another_genre(before)
        self.watch(user, genre, before)
        start = time.monotonic()
        after, changed = before, 0.0
        while time.monotonic() - start < 5:
            answer = [row["itemId"] for row in self.recommend(campaign, user)]
            if not changed and len(set(answer) - set(before)) > 1:  # a single one may be explored
                changed = time.monotonic() - start
            after = answer
        if not changed:
            raise RuntimeError("The recommendations did not change within 5 seconds after the events.")
        heading(f"Recommended for user {user} now (changed {changed:.2f} s after PutEvents)")
        for item in after[:10]:
            print(f"  {'new' if item not in before else '   '}  {self.film(item)}")
        shares = [sum(genre in self.genres[item] for item in items) for items in (before, after)]
        print(f"  {genre} films among the {len(after)} recommended: {shares[0]} before, {shares[1]} after")

    def show_similar(self, campaign: str) -> None:
        item = next(item for item, title in self.title.items() if title == KNOWN_FILM)
        heading(f"Similar to {KNOWN_FILM}")
        for row in self.runtime.get_recommendations(campaignArn=campaign, itemId=item, numResults=8)[
            "itemList"
        ]:
            print(f"  {self.film(row['itemId'])}")

    def show_search(self, campaign: str, ranking: str, user: str) -> None:
        """Show a search by text alone, then for the user, before and after the user watches films."""
        self.search.show_plain()
        before = self.search.show_for(user, ranking)
        recommended = [row["itemId"] for row in self.recommend(campaign, user)]
        self.watch(user, self.another_genre(recommended), recommended)
        time.sleep(PROFILE_SECONDS)
        self.search.show_for(user, ranking, before)

    def recommend(self, campaign: str, user: str) -> list[dict[str, Any]]:
        answer = self.runtime.get_recommendations(campaignArn=campaign, userId=user, numResults=25)
        return list(answer["itemList"])

    def another_genre(self, items: list[str]) -> str:
        """Return a genre that users often watch and that few of the recommended items have."""
        watched = Counter(
            genre for item in self.data.interactions["ITEM_ID"] for genre in self.genres.get(item, ())
        )
        here = Counter(genre for item in items for genre in self.genres[item])
        common = [genre for genre, count in watched.items() if count >= len(self.data.interactions) / 25]
        return min(common, key=lambda genre: (here[genre] / watched[genre], genre))

    def film(self, item: str) -> str:
        return f"{self.title[item]}  [{', '.join(self.genres[item])}]"


def wait(describe: Callable[..., dict[str, Any]], member: str, **arn: str) -> None:
    """Poll a resource until it is ACTIVE. Raises RuntimeError with the service's reason if it fails."""
    while (resource := describe(**arn)[member])["status"] != "ACTIVE":
        if resource["status"].endswith("FAILED"):
            raise RuntimeError(f"{member}: {resource.get('failureReason')}")
        time.sleep(0.2)


def relay(line: str) -> None:
    """Print what the local run logs about its start and its training jobs, without the job's name."""
    job, _, text = line.partition("] ") if line.startswith("[") else ("", "", line)
    if job or line.startswith(("synth", "prov", "start", "cannot", "denied")):
        print(f"    {text}", flush=True)


def heading(text: str) -> None:
    """Print a heading, in bold on a terminal."""
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


def main() -> int:
    """Parse the command line and run the demo. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--endpoint", help="a local run that was started before, such as http://127.0.0.1:4566"
    )
    arguments = parser.parse_args()
    print("MovieLens 100K (GroupLens; for research and education) …", flush=True)
    data = movielens.load(CACHE)
    start = time.monotonic()
    with contextlib.nullcontext(arguments) if arguments.endpoint else Local(listener=relay) as service:
        Demo(service.endpoint, data).run()
        print(f"\nDone in {time.monotonic() - start:.0f} s. To keep the service running, use `make local`.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
