"""The CDK app. `cdk synth -c stage=prod`, or without the CLI `TASTEMAKER_STAGE=prod python app.py`.

The stage comes from the context (`-c stage=…`), or from the variable `TASTEMAKER_STAGE`, or is `dev`. Its
settings are in `cdk.json`; `docs/settings.md` explains them. The context `bundle=false`, for the local run,
leaves the dependencies out of the packages. The assembly goes to `CDK_OUTDIR`, or to `cdk.out`. The network
is needed only to download the wheels of a stage that bundles them, once.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace

import aws_cdk as cdk

from infrastructure.stack import TastemakerStack
from infrastructure.stage import CDK_JSON, load


def app() -> cdk.App:
    """The app with the stack of the chosen stage."""
    # The CLI passes the context of cdk.json. Reading it here makes the app work without the CLI.
    context = json.loads(CDK_JSON.read_text())["context"]
    app = cdk.App(context=context, outdir=os.environ.get("CDK_OUTDIR", "cdk.out"), analytics_reporting=False)
    stage = load(app.node.try_get_context("stage") or os.environ.get("TASTEMAKER_STAGE", "dev"))
    if app.node.try_get_context("bundle") in (False, "false"):
        stage = replace(stage, bundle=False)
    TastemakerStack(app, stage=stage)
    return app


if __name__ == "__main__":
    app().synth()
