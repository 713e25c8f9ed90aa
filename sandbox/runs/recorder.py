"""Recording a run: the state it began with, and every order since."""

import json
from collections.abc import Mapping
from urllib.parse import quote

from sandbox import seed
from sandbox.runs.names import names_in
from sandbox.runs.progress import Progress
from sandbox.runs.run import IDLE, ORDERS_KEPT, RECORDING, JsonObject, Noted, Recording
from sandbox.talk import MisuseError
from sandbox.world import World


def start(world: World) -> None:
    """Begins to record. Raises MisuseError while something else goes on."""
    require_idle(world)
    recording = Recording(json.loads(json.dumps(seed.dump(world))))
    world.run.begin(RECORDING, progress_from_here(world), world.clock.now_ms(), recording)


def stop(world: World) -> Recording:
    """Ends the recording and returns it. Raises MisuseError when nothing is being recorded."""
    run = world.run
    if run.state != RECORDING or run.recording is None or run.progress is None:
        raise MisuseError("nothing is being recorded")
    recording = run.recording
    recording.end_ms, recording.seen = world.clock.now_ms() - run.began_ms, run.progress.seen()
    run.end()
    return recording


def require_idle(world: World) -> None:
    """Raises MisuseError while a run is being recorded or replayed."""
    if world.run.state != IDLE:
        raise MisuseError(f"a run is {world.run.state}: stop or cancel it first")


def progress_from_here(world: World) -> Progress:
    """Counts what the application does from now on."""
    return Progress(world.chat, world.calls, world.stream.log)


def note(
    world: World,
    method: str,
    pattern: str,
    *,
    path: Mapping[str, str],
    query: Mapping[str, str],
    body: JsonObject,
) -> Noted | None:
    """Writes down an order that is about to be carried out; None when nothing is being recorded."""
    run = world.run
    if run.state != RECORDING or run.recording is None or run.progress is None:
        return None
    if len(run.recording.orders) >= ORDERS_KEPT:
        run.end(f"the recording was given up: it had {ORDERS_KEPT} orders")
        return None
    body = _plain(world, body)
    noted = Noted(
        at_ms=world.clock.now_ms() - run.began_ms,
        method=method,
        path=filled(pattern, path),
        query=dict(query),
        body=body,
        names=names_in(world, body, path),
        seen=run.progress.seen(),
        open=sorted(run.unanswered),
    )
    run.unanswered.add(len(run.recording.orders))
    run.recording.orders.append(noted)
    run.orders += 1
    run.bell.ring()
    return noted


def _plain(world: World, body: JsonObject) -> JsonObject:
    """The body for good; a frame's messageId becomes the msgId of what it brought, which can be named."""
    body = json.loads(json.dumps(body))
    push = world.stream.find_push(message_id=str(body["messageId"])) if "messageId" in body else None
    return {**{k: v for k, v in body.items() if k != "messageId"}, "msgId": push.msg_id} if push else body


def filled(pattern: str, path: Mapping[str, str]) -> str:
    """`/faults/{faultId}` with its parts."""
    for key, value in path.items():
        pattern = pattern.replace(f"{{{key}}}", quote(value, safe=""))
    return pattern


def answered(world: World, noted: Noted, answer: JsonObject | None) -> None:
    """Writes down that an order was carried out, or (None) refused, and the seed chance gave a fault."""
    run = world.run
    noted.refused = answer is None
    if answer is not None and is_fault(noted):
        run.faults.append(answer["id"])
        noted.body["seed"] = answer["seed"]
    if run.recording is not None and noted in run.recording.orders:
        run.unanswered.discard(run.recording.orders.index(noted))
        run.done += 1
        run.bell.ring()


def is_fault(noted: Noted) -> bool:
    """Whether the order is for a fault."""
    return (noted.method, noted.path) == ("POST", "/faults")
