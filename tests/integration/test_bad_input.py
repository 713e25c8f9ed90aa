"""Commands that cannot be carried out: each gets the one sentence that helps, and nothing else happens."""

from tests.integration.office import MARKETING, MARKETING_SPACE, REMOVE, Office
from tests.integration.proofs import cards_made, refusal, unharmed

MISTYPED = [
    ("", "想删什么"),
    ("   ", "想删什么"),
    ("删除", "要删哪个"),
    ("rm", "Which file"),
    ("delet /report.pdf", "Did you mean delete?"),
    ("删掉 /report.pdf", "没听懂“删掉”"),
    ("状太", "你是想说 状态 吗"),
    ("xyzzy /report.pdf", "I don't know “xyzzy”. Send help"),
    ('rm "/my report.pdf', "A quote is not closed"),
    ("删除 “/预算 2023.xlsx", "引号只有一半"),
    ("rm /report.pdf --permanant", "did you mean --permanent?"),
    ("rm /report.pdf --frobnicate", "There is no option --frobnicate"),
    ("ls --recursive", "help ls"),
    ("rm -rf /report.pdf", "There is no option"),
    ("rm /report.pdf --space", "--space needs a value"),
    ("rm /report.pdf --reason --dry-run", "--reason needs a value"),
    ("rm /report.pdf --dry-run=yes", "--dry-run takes no value"),
    ("rm /report.pdf --space 24010001 --space 24010002", "--space is there twice"),
    ("rm /report.pdf --space ../../etc", "does not look like a space's ID"),
    ("rm /report.pdf --space 99999999", "There is no space 99999999"),
    ("rm /2023/../report.pdf", "is not a whole path"),
    ("rm " + "9" * 400, "does not look like a file ID"),
    ("rm /report.pdf --space " + "9" * 400, "does not look like a file ID"),
    ("rm " + "a" * 20_000, "too long"),
    ("rm https://example.com/i/nodes/abc", "not one I know"),
    ("rm https://alidocs.dingtalk.com/i/nodes/nothingHere", "leads to no file"),
    ("cancel", "Which request?"),
    ("确认", "是哪个请求"),
    ("status ??", "does not look like a request's number"),
    ("status ZZZZ", "There is no request ZZZZ"),
    ("details ZZZZ", "There is no request ZZZZ"),
    ("cancel ZZZZ", "There is no request ZZZZ"),
    ("confirm ZZZZ 00000000", "There is no request ZZZZ"),
    ("help frobnicate", "I don't know “frobnicate”"),
    ("ping pong", "words too many"),
]


async def test_what_is_mistyped_is_answered_in_its_language(office: Office) -> None:
    async with office.robot():
        for text, part in MISTYPED:
            sentence = await refusal(office, "wang", text)
            assert part in sentence, f"{text[:40]}: {sentence}"
        assert await cards_made(office) == 0
        await unharmed(office)


async def test_what_is_not_there_cannot_be_deleted(office: Office) -> None:
    wrong = [
        ("rm /2023/drafs", "There is no /2023/drafs; the nearest is /2023/drafts"),
        ("删除 /2023/drafs", "找不到 /2023/drafs，最接近的是 /2023/drafts"),
        ("rm reprot.pdf", "the nearest is /report.pdf"),
        ("rm /report.pdf /nowhere/at/all", "There is no /nowhere/at/all"),
        ("rm 240199999999", "There is no 240199999999"),
        ("rm /report.pdf/page1", "/report.pdf is a file and holds nothing"),
        ("rm /2023/drafts/poster-v1.png/a/b", "/2023/drafts/poster-v1.png is a file"),
        ("ls /report.pdf", "/report.pdf is a file"),
        ("rm /", "the whole space, which cannot be deleted"),
        ("删除 ／", "整个空间"),
        ("rm //", "the whole space"),
        ("rm /. /report.pdf", "the whole space"),
        ("rm 0", "There is no 0"),
        ("rm 000000", "There is no 000000"),
        ("rm 000000 000001 000002 0000000", "There is no 000000"),
        ("rm '*'", "There is no"),
        ("rm *", "There is no"),
    ]
    async with office.robot():
        for text, part in wrong:
            sentence = await refusal(office, "wang", text)
            assert part in sentence, f"{text}: {sentence}"
        assert await cards_made(office) == 0
        await unharmed(office)


async def test_where_somebody_has_no_rights_nothing_is_told(office: Office) -> None:
    """Neither what lies in a space nor whether something is behind a link."""
    secret = (await office.control.entries("24010002"))["/leadership only/reorg plan.docx"]
    wrong = [
        ("ls --space 24010002", "no access to 24010002"),
        ("rm /README.md --space 24010002", "no access to 24010002"),
        ("ls --space 24020001", "There is no space 24020001"),
        (f"rm https://alidocs.dingtalk.com/i/nodes/{secret['uuid']}", "leads to no file"),
        (f"rm /report.pdf https://alidocs.dingtalk.com/i/nodes/{secret['uuid']}", "leads to no file"),
        (f"rm {secret['id']}", f"There is no {secret['id']}"),
    ]
    async with office.robot():
        for text, part in wrong:
            sentence = await refusal(office, "li", text)
            assert part in sentence, f"{text}: {sentence}"
            assert "reorg" not in sentence
        assert await cards_made(office) == 0
        await unharmed(office)


