"""Every interface of DingTalk that the sandbox has."""

from sandbox import auth, card, contact, custom_robot, nowhere, recycle, robot, storage
from sandbox.stream import gateway
from sandbox.wire import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    *auth.ENDPOINTS,
    *contact.ENDPOINTS,
    *gateway.ENDPOINTS,
    *robot.ENDPOINTS,
    *custom_robot.ENDPOINTS,
    *card.ENDPOINTS,
    *storage.ENDPOINTS,
    *recycle.ENDPOINTS,
    *nowhere.ENDPOINTS,
)
