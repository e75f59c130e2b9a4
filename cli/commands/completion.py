"""`tastemaker completion`: the script that completes commands in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that completes commands in SHELL.

    \b
    Examples:
      source <(tastemaker completion bash)                     # in ~/.bashrc
      source <(tastemaker completion zsh)                      # in ~/.zshrc, after compinit
      tastemaker completion fish > ~/.config/fish/completions/tastemaker.fish
    """
    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(context.find_root().command, {}, "tastemaker", "_TASTEMAKER_COMPLETE").source())
