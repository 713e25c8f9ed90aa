"""The audit trail through the real program: proved, exported, proved from the export, cut; and what it refuses."""

from __future__ import annotations

import asyncio
import csv
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.store import Store
from tests.integration.program import Ended, ran, ran_inside
from tests.unit.audit_given import attacked, driven, write
from tests.unit.store_given import manifest, request

HOSTILE = '=HYPERLINK("http://x")\x1b[2J\u202e'


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/robot.sqlite"


async def audit(url: str, folder: Path, *arguments: str, **given: str) -> Ended:
    """`dingsweep audit …`, whole but for its process."""
    variables = {"DINGSWEEP_DATABASE_URL": url, "COLUMNS": "200", **given}
    return await ran_inside(folder, "audit", *arguments, variables=variables)


async def filled(url: str) -> None:
    """Three records of anybody, one of a request, one of somebody with a hostile id."""
    frozen = manifest()
    async with Store(driven(url)) as store:
        await write(store, 3)
        await store.requests.add(request(frozen, id="AB12", reason=HOSTILE), frozen)
        await write(store, 1, actor=HOSTILE, event="test.hostile")


def left_over(folder: Path) -> list[Path]:
    """Exports that were begun."""
    return list(folder.glob(".trail*"))


def head(ended: Ended) -> str:
    assert ended.code == 0, ended.printed
    [line] = [line for line in ended.output.splitlines() if line.startswith("Head: ")]
    return line.removeprefix("Head: ")


async def test_a_whole_trail_is_sound_and_its_head_can_be_expected_later(url: str, tmp_path: Path) -> None:
    await filled(url)
    noted = head(await audit(url, tmp_path, "verify"))
    assert noted.startswith("5:")
    async with Store(driven(url)) as store:
        await write(store, 2)
    later = await audit(url, tmp_path, "verify", "--expect", noted, "--expect", noted)
    assert head(later).startswith("7:")
    assert "7 records" in later.output
    forged = await audit(url, tmp_path, "verify", "--expect", "5:" + "0" * 64)
    assert (forged.code, forged.output) == (1, "")
    assert "record 5" in forged.errors
    assert "rewritten" in forged.errors
    both = await audit(url, tmp_path, "verify", "--expect", noted, "--expect", "5:" + "0" * 64)
    assert both.code == 1
    for nonsense in ("5", "x:" + "0" * 64, "5:00"):
        assert (await audit(url, tmp_path, "verify", "--expect", nonsense)).code == 2


async def test_a_broken_trail_is_said_with_its_first_broken_record(url: str, tmp_path: Path) -> None:
    await filled(url)
    with attacked(url, "UPDATE audit SET actor = 'li' WHERE seq = 4", "DELETE FROM audit WHERE seq = 5"):
        ended = await audit(url, tmp_path, "verify")
    assert (ended.code, ended.output) == (1, "")
    assert ended.errors.startswith("BROKEN: record 4 was changed.\nProved up to 3:")


async def test_an_export_is_whole_private_and_proved_alone(url: str, tmp_path: Path) -> None:
    await filled(url)
    noted = head(await audit(url, tmp_path, "verify"))
    file = tmp_path / "trail.jsonl"
    file.write_text("of before")
    file.chmod(0o644)
    assert (await audit(url, tmp_path, "export", "--output", str(file))).code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert left_over(tmp_path) == []
    nowhere = "postgresql://127.0.0.1:1/none"
    proved = await audit(nowhere, tmp_path, "verify", "--file", str(file), "--expect", noted)
    assert head(proved) == noted
    assert "expect a head" not in proved.output, "it was"
    open_ended = await audit(nowhere, tmp_path, "verify", "--file", str(file))
    assert "expect a head" in open_ended.output
    lines = file.read_text().splitlines()
    printed = await audit(url, tmp_path, "--json")
    assert printed.output.splitlines() == lines, "the same as on the terminal"
    file.write_text("\n".join(lines[:-1]) + "\n")
    cut = await audit(nowhere, tmp_path, "verify", "--file", str(file), "--expect", noted)
    assert cut.code == 1
    assert "end is cut off: record 5" in cut.errors
    for number, flaw in ((0, "beginning"), (2, "record 3 is missing")):
        file.write_text("\n".join([*lines[:number], *lines[number + 1 :]]))
        assert flaw in (await audit(nowhere, tmp_path, "verify", "--file", str(file))).errors
    for nonsense in ("{", "[]", '{"seq": 2}', "\udcff"):
        file.write_bytes("\n".join([lines[0], nonsense, *lines[2:]]).encode(errors="surrogateescape"))
        ended = await audit(nowhere, tmp_path, "verify", "--file", str(file))
        assert (ended.code, ended.errors.splitlines()[0]) == (1, "BROKEN: record 2 was changed.")


