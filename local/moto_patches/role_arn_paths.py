"""`"RoleArn.$": "$.role"` in the parameters of a task, as Step Functions reads it: a path.

moto's grammar has a word of its own for `RoleArn.$`, because a task's `Credentials` may have it. In
parameters it then takes the path for a text and the name for one that ends with `.$`. Personalize's requests
have `RoleArn`.
"""

from __future__ import annotations

from typing import Any

from antlr4 import CommonTokenStream, InputStream
from moto.stepfunctions.parser.asl.antlr.runtime.ASLLexer import ASLLexer
from moto.stepfunctions.parser.asl.antlr.runtime.ASLParser import ASLParser
from moto.stepfunctions.parser.asl.component.common.payload.payloadvalue.payloadbinding import payload_binding
from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor

NAME = "RoleArn"
_visit_value = Preprocessor.visitPayload_binding_value


def install() -> None:
    """Apply the change; a second call changes nothing."""
    Preprocessor.visitPayload_binding_value = _visit_binding  # type: ignore[method-assign]


def _visit_binding(self: Preprocessor, ctx: Any) -> Any:
    if ctx.string_literal().getText() != f'"{NAME}.$"':
        return _visit_value(self, ctx)
    text = ctx.payload_value_decl().getText()
    parser = ASLParser(CommonTokenStream(ASLLexer(InputStream(text))))
    expression = self.visitString_expression_simple(parser.string_expression_simple())  # type: ignore[no-untyped-call]
    return payload_binding.PayloadBindingStringExpressionSimple(NAME, expression)
