"""What every generator does. A test module subclasses `GeneratorSuite` with a fixture `generator`."""

from typing import Any

from tastemaker.generation.briefs import Brief
from tastemaker.generation.generator import Generator, Prompt, Usage, estimated_tokens

DRAFT = "Leaf teas from China"
PROMPT = Prompt(
    system="You write titles for rows of items. Answer with one title and nothing else.",
    text=f'A plain title is: {DRAFT}\nThe items:\n[{{"name": "Sencha"}}, {{"name": "Oolong"}}]',
    draft=DRAFT,
    max_tokens=30,
    brief=Brief("Write a title for a group of products.", (), "Sencha; Oolong"),
)


class GeneratorSuite:
    def test_it_has_a_name(self, generator: Generator) -> None:
        assert generator.name

    def test_it_answers_with_text(self, generator: Generator) -> None:
        assert generator.generate(PROMPT).text.strip()

    def test_same_prompt_gives_the_same_text(self, generator: Generator) -> None:
        assert generator.generate(PROMPT).text == generator.generate(PROMPT).text

    def test_answer_is_within_the_limit_of_tokens(self, generator: Generator) -> None:
        assert generator.generate(PROMPT).usage.output_tokens <= PROMPT.max_tokens

    def test_no_call_costs_more_than_its_largest_cost(self, generator: Generator) -> None:
        assert generator.cost(generator.generate(PROMPT).usage) <= generator.largest_cost(PROMPT)

    def test_estimate_of_tokens_is_not_too_low(self, generator: Generator) -> None:
        assert generator.generate(PROMPT).usage.input_tokens <= estimated_tokens(PROMPT)

    def test_nothing_costs_nothing(self, generator: Any) -> None:
        assert generator.cost(Usage()) == 0
