"""Generated texts: a message by the stage's model, or by templates."""

from __future__ import annotations

from typing import Any

from deployment.smoke.context import Context, check

TRIES = 5
"""Messages that are asked for until one of them is the model's: a text that fails the check is replaced."""
COLUMNS = {"name": "AISLE", "price": "PRICE", "currency": "USD"}


def texts(context: Context) -> str:
    """A message for a user. In a stage with a model on Amazon Bedrock, the model can be called."""
    model = context.target.stage.generation.model
    client = context.target.client("tastemaker")
    found: dict[str, Any] = {}
    for number in range(TRIES if model else 1):
        found = client.generate_message(
            campaignArn=context.campaigns[context.recipe],
            userId=context.shop.customer(number),
            messageType="PUSH",
            itemColumns=COLUMNS,
        )["message"]
        check(bool(found["text"]) and bool(found["itemIds"]), f"the message is empty: {found}")
        refused = [problem for problem in found["problems"] if "Bedrock" in problem]
        check(not refused, f"{refused[0] if refused else None}")
        if found["source"] != "template":
            break
    if not model:
        check(found["source"] == "template", f"{found['source']} wrote a text, and the stage names no model")
        return "templates write the texts of this stage"
    if found["source"] == "template":
        return f"{model} answers; its {TRIES} texts failed the check, so templates wrote them"
    check(found["source"] == model, f"{found['source']} wrote a text, and not {model}")
    return f"{model} wrote a message"
