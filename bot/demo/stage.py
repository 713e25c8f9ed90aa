"""Where the story is told: a terminal, a pipe or a picture, 80 columns wide when nobody says otherwise.

Nothing has an edge on the right: terminals disagree about how wide an emoji is.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import unescape
from pathlib import Path
from re import Match

from rich import box
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bot.demo.markup import plain, rendered
from bot.demo.sandbox import BinItem, Button, Call, Message
from bot.models import AuditRecord

MAX_WIDTH = 100
PACE_S = 0.7
"""What a reader gets between two events, when somebody reads along."""

_OPEN = box.Box("╭── \n│   \n├── \n│   \n├── \n├── \n│   \n╰── \n")
_INDENT = 4
_COLORS = {"blue": "bold white on blue", "red": "bold white on red", "gray": "black on white"}
_TEXT = re.compile(r'(<text [^>]*textLength=")([\d.]+)("[^>]*>)([^<]+)</text>')
_WEBHOOKS = {"POST /robot/sendBySession", "POST /robot/send"}
_THOUSAND = 1000
_DIGEST, _DIGEST_BEGINS = 64, 8
_LAST_UNIT = "GB"


class Stage:
    """Prints the story. With `paced`, it leaves the reader time between events."""

    def __init__(self, console: Console, *, paced: bool) -> None:
        self.console = console
        self._pace_s = PACE_S if paced else 0
        self._kind = ""
        self._scenes = 0

    async def beat(self) -> None:
        """Let what was printed be read."""
        await asyncio.sleep(self._pace_s)

    def title(self, title: str, text: str) -> None:
        self._print(Text(title, "bold"))
        self._print(Text(text))

    def scene(self, title: str) -> None:
        """A new chapter; they are numbered."""
        self._begin("")
        self._scenes += 1
        line = Text(f"{self._scenes}  {title} ", "bold cyan")
        line.append("─" * max(0, self.console.width - line.cell_len), "cyan")
        self._print(line)

    def tell(self, text: str) -> None:
        """A sentence of the narrator."""
        self._begin("")
        self._print(Text(text, "italic"))

    def bubble(self, name: str, where: str, text: str) -> None:
        """Something a person says."""
        head = Text(f" {plain(name)} ", "bold green").append(f"{plain(where)} ", "not bold dim")
        self._boxed(Text(plain(text)), head, "green")

    def robot(self, message: Message, where: str = "") -> None:
        """Something a robot says: a card with its buttons, or plain words; `where` is told when it is not clear."""
        name = "Dingsweep" if message.by_us else plain(message.sender.robot)
        head = Text(f" {name} ", "bold blue")
        if where:
            head.append(f"{plain(where)} ", "not bold dim")
        if not message.is_card:
            self._boxed(rendered(message.words), head, "blue")
            return
        body = Text.assemble((plain(message.title), "bold"), "\n", rendered(message.words))
        if tips := message.params.get("tips"):
            body.append("\n").append(plain(tips), "dim italic")
        if message.buttons:
            body.append("\n\n").append_text(_row(message.buttons))
        self._boxed(body, head, "blue")

    def click(self, name: str, button: Button, elapsed_ms: float) -> None:
        """Somebody presses a button, and the robot has answered."""
        self._begin("click")
        line = Text.assemble("👆 ", (plain(name), "bold green"), " presses ", _key(button))
        self._aside(line.append(f"  answered in {elapsed_ms:.0f} ms", "dim"))

    def private(self, name: str, words: str) -> None:
        """What only the presser of a button sees."""
        self._aside(Text.assemble("🔒 only ", (plain(name), "bold green"), " sees: ", rendered(words)))

    def changed(self, title: str, last_line: str = "", *, whose: str = "the card") -> None:
        """A card that is on the screen already says something new."""
        self._begin("click")
        self._aside(Text.assemble(f"🔄 {plain(whose)} now says ", (plain(title), "bold")))
        if last_line:
            self._aside(Text("   ").append_text(rendered(last_line)))

    def calls(self, calls: Sequence[Call]) -> None:
        """The calls the robot made to DingTalk, in the order they first came; like ones are one line."""
        if not calls:
            return
        self._begin("")
        self._aside(Text("the robot calls DingTalk", "dim"))
        for (route, status, cost), count in Counter(map(_likeness, calls)).items():
            good = status < 400  # noqa: PLR2004
            line = Text.assemble("  ", (str(status), "green" if good else "red"), (f" {cost:<7}  ", "dim"))
            times = f" ×{count}" if count > 1 else ""
            room = self.console.width - _INDENT - line.cell_len - len(times)
            self._aside(line.append(_ending(route, room)).append(times, "dim"))

    def check(self, what: str, *, good: bool, found: str = "") -> None:
        """Whether something is as it must be; when not, what it is instead."""
        self._begin("check")
        line = Text.assemble(("✔ ", "bold green") if good else ("✘ ", "bold red"), what)
        if not good and found:
            line.append(f": {plain(found)}", "red")
        self._print(line)

    def bin(self, items: Iterable[BinItem], names: Mapping[str, str]) -> None:
        """What lies in the recycle bin; `names` by unionId."""
        columns = ("In the recycle bin now", "Inside", "Size", "Put there by")
        table = Table(*columns, box=box.SIMPLE_HEAD, padding=(0, 1))
        for item in items:
            name = ("📁 " if item.is_folder else "📄 ") + plain(item.original_path)
            inside = str(len(item.contents) - 1) if item.is_folder else ""
            table.add_row(Text(name), inside, size(item.size), Text(plain(names[item.operator_id])))
        self._print(table)

    def trail(self, records: Iterable[AuditRecord]) -> None:
        """Records of the audit trail, one line each: as much of their details as fits, a digest by its beginning."""
        rows = [(str(record.seq), record.actor, record.event, _details(record)) for record in records]
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), expand=True)
        for number, column in enumerate(("#", "Who", "What")):
            widest = max((cell_len(row[number]) for row in rows), default=0)
            table.add_column(column, no_wrap=True, min_width=max(widest, len(column)))
        table.add_column("Details", no_wrap=True, ratio=1)
        for row in rows:
            table.add_row(*(Text(plain(cell)) for cell in row))
        self._print(table)

    def note(self, text: str) -> None:
        """A line of the programme, between the scenes."""
        self._whole(Text(text))

    def verdict(self, text: str, *, good: bool) -> None:
        """How the story went."""
        self._begin("")
        self._whole(Text(text, "bold green" if good else "bold red"))

    def failed(self, text: str) -> None:
        """Why it cannot go on."""
        self._whole(Text.assemble(("✘ ", "bold red"), plain(text)))

    def paste(self, what: str, command: str) -> None:
        """A command to copy."""
        self._print(Text(what, "dim"))
        self._whole(Text(command))

    def save_svg(self, file: Path) -> None:
        """Everything shown so far as a picture; the console must record."""
        file.write_text(_TEXT.sub(_wide, self.console.export_svg(title="make demo", clear=False)), "utf-8")

    def _begin(self, kind: str) -> None:
        """An empty line, unless this goes on with what the last thing was."""
        if not kind or kind != self._kind:
            self.console.print()
        self._kind = kind

    def _boxed(self, body: Text, head: Text, color: str) -> None:
        panel = Panel(body, box=_OPEN, title=head, title_align="left", border_style=color, padding=(0, 1))
        self._begin("")
        self._print(Padding(panel, (0, 0, 0, _INDENT)))

    def _aside(self, line: Text) -> None:
        self._print(Padding(line, (0, 0, 0, _INDENT)))

    def _whole(self, line: Text) -> None:
        """A line with something to copy in it: never broken by us."""
        self.console.print(line, soft_wrap=True)

    def _print(self, what: RenderableType) -> None:
        self.console.print(what, highlight=False, markup=False)


def cost_of(call: Call) -> str:
    """Which of DingTalk's monthly quotas a call uses up."""
    if call.route in _WEBHOOKS:
        return "webhook"
    return "counted" if call.counted else "free"