async def test_a_spreadsheet_gets_chinese_and_no_formula(url: str, tmp_path: Path) -> None:
    await filled(url)
    file = tmp_path / "trail.csv"
    assert (await audit(url, tmp_path, "export", "--format", "csv", "--output", str(file))).code == 0
    assert file.read_bytes().startswith(b"\xef\xbb\xbfseq,at,request_id")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.DictReader(text))
    assert [row["seq"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert rows[4]["actor"].startswith("'=HYPERLINK(")
    assert not any(cell.startswith(tuple("=+-@\t\r")) for row in rows for cell in row.values())
    assert json.loads(rows[3]["details"])["reason"] == HOSTILE, "as it is, for those who look into it"
    assert "\x1b" not in file.read_text()
    assert "\u202e" not in file.read_text()


async def test_records_are_chosen(url: str, tmp_path: Path) -> None:
    await filled(url)

    async def seqs(*chosen: str) -> list[int]:
        ended = await audit(url, tmp_path, "export", *chosen)
        assert ended.code == 0, ended.printed
        return [json.loads(line)["seq"] for line in ended.output.splitlines()]

    assert await seqs("ab12") == [4]
    assert await seqs("--person", "王小明") == [1, 2, 3, 4]
    assert await seqs("--space", "市场部群文件", "--event", "request") == [4]
    assert await seqs("--until", "2026-08-01") == [1, 2, 3, 4, 5], "the whole day"
    assert await seqs("--since", "2026-08-02") == []
    assert await seqs("--since", "2026-08-01T17:30:17") == [3], "in the zone of the robot"
    assert await seqs("--until", "2026-08-01T09:30:16Z") == [1, 4, 5]
    shown = await audit(url, tmp_path, "--person", "wang", "--until", "2026-08-01T17:30:16", "--json")
    assert [json.loads(line)["seq"] for line in shown.output.splitlines()] == [1, 4]
    wrong = await audit(url, tmp_path, "--since", "yesterday\x1b[2J")
    assert (wrong.code, len(wrong.errors.splitlines())) == (2, 1)
    assert "\x1b" not in wrong.errors


async def test_a_cut_leaves_a_trail_that_is_proved(url: str, tmp_path: Path) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=40)
    async with Store(driven(url)) as store:
        for days in (0, 1, 20):
            await store.audit.append(
                long_ago + timedelta(days=days), corp_id="d", actor="wang", event="test.happened"
            )
    kept = await audit(url, tmp_path, "prune")
    assert kept.code == 2
    assert "for ever" in kept.errors
    assert (await audit(url, tmp_path, "prune", "--before", "2999-01-01")).code == 2
    assert (await audit(url, tmp_path, "prune", DINGSWEEP_AUDIT_DAYS="29")).code == 2
    cut = await audit(url, tmp_path, "prune", DINGSWEEP_AUDIT_DAYS="30")
    assert (cut.code, cut.output) == (0, "Records taken away: 2, up to record 2.\n")
    proved = await audit(url, tmp_path, "verify")
    assert head(proved).startswith("4:")
    assert "2 records, from 3 on" in proved.output
    file = tmp_path / "trail.jsonl"
    assert (await audit(url, tmp_path, "export", "--output", str(file))).code == 0
    assert head(await audit(url, tmp_path, "verify", "--file", str(file))).startswith("4:")
    assert [json.loads(line)["actor"] for line in file.read_text().splitlines()] == ["wang", "operator"]


async def test_the_program_itself_verifies_and_exports(url: str, tmp_path: Path) -> None:
    await filled(url)
    variables = {"DINGSWEEP_DATABASE_URL": url}
    verified, exported = await asyncio.gather(
        ran(tmp_path, "audit", "verify", variables=variables),
        ran(tmp_path, "audit", "export", "ab12", "--format", "csv", variables=variables),
    )
    assert head(verified).startswith("5:")
    assert exported.code == 0, exported.errors
    assert exported.output.startswith("\ufeffseq,at")
    assert "AB12" in exported.output


async def test_an_output_that_cannot_be_written_is_said_in_one_line(url: str, tmp_path: Path) -> None:
    await filled(url)
    ended = await audit(url, tmp_path, "export", "--output", str(tmp_path / "none" / "x"))
    assert (ended.code, ended.output, len(ended.errors.splitlines())) == (2, "", 1)
    assert "cannot be written" in ended.errors
