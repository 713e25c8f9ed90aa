"""The storage interfaces: spaces, files and folders, documents, permissions, events."""

from sandbox.storage import dentries
from sandbox.wire import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (*dentries.ENDPOINTS,)
