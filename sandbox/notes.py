"""Why a call did not simply go through, in a sentence for whoever reads the log."""

from collections.abc import Iterator

from sandbox.faults.effects import CallEffect
from sandbox.faults.faults import Fault


def note_of(fault: Fault[CallEffect]) -> str:
    """What this fault did to a call."""
    name = f"fault {fault.id} ({fault.kind})" if fault.kind else f"fault {fault.id}"
    return f"{name}: {', '.join(_parts(fault)) or 'no effect'}"


def _parts(fault: Fault[CallEffect]) -> Iterator[str]:
    what, item = fault.what, fault.which.item
    if what.delay_ms:
        yield f"held up for {what.delay_ms} ms"
    if what.answers:
        yield "the work was done" if what.after else "nothing was done"
    if what.task is not None:
        yield f"the tasks it starts fail ({what.task.failed}: {what.task.message})"
    if what.deliver:
        yield f"no card is delivered ({what.deliver})"
    if item is not None and not what.answers:
        done = "though it was done" if what.after else "and was left alone"
        yield f"{item.dentry_id or 'the first item'} is reported as {item.error_code} {done}"
    if what.first_byte_ms:
        yield f"nothing was sent for {what.first_byte_ms} ms"
    yield from _endings(what)


def _endings(what: CallEffect) -> Iterator[str]:
    if what.reset:
        yield "the connection was reset"
        return
    if what.answers:
        yield f"answered with {' '.join(filter(None, (str(what.status or ''), what.code))) or 'another body'}"
    if what.content_type:
        yield f"sent as {what.content_type}"
    if what.truncate is not None:
        yield f"only the first {what.truncate} bytes of the body were sent"
