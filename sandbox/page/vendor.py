"""Renews what the page borrows: `python -m sandbox.page.vendor` (needs npm) takes the files named below out of their
npm packages, each with its licence, and writes down what came from where.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).with_name("vendor")


@dataclass(frozen=True)
class Borrowed:
    """One npm package at one version, and the files of it that the page needs."""

    name: str
    version: str
    licence: str
    files: tuple[str, ...]

    @property
    def folder(self) -> str:
        """Where its files lie, below `vendor/`."""
        return self.name.removeprefix("@").replace("/", "-")


ICONS = (
    *(
        "activity",
        "arrow-down",
        "arrow-down-left",
        "arrow-left",
        "arrow-up-right",
        "at-sign",
        "bell",
        "bot",
        "bug",
    ),
    *(
        "check",
        "chevron-down",
        "chevron-right",
        "circle",
        "circle-alert",
        "circle-check",
        "circle-x",
        "clock",
    ),
    *("cloud-off", "columns-2", "copy", "database", "download", "ellipsis", "external-link", "eye", "file"),
    *(
        "file-spreadsheet",
        "file-text",
        "film",
        "folder",
        "folder-open",
        "folder-plus",
        "funnel",
        "gauge",
        "globe",
    ),
    *("hard-drive", "image", "info", "keyboard", "languages", "link", "list-filter", "loader-circle", "lock"),
    *(
        "message-square",
        "mic",
        "moon",
        "panel-right",
        "paperclip",
        "pause",
        "pencil",
        "play",
        "plug",
        "plug-zap",
    ),
    *(
        "plus",
        "radio",
        "refresh-cw",
        "rotate-ccw",
        "save",
        "search",
        "send",
        "settings-2",
        "shield",
        "sliders-horizontal",
    ),
    *(
        "snail",
        "sparkles",
        "square",
        "sun",
        "timer",
        "trash",
        "trash-2",
        "triangle-alert",
        "undo-2",
        "unplug",
    ),
    *("upload", "user", "user-plus", "users", "wifi", "wifi-off", "x", "zap"),
)
"""Icons of lucide, drawn into one sheet."""

DIRECTIVES = ("class-map", "guard", "if-defined", "live", "ref", "repeat", "unsafe-html")

BORROWED = (
    Borrowed("lit", "3.3.3", "BSD-3-Clause", ("index.js",)),
    Borrowed(
        "lit-html",
        "3.3.3",
        "BSD-3-Clause",
        (
            "lit-html.js",
            "is-server.js",
            "async-directive.js",
            "directive.js",
            "directive-helpers.js",
            *(f"directives/{name}.js" for name in DIRECTIVES),
        ),
    ),
    Borrowed("lit-element", "4.2.2", "BSD-3-Clause", ("lit-element.js",)),
    Borrowed("@lit/reactive-element", "2.1.2", "BSD-3-Clause", ("reactive-element.js", "css-tag.js")),
    Borrowed("marked", "18.2.1", "MIT", ("lib/marked.esm.js",)),
    Borrowed("dompurify", "3.4.18", "MPL-2.0 OR Apache-2.0", ("dist/purify.es.mjs",)),
    Borrowed(
        "@tanstack/virtual-core",
        "3.19.11",
        "MIT",
        tuple(
            f"dist/esm/{name}.js"
            for name in ("index", "ios-gesture", "lazy-measurements", "scroll-classifier", "utils")
        ),
    ),
    Borrowed("@fontsource-variable/inter", "5.3.0", "OFL-1.1", ("files/inter-latin-wght-normal.woff2",)),
    Borrowed(
        "@fontsource-variable/jetbrains-mono",
        "5.3.0",
        "OFL-1.1",
        ("files/jetbrains-mono-latin-wght-normal.woff2",),
    ),
    Borrowed("lucide-static", "1.62.0", "ISC", ()),
)


def main() -> None:
    """Replaces everything under `vendor/`."""
    shutil.rmtree(HERE, ignore_errors=True)
    listed = [renew(package) for package in BORROWED]
    (HERE / "vendor.json").write_text(json.dumps(listed, indent=2) + "\n", "utf-8")


def renew(package: Borrowed) -> dict[str, object]:
    """Fetches one package; what `vendor.json` says of it."""
    with TemporaryDirectory() as folder:
        unpacked = _fetch(package, Path(folder))
        licences = sorted(f.name for f in unpacked.iterdir() if f.name.upper().startswith("LICEN"))
        files = [*licences, *package.files]
        for name in files:
            target = HERE / package.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(unpacked / name, target)
            _make_ready(target)
        if package.name == "lucide-static":
            files.append(_draw_sprite(unpacked / "icons", HERE / package.folder / "icons.svg"))
    return {
        "name": package.name,
        "version": package.version,
        "licence": package.licence,
        "folder": package.folder,
        "sha256": {name: digest(HERE / package.folder / name) for name in files},
    }


def _fetch(package: Borrowed, folder: Path) -> Path:
    npm = shutil.which("npm") or sys.exit("npm is not installed")
    command = [npm, "pack", "--silent", f"{package.name}@{package.version}"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)  # noqa: S603  names from this file
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def _draw_sprite(icons: Path, target: Path) -> str:
    """One file with every icon as a symbol of its name; returns the file's name."""
    symbols = (_symbol(name, (icons / f"{name}.svg").read_text("utf-8")) for name in ICONS)
    sheet = "\n".join(symbols)
    target.write_text(f'<svg xmlns="http://www.w3.org/2000/svg">\n{sheet}\n</svg>\n', "utf-8")
    return target.name


def _symbol(name: str, svg: str) -> str:
    shapes = svg.partition("<svg")[2].partition(">")[2].removesuffix("</svg>\n")
    return f'<symbol id="{name}" viewBox="0 0 24 24">{" ".join(shapes.split())}</symbol>'


def _make_ready(file: Path) -> None:
    """What a build step would do: no map is asked for that is not there, and this is no development."""
    if file.suffix in {".js", ".mjs"}:
        lines = file.read_text("utf-8").splitlines(keepends=True)
        text = "".join(x for x in lines if not x.startswith("//# sourceMappingURL="))
        file.write_text(text.replace("process.env.NODE_ENV", '"production"'), "utf-8")


def digest(file: Path) -> str:
    """SHA-256 of a file, in hex."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
