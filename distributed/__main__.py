"""The program that a state machine starts on Spark if the data are too large for one machine.

    python -m distributed import  PLAN --lake s3://bucket
    python -m distributed prepare PLAN --lake s3://bucket

The plan is the JSON of the machine's first step: source, schema, destination … of an import; configKey,
manifestKey, prepared (a prefix) and bytes of a training. What came of it is written to the lake under the
plan's `outcome`: the counts, or `{"error": …}` with the words of a failure reason if the data are to blame.
Anything else that goes wrong ends the program with a traceback, and the job as failed.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from distributed import importing, preparation
from distributed.storage import Storage
from tastemaker import schemas
from tastemaker.contracts.lake_layout import PreparedFolder
from tastemaker.failures import WorkFailedError
from tastemaker.files import Source
from tastemaker.importing.storage import Destination, Folder
from training.config_reader import read_config
from training.errors import TrainingError

_REFUSED = re.compile(r"^\s*training\.errors\.\w+: (.*)$", re.MULTILINE)


def import_data(
    spark: SparkSession,
    plan: Mapping[str, Any],
    lake: Storage,
    buckets: list[str],
    external_id: str | None = None,
) -> dict[str, Any]:
    """The plan of an import: the caller's rows, typed and checked, in the lake. Raises WorkFailedError."""
    open_storage = partial(_open_storage, lake, plan.get("roleArn"), plan["source"], buckets, external_id)
    return importing.run(
        spark, open_storage, schemas.parse(plan["schema"]).fields, plan["destination"], plan["source"]
    )


def _open_storage(
    lake: Storage, role: str | None, uri: str, buckets: list[str], external_id: str | None
) -> tuple[Source, Destination]:
    if not lake.root.startswith("s3://"):
        folder = Folder(Path(lake.root).parent)  # the folder that has `lake` as a subfolder
        return folder, folder
    import boto3

    from lambdas.stores.caller_access import CallerAccess
    from lambdas.stores.import_destination import S3Destination
    from lambdas.support.roles import RoleAssumption

    session = boto3.Session()
    s3 = session.client("s3")
    lake_bucket = lake.root.removeprefix("s3://").partition("/")[0]
    access = CallerAccess(RoleAssumption(session, external_id), s3, buckets, lake_bucket)
    return access.source(uri, role), S3Destination(s3, lake.root.removeprefix("s3://"))


def prepare_events(spark: SparkSession, plan: Mapping[str, Any], lake: Storage) -> dict[str, Any]:
    """Prepare a training: shards of events replace the files of interactions.

    Also writes the manifest of the objects that the training job reads then. Raises TrainingError if the data
    cannot be used.
    """
    keys = [key for key in lake.read(plan["manifestKey"]) if isinstance(key, str)]
    with tempfile.TemporaryDirectory() as scratch:
        config = read_config(lake.fetch(plan["configKey"], Path(scratch)))
    folder = PreparedFolder(plan["prepared"])
    shards = max(1, -(-int(plan["bytes"]) // preparation.SHARD_BYTES))
    events = preparation.prepare(spark, config, keys, lake, folder, shards)
    replaced = (*config.datasets["INTERACTIONS"].prefixes, *config.events)
    kept = [key for key in keys if not key.startswith(replaced)]
    index = folder.index
    names = lake.read(index)["shards"]
    lake.write(folder.manifest, [{"prefix": lake.uri("")}, *kept, index, *names])
    return {"events": events, "shards": len(names)}


def refusal(error: Exception) -> str | None:
    """The words of an error that the data are to blame for, also when it comes out of a task; else None."""
    if isinstance(error, WorkFailedError | TrainingError):
        return str(error)
    found = _REFUSED.findall(str(error))
    return found[-1] if found else None


def main(argv: list[str] | None = None) -> None:
    """Do one plan."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("work", choices=("import", "prepare"))
    parser.add_argument("plan", type=json.loads)
    parser.add_argument("--lake", type=Storage, required=True)
    parser.add_argument(
        "--data-buckets", type=json.loads, default=[], help="buckets that need no caller's role"
    )
    parser.add_argument("--external-id", help="what the job presents when it assumes the caller's role")
    args = parser.parse_args(argv)
    spark = SparkSession.builder.appName(f"tastemaker {args.work}").getOrCreate()
    try:
        if args.work == "import":
            outcome = import_data(spark, args.plan, args.lake, args.data_buckets, args.external_id)
        else:
            outcome = prepare_events(spark, args.plan, args.lake)
    except Exception as error:
        reason = refusal(error)
        if reason is None:
            raise
        outcome = {"error": reason}
    finally:
        spark.stop()
    args.lake.write(args.plan["outcome"], outcome)
    print(json.dumps(outcome))


if __name__ == "__main__":
    main()
