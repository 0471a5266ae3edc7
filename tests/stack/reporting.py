from __future__ import annotations


class Silent:
    """A reporter that keeps its notes."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def run_started(self, run: str, steps: list[str]) -> None: ...
    def step_started(self, step: str) -> None: ...
    def step_log(self, step: str, line: str) -> None: ...
    def step_finished(self, step: str, status: str, seconds: float, detail: str) -> None: ...
    def note(self, text: str) -> None:
        self.notes.append(text)
