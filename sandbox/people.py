"""Who exists: applications, people, departments, roles."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class App:
    """The caller of an interface: an application acting for one organisation."""

    client_id: str
    corp_id: str


@dataclass(slots=True)
class Application:
    """An application and its robot; `scopes` None means everything was granted. A suite is a third-party app.

    `contact_departments` are the departments whose people it is told that it may read: 1 is all of them.
    """

    client_id: str
    client_secret: str
    corp_ids: list[str]
    robot_code: str
    robot_name: str
    unified_app_id: str
    suite: bool = False
    scopes: list[str] | None = None
    contact_departments: list[int] = field(default_factory=lambda: [1])

    @property
    def corp_id(self) -> str:
        """The organisation its robot lives in; of a suite, the first that authorised it. Empty when none has."""
        return next(iter(self.corp_ids), "")


@dataclass(slots=True)
class Person:
    """A member of an organisation. `departments` are deptIds.

    `left`: they are no longer in it; `was_in` are the groups they come back to.
    """

    user_id: str
    union_id: str
    name: str
    corp_id: str
    title: str = ""
    language: str = "zh_CN"
    admin: bool = False
    boss: bool = False
    senior: bool = False
    manager_user_id: str = ""
    departments: list[int] = field(default_factory=list)
    left: bool = False
    was_in: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Department:
    """A department; `managers` are userIds."""

    dept_id: int
    name: str
    parent_id: int
    managers: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Role:
    """A role and the userIds that have it."""

    role_id: int
    name: str
    group_name: str
    members: list[str] = field(default_factory=list)
