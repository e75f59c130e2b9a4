"""A generator that plays a script, for tests of what is around generators."""

from tastemaker.generation.generator import Generated, GeneratorError, Prompt, Usage

PROMPT = Prompt("Write a title.", "A plain title is: Tea\nThe items:\n[]", "Tea", 40)


class Scripted:
    """Gives the answers in order, and raises those that are errors. A text is one call of 100 + 10 tokens."""

    name = "scripted"

    def __init__(self, *answers: str | Generated | GeneratorError) -> None:
        self.answers = list(answers)
        self.prompts: list[Prompt] = []

    def generate(self, prompt: Prompt) -> Generated:
        self.prompts.append(prompt)
        answer = self.answers.pop(0)
        if isinstance(answer, GeneratorError):
            raise answer
        return Generated(answer, Usage(100, 10)) if isinstance(answer, str) else answer

    def largest_cost(self, prompt: Prompt) -> float:
        return 0.02

    def cost(self, usage: Usage) -> float:
        return (usage.input_tokens + usage.output_tokens) / 11_000