async def test_two_entries_of_one_name_are_told_apart_by_their_ids(office: Office) -> None:
    twins = [{"path": "/twins/report.pdf", "size": size, "creator": "wang"} for size in (1000, 2000)]
    created = await office.control.ask("POST", f"drive/{MARKETING_SPACE}", {"create": twins})
    ids = [entry["id"] for entry in created["created"]]
    async with office.robot():
        sentence = await refusal(office, "wang", "rm /twins/report.pdf")
        assert "2 entries are called /twins/report.pdf" in sentence
        assert all(dentry_id in sentence for dentry_id in ids)
        assert "1.0" in sentence, "the sizes help to choose"
        await unharmed(office)
        card = await office.say("wang", f"rm {ids[1]}")
        assert "Delete 1 item?" in card["params"]["title"]
        assert "2.0" in card["params"]["markdown"]


async def test_nothing_is_left_to_delete(office: Office) -> None:
    """What was named by its id, or by a link, and is in the bin already."""
    entries = await office.control.entries(MARKETING_SPACE)
    gone = entries["/report.pdf"]
    await office.control.remove(MARKETING_SPACE, "wangUnionId", gone["id"])
    await office.control.ask("DELETE", "calls")
    async with office.robot():
        sentence = await refusal(office, "wang", f"rm {gone['id']}")
        assert f"There is no {gone['id']}" in sentence
        sentence = await refusal(office, "wang", f"rm https://alidocs.dingtalk.com/i/nodes/{gone['uuid']}")
        assert "no file" in sentence or "There is no" in sentence
        assert await cards_made(office) == 0
        await unharmed(office)


async def test_over_the_cap_nothing_is_deleted_at_all(office: Office) -> None:
    files = [{"path": f"/many/{n:04}.txt", "size": n, "creator": "wang"} for n in range(500)]
    named = [{"path": f"/loose {n}.txt", "size": 1, "creator": "wang"} for n in range(3)]
    await office.control.create(MARKETING_SPACE, *files, *named)
    async with office.robot(max_dentries=501):
        card = await office.say("wang", "删除 /many")
        assert "删除 501 项" in card["params"]["title"], (
            "the folder and its 500 files are just within the cap"
        )
        await office.press("wang", card, "cancel")
        await office.control.create(MARKETING_SPACE, {"path": "/many/deep/er/one.txt", "creator": "wang"})
        for text in ("删除 /many", '删除 /many "/loose 1.txt"', "删除 /many/deep /many --dry-run"):
            sentence = await refusal(office, "wang", text)
            assert "一次最多 501 项" in sentence, sentence
            assert "什么都没有删" in sentence
        assert await cards_made(office) == 1
        await unharmed(office)


async def test_more_targets_than_the_cap(office: Office) -> None:
    names = [f"/loose{n}.txt" for n in range(4)]
    await office.control.create(MARKETING_SPACE, *({"path": name, "creator": "wang"} for name in names))
    async with office.robot(max_dentries=3):
        sentence = await refusal(office, "wang", "rm " + " ".join(names))
        assert "At most 3 items go at once" in sentence
        card = await office.say("wang", "rm " + " ".join([*names[:3], names[0]]), MARKETING)
        assert "Delete 3 items?" in card["params"]["title"], "naming one twice is naming it once"
        await unharmed(office)


async def test_what_folders_hold_is_counted_together_and_no_further_than_needed(office: Office) -> None:
    pairs = [
        {"path": f"/{folder}/{n}.txt", "creator": "wang"} for folder in ("one", "two") for n in range(30)
    ]
    deep = [
        {"path": f"/deep/{a}/{b}/{c}.txt", "creator": "wang"} for a in range(20) for b in "xy" for c in "12"
    ]
    await office.control.create(MARKETING_SPACE, *pairs, *deep)
    async with office.robot(max_dentries=50):
        card = await office.say("wang", "rm /one")
        assert "Delete 31 items?" in card["params"]["title"]
        assert "At most 50 items go at once and these are at least 62" in await refusal(
            office, "wang", "rm /one /two"
        )
        await office.control.ask("DELETE", "calls")
        assert "At most 50" in await refusal(office, "wang", "rm /deep")
        listings = await office.calls("GET /v1.0/storage/spaces/{spaceId}/dentries")
        assert len(listings) <= 1 + 1 + 20, "the third level is not asked for any more"
        await unharmed(office)


async def test_a_list_of_nonsense_costs_few_calls(office: Office) -> None:
    """An id DingTalk does not take for one spoils a whole query; finding every such id would eat up the month."""
    nonsense = " ".join(f"99999999999999999999999999{n:04}" for n in range(300))
    async with office.robot():
        await office.control.fault("POST /v1.0/storage/spaces/{spaceId}/dentries/query", 400, "paramError")
        sentence = await refusal(office, "wang", f"rm {nonsense}")
        assert "99999999999999999999999999" in sentence
        assert len(await office.calls("dentries/query")) < 30
        await unharmed(office)


async def test_a_huge_folder_is_not_listed_further_than_the_cap(office: Office) -> None:
    huge = [{"path": f"/huge/{n}.txt", "creator": "wang"} for n in range(900)]
    await office.control.create(MARKETING_SPACE, *huge)
    async with office.robot(max_dentries=100):
        assert "At most 100 items" in await refusal(office, "wang", "rm /huge")
        assert len(await office.calls("GET /v1.0/storage/spaces/{spaceId}/dentries")) <= 5


async def test_what_is_in_the_bin_already(office: Office) -> None:
    async with office.robot():
        entry = (await office.control.entries(MARKETING_SPACE))["/report.pdf"]
        await office.control.remove(MARKETING_SPACE, "wangUnionId", entry["id"])
        sentence = await refusal(office, "wang", f"rm {entry['id']}")
        assert "so nothing was deleted" in sentence
        assert len(await office.calls(REMOVE)) == 1, "the one by hand"
