"""Text that the templates of engines, shells and YAML would like to read something into."""

from __future__ import annotations

from flowc import pipeline, step

CONSTANT = "{{ x }} {% y %} {{$.z}} $(true) $HOME \"'\\\n\t# no: comment 🎈 tail.sh"


@step
def keep(text: str) -> str:
    return text


@pipeline
def nasty_text(text: str = "plain") -> None:
    keep(text, id="given")
    keep(CONSTANT, id="constant")
