"""IAM's policy simulator, which moto lacks: SimulatePrincipalPolicy and GetContextKeysForPrincipalPolicy.

Permission boundaries and organization policies are not evaluated.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape

from local.http.messages import Request, Response
from local.iam.operations import Operation
from local.iam.policy import PolicyError, context_keys, decision
from local.iam.roles import Roles

NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"
OPERATIONS = ("SimulatePrincipalPolicy", "GetContextKeysForPrincipalPolicy")


def is_simulation(called: Operation) -> bool:
    """Whether an operation is one of the simulator's."""
    return called.service == "iam" and called.name in OPERATIONS


def simulate(called: Operation, request: Request, roles: Roles) -> Response:
    """The answer of the simulator, in the form of IAM's query protocol."""
    form = request.form
    source = form.get("PolicySourceArn", "")
    if not roles.entities(source):
        return _error(404, "NoSuchEntity", f"{source} is no user or role.")
    documents = roles.documents(source)
    try:
        if called.name == "GetContextKeysForPrincipalPolicy":
            return _answer(
                called.name, f"<ContextKeyNames>{_members(sorted(context_keys(documents)))}</ContextKeyNames>"
            )
        context = _context(form)
        results = "".join(
            _result(action, resource, decision(documents, action, resource, context))
            for action in _list(form, "ActionNames")
            for resource in _list(form, "ResourceArns") or ["*"]
        )
    except PolicyError as error:
        return _error(400, "InvalidInput", str(error))
    return _answer(
        called.name,
        f"<IsTruncated>false</IsTruncated><EvaluationResults>{results}</EvaluationResults>",
    )


def _context(form: Mapping[str, str]) -> dict[str, list[str]]:
    context, number = {}, 1
    while name := form.get(f"ContextEntries.member.{number}.ContextKeyName"):
        context[name.lower()] = _list(form, f"ContextEntries.member.{number}.ContextKeyValues")
        number += 1
    return context


def _list(form: Mapping[str, str], name: str) -> list[str]:
    return list(_each(form, name))


def _each(form: Mapping[str, str], name: str) -> Iterator[str]:
    number = 1
    while (value := form.get(f"{name}.member.{number}")) is not None:
        yield value
        number += 1


def _members(texts: list[str]) -> str:
    return "".join(f"<member>{escape(text)}</member>" for text in texts)


def _result(action: str, resource: str, decided: str) -> str:
    return (
        f"<member><EvalActionName>{escape(action)}</EvalActionName>"
        f"<EvalResourceName>{escape(resource)}</EvalResourceName><EvalDecision>{decided}</EvalDecision></member>"
    )


def _answer(operation: str, result: str) -> Response:
    xml = (
        f'<{operation}Response xmlns="{NAMESPACE}"><{operation}Result>{result}</{operation}Result>'
        f"<ResponseMetadata><RequestId>local</RequestId></ResponseMetadata></{operation}Response>"
    )
    return Response(200, [("Content-Type", "text/xml")], xml.encode())


def _error(status: int, code: str, message: str) -> Response:
    xml = (
        f'<ErrorResponse xmlns="{NAMESPACE}"><Error><Type>Sender</Type><Code>{code}</Code>'
        f"<Message>{escape(message)}</Message></Error><RequestId>local</RequestId></ErrorResponse>"
    )
    return Response(status, [("Content-Type", "text/xml")], xml.encode())
