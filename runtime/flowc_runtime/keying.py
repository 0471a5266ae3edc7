"""The author's key function: called in a child before the lookup; its value is in the key.

It gets the inputs that it names, loaded, and counts in their place. When it fails, or returns what
has no JSON form, the step is executed and no cache entry is made: the cache is never a reason to
fail.
"""

from __future__ import annotations

from flowc_runtime.attempt import Attempt
from flowc_runtime.child import Job

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc_runtime.child import Report
    from flowc_runtime.contract import Json
    from flowc_runtime.keys import Resolved
    from flowc_runtime.loop import Loop
    from flowc_runtime.task import Task

EVENT = "key"


def ask(
    task: Task,
    inputs: dict[str, Resolved],
    loop: Loop,
    *,
    output: Callable[[bytes], None],
    ended: Callable[[Report], None],
) -> Attempt:
    """Call the key function of the step; its report has the value as ``key``, or an error."""
    spec: Json = task.step.get("policy", {}).get("key")
    job = Job(task.step, inputs, {}, [], task.place)
    job.run, job.run_name, job.pipeline = task.run.id, task.run.name, task.run.spec["pipeline"]
    job.hook = {"event": EVENT, "store": task.run.store.uri, **spec}
    limit = task.step.get("timeout")
    return Attempt(
        loop,
        job,
        output=output,
        beat=_nothing,
        ended=ended,
        limit=limit,
        redactor=task.run.redactor(),
    )


def call(job: Job) -> Report:
    """In the child; the author's modules can be imported already."""
    from flowc_runtime import values
    from flowc_runtime.calling import Contents, Inputs, exit_called, find_function

    function = find_function(job.hook["module"], job.hook["qualname"])
    inputs = Inputs(job.inputs, job.step["types"], Contents(job.hook["store"]))
    arguments = {name: inputs[name] for name in job.hook["takes"]}
    try:
        return {"key": values.encode(function(**arguments))}
    except SystemExit as error:
        return {"error": exit_called(error, "it")}


def _nothing() -> None: ...
