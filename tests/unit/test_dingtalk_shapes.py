"""Answers in every combination of their optional fields, null or absent, and with fields nobody knows."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dingtalk.contact import Department, User
from bot.dingtalk.dentry import DentryInfo, Progress, QueryItem, RemoveItem, SpaceInfo, Task
from bot.dingtalk.wired import Wired
from bot.models import DentryType

DENTRY = {
    "id": "655",
    "spaceId": "854",
    "parentId": "0",
    "type": "FILE",
    "name": "测试文件.xsl",
    "size": 512,
    "path": "/测试文件.xsl",
    "version": 1,
    "status": "NORMAL",
    "extension": "xsl",
    "creatorId": "cHt",
    "modifierId": "cHt",
    "createTime": "2022-01-01T10:00:00Z",
    "modifiedTime": "2022-07-29T14:55Z",
    "properties": {"readOnly": True},
    "appProperties": [{"name": "n", "value": "v", "visibility": "PRIVATE"}],
    "uuid": "uuid",
    "partitionType": "PUBLIC_OSS_PARTITION",
    "storageDriver": "DINGTALK",
    "thumbnail": {"width": 64, "height": 64, "url": "url"},
}
REMOVED = {
    "spaceId": "654",
    "dentryId": "655",
    "async": True,
    "success": True,
    "errorCode": "permissionDenied",
    "taskId": "123",
}
QUERIED = {
    "spaceId": "1",
    "dentryId": "655",
    "success": True,
    "errorCode": "permissionDenied",
    "dentry": DENTRY,
}
TASK = {
    "id": "123",
    "status": "IN_PROGRESS",
    "totalCount": 6,
    "successCount": 3,
    "failCount": 1,
    "failMessage": "permissionDenied",
    "beginTime": "2022-01-01T10:00:00Z",
    "endTime": "2022-01-01T10:00:00Z",
}
SPACE = {"id": "854", "corpId": "ding12345", "name": "测试空间", "status": "NORMAL", "quota": 1}
USER = {
    "userid": "zhangsan",
    "unionid": "z21",
    "name": "张三",
    "title": "技术总监",
    "manager_userid": "manager240",
    "dept_id_list": "[2,3,4]",
    "leader_in_dept": {"leader": "true", "dept_id": "2"},
    "role_list": {"group_name": "职务", "name": "总监", "id": "100"},
    "active": "true",
    "admin": "true",
    "boss": "true",
    "senior": "true",
    "hired_date": "1597573616828",
}
DEPARTMENT = {"dept_id": 1, "name": "测试", "parent_id": 0, "dept_manager_userid_list": ["10-43"]}

SHAPES: list[tuple[type[Wired], dict[str, Any], set[str]]] = [
    (DentryInfo, DENTRY, {"id"}),
    (RemoveItem, REMOVED, set()),
    (QueryItem, QUERIED, set()),
    (Task, TASK, set()),
    (SpaceInfo, SPACE, {"id"}),
    (User, USER, {"userid", "unionid"}),
    (Department, DEPARTMENT, {"dept_id"}),
]


@pytest.mark.parametrize(
    ("shape", "example", "needed"), SHAPES, ids=lambda value: getattr(value, "__name__", "")
)
@given(data=st.data())
def test_every_combination_is_read(
    shape: type[Wired], example: dict[str, Any], needed: set[str], data: st.DataObject
) -> None:
    optional = sorted(example.keys() - needed)
    absent = data.draw(st.sets(st.sampled_from(optional)))
    null = data.draw(st.sets(st.sampled_from(optional)))
    given_ = {
        key: None if key in null else value
        for key, value in example.items()
        if key not in absent or key in null
    }
    read = shape.model_validate({**given_, "aFieldOfNextYear": {"deep": [1]}})
    if isinstance(read, DentryInfo):
        assert read.as_dentry("854").dentry_id == "655"
    if isinstance(read, RemoveItem):
        assert read.progress in Progress
    if isinstance(read, Task):
        assert isinstance(read.is_finished, bool)


@pytest.mark.parametrize(
    ("item", "progress"),
    [
        ({"success": True}, Progress.DONE),
        ({"success": True, "errorCode": ""}, Progress.DONE),
        ({"async": False, "success": False, "errorCode": "permissionDenied"}, Progress.FAILED),
        ({"errorCode": "permissionDenied"}, Progress.FAILED),
        ({"async": True, "taskId": "1"}, Progress.PENDING),
        ({"taskId": "1"}, Progress.PENDING),
        (REMOVED, Progress.PENDING),
        ({"async": False, "success": True, "taskId": ""}, Progress.DONE),
        ({"async": True}, Progress.UNKNOWN),
        ({"async": True, "success": True}, Progress.UNKNOWN),
        ({}, Progress.UNKNOWN),
    ],
)
def test_what_an_item_of_batch_remove_means(item: dict[str, Any], progress: Progress) -> None:
    assert RemoveItem.model_validate(item).progress is progress


@pytest.mark.parametrize(
    ("path", "name", "full"),
    [
        ("/测试文件.xsl", "测试文件.xsl", "/测试文件.xsl"),
        ("./测试文件夹", "测试文件夹", "/测试文件夹"),
        ("/2023/drafts", "drafts", "/2023/drafts"),
        ("/2023/drafts/", "drafts", "/2023/drafts"),
        ("2023/drafts", "drafts", "/2023/drafts"),
        ("/2023", "drafts", "/2023/drafts"),
        ("/", "drafts", "/drafts"),
        ("", "drafts", "/drafts"),
        (".", "drafts", "/drafts"),
        ("/.hidden", ".hidden", "/.hidden"),
        ("./.hidden", ".hidden", "/.hidden"),
        (".hidden", ".hidden", "/.hidden"),
        ("", "", "/"),
    ],
)
def test_the_full_path_begins_at_the_root_and_ends_with_the_name(path: str, name: str, full: str) -> None:
    assert DentryInfo(id="1", path=path, name=name).full_path == full


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2022-07-29T14:55Z", datetime(2022, 7, 29, 14, 55, tzinfo=UTC)),
        ("2022-01-01T10:00:00Z", datetime(2022, 1, 1, 10, tzinfo=UTC)),
        ("2022-01-01T10:00:00.5Z", datetime(2022, 1, 1, 10, microsecond=500_000, tzinfo=UTC)),
        ("2022-01-01T18:00:00+08:00", datetime(2022, 1, 1, 10, tzinfo=UTC)),
        ("2022-01-01T10:00:00", datetime(2022, 1, 1, 10, tzinfo=UTC)),
        (1641031200000, datetime(2022, 1, 1, 10, tzinfo=UTC)),
        ("Fri Jul 29 14:55:00 CST 2022", None),
        ("", None),
        (None, None),
        ([], None),
        (10**30, None),
    ],
)
def test_times_are_utc_or_absent(text: Any, time: datetime | None) -> None:
    assert DentryInfo.model_validate({"id": "1", "modifiedTime": text}).modified_time == time


def test_a_dentry_in_our_words() -> None:
    dentry = DentryInfo.model_validate(DENTRY | {"size": "512", "id": 655, "version": "3"}).as_dentry()
    assert (dentry.dentry_id, dentry.space_id, dentry.size_bytes, dentry.version) == ("655", "854", 512, 3)
    assert dentry.type is DentryType.FILE
    folder = DentryInfo.model_validate({"id": "1", "type": "FOLDER", "size": 9, "name": "f"})
    assert folder.as_dentry("7").space_id == "7"
    assert folder.as_dentry().size_bytes == 0
    assert not DentryInfo(id="1", status="DELETED").is_there


def test_the_user_of_the_documentation() -> None:
    user = User.model_validate(USER)
    assert user.dept_id_list == ("2", "3", "4")
    assert user.leader_in_dept[0].leader
    assert user.role_list[0].id == "100"
    assert user.admin


def test_three_families_name_a_space_in_three_ways() -> None:
    assert SpaceInfo.model_validate({"spaceId": 1, "spaceName": "共享"}).as_space().name == "共享"
    assert SpaceInfo.model_validate({"spaceId": "1", "corpId": "c"}).as_space("市场部").name == "市场部"
    assert SpaceInfo.model_validate(SPACE).as_space().id == "854"
