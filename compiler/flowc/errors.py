"""Everything flowc raises on purpose: what, where, why, and what to do."""

from __future__ import annotations


class FlowcError(Exception):
    """Base of all errors that flowc raises; its text is complete and needs no traceback.

    ``where`` is ``file:line`` of the author's code or configuration; ``hint`` says what to do.
    """

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        self.message, self.where, self.hint = message, where, hint
        super().__init__(self.render())

    def render(self) -> str:
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head}\n  hint: {self.hint}" if self.hint else head


class AuthorError(FlowcError):
    """The pipeline, its configuration or the request is wrong."""


class BackendError(FlowcError):
    """The target, or an engine or daemon behind it, cannot do what was asked."""


class EngineUnavailable(BackendError):  # noqa: N818 - said as it is
    """A daemon or engine did not answer."""


class RunFailed(FlowcError):  # noqa: N818 - an outcome
    """A pipeline ran and failed; the run's record holds the details.

    ``traceback`` is that of the author's code, where one step was called on its own.
    """

    def __init__(
        self,
        message: str,
        *,
        run: str = "",
        traceback: str = "",
        where: str = "",
        hint: str = "",
    ) -> None:
        self.run, self.traceback = run, traceback
        super().__init__(message, where=where, hint=hint)


class InternalError(FlowcError):
    """flowc broke one of its own rules."""

    def __init__(self, message: str, *, where: str = "") -> None:
        super().__init__(
            message, where=where, hint="this is a bug in flowc: please report it with this text"
        )


class Errors(FlowcError):  # noqa: N818 - several of them
    """Several errors found in one go, reported together."""

    def __init__(self, errors: list[FlowcError]) -> None:
        self.errors = errors
        super().__init__("\n".join(error.render() for error in errors))


def raise_all(errors: list[FlowcError]) -> None:
    """Raise the one error, or all of them together; nothing when there is none."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise Errors(errors)


def did_you_mean(name: str, known: list[str]) -> str:
    """A hint with the nearest known name, or all of them."""
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"did you mean '{near[0]}'?"
    return f"known: {', '.join(sorted(known))}" if known else ""


def missing_extra(extra: str, package: str) -> BackendError:
    return BackendError(
        f"the package '{package}' is not installed", hint=f"pip install 'flowc[{extra}]'"
    )
