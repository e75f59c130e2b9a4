"""The CDK app. `cdk synth -c stage=prod`, or without the CLI `TASTEMAKER_STAGE=prod python app.py`.

The stage is taken from the context (`-c stage=…`), else from the variable `TASTEMAKER_STAGE`, else it
is `dev`. Its settings stand in `cdk.json` and are explained in `infrastructure/stage.py`. The
assembly is written to `CDK_OUTDIR`, else to `cdk.out`. Nothing here needs a network, except the
wheels of a stage that bundles them, once.
"""

from __future__ import annotations

import json
import os

import aws_cdk as cdk

from infrastructure.stack import TastemakerStack
from infrastructure.stage import CDK_JSON, load


def app() -> cdk.App:
    """The app with the stack of the chosen stage."""
    # The CLI hands over the context of cdk.json by itself; read here, it is the same without the CLI.
    context = json.loads(CDK_JSON.read_text())["context"]
    app = cdk.App(context=context, outdir=os.environ.get("CDK_OUTDIR", "cdk.out"), analytics_reporting=False)
    stage = load(app.node.try_get_context("stage") or os.environ.get("TASTEMAKER_STAGE", "dev"))
    TastemakerStack(app, stage=stage)
    return app


if __name__ == "__main__":
    app().synth()
