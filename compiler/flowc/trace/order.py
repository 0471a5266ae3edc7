"""The order of invocations: what `after` may be given, and a sequence in which they can run."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowc.authoring.handles import InvocationHandle, OutputHandle, Outputs, PipelineHandle
from flowc.errors import AuthorError, FlowcError, did_you_mean, raise_all
from flowc.narrowing import is_dict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from flowc import ir
    from flowc.trace.tracer import Call


@dataclass(frozen=True, slots=True)
class After:
    """What an invocation was told to follow: an id as text, in a scope with this prefix, or the
    full id that a handle has.
    """

    name: str
    handle: bool
    scope: str = ""


@dataclass(frozen=True, slots=True)
class AfterReader:
    """Reads what one call is given as ``after``; ``scope`` is the prefix of ids around it."""

    owner: object
    scope: str
    title: str
    where: str

    def read(self, after: Any) -> Iterator[After]:
        match after:
            case str():
                yield After(after, handle=False, scope=self.scope)
            case InvocationHandle() | OutputHandle() | Outputs():
                check_owner(after, self.owner, self.where)
                yield After(after.step, handle=True)
            case PipelineHandle():
                check_owner(after, self.owner, self.where)
                yield After(after.name, handle=True)
            case _ if type(after) in (list, tuple, set, frozenset):
                for item in after:
                    yield from self.read(item)
            case _ if is_dict(after):
                for item in after.values():
                    yield from self.read(item)
            case _:
                raise self._wrong(after)

    def _wrong(self, after: Any) -> AuthorError:
        kind = getattr(after, "kind", "")
        return AuthorError(
            f"{self.title}: after wants outputs of steps, invocation ids or a list of these, "
            f"got {f'the {kind} itself' if kind else repr(after)}",
            where=self.where,
            hint=f"call it first, or give the id of its call: {after!r}" if kind else "",
        )


def check_owner(handle: Any, owner: object, where: str) -> None:
    """Raise AuthorError for a handle that another pipeline's function has got hold of."""
    if handle.owner is not owner:
        raise AuthorError(
            f"{handle!r} belongs to another pipeline",
            where=where,
            hint="call that step in this pipeline, or nest the other pipeline in this one",
        )


def resolve_orders(
    calls: Mapping[str, Call], nested: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """What each invocation was told to follow. Raises AuthorError for all unknown ids at once."""
    unknown: list[FlowcError] = []
    orders = {
        call.step.id: tuple(_resolve_after(call, calls, nested, unknown))
        for call in calls.values()
    }
    raise_all(unknown)
    return orders


def _resolve_after(
    call: Call, calls: Mapping[str, Call], nested: Collection[str], unknown: list[FlowcError]
) -> list[str]:
    """Ids are looked up in the nested pipeline first, then in the whole pipeline.

    The id of a nested pipeline means all its steps. An error is added for each that is unknown.
    """
    resolved: dict[str, None] = {}
    for after in call.after:
        candidates = (after.name,) if after.handle else (after.scope + after.name, after.name)
        known = (name for name in candidates if name in calls or name in nested)
        found = next(known, None)
        if found is None:
            unknown.append(_unknown(call, after, [*calls, *nested]))
        elif found in calls:
            resolved[found] = None
        else:
            resolved.update({id_: None for id_ in calls if id_.startswith(f"{found}.")})
    return list(resolved)


def _unknown(call: Call, after: After, known: list[str]) -> AuthorError:
    return AuthorError(
        f"step '{call.step.id}': after names '{after.name}', which is no invocation",
        where=str(call.step.location),
        hint=did_you_mean(after.name, known),
    )


def ordered(steps: list[ir.Step]) -> tuple[ir.Step, ...]:
    """In an order in which they can run; as called where that is possible."""
    position = {step.id: index for index, step in enumerate(steps)}
    open_count = [len(step.upstream) for step in steps]
    below: list[list[int]] = [[] for _ in steps]
    for index, step in enumerate(steps):
        for above in step.upstream:
            below[position[above]].append(index)
    ready = [index for index, count in enumerate(open_count) if not count]
    ordered: list[ir.Step] = []
    while ready:
        index = heapq.heappop(ready)
        ordered.append(steps[index])
        for other in below[index]:
            open_count[other] -= 1
            if not open_count[other]:
                heapq.heappush(ready, other)
    if len(ordered) < len(steps):
        raise _cycle([step for index, step in enumerate(steps) if open_count[index]])
    return tuple(ordered)


def _cycle(stuck: list[ir.Step]) -> AuthorError:
    """Follow upstream steps among those left over until one comes back."""
    left = {step.id: step for step in stuck}
    path = [stuck[0].id]
    while True:
        above = next(name for name in left[path[-1]].upstream if name in left)
        if above in path:
            path = [*path[path.index(above) :], above]
            break
        path.append(above)
    path.reverse()
    places = ", ".join(f"'{name}' at {left[name].location}" for name in path[:-1])
    return AuthorError(
        f"the order of steps goes round in a circle: {' -> '.join(path)}",
        where=str(left[path[0]].location),
        hint=f"take one of the after= away: {places}",
    )
