"""The permissions the robot needs, each with its reason: the one list that the README's table, `dingsweep init` and
`dingsweep doctor` go by.

Codes and Chinese names are those of DingTalk's permission page, where they are searched for:
https://open.dingtalk.com/document/development/add-api-permission
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """One permission (权限点). `why` completes "needed to"; `without` says what happens when it is missing.

    `needed`: without it the robot cannot do what it is for; otherwise only what `without` names is lost.
    """

    code: str
    name: str
    """its Chinese name, as the developer console shows it"""
    needed: bool
    why: str
    why_zh: str
    without: str
    without_zh: str

    def link(self, client_id: str) -> str:
        """Where to apply for it."""
        return link_of(self.code, client_id)


def link_of(code: str, client_id: str) -> str:
    """Where to apply for a permission; the form of the links in DingTalk's own refusals."""
    return f"https://open-dev.dingtalk.com/appscope/apply?content={client_id}%23{code}"


SCOPES: tuple[Scope, ...] = (
    Scope(
        "qyapi_get_member",
        "成员信息读权限",
        needed=True,
        why="learn who is asking, who their manager is, who the administrators are",
        why_zh="知道是谁发的命令、主管是谁、管理员有谁",
        without="nobody is served",
        without_zh="不为任何人服务",
    ),
    Scope(
        "qyapi_get_department_list",
        "通讯录部门信息读权限",
        needed=True,
        why="find heads of departments (the fallback of the built-in rules), and look at departments and roles "
        "of rules",
        why_zh="找部门负责人（内置规则在没有主管时用），判断规则里的部门和角色",
        without="requests that need that are refused",
        without_zh="要用到它的请求会被拒绝",
    ),
    Scope(
        "qyapi_get_department_member",
        "通讯录部门成员读权限",
        needed=False,
        why="find the members of a `role:` that may approve",
        why_zh="找 `role:` 里的审批人",
        without="requests that need that are refused",
        without_zh="要用到它的请求会被拒绝",
    ),
    Scope(
        "Storage.File.Read",
        "企业存储文件读权限",
        needed=True,
        why="list folders and look entries up",
        why_zh="列文件夹、查文件",
        without="nothing can be shown, so nothing is deleted",
        without_zh="看不到有什么，所以什么也不删",
    ),
    Scope(
        "Storage.File.Write",
        "企业存储文件写权限",
        needed=True,
        why="delete",
        why_zh="删除",
        without="nothing is deleted",
        without_zh="什么也删不了",
    ),
    Scope(
        "Storage.Task.Read",
        "企业存储任务读权限",
        needed=True,
        why="follow the deletion of a folder, which DingTalk does step by step",
        why_zh="跟踪文件夹的删除，钉钉是分步完成的",
        without="what became of a folder is not known",
        without_zh="不知道文件夹删得怎么样",
    ),
    Scope(
        "Storage.RecycleBin.Read",
        "企业存储回收站读权限",
        needed=False,
        why="find what a deletion moved to the recycle bin, for `undo`",
        why_zh="撤销时找到一次删除移进回收站的东西",
        without="no `undo`",
        without_zh="不能撤销",
    ),
    Scope(
        "Storage.RecycleBin.Write",
        "企业存储回收站写权限",
        needed=False,
        why="put it back",
        why_zh="把它们放回去",
        without="no `undo`",
        without_zh="不能撤销",
    ),
    Scope(
        "Storage.Space.Read",
        "企业存储空间读权限",
        needed=True,
        why="look the space up, and name it",
        why_zh="查空间、说出它的名字",
        without="a space seen for the first time cannot be used",
        without_zh="第一次用到的空间都用不了",
    ),
    Scope(
        "ConvFile.Space.Read",
        "群文件空间读权限",
        needed=True,
        why="find a group's own files",
        why_zh="找到本群的群文件",
        without="every command must name a space",
        without_zh="每条命令都要写明空间",
    ),
    Scope(
        "Document.WorkspaceDocument.Read",
        "知识库文档读权限",
        needed=False,
        why="follow document links",
        why_zh="打开文档链接",
        without="only links fail",
        without_zh="只有链接不能用",
    ),
    Scope(
        "Card.Instance.Write",
        "互动卡片实例写权限",
        needed=False,
        why="post cards and change them",
        why_zh="发卡片、改卡片",
        without="plain messages whose buttons type the answer for you",
        without_zh="改发普通消息，点按钮等于替你发一条命令",
    ),
    Scope(
        "qyapi_robot_sendmsg",
        "企业内机器人发送消息权限",
        needed=True,
        why="send details and refusals one to one, remind, tell channels, and answer late",
        why_zh="单聊发明细和拒绝的说明、提醒、通知，以及过了一段时间之后的回复",
        without="none of these is sent",
        without_zh="这些都发不出去",
    ),
    Scope(
        "qyapi_base",
        "调用企业API时需要具备的基本权限",
        needed=False,
        why="send lists as files",
        why_zh="把清单发成文件",
        without="they come as pages only",
        without_zh="只能一页页看",
    ),
)
