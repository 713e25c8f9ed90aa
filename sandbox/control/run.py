"""Control of runs: recording what is ordered, and having it done again."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from sandbox.control.desk import REFUSALS, Handler, JsonObject, Order, Route, reason
from sandbox.control.touched import touched
from sandbox.paper import to_json
from sandbox.runs import recorder, replay
from sandbox.runs.run import IDLE, RECORDING, Noted
from sandbox.runs.tape import from_paper, to_paper
from sandbox.talk import MisuseError
from sandbox.ticks import TOPICS


def noted(route: Route) -> Route:
    """The same route; what it is asked is written down while a run is recorded, unless it only looks (GET)."""
    method, pattern, handler = route
    if method == "GET":
        return route

    async def serve(order: Order) -> JsonObject:
        note = recorder.note(
            order.world, method, pattern, path=order.path, query=order.query, body=order.body
        )
        answer: JsonObject | None = None
        try:
            answer = await handler(order)
        finally:
            if note is not None:
                recorder.answered(order.world, note, answer)
        return answer

    return method, pattern, serve


def routes(orders: Sequence[Route]) -> tuple[Route, ...]:
    """The routes of runs, which can do `orders` again."""

    async def act(order: Order) -> JsonObject:
        """`{action}`: `record`, `stop` (returns the recording), `replay` {recording, speed?, patienceS?},
        `cancel`."""
        action = order.need("action")
        if action == "stop":
            return to_paper(recorder.stop(order.world))
        if action == "record":
            recorder.start(order.world)
        elif action == "replay":
            _replay(order, orders)
        elif action == "cancel":
            await _cancel(order)
        else:
            raise MisuseError(f"no such action: {action}")
        return await status(order)

    return ("GET", "/run", status), ("POST", "/run", act)


async def status(order: Order) -> JsonObject:
    """What is being recorded or replayed, or how the last replay ended; with `wait`, once nothing is."""
    run = order.world.run
    await run.bell.until(lambda: run.state == IDLE, order.wait_s)
    told = {"state": run.state, "orders": run.orders, "done": run.done, "missing": to_json(run.missing)}
    return {**told, "failed": run.failed} if run.failed else told


def _replay(order: Order, orders: Sequence[Route]) -> None:
    recording = from_paper(order.need("recording"))
    for number, one in enumerate(recording.orders, 1):
        if _find(orders, one) is None:
            raise MisuseError(f"order {number} of the recording, {one.method} {one.path}, is no order")

    async def give(one: Noted, values: dict[str, Any]) -> JsonObject:
        found = _find(orders, one)
        if found is None:
            raise replay.RefusedError("it is no order")
        handler, path = found
        body = {**one.body, **{key: value for key, value in values.items() if key not in path}}
        path = {key: str(values.get(key, value)) for key, value in path.items()}
        try:
            return await handler(Order(order.world, path, one.query, body))
        except REFUSALS as exc:
            raise replay.RefusedError(reason(exc)) from exc
        finally:
            order.world.ticks.ring(*touched(one.method, one.path))

    pace = replay.Pace(_number(order, "speed", 1), _number(order, "patienceS", 5))
    replay.start(order.world, recording, give, pace)
    order.world.ticks.ring(*TOPICS)
    order.world.ticks.ring(*TOPICS)


def _number(order: Order, name: str, default: float) -> float:
    value = order.body.get(name, default)
    if type(value) not in {int, float}:
        raise MisuseError(f"{name} is no number")
    return float(value)


def _find(orders: Sequence[Route], noted: Noted) -> tuple[Handler, dict[str, str]] | None:
    """The handler of an order, and what stands in its path for each part in braces."""
    for method, pattern, handler in orders:
        if method == noted.method and method != "GET":
            path = _match(pattern.split("/"), noted.path.split("/"))
            if path is not None:
                return handler, path
    return None


def _match(pattern: list[str], path: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(path):
        return None
    parts = list(zip(pattern, path, strict=True))
    if any(want != part if not want.startswith("{") else not part for want, part in parts):
        return None
    return {want[1:-1]: unquote(part) for want, part in parts if want.startswith("{")}


async def _cancel(order: Order) -> None:
    run = order.world.run
    if run.state == IDLE:
        raise MisuseError("there is nothing to cancel")
    if run.state == RECORDING:
        run.end()
    else:
        await run.cancel()
