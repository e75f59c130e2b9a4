"""A bounded load on loopback: users who ask and who act, against a local run with a model of MovieLens 100K.

    python -m benchmarks.serving.load [--seconds 30] [--clients 4] [--reads 0.8]

Each client is a thread with boto3 clients of its own that sends one request after the other, so that the load
is closed: it can never be more than the clients wait for. Prints throughput, latency by operation, errors by
code, and which processes the CPU time went to. The clients share the machine with what they measure.
"""

import argparse
import os
import random
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from demo import movielens
from demo.__main__ import CACHE, RECIPES, Demo
from local import Local

TICKS = os.sysconf("SC_CLK_TCK")
LIMIT_SECONDS = 120


class Load:
    """What the clients saw."""

    def __init__(self, endpoint: str, campaign: str, tracker: str, data: movielens.MovieLens) -> None:
        self.endpoint, self.campaign, self.tracker = endpoint, campaign, tracker
        self.users = data.users["USER_ID"].tolist()
        self.items = data.items["ITEM_ID"].tolist()
        self.latencies: dict[str, list[float]] = defaultdict(list)
        self.errors: Counter[str] = Counter()

    def run(self, clients: int, seconds: float, reads: float) -> float:
        """Returns the seconds that the load lasted."""
        start = time.monotonic()
        until = start + min(seconds, LIMIT_SECONDS)
        threads = [
            threading.Thread(target=self._client, args=(seed, until, reads)) for seed in range(clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.monotonic() - start

    def _client(self, seed: int, until: float, reads: float) -> None:
        rng = random.Random(seed)
        session = boto3.Session("load", "load", region_name="us-east-1")
        once = Config(retries={"total_max_attempts": 1})
        runtime = session.client("personalize-runtime", endpoint_url=self.endpoint, config=once)
        events = session.client("personalize-events", endpoint_url=self.endpoint, config=once)
        while time.monotonic() < until:
            user = rng.choice(self.users)
            name = "GetRecommendations" if rng.random() < reads else "PutEvents"
            start = time.perf_counter()
            try:
                if name == "GetRecommendations":
                    runtime.get_recommendations(campaignArn=self.campaign, userId=user, numResults=25)
                else:
                    event = {"eventType": "watch", "itemId": rng.choice(self.items), "sentAt": time.time()}
                    events.put_events(
                        trackingId=self.tracker, userId=user, sessionId=f"s{seed}", eventList=[event]
                    )
            except ClientError as error:
                self.errors[f"{name}: {error.response['Error']['Code']}"] += 1
            self.latencies[name].append(1000 * (time.perf_counter() - start))


def cpu_seconds() -> dict[str, float]:
    """CPU seconds so far of this process and of those it started: the server with moto, the functions."""
    processes = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_text().replace("\0", " ")
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        processes[int(folder.name)] = (int(fields[1]), line, (int(fields[11]) + int(fields[12])) / TICKS)
    spent: dict[str, float] = defaultdict(float)
    for pid, (parent, line, seconds) in processes.items():
        while parent in processes and parent != os.getpid():
            parent = processes[parent][0]
        if pid == os.getpid():
            spent["clients"] += seconds
        elif parent == os.getpid():
            worker = "local/functions/runtime.py" in line
            spent["functions" if worker else "server, moto, streams"] += seconds
    return spent


def percentile(values: list[float], share: float) -> float:
    """Return the value below which `share` of the values lie."""
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def main() -> None:
    """Parse the command line, measure, and print the result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=30, help=f"of load, at most {LIMIT_SECONDS}")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument(
        "--reads", type=float, default=0.8, help="share of GetRecommendations; the rest PutEvents"
    )
    arguments = parser.parse_args()
    data = movielens.load(CACHE)
    with Local() as service:
        demo = Demo(service.endpoint, data)
        demo.group = demo.personalize.create_dataset_group(name="movielens")["datasetGroupArn"]
        demo.import_data()
        campaign = demo.train(RECIPES)["for-you"]
        tracker = demo.personalize.create_event_tracker(name="load", datasetGroupArn=demo.group)["trackingId"]
        load = Load(service.endpoint, campaign, tracker, data)
        load.run(arguments.clients, 3, arguments.reads)  # every worker is warm
        load.latencies.clear()
        before = cpu_seconds()
        seconds = load.run(arguments.clients, arguments.seconds, arguments.reads)
        spent = cpu_seconds()
    count = sum(len(values) for values in load.latencies.values())
    cores = os.cpu_count() or 1
    print(f"\n{arguments.clients} clients, {seconds:.0f} s, {cores} cores shared with the clients")
    print(f"{count / seconds:.0f} requests a second, {count / seconds / cores:.0f} a core")
    for name, values in load.latencies.items():
        p50, p99 = percentile(values, 0.5), percentile(values, 0.99)
        print(f"  {name:20}{len(values):7,}   p50 {p50:6.1f} ms   p99 {p99:6.1f} ms")
    print(f"errors: {dict(load.errors) or 'none'}")
    for name in spent:
        used = spent[name] - before[name]
        print(f"  {name:24}{used:7.1f} CPU s   {1000 * used / count:6.2f} ms a request")


if __name__ == "__main__":
    main()