def _details(record: AuditRecord) -> str:
    return ", ".join(f"{name}={_brief(value)}" for name, value in record.details.items() if value)


def _brief(value: object) -> str:
    text = str(value)
    return f"{text[:_DIGEST_BEGINS]}…" if len(text) == _DIGEST else text


def _likeness(call: Call) -> tuple[str, int, str]:
    return call.route, call.status, cost_of(call)


def _ending(route: str, most: int) -> str:
    """As much of a route as fits: method, and of its path the end, which says what is done."""
    method, _, path = route.partition(" ")
    while len(f"{method} {path}") > most and "/" in path.removeprefix("…/"):
        path = f"…/{path.removeprefix('…/').partition('/')[2]}"
    return f"{method} {path}"


def size(count: float) -> str:
    """Bytes with one decimal, as the cards show them."""
    for unit in ("B", "KB", "MB"):
        if count < _THOUSAND:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= _THOUSAND
    return f"{count:.1f} {_LAST_UNIT}"


def _wide(text: Match[str]) -> str:
    """A piece of the picture as wide as its cells: rich takes every character for one, also a Chinese one."""
    start, width, between, content = text.groups()
    shown = unescape(content)
    return f"{start}{float(width) * cell_len(shown) / len(shown):.1f}{between}{content}</text>"


def _row(buttons: Sequence[Button]) -> Text:
    return Text("  ").join(_key(button) for button in buttons)


def _key(button: Button) -> Text:
    return Text(f"[{plain(button.text)}]", _COLORS.get(button.color, _COLORS["gray"]))
